//! UTF-8 that comes in pieces (RFC 6455 §8.1, RFC 3629).

use crate::{Failure, FailureKind};

/// Below this length the standard library's check is faster than setting up the vector one.
const SIMD_FROM: usize = 64;

/// Checks text that arrives in arbitrary pieces and fails with the piece that holds the first bad byte.
///
/// A sequence cut by the end of a piece is kept (at most three bytes) and must go on in the next one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Utf8 {
    carry: [u8; 3],
    carry_len: u8,
}

/// Whether a whole text is valid.
#[inline]
#[must_use]
pub fn is_valid(text: &[u8]) -> bool {
    if text.len() < SIMD_FROM {
        text.is_ascii() || std::str::from_utf8(text).is_ok()
    } else {
        simdutf8::basic::from_utf8(text).is_ok()
    }
}

impl Utf8 {
    /// At the start of a text.
    #[must_use]
    pub const fn new() -> Utf8 {
        Utf8 { carry: [0; 3], carry_len: 0 }
    }

    /// Checks the next piece.
    ///
    /// # Errors
    /// [`FailureKind::InvalidUtf8`] if no continuation could make the text up to the end of this piece valid.
    #[inline]
    pub fn push(&mut self, piece: &[u8]) -> Result<(), Failure> {
        if self.carry_len == 0 && piece.len() < SIMD_FROM && piece.is_ascii() {
            return Ok(());
        }
        self.push_any(piece)
    }

    /// Checks that the text ends here, and makes ready for another one.
    ///
    /// # Errors
    /// [`FailureKind::InvalidUtf8`] if it ends within a sequence.
    #[inline]
    pub fn finish(&mut self) -> Result<(), Failure> {
        if std::mem::take(self).carry_len == 0 { Ok(()) } else { Err(FailureKind::InvalidUtf8.into()) }
    }

    fn push_any(&mut self, mut piece: &[u8]) -> Result<(), Failure> {
        while self.carry_len > 0 {
            let Some((&byte, rest)) = piece.split_first() else { return Ok(()) };
            piece = rest;
            self.push_carried(byte)?;
        }
        let (whole, cut) = piece.split_at(piece.len() - unfinished_tail(piece));
        if !is_valid(whole) {
            return Err(FailureKind::InvalidUtf8.into());
        }
        for &byte in cut {
            self.push_carried(byte)?;
        }
        Ok(())
    }

    /// Adds a byte to the sequence in progress and lets the standard library judge it: no error, an error that more
    /// bytes could mend, or one that they couldn't.
    fn push_carried(&mut self, byte: u8) -> Result<(), Failure> {
        let len = usize::from(self.carry_len);
        let mut sequence = [self.carry[0], self.carry[1], self.carry[2], 0];
        sequence[len] = byte;
        match std::str::from_utf8(&sequence[..=len]) {
            Ok(_) => self.carry_len = 0,
            // A sequence has at most four bytes, so that only three can be unfinished.
            Err(error) if error.error_len().is_none() && len < 3 => {
                self.carry[len] = byte;
                self.carry_len += 1;
            }
            Err(_) => return Err(FailureKind::InvalidUtf8.into()),
        }
        Ok(())
    }
}

/// How many bytes at the end of `piece` start a sequence that goes on behind it, going by the lead byte alone.
fn unfinished_tail(piece: &[u8]) -> usize {
    for (back, &byte) in piece.iter().rev().take(3).enumerate() {
        let sequence_len = match byte {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
            0x00..=0x7f => 1,
        };
        return if sequence_len > back + 1 { back + 1 } else { 0 };
    }
    0
}
