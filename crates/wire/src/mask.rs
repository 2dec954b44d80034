//! Masking (RFC 6455 §5.3): the same operation both ways.
//!
//! The key's first byte goes with the payload's first byte. A payload that comes in pieces needs the key turned by
//! the bytes already done: [`rotate`].

const BLOCK: usize = 64;

/// Masks or unmasks in place.
#[inline]
pub fn apply(payload: &mut [u8], key: [u8; 4]) {
    let (blocks, rest) = payload.as_chunks_mut::<BLOCK>();
    if !blocks.is_empty() {
        let wide = widen::<BLOCK>(key);
        for block in blocks {
            xor(block, &wide);
        }
    }
    let (words, rest) = rest.as_chunks_mut::<8>();
    let wide = u64::from_ne_bytes(widen(key));
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    // At most 7 bytes are left, and 8 is a multiple of the key's length.
    let mut key = u64::from_le_bytes(widen(key));
    for byte in rest {
        *byte ^= key as u8;
        key >>= 8;
    }
}

/// Masks or unmasks `len` bytes at `src` while moving them towards the front, to `dst`: one pass instead of two.
///
/// Every block is read before it is written, so that the two ranges may overlap.
///
/// # Panics
/// If `dst > src` or `src + len` is beyond the buffer.
#[inline]
pub fn apply_shifted(buf: &mut [u8], src: usize, dst: usize, len: usize, key: [u8; 4]) {
    assert!(dst <= src, "the payload can only move towards the front");
    let buf = &mut buf[dst..src + len];
    let gap = src - dst;
    if gap == 0 {
        apply(buf, key);
        return;
    }
    let mut at = 0;
    if len >= BLOCK {
        let wide = widen::<BLOCK>(key);
        while at + BLOCK <= len {
            shift_block(buf, at, gap, &wide);
            at += BLOCK;
        }
    }
    let wide = widen::<8>(key);
    while at + 8 <= len {
        shift_block(buf, at, gap, &wide);
        at += 8;
    }
    let mut key = u64::from_le_bytes(wide);
    while at < len {
        buf[at] = buf[at + gap] ^ key as u8;
        key >>= 8;
        at += 1;
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

#[inline]
fn widen<const N: usize>(key: [u8; 4]) -> [u8; N] {
    std::array::from_fn(|i| key[i % 4])
}

#[inline]
fn xor<const N: usize>(block: &mut [u8; N], key: &[u8; N]) {
    for (byte, key) in block.iter_mut().zip(key) {
        *byte ^= key;
    }
}

#[inline]
fn shift_block<const N: usize>(buf: &mut [u8], at: usize, gap: usize, key: &[u8; N]) {
    let Some(mut block) = buf[at + gap..].first_chunk::<N>().copied() else { return };
    xor(&mut block, key);
    buf[at..at + N].copy_from_slice(&block);
}
