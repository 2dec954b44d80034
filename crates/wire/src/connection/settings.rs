use std::num::NonZeroU32;
use std::time::Duration;

use crate::{Limits, deflate};

/// How a connection behaves. One value may serve any number of them.
#[derive(Clone, Debug)]
pub struct ConnectionSettings {
    /// What is accepted from the peer: frame and message sizes, fragments. 16 MiB by default.
    pub limits: Limits,
    /// A Ping goes out when nothing has arrived for this long. 20 s by default, which is below what proxies commonly
    /// allow (60 s) and never equal to it. `None`: no heartbeat, and a peer that vanished is noticed only by sending.
    pub ping_interval: Option<Duration>,
    /// The connection is given up when nothing at all arrives for this long after a Ping. 10 s by default.
    pub ping_timeout: Duration,
    /// How long the peer may take to answer a Close, and to close TCP after that, without taking any output. 5 s by
    /// default. Output that it takes meanwhile prolongs that, up to [`close_limit`](Self::close_limit).
    pub close_timeout: Duration,
    /// The longest a closing handshake may take, however steadily the peer takes output. 30 s by default.
    pub close_limit: Duration,
    /// The connection is given up when queued output makes no progress for this long: the peer does not read. 30 s by
    /// default.
    pub send_timeout: Duration,
    /// A message must be whole this long after its first byte. 60 s by default. Bounds what a peer can hold by
    /// sending one byte at a time. `None`: no bound.
    pub message_timeout: Option<Duration>,
    /// The connection is closed with 1000 after this long without a message; pings do not count. At most 24 days.
    /// `None` by default: never.
    pub idle_timeout: Option<Duration>,
    /// More messages than this within a second close the connection with 1008. `None` by default: no bound.
    pub messages_per_second: Option<NonZeroU32>,
    /// Output waiting for the peer, in bytes. Above this a server reads nothing, and an endpoint that sends of its own accord
    /// is refused. 1 MiB by default.
    pub queue_bytes: usize,
    /// How messages are compressed where that is negotiated: level and the length below which they go plain.
    pub deflate: deflate::Settings,
}

impl Default for ConnectionSettings {
    fn default() -> ConnectionSettings {
        ConnectionSettings {
            limits: Limits::default(),
            ping_interval: Some(Duration::from_secs(20)),
            ping_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
            close_limit: Duration::from_secs(30),
            send_timeout: Duration::from_secs(30),
            message_timeout: Some(Duration::from_secs(60)),
            idle_timeout: None,
            messages_per_second: None,
            queue_bytes: 1 << 20,
            deflate: deflate::Settings::default(),
        }
    }
}

impl ConnectionSettings {
    /// Whether something follows from when a message comes.
    pub(super) const fn counts_messages(&self) -> bool {
        self.idle_timeout.is_some() || self.messages_per_second.is_some()
    }
}
