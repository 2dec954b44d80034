use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use wire::Limits;
use wire::deflate::Params;

/// How a connection behaves. One value serves all connections of an endpoint.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is accepted from the peer: frame and message sizes, fragments. 16 MiB by default.
    pub limits: Arc<Limits>,
    /// A Ping goes out when nothing has arrived for this long. 20 s by default, which is below what proxies commonly
    /// allow (60 s) and never equal to it. `None`: no heartbeat, and a peer that vanished is noticed only by sending.
    pub ping_interval: Option<Duration>,
    /// The connection is given up when nothing at all arrives for this long after a Ping. 10 s by default.
    pub ping_timeout: Duration,
    /// How long the peer may take to answer a Close, and to close TCP after that. 5 s by default.
    pub close_timeout: Duration,
    /// The connection is given up when queued output makes no progress for this long: the peer does not read. 30 s by
    /// default.
    pub send_timeout: Duration,
    /// A message must be whole this long after its first byte. 60 s by default. Bounds what a peer can hold by
    /// sending one byte at a time. `None`: no bound.
    pub message_timeout: Option<Duration>,
    /// The connection is closed with 1000 after this long without a message; pings do not count. `None` by default: never.
    pub idle_timeout: Option<Duration>,
    /// More messages than this within one second close the connection with 1008. `None` by default: no bound.
    pub messages_per_second: Option<NonZeroU32>,
    /// Output waiting for the peer, in bytes. While any waits, nothing is read; an endpoint that
    /// sends of its own accord is refused above this. 1 MiB by default.
    pub queue_bytes: usize,
    /// How messages are compressed where that is negotiated: level and the length below which they go plain.
    pub deflate: wire::deflate::Settings,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            limits: Arc::new(Limits::default()),
            ping_interval: Some(Duration::from_secs(20)),
            ping_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
            send_timeout: Duration::from_secs(30),
            message_timeout: Some(Duration::from_secs(60)),
            idle_timeout: None,
            messages_per_second: None,
            queue_bytes: 1 << 20,
            deflate: wire::deflate::Settings::default(),
        }
    }
}

/// What the opening handshake agreed on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Negotiated {
    /// permessage-deflate, if both ends want it.
    pub compression: Option<Params>,
}
