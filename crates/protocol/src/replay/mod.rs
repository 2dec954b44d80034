//! A recorded conversation, played back: the server's side of it, to any client.
//!
//! [`Recording`] is the file, [`Plan`] what the query asks for, and a [`Machine`] one connection: it is told what the client
//! says and what time it is, and says what the recorded server says and when.

mod difference;
mod machine;
mod plan;
mod recording;

pub use difference::{Difference, Mismatch};
pub use machine::{Machine, Say};
pub use plan::{Matching, Mode, OnMismatch, PARAMETERS, Parameter, Plan};
pub use recording::{Conversation, Recording, RecordingError};

#[cfg(test)]
mod tests;
