mod event;
mod whole;

pub(crate) use event::{Data, Event, Step, Whole};

use std::ops::Range;

use crate::frame::{FIN, MASK, MAX_CONTROL_LEN, MessageKind, OpCode, RSV1, RSV2, RSV3};
use crate::utf8::Utf8;
use crate::{Failure, FailureKind, Limits, Role, close, mask};

/// The incoming half of a connection: turns bytes into events, in place.
///
/// ```text
///             +------------- more of a frame / fragments / control frames in between --------------+
///             v                                                                                    |
///  idle --first frame--> in a message --last byte of the frame with FIN--> idle                    |
///    |                        +--------------------------------------------------------------------+
///    +--Close or a failure--> ended: nothing more is decoded
/// ```
///
/// It keeps no payload, and allocates nothing but for a message that comes in pieces: what it hands out are ranges of the caller's buffer. Text is checked as
/// it passes, so that a bad byte fails as soon as it is there.
#[derive(Clone, Debug)]
pub(crate) struct Receiver {
    /// The message in progress. Most come whole, and then there is none.
    message: Option<Box<Progress>>,
    role: Role,
    /// The mask bit as the peer must set it.
    mask_bit: u8,
    /// The limits allow every message in one frame of the first two length forms.
    roomy: bool,
    compression: bool,
    /// Short payloads are moved together.
    moves: bool,
    ended: bool,
}

/// How far a message has come.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// Payload bytes of the current data frame that are still to come.
    remaining: u64,
    /// Payload bytes that the frames of the message have declared so far.
    message_len: u64,
    /// Frames of the message so far. 0: no message is in progress.
    fragments: u32,
    /// The current data frame's key, turned to fit its next byte.
    key: [u8; 4],
    utf8: Utf8,
    kind: MessageKind,
    compressed: bool,
    /// The current data frame's FIN bit.
    fin: bool,
    in_frame: bool,
}

/// A frame, or the rest of one, as it lies in the buffer: still masked.
struct Found {
    opcode: OpCode,
    payload: Range<usize>,
    key: [u8; 4],
    data: Option<Piece>,
}

/// What lies at the front of a buffer.
enum Seen {
    /// It takes more bytes to tell.
    TooLittle,
    /// A part of a message's only frame, to be left until it is whole.
    Held {
        frame_len: usize,
    },
    Frame(Found),
}

struct Piece {
    first: bool,
    frame_first: bool,
    last: bool,
}

impl Receiver {
    /// At the start of a connection. `role` is this end's: a server demands masks, a client refuses them.
    /// `compression` tells whether permessage-deflate was negotiated, so that messages may come compressed.
    pub(crate) fn new(role: Role, limits: &Limits, compression: bool) -> Receiver {
        let mut receiver = Receiver {
            mask_bit: match role {
                Role::Server => MASK,
                Role::Client => 0,
            },
            roomy: false,
            message: None,
            role,
            compression,
            moves: role == Role::Server,
            ended: false,
        };
        receiver.note_limits(limits);
        receiver
    }

    /// From here on these limits will be given to each step.
    pub(crate) const fn note_limits(&mut self, limits: &Limits) {
        const MEDIUM: u64 = 0xffff;
        self.roomy = limits.frame_len >= MEDIUM && limits.message_len >= MEDIUM && limits.fragments > 0;
    }

    /// Whether payloads stay where they are, behind as much room as their headers took. What a client gets always does.
    pub(crate) fn keep_in_place(&mut self, on: bool) {
        self.moves = self.role == Role::Server && !on;
    }

    /// Whether [they do](Self::keep_in_place).
    #[inline]
    pub(crate) const fn keeps_in_place(&self) -> bool {
        !self.moves
    }

    /// Decodes nothing more: every step from here on is [`Step::Ended`].
    pub(crate) const fn end(&mut self) {
        self.ended = true;
    }

    /// Decodes one step from `buf[from..]` and moves the payload towards the front while unmasking it, unless it is to
    /// [stay in place](Self::keep_in_place), so that frames that are to be sent back stand shoulder to shoulder in one pass.
    ///
    /// `to` is where the next outgoing frame may begin. A payload of up to [`MOVED_LEN`](whole::MOVED_LEN) bytes is put
    /// behind room for an unmasked header there; a larger one stays where it is, since moving it costs more than
    /// sending from two places. Either way the bytes in front of the payload have room for such a header, which is less
    /// than what a client's header took; only the rest of a frame whose header came in an earlier step may
    /// lack it. `consumed` counts from `from`; ranges are those of the whole `buf`.
    ///
    /// A message in one frame that is not all there comes in pieces, unless the frame takes at most `hold` bytes: then it
    /// is left for the time when it is.
    ///
    /// # Errors
    /// The peer broke a rule or a limit. Nothing is decoded from then on.
    ///
    /// # Panics
    /// If `to > from` or `from` is beyond the buffer.
    pub(crate) fn step(
        &mut self,
        buf: &mut [u8],
        from: usize,
        to: usize,
        hold: usize,
        limits: &Limits,
    ) -> Result<Step, Failure> {
        assert!(to <= from && from <= buf.len(), "frames can only move towards the front");
        if self.ended {
            return Ok(Step::Ended);
        }
        let mut message = self.message.as_deref().copied().unwrap_or(Progress::NONE);
        let step = self.step_in(&mut message, buf, from, to, hold, limits);
        self.ended |= step.is_err();
        if message.fragments == 0 {
            self.message = None;
        } else {
            match &mut self.message {
                Some(place) => **place = message,
                None => self.message = Some(Box::new(message)),
            }
        }
        step
    }

    fn step_in(
        &mut self,
        message: &mut Progress,
        buf: &mut [u8],
        from: usize,
        to: usize,
        hold: usize,
        limits: &Limits,
    ) -> Result<Step, Failure> {
        let found = match self.find(message, &buf[from..], hold, limits)? {
            Seen::TooLittle => return Ok(Step::NeedMore),
            Seen::Held { frame_len } => return Ok(Step::Held { frame_len }),
            Seen::Frame(found) => found,
        };
        let consumed = found.payload.end;
        let payload =
            self.unmask_towards(to, buf, found.payload.start + from..found.payload.end + from, found.key);
        let event = self.report(message, buf, found.opcode, found.data, payload)?;
        Ok(Step::Event { consumed, event })
    }

    /// Finds the next frame, or as much of a data frame as is there.
    fn find(
        &self,
        message: &mut Progress,
        buf: &[u8],
        hold: usize,
        limits: &Limits,
    ) -> Result<Seen, Failure> {
        if message.in_frame {
            return Ok(message.find_rest(buf).map_or(Seen::TooLittle, Seen::Frame));
        }
        let Some(&first) = buf.first() else { return Ok(Seen::TooLittle) };
        let opcode = self.check_first(message, first)?;
        let Some(&second) = buf.get(1) else { return Ok(Seen::TooLittle) };
        self.check_second(opcode, second)?;

        let (len, len_end) = match second & !MASK {
            126 => {
                let Some(&[_, _, a, b]) = buf.first_chunk() else { return Ok(Seen::TooLittle) };
                let len = u64::from(u16::from_be_bytes([a, b]));
                if len <= 125 {
                    return Err(FailureKind::NonMinimalLength.into());
                }
                (len, 4)
            }
            127 => {
                let Some(&[_, _, len @ ..]) = buf.first_chunk::<10>() else { return Ok(Seen::TooLittle) };
                let len = u64::from_be_bytes(len);
                if len >> 63 != 0 {
                    return Err(FailureKind::LengthTopBit.into());
                }
                if len <= 0xffff {
                    return Err(FailureKind::NonMinimalLength.into());
                }
                (len, 10)
            }
            len => (u64::from(len), 2),
        };
        let control = opcode.is_control();
        if !control {
            message.check_limits(first, len, limits)?;
        }
        let (start, key) = if second & MASK == 0 {
            (len_end, [0; 4])
        } else {
            let Some(key) = buf[len_end..].first_chunk() else { return Ok(Seen::TooLittle) };
            (len_end + 4, *key)
        };
        let available = buf.len() - start;
        if control {
            let end = start + len as usize;
            if end > buf.len() {
                return Ok(Seen::TooLittle);
            }
            return Ok(Seen::Frame(Found { opcode, payload: start..end, key, data: None }));
        }
        let whole = len <= available as u64;
        if !whole && available == 0 {
            return Ok(Seen::TooLittle);
        }

        let is_first = opcode != OpCode::Continuation;
        if !whole && is_first && first & FIN != 0 && len <= hold.saturating_sub(start) as u64 {
            return Ok(Seen::Held { frame_len: start + len as usize });
        }
        message.fin = first & FIN != 0;
        if is_first {
            message.kind = if opcode == OpCode::Text { MessageKind::Text } else { MessageKind::Binary };
            message.compressed = first & RSV1 != 0;
        }
        let end = if whole {
            if message.fin {
                message.fragments = 0;
                message.message_len = 0;
            } else {
                message.fragments += 1;
                message.message_len += len;
            }
            message.remaining = 0;
            start + len as usize
        } else {
            message.fragments += 1;
            message.message_len += len;
            message.in_frame = true;
            message.remaining = len - available as u64;
            message.key = mask::rotate(key, available);
            buf.len()
        };
        let data = Some(Piece { first: is_first, frame_first: true, last: whole && message.fin });
        Ok(Seen::Frame(Found { opcode, payload: start..end, key, data }))
    }

    #[inline(always)]
    fn check_first(&self, message: &Progress, first: u8) -> Result<OpCode, Failure> {
        let Some(opcode) = OpCode::from_bits(first & 0x0f) else {
            return Err(FailureKind::ReservedOpcode.into());
        };
        let starts_message = matches!(opcode, OpCode::Text | OpCode::Binary);
        let reserved = first & (RSV1 | RSV2 | RSV3);
        if reserved != 0 {
            if reserved != RSV1 || !self.compression {
                return Err(FailureKind::ReservedBits.into());
            }
            if !starts_message {
                return Err(FailureKind::MisplacedCompressedBit.into());
            }
        }
        if opcode.is_control() {
            if first & FIN == 0 {
                return Err(FailureKind::FragmentedControl.into());
            }
        } else if starts_message && message.fragments > 0 {
            return Err(FailureKind::ExpectedContinuation.into());
        } else if !starts_message && message.fragments == 0 {
            return Err(FailureKind::UnexpectedContinuation.into());
        }
        Ok(opcode)
    }

    #[inline(always)]
    fn check_second(&self, opcode: OpCode, second: u8) -> Result<(), Failure> {
        match (self.role, second & MASK != 0) {
            (Role::Server, false) => return Err(FailureKind::UnmaskedFrame.into()),
            (Role::Client, true) => return Err(FailureKind::MaskedFrame.into()),
            _ => {}
        }
        if opcode.is_control() && second & !MASK > MAX_CONTROL_LEN as u8 {
            return Err(FailureKind::ControlTooLong.into());
        }
        Ok(())
    }

    #[inline(always)]
    fn report(
        &mut self,
        message: &mut Progress,
        buf: &[u8],
        opcode: OpCode,
        data: Option<Piece>,
        payload: Range<usize>,
    ) -> Result<Event, Failure> {
        if let Some(Piece { first, frame_first, last }) = data {
            if message.kind == MessageKind::Text && !message.compressed {
                message.utf8.push(&buf[payload.clone()])?;
                if last {
                    message.utf8.finish()?;
                }
            }
            return Ok(Event::Data(Data {
                kind: message.kind,
                first,
                last,
                compressed: message.compressed,
                frame_first,
                frame_remaining: message.remaining,
                payload,
            }));
        }
        match opcode {
            OpCode::Ping => Ok(Event::Ping(payload)),
            OpCode::Pong => Ok(Event::Pong(payload)),
            _ => {
                let code = close::parse(&buf[payload.clone()])?.map(|(code, _)| code);
                self.ended = true;
                let reason = if code.is_some() { payload.start + 2..payload.end } else { payload };
                Ok(Event::Close { code, reason })
            }
        }
    }
}

impl Progress {
    /// No message is in progress.
    const NONE: Progress = Progress {
        remaining: 0,
        message_len: 0,
        fragments: 0,
        key: [0; 4],
        utf8: Utf8::new(),
        kind: MessageKind::Binary,
        compressed: false,
        fin: false,
        in_frame: false,
    };

    fn find_rest(&mut self, buf: &[u8]) -> Option<Found> {
        if buf.is_empty() {
            return None;
        }
        let len = self.remaining.min(buf.len() as u64) as usize;
        let key = self.key;
        self.remaining -= len as u64;
        self.key = mask::rotate(key, len);
        self.in_frame = self.remaining > 0;
        let last = !self.in_frame && self.fin;
        if last {
            self.fragments = 0;
            self.message_len = 0;
        }
        let data = Some(Piece { first: false, frame_first: false, last });
        Some(Found { opcode: OpCode::Continuation, payload: 0..len, key, data })
    }

    #[inline(always)]
    fn check_limits(&self, first: u8, len: u64, limits: &Limits) -> Result<(), Failure> {
        if len > limits.frame_len {
            return Err(FailureKind::FrameTooLarge.into());
        }
        let compressed = if self.fragments > 0 { self.compressed } else { first & RSV1 != 0 };
        let limit = if compressed { limits.compressed_len() } else { limits.message_len };
        // Every part of the sum has passed this check or is below 2^63.
        if self.message_len.saturating_add(len) > limit {
            return Err(FailureKind::MessageTooLarge.into());
        }
        if self.fragments >= limits.fragments {
            return Err(FailureKind::TooManyFragments.into());
        }
        Ok(())
    }
}
