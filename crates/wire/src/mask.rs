//! Masking (RFC 6455 §5.3): the same operation both ways.
//!
//! The key's first byte goes with the payload's first byte. A payload that comes in pieces needs the key turned by
//! the bytes already done: [`rotate`].

const BLOCK: usize = 64;

/// Masks or unmasks in place.
#[inline]
pub fn apply(payload: &mut [u8], key: [u8; 4]) {
    let wide = widen(key);
    let (blocks, rest) = payload.as_chunks_mut::<BLOCK>();
    for block in blocks {
        for word in block.as_chunks_mut::<8>().0 {
            *word = xor(*word, wide);
        }
    }
    let (words, rest) = rest.as_chunks_mut::<8>();
    for word in words {
        *word = xor(*word, wide);
    }
    // Straight steps for the last 7 bytes or less: a loop would be vectorised, at more cost than they are worth.
    let mut key = wide as u32;
    let (words, rest) = rest.as_chunks_mut::<4>();
    if let Some(word) = words.first_mut() {
        *word = (u32::from_le_bytes(*word) ^ key).to_le_bytes();
    }
    let (words, rest) = rest.as_chunks_mut::<2>();
    if let Some(word) = words.first_mut() {
        *word = (u16::from_le_bytes(*word) ^ key as u16).to_le_bytes();
        key >>= 16;
    }
    if let [byte] = rest {
        *byte ^= key as u8;
    }
}

/// Masks or unmasks `len` bytes at `src` while moving them towards the front, to `dst`: one pass, in half the time of
/// two. Every block is read before it is written, so that the ranges may overlap.
///
/// # Panics
/// If `dst > src` or `src + len` is beyond the buffer.
#[inline]
pub fn apply_shifted(buf: &mut [u8], src: usize, dst: usize, len: usize, key: [u8; 4]) {
    assert!(dst <= src, "the payload can only move towards the front");
    let buf = &mut buf[dst..src + len];
    let gap = src - dst;
    let wide = widen(key);
    let mut at = if len >= BLOCK { shift_blocks(buf, gap, len, wide) } else { 0 };
    at = shift_one::<32>(buf, at, gap, wide);
    at = shift_one::<16>(buf, at, gap, wide);
    at = shift_one::<8>(buf, at, gap, wide);
    let mut key = wide as u32;
    if let Some(word) = buf[at + gap..].first_chunk::<4>().copied() {
        let word = u32::from_le_bytes(word) ^ key;
        buf[at..at + 4].copy_from_slice(&word.to_le_bytes());
        at += 4;
    }
    if let Some(word) = buf[at + gap..].first_chunk::<2>().copied() {
        let word = u16::from_le_bytes(word) ^ key as u16;
        buf[at..at + 2].copy_from_slice(&word.to_le_bytes());
        at += 2;
        key >>= 16;
    }
    if let Some(byte) = buf.get(at + gap).copied() {
        buf[at] = byte ^ key as u8;
    }
}

/// Appends the masked `payload` to `out`.
pub fn append(payload: &[u8], key: [u8; 4], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(payload);
    apply(&mut out[start..], key);
}

/// The key for the rest of a payload of which `done` bytes have been masked.
#[inline]
#[must_use]
pub const fn rotate(key: [u8; 4], done: usize) -> [u8; 4] {
    u32::from_le_bytes(key).rotate_right(8 * (done % 4) as u32).to_le_bytes()
}

/// The key twice, its first byte lowest.
#[inline]
fn widen(key: [u8; 4]) -> u64 {
    let key = u64::from(u32::from_le_bytes(key));
    key << 32 | key
}

#[inline]
fn xor(word: [u8; 8], wide: u64) -> [u8; 8] {
    (u64::from_le_bytes(word) ^ wide).to_le_bytes()
}

/// Does `N` bytes, a multiple of 8, if there are as many, and tells where it stopped.
#[inline]
fn shift_one<const N: usize>(buf: &mut [u8], at: usize, gap: usize, wide: u64) -> usize {
    let Some(mut block) = buf[at + gap..].first_chunk::<N>().copied() else { return at };
    for word in block.as_chunks_mut::<8>().0 {
        *word = xor(*word, wide);
    }
    buf[at..at + N].copy_from_slice(&block);
    at + N
}

/// Does as many whole blocks as there are and tells where it stopped. Kept apart, so that it compiles to vector
/// instructions wherever the caller is inlined.
#[inline(never)]
fn shift_blocks(buf: &mut [u8], gap: usize, len: usize, wide: u64) -> usize {
    let mut at = 0;
    while at + BLOCK <= len {
        let Some(window) = buf.get_mut(at..at + gap + BLOCK) else { break };
        let Some(source) = window.last_chunk::<BLOCK>() else { break };
        let mut block = *source;
        for word in block.as_chunks_mut::<8>().0 {
            *word = xor(*word, wide);
        }
        let Some(place) = window.first_chunk_mut::<BLOCK>() else { break };
        *place = block;
        at += BLOCK;
    }
    at
}
