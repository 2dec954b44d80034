//! The server as its clients see it: in-process on a free port, or as the binary. One module per subject.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

mod assets;
mod command;
mod compression;
mod echo;
mod faults;
#[cfg(target_os = "linux")]
mod files;
mod game;
mod guest;
mod handshake;
mod heartbeat;
mod hold;
mod host;
mod labels;
mod limits;
mod log;
mod memory;
mod metrics;
mod origin;
mod process;
mod record;
mod refusals;
mod relay;
mod replay;
mod room;
mod shutdown;
#[cfg(unix)]
mod signals;
mod store;
mod support;
mod ticker;
mod tls;
mod via;
mod vias;
mod watch;
