//! Recorded conversations, played back: `library` is which there are, `endpoint` what stands behind a connection.
//!
//! What is said when is [`protocol::replay`]'s.

mod endpoint;
mod library;

pub(crate) use endpoint::Replay;
pub use library::ReplayError;
pub(crate) use library::{MAX_FILE, Refused, Replays};
