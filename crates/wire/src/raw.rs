//! Frames that break the rules on purpose, for testing what a peer makes of them.
//!
//! [`Outgoing`](crate::Outgoing) refuses what RFC 6455 forbids; here everything goes: any bits, any opcode, lengths in the
//! wrong form or lying, masks where none belong, payloads that aren't what the opcode says.

use crate::frame::{FIN, Header, LengthForm, MessageKind, OpCode, RSV1, RSV2, RSV3};
use crate::mask;

/// A frame, bit by bit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// The first byte: FIN, the reserved bits and the opcode.
    pub first: u8,
    /// How the payload is masked.
    pub mask: RawMask,
    /// What the header says about the length.
    pub length: RawLength,
    /// The payload, before masking.
    pub payload: Vec<u8>,
}

/// How a raw frame is masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawMask {
    /// No mask bit, no key.
    Absent,
    /// Mask bit, key, and a payload masked with it.
    Applied([u8; 4]),
    /// Mask bit and key, but a payload left as it is.
    Pretended([u8; 4]),
}

/// What a raw frame's header says about the payload length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawLength {
    /// The truth, in the shortest form.
    Minimal,
    /// The truth, in this form; its low bits where the form is too short.
    Form(LengthForm),
    /// Any value, in this form.
    Declared(LengthForm, u64),
}

impl RawFrame {
    /// A frame that keeps the rules of a server, to start from.
    #[must_use]
    pub fn new(opcode: OpCode, payload: impl Into<Vec<u8>>) -> RawFrame {
        RawFrame {
            first: FIN | opcode as u8,
            mask: RawMask::Absent,
            length: RawLength::Minimal,
            payload: payload.into(),
        }
    }

    /// Masks the frame as a client must.
    #[must_use]
    pub const fn masked(mut self, key: [u8; 4]) -> RawFrame {
        self.mask = RawMask::Applied(key);
        self
    }

    /// Sets or clears FIN.
    #[must_use]
    pub const fn fin(mut self, on: bool) -> RawFrame {
        self.first = if on { self.first | FIN } else { self.first & !FIN };
        self
    }

    /// Sets the reserved bits to exactly this mask of [`RSV1`], [`RSV2`] and [`RSV3`].
    #[must_use]
    pub const fn reserved(mut self, bits: u8) -> RawFrame {
        const ALL: u8 = RSV1 | RSV2 | RSV3;
        self.first = self.first & !ALL | bits & ALL;
        self
    }

    /// Sets the opcode to these four bits, defined or not.
    #[must_use]
    pub const fn opcode(mut self, bits: u8) -> RawFrame {
        self.first = self.first & 0xf0 | bits & 0x0f;
        self
    }

    /// Sets what the header says about the length.
    #[must_use]
    pub const fn length(mut self, length: RawLength) -> RawFrame {
        self.length = length;
        self
    }

    /// Appends the frame.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let actual = self.payload.len() as u64;
        let (form, len) = match self.length {
            RawLength::Minimal => (LengthForm::minimal(actual), actual),
            RawLength::Form(form) => (form, actual),
            RawLength::Declared(form, len) => (form, len),
        };
        let key = match self.mask {
            RawMask::Absent => None,
            RawMask::Applied(key) | RawMask::Pretended(key) => Some(key),
        };
        let header = Header {
            fin: self.first & FIN != 0,
            reserved: self.first & (RSV1 | RSV2 | RSV3),
            opcode: self.first & 0x0f,
            mask: key,
            form,
            len,
        };
        out.extend_from_slice(&header.write());
        match self.mask {
            RawMask::Applied(key) => mask::append(&self.payload, key, out),
            RawMask::Absent | RawMask::Pretended(_) => out.extend_from_slice(&self.payload),
        }
    }

    /// The frame's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(crate::frame::MAX_HEADER_LEN + self.payload.len());
        self.encode(&mut out);
        out
    }
}

/// The frames of a message cut into pieces of the given lengths, the rest in a last one. A length of 0 makes an empty
/// fragment; text is cut anywhere, also within a character.
#[must_use]
pub fn fragments(kind: MessageKind, payload: &[u8], lens: impl IntoIterator<Item = usize>) -> Vec<RawFrame> {
    let mut frames = Vec::new();
    let mut opcode = OpCode::from(kind);
    let mut rest = payload;
    for len in lens {
        let (piece, behind) = rest.split_at(len.min(rest.len()));
        frames.push(RawFrame::new(opcode, piece).fin(false));
        (opcode, rest) = (OpCode::Continuation, behind);
    }
    frames.push(RawFrame::new(opcode, rest));
    frames
}

/// A Close frame with any body: any code, any bytes for a reason, at any length.
#[must_use]
pub fn close(code: u16, reason: &[u8]) -> RawFrame {
    RawFrame::new(OpCode::Close, [&code.to_be_bytes(), reason].concat())
}

/// Cuts encoded bytes at these positions (ascending, in bytes; those beyond the end are ignored), each piece to be
/// written on its own: headers torn apart, characters cut in two, frames glued together.
pub fn split_at(bytes: &[u8], positions: impl IntoIterator<Item = usize>) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    let mut ends =
        positions.into_iter().filter(|&end| end < bytes.len()).chain([bytes.len()]).collect::<Vec<_>>();
    ends.dedup();
    ends.into_iter().filter_map(move |end| {
        let piece = bytes.get(start..end)?;
        start = end;
        Some(piece)
    })
}
