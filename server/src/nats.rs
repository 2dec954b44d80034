//! Where rooms are shared with other servers.

use async_nats::ServerAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Where NATS is, and who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatsConfig {
    /// Servers of one cluster, as `nats://` or, with TLS, `tls://`; a user and a password may be in there.
    pub servers: Vec<ServerAddr>,
    /// A `.creds` file with a JWT and its key. Default: none.
    pub credentials: Option<PathBuf>,
    /// Certificates to trust beside the system's, as PEM. Default: none.
    pub roots: Option<PathBuf>,
    /// A certificate to show, and its key, as PEM. Default: none.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// On how many servers of the cluster each message lies, for streams that are new. Default 1.
    pub replicas: usize,
    /// Rooms that are kept there, from 1. Of more, one that nobody is in makes way with its history: one that nothing was ever
    /// said in, or else the one that was silent for longest. Default 4,096.
    pub rooms: usize,
    /// So long another server is believed about who is in a room, when it says nothing more: one that was killed takes those who
    /// were connected to it along after that. It counts where the first server makes the bucket. Default 30 s.
    pub believed: Duration,
}

impl NatsConfig {
    /// How many rooms are kept, unless told otherwise.
    pub const ROOMS: usize = 4096;
    /// How long a server is believed, unless told otherwise.
    pub const BELIEVED: Duration = Duration::from_secs(30);
}
