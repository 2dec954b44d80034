//! The link itself: its state, what it is asked and what it answers.

mod commands;
mod inputs;
mod timeouts;
mod transitions;

use std::collections::VecDeque;
use std::time::Duration;

use crate::flight::Flight;
use crate::heartbeat::Beats;
use crate::outbox::Outbox;
use crate::time::Clock;
use crate::timers::{Timer, TimerTable};
use crate::{Action, Close, Config, Event, MessageId, Origin, Phase, Pulse, Rtt, SocketId, Stats, Time, Why};

/// One client's connection to one endpoint, over as many sockets as it takes.
///
/// See the [crate's documentation](crate) for how to drive it.
///
/// # What becomes of a message
///
/// ```text
///             ┌─▶ MessageDropped    not handed to any socket, and will not be
///   send ─────┤
///   (queued)  │                  ┌─▶ MessagesConfirmed   by the standard of Confirmation
///             └─▶ MessageSent ───┤
///                                └─▶ MessagesUnknown     the socket ended first
/// ```
///
/// Every message accepted by `send` takes one path through this picture, in the order of ids, or is still on its
/// way. It is handed to at most one socket: what is unknown isn't sent again, since on a plain endpoint that might
/// deliver it twice.
#[derive(Debug)]
pub struct Link {
    config: Config,
    clock: Clock,
    rng: fastrand::Rng,
    /// Its times are the link's own; `phase()` translates them.
    phase: Phase,
    /// Present in `Connecting`, `Open` and `Closing`, and only there.
    connection: Option<Connection>,
    timers: TimerTable,
    outbox: Outbox,
    actions: VecDeque<Action>,
    events: VecDeque<Event>,
    /// Attempts in a row that came to nothing.
    failures: u32,
    /// When the latest attempt started; hints keep a distance from it.
    last_attempt_at: Option<Time>,
    /// Until when a server that asked for patience is spared retries on a mere hint.
    patient_until: Option<Time>,
    /// Whether the platform says that there is no network.
    offline: bool,
    /// Whether the heartbeat was missed and nothing has come in since.
    missed: bool,
    last_end: Option<(Why, Close)>,
    next_socket: u64,
    next_message: u64,
    /// Tells this link's heartbeats from those of others on the same endpoint.
    nonce: u32,
    next_beat: u64,
    rtt: Rtt,
    stats: Stats,
}

/// What is known about the socket in use.
#[derive(Debug)]
struct Connection {
    socket: SocketId,
    started_at: Time,
    opened_at: Option<Time>,
    last_inbound_at: Option<Time>,
    last_beat_at: Option<Time>,
    /// The latest round trip.
    rtt: Option<Duration>,
    beats: Beats,
    flight: Flight,
    /// More than half of a heartbeat's deadline has gone by in silence.
    late: bool,
    /// A timer that fired late has been granted its second chance. Given back by anything that comes in.
    probed: bool,
    /// The code of the user's `close`.
    close_code: Option<u16>,
}

impl Connection {
    /// Since when nothing has come in.
    fn silent_since(&self) -> Time {
        self.last_inbound_at.or(self.opened_at).unwrap_or(self.started_at)
    }
}

impl Link {
    /// A link at rest. `seed` decides every random choice it will make: the same seed and the same calls give the
    /// same actions and events. Values of `config` outside their limits are brought inside.
    pub fn new(config: Config, seed: u64, now: Time) -> Link {
        let mut rng = fastrand::Rng::with_seed(seed);
        Link {
            config: config.normalized(),
            clock: Clock::new(now),
            nonce: rng.u32(..),
            rng,
            phase: Phase::Idle,
            connection: None,
            timers: TimerTable::default(),
            outbox: Outbox::default(),
            actions: VecDeque::new(),
            events: VecDeque::new(),
            failures: 0,
            last_attempt_at: None,
            patient_until: None,
            offline: false,
            missed: false,
            last_end: None,
            next_socket: 1,
            next_message: 1,
            next_beat: 1,
            rtt: Rtt::default(),
            stats: Stats::default(),
        }
    }

    /// The next thing to do. Call until `None` after every command and input, carrying out each action before
    /// asking for the next: a queued message counts as handed to the socket when it is returned here.
    pub fn poll_action(&mut self) -> Option<Action> {
        if let Some(action) = self.actions.pop_front() {
            if let Action::Send { socket, origin, message } = &action {
                let (socket, origin, len) = (*socket, *origin, message.len());
                self.note_sent(socket, origin, len);
            }
            return Some(action);
        }
        if self.phase != Phase::Open {
            return None;
        }
        let connection = self.connection.as_ref()?;
        if connection.flight.buffered_bytes() >= self.config.queue.max_buffered_bytes {
            return None;
        }
        let socket = connection.socket;
        let (id, message) = self.outbox.pop()?;
        self.note_sent(socket, Origin::User(id), message.len());
        Some(Action::Send { socket, origin: Origin::User(id), message })
    }

    /// The next thing to tell the user. Call until `None` after every command and input, once the actions are done.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call `handle_timeout`, in the driver's time; ask again after every call. A time in the past means
    /// at once. `None` only where nothing can happen by itself: idle, closed, or an open connection without a
    /// heartbeat and with nothing under way.
    pub fn poll_timeout(&self) -> Option<Time> {
        self.timers.next().map(|at| self.clock.to_driver(at))
    }

    /// Where the link stands.
    pub fn phase(&self) -> Phase {
        let driver = |until| self.clock.to_driver(until);
        match self.phase {
            Phase::Waiting { attempt, until } => Phase::Waiting { attempt, until: driver(until) },
            Phase::Offline { attempt, until } => Phase::Offline { attempt, until: driver(until) },
            Phase::Suspended { until } => Phase::Suspended { until: driver(until) },
            phase @ (Phase::Idle
            | Phase::Connecting { .. }
            | Phase::Open
            | Phase::Closing
            | Phase::Closed(_)) => phase,
        }
    }

    /// The settings in force.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The socket in use, from `Connect` until it ended or was let go of.
    pub fn socket(&self) -> Option<SocketId> {
        self.connection.as_ref().map(|connection| connection.socket)
    }

    /// How the latest socket closed. One that was called off before it opened did not.
    pub fn last_close(&self) -> Option<&Close> {
        self.last_end.as_ref().map(|(_, close)| close)
    }

    /// Why the socket of [`Link::last_close`] ended.
    pub fn last_why(&self) -> Option<Why> {
        self.last_end.as_ref().map(|(why, _)| *why)
    }

    /// How the heartbeat is doing.
    pub fn pulse(&self) -> Pulse {
        match &self.connection {
            _ if self.config.heartbeat.is_none() => Pulse::Off,
            _ if self.missed && !self.phase.is_final() => Pulse::Missed,
            Some(connection) if self.phase == Phase::Open => {
                if connection.late {
                    Pulse::Late
                } else if connection.last_inbound_at.is_some() {
                    Pulse::Alive
                } else {
                    Pulse::Waiting
                }
            }
            _ => Pulse::Off,
        }
    }

    /// The latest round trip on the present socket.
    pub fn present_rtt(&self) -> Option<Duration> {
        self.connection.as_ref()?.rtt
    }

    /// Round-trip times measured by the heartbeat, over all sockets.
    pub fn rtt(&self) -> &Rtt {
        &self.rtt
    }

    /// Counters.
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// How many messages wait for a socket, or for room in its buffer.
    pub fn queued_messages(&self) -> usize {
        self.outbox.len()
    }

    /// How many bytes of payload they have.
    pub fn queued_bytes(&self) -> usize {
        self.outbox.bytes()
    }

    /// How many messages were handed to the present socket and are not confirmed.
    pub fn unconfirmed_messages(&self) -> u64 {
        self.connection.as_ref().map_or(0, |connection| connection.flight.unconfirmed_count())
    }

    /// How many bytes were handed to the present socket and are not known to be on the network.
    pub fn buffered_bytes(&self) -> u64 {
        self.connection.as_ref().map_or(0, |connection| connection.flight.buffered_bytes())
    }

    /// For how long nothing has come in on the open connection, as of the last call into the link.
    pub fn silent_for(&self) -> Option<Duration> {
        let connection = self.connection.as_ref()?;
        connection.opened_at?;
        Some(self.clock.now().saturating_since(connection.silent_since()))
    }

    /// How many attempts in a row came to nothing; what the backoff counts.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Books a message that leaves through `poll_action`.
    fn note_sent(&mut self, socket: SocketId, origin: Origin, len: usize) {
        self.stats.bytes_sent += len as u64;
        let id: Option<MessageId> = match origin {
            Origin::User(id) => {
                self.stats.messages_sent += 1;
                self.events.push_back(Event::MessageSent { id, socket });
                Some(id)
            }
            Origin::Opening(index) => {
                self.stats.openings_sent += 1;
                self.events.push_back(Event::OpeningSent { index, socket });
                None
            }
            Origin::Now => {
                self.stats.sent_now += 1;
                None
            }
            Origin::Heartbeat => None,
        };
        if let Some(connection) = self.connection.as_mut() {
            connection.flight.hand(id, len);
            if self.timers.get(Timer::Flush).is_none() {
                let wait = connection.flight.next_poll();
                self.timers.set(Timer::Flush, self.clock.now() + wait);
            }
        }
    }
}
