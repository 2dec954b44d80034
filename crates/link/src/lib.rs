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
//!
//! ```
//! use link::{Action, Config, Event, Link, Phase, Time};
//!
//! let mut link = Link::new(Config::default(), 42, Time::ZERO);
//! let id = link.send(Time::ZERO, "hello".into())?;
//! link.open(Time::ZERO);
//!
//! // A real driver creates a socket here, and calls `handle_open` when that reports to be open.
//! let Some(Action::Connect { socket }) = link.poll_action() else { panic!("a socket is needed") };
//! link.handle_open(Time::from_millis(35), socket);
//!
//! // What was written before is sent, and the next thing to come is a heartbeat after 20 s of silence.
//! assert!(matches!(link.poll_action(), Some(Action::Send { .. })));
//! link.handle_buffered(Time::from_millis(35), socket, 0);
//! assert_eq!(link.poll_action(), None);
//! let events: Vec<Event> = std::iter::from_fn(|| link.poll_event()).collect();
//! assert!(events.contains(&Event::MessageSent { id, socket }));
//! assert_eq!(link.phase(), Phase::Open);
//! assert_eq!(link.poll_timeout(), Some(Time::from_millis(20_035)));
//! # Ok::<(), link::SendError>(())
//! ```
//!
//! What it never does: two live sockets at once; a send on a socket that isn't open; a message handed over twice,
//! out of order, or lost without an event; a connect after `close` and before `open`; a wait without a timer. The
//! tests check this after every step of random histories.

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
