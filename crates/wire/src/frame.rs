//! Frame headers (RFC 6455 §5.2): every bit, legal or not.

use std::ops::{Deref, Range};

/// The most bytes a header takes: 2, a 64-bit length, a masking key.
pub const MAX_HEADER_LEN: usize = 14;
/// The most bytes a control frame carries (RFC 6455 §5.5).
pub const MAX_CONTROL_LEN: usize = 125;
/// The final-fragment bit in a header's first byte.
pub const FIN: u8 = 0x80;
/// The first reserved bit; with permessage-deflate it marks a compressed message (RFC 7692 §6).
pub const RSV1: u8 = 0x40;
/// The second reserved bit.
pub const RSV2: u8 = 0x20;
/// The third reserved bit.
pub const RSV3: u8 = 0x10;
/// The mask bit in a header's second byte.
pub const MASK: u8 = 0x80;

/// The opcodes that RFC 6455 §5.2 defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum OpCode {
    /// Another fragment of the message in progress.
    Continuation = 0,
    /// A text message or its first fragment.
    Text = 1,
    /// A binary message or its first fragment.
    Binary = 2,
    /// The start of the closing handshake, or its answer.
    Close = 8,
    /// Asks for a Pong with the same payload.
    Ping = 9,
    /// Answers a Ping, or says "still here" unasked.
    Pong = 10,
}

/// What a data message carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

/// How a header spells the payload length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LengthForm {
    /// In the second byte: 0-125.
    Short,
    /// 126 there and 16 bits behind it; minimal for 126-65,535.
    Medium,
    /// 127 there and 64 bits behind it; minimal from 65,536.
    Long,
}

/// A frame header as it stands on the wire, with nothing checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// The last, or only, fragment of its message.
    pub fin: bool,
    /// The reserved bits as a mask of [`RSV1`], [`RSV2`] and [`RSV3`].
    pub reserved: u8,
    /// The opcode's four bits. [`OpCode::from_bits`] tells whether it is defined.
    pub opcode: u8,
    /// The masking key where the mask bit is set.
    pub mask: Option<[u8; 4]>,
    /// How the length is spelled.
    pub form: LengthForm,
    /// The payload length it declares.
    pub len: u64,
}

/// An encoded header: at most [`MAX_HEADER_LEN`] bytes, read as a slice.
#[derive(Clone, Copy)]
pub struct HeaderBytes {
    bytes: [u8; MAX_HEADER_LEN],
    len: u8,
}

impl OpCode {
    /// The opcode for these four bits; none where they are reserved.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<OpCode> {
        match bits {
            0 => Some(OpCode::Continuation),
            1 => Some(OpCode::Text),
            2 => Some(OpCode::Binary),
            8 => Some(OpCode::Close),
            9 => Some(OpCode::Ping),
            10 => Some(OpCode::Pong),
            _ => None,
        }
    }

    /// Whether it is a control frame's (RFC 6455 §5.5).
    #[must_use]
    pub const fn is_control(self) -> bool {
        self as u8 & 8 != 0
    }
}

impl From<MessageKind> for OpCode {
    fn from(kind: MessageKind) -> OpCode {
        match kind {
            MessageKind::Text => OpCode::Text,
            MessageKind::Binary => OpCode::Binary,
        }
    }
}

impl LengthForm {
    /// The only form that may be used for this length: the shortest.
    #[must_use]
    pub const fn minimal(len: u64) -> LengthForm {
        match len {
            0..=125 => LengthForm::Short,
            126..=0xffff => LengthForm::Medium,
            _ => LengthForm::Long,
        }
    }

    /// Bytes of header up to and including the length.
    #[must_use]
    pub const fn header_len(self) -> usize {
        match self {
            LengthForm::Short => 2,
            LengthForm::Medium => 4,
            LengthForm::Long => 10,
        }
    }
}

impl Header {
    /// A header that keeps all rules: no reserved bits, a minimal length.
    #[must_use]
    pub const fn new(fin: bool, opcode: OpCode, mask: Option<[u8; 4]>, len: u64) -> Header {
        Header { fin, reserved: 0, opcode: opcode as u8, mask, form: LengthForm::minimal(len), len }
    }

    /// Bytes this header takes.
    #[must_use]
    pub const fn encoded_len(&self) -> usize {
        self.form.header_len() + if self.mask.is_some() { 4 } else { 0 }
    }

    /// Reads a header from the front of `bytes` and tells how many bytes it takes.
    ///
    /// # Errors
    /// The number of bytes needed before more can be said, where `bytes` ends too early.
    pub fn read(bytes: &[u8]) -> Result<(Header, usize), usize> {
        let &[first, second, ..] = bytes else { return Err(2) };
        let form = match second & !MASK {
            126 => LengthForm::Medium,
            127 => LengthForm::Long,
            _ => LengthForm::Short,
        };
        let masked = second & MASK != 0;
        let header_len = form.header_len() + if masked { 4 } else { 0 };
        let Some(header) = bytes.get(..header_len) else { return Err(header_len) };
        let len = match (form, header) {
            (LengthForm::Medium, &[_, _, a, b, ..]) => u64::from(u16::from_be_bytes([a, b])),
            (LengthForm::Long, &[_, _, a, b, c, d, e, f, g, h, ..]) => {
                u64::from_be_bytes([a, b, c, d, e, f, g, h])
            }
            _ => u64::from(second & !MASK),
        };
        let mask = if masked { header.last_chunk::<4>().copied() } else { None };
        let reserved = first & (RSV1 | RSV2 | RSV3);
        Ok((Header { fin: first & FIN != 0, reserved, opcode: first & 0x0f, mask, form, len }, header_len))
    }

    /// Writes the header. Where `form` can't hold `len`, only the low bits of `len` are written.
    #[must_use]
    pub fn write(&self) -> HeaderBytes {
        let mut bytes = [0; MAX_HEADER_LEN];
        bytes[0] = (self.reserved & (RSV1 | RSV2 | RSV3)) | (self.opcode & 0x0f);
        if self.fin {
            bytes[0] |= FIN;
        }
        let be = self.len.to_be_bytes();
        bytes[1] = match self.form {
            LengthForm::Short => be[7] & !MASK,
            LengthForm::Medium => {
                bytes[2..4].copy_from_slice(&be[6..]);
                126
            }
            LengthForm::Long => {
                bytes[2..10].copy_from_slice(&be);
                127
            }
        };
        let mut len = self.form.header_len();
        if let Some(key) = self.mask {
            bytes[1] |= MASK;
            bytes[len..len + 4].copy_from_slice(&key);
            len += 4;
        }
        HeaderBytes { bytes, len: len as u8 }
    }
}

/// Writes the header of an unmasked, whole frame that ends right in front of `payload`, and tells where it starts. The
/// rule-keeping header in place, for whoever sends on what lies in a buffer.
///
/// # Panics
/// If the buffer has no room for it in front of the payload: 2, 4 or 10 bytes, depending on the length.
#[inline]
pub fn write_in_front(buf: &mut [u8], opcode: OpCode, payload: &Range<usize>) -> usize {
    let len = payload.len();
    let first = FIN | opcode as u8;
    match len {
        0..=125 => {
            let start = payload.start - 2;
            buf[start..payload.start].copy_from_slice(&[first, len as u8]);
            start
        }
        126..=0xffff => {
            let start = payload.start - 4;
            let [a, b] = (len as u16).to_be_bytes();
            buf[start..payload.start].copy_from_slice(&[first, 126, a, b]);
            start
        }
        _ => {
            let start = payload.start - 10;
            buf[start..start + 2].copy_from_slice(&[first, 127]);
            buf[start + 2..payload.start].copy_from_slice(&(len as u64).to_be_bytes());
            start
        }
    }
}

impl Deref for HeaderBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }
}

impl AsRef<[u8]> for HeaderBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl std::fmt::Debug for HeaderBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HeaderBytes").field(&&**self).finish()
    }
}
