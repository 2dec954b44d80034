//! What runs: connections, each with its link, and what is about to be sent over them.
//!
//! ```text
//!   workspace ──▶ session ──▶ driver ──▶ transport
//!   the tabs      one of      the link,  the browser's
//!                 them        a clock,   sockets
//!                    │        a timer
//!                    ▼
//!                 outgoing    what the composer keeps, and repeated sending
//! ```

mod answering;
pub mod chunks;
pub mod driver;
pub mod outgoing;
pub mod session;
pub mod transport;
pub mod workspace;

pub use page::{fetching, frame, language};
