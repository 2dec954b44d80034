//! Heartwire's server: the page, the WebSocket endpoints, and what runs them.
//!
//! ```text
//! run     listeners, one thread per core ── accept ── TLS ── serve ─ routes
//!                                              │                      ├─ /healthz /readyz /metrics
//!                                         seat, refusals              ├─ /*   assets
//!                                              └── upgrade ── sockets ─ /ws  echo
//! ```
//! - Decisions are pure and have their tests beside them: what a connection's faults do ([`protocol::fault`]), who a proxy speaks for, who is let
//!   in, the choice of an asset's variant. What the protocol decides is in [`socket::wire`].
//! - `serve` alone knows hyper's connections; `sockets` know nothing of HTTP.
//! - What connections share is in `state`: one part per server, one per thread. A thread's part is never waited for.
//! - A server can run in-process: see [`Server`].

pub mod assets;
mod behind;
pub mod cli;
pub mod log;
pub mod signals;

mod accept;
mod admission;
mod api;
mod breakpoints;
mod callers;
mod channels;
mod config;
mod conformance;
mod echo;
mod endpoints;
mod faults;
mod files;
mod forwarded;
mod game;
mod hosted;
mod journal;
mod kinds;
mod labels;
mod lazy;
mod listen;
mod lock;
mod memory;
mod metrics;
mod mount;
mod mounts;
mod nats;
mod pace;
mod record;
mod refusals;
mod registry;
mod relay;
mod replay;
mod reply;
mod resolver;
mod routes;
mod run;
mod seat;
mod serve;
mod sockets;
mod state;
mod stop;
mod tls;
mod trust;
mod upgrade;
mod visit;
mod watch;

pub use channels::{NatsError, RoomsError, StoreError};
pub use config::{
    ApiToken, Compression, Config, Driver, LimitConfig, PerAddress, ReplayFile, RoomConfig, SocketConfig,
    TlsSource,
};
pub use files::raise_file_limit;
pub use forwarded::{Network, ParseNetworkError};
pub use mount::{Mount, MountHeader, ParseMountError};
pub use nats::NatsConfig;
pub use record::{Output, RecordConfig, RecordError, Recorder};
pub use replay::ReplayError;
pub use resolver::Resolver;
pub use run::{RunError, Server};
pub use socket::wire::handshake::{AllowedOrigin, HostName, OriginPolicy};
pub use stop::Stop;
pub use tls::{Certificate, TlsError};
pub use trust::{TrustError, TrustFiles};
