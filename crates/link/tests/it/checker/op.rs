//! What goes into the link and what comes out of it.

use link::{Action, Event, Hint};

/// One call into the link. Sockets are named relative to what is live, so that a history stays meaningful when
/// steps are removed from it.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Open,
    Send(u8),
    SendNow(u8),
    Close(Option<u16>),
    ReconnectNow,
    Configure(u8),
    SocketOpens,
    Message,
    /// The echo of the latest heartbeat, whether or not it was answered before.
    Answer,
    Error,
    SocketCloses(u16, bool),
    Refused,
    Withheld,
    /// The buffered amount, in 255ths of what has been handed over and not flushed.
    Buffered(u8),
    /// Goes to the next deadline, and this many milliseconds beyond.
    Timeout(u32),
    Spurious,
    Advance(u32),
    StepBack(u32),
    Hint(Hint),
    /// An event of the socket before the live one: 0 open, 1 message, 2 error, 3 close, 4 buffered, 5 refused.
    Stale(u8),
}

/// Everything that came out of the link, for comparing two runs.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Output {
    pub(super) actions: Vec<Action>,
    pub(super) events: Vec<Event>,
}

impl Output {
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }
}
