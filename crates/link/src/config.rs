//! The link's settings.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::{Heartbeat, Message};

/// The shortest duration any setting is taken for; shorter ones, zero included, are raised to it. It keeps a
/// mistyped setting from turning into a busy loop.
pub const MIN_DURATION: Duration = Duration::from_millis(10);

/// Everything a user can choose about a link. Values outside a field's limits are brought inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// How long a socket may take to open before it is given up and closed. Default 8 s.
    ///
    /// Shorter finds dead addresses sooner; too short never gets through a slow TLS handshake on a bad network.
    /// Browsers themselves wait minutes.
    pub connect_timeout: Duration,
    /// How long the peer may take to complete the closing handshake the user asked for, and how long a `close`
    /// may follow an `error`. Default 3 s.
    ///
    /// Shorter feels snappier; too short loses the peer's close code. Chromium alone can take 60 s.
    pub close_timeout: Duration,
    /// How far past its deadline a timer must fire to be taken for one that was held back (a sleeping machine, a
    /// throttled tab), so that the silence before it proves nothing. Default 2 s.
    ///
    /// Shorter probes needlessly on a busy page; longer declares a healthy connection dead after a nap. Hidden
    /// tabs normally run timers once a second, after some minutes once a minute.
    pub late_after: Duration,
    /// The heartbeat; `None` switches it off. Default on.
    ///
    /// Without one a half-open connection is noticed only by the operating system, after minutes or never.
    pub heartbeat: Option<Heartbeat>,
    /// What to do when a connection ends.
    pub reconnect: Reconnect,
    /// Where messages wait.
    pub queue: Queue,
    /// When a sent message counts as having arrived. Default [`Confirmation::LaterTraffic`].
    pub confirmation: Confirmation,
    /// Messages sent first on every new connection, in order, before anything queued: a login, a subscription.
    /// Default none.
    ///
    /// They are the link's to repeat, so they have no [`MessageId`](crate::MessageId), are not queued and are never
    /// reported as unknown.
    pub opening: Vec<Message>,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            connect_timeout: Duration::from_secs(8),
            close_timeout: Duration::from_secs(3),
            late_after: Duration::from_secs(2),
            heartbeat: Some(Heartbeat::default()),
            reconnect: Reconnect::default(),
            queue: Queue::default(),
            confirmation: Confirmation::default(),
            opening: Vec::new(),
        }
    }
}

impl Config {
    /// Brings every value inside its limits.
    pub(crate) fn normalized(mut self) -> Config {
        let floor = |duration: &mut Duration| *duration = (*duration).max(MIN_DURATION);
        floor(&mut self.connect_timeout);
        floor(&mut self.close_timeout);
        floor(&mut self.reconnect.min_delay);
        floor(&mut self.reconnect.hint_patience);
        self.reconnect.max_delay = self.reconnect.max_delay.max(self.reconnect.min_delay);
        // `max` also turns what is not a number into 1.
        self.reconnect.growth = self.reconnect.growth.max(1.0);
        self.reconnect.max_attempts = self.reconnect.max_attempts.map(|attempts| attempts.max(1));
        self.queue.max_messages = self.queue.max_messages.max(1);
        self.queue.max_buffered_bytes = self.queue.max_buffered_bytes.max(1);
        if let Some(heartbeat) = &mut self.heartbeat {
            floor(&mut heartbeat.interval);
            floor(&mut heartbeat.deadline);
        }
        self
    }
}

/// What to do when a connection ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconnect {
    /// Whether to reconnect at all. Default on.
    ///
    /// Off, every end is final, which is what someone testing a server's close behaviour wants.
    pub enabled: bool,
    /// The shortest delay before a retry. Default 500 ms.
    ///
    /// Shorter comes back sooner after a blip; longer spares a server with many clients.
    pub min_delay: Duration,
    /// The longest delay before a retry. Default 30 s; at least `min_delay`.
    ///
    /// Shorter finds a server that was away for long sooner; longer loads it less while it is coming back.
    pub max_delay: Duration,
    /// By how much the upper end of the random delay grows with each failure in a row. Default 2; at least 1.
    ///
    /// The delay before the retry after `n` failures is uniformly random from `min_delay` to
    /// `min(max_delay, min_delay * growth^max(n, 1))`: full jitter inside the cap, so that clients stay spread out
    /// however often they have failed.
    pub growth: f64,
    /// How long a connection must have lasted for its end to start counting attempts from one again. Default 5 s.
    ///
    /// Shorter lets a server that accepts and drops at once be hammered; longer punishes a short but real session.
    /// Of a connection that ended in silence only the time up to the last message counts.
    pub stable_after: Duration,
    /// How many attempts in a row may come to nothing, the first included, before the link gives up; `None` never
    /// gives up. Default `None`; at least 1.
    ///
    /// A limit suits scripts and checks; a person would rather see the countdown and decide.
    pub max_attempts: Option<u32>,
    /// Close codes after which retrying is pointless. Default 1002, 1003, 1007-1010 (the peer objects to what we
    /// say, and we would say it again) and 4000-4999 (the application's own verdicts).
    pub stop_codes: Vec<RangeInclusive<u16>>,
    /// Close codes with which a server asks for patience. Default 1012 (service restart) and 1013 (try again later).
    ///
    /// The delay is then uniformly random over the whole of `min_delay..=max_delay` from the first retry on, and
    /// hints don't shorten it: a restarted server gets its clients back spread over the whole span.
    pub slow_codes: Vec<RangeInclusive<u16>>,
    /// How long to wait for the event that ends [`Phase::Offline`](crate::Phase::Offline) or
    /// [`Phase::Suspended`](crate::Phase::Suspended) before trying without it. Default 30 s.
    ///
    /// Browsers sometimes lose those events, and call a machine offline whose server runs on that very machine.
    /// Longer saves attempts that are likely to fail.
    pub hint_patience: Duration,
}

impl Default for Reconnect {
    fn default() -> Reconnect {
        Reconnect {
            enabled: true,
            min_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
            growth: 2.0,
            stable_after: Duration::from_secs(5),
            max_attempts: None,
            stop_codes: vec![1002..=1003, 1007..=1010, 4000..=4999],
            slow_codes: vec![1012..=1013],
            hint_patience: Duration::from_secs(30),
        }
    }
}

/// Where messages wait for a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// How many messages may wait. Default 10,000; at least 1.
    ///
    /// More survives longer outages; less keeps a burst of stale messages from a server that comes back.
    pub max_messages: usize,
    /// How many bytes of payload may wait, and so the size of the largest message. Default 64 MiB.
    ///
    /// More takes larger messages; less bounds the memory of a page that has lost its server.
    pub max_bytes: usize,
    /// What happens to a message that finds the queue full. Default [`Overflow::Refuse`].
    pub overflow: Overflow,
    /// While the socket holds this many bytes or more that it hasn't put on the network, messages stay in the
    /// queue. Default 1 MiB; at least 1. A single message may exceed it.
    ///
    /// Less means that fewer messages are unknown after a drop; more keeps a fast network busy between two looks at
    /// the buffered amount, about 20 ms apart (1 MiB gives some 50 MB/s).
    pub max_buffered_bytes: u64,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue {
            max_messages: 10_000,
            max_bytes: 64 << 20,
            overflow: Overflow::default(),
            max_buffered_bytes: 1 << 20,
        }
    }
}

/// What happens to a message that finds the queue full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// `send` fails; what is queued stays. Right where each message matters and the writer can wait.
    #[default]
    Refuse,
    /// The oldest messages are dropped, each with an event, until there is room. Right where the newest matter most.
    DropOldest,
}

/// When a sent message counts as having arrived.
///
/// A plain endpoint acknowledges nothing, so this is a matter of evidence. A message for which there is none when
/// the connection ends is reported as unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confirmation {
    /// Either the evidence of `HeartbeatAnswer`, or: the socket had put the whole message on the network (its
    /// buffered amount says so) and some message came in after that was known.
    ///
    /// The same goes for everything handed over before a `close` of ours that the peer completed with our code.
    ///
    /// Likely, not proven: what came in may have been under way already. Right for watching an echo.
    #[default]
    LaterTraffic,
    /// Only the answer to a heartbeat that was sent after the message: a connection keeps its order, so the peer
    /// had the message before it answered.
    ///
    /// Proof, but as slow as the heartbeat. Needs an [`Answer`](crate::Answer) that a heartbeat alone can cause.
    HeartbeatAnswer,
}
