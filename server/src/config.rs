//! What a server can be told. Each field's flag has the same name.

use crate::origin::OriginPolicy;
use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::time::Duration;

/// Everything a server is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses to listen on. Default `127.0.0.1:8080`; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// Which pages may open sockets. Default: the server's own.
    pub origins: OriginPolicy,
    /// What every socket is held to.
    pub socket: SocketConfig,
    /// How long a shutdown waits for sockets to close. Default 5 s. A longer time is kinder to slow peers; a
    /// service manager usually kills after 10 s to 90 s, so stay below that.
    pub drain: Duration,
    /// How long a client may take to send the head of a request, counted from its first wait for one. Default
    /// 10 s. It is also how long an idle keep-alive connection is kept.
    pub header_timeout: Duration,
    /// Threads, each with a runtime and an accept loop of its own. Default: one per core that this process may
    /// use.
    pub threads: NonZeroUsize,
}

/// What every WebSocket is held to.
#[derive(Clone, Debug)]
pub struct SocketConfig {
    /// The largest message, in bytes of payload over all its fragments. Default 16 MiB. A larger one ends the
    /// connection with 1009. One connection may make the server hold about twice as much: the message and its
    /// echo.
    pub max_message_size: usize,
    /// Quiet time after which the server sends a Ping. Default 20 s; zero sends none and lets a vanished peer
    /// stay until TCP notices. Proxies cut quiet connections after 60 s or more: stay below and off that value.
    pub ping_interval: Duration,
    /// How long a Ping may go unanswered by any traffic at all. Default 10 s. Shorter notices a vanished peer
    /// sooner and cuts more of those on bad networks.
    pub ping_timeout: Duration,
    /// How long the peer may take to answer a Close or to hang up after it. Default 5 s.
    pub close_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))],
            origins: OriginPolicy::default(),
            socket: SocketConfig::default(),
            drain: Duration::from_secs(5),
            header_timeout: Duration::from_secs(10),
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            max_message_size: 16 << 20,
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
        }
    }
}
