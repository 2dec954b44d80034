//! Heartwire's server: the page, the WebSocket endpoints, and what runs them.
//!
//! ```text
//! run     listeners, one thread per core ── accept ── HTTP connection ── routes
//!                                                                         ├─ /healthz
//!                                                     upgrade ── socket ──┼─ /ws      echo
//!                                                                         └─ /*       assets
//! ```
//! - Decisions are pure and have their tests beside them: [`handshake`], [`origin`], [`echo`], the heartbeat, the
//!   choice of an asset's variant.
//! - `socket` alone knows the WebSocket library, `upgrade` alone knows hyper's.
//! - A server can run in-process: see [`Server`].

pub mod assets;
pub mod cli;
pub mod echo;
pub mod handshake;
pub mod origin;

mod accept;
mod config;
mod heartbeat;
mod journal;
mod listen;
mod metered;
mod reply;
mod routes;
mod run;
mod socket;
mod stop;
mod upgrade;

pub use config::{Config, SocketConfig};
pub use run::{RunError, Server};
pub use stop::Stop;
