use std::num::NonZeroUsize;

use crate::close::{self, InvalidClose};
use crate::frame::{Header, MAX_CONTROL_LEN, MessageKind, OpCode, RSV1};
use crate::utf8::Utf8;
use crate::{CloseCode, Role, mask, utf8};

/// The outgoing half of a connection: encodes frames and refuses what must not be sent.
///
/// A client masks every frame. The keys come from the caller as `masks`, called once per frame: they must be
/// unpredictable (RFC 6455 §5.3, §10.3), so take them from the system's generator or one seeded by it. A server's
/// `masks` is never called; pass [`Sender::unmasked`].
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    role: Role,
    /// The fragmented message in progress.
    message: Option<Open>,
    close_sent: bool,
}

/// Why a frame was not sent. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// A Close was sent, or the connection has ended: no data may follow. Report the message as unsent.
    #[error("a Close was sent or the connection has ended, no data may follow (RFC 6455 §5.5.1)")]
    Closed,
    /// A fragmented message has to be finished before another one begins.
    #[error("a fragmented message is in progress (RFC 6455 §5.4)")]
    MessageInProgress,
    /// There is no fragmented message to go on with. Begin one.
    #[error("no fragmented message is in progress (RFC 6455 §5.4)")]
    NoMessage,
    /// The text is not UTF-8. Send it as a binary message.
    #[error("text is not UTF-8 (RFC 6455 §5.6)")]
    InvalidUtf8,
    /// A control frame's payload is too long. Shorten it to 125 bytes.
    #[error("a control frame carries at most 125 bytes, not {0} (RFC 6455 §5.5)")]
    ControlTooLong(usize),
    /// The code or reason can't be sent.
    #[error(transparent)]
    Close(#[from] InvalidClose),
}

#[derive(Clone, Copy, Debug)]
struct Open {
    kind: MessageKind,
    utf8: Utf8,
}

impl Sender {
    /// At the start of a connection.
    pub(crate) const fn new(role: Role) -> Sender {
        Sender { role, message: None, close_sent: false }
    }

    /// This end's role.
    #[inline]
    pub(crate) const fn role(&self) -> Role {
        self.role
    }

    /// The connection has ended: sends no more but Pongs, which go nowhere.
    pub(crate) const fn end(&mut self) {
        self.close_sent = true;
    }

    /// Whether a message may begin.
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::MessageInProgress`].
    #[inline]
    pub(crate) const fn check_start(&self) -> Result<(), SendError> {
        if self.close_sent {
            Err(SendError::Closed)
        } else if self.message.is_some() {
            Err(SendError::MessageInProgress)
        } else {
            Ok(())
        }
    }

    /// Whether this message may be sent, compressed or not.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::MessageInProgress`] or [`SendError::InvalidUtf8`].
    pub(crate) fn check_message(&self, kind: MessageKind, payload: &[u8]) -> Result<(), SendError> {
        self.check_start()?;
        if kind == MessageKind::Text && !utf8::is_valid(payload) {
            return Err(SendError::InvalidUtf8);
        }
        Ok(())
    }

    /// Appends a whole message that has been checked, in frames of at most `fragment_len` bytes each.
    pub(crate) fn put_message(
        &self,
        kind: MessageKind,
        payload: &[u8],
        compressed: bool,
        fragment_len: Option<NonZeroUsize>,
        masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) {
        self.put_piece(kind, payload, compressed, (true, true), fragment_len, masks, out);
    }

    /// As [`put_message`](Sender::put_message), a piece of one: whether it is the first, and the last.
    #[expect(clippy::too_many_arguments, reason = "all of a message, and where to put it")]
    pub(crate) fn put_piece(
        &self,
        kind: MessageKind,
        payload: &[u8],
        compressed: bool,
        (first, last): (bool, bool),
        fragment_len: Option<NonZeroUsize>,
        mut masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) {
        let mut opcode = if first { OpCode::from(kind) } else { OpCode::Continuation };
        let mut reserved = if first && compressed { RSV1 } else { 0 };
        let mut rest = payload;
        if let Some(len) = fragment_len {
            while rest.len() > len.get() {
                let (piece, behind) = rest.split_at(len.get());
                self.put(false, reserved, opcode, piece, &mut masks, out);
                (opcode, reserved, rest) = (OpCode::Continuation, 0, behind);
            }
        }
        self.put(last, reserved, opcode, rest, masks, out);
    }

    /// Appends a whole message that has been checked, in frames of which all but the last end at these places.
    pub(crate) fn put_cut(
        &self,
        kind: MessageKind,
        payload: &[u8],
        inner_ends: &[usize],
        mut masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) {
        let (mut opcode, mut start) = (OpCode::from(kind), 0);
        for &end in inner_ends {
            self.put(false, 0, opcode, &payload[start..end], &mut masks, out);
            (opcode, start) = (OpCode::Continuation, end);
        }
        self.put(true, 0, opcode, &payload[start..], masks, out);
    }

    /// Appends a whole message that has been checked and is longer than a frame of it may be, with an empty Ping between any
    /// two.
    pub(crate) fn put_with_pings(
        &self,
        kind: MessageKind,
        payload: &[u8],
        fragment_len: NonZeroUsize,
        mut masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) {
        let mut opcode = OpCode::from(kind);
        let mut pieces = payload.chunks(fragment_len.get()).peekable();
        while let Some(piece) = pieces.next() {
            let is_last = pieces.peek().is_none();
            self.put(is_last, 0, opcode, piece, &mut masks, out);
            if !is_last {
                self.put(true, 0, OpCode::Ping, &[], &mut masks, out);
            }
            opcode = OpCode::Continuation;
        }
    }

    /// Begins a fragmented message with its first frame. The rest follows by [`fragment`](Sender::fragment); control
    /// frames may come in between.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::MessageInProgress`] or [`SendError::InvalidUtf8`].
    pub(crate) fn begin(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.check_start()?;
        let mut open = Open { kind, utf8: Utf8::new() };
        open.check(payload, false)?;
        self.message = Some(open);
        self.put(false, 0, kind.into(), payload, masks, out);
        Ok(())
    }

    /// Goes on with a fragmented message; `last` ends it. A text may be cut anywhere, but must be whole at the end.
    ///
    /// # Errors
    /// [`SendError::Closed`], [`SendError::NoMessage`] or [`SendError::InvalidUtf8`].
    pub(crate) fn fragment(
        &mut self,
        payload: &[u8],
        last: bool,
        masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let mut open = self.open_message()?;
        open.check(payload, last)?;
        self.message = if last { None } else { Some(open) };
        self.put(last, 0, OpCode::Continuation, payload, masks, out);
        Ok(())
    }

    /// Appends a Ping. Allowed at any time, also between fragments (RFC 6455 §5.5.2).
    ///
    /// # Errors
    /// [`SendError::Closed`] or [`SendError::ControlTooLong`].
    pub(crate) fn ping(
        &mut self,
        payload: &[u8],
        masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        if self.close_sent {
            return Err(SendError::Closed);
        }
        self.control(OpCode::Ping, payload, masks, out)
    }

    /// Appends a Pong. Allowed even after a Close was sent: a Ping must be answered until the peer's Close came
    /// (RFC 6455 §5.5.2), and only data is forbidden from then on (§5.5.1).
    ///
    /// # Errors
    /// [`SendError::ControlTooLong`].
    pub(crate) fn pong(
        &mut self,
        payload: &[u8],
        masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.control(OpCode::Pong, payload, masks, out)
    }

    /// Appends a Close. It may come between the fragments of a message, which then stays unfinished.
    ///
    /// # Errors
    /// [`SendError::Closed`] if one was sent before, or [`SendError::Close`].
    pub(crate) fn close(
        &mut self,
        status: Option<(CloseCode, &str)>,
        masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        if self.close_sent {
            return Err(SendError::Closed);
        }
        let mut body = [0; MAX_CONTROL_LEN];
        let mut len = 0;
        if let Some((code, reason)) = status {
            close::check(code, reason)?;
            len = 2 + reason.len();
            body[..2].copy_from_slice(&code.0.to_be_bytes());
            body[2..len].copy_from_slice(reason.as_bytes());
        }
        self.close_sent = true;
        self.control(OpCode::Close, &body[..len], masks, out)
    }

    fn open_message(&self) -> Result<Open, SendError> {
        if self.close_sent { Err(SendError::Closed) } else { self.message.ok_or(SendError::NoMessage) }
    }

    fn key(&self, mut masks: impl FnMut() -> [u8; 4]) -> Option<[u8; 4]> {
        match self.role {
            Role::Client => Some(masks()),
            Role::Server => None,
        }
    }

    fn control(
        &mut self,
        opcode: OpCode,
        payload: &[u8],
        masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        if payload.len() > MAX_CONTROL_LEN {
            return Err(SendError::ControlTooLong(payload.len()));
        }
        self.put(true, 0, opcode, payload, masks, out);
        Ok(())
    }

    fn put(
        &self,
        fin: bool,
        reserved: u8,
        opcode: OpCode,
        payload: &[u8],
        masks: impl FnMut() -> [u8; 4],
        out: &mut Vec<u8>,
    ) {
        let key = self.key(masks);
        let header = Header { reserved, ..Header::new(fin, opcode, key, payload.len() as u64) }.write();
        out.reserve(header.len() + payload.len());
        out.extend_from_slice(&header);
        match key {
            Some(key) => mask::append(payload, key, out),
            None => out.extend_from_slice(payload),
        }
    }
}

impl Open {
    fn check(&mut self, payload: &[u8], last: bool) -> Result<(), SendError> {
        if self.kind == MessageKind::Text {
            self.utf8.push(payload).map_err(|_| SendError::InvalidUtf8)?;
            if last {
                self.utf8.finish().map_err(|_| SendError::InvalidUtf8)?;
            }
        }
        Ok(())
    }
}
