use protocol::fault::{FaultPlan, Message};
use socket::wire::Abort;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// What a connection is told to do.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// End without a Close.
    Kill(Abort),
    /// Send a Close: a code and a reason, or an empty one.
    Close(Option<(u16, String)>),
    /// Send and read nothing.
    Silence,
    /// Go on after that.
    Resume,
    /// Send this message.
    Send(Message),
    /// Send a Ping.
    Ping(Vec<u8>),
    /// Have these faults instead of those there are.
    Faults(Arc<FaultPlan>),
}

/// A command, and how long it holds.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) command: Command,
    pub(crate) until: Option<Instant>,
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(Abort::Reset) => f.write_str("kill with a reset"),
            Self::Kill(Abort::Fin) => f.write_str("kill in order"),
            Self::Close(Some((code, _))) => write!(f, "close {code}"),
            Self::Close(None) => f.write_str("close without a code"),
            Self::Silence => f.write_str("silence"),
            Self::Resume => f.write_str("resume"),
            Self::Send(message) => write!(f, "send {} bytes", message.payload.len()),
            Self::Ping(payload) => write!(f, "ping {} bytes", payload.len()),
            Self::Faults(plan) => write!(f, "faults {}", plan.to_query()),
        }
    }
}
