use protocol::fault::{FaultPlan, Message};
use socket::wire::Abort;
use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender};

/// No longer is waited for those who are told to do something.
const OBEYED_WITHIN: Duration = Duration::from_secs(1);

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
    /// Dropped with the order, which tells who gave it that it is obeyed.
    #[expect(dead_code, reason = "its end is what it tells")]
    pub(super) given: Option<Sender<Infallible>>,
}

/// A command was given.
#[derive(Debug)]
pub(crate) struct Given {
    /// To so many connections.
    pub(crate) connections: usize,
    pub(super) orders: Receiver<Infallible>,
}

impl Given {
    /// Waits until all of them that are open obey, which takes a busy one a moment.
    pub(crate) async fn obeyed(mut self) {
        // What would be received does not exist, so that this is the end of all orders.
        let _ = tokio::time::timeout(OBEYED_WITHIN, self.orders.recv()).await;
    }
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
