//! One DEFLATE block: its symbols, the form in which it is shortest, its bits (RFC 1951 §3.2.3 to §3.2.7).

use super::huffman::{Code, MAX_BITS, assign};

/// Symbols that a block holds. More of them would share a code that fits none of them well.
const MAX_SYMBOLS: usize = 16 * 1024;

/// The longest match (RFC 1951 §3.2.5).
pub(super) const MAX_MATCH: usize = 258;

const END: usize = 256;
const LITERALS: usize = 286;
const DISTANCES: usize = 30;
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const MAX_LENGTH_BITS: usize = 7;

/// What takes fewer bits with the fixed codes doesn't get shorter with its own, which have to be sent as well.
const MIN_DYNAMIC_BITS: usize = 64 * 8;

/// Marks a match among the symbols: then bits 16 to 23 are its length less 3, bits 0 to 14 its distance less 1.
const MATCH: u32 = 1 << 31;

/// The length symbol of each match length less 3, counted from 257.
const LENGTH_SYMBOLS: [u8; 256] = {
    let mut symbols = [0; 256];
    let mut symbol = 0;
    while symbol < 29 {
        let (base, extra) = length_base(symbol);
        let mut length = base;
        while length < base + (1 << extra) && length < 256 {
            symbols[length] = symbol as u8;
            length += 1;
        }
        symbol += 1;
    }
    // 258 has a symbol of its own.
    symbols[255] = 28;
    symbols
};

/// Literals and matches up to the next block, and how often each occurs.
#[derive(Debug)]
pub(super) struct Block {
    symbols: Vec<u32>,
    literals: [u16; LITERALS],
    distances: [u16; DISTANCES],
}

/// A block's own codes (RFC 1951 §3.2.7).
struct Dynamic {
    literals: [Code; 288],
    distances: [Code; DISTANCES],
    header: Header,
}

/// Code lengths as they stand in a dynamic block's header (RFC 1951 §3.2.7).
struct Header {
    /// Each a symbol from 0 to 18, and above the low 8 bits the value of its extra bits.
    lengths: [u16; LITERALS + DISTANCES],
    count: usize,
    codes: [Code; 19],
    literals: usize,
    distances: usize,
    /// How many of [`ORDER`] are sent.
    order: usize,
    bits: usize,
}

/// Puts bits into room that was made for them.
struct Writer<'a> {
    room: &'a mut [u8],
    at: usize,
    bits: u64,
    count: u32,
}

/// What an encoder leaves behind a block that doesn't end at a byte: fewer than 8 bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rest {
    bits: u8,
    count: u8,
}

impl Block {
    pub(super) const fn new() -> Block {
        Block { symbols: Vec::new(), literals: [0; LITERALS], distances: [0; DISTANCES] }
    }

    #[inline(always)]
    pub(super) fn literal(&mut self, byte: u8) {
        self.symbols.push(u32::from(byte));
        self.literals[usize::from(byte)] += 1;
    }

    /// A repetition of `length` bytes, 3 to 258, from `distance` bytes back, 1 to 32,768.
    #[inline(always)]
    pub(super) fn repetition(&mut self, length: usize, distance: usize) {
        let (length, distance) = (length - 3, distance - 1);
        self.symbols.push(MATCH | (length as u32) << 16 | distance as u32);
        self.literals[END + 1 + usize::from(LENGTH_SYMBOLS[length])] += 1;
        self.distances[distance_symbol(distance)] += 1;
    }

    /// How many symbols it still takes; it has to be written before it takes more.
    #[inline(always)]
    pub(super) fn room(&self) -> usize {
        MAX_SYMBOLS - self.symbols.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    /// Writes the block, which stands for `raw`, in its shortest form behind `rest`, and empties it.
    pub(super) fn write(&mut self, raw: &[u8], rest: Rest, out: &mut Vec<u8>) -> Rest {
        self.literals[END] = 1;
        let extra = self.extra_bits();
        let fixed = self.bits(&FIXED_LITERALS, &FIXED_DISTANCES) + extra;
        let stored = stored_bits(raw.len(), rest);
        let dynamic =
            if fixed < MIN_DYNAMIC_BITS { None } else { Some(Dynamic::new(&self.literals, &self.distances)) };
        let dynamic_bits = match &dynamic {
            Some(dynamic) => dynamic.header.bits + self.bits(&dynamic.literals, &dynamic.distances) + extra,
            None => usize::MAX,
        };

        let start = out.len();
        let bits = usize::from(rest.count) + 3 + dynamic_bits.min(fixed).min(stored);
        // The writer puts down whole words.
        out.resize(start + bits / 8 + 16, 0);
        let mut writer =
            Writer { room: &mut out[start..], at: 0, bits: rest.bits.into(), count: rest.count.into() };
        match dynamic {
            _ if stored <= dynamic_bits.min(fixed) => writer.stored(raw),
            Some(dynamic) if dynamic_bits < fixed => {
                writer.put(0b100, 3);
                dynamic.header.write(&mut writer);
                self.write_symbols(&mut writer, &dynamic.literals, &dynamic.distances);
            }
            _ => {
                writer.put(0b010, 3);
                self.write_symbols(&mut writer, &FIXED_LITERALS, &FIXED_DISTANCES);
            }
        }
        let (at, rest) = writer.finish();
        out.truncate(start + at);

        // No byte of one message stays for the next.
        self.symbols.fill(0);
        self.symbols.clear();
        self.literals = [0; LITERALS];
        self.distances = [0; DISTANCES];
        rest
    }

    fn extra_bits(&self) -> usize {
        let lengths = self.literals[END + 1..].iter().enumerate();
        let distances = self.distances.iter().enumerate();
        lengths.map(|(symbol, count)| usize::from(*count) * length_base(symbol).1 as usize).sum::<usize>()
            + distances
                .map(|(symbol, count)| usize::from(*count) * distance_extra(symbol) as usize)
                .sum::<usize>()
    }

    fn bits(&self, literals: &[Code], distances: &[Code]) -> usize {
        let of = |counts: &[u16], codes: &[Code]| -> usize {
            counts.iter().zip(codes).map(|(count, code)| usize::from(*count) * usize::from(code.len)).sum()
        };
        of(&self.literals, literals) + of(&self.distances, distances)
    }

    fn write_symbols(&self, writer: &mut Writer<'_>, literals: &[Code; 288], distances: &[Code; DISTANCES]) {
        for symbol in &self.symbols {
            if symbol & MATCH == 0 {
                writer.code(literals[(symbol & 0xff) as usize]);
                continue;
            }
            let (length, distance) = ((symbol >> 16 & 0xff) as usize, (symbol & 0x7fff) as usize);
            let symbol = usize::from(LENGTH_SYMBOLS[length]);
            let (base, extra) = length_base(symbol);
            writer.code(literals[END + 1 + symbol]);
            writer.put((length - base) as u64, extra);
            let symbol = distance_symbol(distance);
            let extra = distance_extra(symbol);
            writer.code(distances[symbol]);
            writer.put((distance & ((1 << extra) - 1)) as u64, extra);
        }
        writer.code(literals[END]);
    }
}

/// An empty stored block, of which the last four bytes stay unwritten: how a message ends (RFC 7692 §7.2.1).
pub(super) fn write_end(rest: Rest, out: &mut Vec<u8>) {
    if rest.count > 0 {
        out.push(rest.bits);
    }
    // Three bits of header: in the byte begun if they fit, else in one of their own.
    if rest.count == 0 || rest.count > 5 {
        out.push(0);
    }
}

/// The bits of all stored blocks that `len` bytes take, without the first three.
fn stored_bits(len: usize, rest: Rest) -> usize {
    let blocks = len.div_ceil(0xffff).max(1);
    let padding = (8 - (usize::from(rest.count) + 3) % 8) % 8;
    padding + 32 + (blocks - 1) * 40 + len * 8
}

impl Dynamic {
    fn new(literal_counts: &[u16; LITERALS], distance_counts: &[u16; DISTANCES]) -> Dynamic {
        let (mut literals, mut distances) = ([Code::default(); 288], [Code::default(); DISTANCES]);
        let literal_count = assign(literal_counts, MAX_BITS, &mut literals);
        let distance_count = assign(distance_counts, MAX_BITS, &mut distances);
        let header = Header::new(&literals[..literal_count], &distances[..distance_count]);
        Dynamic { literals, distances, header }
    }
}

impl Header {
    fn new(literals: &[Code], distances: &[Code]) -> Header {
        // At least 257 literal codes and one distance code are sent; `END` and the two that always have one see to it.
        let mut header = Header {
            lengths: [0; LITERALS + DISTANCES],
            count: 0,
            codes: [Code::default(); 19],
            literals: literals.len(),
            distances: distances.len(),
            order: 4,
            bits: 0,
        };
        let mut frequencies = [0_u16; 19];
        let mut all = literals.iter().chain(distances).map(|code| code.len).peekable();
        let mut before = None;
        while let Some(length) = all.next() {
            let most = if length == 0 { 138 } else { 7 };
            let mut run = 1;
            while run < most && all.next_if_eq(&length).is_some() {
                run += 1;
            }
            while run > 0 {
                let (symbol, extra, of) = match (length, run) {
                    (0, 11..) => (18, run - 11, run),
                    (0, 3..) => (17, run - 3, run),
                    (_, 3..) if before == Some(length) => (16, run.min(6) - 3, run.min(6)),
                    _ => (u16::from(length), 0, 1),
                };
                header.lengths[header.count] = extra << 8 | symbol;
                header.count += 1;
                frequencies[usize::from(symbol)] += 1;
                before = Some(length);
                run -= of;
            }
        }
        assign(&frequencies, MAX_LENGTH_BITS, &mut header.codes);
        header.order =
            ORDER.iter().rposition(|symbol| header.codes[*symbol].len > 0).map_or(4, |at| at + 1).max(4);
        let symbols = (0..19).map(|symbol| {
            usize::from(frequencies[symbol])
                * (usize::from(header.codes[symbol].len) + length_extra(symbol as u16) as usize)
        });
        header.bits = 14 + 3 * header.order + symbols.sum::<usize>();
        header
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.put((self.literals - 257) as u64, 5);
        writer.put((self.distances - 1) as u64, 5);
        writer.put((self.order - 4) as u64, 4);
        for symbol in &ORDER[..self.order] {
            writer.put(self.codes[*symbol].len.into(), 3);
        }
        for entry in &self.lengths[..self.count] {
            let symbol = entry & 0xff;
            writer.code(self.codes[usize::from(symbol)]);
            writer.put((entry >> 8).into(), length_extra(symbol));
        }
    }
}

impl Writer<'_> {
    /// Appends the low `count` bits, at most 15, of a value that has no others.
    #[inline(always)]
    fn put(&mut self, value: u64, count: u32) {
        self.bits |= value << self.count;
        self.count += count;
        if self.count >= 48 {
            self.flush();
        }
    }

    #[inline(always)]
    fn code(&mut self, code: Code) {
        self.put(code.bits.into(), code.len.into());
    }

    /// Puts down whole bytes; fewer than 8 bits stay.
    #[inline(always)]
    fn flush(&mut self) {
        if let Some(room) = self.room.get_mut(self.at..).and_then(|room| room.first_chunk_mut::<8>()) {
            *room = self.bits.to_le_bytes();
        }
        let bytes = self.count / 8;
        self.at += bytes as usize;
        self.bits >>= bytes * 8;
        self.count %= 8;
    }

    fn stored(&mut self, raw: &[u8]) {
        let mut chunks = raw.chunks(0xffff);
        let mut chunk = chunks.next();
        while let Some(bytes) = chunk {
            self.put(0, 3);
            self.flush();
            self.count = self.count.next_multiple_of(8);
            let len = bytes.len() as u64;
            self.flush();
            self.bits = len | (!len & 0xffff) << 16;
            self.count = 32;
            self.flush();
            self.room[self.at..self.at + bytes.len()].copy_from_slice(bytes);
            self.at += bytes.len();
            chunk = chunks.next();
        }
    }

    fn finish(mut self) -> (usize, Rest) {
        self.flush();
        (self.at, Rest { bits: self.bits as u8, count: self.count as u8 })
    }
}

/// The codes of literals and lengths in a fixed block (RFC 1951 §3.2.6).
static FIXED_LITERALS: [Code; 288] = {
    let mut codes = [Code { bits: 0, len: 0 }; 288];
    let mut symbol = 0;
    while symbol < 288 {
        let (bits, len) = match symbol {
            0..144 => (0x30 + symbol, 8),
            144..256 => (0x190 + symbol - 144, 9),
            256..280 => (symbol - 256, 7),
            _ => (0xc0 + symbol - 280, 8),
        };
        codes[symbol] = Code { bits: (bits as u16).reverse_bits() >> (16 - len), len };
        symbol += 1;
    }
    codes
};

/// The codes of distances in a fixed block.
static FIXED_DISTANCES: [Code; DISTANCES] = {
    let mut codes = [Code { bits: 0, len: 5 }; DISTANCES];
    let mut symbol = 0;
    while symbol < DISTANCES {
        codes[symbol].bits = (symbol as u16).reverse_bits() >> 11;
        symbol += 1;
    }
    codes
};

/// The first match length less 3 of a length symbol, counted from 257, and the number of its extra bits (§3.2.5).
#[inline(always)]
const fn length_base(symbol: usize) -> (usize, u32) {
    match symbol {
        0..8 => (symbol, 0),
        28 => (255, 0),
        _ => {
            let extra = symbol as u32 / 4 - 1;
            ((4 + symbol % 4) << extra, extra)
        }
    }
}

/// The symbol of a distance less 1.
#[inline(always)]
const fn distance_symbol(distance: usize) -> usize {
    if distance < 4 {
        return distance;
    }
    let extra = distance.ilog2() - 1;
    2 * extra as usize + (distance >> extra)
}

/// The extra bits of a distance symbol.
#[inline(always)]
const fn distance_extra(symbol: usize) -> u32 {
    (symbol as u32 / 2).saturating_sub(1)
}

/// The extra bits of a symbol for code lengths (§3.2.7).
const fn length_extra(symbol: u16) -> u32 {
    match symbol {
        16 => 2,
        17 => 3,
        18 => 7,
        _ => 0,
    }
}
