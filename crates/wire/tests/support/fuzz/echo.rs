//! The echo, which sends messages back from where they were read: however bytes are cut, turns end and output is taken, the
//! peer gets what a plain model says.

use std::io::IoSlice;
use std::sync::Arc;

use wire::{Connection, ConnectionSettings, Incoming, MessageKind, OpCode, Role, Time, Turn, deflate};

use super::{LIMITS, Random, choice, read_some};
use crate::support::driver::Whole;
use crate::support::model::{self, Outcome, Reading};
use crate::support::{encode, frame, masks};

/// More turns than that without anything read, decoded or written are a spin.
const PATIENCE: u32 = 200;
/// What one turn may bring in beyond the bound of the queue.
const ONE_READ: usize = 512 << 10;

pub(crate) fn run(data: &[u8]) {
    let &[first, seed, ref bytes @ ..] = data else { return };
    echo(first, bytes, Random::new(seed), Random::len);
}

/// An echo and its transport.
struct Echo {
    connection: Connection,
    turn: Turn,
    now: Time,
    random: Random,
    output: Vec<u8>,
    messages: usize,
    /// The transport has taken no more at least once.
    blocked: bool,
    queue_bytes: usize,
}

/// Echoes what the peer of the end that `first` chooses sends; `read_len` limits each read.
pub(crate) fn echo(first: u8, bytes: &[u8], random: Random, mut read_len: impl FnMut(&mut Random) -> usize) {
    let (role, compression) = choice(first);
    // A client reads on when its queue is full, and then an echo is refused.
    let queue_bytes = if first & 8 == 0 || role == Role::Client { 1 << 20 } else { 300 };
    let threshold = if first & 16 == 0 { 64 } else { 1 };
    let settings = ConnectionSettings {
        limits: LIMITS,
        queue_bytes,
        deflate: deflate::Settings { threshold, ..deflate::Settings::default() },
        ..ConnectionSettings::default()
    };
    let now = Time::from_micros(0);
    let mut echo = Echo {
        connection: Connection::new(role, compression, Arc::new(settings), now),
        turn: Turn::new(masks),
        now,
        random,
        output: Vec::new(),
        messages: 0,
        blocked: false,
        queue_bytes,
    };
    let mut rest = bytes;
    let (mut idle, mut before) = (0, None);
    loop {
        rest = echo.have_turn(rest, &mut read_len);
        let connection = &echo.connection;
        let more = connection.has_output(&echo.turn)
            || connection.wants_turn(&echo.turn)
            || connection.wants_deflating();
        if !more && (rest.is_empty() || !connection.wants_input(&echo.turn)) {
            break;
        }
        let progress = Some((rest.len(), echo.output.len(), echo.messages));
        idle = if progress == before { idle + 1 } else { 0 };
        before = progress;
        assert!(idle < PATIENCE, "turns that do nothing");
    }
    let reading = model::read(role, compression.as_ref(), &LIMITS, bytes);
    echo.judge(&reading, compression.as_ref());
}

impl Echo {
    /// Reads, decodes, echoes and writes for a while. What is not read is given back.
    fn have_turn<'b>(
        &mut self,
        mut rest: &'b [u8],
        read_len: &mut impl FnMut(&mut Random) -> usize,
    ) -> &'b [u8] {
        self.write();
        self.connection.deflate_on(&mut self.turn, self.now);
        loop {
            self.take_messages();
            self.write();
            if rest.is_empty() || !self.connection.wants_input(&self.turn) || self.random.one_in(4) {
                break;
            }
            let most = read_len(&mut self.random);
            rest = read_some(&mut self.connection, &mut self.turn, rest, most, self.now);
        }
        self.connection.end_turn(&mut self.turn, true, self.now);
        let queued = self.connection.queued_bytes();
        assert!(queued <= self.queue_bytes + ONE_READ + LIMITS.message_len as usize, "{queued} bytes wait");
        rest
    }

    fn take_messages(&mut self) {
        while let Some((incoming, mut out)) = self.connection.poll(&mut self.turn, self.now) {
            if let Incoming::Message(message) = incoming {
                out.echo(&message).expect("what may be decoded may be sent back");
                self.messages += 1;
            }
            // What is to be deflated in a later turn waits as what the transport did not take.
            self.blocked |= self.connection.wants_deflating();
            if self.random.one_in(8) {
                break;
            }
        }
    }

    /// The transport takes all there is, or a part of it and then no more for now.
    fn write(&mut self) {
        while self.connection.has_output(&self.turn) {
            if self.random.one_in(5) {
                self.blocked = true;
                return self.connection.queue_output(&mut self.turn, self.now);
            }
            let only = self.connection.only_slice(&mut self.turn).map(<[u8]>::to_vec);
            let mut slices = [IoSlice::new(&[]); 3];
            let slots = self.random.len().min(3);
            let count = self.connection.slices(&mut self.turn, &mut slices[..slots]);
            let offered = slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect::<Vec<_>>();
            assert!(!offered.is_empty(), "has output and gives none");
            let same = |only: Vec<u8>| only.starts_with(&offered) && (count == slots || only == offered);
            assert!(only.is_none_or(same), "in one slice it is the same");
            let taken =
                if self.random.one_in(2) { offered.len() } else { self.random.len().min(offered.len()) };
            self.output.extend_from_slice(&offered[..taken]);
            self.connection.handle_written(&mut self.turn, taken, self.now);
        }
    }

    fn judge(&self, reading: &Reading, compression: Option<&deflate::Params>) {
        let role = self.connection.role();
        for frame in model::frames(&self.output) {
            assert!(frame.fin, "each message goes back in one frame");
        }
        let sent = model::flawless(role, compression, &self.output);
        if compression.is_none() {
            assert_eq!(self.output, plainly(role, &sent), "the same bytes");
        }
        let mut expected = reading.wholes.iter().filter_map(answer).collect::<Vec<_>>();
        match reading.outcome {
            Outcome::Failed(kind) => {
                expected.push(Whole::Close(Some(kind.close_code().0), kind.explanation().into()));
            }
            // Whatever came of it, what was whole before it has its answers.
            Outcome::BadData | Outcome::Unknown => {
                if reading.outcome == Outcome::BadData {
                    assert!(matches!(sent.last(), Some(Whole::Close(Some(1007 | 1009), _))), "{sent:?}");
                }
                let (messages, controls) = apart(&expected);
                let (messages_sent, controls_sent) = apart(&sent);
                assert!(messages_sent.starts_with(&messages) && controls_sent.starts_with(&controls));
                return;
            }
            Outcome::Open | Outcome::Closed => {}
        }
        if !self.blocked {
            assert_eq!(sent, expected);
        }
        assert_eq!(apart(&sent), apart(&expected));
        // A Pong may go ahead of messages that had to wait, but none is late; a Close goes behind everything.
        let before = |wholes: &[Whole]| {
            let mut messages = 0;
            let mut before = Vec::new();
            for whole in wholes {
                match whole {
                    Whole::Message(..) => messages += 1,
                    _ => before.push(messages),
                }
            }
            before
        };
        assert!(before(&sent).iter().zip(before(&expected)).all(|(sent, expected)| *sent <= expected));
        if let Some(at) = sent.iter().position(|whole| matches!(whole, Whole::Close(..))) {
            assert_eq!(at + 1, sent.len());
        }
    }
}

/// What the echo makes of it.
fn answer(whole: &Whole) -> Option<Whole> {
    match whole {
        Whole::Message(..) | Whole::Close(..) => Some(whole.clone()),
        Whole::Ping(payload) => Some(Whole::Pong(payload.clone())),
        Whole::Pong(_) => None,
    }
}

/// Messages and control frames, each in their order.
fn apart(wholes: &[Whole]) -> (Vec<Whole>, Vec<Whole>) {
    wholes.iter().cloned().partition(|whole| matches!(whole, Whole::Message(..)))
}

/// As fresh frames.
pub(super) fn plainly(role: Role, wholes: &[Whole]) -> Vec<u8> {
    let frames = wholes.iter().map(|whole| match whole {
        Whole::Message(MessageKind::Text, payload) => frame(OpCode::Text, payload),
        Whole::Message(MessageKind::Binary, payload) => frame(OpCode::Binary, payload),
        Whole::Ping(payload) => frame(OpCode::Ping, payload),
        Whole::Pong(payload) => frame(OpCode::Pong, payload),
        Whole::Close(None, _) => frame(OpCode::Close, ""),
        Whole::Close(Some(code), reason) => wire::raw::close(*code, reason),
    });
    encode(role, frames)
}
