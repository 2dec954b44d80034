//! A naive model beside the link: applies operations to both and says at which step they part.
//!
//! The model keeps every message and its fate in a list and recomputes what the link does incrementally. It knows
//! nothing of the link's inside; it sees what a driver sees.

/// Fails the step with an explanation.
macro_rules! ensure {
    ($condition:expr, $($why:tt)+) => {
        if !$condition {
            return Err(format!($($why)+));
        }
    };
}

mod op;
mod rules;

use std::time::Duration;

use link::{
    Action, Close, CloseRequest, Confirmation, Event, Final, Hint, Inbound, Link, Message, MessageIds,
    MessageRef, Origin, Phase, SocketId, Time,
};

pub(crate) use op::{Op, Output};
use rules::config;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Queued,
    /// Handed over, ending at this position of the byte stream.
    Handed(u64),
    Flushed,
    Confirmed,
    Unknown,
    Dropped,
}

#[derive(Debug)]
struct Socket {
    id: SocketId,
    open: bool,
    opened_at: Time,
    last_inbound: Time,
    closing: Option<Option<u16>>,
    handed: u64,
    flushed: u64,
    /// The latest heartbeat's text, how many messages came before it, and whether it was answered.
    beat: Option<(String, usize, bool)>,
}

pub(crate) struct Checker {
    link: Link,
    now: Time,
    /// Follows `now` without its backward steps.
    elapsed: Time,
    live: Option<Socket>,
    /// A socket that ended and of which `Disconnected` has yet to tell.
    ended: Option<Socket>,
    /// The close code of a connection lost in this step.
    lost: Option<u16>,
    sockets: u64,
    messages: Vec<(Message, Fate)>,
    /// Messages handed to any socket so far: those with smaller indices that weren't dropped.
    handed: usize,
    failures: u32,
    offline: bool,
    user_closed: bool,
    pub(crate) output: Output,
}

impl Checker {
    pub(crate) fn new(variant: u8, seed: u64) -> Checker {
        Checker {
            link: Link::new(config(variant), seed, Time::from_millis(1_000_000)),
            now: Time::from_millis(1_000_000),
            elapsed: Time::from_millis(1_000_000),
            live: None,
            ended: None,
            lost: None,
            sockets: 0,
            messages: Vec::new(),
            handed: 0,
            failures: 0,
            offline: false,
            user_closed: false,
            output: Output::default(),
        }
    }

    /// Applies one operation and checks everything that must hold after it.
    pub(crate) fn apply(&mut self, op: &Op) -> Result<(), String> {
        let before = self.link.phase();
        let queued = self.link.queued_messages();
        let marks = (self.output.actions.len(), self.output.events.len());
        let mut confirmed = 0;
        let live = self.live.as_ref().map(|socket| socket.id);
        match op {
            Op::Open => {
                self.link.open(self.now);
                self.user_closed = false;
                if !matches!(before, Phase::Connecting { .. } | Phase::Open) {
                    self.failures = 0;
                }
            }
            Op::Send(len) => {
                let message = match len % 3 {
                    0 => Message::Binary(vec![*len; usize::from(*len)]),
                    _ => Message::Text("x".repeat(usize::from(*len))),
                };
                let outcome = self.link.send(self.now, message.clone());
                let closed = matches!(before, Phase::Closing | Phase::Closed(_));
                ensure!(!closed || outcome.is_err(), "accepted after close");
                if let Ok(id) = outcome {
                    ensure!(id.0 == self.messages.len() as u64 + 1, "{id} is not the next id");
                    self.messages.push((message, Fate::Queued));
                }
            }
            Op::SendNow(len) => {
                let message = Message::Binary(vec![*len; usize::from(*len)]);
                let limit = self.link.config().queue.max_buffered_bytes;
                let room = self.live.as_ref().is_some_and(|socket| socket.handed - socket.flushed < limit);
                let taken = self.link.send_now(self.now, message);
                ensure!(taken == (before == Phase::Open && room), "send_now while {before:?}: {taken}");
            }
            Op::Close(code) => {
                let request = CloseRequest { code: *code, reason: String::new() };
                let valid = code.is_none_or(|code| code == 1000 || (3000..=4999).contains(&code));
                ensure!(self.link.close(self.now, request).is_ok() == valid, "close({code:?})");
                self.user_closed |= valid;
            }
            Op::ReconnectNow => self.link.reconnect_now(self.now),
            Op::Configure(variant) => self.link.set_config(self.now, config(*variant)),
            Op::SocketOpens => {
                let Some(socket) = self.live.as_mut().filter(|socket| !socket.open) else { return Ok(()) };
                socket.open = true;
                (socket.opened_at, socket.last_inbound) = (self.elapsed, self.elapsed);
                self.offline = false;
                self.link.handle_open(self.now, socket.id);
            }
            Op::Message => confirmed = self.receive("not an answer", before, false)?,
            Op::Answer => {
                let beat = self.live.as_mut().and_then(|socket| socket.beat.clone());
                let Some((text, handed, answered)) = beat else { return Ok(()) };
                let is_answer = !answered && before == Phase::Open;
                confirmed = self.receive(&text, before, is_answer)?;
                if is_answer {
                    confirmed += self.confirm(|index, _| index < handed);
                    if let Some(socket) = self.live.as_mut() {
                        socket.beat = Some((text, handed, true));
                    }
                }
            }
            Op::Error => {
                let Some(socket) = live else { return Ok(()) };
                self.link.handle_error(self.now, socket);
            }
            Op::SocketCloses(code, was_clean) => {
                let Some(socket) = self.live.take() else { return Ok(()) };
                let id = socket.id;
                let ours = socket.closing.is_some_and(|ours| ours.unwrap_or(1005) == *code) && *was_clean;
                if ours && self.link.config().confirmation == Confirmation::LaterTraffic {
                    confirmed = self.confirm(|_, _| true);
                }
                self.ended = Some(socket);
                self.close_socket(id, *code, *was_clean);
            }
            Op::Refused => {
                let Some(socket) = self.live.take_if(|socket| !socket.open) else { return Ok(()) };
                self.link.handle_refused(self.now, socket.id, "no".into());
                self.ended = Some(socket);
            }
            Op::Withheld => {
                let Some(socket) = self.live.take_if(|socket| !socket.open) else { return Ok(()) };
                self.link.handle_withheld(self.now, socket.id);
                ensure!(self.link.phase() == Phase::Closed(Final::Withheld), "{:?}", self.link.phase());
                self.ended = Some(socket);
            }
            Op::Buffered(share) => {
                let Some(socket) = self.live.as_mut() else { return Ok(()) };
                let buffered = (socket.handed - socket.flushed) * u64::from(*share) / 255;
                self.link.handle_buffered(self.now, socket.id, buffered);
                self.flush(buffered);
            }
            Op::Timeout(late) => {
                if let Some(at) = self.link.poll_timeout() {
                    self.travel(at.saturating_since(self.now) + Duration::from_millis(u64::from(*late)));
                }
                self.fire()?;
            }
            Op::Spurious => self.link.handle_timeout(self.now),
            Op::Advance(millis) => self.travel(Duration::from_millis(u64::from(*millis))),
            Op::StepBack(millis) => {
                // The link sees where the step starts and where it ends; it can't know of one between two calls.
                self.fire()?;
                self.now = Time::from_micros(self.now.as_micros().saturating_sub(u64::from(*millis) * 1000));
                self.fire()?;
            }
            Op::Hint(hint) => {
                match hint {
                    Hint::Online => self.offline = false,
                    Hint::Offline => self.offline = true,
                    _ => {}
                }
                self.link.handle_hint(self.now, *hint);
            }
            Op::Stale(kind) => {
                self.stale(*kind);
                ensure!(self.link.phase() == before, "a stale event changed the phase");
            }
        }
        self.drain(confirmed)?;
        let actions = &self.output.actions[marks.0..];
        let events = &self.output.events[marks.1..];
        ensure!(actions.len() <= queued + 8, "{} actions", actions.len());
        let silent = matches!(op, Op::Stale(_) | Op::Advance(_));
        ensure!(!silent || actions.is_empty() && events.is_empty(), "{op:?} caused {actions:?} {events:?}");
        let at_rest = matches!(before, Phase::Closed(_))
            && matches!(op, Op::Hint(_) | Op::Timeout(_) | Op::ReconnectNow);
        ensure!(!at_rest || actions.is_empty() && events.is_empty(), "{op:?} woke a closed link");
        if let Some(code) = self.lost.take() {
            self.check_after_loss(code)?;
        }
        self.check_state()
    }

    fn travel(&mut self, duration: Duration) {
        self.now += duration;
        self.elapsed += duration;
    }

    fn fire(&mut self) -> Result<(), String> {
        for _ in 0..4 {
            self.link.handle_timeout(self.now);
            self.drain(0)?;
            if self.link.poll_timeout().is_none_or(|at| at > self.now) {
                return Ok(());
            }
        }
        Err("the link asks for a timeout in the past again and again".into())
    }

    /// A message comes in; returns how many messages that must confirm.
    fn receive(&mut self, text: &str, before: Phase, answer: bool) -> Result<u64, String> {
        let Some(socket) = self.live.as_mut().filter(|socket| socket.open) else { return Ok(0) };
        let inbound = self.link.handle_message(self.now, socket.id, MessageRef::Text(text));
        if before != Phase::Open {
            ensure!(inbound == Inbound::Stale, "{inbound:?} while {before:?}");
            return Ok(0);
        }
        socket.last_inbound = self.elapsed;
        let heartbeat = matches!(inbound, Inbound::Heartbeat { .. });
        ensure!(inbound != Inbound::Stale, "a live message is stale");
        ensure!(heartbeat == answer, "{text:?} was taken for {inbound:?}");
        if self.link.config().confirmation == Confirmation::LaterTraffic {
            return Ok(self.confirm(|_, fate| fate == Fate::Flushed));
        }
        Ok(0)
    }

    fn close_socket(&mut self, socket: SocketId, code: u16, was_clean: bool) {
        self.link.handle_close(self.now, socket, Close { code, reason: String::new(), was_clean });
    }

    fn stale(&mut self, kind: u8) {
        let newest = self.live.as_ref().map_or(self.sockets + 1, |socket| socket.id.0);
        let socket = SocketId(newest - 1);
        match kind {
            0 => self.link.handle_open(self.now, socket),
            1 => assert_eq!(
                self.link.handle_message(self.now, socket, MessageRef::Text("old")),
                Inbound::Stale
            ),
            2 => self.link.handle_error(self.now, socket),
            3 => self.close_socket(socket, 4001, true),
            4 => self.link.handle_buffered(self.now, socket, 7),
            _ => self.link.handle_refused(self.now, socket, "old".into()),
        }
    }

    fn flush(&mut self, buffered: u64) {
        let Some(socket) = self.live.as_mut() else { return };
        socket.flushed = socket.flushed.max(socket.handed - buffered);
        let flushed = socket.flushed;
        for (_, fate) in &mut self.messages {
            if matches!(fate, Fate::Handed(end) if *end <= flushed) {
                *fate = Fate::Flushed;
            }
        }
    }

    /// Marks what must be confirmed.
    fn confirm(&mut self, which: impl Fn(usize, Fate) -> bool) -> u64 {
        let mut count = 0;
        for (index, (_, fate)) in self.messages.iter_mut().enumerate() {
            if matches!(fate, Fate::Handed(_) | Fate::Flushed) && which(index, *fate) {
                *fate = Fate::Confirmed;
                count += 1;
            }
        }
        count
    }

    fn drain(&mut self, confirmed: u64) -> Result<(), String> {
        while let Some(action) = self.link.poll_action() {
            self.act(&action)?;
            self.output.actions.push(action);
        }
        let mut reported = 0;
        while let Some(event) = self.link.poll_event() {
            if let Event::MessagesConfirmed(ids) = &event {
                reported += ids.count;
            }
            self.witness(&event)?;
            self.output.events.push(event);
        }
        ensure!(self.ended.is_none(), "nobody said that a socket ended");
        ensure!(reported == confirmed, "{reported} messages confirmed, not {confirmed}");
        Ok(())
    }

    fn act(&mut self, action: &Action) -> Result<(), String> {
        if let Action::Connect { socket } = action {
            ensure!(!self.user_closed, "connects after close");
            ensure!(*socket == SocketId(self.sockets + 1), "{socket} is not the next socket");
            ensure!(self.live.is_none(), "{socket} is a second live socket");
            self.sockets += 1;
            self.live = Some(Socket {
                id: *socket,
                open: false,
                opened_at: self.elapsed,
                last_inbound: self.elapsed,
                closing: None,
                handed: 0,
                flushed: 0,
                beat: None,
            });
            return Ok(());
        }
        let Some(socket) = self.live.as_mut() else { return Err(format!("{action:?} without a socket")) };
        ensure!(action.socket() == socket.id, "{action:?}, but {} is live", socket.id);
        match action {
            Action::Send { origin, message, .. } => {
                ensure!(socket.open && socket.closing.is_none(), "sends on a socket that isn't open");
                socket.handed += message.len() as u64;
                match origin {
                    Origin::User(id) => {
                        let end = socket.handed;
                        let index = (id.0 - 1) as usize;
                        ensure!(
                            self.messages[index].1 == Fate::Queued,
                            "{id} is {:?}",
                            self.messages[index].1
                        );
                        ensure!(self.messages[index].0 == *message, "{id} is not what was sent");
                        ensure!(self.handed <= index, "{id} comes after its successor");
                        self.messages[index].1 = Fate::Handed(end);
                        self.handed = index + 1;
                    }
                    Origin::Heartbeat => {
                        let Message::Text(text) = message else { return Err("a binary heartbeat".into()) };
                        socket.beat = Some((text.clone(), self.handed, false));
                    }
                    Origin::Opening(_) | Origin::Now => {}
                }
            }
            Action::Close { code, .. } => {
                ensure!(self.user_closed && socket.open && socket.closing.is_none(), "closes unasked");
                socket.closing = Some(*code);
            }
            Action::Detach { code, .. } => {
                ensure!(*code == 1000 || (3000..=4999).contains(code), "a browser would reject {code}");
                self.ended = self.live.take();
            }
            Action::ReadBuffered { .. } | Action::Connect { .. } => {}
        }
        Ok(())
    }

    fn witness(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::MessageSent { id, .. } => {
                let fate = self.messages[(id.0 - 1) as usize].1;
                ensure!(!matches!(fate, Fate::Queued | Fate::Dropped), "{id} sent, but it is {fate:?}");
            }
            Event::MessageDropped { id, .. } => {
                let fate = &mut self.messages[(id.0 - 1) as usize].1;
                ensure!(*fate == Fate::Queued, "{id} dropped, but it is {fate:?}");
                *fate = Fate::Dropped;
            }
            Event::MessagesConfirmed(ids) => {
                let range = self.range(ids);
                let count = range.iter().filter(|(_, fate)| *fate == Fate::Confirmed).count();
                let others =
                    range.iter().filter(|(_, fate)| !matches!(fate, Fate::Confirmed | Fate::Dropped));
                ensure!(count as u64 == ids.count && others.count() == 0, "{ids:?} confirmed: {range:?}");
            }
            Event::MessagesUnknown(ids) => {
                let mut count = 0;
                for id in ids.iter() {
                    let fate = &mut self.messages[(id.0 - 1) as usize].1;
                    match fate {
                        Fate::Handed(_) | Fate::Flushed => {
                            *fate = Fate::Unknown;
                            count += 1;
                        }
                        Fate::Dropped => {}
                        _ => return Err(format!("{id} unknown, but it is {fate:?}")),
                    }
                }
                ensure!(count == ids.count, "{ids:?} counts {count}");
            }
            Event::Disconnected { socket, why, close, open_for } => {
                let Some(ended) = self.ended.take_if(|ended| ended.id == *socket) else {
                    return Err(format!("{socket} disconnected, but it didn't end"));
                };
                ensure!(ended.open == open_for.is_some(), "open for {open_for:?}");
                self.settle_failures(&ended, *why, close.code);
            }
            _ => {}
        }
        Ok(())
    }

    fn range(&self, ids: &MessageIds) -> &[(Message, Fate)] {
        &self.messages[(ids.first.0 - 1) as usize..ids.last.0 as usize]
    }
}
