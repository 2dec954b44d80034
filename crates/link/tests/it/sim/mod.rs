//! A client, an echo server and the network between them, in simulated time.
//!
//! Like quinn-proto's pair of peers it steps to the next thing that happens, a frame that arrives or a timer of the
//! link, so an hour costs nothing and every run with the same seed is the same.

mod trace;
mod wire;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use link::{Close, CloseRequest, Config, Event, Hint, Link, Message, MessageId, Phase, SocketId, Time};

use trace::Trace;

/// A frame on its way between the two.
#[derive(Clone, Debug)]
pub(crate) enum Frame {
    /// The handshake request, or its acceptance.
    Hello,
    Message(Message),
    Close(Close),
    /// The connection is gone or was refused: browsers report an error and a close with 1006.
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Client,
    Server,
}

/// What the network does to frames that are sent from here on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network {
    /// One way.
    pub(crate) latency: Duration,
    /// Nothing that is sent arrives, and nobody is told. Connections that lost something stay dead.
    pub(crate) silent: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerMode {
    Up,
    /// Nobody listens: connects are refused.
    Stopped,
    /// Connections stay, nothing is answered (SIGSTOP, a deadlock).
    Hung,
    /// Reads everything and says nothing.
    Mute,
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) mode: ServerMode,
    connections: BTreeSet<SocketId>,
    /// What arrived while hung.
    backlog: VecDeque<(SocketId, Frame)>,
    /// Every message that arrived, heartbeats included, in order.
    pub(crate) received: Vec<Message>,
}

/// What the page's end of a socket looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadyState {
    Connecting,
    Open,
    Closing,
    Closed,
}

pub(crate) struct Sim {
    pub(crate) link: Link,
    pub(crate) network: Network,
    pub(crate) server: Server,
    /// Messages shown to the user, in order.
    pub(crate) shown: Vec<String>,
    /// Which of the link's messages the page has handed to a socket, in order.
    pub(crate) sent: Vec<(MessageId, Message)>,
    /// Everything the link has told.
    pub(crate) events: Vec<Event>,
    pub(crate) trace: Trace,
    now: Time,
    sockets: BTreeMap<SocketId, ReadyState>,
    /// In transit, by arrival.
    transit: BTreeMap<(Time, u64), (End, SocketId, Frame)>,
    sequence: u64,
    /// When the latest frame of each direction arrives: streams keep their order.
    horizon: BTreeMap<(End, SocketId), Time>,
    /// Connections that have lost a frame. A stream with a hole in it never gets going again.
    broken: BTreeSet<SocketId>,
    /// The page doesn't run: events and timers wait.
    asleep: bool,
    inbox: VecDeque<(SocketId, Frame)>,
}

impl Sim {
    pub(crate) fn new(config: Config, seed: u64) -> Sim {
        Sim {
            link: Link::new(config, seed, Time::ZERO),
            network: Network { latency: Duration::from_millis(20), silent: false },
            server: Server {
                mode: ServerMode::Up,
                connections: BTreeSet::new(),
                backlog: VecDeque::new(),
                received: Vec::new(),
            },
            shown: Vec::new(),
            sent: Vec::new(),
            events: Vec::new(),
            trace: Trace::default(),
            now: Time::ZERO,
            sockets: BTreeMap::new(),
            transit: BTreeMap::new(),
            sequence: 0,
            horizon: BTreeMap::new(),
            broken: BTreeSet::new(),
            asleep: false,
            inbox: VecDeque::new(),
        }
    }

    /// A simulation that is connected.
    pub(crate) fn connected(config: Config, seed: u64) -> Sim {
        let mut sim = Sim::new(config, seed);
        sim.open();
        sim.run_millis(100);
        assert_eq!(sim.link.phase(), Phase::Open);
        sim
    }

    // What the user does.

    pub(crate) fn open(&mut self) {
        self.trace.user(self.now, "opens");
        self.link.open(self.now);
        self.drain();
    }

    pub(crate) fn send(&mut self, text: &str) {
        let outcome = self.link.send(self.now, text.into());
        match outcome {
            Ok(id) => self.trace.user(self.now, &format!("sends {text:?} as {id}")),
            Err(error) => self.trace.user(self.now, &format!("can't send {text:?}: {error}")),
        }
        self.drain();
    }

    pub(crate) fn close(&mut self, code: u16, reason: &str) {
        self.trace.user(self.now, "closes");
        let request = CloseRequest { code: Some(code), reason: reason.to_owned() };
        self.link.close(self.now, request).expect("a code that may be sent");
        self.drain();
    }

    pub(crate) fn reconnect_now(&mut self) {
        self.trace.user(self.now, "presses retry now");
        self.link.reconnect_now(self.now);
        self.drain();
    }

    pub(crate) fn configure(&mut self, change: impl FnOnce(&mut Config)) {
        let mut config = self.link.config().clone();
        change(&mut config);
        self.trace.user(self.now, "changes the settings");
        self.link.set_config(self.now, config);
        self.drain();
    }

    pub(crate) fn hint(&mut self, hint: Hint) {
        self.trace.world(self.now, &format!("hint: {hint:?}"));
        self.link.handle_hint(self.now, hint);
        self.drain();
    }

    // What the world does.

    /// The server process dies; the kernel resets its connections.
    pub(crate) fn kill_server(&mut self) {
        self.trace.world(self.now, "the server is killed");
        self.server.mode = ServerMode::Stopped;
        self.server.backlog.clear();
        for socket in std::mem::take(&mut self.server.connections) {
            self.transmit(End::Client, socket, Frame::Reset);
        }
    }

    /// The server closes every connection and keeps running.
    pub(crate) fn close_from_server(&mut self, code: u16, reason: &str) {
        self.trace.world(self.now, &format!("the server closes with {code} {reason:?}"));
        for socket in std::mem::take(&mut self.server.connections) {
            let close = Close { code, reason: reason.to_owned(), was_clean: true };
            self.transmit(End::Client, socket, Frame::Close(close));
        }
    }

    pub(crate) fn set_server(&mut self, mode: ServerMode) {
        self.trace.world(self.now, &format!("the server is {}", format!("{mode:?}").to_lowercase()));
        self.server.mode = mode;
        if mode == ServerMode::Up {
            for (socket, frame) in std::mem::take(&mut self.server.backlog) {
                self.serve(socket, frame);
            }
        }
    }

    pub(crate) fn set_silent(&mut self, silent: bool) {
        let what = if silent { "the network swallows everything" } else { "the network works again" };
        self.trace.world(self.now, what);
        self.network.silent = silent;
    }

    /// The server sends something of its own accord.
    pub(crate) fn push_from_server(&mut self, text: &str) {
        for socket in self.server.connections.clone() {
            self.transmit(End::Client, socket, Frame::Message(text.into()));
        }
    }

    /// The page doesn't run for a while. On waking its timers come before what has arrived meanwhile, which is the
    /// harder order.
    pub(crate) fn sleep_secs(&mut self, secs: u64) {
        self.trace.world(self.now, &format!("the page sleeps for {secs} s"));
        self.asleep = true;
        self.run_millis(secs * 1000);
        self.asleep = false;
        self.trace.world(self.now, "the page wakes");
        self.link.handle_timeout(self.now);
        self.drain();
        for (socket, frame) in std::mem::take(&mut self.inbox) {
            self.deliver(socket, frame);
        }
    }

    /// The browser refuses to create the socket that is being connected.
    pub(crate) fn refuse(&mut self, reason: &str) {
        let socket = self.link.socket().expect("a connection attempt");
        self.sockets.insert(socket, ReadyState::Closed);
        self.link.handle_refused(self.now, socket, reason.to_owned());
        self.drain();
    }

    /// A late event of a socket that the page has long let go of.
    pub(crate) fn late_close(&mut self, socket: u64) {
        self.deliver(SocketId(socket), Frame::Close(Close::abnormal()));
    }

    // Time.

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    pub(crate) fn run_secs(&mut self, secs: u64) {
        self.run_millis(secs * 1000);
    }

    pub(crate) fn run_millis(&mut self, millis: u64) {
        self.run_until_time(self.now + Duration::from_millis(millis));
    }

    pub(crate) fn run_until_time(&mut self, end: Time) {
        while self.step(end) {}
        self.now = self.now.max(end);
    }

    /// Runs until the link is in the phase of this name.
    pub(crate) fn run_until(&mut self, phase: &str, limit_secs: u64) {
        let end = self.now + Duration::from_secs(limit_secs);
        while self.link.phase().name() != phase {
            assert!(self.step(end), "not {phase} after {limit_secs} s but {:?}", self.link.phase());
        }
    }

    /// Goes to the next thing that happens before `end`.
    fn step(&mut self, end: Time) -> bool {
        let arrival = self.transit.first_key_value().map(|(key, _)| *key);
        let timeout = self.link.poll_timeout().filter(|_| !self.asleep);
        match (arrival, timeout) {
            (Some(key), timeout) if key.0 <= end && timeout.is_none_or(|at| key.0 <= at) => {
                self.now = self.now.max(key.0);
                if let Some((to, socket, frame)) = self.transit.remove(&key) {
                    self.arrive(to, socket, frame);
                }
                true
            }
            (_, Some(at)) if at <= end => {
                self.now = self.now.max(at);
                self.link.handle_timeout(self.now);
                self.drain();
                true
            }
            _ => false,
        }
    }
}
