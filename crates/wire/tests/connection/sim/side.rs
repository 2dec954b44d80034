//! One end: a connection, a shell around it as the drivers are, and an endpoint that does as it is told and keeps books.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{ErrorKind, IoSlice};
use std::sync::Arc;

use wire::deflate::Params;
use wire::{Abort, Connection, ConnectionSettings, Direction, Incoming, MessageKind, NotSent, Outgoing};
use wire::{Role, SharedMessage, Summary, Time, Turn};

use super::network::{Ending, Pipe, Read};
use super::random::Random;

/// The largest message that the endpoints send, in bytes.
pub(super) const LARGEST: usize = 100_000;
/// What one turn may bring in.
const ONE_READ: usize = 512 << 10;

#[derive(Debug)]
pub(super) struct Side {
    pub(super) connection: Connection,
    pub(super) settings: Arc<ConnectionSettings>,
    /// The endpoint takes nothing before this.
    pub(super) ready_at: Time,
    /// The whole end does not run before this.
    pub(super) suspended_until: Time,
    pub(super) paused: bool,
    /// It sends back what it gets.
    pub(super) echoes: bool,
    /// Messages that sending accepted, and those that came from the peer.
    pub(super) accepted: Vec<Digest>,
    pub(super) received: Vec<Digest>,
    pub(super) pings: u32,
    pub(super) pongs: u32,
    /// The message in fragments that is going out.
    pub(super) begun: Option<(MessageKind, Vec<u8>)>,
    /// When it was decided that it ends: a Close, or what came of the transport.
    pub(super) ending_since: Option<Time>,
    pub(super) output: Vec<u8>,
    pub(super) bytes_read: u64,
    pub(super) summary: Option<Summary>,
    /// Turns without anything to show for them.
    idle_turns: u32,
}

/// What a message was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Digest(bool, usize, u64);

pub(super) fn digest(kind: MessageKind, payload: &[u8]) -> Digest {
    let mut hasher = DefaultHasher::new();
    payload.hash(&mut hasher);
    Digest(kind == MessageKind::Text, payload.len(), hasher.finish())
}

impl Side {
    pub(super) fn new(
        role: Role,
        compression: Option<Params>,
        settings: ConnectionSettings,
        now: Time,
    ) -> Side {
        let settings = Arc::new(settings);
        Side {
            connection: Connection::new(role, compression, settings.clone(), now),
            settings,
            ready_at: now,
            suspended_until: now,
            paused: false,
            echoes: false,
            accepted: Vec::new(),
            received: Vec::new(),
            pings: 0,
            pongs: 0,
            begun: None,
            ending_since: None,
            output: Vec::new(),
            bytes_read: 0,
            summary: None,
            idle_turns: 0,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.connection.is_done()
    }

    /// Whether a turn would do something.
    pub(super) fn is_runnable(&self, turn: &Turn, input: &Pipe, output: &Pipe, now: Time) -> bool {
        let connection = &self.connection;
        if connection.is_done() || self.suspended_until > now {
            return false;
        }
        let ready = self.ready_at <= now;
        (ready && input.is_readable(now) && connection.wants_input(turn))
            || (ready && connection.wants_turn(turn))
            || (connection.has_output(turn) && output.room() > 0)
            || connection.wants_deflating()
            || connection.next_timeout(now).is_some_and(|due| due <= now)
    }

    /// When it has to run though nothing arrives.
    pub(super) fn next(&self, now: Time) -> Option<Time> {
        if self.connection.is_done() {
            return None;
        }
        let timeout = self.connection.next_timeout(now);
        let ready = Some(self.ready_at).filter(|at| *at > now);
        let next = timeout.into_iter().chain(ready).min();
        next.map(|next| next.max(self.suspended_until).max(now))
    }

    /// Sends a message in one of the ways there are, and keeps the books.
    pub(super) fn send(&mut self, turn: &mut Turn, random: &mut Random, now: Time) {
        let kind = if random.one_in(2) { MessageKind::Text } else { MessageKind::Binary };
        let payload = random.message(self.accepted.len());
        let way = random.below(6);
        let mut out = self.connection.outgoing(turn, now);
        let bytes = || payload.clone().into();
        let sent = match way {
            0 => out.send_bytes(kind, bytes()),
            1 => out.send_shared(&SharedMessage::new(kind, bytes(), None).unwrap()),
            2 => out.send_fragmented(kind, &payload, random.fragment_len()),
            3 => self.begin_or_go_on(kind, payload.clone(), turn, random, now),
            _ => out.send(kind, &payload),
        };
        if sent.is_ok() && way != 3 {
            self.accepted.push(digest(kind, &payload));
        }
    }

    fn begin_or_go_on(
        &mut self,
        kind: MessageKind,
        payload: Vec<u8>,
        turn: &mut Turn,
        random: &mut Random,
        now: Time,
    ) -> Result<(), NotSent> {
        let mut out = self.connection.outgoing(turn, now);
        match &mut self.begun {
            None => {
                out.begin(kind, &payload)?;
                self.begun = Some((kind, payload));
            }
            Some((kind, message)) => {
                let last = random.one_in(2);
                out.fragment(&payload, last)?;
                message.extend_from_slice(&payload);
                if last {
                    self.accepted.push(digest(*kind, message));
                    self.begun = None;
                }
            }
        }
        Ok(())
    }

    pub(super) fn ping(&mut self, turn: &mut Turn, now: Time) {
        // Longer than those of the heartbeat.
        let payload = format!("ping {:06}", self.pings + 1);
        if self.connection.outgoing(turn, now).ping(payload.as_bytes()).is_ok() {
            self.pings += 1;
        }
    }

    /// Everything that can be done at this moment, as a driver does it.
    pub(super) fn have_turn(
        &mut self,
        turn: &mut Turn,
        input: &mut Pipe,
        output: &mut Pipe,
        random: &mut Random,
        now: Time,
    ) {
        let before = (self.output.len(), self.bytes_read, self.received.len());
        let timeout = self.connection.next_timeout(now);
        let due = timeout.is_some_and(|due| due <= now);
        if timeout.is_some_and(|due| due > now) && random.one_in(4) {
            self.judge_too_early(turn, now);
        }
        self.write(turn, output, random, now);
        self.connection.deflate_on(turn, now);
        loop {
            self.write(turn, output, random, now);
            self.take_messages(turn, random, now);
            self.write(turn, output, random, now);
            // What has arrived is read before a deadline is judged.
            let enough = !due && random.one_in(4);
            if self.ready_at > now || !self.connection.wants_input(turn) || enough {
                break;
            }
            let buffer = self.connection.read_buffer(turn);
            let limit = if random.one_in(3) { random.length().min(buffer.len()) } else { buffer.len() };
            match input.read(&mut buffer[..limit], now) {
                Read::Bytes(count) => {
                    self.bytes_read += count as u64;
                    self.connection.handle_input(turn, count, now);
                }
                Read::Nothing => break,
                Read::End(Ending::Fin) => self.connection.handle_eof(now),
                Read::End(Ending::Reset) => {
                    self.connection.handle_lost(Direction::In, ErrorKind::ConnectionReset.into(), now);
                }
            }
        }
        if due {
            self.connection.handle_timeout(turn, now);
            let next = self.connection.next_timeout(now);
            assert!(next.is_none_or(|next| next > now), "a timeout that was acted on is still due");
            self.write(turn, output, random, now);
        }
        if self.connection.take_drained(turn) {
            assert!(!self.connection.has_output(turn));
        }
        if self.connection.wants_shutdown(turn) {
            if self.connection.closes_first() {
                output.end(Ending::Fin, now);
            }
            self.connection.handle_shutdown(now);
        }
        self.connection.end_turn(turn, self.ready_at <= now, now);
        self.check(turn, now);
        let idle = before == (self.output.len(), self.bytes_read, self.received.len()) && !due;
        self.idle_turns = if idle { self.idle_turns + 1 } else { 0 };
        assert!(self.idle_turns < 200, "turns that do nothing");
        if self.is_done() && self.summary.is_none() {
            self.conclude(input, output, now);
        }
    }

    /// A timeout that comes too early changes nothing.
    fn judge_too_early(&mut self, turn: &mut Turn, now: Time) {
        let looks = |connection: &Connection, turn: &Turn| {
            let waits = (connection.queued_bytes(), connection.held_bytes(), connection.has_output(turn));
            let wants =
                (connection.wants_input(turn), connection.wants_turn(turn), connection.wants_shutdown(turn));
            (waits, wants, connection.next_timeout(now), connection.is_closing(), connection.is_done())
        };
        let before = looks(&self.connection, turn);
        self.connection.handle_timeout(turn, now);
        assert_eq!(before, looks(&self.connection, turn));
    }

    fn take_messages(&mut self, turn: &mut Turn, random: &mut Random, now: Time) {
        while self.ready_at <= now && !random.one_in(10) {
            let Some((incoming, mut out)) = self.connection.poll(turn, now) else { return };
            match incoming {
                Incoming::Message(message) => {
                    let digest = digest(message.kind, message.payload);
                    self.received.push(digest);
                    if self.echoes && out.echo(&message).is_ok() {
                        self.accepted.push(digest);
                    }
                }
                Incoming::Pong { payload, .. } if payload.len() > 4 => {
                    let number = std::str::from_utf8(&payload[5..]).unwrap().parse::<u32>().unwrap();
                    // A client that is behind answers only the latest one.
                    let next = self.connection.role() == Role::Client && number == self.pongs + 1;
                    let later = self.connection.role() == Role::Server && number > self.pongs;
                    assert!((next || later) && number <= self.pings, "Pong {number} after {}", self.pongs);
                    self.pongs = number;
                }
                Incoming::Ping(_) | Incoming::Pong { .. } => {}
                Incoming::Close { .. } => self.ending_since = self.ending_since.or(Some(now)),
            }
        }
    }

    fn write(&mut self, turn: &mut Turn, pipe: &mut Pipe, random: &mut Random, now: Time) {
        while self.connection.has_output(turn) && !self.connection.is_done() {
            let room = pipe.room();
            if room == 0 {
                return self.connection.queue_output(turn, now);
            }
            let mut slices = [IoSlice::new(&[]); 8];
            let slots = 1 + random.below(8);
            let count = self.connection.slices(turn, &mut slices[..slots]);
            let room = if random.one_in(3) { random.length().min(room) } else { room };
            let before = self.output.len();
            for slice in &slices[..count] {
                let room = room - (self.output.len() - before);
                self.output.extend_from_slice(&slice[..slice.len().min(room)]);
            }
            let written = &self.output[before..];
            assert!(!written.is_empty(), "has output and gives none");
            pipe.write(written, now);
            let count = written.len();
            self.connection.handle_written(turn, count, now);
        }
    }

    /// What holds behind every turn.
    fn check(&self, turn: &Turn, now: Time) {
        let connection = &self.connection;
        assert_eq!(turn.spent(), 0, "a turn keeps nothing of a connection");
        let queued = connection.queued_bytes();
        assert!(queued <= self.settings.queue_bytes + LARGEST + ONE_READ + (64 << 10), "{queued} bytes wait");
        let held = connection.held_bytes();
        // Input that waits, a message and a half in assembly, the window of the inflater.
        assert!(held <= queued + ONE_READ + 4 * LARGEST + (64 << 10), "{held} bytes are held, {queued} wait");
        let timeout = connection.next_timeout(now);
        if connection.is_done() {
            assert!(timeout.is_none() && !connection.wants_input(turn) && !connection.wants_turn(turn));
            return;
        }
        let awaits =
            connection.wants_input(turn) || connection.wants_turn(turn) || connection.wants_deflating();
        let rests = self.paused || self.ready_at > now;
        assert!(timeout.is_some() || awaits || rests, "it waits for nothing");
    }

    /// The transport is closed, and the peer notices.
    fn conclude(&mut self, input: &mut Pipe, output: &mut Pipe, now: Time) {
        self.ending_since = self.ending_since.or(Some(now));
        match self.connection.abort() {
            Some(Abort::Reset) => output.cut(now),
            _ if input.has_unread() => output.end(Ending::Reset, now),
            _ => output.end(Ending::Fin, now),
        }
        input.reader_gone = true;
        self.summary = Some(self.connection.summary());
    }

    /// A way out for what the scenario does.
    pub(super) fn out<'t>(&'t mut self, turn: &'t mut Turn, now: Time) -> Outgoing<'t> {
        self.connection.outgoing(turn, now)
    }
}
