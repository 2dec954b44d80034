use std::ops::Range;

use crate::CloseCode;
use crate::frame::MessageKind;

/// What a call to [`Receiver::step`](super::Receiver::step) came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing is decodable. Keep the buffer's bytes (at most 130: a control frame short of its last byte) and call
    /// again with more behind them.
    NeedMore,
    /// The beginning of a frame of so many bytes, to be left until it is whole: keep it and call again with more behind
    /// it, or with nothing to hold.
    Held {
        /// Its length, header included.
        frame_len: usize,
    },
    /// Something happened. Go on behind the consumed bytes.
    Event {
        /// How many bytes at the front are dealt with.
        consumed: usize,
        /// What happened.
        event: Event,
    },
    /// A Close came or a failure was reported: whatever else arrives is to be discarded (RFC 6455 §1.4, §7.1.7).
    Ended,
}

/// A piece of a data message or a whole control frame. Payloads are ranges of the buffer, unmasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A piece of a data message.
    Data(Data),
    /// Answer with a Pong of the same payload, unless a Close came before (RFC 6455 §5.5.2).
    Ping(Range<usize>),
    /// The answer to a Ping, or a sign of life.
    Pong(Range<usize>),
    /// The peer is done. Answer with a Close unless one was sent (RFC 6455 §5.5.1).
    Close {
        /// The code; none if the body is empty.
        code: Option<CloseCode>,
        /// The reason: UTF-8, at most 123 bytes.
        reason: Range<usize>,
    },
}

/// A piece of a data message: as much of one frame as was in the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Data {
    /// What the message carries.
    pub(crate) kind: MessageKind,
    /// The message starts with this piece.
    pub(crate) first: bool,
    /// The message ends with this piece.
    pub(crate) last: bool,
    /// The message is compressed: the payload has yet to be inflated, and has not been checked as UTF-8.
    pub(crate) compressed: bool,
    /// A frame starts with this piece.
    pub(crate) frame_first: bool,
    /// Bytes of the frame behind this piece. 0: the frame ends here.
    pub(crate) frame_remaining: u64,
    /// The piece itself.
    pub(crate) payload: Range<usize>,
}

/// A message in one frame, decoded by [`Receiver::step_whole`](super::Receiver::step_whole).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Whole {
    /// What it carries.
    pub(crate) kind: MessageKind,
    /// How many bytes its frame took.
    pub(crate) consumed: usize,
    /// The payload, unmasked, where it is after moving.
    pub(crate) payload: Range<usize>,
}
