//! What `docs/session-protocol.md` asks of a client, tried case by case.
//!
//! | | |
//! |---|---|
//! | [`SessionCase`] | what there is to try, and what the client's application has to do for it |
//! | [`Exam`] | one run of a case: the server's end of all of its connections, and the verdict |
//! | [`Seat`] | what an exam knows of one connection: who carries it asks for its outputs and its timeout |
//!
//! An exam knows nothing of sessions but what the text says: it is no server of sessions, and judges by its script what
//! comes over the wire. Only what the application is told stays unseen, so that the application says it: it publishes
//! what it gets.

mod cases;
mod exam;
mod plays;
mod script;
mod seat;

pub use cases::SessionCase;
pub use exam::Exam;
pub use seat::{Output, Said, Seat};

/// The path in front of a case's name.
pub const PATH: &str = "/ws/conformance/session/";
