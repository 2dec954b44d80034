use crate::deflate::{Inflater, Params, Pool};
use crate::receive::{Data, Event, Receiver, Step};
use crate::utf8::Utf8;
use crate::{CloseCode, Failure, FailureKind, Limits, MessageKind, Role};

/// What a buffer keeps of its memory between two calls, in bytes.
const KEPT: usize = 256;

/// Follows one direction of somebody else's connection, behind the handshake, on a copy of its bytes.
///
/// It is as strict as a [`Connection`](crate::Connection) and makes the same of the same bytes, but it answers nothing and
/// never holds anything up: what it can't follow it says once, and then looks at nothing more.
#[derive(Debug)]
pub struct Observer {
    receiver: Receiver,
    limits: Limits,
    inflater: Option<Inflater>,
    /// What is not decoded: at most a control frame short of its last byte between two calls.
    bytes: Vec<u8>,
    /// A message that comes in pieces, as far as it has come.
    message: Vec<u8>,
    /// For text that comes compressed: how far it is checked.
    utf8: Utf8,
}

/// What was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed<'a> {
    /// A whole message: its fragments put together, and inflated where it was compressed.
    Message(MessageKind, &'a [u8]),
    /// A Ping.
    Ping(&'a [u8]),
    /// A Pong.
    Pong(&'a [u8]),
    /// A Close with its code, if it has one, and its reason. Nothing that follows it is looked at.
    Close(Option<CloseCode>, &'a str),
}

impl Observer {
    /// For what the end in the role `sender` sends. `compression` is what the two agreed on. Above the limits it does not
    /// follow.
    #[must_use]
    pub fn new(sender: Role, compression: Option<&Params>, limits: Limits) -> Observer {
        let reader = sender.peer();
        Observer {
            receiver: Receiver::new(reader, &limits, compression.is_some()),
            limits,
            inflater: compression.map(|params| Inflater::new(params, reader)),
            bytes: Vec::new(),
            message: Vec::new(),
            utf8: Utf8::new(),
        }
    }

    /// Takes what was read next, and tells what it shows.
    ///
    /// # Errors
    /// What can't be followed: a broken rule, an extension that is not known, a message above the limits. From then on
    /// nothing is looked at.
    pub fn observe(
        &mut self,
        pool: &mut Pool,
        bytes: &[u8],
        mut seen: impl FnMut(Observed<'_>),
    ) -> Result<(), Failure> {
        let mut held = std::mem::take(&mut self.bytes);
        held.extend_from_slice(bytes);
        let mut at = 0;
        let outcome = loop {
            match self.receiver.step(&mut held, at, at, 0, &self.limits) {
                Ok(Step::NeedMore | Step::Held { .. }) => break Ok(()),
                Ok(Step::Ended) => {
                    at = held.len();
                    break Ok(());
                }
                Ok(Step::Event { consumed, event }) => {
                    at += consumed;
                    if let Err(failure) = self.tell(pool, &held, event, &mut seen) {
                        break Err(failure);
                    }
                }
                Err(failure) => break Err(failure),
            }
        };
        if outcome.is_err() {
            self.receiver.end();
            (self.message, self.inflater) = (Vec::new(), None);
            return outcome;
        }
        held.drain(..at);
        // What was read at once may have been large.
        held.shrink_to(KEPT);
        self.bytes = held;
        Ok(())
    }

    /// Bytes of memory that it holds beside itself, about.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let inflater = self.inflater.as_ref().map_or(0, Inflater::held_bytes);
        self.bytes.capacity() + self.message.capacity() + inflater
    }

    fn tell(
        &mut self,
        pool: &mut Pool,
        held: &[u8],
        event: Event,
        seen: &mut impl FnMut(Observed<'_>),
    ) -> Result<(), Failure> {
        match event {
            Event::Data(data) => return self.piece(pool, held, &data, seen),
            Event::Ping(payload) => seen(Observed::Ping(&held[payload])),
            Event::Pong(payload) => seen(Observed::Pong(&held[payload])),
            Event::Close { code, reason } => {
                let reason =
                    std::str::from_utf8(&held[reason]).map_err(|_| FailureKind::InvalidCloseReason)?;
                seen(Observed::Close(code, reason));
            }
        }
        Ok(())
    }

    fn piece(
        &mut self,
        pool: &mut Pool,
        held: &[u8],
        data: &Data,
        seen: &mut impl FnMut(Observed<'_>),
    ) -> Result<(), Failure> {
        let piece = &held[data.payload.clone()];
        if !data.compressed {
            if data.first && data.last {
                seen(Observed::Message(data.kind, piece));
                return Ok(());
            }
            self.message.extend_from_slice(piece);
        } else {
            let Some(inflater) = &mut self.inflater else { return Err(FailureKind::Internal.into()) };
            let limit = usize::try_from(self.limits.message_len).unwrap_or(usize::MAX);
            let before = self.message.len();
            inflater.inflate(pool, piece, data.last, &mut self.message, limit)?;
            if data.kind == MessageKind::Text {
                self.utf8.push(&self.message[before..])?;
            }
        }
        if data.last {
            std::mem::take(&mut self.utf8).finish()?;
            let message = std::mem::take(&mut self.message);
            seen(Observed::Message(data.kind, &message));
        }
        Ok(())
    }
}
