//! When to connect, beat, retry and queue: the client's connection policy.
//!
//! A [`Link`] is pure: no IO, no clock, no randomness of its own. The driver around it owns the socket and the
//! timer, tells the link what happened and does what it says:
//!
//! ```text
//!   commands  open  send  close  reconnect_now  set_config ──┐
//!                                                            ▼
//!   inputs    handle_open  handle_message  handle_close ──▶ Link ──▶ poll_action   connect, send, close, detach
//!             handle_error  handle_buffered                  │  ──▶ poll_event    what to tell the user
//!             handle_timeout  handle_hint ───────────────────┘  ──▶ poll_timeout  when to call handle_timeout
//! ```
//!
//! After every command and every input the driver drains `poll_action` and `poll_event`, then arms one timer for
//! `poll_timeout`. Inputs carry the id of the socket they come from; those of a socket the link has let go of are
//! ignored, so a driver need not unregister anything in time.

mod answer;
mod backoff;
mod config;
mod error;
mod event;
mod flight;
mod heartbeat;
mod json;
mod link;
mod message;
mod outbox;
mod phase;
mod rtt;
mod stats;
mod time;
mod timers;

pub use answer::Answer;
pub use config::{Config, Confirmation, MIN_DURATION, Overflow, Queue, Reconnect};
pub use error::{CloseError, SendError};
pub use event::{Action, Close, CloseRequest, DropReason, Event, Hint, Inbound, Origin, Why};
pub use heartbeat::{Heartbeat, OnMissed, Pulse, TOKEN};
pub use link::Link;
pub use message::{Message, MessageId, MessageIds, MessageRef, SocketId};
pub use phase::{Final, Phase};
pub use rtt::Rtt;
pub use stats::Stats;
pub use time::Time;
