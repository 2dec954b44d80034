//! What Heartwire's own endpoints say, as data: no IO, no clock, no randomness of its own.
//!
//! | module | what it is |
//! |---|---|
//! | [`fault`] | a fault plan: read from a query, written as one, and the machine that says what becomes of each message |
//! | [`journal`] | what happened on the connections of one label, and the questions a test suite has about it |
//! | [`conformance`] | a client's run through every rule that it has to enforce, judged by the journal |
//! | [`game`] | a small real-time game: the arena, what is said in it, and the client that predicts it |
//! | [`guard`] | where a relay may connect to, name by name and address by address |
//! | [`hold`] | messages stopped on their way through a relay: which, and what becomes of them |
//! | [`relay`] | what is said on `/ws/relay`, read and written |
//! | [`replay`] | a recorded conversation, played back: the file, what the query asks for, and the machine of one connection |
//! | [`room`] | what is said in a room beside its session: presence, typing, pages of history |
//! | [`session`] | a session that survives its connections: both ends, and what they say |
//! | [`ticker`] | a simulated market, and what is said about it |
//! | [`units`] | times, sizes, rates and chances as people write them |
//!
//! A connection's life with faults:
//!
//! 1. [`fault::Asked::from_query`] reads the plan. [`fault::Parameter::all`] is the one table of all parameters: reading,
//!    writing, `GET /api/faults` and the README come from it.
//! 2. [`fault::HandshakeFaults`] says what to do before and in place of the 101.
//! 3. [`fault::Machine`] is told each message and what time it is, and says what to deliver, send, break or end, and when.
//! 4. [`journal::Journal`] keeps what happened; [`journal::Condition`] and [`journal::Verification`] are asked of it.

pub mod conformance;
pub mod fault;
pub mod game;
pub mod guard;
mod head;
pub mod hold;
pub mod journal;
pub mod relay;
pub mod replay;
pub mod room;
pub mod session;
pub mod ticker;
pub mod units;
