//! The application heartbeat: is anybody still there?

use std::time::Duration;

use crate::{Answer, Message};

/// The placeholder that is replaced by a token unique to each heartbeat.
pub const TOKEN: &str = "{token}";

/// The heartbeat's settings.
///
/// No browser lets a page send or see pings (RFC 6455 section 5.5.2), so the heartbeat is a message like any other,
/// and the far end may be anybody's server: what is sent and what counts as its answer are settings.
/// Every message that comes in proves that the peer is alive, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// How long nothing must have come in before a heartbeat is sent. Default 20 s.
    ///
    /// Shorter notices a dead connection sooner; longer spares traffic and batteries. Stay below the idle limits on
    /// the way (60 s in common proxies) and off their exact values.
    pub interval: Duration,
    /// How long after a heartbeat the peer may stay silent before the connection counts as dead. Default 10 s.
    ///
    /// A half-open connection is noticed within `interval + deadline`. Too short drops healthy slow connections.
    pub deadline: Duration,
    /// Whether to send one every `interval` even while messages come in. Default off.
    ///
    /// On keeps the round-trip time measured on a busy connection, for some more traffic.
    pub even_when_busy: bool,
    /// What is sent. [`TOKEN`] in a text is replaced by a token unique to each heartbeat, so that no text of the
    /// user's can be mistaken for it. Default `heartwire-ping {token}`.
    pub payload: Message,
    /// What counts as the answer. Default [`Answer::Echo`].
    pub answer: Answer,
    /// What to do when the deadline goes by in silence. Default [`OnMissed::Reconnect`].
    pub on_missed: OnMissed,
    /// A hint (the tab is visible again, the network is back) makes the link probe an open connection, unless
    /// something has come in within this time. Default 1 s.
    ///
    /// Longer saves probes while somebody switches tabs back and forth.
    pub fresh_for: Duration,
}

impl Default for Heartbeat {
    fn default() -> Heartbeat {
        Heartbeat {
            interval: Duration::from_secs(20),
            deadline: Duration::from_secs(10),
            even_when_busy: false,
            payload: Message::Text(format!("heartwire-ping {TOKEN}")),
            answer: Answer::Echo,
            on_missed: OnMissed::Reconnect,
            fresh_for: Duration::from_secs(1),
        }
    }
}

/// What to do when the heartbeat's deadline goes by in silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissed {
    /// Let go of the socket at once, without waiting for its `close`, and reconnect by the rules.
    #[default]
    Reconnect,
    /// Only say so. For servers that may be silent for good reasons.
    Report,
}

/// How the heartbeat of the present connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// There is no heartbeat: switched off, or no connection.
    Off,
    /// Connected, and nothing has come in yet.
    Waiting,
    /// Something has come in, and no heartbeat is overdue.
    Alive,
    /// More than half of the deadline has gone by in silence.
    Late,
    /// The deadline has gone by in silence; shown until something comes in on this or the next connection.
    Missed,
}
