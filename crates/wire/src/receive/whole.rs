use std::ops::Range;

use super::{Receiver, Whole};
use crate::frame::{FIN, LengthForm, MessageKind, OpCode};
use crate::{Failure, FailureKind, mask, utf8};

/// The largest payload that is moved, in bytes.
pub(super) const MOVED_LEN: usize = 2048;

impl Receiver {
    /// The short way for what a server gets most: an uncompressed message in one frame of up to 64 KiB that is wholly
    /// there, with limits that allow it. Does what [`step`](Receiver::step) would and returns less. `None`: it is
    /// something else, or not all there; nothing has changed, ask `step`.
    ///
    /// # Errors
    /// The message is text but not UTF-8. Nothing is decoded from then on.
    ///
    /// # Panics
    /// If `to > from` or `from` is beyond the buffer.
    #[inline(always)]
    pub(crate) fn step_whole(
        &mut self,
        buf: &mut [u8],
        from: usize,
        to: usize,
    ) -> Result<Option<Whole>, Failure> {
        assert!(to <= from && from <= buf.len(), "frames can only move towards the front");
        let Some((kind, payload, key)) = self.find_whole(&buf[from..]) else { return Ok(None) };
        let consumed = payload.end;
        let payload = self.unmask_towards(to, buf, payload.start + from..consumed + from, key);
        if kind == MessageKind::Text && !utf8::is_valid(&buf[payload.clone()]) {
            self.ended = true;
            return Err(FailureKind::InvalidUtf8.into());
        }
        Ok(Some(Whole { kind, consumed, payload }))
    }

    /// What it takes is legal and leaves the state as it was; what it doesn't take is left to [`find`](Receiver::find).
    #[inline(always)]
    fn find_whole(&self, buf: &[u8]) -> Option<(MessageKind, Range<usize>, [u8; 4])> {
        const TEXT: u8 = FIN | OpCode::Text as u8;
        const BINARY: u8 = FIN | OpCode::Binary as u8;
        if self.message.is_some() || self.ended || !self.roomy {
            return None;
        }
        let &[first, second, ..] = buf else { return None };
        let kind = match first {
            TEXT => MessageKind::Text,
            BINARY => MessageKind::Binary,
            _ => return None,
        };
        let (len, len_end) = match second ^ self.mask_bit {
            len @ 0..=125 => (usize::from(len), 2),
            126 => {
                let &[_, _, a, b, ..] = buf else { return None };
                let len = u16::from_be_bytes([a, b]);
                if len <= 125 {
                    return None;
                }
                (usize::from(len), 4)
            }
            _ => return None,
        };
        let (start, key) = if self.mask_bit == 0 {
            (len_end, [0; 4])
        } else {
            (len_end + 4, *buf.get(len_end..)?.first_chunk()?)
        };
        let end = start + len;
        (end <= buf.len()).then_some((kind, start..end, key))
    }

    /// Unmasks a payload and, if it is short enough and may be moved, puts it behind room for a header at `to`.
    #[inline(always)]
    pub(super) fn unmask_towards(
        &self,
        to: usize,
        buf: &mut [u8],
        payload: Range<usize>,
        key: [u8; 4],
    ) -> Range<usize> {
        let len = payload.len();
        let place = to + LengthForm::minimal(len as u64).header_len();
        if place > payload.start || len > MOVED_LEN || !self.moves {
            // A client has nothing to unmask.
            if key != [0; 4] {
                mask::apply(&mut buf[payload.clone()], key);
            }
            return payload;
        }
        mask::apply_shifted(buf, payload.start, place, len, key);
        place..place + len
    }
}
