//! Heartwire's benchmarks: what an echoed message, a delivery in a room and a new connection cost the server, what stands in a
//! message's way, and what an idle connection holds, beside a bare TCP echo and other WebSocket servers. `README.md` of this
//! package says what the figures mean.

#![cfg(target_os = "linux")]

pub mod api;
pub mod audience;
pub mod bus;
pub mod churn;
pub mod client;
pub mod config;
pub mod connect;
pub mod echo;
pub mod fanout;
pub mod frames;
pub mod hop;
pub mod idle;
pub mod load;
pub mod payload;
pub mod peers;
pub mod print;
pub mod process;
pub mod servers;
pub mod soak;
pub mod stats;
pub mod turns;
pub mod verdict;
