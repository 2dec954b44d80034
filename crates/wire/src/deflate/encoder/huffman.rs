//! Length-limited canonical Huffman codes (RFC 1951 §3.2.2).

/// The longest code of a literal, a length or a distance, in bits (RFC 1951 §3.2.7).
pub(super) const MAX_BITS: usize = 15;

/// A symbol's code, its bits in the order in which they are sent, and their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) bits: u16,
    pub(super) len: u8,
}

/// Gives each symbol with a frequency a code of at most `max_bits` bits, the shortest to the most frequent. At least two
/// symbols get one, as some decoders refuse a code with fewer. Says how many symbols there are up to the last with a code.
///
/// The frequencies are at most 65,535 each.
pub(super) fn assign(frequencies: &[u16], max_bits: usize, codes: &mut [Code]) -> usize {
    // Sorted by frequency, so that position stands for symbol from here on.
    let mut symbols = [0_u32; 288];
    let mut used = 0;
    for (symbol, frequency) in frequencies.iter().enumerate() {
        codes[symbol] = Code::default();
        if *frequency > 0 {
            symbols[used] = u32::from(*frequency) << 16 | symbol as u32;
            used += 1;
        }
    }
    for (symbol, frequency) in frequencies.iter().enumerate().take(2) {
        if used < 2 && *frequency == 0 {
            symbols[used] = 1 << 16 | symbol as u32;
            used += 1;
        }
    }
    let symbols = &mut symbols[..used];
    symbols.sort_unstable();

    let mut weights = [0_u32; 288];
    let weights = &mut weights[..used];
    for (weight, symbol) in weights.iter_mut().zip(symbols.iter()) {
        *weight = *symbol >> 16;
    }
    code_lengths(weights);
    let mut counts = limited(weights, max_bits);

    // The rarest symbols come first and get the longest codes.
    let mut rest = &symbols[..];
    for len in (1..=max_bits).rev() {
        let (these, behind) = rest.split_at(counts[len] as usize);
        these.iter().for_each(|symbol| codes[(*symbol & 0xffff) as usize].len = len as u8);
        rest = behind;
    }
    let mut next = [0_u16; MAX_BITS + 1];
    counts[0] = 0;
    for len in 1..=max_bits {
        next[len] = (next[len - 1] + counts[len - 1]) << 1;
    }
    let mut end = 0;
    for (symbol, code) in codes[..frequencies.len()].iter_mut().enumerate().filter(|(_, code)| code.len > 0) {
        let next = &mut next[usize::from(code.len)];
        code.bits = next.reverse_bits() >> (16 - code.len);
        *next += 1;
        end = symbol + 1;
    }
    end
}

/// Makes of at least two weights, which ascend, the lengths of their codes in place, which descend: Moffat and
/// Katajainen, "In-place calculation of minimum-redundancy codes" (1995).
fn code_lengths(weights: &mut [u32]) {
    let count = weights.len();
    // From the left, weights become inner nodes of the tree, and inner nodes the index of their parent.
    let (mut leaf, mut root) = (0, 0);
    for node in 0..count - 1 {
        let mut sum = 0;
        for _ in 0..2 {
            if leaf >= count || (root < node && weights[root] < weights[leaf]) {
                sum += weights[root];
                weights[root] = node as u32;
                root += 1;
            } else {
                sum += weights[leaf];
                leaf += 1;
            }
        }
        weights[node] = sum;
    }
    // From the right, parents become depths.
    weights[count - 2] = 0;
    for node in (0..count - 2).rev() {
        weights[node] = weights[weights[node] as usize] + 1;
    }
    // Depths of inner nodes become depths of leaves.
    let (mut inner, mut left, mut available, mut depth) = (count - 1, count, 1, 0);
    while available > 0 {
        let mut nodes = 0;
        while inner > 0 && weights[inner - 1] == depth {
            nodes += 1;
            inner -= 1;
        }
        for _ in nodes..available {
            left -= 1;
            weights[left] = depth;
        }
        available = 2 * nodes;
        depth += 1;
    }
}

/// How many codes there are of each length, once none is longer than `max_bits`: longer ones become that long, and codes
/// that are shorter grow until all fit.
fn limited(lengths: &[u32], max_bits: usize) -> [u16; MAX_BITS + 1] {
    let mut counts = [0_u16; MAX_BITS + 1];
    for len in lengths {
        counts[(*len as usize).min(max_bits)] += 1;
    }
    let mut taken: u32 = (1..=max_bits).map(|len| u32::from(counts[len]) << (max_bits - len)).sum();
    while taken > 1 << max_bits {
        // One of the longest moves up beside the shorter code that it makes one bit longer.
        counts[max_bits] -= 1;
        if let Some(len) = (1..max_bits).rev().find(|len| counts[*len] > 0) {
            counts[len] -= 1;
            counts[len + 1] += 2;
        }
        taken -= 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(frequencies: &[u16], max_bits: usize) -> Vec<u8> {
        let mut codes = vec![Code::default(); frequencies.len()];
        assign(frequencies, max_bits, &mut codes);
        codes.iter().map(|code| code.len).collect()
    }

    #[test]
    fn the_example_of_rfc_1951_section_3_2_2() {
        let mut codes = [Code::default(); 8];
        // Frequencies that ask for the RFC's lengths: 3, 3, 3, 3, 3, 2, 4, 4.
        assert_eq!(assign(&[4, 4, 4, 4, 4, 9, 2, 2], 15, &mut codes), 8);
        let sent = |code: Code| (code.bits.reverse_bits() >> (16 - code.len), code.len);
        let expected = [(2, 3), (3, 3), (4, 3), (5, 3), (6, 3), (0, 2), (14, 4), (15, 4)];
        assert_eq!(codes.map(sent), expected);
    }

    #[test]
    fn at_least_two_symbols_have_a_code() {
        assert_eq!(lengths(&[0, 0, 0], 15), [1, 1, 0]);
        assert_eq!(lengths(&[0, 7, 0], 15), [1, 1, 0]);
        assert_eq!(lengths(&[7, 0, 0], 15), [1, 1, 0]);
        assert_eq!(lengths(&[0, 0, 7], 15), [1, 0, 1]);
    }

    #[test]
    fn codes_that_would_be_too_long_still_fit_and_leave_nothing_unused() {
        // Fibonacci's numbers make the deepest tree.
        let mut frequencies = vec![1_u16, 1];
        while frequencies.len() < 23 {
            frequencies.push(frequencies[frequencies.len() - 2] + frequencies[frequencies.len() - 1]);
        }
        for max_bits in [5, 7, 15] {
            let lengths = lengths(&frequencies, max_bits);
            assert!(lengths.iter().all(|len| usize::from(*len) <= max_bits));
            assert_eq!(
                lengths.iter().map(|len| 1 << (max_bits - usize::from(*len))).sum::<u32>(),
                1 << max_bits
            );
            assert!(lengths.is_sorted_by(|left, right| left >= right), "{lengths:?}");
        }
    }
}
