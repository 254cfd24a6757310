//! One block of deflate: its codes and its bits (RFC 1951).

use super::huffman::{Code, MAX_BITS, codes, lengths};
use super::matches::{Match, Parsed};

/// Literals, the end of the block, lengths.
pub(super) const LITERALS: usize = 286;
pub(super) const DISTANCES: usize = 30;
/// The codes have 288 and 30 symbols where they are not given, of which some never occur.
const FIXED: usize = 288;
const END: usize = 256;
const CODE_LENGTHS: usize = 19;
const CODE_LENGTH_BITS: usize = 7;
/// The order in which the lengths of the code of code lengths are written.
const CODE_LENGTH_ORDER: [usize; CODE_LENGTHS] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The most bytes that a stored block holds.
const STORED: usize = 0xffff;

/// Symbol, and number of extra bits, of each length of a match.
const LENGTHS: [(u16, u8); 259] = length_symbols();

const fn length_symbols() -> [(u16, u8); 259] {
    let mut table = [(0, 0); 259];
    let (mut len, mut symbol, mut extra) = (3_usize, 257_u16, 0_u8);
    while len < 258 {
        // Eight symbols without extra bits, then four with each number of them.
        let mut n = 0;
        while n < 1 << extra && len < 258 {
            table[len] = (symbol, extra);
            len += 1;
            n += 1;
        }
        symbol += 1;
        if symbol >= 265 && symbol % 4 == 1 {
            extra += 1;
        }
    }
    table[258] = (285, 0);
    table
}

/// Symbol, number of extra bits and their value, of a length.
pub(super) fn length_symbol(len: u16) -> (usize, u32, u32) {
    let (symbol, extra) = LENGTHS[usize::from(len)];
    (symbol.into(), extra.into(), u32::from(len - 3) & ((1 << extra) - 1))
}

/// Symbol, number of extra bits and their value, of a distance.
pub(super) fn distance_symbol(distance: u16) -> (usize, u32, u32) {
    let back = u32::from(distance) - 1;
    if back < 4 {
        return (back as usize, 0, 0);
    }
    let log = back.ilog2();
    let extra = log - 1;
    ((2 * log + (back >> extra & 1)) as usize, extra, back & ((1 << extra) - 1))
}

/// Bits on their way into bytes, lowest first.
#[derive(Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    /// How many of the bytes are written; the others are room.
    len: usize,
    pending: u64,
    count: u32,
}

impl Bits {
    /// Makes room for bytes and a few more.
    fn reserve(&mut self, more: usize) {
        let len = self.len + more + 16;
        if self.bytes.len() < len {
            self.bytes.resize(len.max(self.bytes.len() * 2), 0);
        }
    }

    /// Adds bits; at most 56 between two flushes.
    #[inline(always)]
    fn add(&mut self, bits: u64, count: u32) {
        self.pending |= bits << self.count;
        self.count += count;
    }

    #[inline(always)]
    fn add_code(&mut self, code: Code) {
        self.add(code.bits.into(), code.len.into());
    }

    /// Moves whole bytes out. There is room for them.
    #[inline(always)]
    fn flush(&mut self) {
        if let Some(room) = self.bytes.get_mut(self.len..self.len + 8) {
            room.copy_from_slice(&self.pending.to_le_bytes());
        }
        self.len += (self.count / 8) as usize;
        self.pending >>= self.count & !7;
        self.count &= 7;
    }

    fn align(&mut self) {
        self.reserve(8);
        self.count = self.count.next_multiple_of(8);
        self.flush();
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        if let Some(room) = self.bytes.get_mut(self.len..self.len + bytes.len()) {
            room.copy_from_slice(bytes);
        }
        self.len += bytes.len();
    }

    /// Ends a part of a stream on a byte, by a stored block of nothing, which every reader skips.
    pub(super) fn sync(&mut self) {
        self.stored(&[], false);
    }

    /// Writes bytes as they are.
    pub(super) fn stored(&mut self, bytes: &[u8], last: bool) {
        let mut rest = bytes;
        loop {
            let (block, more) = rest.split_at(rest.len().min(STORED));
            self.reserve(8);
            self.add(u64::from(last && more.is_empty()), 3);
            self.align();
            // No more than 65535.
            let len = u16::try_from(block.len()).unwrap_or(u16::MAX);
            self.add_bytes(&len.to_le_bytes());
            self.add_bytes(&(!len).to_le_bytes());
            self.add_bytes(block);
            rest = more;
            if rest.is_empty() {
                return;
            }
        }
    }

    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        self.align();
        self.bytes.truncate(self.len);
        self.bytes
    }
}

/// Writes a block in the way that takes the fewest bits.
pub(super) fn write(bits: &mut Bits, bytes: &[u8], parsed: &Parsed, last: bool) {
    let mut counts = parsed.literals;
    counts[END] += 1;
    let own = Codes::of(&counts, &parsed.distances);
    let fixed = (fixed_literals(), [5; DISTANCES]);
    let extra = extra_bits(&counts, &parsed.distances);
    let own_cost =
        own.head.cost + cost(&counts, &own.literals) + cost(&parsed.distances, &own.distances);
    let fixed_cost = cost(&counts, &fixed.0) + cost(&parsed.distances, &fixed.1);
    let stored_cost = 8 * (bytes.len() + 5 * bytes.len().div_ceil(STORED).max(1)) as u64;
    if stored_cost <= own_cost.min(fixed_cost) + extra + 3 {
        return bits.stored(bytes, last);
    }
    // Each code is 15 bits at most, and a match adds 18; two bytes are less than three of literals take.
    let most = (own_cost.min(fixed_cost) + extra) / 8;
    bits.reserve(usize::try_from(most).unwrap_or(0) + 512);
    if fixed_cost <= own_cost {
        bits.add(u64::from(last) | 1 << 1, 3);
        body(bits, bytes, parsed, &codes(&fixed.0), &codes(&fixed.1));
    } else {
        bits.add(u64::from(last) | 2 << 1, 3);
        own.head.write(bits);
        body(bits, bytes, parsed, &codes(&own.literals), &codes(&own.distances));
    }
}

fn body<const N: usize>(
    bits: &mut Bits,
    bytes: &[u8],
    parsed: &Parsed,
    literals: &[Code; N],
    distances: &[Code; DISTANCES],
) {
    let mut rest = bytes;
    for &Match { literals: run, len, distance } in &parsed.matches {
        let (run, more) = rest.split_at_checked(run as usize).unwrap_or((rest, &[]));
        put_literals(bits, run, literals);
        let (symbol, extra, value) = length_symbol(len);
        bits.add_code(literals[symbol]);
        bits.add(value.into(), extra);
        // 20 bits so far, with 7 before; 28 more.
        let (symbol, extra, value) = distance_symbol(distance);
        bits.add_code(distances[symbol]);
        bits.add(value.into(), extra);
        bits.flush();
        rest = more.get(usize::from(len)..).unwrap_or_default();
    }
    put_literals(bits, rest, literals);
    bits.add_code(literals[END]);
    bits.flush();
}

#[inline(always)]
fn put_literals<const N: usize>(bits: &mut Bits, run: &[u8], literals: &[Code; N]) {
    // Three of 15 bits, and 7 before.
    let mut threes = run.chunks_exact(3);
    for three in &mut threes {
        for &byte in three {
            bits.add_code(literals[usize::from(byte)]);
        }
        bits.flush();
    }
    for &byte in threes.remainder() {
        bits.add_code(literals[usize::from(byte)]);
    }
    bits.flush();
}

fn fixed_literals() -> [u8; FIXED] {
    std::array::from_fn(|symbol| match symbol {
        0..144 => 8,
        144..256 => 9,
        256..280 => 7,
        _ => 8,
    })
}

fn cost(counts: &[u32], lengths: &[u8]) -> u64 {
    counts.iter().zip(lengths).map(|(&count, &len)| u64::from(count) * u64::from(len)).sum()
}

/// The bits that follow the codes of lengths and distances.
fn extra_bits(literals: &[u32; LITERALS], distances: &[u32; DISTANCES]) -> u64 {
    let of_length =
        |symbol: usize| if (265..285).contains(&symbol) { (symbol - 261) / 4 } else { 0 };
    let of_distance = |symbol: usize| (symbol / 2).saturating_sub(1);
    let sum = |counts: &[u32], extra: &dyn Fn(usize) -> usize| -> u64 {
        counts.iter().enumerate().map(|(at, &count)| u64::from(count) * extra(at) as u64).sum()
    };
    sum(literals, &of_length) + sum(distances, &of_distance)
}

/// Codes of a block's own, and how they are written.
struct Codes {
    literals: [u8; LITERALS],
    distances: [u8; DISTANCES],
    head: Head,
}

impl Codes {
    fn of(literals: &[u32; LITERALS], distances: &[u32; DISTANCES]) -> Self {
        let literals = lengths(literals, MAX_BITS);
        let distances = lengths(distances, MAX_BITS);
        Self { head: Head::of(&literals, &distances), literals, distances }
    }
}

/// The description of two codes.
struct Head {
    literals: usize,
    distances: usize,
    /// Runs of code lengths: symbol, number of extra bits, their value.
    runs: Vec<(u8, u8, u8)>,
    lengths: [u8; CODE_LENGTHS],
    /// How many of those are written.
    written: usize,
    cost: u64,
}

impl Head {
    fn of(literals: &[u8; LITERALS], distances: &[u8; DISTANCES]) -> Self {
        let used = |lengths: &[u8]| lengths.iter().rposition(|&len| len > 0).map_or(0, |at| at + 1);
        let (literal_count, distance_count) = (used(literals).max(257), used(distances).max(1));
        let all: Vec<u8> = [&literals[..literal_count], &distances[..distance_count]].concat();
        let runs = runs(&all);
        let mut counts = [0; CODE_LENGTHS];
        for &(symbol, ..) in &runs {
            counts[usize::from(symbol)] += 1;
        }
        let lengths = lengths(&counts, CODE_LENGTH_BITS);
        let written = CODE_LENGTH_ORDER.iter().rposition(|&symbol| lengths[symbol] > 0);
        let written = written.map_or(4, |at| (at + 1).max(4));
        let extra: u64 = runs.iter().map(|&(_, extra, _)| u64::from(extra)).sum();
        let cost = 14 + 3 * written as u64 + cost(&counts, &lengths) + extra;
        Self { literals: literal_count, distances: distance_count, runs, lengths, written, cost }
    }

    fn write(&self, bits: &mut Bits) {
        bits.add((self.literals - 257) as u64, 5);
        bits.add((self.distances - 1) as u64, 5);
        bits.add((self.written - 4) as u64, 4);
        bits.flush();
        for &symbol in &CODE_LENGTH_ORDER[..self.written] {
            bits.add(self.lengths[symbol].into(), 3);
            bits.flush();
        }
        let codes = codes(&self.lengths);
        for &(symbol, extra, value) in &self.runs {
            bits.add_code(codes[usize::from(symbol)]);
            bits.add(value.into(), extra.into());
            bits.flush();
        }
    }
}

/// Code lengths with their repetitions taken together.
fn runs(lengths: &[u8]) -> Vec<(u8, u8, u8)> {
    let mut runs = Vec::new();
    for run in lengths.chunk_by(|a, b| a == b) {
        let (len, mut left) = (run[0], run.len());
        if len > 0 {
            runs.push((len, 0, 0));
            left -= 1;
        }
        while left > 0 {
            let (symbol, extra, least, most) = match (len, left) {
                (0, 11..) => (18, 7, 11, 138),
                (0, 3..) => (17, 3, 3, 10),
                (1.., 3..) => (16, 2, 3, 6),
                _ => (len, 0, 1, 1),
            };
            let taken = left.min(most);
            // Less than 138.
            runs.push((symbol, extra, u8::try_from(taken - least).unwrap_or(0)));
            left -= taken;
        }
    }
    runs
}
