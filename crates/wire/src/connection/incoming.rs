use std::ops::Range;
use std::time::Duration;

use super::assembly::frame_len;
use super::turn::{Place, Taken, Turn};
use super::{Cause, Connection, Habits, LINGER_BYTES, Outgoing, Phase, READ_WHILE_WAITING, Timer};
use crate::frame::{OpCode, write_in_front};
use crate::receive::{Data, Event, Step};
use crate::{CloseCode, Failure, MessageKind, Role, Time};

/// What came from the peer.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// A whole message.
    Message(Message<'a>),
    /// A Ping with this payload. It has been answered, unless [`Outgoing::auto_pong`] was turned off.
    Ping(&'a [u8]),
    /// A Pong.
    Pong {
        /// Its payload.
        payload: &'a [u8],
        /// The round-trip time, where it answers the heartbeat's latest Ping.
        rtt: Option<Duration>,
    },
    /// A Close. It has been answered, unless one was sent before or [`Outgoing::auto_close`] was turned off.
    Close {
        /// The code, if it had one.
        code: Option<CloseCode>,
        /// The reason: at most 123 bytes.
        reason: &'a str,
    },
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
    pub(super) place: Place,
    pub(super) frames: &'a [usize],
    /// Of a message that was put together or inflated.
    pub(super) wire_len: u64,
}

impl<'a> Message<'a> {
    /// A message for an endpoint that came by another way than straight from the peer. Text must be UTF-8.
    #[must_use]
    pub const fn new(kind: MessageKind, payload: &'a [u8]) -> Message<'a> {
        Message { kind, payload, compressed: false, place: Place::Elsewhere, frames: &[], wire_len: 0 }
    }

    /// Where each of its frames ends in the payload, if it came in more than one and
    /// [`Outgoing::note_frames`] was turned on: otherwise empty. Of a compressed message it is as far as each frame could be
    /// inflated.
    #[must_use]
    pub const fn frames(&self) -> &'a [usize] {
        match self.frames {
            [] | [_] => &[],
            several => several,
        }
    }

    /// Bytes that it took on the wire: all its frames with their headers, compressed where it came so. `role` is that of
    /// the end which got it. Of a message that came by another way, as if it had come in one frame.
    #[must_use]
    pub fn wire_len(&self, role: Role) -> u64 {
        match self.place {
            Place::Message => self.wire_len,
            Place::Input(_) | Place::Elsewhere => frame_len(role.peer(), self.payload.len() as u64),
        }
    }
}

/// As [`Incoming`], with places instead of what lies there.
#[derive(Debug)]
enum Arrived {
    Message { kind: MessageKind, compressed: bool, place: Place, payload: Range<usize> },
    Ping(Range<usize>),
    Pong(Range<usize>, Option<Duration>),
    Close(Option<CloseCode>, Range<usize>),
}

impl Connection {
    /// Whether the transport is to be read. While not, the peer's sending stalls. First [`poll`](Self::poll) takes what was
    /// read before: the end of input is the end also of what was not asked for.
    #[must_use]
    pub fn wants_input(&self, turn: &Turn) -> bool {
        match self.phase {
            Phase::Open | Phase::Closing => {
                !self.flags.paused
                    && !self.flags.undecoded
                    && !self.flags.inflating
                    && (turn.from == turn.filled || turn.starved)
                    && (self.reads_always() || self.may_read(turn))
            }
            Phase::Lingering => true,
            Phase::Flushing | Phase::Done => false,
        }
    }

    /// Whether there is something to do that needs no input: frames that had to wait are to be decoded.
    #[must_use]
    pub fn wants_turn(&self, turn: &Turn) -> bool {
        (self.flags.undecoded || self.flags.inflating) && self.is_speaking() && self.may_decode(turn)
    }

    /// Where to read input into. The output of the turn so far must have been written or moved by
    /// [`queue_output`](Self::queue_output).
    #[inline]
    #[must_use]
    pub fn read_buffer<'t>(&self, turn: &'t mut Turn) -> &'t mut [u8] {
        if !self.is_speaking() {
            turn.discard_input();
        } else if turn.from > 0 {
            debug_assert!(turn.out.batch.is_empty(), "output that lies in the input would be overwritten");
            turn.input.copy_within(turn.from..turn.filled, 0);
            turn.filled -= turn.from;
            (turn.from, turn.to) = (0, 0);
        }
        let kept = turn.filled + self.carried();
        turn.offered = turn.read_len(turn.input.len() - kept);
        &mut turn.input[kept..kept + turn.offered]
    }

    /// The transport gave the first `count` bytes of the [`read_buffer`](Self::read_buffer). More than none: the end is
    /// [`handle_eof`](Self::handle_eof).
    #[inline]
    pub fn handle_input(&mut self, turn: &mut Turn, count: usize, now: Time) {
        turn.out.counts.wire_in += count as u64;
        turn.out.read += count;
        match self.phase {
            Phase::Open | Phase::Closing => {}
            Phase::Lingering => return self.discard(count),
            Phase::Flushing | Phase::Done => return,
        }
        if self.carried() > 0 {
            let carry = std::mem::take(&mut self.rare().carry);
            turn.input[..carry.len()].copy_from_slice(&carry);
            turn.filled = carry.len();
        }
        turn.filled += count;
        (turn.starved, turn.brimming, turn.held) = (false, count == turn.offered, None);
        if self.phase == Phase::Open {
            self.timers.clear(Timer::Pong);
            self.arm_heartbeat(now);
        }
    }

    /// The transport came to its end: the peer sends nothing more.
    pub fn handle_eof(&mut self, now: Time) {
        self.lost(self.end_of_input(), Cause::Eof, now);
    }

    /// The next thing that came from the peer, and the way out to answer it. `None`: nothing more is decodable, or may be
    /// decoded before output is written or the next turn.
    #[inline]
    pub fn poll<'t>(&'t mut self, turn: &'t mut Turn, now: Time) -> Option<(Incoming<'t>, Outgoing<'t>)> {
        let arrived = self.advance(turn, now)?;
        let Turn { input, message, made_of, out, .. } = turn;
        let incoming = match arrived {
            Arrived::Message { kind, compressed, place, payload } => {
                let (payload, frames, wire_len) = match place {
                    Place::Input(_) => (&input[payload], &[][..], 0),
                    Place::Message | Place::Elsewhere => (&message[..], &made_of.ends[..], made_of.wire_len),
                };
                Incoming::Message(Message { kind, payload, compressed, place, frames, wire_len })
            }
            Arrived::Ping(payload) => Incoming::Ping(&input[payload]),
            Arrived::Pong(payload, rtt) => Incoming::Pong { payload: &input[payload], rtt },
            Arrived::Close(code, reason) => {
                Incoming::Close { code, reason: std::str::from_utf8(&input[reason]).unwrap_or_default() }
            }
        };
        Some((incoming, Outgoing { connection: self, out, now, ear: None, borrowed: &mut [] }))
    }

    #[inline(always)]
    fn advance(&mut self, turn: &mut Turn, now: Time) -> Option<Arrived> {
        turn.settle();
        // What an open connection mostly is: with nothing that waits, nothing to count and a frame at hand.
        let usual = self.phase == Phase::Open && self.rare.is_none() && !self.flags.paused;
        if usual && turn.from == turn.filled {
            turn.starved = true;
            return None;
        }
        if usual && turn.out.batch.beside_input() == 0 {
            let input = &mut turn.input[..turn.filled];
            match self.receiver.step_whole(input, turn.from, turn.to) {
                Ok(Some(whole)) => {
                    turn.from += whole.consumed;
                    return self.arrived_in_place(turn, whole.kind, whole.payload, now);
                }
                Ok(None) => {}
                Err(failure) => {
                    self.fail_protocol(turn, failure, now);
                    return None;
                }
            }
        }
        self.advance_any(turn, now)
    }

    #[inline(never)]
    fn advance_any(&mut self, turn: &mut Turn, now: Time) -> Option<Arrived> {
        while self.is_speaking() && self.may_decode(turn) {
            if self.flags.inflating {
                let kind = self.rare().pending.as_ref().map_or(MessageKind::Binary, |pending| pending.kind);
                match self.inflate_on(turn) {
                    Ok(true) => return self.deliver_whole(turn, kind, true, now),
                    Ok(false) if self.flags.inflating => return None,
                    Ok(false) => {}
                    Err(failure) => self.fail_protocol(turn, failure, now),
                }
                continue;
            }
            if turn.from == turn.filled {
                self.load_carry(turn);
            }
            // With more to read right away, a frame that fits the input buffer is left there until it is whole.
            let hold = if turn.brimming { turn.input.len() } else { 0 };
            let input = &mut turn.input[..turn.filled];
            match self.receiver.step(input, turn.from, turn.to, hold, &self.settings.limits) {
                Ok(Step::Held { frame_len }) => {
                    (turn.held, turn.stride, turn.starved) = (Some(frame_len), frame_len, true);
                    return None;
                }
                Ok(Step::NeedMore) => {
                    // What had to wait may be longer than the input buffer, so that more of it is behind.
                    turn.starved = self.carried() == 0;
                    return None;
                }
                Ok(Step::Event { consumed, event }) => {
                    turn.from += consumed;
                    match self.arrived(turn, event, now) {
                        Ok(None) => {}
                        Ok(arrived) => return arrived,
                        Err(failure) => self.fail_protocol(turn, failure, now),
                    }
                }
                Ok(Step::Ended) => {
                    // Behind a Close that the endpoint leaves unanswered there is nothing (RFC 6455 §5.5.1).
                    turn.from = turn.filled;
                    self.drop_carry();
                    return None;
                }
                Err(failure) => self.fail_protocol(turn, failure, now),
            }
        }
        None
    }

    /// A client reads on whatever waits: if both ends let the other one read first, neither ever would. What it sends of
    /// its own accord is bounded by refusals, and of its Pongs the latest is enough.
    #[inline]
    fn reads_always(&self) -> bool {
        self.sender.role() == Role::Client
    }

    #[inline]
    fn may_read(&self, turn: &Turn) -> bool {
        let waiting = self.queued_bytes() + turn.out.batch.pending();
        waiting == 0 || waiting <= READ_WHILE_WAITING.min(self.settings.queue_bytes)
    }

    /// Whether another frame may be decoded: bounds what one read can turn into, since a few bytes may inflate to many.
    #[inline]
    fn may_decode(&self, turn: &Turn) -> bool {
        !self.flags.paused && (self.reads_always() || !self.is_full(&turn.out.batch))
    }

    /// Brings back what had to wait, as much of it as the input has room for.
    fn load_carry(&mut self, turn: &mut Turn) {
        if !self.flags.undecoded {
            return;
        }
        let carry = &mut self.rare().carry;
        let room = turn.input.len() - turn.filled;
        let count = carry.len().min(room);
        turn.input[turn.filled..turn.filled + count].copy_from_slice(&carry[..count]);
        turn.filled += count;
        (turn.starved, turn.brimming) = (false, false);
        carry.drain(..count);
        self.flags.undecoded = self.carried() > 0;
    }

    fn arrived(&mut self, turn: &mut Turn, event: Event, now: Time) -> Result<Option<Arrived>, Failure> {
        match event {
            Event::Data(data) => self.arrived_data(turn, &data, now),
            Event::Ping(payload) => {
                if self.flags.habits.has(Habits::AUTO_PONG) {
                    self.answer_ping(turn, &payload);
                }
                Ok(Some(Arrived::Ping(payload)))
            }
            Event::Pong(payload) => {
                let answers = turn.input[payload.clone()] == self.ping_sent.to_be_bytes();
                let rtt = (answers && self.flags.ping_pending).then(|| {
                    self.flags.ping_pending = false;
                    Duration::from_micros(u64::from((now.as_micros() as u32).wrapping_sub(self.ping_sent)))
                });
                Ok(Some(Arrived::Pong(payload, rtt)))
            }
            Event::Close { code, reason } => {
                self.close_arrived(turn, code, reason.clone(), now);
                Ok(Some(Arrived::Close(code, reason)))
            }
        }
    }

    fn arrived_data(&mut self, turn: &mut Turn, data: &Data, now: Time) -> Result<Option<Arrived>, Failure> {
        if self.phase != Phase::Open && !self.flags.habits.has(Habits::HEARS_OUT) {
            // A Close was sent: nobody waits for messages any more (RFC 6455 §5.5.1).
            return Ok(None);
        }
        if data.first && data.last && !data.compressed {
            return Ok(self.arrived_in_place(turn, data.kind, data.payload.clone(), now));
        }
        if data.first && !data.last {
            self.begin_message(now);
        }
        let whole = if data.compressed { self.inflate(turn, data)? } else { self.assemble(turn, data) };
        Ok(if whole { self.deliver_whole(turn, data.kind, data.compressed, now) } else { None })
    }

    /// Delivers the message that lies in [`Turn::message`].
    fn deliver_whole(
        &mut self,
        turn: &mut Turn,
        kind: MessageKind,
        compressed: bool,
        now: Time,
    ) -> Option<Arrived> {
        self.timers.clear(Timer::Message);
        let payload = 0..turn.message.len();
        self.deliver(turn, kind, compressed, Place::Message, payload, now)
    }

    /// A message that lies in the input, with room for a header in front of it.
    #[inline(always)]
    fn arrived_in_place(
        &mut self,
        turn: &mut Turn,
        kind: MessageKind,
        payload: Range<usize>,
        now: Time,
    ) -> Option<Arrived> {
        // A server writes the header for the way back whether it is used or not: what lay there, the client's own, is
        // done with. A client's header would not fit where a server's was.
        let start = match self.sender.role() {
            Role::Server => write_in_front(&mut turn.input, kind.into(), &payload),
            Role::Client => payload.start,
        };
        let place = Place::Input(start..payload.end);
        self.deliver(turn, kind, false, place, payload, now)
    }

    #[inline(always)]
    fn deliver(
        &mut self,
        turn: &mut Turn,
        kind: MessageKind,
        compressed: bool,
        place: Place,
        payload: Range<usize>,
        now: Time,
    ) -> Option<Arrived> {
        turn.out.counts.messages_in += 1;
        turn.out.counts.payload_in += payload.len() as u64;
        if self.flags.counts_messages && !self.count_message(turn, now) {
            return None;
        }
        Some(Arrived::Message { kind, compressed, place, payload })
    }

    /// False: there were too many.
    #[inline(never)]
    fn count_message(&mut self, turn: &mut Turn, now: Time) -> bool {
        self.arm_idle(now);
        if let Some(limit) = self.settings.messages_per_second
            && self.rare().rate.get_or_insert_default().exceeds(limit, now)
        {
            self.fail(turn, CloseCode::POLICY, Cause::Note("too many messages per second"), now);
            return false;
        }
        true
    }

    fn answer_ping(&mut self, turn: &mut Turn, payload: &Range<usize>) {
        if self.sender.role() == Role::Server && !self.has_backlog() {
            let start = write_in_front(&mut turn.input, OpCode::Pong, payload);
            turn.out.batch.push_in_place(start..payload.end);
            turn.out.batch.note_control();
            turn.to = payload.end;
            return;
        }
        // An end that is behind may answer the latest Ping and no other (RFC 6455 §5.5.3).
        self.rare().owed_pong = Some(turn.input[payload.clone()].into());
        self.settle_owed_pong(turn);
    }

    /// Answers the latest Ping, unless too much waits for the peer.
    pub(super) fn settle_owed_pong(&mut self, turn: &mut Turn) {
        if !self.is_full(&turn.out.batch)
            && let Some(payload) = self.rare().owed_pong.take()
        {
            let mut frame = Vec::new();
            // A Ping's payload fits a Pong.
            let _ = self.sender.pong(&payload, turn.out.masks, &mut frame);
            self.send_control(&mut turn.out.batch, &frame);
        }
    }

    fn discard(&mut self, count: usize) {
        let lingered = &mut self.rare().lingered;
        *lingered = lingered.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        if *lingered > LINGER_BYTES {
            self.done();
        }
    }
}

impl Turn {
    /// Settles what became of the message that was lent last.
    #[inline]
    pub(super) fn settle(&mut self) {
        match std::mem::take(&mut self.out.taken) {
            Taken::Nothing | Taken::Diverted => {}
            Taken::InPlace(end) => self.to = end,
            Taken::Whole(place) => self.out.batch.fill(place, std::mem::take(&mut self.message).into()),
        }
    }
}
