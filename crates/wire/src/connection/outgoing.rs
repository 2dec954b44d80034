use std::num::NonZeroUsize;
use std::sync::Arc;

use bytes::Bytes;

use super::diversion::{Ear, Overheard, Sent};
use super::incoming::Message;
use super::shared::SharedMessage;
use super::turn::{Codec, Output, Place, Taken};
use super::{Abort, Connection, ConnectionSettings, Counts, End, Habits, Phase, Timer, Turn};
use crate::deflate::Deflater;
use crate::frame::{Header, MAX_HEADER_LEN};
use crate::send::SendError;
use crate::{CloseCode, MessageKind, Role, Time, mask};

/// From this many bytes on, a message that was put together goes back without a copy: the buffer is given away.
const MOVED_FROM: usize = 4 << 10;

/// The way out of a connection, during one call.
///
/// What is sent is put together in the thread's [`Turn`] and leaves in one write, behind what waits already.
#[derive(Debug)]
pub struct Outgoing<'a> {
    pub(super) connection: &'a mut Connection,
    pub(super) out: &'a mut Output,
    pub(super) now: Time,
    /// Is told what is sent, during [`overhear`](Self::overhear).
    pub(super) ear: Option<Ear<'a>>,
    /// Where [lent](Self::lend) messages lie.
    pub(super) borrowed: &'a mut [u8],
}

/// A message that was not sent, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSent {
    /// More than [`ConnectionSettings::queue_bytes`] wait for the peer. Send it once the way out has drained, drop it, or
    /// close the connection.
    #[error("the outbound queue is full: the peer reads too slowly")]
    QueueFull,
    /// The protocol doesn't allow it, or no longer.
    #[error(transparent)]
    Refused(#[from] SendError),
    /// It was lent, and does not lie there any more.
    #[error("the message was lent and has been taken back")]
    TakenBack,
}

impl Connection {
    /// The way out, to send of one's own accord.
    #[inline]
    pub fn outgoing<'t>(&'t mut self, turn: &'t mut Turn, now: Time) -> Outgoing<'t> {
        turn.settle();
        Outgoing { connection: self, out: &mut turn.out, now, ear: None, borrowed: &mut turn.input }
    }
}

/// Messages.
impl Outgoing<'_> {
    /// Sends a whole message, compressed where that was negotiated and pays. Text must be UTF-8.
    ///
    /// # Errors
    /// [`NotSent::QueueFull`] if the peer is too far behind; [`NotSent::Refused`] after a Close was sent, within a
    /// fragmented message, or for text that is not UTF-8.
    pub fn send(&mut self, kind: MessageKind, payload: &[u8]) -> Result<(), NotSent> {
        self.check_room()?;
        self.connection.sender.check_message(kind, payload)?;
        self.put(kind, payload, None);
        Ok(())
    }

    /// As [`send`](Self::send), in frames of at most `fragment_len` payload bytes each.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_fragmented(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        fragment_len: NonZeroUsize,
    ) -> Result<(), NotSent> {
        self.check_room()?;
        self.connection.sender.check_message(kind, payload)?;
        self.put(kind, payload, Some(fragment_len));
        Ok(())
    }

    /// As [`send`](Self::send), uncompressed, in frames that end at these places of the payload, as
    /// [`Message::frames`] has them; what is behind the last place goes with the last frame. Diverted, the message is whole.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Panics
    /// If the places do not ascend, or are beyond the payload.
    pub fn send_cut(&mut self, kind: MessageKind, payload: &[u8], ends: &[usize]) -> Result<(), NotSent> {
        self.check_room()?;
        self.connection.sender.check_message(kind, payload)?;
        let [inner @ .., _] = ends else {
            self.put(kind, payload, None);
            return Ok(());
        };
        if self.out.diversion.is_some() {
            self.put(kind, payload, None);
            return Ok(());
        }
        self.note(Overheard::Message(kind, payload));
        self.count(payload.len());
        self.put_frames(|sender, masks, out| sender.put_cut(kind, payload, inner, masks, out));
        Ok(())
    }

    /// As [`send_fragmented`](Self::send_fragmented), uncompressed, with an empty Ping between any two frames. Diverted, the
    /// message has no Pings.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_with_pings(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        fragment_len: NonZeroUsize,
    ) -> Result<(), NotSent> {
        if self.out.diversion.is_some() || payload.len() <= fragment_len.get() {
            return self.send_fragmented(kind, payload, fragment_len);
        }
        self.check_room()?;
        self.connection.sender.check_message(kind, payload)?;
        self.note(Overheard::Message(kind, payload));
        self.count(payload.len());
        self.put_frames(|sender, masks, out| sender.put_with_pings(kind, payload, fragment_len, masks, out));
        Ok(())
    }

    /// As [`send`](Self::send), without copying a payload that goes uncompressed: for large ones.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_bytes(&mut self, kind: MessageKind, payload: Bytes) -> Result<(), NotSent> {
        let as_is =
            self.role() == Role::Server && self.out.diversion.is_none() && !self.connection.is_deflating();
        if !as_is || self.may_compress(payload.len()) {
            return self.send(kind, &payload);
        }
        self.check_room()?;
        self.connection.sender.check_message(kind, &payload)?;
        self.count(payload.len());
        let header = Header::new(true, kind.into(), None, payload.len() as u64).write();
        self.out.batch.push_copied(|out| out.extend_from_slice(&header));
        self.note(Overheard::Message(kind, &payload));
        self.out.batch.push_shared(payload, false);
        Ok(())
    }

    /// As [`send`](Self::send), without copying a payload that goes uncompressed, which a client masks where it lies: for large
    /// ones. It is taken if it is sent.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_vec(&mut self, kind: MessageKind, payload: &mut Vec<u8>) -> Result<(), NotSent> {
        let elsewhere = self.out.diversion.is_some() || self.connection.is_deflating();
        if elsewhere || self.may_compress(payload.len()) {
            return self.send(kind, payload);
        }
        self.check_room()?;
        self.connection.sender.check_message(kind, payload)?;
        self.count(payload.len());
        self.note(Overheard::Message(kind, payload));
        let mut payload = std::mem::take(payload);
        let key = match self.role() {
            Role::Client => Some((self.out.masks)()),
            Role::Server => None,
        };
        if let Some(key) = key {
            mask::apply(&mut payload, key);
        }
        let header = Header::new(true, kind.into(), key, payload.len() as u64).write();
        self.out.batch.push_copied(|out| out.extend_from_slice(&header));
        self.out.batch.push_shared(payload.into(), false);
        Ok(())
    }

    /// Sends a message that was made once for many, without copying it, and without compressing it again where this
    /// connection takes what was compressed for the others.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_shared(&mut self, message: &SharedMessage) -> Result<(), NotSent> {
        let frame = match self.out.diversion {
            Some(_) => None,
            None => message.frame_for(self.role(), self.connection.compression.as_ref()),
        };
        let Some(frame) = frame else {
            return self.send(message.kind(), message.payload());
        };
        self.check_room()?;
        self.connection.sender.check_start()?;
        self.count(message.payload().len());
        self.note(Overheard::Message(message.kind(), message.payload()));
        if self.connection.is_deflating() {
            self.put_frames(|_, _, out| out.extend_from_slice(&frame));
        } else {
            self.out.batch.push_shared(frame, true);
        }
        Ok(())
    }

    /// Sends a message back as it is: without a copy where its bytes allow that, compressed as [`send`](Self::send)
    /// would.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    #[inline(always)]
    pub fn echo(&mut self, message: &Message<'_>) -> Result<(), NotSent> {
        let len = message.payload.len();
        let movable = self.out.taken == Taken::Nothing
            && self.role() == Role::Server
            && !self.may_compress(len)
            && !self.connection.is_deflating()
            && self.connection.sender.check_start().is_ok();
        match &message.place {
            Place::Input(range) if movable => {
                self.out.batch.push_in_place(range.clone());
                self.out.taken = Taken::InPlace(range.end);
                self.count(len);
                self.note(Overheard::Message(message.kind, message.payload));
                Ok(())
            }
            _ => self.echo_elsewhere(message, movable),
        }
    }

    fn echo_elsewhere(&mut self, message: &Message<'_>, movable: bool) -> Result<(), NotSent> {
        let len = message.payload.len();
        self.check_room()?;
        self.connection.sender.check_start()?;
        if movable && matches!(message.place, Place::Message) && len >= MOVED_FROM {
            let header = Header::new(true, message.kind.into(), None, len as u64).write();
            self.out.batch.push_copied(|out| out.extend_from_slice(&header));
            self.out.taken = Taken::Whole(self.out.batch.push_later(len));
            self.count(len);
            self.note(Overheard::Message(message.kind, message.payload));
        } else {
            self.put(message.kind, message.payload, None);
        }
        Ok(())
    }

    /// Begins a message in fragments with its first frame, uncompressed. The rest follows by
    /// [`fragment`](Self::fragment); control frames may come in between, other messages may not.
    ///
    /// # Errors
    /// As [`send`](Self::send). A text may be cut anywhere.
    pub fn begin(&mut self, kind: MessageKind, payload: &[u8]) -> Result<(), NotSent> {
        self.check_room()?;
        if let Some(diversion) = &mut self.out.diversion {
            diversion.push(Sent::Begin(kind, payload.to_vec()));
            return Ok(());
        }
        self.put_frames(|sender, masks, out| sender.begin(kind, payload, masks, out))?;
        self.out.counts.payload_out += payload.len() as u64;
        self.note(Overheard::Begin(kind, payload));
        Ok(())
    }

    /// Goes on with a message in fragments; `last` ends it.
    ///
    /// # Errors
    /// As [`send`](Self::send); also if no message was begun.
    pub fn fragment(&mut self, payload: &[u8], last: bool) -> Result<(), NotSent> {
        self.check_room()?;
        if let Some(diversion) = &mut self.out.diversion {
            diversion.push(Sent::Fragment(payload.to_vec(), last));
            return Ok(());
        }
        self.put_frames(|sender, masks, out| sender.fragment(payload, last, masks, out))?;
        self.out.counts.payload_out += payload.len() as u64;
        self.out.counts.messages_out += u64::from(last);
        self.note(Overheard::Fragment(payload, last));
        Ok(())
    }
}

/// Control frames, the end, and what is on no account to be sent.
impl Outgoing<'_> {
    /// Sends a Ping of the endpoint's own, ahead of the data that waits. Its payload has at most 125 bytes.
    ///
    /// # Errors
    /// [`NotSent::Refused`].
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), NotSent> {
        if let Some(diversion) = &mut self.out.diversion {
            diversion.push(Sent::Ping(payload.to_vec()));
            return Ok(());
        }
        let mut frame = Vec::new();
        self.connection.sender.ping(payload, self.out.masks, &mut frame)?;
        self.connection.send_control(&mut self.out.batch, &frame);
        self.note(Overheard::Ping(payload));
        Ok(())
    }

    /// Sends a Pong, ahead of the data that waits: unasked, or as an answer where [`auto_pong`](Self::auto_pong) is off.
    /// Its payload has at most 125 bytes.
    ///
    /// # Errors
    /// [`NotSent::Refused`].
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), NotSent> {
        if let Some(diversion) = &mut self.out.diversion {
            diversion.push(Sent::Pong(payload.to_vec()));
            return Ok(());
        }
        let mut frame = Vec::new();
        self.connection.sender.pong(payload, self.out.masks, &mut frame)?;
        self.connection.send_control(&mut self.out.batch, &frame);
        self.note(Overheard::Pong(payload));
        Ok(())
    }

    /// Has the endpoint told once the way out has drained, as if something had been refused for want of room.
    pub fn wait_for_room(&mut self) {
        self.connection.flags.behind = true;
    }

    /// Starts the closing handshake, behind all that waits. `end` is what the connection's summary will say, once the peer
    /// has answered or [`ConnectionSettings::close_timeout`] has passed. Without a status the Close frame is empty.
    ///
    /// # Errors
    /// [`NotSent::Refused`] if the code or reason can't be sent, or a Close was sent before.
    pub fn close(&mut self, status: Option<(CloseCode, &str)>, end: End) -> Result<(), NotSent> {
        if let Some(diversion) = &mut self.out.diversion {
            let status = status.map(|(code, reason)| (code, reason.to_owned()));
            diversion.push(Sent::Close(status, end));
            return Ok(());
        }
        self.put_frames(|sender, masks, out| sender.close(status, masks, out))?;
        let Outgoing { connection, now, .. } = self;
        connection.close_sent = Some(status.map(|(code, _)| code));
        if connection.phase == Phase::Open {
            let answers = connection.close_received.is_some();
            connection.enter(if answers { Phase::Flushing } else { Phase::Closing }, end, *now);
        }
        self.note(Overheard::Close(status));
        Ok(())
    }

    /// Ends the connection at once, without a Close frame; what waits is thrown away. `note` says why.
    pub fn abort(&mut self, how: Abort, end: End, note: &'static str) {
        if let Some(diversion) = &mut self.out.diversion {
            return diversion.push(Sent::Abort(how, end, note));
        }
        self.connection.cut(how, end, note);
    }

    /// Sends bytes as they are, whatever the protocol says: for testing peers. No Pong comes in between them.
    ///
    /// # Errors
    /// [`NotSent::QueueFull`].
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), NotSent> {
        self.check_room()?;
        if let Some(diversion) = &mut self.out.diversion {
            diversion.push(Sent::Raw(bytes.to_vec()));
            return Ok(());
        }
        self.put_frames(|_, _, out| out.extend_from_slice(bytes));
        self.note(Overheard::Raw(bytes));
        Ok(())
    }
}

/// How the connection behaves from here on.
impl Outgoing<'_> {
    /// Whether Pings are answered without asking the endpoint, as RFC 6455 §5.5.2 demands. On at first.
    pub fn auto_pong(&mut self, on: bool) {
        self.connection.flags.habits.set(Habits::AUTO_PONG, on);
    }

    /// Whether a Close is answered and the connection closed without asking the endpoint, as RFC 6455 §5.5.1 demands. On
    /// at first.
    pub fn auto_close(&mut self, on: bool) {
        self.connection.flags.habits.set(Habits::AUTO_CLOSE, on);
    }

    /// Whether messages are taken that come after this end's Close, until the peer has sent its own. Off at first: most have
    /// no use for them (RFC 6455 §5.5.1).
    pub fn hear_out(&mut self, on: bool) {
        self.connection.flags.habits.set(Habits::HEARS_OUT, on);
    }

    /// Whether [`Message::frames`] tells in which frames a message came. Off at first.
    pub fn note_frames(&mut self, on: bool) {
        self.connection.flags.habits.set(Habits::NOTES_FRAMES, on);
    }

    /// Whether Pings are sent when nothing arrives, and a peer that answers none is given up. On at first.
    pub fn heartbeat(&mut self, on: bool) {
        self.connection.flags.heartbeat = on;
        if !self.is_closing() {
            self.connection.timers.clear(Timer::Pong);
            self.connection.arm_heartbeat(self.now);
        }
    }

    /// Whether nothing is read or decoded, so that the peer's sending stalls. Off at first, and with a Close: its answer
    /// is to be read.
    pub fn pause(&mut self, on: bool) {
        self.connection.flags.paused = on;
    }

    /// Puts other settings in place of those that the connection was made with.
    pub fn reconfigure(&mut self, settings: Arc<ConnectionSettings>) {
        let connection = &mut *self.connection;
        connection.receiver.note_limits(&settings.limits);
        connection.flags.counts_messages = settings.counts_messages();
        connection.settings = settings;
        if connection.phase == Phase::Open {
            connection.arm_heartbeat(self.now);
            connection.timers.clear(Timer::Idle);
            connection.arm_idle(self.now);
        }
    }
}

/// How things stand.
impl Outgoing<'_> {
    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Time {
        self.now
    }

    /// This end's role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.connection.sender.role()
    }

    /// How the connection behaves.
    #[must_use]
    pub fn settings(&self) -> &Arc<ConnectionSettings> {
        &self.connection.settings
    }

    /// Bytes that wait because the peer does not read fast enough, this turn's copies included.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.connection.queued_bytes() + self.out.batch.beside_input()
    }

    /// What the connection has carried up to its latest turn.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        self.connection.counts()
    }

    /// Whether messages are compressed, as the handshake agreed.
    #[must_use]
    pub fn compresses(&self) -> bool {
        self.connection.compression.is_some()
    }

    /// Whether [Pings are answered without the endpoint](Self::auto_pong).
    #[must_use]
    pub fn answers_pings(&self) -> bool {
        self.connection.flags.habits.has(Habits::AUTO_PONG)
    }

    /// Whether a Close was sent, so that no message may follow.
    #[must_use]
    pub fn is_closing(&self) -> bool {
        self.connection.is_closing()
    }

    pub(super) fn check_room(&mut self) -> Result<(), NotSent> {
        if let Some(diversion) = &self.out.diversion {
            return if diversion.room > 0 { Ok(()) } else { Err(NotSent::QueueFull) };
        }
        if self.connection.is_full(&self.out.batch) {
            self.out.counts.messages_dropped += 1;
            self.connection.flags.behind = true;
            return Err(NotSent::QueueFull);
        }
        Ok(())
    }

    pub(super) fn may_compress(&self, len: usize) -> bool {
        self.connection.compression.is_some() && len >= self.connection.settings.deflate.threshold
    }

    /// Puts a checked message into the batch.
    fn put(&mut self, kind: MessageKind, payload: &[u8], fragment_len: Option<NonZeroUsize>) {
        if let Some(diversion) = &mut self.out.diversion {
            return diversion.push(Sent::Message { kind, payload: payload.to_vec(), fragment_len });
        }
        self.count(payload.len());
        self.note(Overheard::Message(kind, payload));
        self.put_compressible(kind, payload, fragment_len);
    }

    pub(super) fn put_compressible(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        fragment_len: Option<NonZeroUsize>,
    ) {
        if !self.may_compress(payload.len()) {
            return self.put_frames(|sender, masks, out| {
                out.reserve(payload.len() + MAX_HEADER_LEN);
                sender.put_message(kind, payload, false, fragment_len, masks, out);
            });
        }
        if self.defer(kind, payload, fragment_len) {
            return;
        }
        let compressed = self.compress(payload);
        let Outgoing { connection, out: Output { batch, codec, masks, .. }, .. } = self;
        let bytes = if compressed { &codec.deflated[..] } else { payload };
        batch.push_copied(|out| {
            out.reserve(bytes.len() + MAX_HEADER_LEN);
            connection.sender.put_message(kind, bytes, compressed, fragment_len, *masks, out);
        });
    }

    fn compress(&mut self, payload: &[u8]) -> bool {
        let connection = &mut *self.connection;
        let Some(params) = &connection.compression else { return false };
        let settings = connection.settings.deflate;
        if payload.len() < settings.threshold {
            return false;
        }
        let role = connection.sender.role();
        let Codec { pool, deflated } = &mut self.out.codec;
        let mut passing = None;
        let deflater = if params.context_takeover(role) {
            let rare = connection.rare.get_or_insert_default();
            rare.deflater.get_or_insert_with(|| Deflater::new(params, role, settings))
        } else {
            passing.insert(Deflater::new(params, role, settings))
        };
        deflated.clear();
        self.out.worked += payload.len();
        deflater.deflate_message(pool, payload, deflated)
    }

    #[inline]
    pub(super) fn count(&mut self, payload: usize) {
        self.out.counts.messages_out += 1;
        self.out.counts.payload_out += payload as u64;
    }
}
