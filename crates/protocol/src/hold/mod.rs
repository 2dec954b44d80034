//! Messages that are stopped on their way through a relay, and what becomes of them.
//!
//! A [`Breakpoint`] says which messages of which connections are held, by the filter language of the page. The [`Gate`] of a
//! connection is told each message and what time it is, and says what goes on and when. It has no clock and no bytes of its
//! own: what a host has to carry along with a message is its `X`.
//!
//! # Order
//!
//! A held message holds what is behind it in its direction: whatever comes later waits, so that the order is never changed.
//! Messages of the other direction go on. What waits goes on as soon as nothing before it is held.
//!
//! - **Pings, Pongs** and other things that keep a connection alive are none of the gate's business: they overtake what is
//!   held, as RFC 6455 §5.4 lets them, so that neither end takes the other for dead.
//! - **A Close** waits like a message ([`Gate::handle_other`]): behind it nothing may be sent (RFC 6455 §5.5.1), so what is
//!   held would be lost if it went first. The same holds for the end of a connection without one.
//! - **What is put in** by somebody at the relay, an answer included, goes out at once, ahead of what is held there: who wants
//!   it behind a held message decides on that first.
//!
//! # Bounds
//!
//! Each held message has a deadline, after which it goes on as it is. A gate holds at most [`MAX_MESSAGES`] and [`MAX_BYTES`],
//! those that wait behind held ones included; where one more does not fit, the oldest held one goes on. Both are told
//! ([`Told`]).

mod breakpoint;
mod gate;
mod heartbeat;
mod outcome;

pub use breakpoint::{Breakpoint, BreakpointError, Scope};
pub use gate::Gate;
pub use heartbeat::is_heartbeat;
pub use outcome::{Decision, Fate, Held, NotHeld, Output, Told};

use crate::fault::Kind;
use workbench::time::Micros;

/// As many messages wait in both directions of one connection, held or behind held ones.
pub const MAX_MESSAGES: usize = 10_000;
/// As many bytes, each message with [`COST`] beside its payload.
pub const MAX_BYTES: usize = 16 << 20;
/// What a message that waits costs beside its payload, in bytes.
pub const COST: usize = 128;

/// A direction through a relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// From the client to the target.
    ToTarget,
    /// From the target to the client.
    ToClient,
}

/// A message that comes to a gate.
#[derive(Clone, Copy, Debug)]
pub struct Passing<'a> {
    /// Where it goes.
    pub way: Way,
    /// Text or bytes.
    pub kind: Kind,
    /// The payload.
    pub payload: &'a [u8],
    /// When it came, for filters that ask for the time.
    pub at: Micros,
}

impl Way {
    /// Both, in the order in which their numbers stand for them.
    pub const ALL: [Way; 2] = [Way::ToTarget, Way::ToClient];

    /// `to-target` or `to-client`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Way::ToTarget => "to-target",
            Way::ToClient => "to-client",
        }
    }

    /// The way of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Way> {
        Way::ALL.into_iter().find(|way| way.as_str() == name)
    }

    /// The way back.
    #[must_use]
    pub const fn back(self) -> Way {
        match self {
            Way::ToTarget => Way::ToClient,
            Way::ToClient => Way::ToTarget,
        }
    }
}
