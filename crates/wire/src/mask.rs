//! Masking (RFC 6455 §5.3): the same operation both ways.
//!
//! The key's first byte goes with the payload's first byte. A payload that comes in pieces needs the key turned by
//! the bytes already done: [`rotate`].

const BLOCK: usize = 64;

/// Masks or unmasks in place.
#[inline]
pub fn apply(payload: &mut [u8], key: [u8; 4]) {
    let wide = widen(key);
    let payload_len = payload.len();
    let (blocks, rest) = payload.as_chunks_mut::<BLOCK>();
    for block in blocks {
        for lane in block.as_chunks_mut::<16>().0 {
            *lane = xor(lane, &wide);
        }
    }
    // Straight steps instead of a loop, which would be vectorised at more cost than the few bytes are worth.
    let rest = apply_one::<32>(rest, &wide);
    let rest = apply_one::<16>(rest, &wide);
    let rest = apply_one::<8>(rest, &wide);
    let rest = apply_one::<4>(rest, &wide);
    let odd_at = payload_len & 2;
    if let [byte] = apply_one::<2>(rest, &wide) {
        *byte ^= key[odd_at];
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
    let at = if len >= BLOCK { shift_blocks(buf, gap, len, &wide) } else { 0 };
    let at = shift_one::<32>(buf, at, gap, &wide);
    let at = shift_one::<16>(buf, at, gap, &wide);
    let at = shift_one::<8>(buf, at, gap, &wide);
    let at = shift_one::<4>(buf, at, gap, &wide);
    let at = shift_one::<2>(buf, at, gap, &wide);
    if at < len {
        buf[at] = buf[at + gap] ^ key[at % 4];
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
fn widen(key: [u8; 4]) -> [u8; 16] {
    std::array::from_fn(|i| key[i % 4])
}

/// With the front of the key, which fits any lane that starts at a multiple of 4. `N` is at most 16.
#[inline]
fn xor<const N: usize>(lane: &[u8; N], key: &[u8; 16]) -> [u8; N] {
    std::array::from_fn(|i| lane[i] ^ key[i % 16])
}

/// Does `N` bytes if there are as many, and gives what is left.
#[inline]
fn apply_one<'a, const N: usize>(rest: &'a mut [u8], key: &[u8; 16]) -> &'a mut [u8] {
    if rest.len() < N {
        return rest;
    }
    let (lane, rest) = rest.split_at_mut(N);
    if let Some(lane) = lane.first_chunk_mut::<N>() {
        *lane = xor(lane, key);
    }
    rest
}

/// Does `N` bytes if there are as many, and tells where it stopped.
#[inline]
fn shift_one<const N: usize>(buf: &mut [u8], at: usize, gap: usize, key: &[u8; 16]) -> usize {
    if buf.len() < at + gap + N {
        return at;
    }
    let Some(lane) = buf[at + gap..].first_chunk::<N>() else { return at };
    let lane = xor(lane, key);
    buf[at..at + N].copy_from_slice(&lane);
    at + N
}

/// Does as many whole blocks as there are and tells where it stopped. Kept apart and written in lanes of 16 bytes, so
/// that it compiles to vector instructions wherever the caller is inlined.
#[inline(never)]
fn shift_blocks(buf: &mut [u8], gap: usize, len: usize, key: &[u8; 16]) -> usize {
    let mut at = 0;
    while at + BLOCK <= len {
        let Some(window) = buf.get_mut(at..at + gap + BLOCK) else { break };
        let Some(source) = window.last_chunk::<BLOCK>() else { break };
        let ([a, b, c, d], []) = source.as_chunks::<16>() else { break };
        let block = [xor(a, key), xor(b, key), xor(c, key), xor(d, key)];
        let Some(place) = window.first_chunk_mut::<BLOCK>() else { break };
        place.copy_from_slice(block.as_flattened());
        at += BLOCK;
    }
    at
}
