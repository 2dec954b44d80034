//! What is said on `/ws/relay`, in both directions, for the server and for whoever uses it: `docs/relay-protocol.md` in code.
//!
//! Each message has a head, a JSON object whose `type` says what it is. A text message is a head alone. A binary message is
//! a head and a payload: two bytes with the length of the head, most significant first, the head, and the payload.
//!
//! | from | type |
//! |---|---|
//! | the client | [`Connect`], once, first; then [`Command`]s |
//! | the relay | [`Event`]s |

mod command;
mod connect;
mod event;

pub use crate::head::{Encoded, Frame, ReadError};
pub use command::Command;
pub use connect::{Connect, Mounting, TlsChoice};
pub use event::{Event, Opened, Step};
pub use workbench::connection::{Timings, TlsSeen};
pub use workbench::entry::LISTED_FRAGMENTS;

/// The subprotocol's name.
pub const SUBPROTOCOL: &str = "heartwire.relay.v1";
/// The code of the relay's Close when there is no target.
pub const NO_TARGET: u16 = 4502;
