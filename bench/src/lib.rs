//! Heartwire's benchmarks: what an echoed message costs the server, and what an idle connection holds, beside a
//! bare TCP echo and other WebSocket servers. `README.md` of this package says what the figures mean.

pub mod client;
pub mod config;
pub mod echo;
pub mod frames;
pub mod idle;
pub mod load;
pub mod payload;
pub mod peers;
pub mod process;
pub mod servers;
pub mod stats;
