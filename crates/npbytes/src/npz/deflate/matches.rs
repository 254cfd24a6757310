//! What a block repeats of the bytes before it: the element before, or the last place that started with the same four
//! bytes, taken at once; and ever longer steps where nothing repeats, which is what the mantissas of floats are like.

use super::block::{DISTANCES, LITERALS, distance_symbol, length_symbol};

/// How far back a match can be.
pub(super) const WINDOW: usize = 1 << 15;
const MIN_MATCH: usize = 4;
/// Close by, a shorter one pays too.
const MIN_NEAR_MATCH: usize = 3;
/// How many times longer a match further away must be: its distance takes up to 13 bits more.
const FAR: usize = 2;
const MAX_MATCH: usize = 258;
/// The table has so many places (as a power of two), and fewer for a short input: to clear it takes time.
const HASH_BITS: u32 = 15;
const LEAST_HASH_BITS: u32 = 8;
/// After so many misses (as a power of two), steps become one byte longer.
const PATIENCE: u32 = 6;

/// Bytes to be written as they are, then bytes to be repeated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    pub(super) literals: u32,
    pub(super) len: u16,
    pub(super) distance: u16,
}

/// A block as matches and literals; those behind the last match are the rest.
pub(super) struct Parsed {
    pub(super) matches: Vec<Match>,
    pub(super) literals: [u32; LITERALS],
    pub(super) distances: [u32; DISTANCES],
}

/// Where four bytes were seen last, for blocks of one slice that follow each other.
pub(super) struct Finder {
    /// Positions plus one.
    table: Box<[u32]>,
    bits: u32,
    /// How far back the element before is.
    stride: usize,
    parsed: Parsed,
}

impl Finder {
    /// For a slice of so many bytes, of elements of `stride` bytes.
    pub(super) fn new(len: usize, stride: usize) -> Self {
        let bits = (usize::BITS - len.leading_zeros()).clamp(LEAST_HASH_BITS, HASH_BITS);
        let parsed =
            Parsed { matches: Vec::new(), literals: [0; LITERALS], distances: [0; DISTANCES] };
        Self { table: vec![0; 1 << bits].into(), bits, stride: stride.clamp(1, WINDOW), parsed }
    }

    /// Makes bytes known to which the blocks behind them may go back.
    pub(super) fn prime(&mut self, bytes: &[u8]) {
        for (at, four) in bytes.windows(MIN_MATCH).enumerate() {
            self.table[hash(four_bytes(four), self.bits)] = position(at);
        }
    }

    /// Finds the matches of a block of a slice of less than 4 GiB.
    pub(super) fn parse(&mut self, bytes: &[u8], start: usize, end: usize) -> &Parsed {
        let Parsed { matches, literals, distances } = &mut self.parsed;
        matches.clear();
        literals.fill(0);
        distances.fill(0);
        let bytes = &bytes[..end];
        let (mut at, mut run) = (start, start);
        while let Some(four) = bytes.get(at..at + 4) {
            let four = four_bytes(four);
            let slot = &mut self.table[hash(four, self.bits)];
            let candidate = std::mem::replace(slot, position(at)) as usize;
            let distance = (at + 1).wrapping_sub(candidate);
            let is_there = candidate > 0
                && distance <= WINDOW
                && bytes.get(candidate - 1..candidate + 3).is_some_and(|b| four_bytes(b) == four);
            let mut found = is_there.then(|| {
                let rest = common(&bytes[at + 4..], &bytes[candidate + 3..], MAX_MATCH - MIN_MATCH);
                (at, candidate - 1, MIN_MATCH + rest)
            });
            // Elements of a byte each are looked for by their four bytes alone: there are too many.
            if found.is_some() || self.stride > 1 {
                found = near(bytes, at, self.stride, found.map_or(0, |(.., len)| len)).or(found);
            }
            let Some((place, mut from, mut len)) = found else {
                at += 1 + ((at - run) >> PATIENCE);
                continue;
            };
            at = place;
            // Steps may have gone past the start of it.
            while at > run && from > 0 && len < MAX_MATCH && bytes[at - 1] == bytes[from - 1] {
                (at, from, len) = (at - 1, from - 1, len + 1);
            }
            count(&bytes[run..at], literals);
            // The three are bounded by the block, the longest match and the window.
            let found = Match {
                literals: u32::try_from(at - run).unwrap_or(u32::MAX),
                len: u16::try_from(len).unwrap_or(u16::MAX),
                distance: u16::try_from(at - from).unwrap_or(u16::MAX),
            };
            literals[length_symbol(found.len).0] += 1;
            distances[distance_symbol(found.distance).0] += 1;
            matches.push(found);
            at += len;
            run = at;
            // A place inside of the match, so that what repeats often is found close by.
            if let Some(four) = bytes.get(at - 2..at + 2) {
                self.table[hash(four_bytes(four), self.bits)] = position(at - 2);
            }
        }
        count(&bytes[run.min(end)..], literals);
        &self.parsed
    }
}

/// A match with the element before, here or one byte further on, unless a match of `other` bytes is better.
#[inline(always)]
fn near(bytes: &[u8], at: usize, stride: usize, other: usize) -> Option<(usize, usize, usize)> {
    (at..at + 2).find_map(|place| {
        let from = place.checked_sub(stride)?;
        let len = common(bytes.get(place..)?, bytes.get(from..)?, MAX_MATCH);
        let is_better = len >= MIN_NEAR_MATCH && (len + place - at) * FAR >= other;
        is_better.then_some((place, from, len))
    })
}

fn position(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(0)
}

#[inline(always)]
fn four_bytes(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |four| u32::from_le_bytes(*four))
}

#[inline(always)]
fn hash(four: u32, bits: u32) -> usize {
    (four.wrapping_mul(0x9e37_79b1) >> (32 - bits)) as usize
}

/// How many bytes two slices have in common at their start.
#[inline(always)]
fn common(a: &[u8], b: &[u8], most: usize) -> usize {
    let most = most.min(a.len()).min(b.len());
    let (a, b) = (&a[..most], &b[..most]);
    let mut len = 0;
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        let differ = eight_bytes(a) ^ eight_bytes(b);
        if differ != 0 {
            return len + (differ.trailing_zeros() / 8) as usize;
        }
        len += 8;
    }
    len + a[len..].iter().zip(&b[len..]).take_while(|(a, b)| a == b).count()
}

#[inline(always)]
fn eight_bytes(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight))
}

/// Counts literals; into several tables where there are many, as the next may be the same and would wait.
fn count(run: &[u8], literals: &mut [u32; LITERALS]) {
    const MANY: usize = 1024;
    if run.len() < MANY {
        for &byte in run {
            literals[usize::from(byte)] += 1;
        }
        return;
    }
    let mut tables = [[0_u32; 256]; 4];
    let mut fours = run.chunks_exact(4);
    for four in &mut fours {
        for (table, &byte) in tables.iter_mut().zip(four) {
            table[usize::from(byte)] += 1;
        }
    }
    for &byte in fours.remainder() {
        tables[0][usize::from(byte)] += 1;
    }
    for table in tables {
        for (total, count) in literals.iter_mut().zip(table) {
            *total += count;
        }
    }
}
