//! What the fuzz targets do with their input. The tests replay the committed corpus through the same functions.

pub(crate) mod decode;
pub(crate) mod differential;
pub(crate) mod handshake;
pub(crate) mod inflate;
pub(crate) mod round_trip;
pub(crate) mod split;

#[path = "../puff.rs"]
mod puff;

use std::sync::Arc;

use wire::{Limits, Receiver, Role};

/// Small enough for a fuzzer to reach.
pub(crate) const LIMITS: Limits = Limits { frame_len: 70_000, message_len: 140_000, fragments: 40 };

/// A receiver as the lowest bits of the input's first byte choose it.
pub(crate) fn receiver(choice: u8) -> Receiver {
    let role = if choice & 1 == 0 { Role::Server } else { Role::Client };
    Receiver::new(role, Arc::new(LIMITS)).with_compression(choice & 2 != 0)
}

/// Cuts bytes into pieces whose lengths follow from a seed: mostly short ones, some of one byte.
pub(crate) fn pieces(mut bytes: &[u8], seed: u8) -> Vec<&[u8]> {
    let mut state = u32::from(seed) | 0x100;
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let scale = [1, 3, 20, 300][(state >> 30) as usize];
        let len = 1 + (state >> 16) as usize % scale;
        let (piece, rest) = bytes.split_at(len.min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}
