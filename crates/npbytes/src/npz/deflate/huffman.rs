//! Prefix codes of limited length for symbols that occur so often.

/// The longest code that deflate has.
pub(super) const MAX_BITS: usize = 15;

/// A code for each symbol: its bits, the first to be written lowest, and how many. Symbols that do not occur have
/// none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Code {
    pub(super) bits: u16,
    pub(super) len: u8,
}

/// Lengths of codes that are close to the shortest, none longer than `limit`. One symbol alone gets a code of
/// one bit.
pub(super) fn lengths<const N: usize>(counts: &[u32; N], limit: usize) -> [u8; N] {
    let mut lengths = [0; N];
    let mut symbols: Vec<(u32, usize)> =
        counts.iter().copied().zip(0..N).filter(|&(count, _)| count > 0).collect();
    if let [(_, only)] = symbols[..] {
        lengths[only] = 1;
    }
    if symbols.len() < 2 {
        return lengths;
    }
    symbols.sort_unstable();
    let mut per_length = depths(&symbols);
    limit_depths(&mut per_length, limit);
    // The rarest symbols get the longest codes.
    let mut rest = symbols.iter();
    for (length, &count) in per_length.iter().enumerate().rev() {
        for &(_, symbol) in rest.by_ref().take(count) {
            lengths[symbol] = u8::try_from(length).unwrap_or(u8::MAX);
        }
    }
    lengths
}

/// How many leaves of Huffman's tree are how deep, for counts in ascending order.
fn depths(symbols: &[(u32, usize)]) -> Vec<usize> {
    let leaves = symbols.len();
    // Trees wait in two queues, leaves and joined ones, both in ascending order.
    let mut weights: Vec<u64> = symbols.iter().map(|&(count, _)| count.into()).collect();
    let mut parents = vec![0; 2 * leaves - 1];
    let (mut leaf, mut joined) = (0, leaves);
    while weights.len() < 2 * leaves - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let take_leaf =
                leaf < leaves && (joined >= weights.len() || weights[leaf] <= weights[joined]);
            let next = if take_leaf { &mut leaf } else { &mut joined };
            weight += weights[*next];
            parents[*next] = weights.len();
            *next += 1;
        }
        weights.push(weight);
    }
    let mut depth = vec![0; 2 * leaves - 1];
    let mut per_length = vec![0; leaves.max(MAX_BITS + 1)];
    for node in (0..2 * leaves - 2).rev() {
        depth[node] = depth[parents[node]] + 1;
        if node < leaves {
            per_length[depth[node]] += 1;
        }
    }
    per_length
}

/// Moves leaves that are too deep up, and as many others down as that takes.
fn limit_depths(per_length: &mut Vec<usize>, limit: usize) {
    let too_deep: usize = per_length.drain(limit + 1..).sum();
    per_length[limit] += too_deep;
    // In units of the deepest leaf: how much more than the whole tree there is now.
    let total: usize = per_length.iter().enumerate().map(|(len, &n)| n << (limit - len)).sum();
    let mut excess = total.saturating_sub(1 << limit);
    while excess > 0 {
        // One leaf becomes a pair one deeper, of which one comes from the bottom.
        let Some(from) = (1..limit).rev().find(|&len| per_length[len] > 0) else { return };
        per_length[from] -= 1;
        per_length[from + 1] += 2;
        per_length[limit] -= 1;
        excess -= 1;
    }
}

/// The codes of the given lengths, as deflate assigns them.
pub(super) fn codes<const N: usize>(lengths: &[u8; N]) -> [Code; N] {
    let mut counts = [0_u32; MAX_BITS + 1];
    for &len in lengths {
        counts[usize::from(len)] += 1;
    }
    counts[0] = 0;
    let mut next = [0_u32; MAX_BITS + 2];
    for len in 1..=MAX_BITS {
        next[len + 1] = (next[len] + counts[len]) << 1;
    }
    std::array::from_fn(|symbol| {
        let len = lengths[symbol];
        if len == 0 {
            return Code::default();
        }
        let code = next[usize::from(len)];
        next[usize::from(len)] += 1;
        // 15 bits at most.
        let bits = u16::try_from(code).unwrap_or(0).reverse_bits() >> (16 - u32::from(len));
        Code { bits, len }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kraft(lengths: &[u8]) -> u32 {
        lengths.iter().filter(|&&len| len > 0).map(|&len| 1 << (MAX_BITS - usize::from(len))).sum()
    }

    #[test]
    fn codes_are_complete_and_within_the_limit() {
        // Fibonacci's numbers make the deepest tree.
        let mut deep = [0_u32; 40];
        let (mut a, mut b) = (1_u32, 1_u32);
        for count in &mut deep {
            *count = a;
            (a, b) = (b, a.saturating_add(b));
        }
        let mut skewed = [1_u32; 40];
        skewed[7] = u32::MAX / 64;
        for counts in [deep, skewed, [5; 40]] {
            for limit in [7, 15] {
                let lengths = lengths(&counts, limit);
                assert!(lengths.iter().all(|&len| len > 0 && usize::from(len) <= limit));
                assert_eq!(kraft(&lengths), 1 << MAX_BITS, "{counts:?} {limit}");
            }
        }
    }

    #[test]
    fn few_symbols_have_codes_too() {
        let mut counts = [0; 30];
        assert_eq!(kraft(&lengths(&counts, 15)), 0);
        counts[3] = 9;
        assert_eq!(lengths(&counts, 15)[3], 1);
        counts[29] = 1;
        assert_eq!(kraft(&lengths(&counts, 15)), 1 << MAX_BITS);
    }
}
