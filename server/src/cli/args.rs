//! The flags of `heartwire serve`.

use super::log::LogArgs;
use super::nats::NatsArgs;
use super::relay::RelayArgs;
use super::values::{
    parse_duration, parse_header_size, parse_listen, parse_positive_duration, parse_size, parse_token,
};
use crate::config::{
    ApiToken, Compression, Config, Driver, LimitConfig, PerAddress, ReplayFile, RoomConfig, SocketConfig,
    TlsSource,
};
use crate::forwarded::Network;
use crate::resolver::Resolver;
use clap::Args;
use socket::wire::handshake::{AllowedOrigin, HostName, OriginPolicy};
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

/// The flags of `heartwire serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on; can be repeated. Port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "HEARTWIRE_LISTEN",
        default_value = "127.0.0.1:8080",
        value_parser = parse_listen,
        value_delimiter = ','
    )]
    listen: Vec<SocketAddr>,

    /// Lets pages of this origin open sockets beside the server's own; can be repeated. file://, null and the like can be
    /// named, * lets in all
    #[arg(long, value_name = "ORIGIN", env = "HEARTWIRE_ALLOW_ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<AllowedOrigin>,

    /// A name of this server, for pages that come by it over plain HTTP; can be repeated, * is any. Addresses, localhost and
    /// names that a certificate proves need not be given
    #[arg(long, value_name = "NAME", env = "HEARTWIRE_HOST", value_delimiter = ',')]
    host: Vec<HostName>,

    /// Believes what this proxy or network says in X-Forwarded-For, -Host and -Proto, and in Forwarded; can be repeated
    #[arg(long, value_name = "CIDR", env = "HEARTWIRE_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<Network>,

    /// Serves /metrics and the health checks on this address too, without TLS; can be repeated
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "HEARTWIRE_METRICS_LISTEN",
        value_parser = parse_listen,
        value_delimiter = ','
    )]
    metrics_listen: Vec<SocketAddr>,

    /// Serves /metrics to everybody; without this, on --listen, only to clients on this machine that come without a proxy
    #[arg(long, env = "HEARTWIRE_METRICS_PUBLIC")]
    metrics_public: bool,

    /// Lets callers from other machines list and steer connections with a label (/api/labels) who send it as Authorization:
    /// Bearer TOKEN; without this, only callers on this machine may
    #[arg(long, value_name = "TOKEN", env = "HEARTWIRE_API_TOKEN", hide_env_values = true, value_parser = parse_token)]
    api_token: Option<ApiToken>,

    /// Plays this recording back at /ws/replay/NAME, NAME being the file's without its extension, or what is in front as in
    /// NAME=FILE; can be repeated. JSON Lines from the page or heartwire record, or HAR with WebSocket messages
    #[arg(
        long,
        value_name = "FILE",
        env = "HEARTWIRE_REPLAY",
        value_delimiter = ',',
        value_parser = ReplayFile::parse
    )]
    replay: Vec<ReplayFile>,

    /// Folder for uploaded recordings and for what is said in rooms; without it that is gone when the server ends
    #[arg(long, value_name = "DIR", env = "HEARTWIRE_DATA_DIR")]
    data_dir: Option<PathBuf>,

    #[command(flatten)]
    relay: RelayArgs,

    #[command(flatten)]
    nats: NatsArgs,

    /// Serving threads [default: one per core]
    #[arg(long, value_name = "N", env = "HEARTWIRE_THREADS")]
    threads: Option<NonZeroUsize>,

    /// Serves https and wss with this certificate (PEM, with its intermediates); SIGHUP reads it again
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_TLS_CERT", requires = "tls_key", help_heading = "TLS")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_TLS_KEY", requires = "tls_cert", help_heading = "TLS")]
    tls_key: Option<PathBuf>,

    /// Serves https and wss with a certificate made at the start and trusted by nobody, for development
    #[arg(long, env = "HEARTWIRE_TLS_SELF_SIGNED", conflicts_with = "tls_cert", help_heading = "TLS")]
    tls_self_signed: bool,

    /// Compression of messages (permessage-deflate) where a client offers it
    #[arg(
        long,
        value_name = "MODE",
        env = "HEARTWIRE_COMPRESSION",
        default_value = "on",
        value_enum,
        help_heading = "Compression"
    )]
    compression: Compression,

    /// From 1, the fastest, to 9, the smallest
    #[arg(
        long,
        value_name = "LEVEL",
        env = "HEARTWIRE_COMPRESSION_LEVEL",
        default_value = "2",
        value_parser = clap::value_parser!(u8).range(1..=9),
        help_heading = "Compression"
    )]
    compression_level: u8,

    /// WebSockets at the same time, and as many HTTP connections, as far as open files allow; others get 503
    #[arg(
        long,
        value_name = "N",
        env = "HEARTWIRE_MAX_CONNECTIONS",
        default_value = "100000",
        help_heading = "Limits"
    )]
    max_connections: NonZeroUsize,

    /// The same for one IPv4 address or IPv6 /64 network; others get 429. 0 is any number [default: 1024, over loopback without a proxy any number]
    #[arg(long, value_name = "N", env = "HEARTWIRE_MAX_CONNECTIONS_PER_ADDRESS", help_heading = "Limits")]
    max_connections_per_address: Option<usize>,

    /// How long a client may take for its TLS handshake, and for the head of a request
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_HANDSHAKE_TIMEOUT",
        default_value = "10s",
        value_parser = parse_positive_duration,
        help_heading = "Limits"
    )]
    handshake_timeout: Duration,

    /// Largest head of a request, which may have 100 lines; a larger one gets 431
    #[arg(
        long,
        value_name = "SIZE",
        env = "HEARTWIRE_MAX_HEADER_SIZE",
        default_value = "16KiB",
        value_parser = parse_header_size,
        help_heading = "Limits"
    )]
    max_header_size: usize,

    /// Largest frame as sent; a larger one closes the connection with 1009
    #[arg(
        long,
        value_name = "SIZE",
        env = "HEARTWIRE_MAX_FRAME_SIZE",
        default_value = "16MiB",
        value_parser = parse_size,
        help_heading = "Limits"
    )]
    max_frame_size: usize,

    /// Largest message; a larger one closes the connection with 1009
    #[arg(
        long,
        value_name = "SIZE",
        env = "HEARTWIRE_MAX_MESSAGE_SIZE",
        default_value = "16MiB",
        value_parser = parse_size,
        help_heading = "Limits"
    )]
    max_message_size: usize,

    /// What all connections together may hold in unfinished messages and unread output; beyond it the worst is cut
    #[arg(
        long,
        value_name = "SIZE",
        env = "HEARTWIRE_MAX_MEMORY",
        default_value = "1GiB",
        value_parser = parse_size,
        help_heading = "Limits"
    )]
    max_memory: usize,

    /// What drives plain connections: for comparing the two
    #[arg(long, value_enum, value_name = "DRIVER", env = "HEARTWIRE_DRIVER", hide = true)]
    driver: Option<Driver>,

    /// Messages of one connection within a second; more close it with 1008. 0 is any number
    #[arg(
        long,
        value_name = "N",
        env = "HEARTWIRE_MAX_MESSAGES_PER_SECOND",
        default_value = "0",
        help_heading = "Limits"
    )]
    max_messages_per_second: u32,

    /// Messages that one connection may publish in a room in a second, and twice as many at once; more are refused. 0 is any
    /// number
    #[arg(
        long,
        value_name = "N",
        env = "HEARTWIRE_ROOM_RATE",
        default_value = "50",
        help_heading = "Limits"
    )]
    room_rate: u32,

    /// What may wait for a client that reads slowly, before this server stops reading from it
    #[arg(
        long,
        value_name = "SIZE",
        env = "HEARTWIRE_MAX_QUEUE",
        default_value = "1MiB",
        value_parser = parse_size,
        help_heading = "Limits"
    )]
    max_queue: usize,

    /// Quiet time after which the server pings; 0 turns the heartbeat off
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_PING_INTERVAL",
        default_value = "20s",
        value_parser = parse_duration,
        help_heading = "Timeouts"
    )]
    ping_interval: Duration,

    /// How long a ping may stay unanswered before the connection is dropped
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_PING_TIMEOUT",
        default_value = "10s",
        value_parser = parse_positive_duration,
        help_heading = "Timeouts"
    )]
    ping_timeout: Duration,

    /// Time without a message after which a connection is closed with 1000; 0 is never
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_IDLE_TIMEOUT",
        default_value = "0s",
        value_parser = parse_duration,
        help_heading = "Timeouts"
    )]
    idle_timeout: Duration,

    /// How long a message may take to arrive before the connection is closed with 1008; 0 is any time
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_MESSAGE_TIMEOUT",
        default_value = "60s",
        value_parser = parse_duration,
        help_heading = "Timeouts"
    )]
    message_timeout: Duration,

    /// How long a client may read nothing of what waits for it, HTTP answers included, before it is dropped
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_SEND_TIMEOUT",
        default_value = "30s",
        value_parser = parse_positive_duration,
        help_heading = "Timeouts"
    )]
    send_timeout: Duration,

    /// How long a client may take to answer a close
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_CLOSE_TIMEOUT",
        default_value = "5s",
        value_parser = parse_positive_duration,
        help_heading = "Timeouts"
    )]
    close_timeout: Duration,

    /// How long /readyz says 503 before accepting stops, so that load balancers look elsewhere
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_SHUTDOWN_DELAY",
        default_value = "250ms",
        value_parser = parse_duration,
        help_heading = "Shutdown"
    )]
    shutdown_delay: Duration,

    /// How long a shutdown waits for sockets to close
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_DRAIN",
        default_value = "5s",
        value_parser = parse_duration,
        help_heading = "Shutdown"
    )]
    drain: Duration,

    #[command(flatten)]
    log: LogArgs,
}

impl ServeArgs {
    /// What is logged.
    pub fn log(&self) -> &LogArgs {
        &self.log
    }
}

impl From<ServeArgs> for Config {
    fn from(args: ServeArgs) -> Self {
        let unless_zero = |duration: Duration| (!duration.is_zero()).then_some(duration);
        Self {
            listen: args.listen,
            tls: match (args.tls_cert, args.tls_key) {
                (Some(cert), Some(key)) => Some(TlsSource::Files { cert, key }),
                _ => args.tls_self_signed.then_some(TlsSource::SelfSigned),
            },
            origins: OriginPolicy::new(args.allow_origin).known_as(args.host),
            trusted_proxies: args.trusted_proxy,
            metrics_listen: args.metrics_listen,
            metrics_public: args.metrics_public,
            api_token: args.api_token,
            via_tls: args.relay.trust(),
            via: args.relay.via,
            via_headers: args.relay.via_header,
            relay: args.relay.relay,
            relay_allow: args.relay.relay_allow,
            relay_deny: args.relay.relay_deny,
            resolver: Resolver::default(),
            replays: args.replay,
            data_dir: args.data_dir,
            nats: args.nats.config(),
            rooms: RoomConfig { messages_per_second: NonZeroU32::new(args.room_rate) },
            limits: LimitConfig {
                max_memory: args.max_memory,
                max_connections: args.max_connections,
                max_open_files: None,
                max_connections_per_address: match args.max_connections_per_address {
                    None => PerAddress::Usual,
                    Some(number) => {
                        NonZeroUsize::new(number).map_or(PerAddress::Unlimited, PerAddress::AtMost)
                    }
                },
                handshake_timeout: args.handshake_timeout,
                max_header_size: args.max_header_size,
            },
            socket: SocketConfig {
                compression: args.compression,
                compression_level: args.compression_level,
                max_frame_size: args.max_frame_size,
                max_message_size: args.max_message_size,
                max_messages_per_second: NonZeroU32::new(args.max_messages_per_second),
                max_queue: args.max_queue,
                ping_interval: args.ping_interval,
                ping_timeout: args.ping_timeout,
                close_timeout: args.close_timeout,
                send_timeout: args.send_timeout,
                message_timeout: unless_zero(args.message_timeout),
                idle_timeout: unless_zero(args.idle_timeout),
            },
            shutdown_delay: args.shutdown_delay,
            drain: args.drain,
            threads: args.threads.unwrap_or(Self::default().threads),
            driver: args.driver.unwrap_or_default(),
        }
    }
}
