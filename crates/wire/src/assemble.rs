use std::borrow::Cow;

use crate::deflate::{Inflater, Pool};
use crate::utf8::Utf8;
use crate::{Data, Failure, FailureKind, MessageKind};

/// What a [`Scratch`] keeps of its output buffer between messages, in bytes.
const KEPT: usize = 1 << 20;

/// Builds whole messages out of the pieces that a [`Receiver`](crate::Receiver) hands out.
///
/// A message that came in one piece is lent: from the caller's buffer, or inflated from the [`Scratch`]. Only one that
/// came in several is put together here, in memory that grows with what has arrived, never with what was merely
/// declared. Between messages it holds none, but for the window that a peer's context takeover demands.
#[derive(Debug, Default)]
pub struct Assembler {
    parts: Vec<u8>,
    inflater: Option<Inflater>,
    /// The most bytes a message may inflate to. What isn't compressed the receiver has limited.
    inflated_limit: usize,
    utf8: Utf8,
}

/// What all connections of a thread share for [`Assembler::push`].
#[derive(Debug, Default)]
pub struct Scratch {
    /// The idle states of compressors and decompressors.
    pub pool: Pool,
    inflated: Vec<u8>,
}

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What it carries.
    pub kind: MessageKind,
    /// Its payload: valid UTF-8 where it is text.
    pub payload: Cow<'a, [u8]>,
}

impl Assembler {
    /// For a connection without compression.
    #[must_use]
    pub const fn new() -> Assembler {
        Assembler { parts: Vec::new(), inflater: None, inflated_limit: 0, utf8: Utf8::new() }
    }

    /// For a connection with permessage-deflate. `limit` is the most bytes that a message may inflate to: the same as
    /// [`Limits::message_len`](crate::Limits::message_len).
    #[must_use]
    pub fn with_inflater(inflater: Inflater, limit: u64) -> Assembler {
        let inflated_limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Assembler { inflater: Some(inflater), inflated_limit, ..Assembler::new() }
    }

    /// Adds a piece; `buf` is the buffer it is a range of. Gives the message that it completes.
    ///
    /// # Errors
    /// A compressed message that is broken, or too large once inflated, or text but not UTF-8: all of it noticed with
    /// the first piece that shows it. Fail the connection; this value can't go on.
    pub fn push<'a>(
        &mut self,
        data: &Data,
        buf: &'a [u8],
        scratch: &'a mut Scratch,
    ) -> Result<Option<Message<'a>>, Failure> {
        let piece = &buf[data.payload.clone()];
        if data.compressed {
            return self.push_compressed(data, piece, scratch);
        }
        if data.first && data.last {
            return Ok(Some(Message { kind: data.kind, payload: Cow::Borrowed(piece) }));
        }
        self.parts.extend_from_slice(piece);
        Ok(self.take_if(data.last, data.kind))
    }

    /// Bytes held, besides the value itself: the message in progress and the window of a peer's context takeover.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.parts.capacity() + self.inflater.as_ref().map_or(0, Inflater::held_bytes)
    }

    fn push_compressed<'a>(
        &mut self,
        data: &Data,
        piece: &[u8],
        scratch: &'a mut Scratch,
    ) -> Result<Option<Message<'a>>, Failure> {
        let Scratch { pool, inflated } = scratch;
        let whole = data.first && data.last;
        if whole {
            inflated.clear();
            inflated.shrink_to(KEPT);
        }
        let out = if whole { &mut *inflated } else { &mut self.parts };
        let start = out.len();
        // A receiver lets compressed messages pass only if they were negotiated; an assembler made without is a
        // mistake at this end.
        let inflater = self.inflater.as_mut().ok_or(FailureKind::Internal)?;
        inflater.inflate(pool, piece, data.last, out, self.inflated_limit)?;
        if data.kind == MessageKind::Text {
            self.utf8.push(&out[start..])?;
            if data.last {
                self.utf8.finish()?;
            }
        }
        if whole {
            return Ok(Some(Message { kind: data.kind, payload: Cow::Borrowed(inflated) }));
        }
        Ok(self.take_if(data.last, data.kind))
    }

    fn take_if<'a>(&mut self, last: bool, kind: MessageKind) -> Option<Message<'a>> {
        last.then(|| Message { kind, payload: Cow::Owned(std::mem::take(&mut self.parts)) })
    }
}
