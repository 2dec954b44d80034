//! A second inflater, written from RFC 1951 and slow: it checks the first one and measures distances, which a fast
//! one doesn't tell.

/// What a sequence of DEFLATE blocks says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Inflated {
    /// The bytes, without the window that was given.
    pub(crate) bytes: Vec<u8>,
    /// The farthest reference back.
    pub(crate) max_distance: usize,
    /// The last block had BFINAL.
    pub(crate) ended: bool,
}

const LENGTHS: [(usize, u32); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
const CODE_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

/// Canonical Huffman code: how many codes of each length, and the symbols in order.
struct Code {
    counts: [usize; 16],
    symbols: Vec<usize>,
}

/// Inflates all blocks of `bytes`, which must end with one, behind `window`. `None` where that is no DEFLATE.
pub(crate) fn inflate(bytes: &[u8], window: &[u8]) -> Option<Inflated> {
    let mut bits = Bits { bytes, position: 0 };
    let mut result = Inflated { bytes: window.to_vec(), ..Inflated::default() };
    while !result.ended && bits.position < bytes.len() * 8 {
        result.ended = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(&mut bits, &mut result)?,
            1 => {
                let lengths: Vec<usize> = (0..288)
                    .map(|i| {
                        if i < 144 {
                            8
                        } else if i < 256 {
                            9
                        } else if i < 280 {
                            7
                        } else {
                            8
                        }
                    })
                    .collect();
                codes(&mut bits, &Code::of(&lengths), &Code::of(&[5; 30]), &mut result)?;
            }
            2 => {
                let (literals, distances) = dynamic(&mut bits)?;
                codes(&mut bits, &literals, &distances, &mut result)?;
            }
            _ => return None,
        }
    }
    result.bytes.drain(..window.len());
    Some(result)
}

fn stored(bits: &mut Bits<'_>, result: &mut Inflated) -> Option<()> {
    bits.position = bits.position.next_multiple_of(8);
    let (len, inverse) = (bits.take(16)?, bits.take(16)?);
    if len != !inverse & 0xffff {
        return None;
    }
    let start = bits.position / 8;
    result.bytes.extend_from_slice(bits.bytes.get(start..start + len)?);
    bits.position += len * 8;
    Some(())
}

fn dynamic(bits: &mut Bits<'_>) -> Option<(Code, Code)> {
    let (literals, distances, codes) = (bits.take(5)? + 257, bits.take(5)? + 1, bits.take(4)? + 4);
    if literals > 286 || distances > 30 {
        return None;
    }
    let mut code_lengths = [0; 19];
    for position in &CODE_ORDER[..codes] {
        code_lengths[*position] = bits.take(3)?;
    }
    let code = Code::of(&code_lengths);
    if !code.is_whole() {
        return None;
    }
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let (value, times) = match bits.symbol(&code)? {
            16 => (*lengths.last()?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length, 1),
        };
        lengths.extend(std::iter::repeat_n(value, times));
    }
    if lengths.len() > literals + distances || lengths[256] == 0 {
        return None;
    }
    let (literals, distances) = lengths.split_at(literals);
    let codes = [Code::of(literals), Code::of(distances)];
    codes.iter().all(|code| code.is_whole() || code.is_single()).then(|| codes.into())
}

fn codes(bits: &mut Bits<'_>, literals: &Code, distances: &Code, result: &mut Inflated) -> Option<()> {
    loop {
        match bits.symbol(literals)? {
            literal @ 0..=255 => result.bytes.push(literal as u8),
            256 => return Some(()),
            symbol => {
                let (base, extra) = *LENGTHS.get(symbol - 257)?;
                let length = base + bits.take(extra)?;
                let symbol = bits.symbol(distances)?;
                let extra = (symbol as u32 / 2).saturating_sub(1);
                let base = if symbol < 4 { symbol + 1 } else { ((2 + symbol % 2) << extra) + 1 };
                let distance = base + bits.take(extra)?;
                result.max_distance = result.max_distance.max(distance);
                for _ in 0..length {
                    result.bytes.push(*result.bytes.get(result.bytes.len().checked_sub(distance)?)?);
                }
            }
        }
    }
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<usize> {
        let mut value = 0;
        for bit in 0..count {
            let byte = self.bytes.get(self.position / 8)?;
            value |= usize::from((byte >> (self.position % 8)) & 1) << bit;
            self.position += 1;
        }
        Some(value)
    }

    fn symbol(&mut self, code: &Code) -> Option<usize> {
        let (mut value, mut first, mut index) = (0, 0, 0);
        for count in &code.counts[1..] {
            value |= self.take(1)?;
            if value < first + count {
                return Some(code.symbols[index + value - first]);
            }
            index += count;
            first = (first + count) << 1;
            value <<= 1;
        }
        None
    }
}

impl Code {
    fn of(lengths: &[usize]) -> Code {
        let mut counts = [0; 16];
        lengths.iter().for_each(|length| counts[*length] += 1);
        counts[0] = 0;
        let mut symbols: Vec<usize> = (0..lengths.len()).filter(|symbol| lengths[*symbol] > 0).collect();
        symbols.sort_by_key(|symbol| lengths[*symbol]);
        Code { counts, symbols }
    }

    /// Each sequence of bits is the beginning of one code word.
    fn is_whole(&self) -> bool {
        let words: usize = self.counts.iter().enumerate().map(|(length, count)| count << (15 - length)).sum();
        words == 1 << 15
    }

    /// RFC 1951 §3.2.7 lets a code of one word, or of none, be incomplete.
    fn is_single(&self) -> bool {
        self.symbols.is_empty() || (self.symbols.len() == 1 && self.counts[1] == 1)
    }
}
