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
    let half = u64::from(u32::from_le_bytes(key));
    let mut key = half << 32 | half;
    for word in words {
        *word = (u64::from_le_bytes(*word) ^ key).to_le_bytes();
    }
    // At most 7 bytes are left, and 8 is a multiple of the key's length.
    for byte in rest {
        *byte ^= key as u8;
        key >>= 8;
    }
}

/// Masks or unmasks `len` bytes at `src` and moves them towards the front, to `dst`. The ranges may overlap.
///
/// Moving costs a second pass. It is over the bytes that the first one has just brought into the cache, and both are
/// vector code, which a single loop over overlapping ranges is not; yet it only pays for payloads of up to a few KiB.
///
/// # Panics
/// If `dst > src` or `src + len` is beyond the buffer.
#[inline]
pub fn apply_shifted(buf: &mut [u8], src: usize, dst: usize, len: usize, key: [u8; 4]) {
    assert!(dst <= src, "the payload can only move towards the front");
    apply(&mut buf[src..src + len], key);
    buf.copy_within(src..src + len, dst);
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
