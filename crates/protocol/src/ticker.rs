//! `/ws/ticker`: a simulated market, and what is said about it. `docs/channels.md` has it for people who write a client.
//!
//! A market is a pure function of its seed and of how many ticks have passed. Nothing of it is queued: a price knows when it
//! changed last, and a reader what it has seen last, so that whoever reads slowly gets the latest prices and no others.

mod market;
mod query;
mod said;

pub use market::{MAX_SYMBOLS, Market, Subscription, name_of, number_of};
pub use query::Plan;
pub use said::{Command, write_delta, write_snapshot};

/// The subprotocol's name.
pub const SUBPROTOCOL: &str = "heartwire.ticker.v1";
