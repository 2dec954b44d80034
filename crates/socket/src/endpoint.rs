use std::ops::Range;
use std::task::Context;
use std::time::Duration;

use tokio::time::Instant;
use wire::deflate::{Deflater, Params};
use wire::frame::Header;
use wire::{CloseCode, MessageKind, MessageOptions, Role, SendError, Sender};

use crate::work::{Batch, Codec};
use crate::{Counts, End, Settings};

/// What is behind a connection: it is given messages and sends some.
///
/// Everything runs inside the connection's poll, on buffers the thread lends: take what must outlive the call as a copy.
pub trait Endpoint {
    /// A whole message came.
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>);

    /// A Pong came; `rtt` is the round-trip time where it answers this end's latest Ping.
    fn pong(&mut self, payload: &[u8], rtt: Option<Duration>) {
        let _ = (payload, rtt);
    }

    /// Called once per poll, before anything is read: the place to send of one's own accord. Whatever shall wake
    /// the connection registers `cx`'s waker.
    fn poll(&mut self, cx: &mut Context<'_>, out: &mut Outgoing<'_>) {
        let _ = (cx, out);
    }

    /// The connection has to be polled at `due`, unless it is polled before. Whoever sees to that answers true; otherwise
    /// the connection keeps a timer of its own. Called at the end of every poll, and `due` seldom comes nearer: a host of
    /// many connections remembers the nearest one and finds out what is due when it polls then.
    fn wake_at(&mut self, due: Instant, now: Instant) -> bool {
        let _ = (due, now);
        false
    }

    /// Whether another message can be taken. While not, nothing is read, and the peer's sending stalls.
    fn ready(&self) -> bool {
        true
    }
}

/// A whole message, as long as the call lasts.
#[derive(Debug)]
pub struct Message<'a> {
    /// Text is valid UTF-8.
    pub kind: MessageKind,
    /// The payload, after decompression.
    pub payload: &'a [u8],
    /// It came compressed.
    pub compressed: bool,
    pub(crate) place: Place,
}

/// Where a message's bytes lie, and so whether they can be sent back without a copy.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// In the input buffer, with room for an unmasked header at `start`; the payload ends at `end`.
    Input(Range<usize>),
    /// In a buffer of the connection's own.
    Assembled,
    /// In a scratch buffer.
    Scratch,
}

/// The way out of a connection, during one call.
#[derive(Debug)]
pub struct Outgoing<'a> {
    pub(crate) batch: &'a mut Batch,
    pub(crate) codec: &'a mut Codec,
    pub(crate) tx: &'a mut Transmit,
    pub(crate) counts: &'a mut Counts,
    pub(crate) settings: &'a Settings,
    /// Bytes that wait for the peer already.
    pub(crate) queued: usize,
    /// What the caller has to do with the message's own bytes.
    pub(crate) taken: Taken,
}

/// How an endpoint took the bytes of the message it was given.
#[derive(Debug, Default)]
pub(crate) enum Taken {
    #[default]
    Nothing,
    /// The frame goes back from where it lies in the input; the header has to be written there.
    InPlace,
    /// The assembled buffer goes back whole.
    Assembled,
}

/// The sending half of a connection's state.
#[derive(Debug)]
pub(crate) struct Transmit {
    pub(crate) sender: Sender,
    /// With context takeover. Without, a deflater lives no longer than a message.
    pub(crate) deflater: Option<Box<Deflater>>,
    pub(crate) compression: Option<Params>,
    pub(crate) close_sent: Option<Option<CloseCode>>,
    /// Set by [`Outgoing::close`], taken by the connection.
    pub(crate) closing: Option<End>,
}

/// A message that was not sent, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSent {
    /// More than [`Settings::queue_bytes`] wait for the peer. Drop the message, or close the connection.
    #[error("the outbound queue is full: the peer reads too slowly")]
    QueueFull,
    /// The protocol doesn't allow it, or no longer.
    #[error(transparent)]
    Refused(#[from] SendError),
}

impl Outgoing<'_> {
    /// Sends a whole message, compressed where that was negotiated and pays. Text must be UTF-8.
    ///
    /// # Errors
    /// [`NotSent::QueueFull`] if the peer is too far behind; [`NotSent::Refused`] after a Close was sent.
    pub fn send(&mut self, kind: MessageKind, payload: &[u8]) -> Result<(), NotSent> {
        if self.queued_bytes() > self.settings.queue_bytes {
            self.counts.messages_dropped += 1;
            return Err(NotSent::QueueFull);
        }
        if self.tx.close_sent.is_some() {
            return Err(SendError::Closed.into());
        }
        let Codec { pool, deflated, .. } = &mut *self.codec;
        let mut options = MessageOptions::default();
        let mut bytes = payload;
        if let Some(params) = &self.tx.compression {
            let mut passing = None;
            let deflater = match self.tx.deflater.as_deref_mut() {
                Some(deflater) => deflater,
                None => passing.insert(Deflater::new(params, self.tx.sender.role(), self.settings.deflate)),
            };
            deflated.clear();
            if deflater.deflate_message(pool, payload, deflated) {
                options.compressed = true;
                bytes = deflated;
            }
        }
        let sender = &mut self.tx.sender;
        let mut result = Ok(());
        self.batch.push_copied(|out| result = sender.message(kind, bytes, options, mask_key, out));
        result?;
        self.count(payload.len());
        Ok(())
    }

    /// Sends a message back as it is: without a copy where its bytes allow that, compressed as
    /// [`send`](Outgoing::send) would.
    ///
    /// # Errors
    /// As [`send`](Outgoing::send).
    #[inline]
    pub fn echo(&mut self, message: &Message<'_>) -> Result<(), NotSent> {
        let len = message.payload.len();
        let compress = self.tx.compression.is_some() && len >= self.settings.deflate.threshold;
        let movable = matches!(self.taken, Taken::Nothing)
            && !compress
            && self.tx.sender.role() == Role::Server
            && !matches!(message.place, Place::Scratch);
        if !movable {
            return self.send(message.kind, message.payload);
        }
        if self.tx.sender.close_sent() || self.tx.sender.in_message() {
            return self.send(message.kind, message.payload);
        }
        match &message.place {
            Place::Input(range) => {
                self.batch.push_in_place(range.clone());
                self.taken = Taken::InPlace;
            }
            Place::Assembled | Place::Scratch => {
                let header = Header::new(true, message.kind.into(), None, len as u64).write();
                self.batch.push_copied(|out| out.extend_from_slice(&header));
                self.batch.push_owned_later();
                self.taken = Taken::Assembled;
            }
        }
        self.count(len);
        Ok(())
    }

    /// Sends a Ping of the endpoint's own. Its payload has at most 125 bytes.
    ///
    /// # Errors
    /// [`NotSent::Refused`].
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), NotSent> {
        let sender = &mut self.tx.sender;
        let mut result = Ok(());
        self.batch.push_copied(|out| result = sender.ping(payload, mask_key, out));
        Ok(result?)
    }

    /// Starts the closing handshake. `end` is what the connection's summary will say, once the peer has answered or
    /// [`Settings::close_timeout`] has passed. Without a status the Close frame is empty.
    ///
    /// # Errors
    /// [`NotSent::Refused`] if the code or reason can't be sent, or a Close was sent before.
    pub fn close(&mut self, status: Option<(CloseCode, &str)>, end: End) -> Result<(), NotSent> {
        let sender = &mut self.tx.sender;
        let mut result = Ok(());
        self.batch.push_copied(|out| result = sender.close(status, mask_key, out));
        result?;
        self.tx.close_sent = Some(status.map(|(code, _)| code));
        self.tx.closing = Some(end);
        Ok(())
    }

    /// Sends bytes as they are, whatever the protocol says: for testing peers.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.batch.push_copied(|out| out.extend_from_slice(bytes));
    }

    /// Bytes that wait because the peer does not read fast enough, this call's copies included.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.queued + self.batch.copied.len()
    }

    /// Whether a Close was sent, so that no message may follow.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.tx.close_sent.is_some()
    }

    #[inline]
    fn count(&mut self, payload: usize) {
        self.counts.messages_out += 1;
        self.counts.payload_out += payload as u64;
    }
}

/// A fresh masking key. The generator is cryptographic and seeded by the system (RFC 6455 §10.3).
pub(crate) fn mask_key() -> [u8; 4] {
    rand::random()
}
