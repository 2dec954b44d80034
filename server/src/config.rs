//! What a server can be told. Each field's flag has the same name.

use crate::forwarded::Network;
use crate::mount::{Mount, MountHeader};
use crate::nats::NatsConfig;
use crate::resolver::Resolver;
use crate::trust::TrustFiles;
use protocol::fault::Label;
use protocol::guard::Rule;
use socket::wire::deflate::{self, Retain, ServerPolicy};
use socket::wire::handshake::OriginPolicy;
use socket::wire::{ConnectionSettings, Limits};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

/// WebSockets of one address other than loopback, unless told otherwise.
const PER_ADDRESS: NonZeroUsize = NonZeroUsize::new(1024).expect("not zero");

/// How many times the close timeout a peer has that takes what waits for it.
const CLOSE_LIMIT: u32 = 6;

/// Everything a server is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses to listen on. Default `127.0.0.1:8080`; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// TLS on every address. Default: none, plain HTTP.
    pub tls: Option<TlsSource>,
    /// Which pages may open sockets, and which names are the server's own. Default: its own pages; no names, so that it is
    /// reached by address, as localhost, or over TLS.
    pub origins: OriginPolicy,
    /// Who is believed about the clients for whom they ask, by `X-Forwarded-For`, `-Host` and `-Proto` or by `Forwarded`.
    /// Default: nobody.
    pub trusted_proxies: Vec<Network>,
    /// Further addresses, for `/metrics` and the health checks alone, without TLS. Default: none.
    pub metrics_listen: Vec<SocketAddr>,
    /// Whether everybody may read `/metrics` at the addresses of [`listen`](Self::listen). Default: those on this machine
    /// that come without a proxy.
    pub metrics_public: bool,
    /// What callers from other machines have to know to list, steer and verify connections with a label. Default: none, and
    /// only this machine may.
    pub api_token: Option<ApiToken>,
    /// Targets to which clients are carried, each under its name. Default: none.
    pub via: Vec<Mount>,
    /// Headers that such targets get in place of the client's. Default: none.
    pub via_headers: Vec<MountHeader>,
    /// Whom the connections to such targets trust, and as whom they show themselves. Default: whom the system trusts, as
    /// nobody.
    pub via_tls: Option<TrustFiles>,
    /// Whether `/ws/relay` connects for clients of any address to targets that they choose. Default: no, and then it does
    /// for this machine alone, where all of [`listen`](Self::listen) is loopback and no proxy is trusted.
    pub relay: bool,
    /// Where it may connect to, and nowhere else. Default: anywhere, but for addresses inside unless it is for this machine
    /// alone.
    pub relay_allow: Vec<Rule>,
    /// Where it may not connect to, whatever else is allowed. Default: none.
    pub relay_deny: Vec<Rule>,
    /// Who is asked for the addresses of names that clients choose. Default: the system.
    pub resolver: Resolver,
    /// Recordings to play back. Default: none.
    pub replays: Vec<ReplayFile>,
    /// Where uploaded recordings and what was said in rooms are kept. Default `None`: in memory, until the server ends.
    pub data_dir: Option<PathBuf>,
    /// Where rooms are shared with other servers. Default: nowhere.
    pub nats: Option<NatsConfig>,
    /// What those in rooms may do.
    pub rooms: RoomConfig,
    /// What clients may take.
    pub limits: LimitConfig,
    /// What every socket is held to.
    pub socket: SocketConfig,
    /// How long after the request to stop this server goes on as before, except that `/readyz` says 503. Default 250 ms.
    /// Behind a load balancer it should be longer than the time between two of its probes.
    pub shutdown_delay: Duration,
    /// How long a shutdown then waits for sockets to close. Default 5 s. They are told one after the other, during at
    /// most the first half of it. A longer time is kinder to slow peers; a service manager usually kills
    /// after 10 s to 90 s, so stay below that.
    pub drain: Duration,
    /// Threads, each with a runtime and an accept loop of its own. Default: one per core that this process may
    /// use.
    pub threads: NonZeroUsize,
    /// What drives WebSockets over plain TCP. Default: what the system is best at.
    pub driver: Driver,
}

/// What those in rooms may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomConfig {
    /// Messages that one connection may publish in a second, and twice as many at once. Default 50; `None`: any number. More
    /// are refused, and may be published later.
    pub messages_per_second: Option<NonZeroU32>,
}

impl Default for RoomConfig {
    fn default() -> Self {
        Self { messages_per_second: NonZeroU32::new(50) }
    }
}

/// A recording to play back at `/ws/replay/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayFile {
    pub(crate) name: Label,
    pub(crate) path: PathBuf,
}

impl ReplayFile {
    /// A file by its path, or with the name in front that it is to have: `NAME=FILE`. Without one it is called as the file is,
    /// without its extension.
    ///
    /// # Errors
    /// The file's own name has other signs than letters, digits, dots, dashes and underscores.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some((name, path)) = text.split_once('=')
            && let Some(name) = Label::parse(name)
        {
            return match path {
                "" => Err(format!("expected a file behind {name}=")),
                path => Ok(Self { name, path: path.into() }),
            };
        }
        let path = PathBuf::from(text);
        let name = path.file_stem().and_then(|stem| stem.to_str()).and_then(Label::parse);
        match name {
            Some(name) => Ok(Self { name, path }),
            None => Err("expected a file whose name has only letters, digits, dots, dashes and underscores, or a name for it \
                         in front, such as checkout=recordings/checkout.jsonl"
                .to_owned()),
        }
    }
}

/// A secret that lets callers in who know it. It is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiToken(String);

impl ApiToken {
    /// The secret, as it is sent.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    pub(crate) fn secret(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiToken(..)")
    }
}

/// What moves the bytes of WebSockets over plain TCP. Those over TLS are always the runtime's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Driver {
    /// All connections of a thread behind one poll of its own: a fraction of the memory, and fewer instructions. On Unix;
    /// elsewhere it is [`Driver::Tokio`].
    Reactor,
    /// A task of the runtime for each connection.
    Tokio,
}

impl Default for Driver {
    fn default() -> Self {
        if cfg!(unix) { Self::Reactor } else { Self::Tokio }
    }
}

/// Where a certificate and its key come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsSource {
    /// PEM files, read at the start and at each [`Certificate::reload`](crate::Certificate::reload).
    Files {
        /// The certificate, followed by its intermediates.
        cert: PathBuf,
        /// The private key: PKCS #8, PKCS #1 or SEC 1.
        key: PathBuf,
    },
    /// Made at the start for localhost and the addresses listened on. For development: nobody trusts it.
    SelfSigned,
}

/// What clients may take of the server, before they have a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitConfig {
    /// WebSockets at the same time, and as many HTTP connections beside them. Default 100,000; open files may allow less.
    /// One more is refused with 503.
    pub max_connections: NonZeroUsize,
    /// How many files the process may have open. Each connection is one; what the server itself needs, and a few for telling
    /// people that there is no room, are set aside. Default `None`: any number. See
    /// [`raise_file_limit`](crate::raise_file_limit).
    pub max_open_files: Option<NonZeroUsize>,
    /// The same for one client: an IPv4 address, or the /64 network of an IPv6 address. One more is refused with 429.
    pub max_connections_per_address: PerAddress,
    /// What all WebSockets together may hold in messages that are not whole and in output that their peers have not taken, in
    /// bytes. Default 1 GiB. Beyond it the connection that holds the most is cut.
    pub max_memory: usize,
    /// How long a client may take for its TLS handshake, and again for the head of each request, counted from its
    /// first wait for one. Default 10 s. It is also how long an idle keep-alive connection is kept.
    pub handshake_timeout: Duration,
    /// The head of a request, in bytes. Default 16 KiB, at least 1 KiB. A larger one is refused with 431.
    pub max_header_size: usize,
}

/// How many connections one address may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PerAddress {
    /// 1,024, but any number over loopback without a proxy: load from this machine is a test, not an attack.
    #[default]
    Usual,
    /// So many, loopback included.
    AtMost(NonZeroUsize),
    /// Any number.
    Unlimited,
}

/// What every WebSocket is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketConfig {
    /// Whether messages are compressed where the client offers it. Default [`Compression::On`].
    pub compression: Compression,
    /// 1 (fastest) to 9 (smallest). Default 2, from where on bytes are dear: docs/compression.md has the curve.
    pub compression_level: u8,
    /// The largest frame, in bytes of payload as sent. Default 16 MiB. A larger one ends the connection with 1009.
    pub max_frame_size: usize,
    /// The largest message, in bytes of payload over all its fragments, after decompression. Default 16 MiB. A larger
    /// one ends the connection with 1009. One connection may make the server hold about twice as much: the
    /// message and its echo.
    pub max_message_size: usize,
    /// More messages than this within a second end the connection with 1008. Default: any number; a client that
    /// sends faster than the server echoes is slowed down by TCP either way.
    pub max_messages_per_second: Option<NonZeroU32>,
    /// Bytes that may wait for a peer that reads slowly. Default 1 MiB. Beyond it an echo stops reading, and whatever
    /// sends of its own accord loses messages or ends the connection with 1013.
    pub max_queue: usize,
    /// Quiet time after which the server sends a Ping. Default 20 s; zero sends none and lets a vanished peer
    /// stay until TCP notices. Proxies cut quiet connections after 60 s or more: stay below and off that value.
    pub ping_interval: Duration,
    /// How long a Ping may go unanswered by any traffic at all. Default 10 s. Shorter notices a vanished peer
    /// sooner and cuts more of those on bad networks.
    pub ping_timeout: Duration,
    /// How long the peer may take to answer a Close, and again to hang up after it. Default 5 s. While it takes what
    /// waits for it, however slowly, it has up to six times as long.
    pub close_timeout: Duration,
    /// How long a peer may take nothing of what waits for it. Default 30 s. HTTP connections are held to it too.
    pub send_timeout: Duration,
    /// How long a message in fragments may take to arrive. Default 60 s, `None`: any time. A slower one ends the connection
    /// with 1008.
    pub message_timeout: Option<Duration>,
    /// A connection without a message for this long is closed with 1000. Default: never.
    pub idle_timeout: Option<Duration>,
}

/// Compression by permessage-deflate (RFC 7692).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Compression {
    /// Never: offers are declined.
    Off,
    /// Where offered, each message by itself: an idle connection holds no window.
    #[default]
    On,
    /// Where offered, with what was said before as context: fewer bytes, up to 64 KiB of memory per connection.
    Takeover,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))],
            tls: None,
            origins: OriginPolicy::default(),
            trusted_proxies: Vec::new(),
            metrics_listen: Vec::new(),
            metrics_public: false,
            api_token: None,
            via: Vec::new(),
            via_headers: Vec::new(),
            via_tls: None,
            relay: false,
            relay_allow: Vec::new(),
            relay_deny: Vec::new(),
            resolver: Resolver::default(),
            replays: Vec::new(),
            data_dir: None,
            nats: None,
            rooms: RoomConfig::default(),
            limits: LimitConfig::default(),
            socket: SocketConfig::default(),
            shutdown_delay: Duration::from_millis(250),
            drain: Duration::from_secs(5),
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            driver: Driver::default(),
        }
    }
}

impl Default for LimitConfig {
    fn default() -> Self {
        Self {
            max_connections: NonZeroUsize::new(100_000).expect("not zero"),
            max_open_files: None,
            max_connections_per_address: PerAddress::default(),
            max_memory: 1 << 30,
            handshake_timeout: Duration::from_secs(10),
            max_header_size: 16 << 10,
        }
    }
}

impl PerAddress {
    /// How many connections `address` may have; `None`: any number.
    pub(crate) fn of(self, address: IpAddr) -> Option<usize> {
        match self {
            Self::Usual if address.is_loopback() => None,
            Self::Usual => Some(PER_ADDRESS.get()),
            Self::AtMost(limit) => Some(limit.get()),
            Self::Unlimited => None,
        }
    }

    /// The same for a client behind a proxy, whatever its address: loopback is then the proxy's own machine, and nobody's
    /// test.
    pub(crate) fn of_forwarded(self) -> Option<usize> {
        match self {
            Self::Usual => Some(PER_ADDRESS.get()),
            Self::AtMost(limit) => Some(limit.get()),
            Self::Unlimited => None,
        }
    }
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            compression: Compression::default(),
            compression_level: deflate::Settings::default().level,
            max_frame_size: 16 << 20,
            max_message_size: 16 << 20,
            max_messages_per_second: None,
            max_queue: 1 << 20,
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(5),
            send_timeout: Duration::from_secs(30),
            message_timeout: Some(Duration::from_secs(60)),
            idle_timeout: None,
        }
    }
}

impl SocketConfig {
    /// The same in the protocol's terms.
    pub(crate) fn settings(&self) -> ConnectionSettings {
        let limits = Limits {
            frame_len: self.max_frame_size as u64,
            message_len: self.max_message_size as u64,
            ..Limits::default()
        };
        ConnectionSettings {
            limits,
            ping_interval: (!self.ping_interval.is_zero()).then_some(self.ping_interval),
            ping_timeout: self.ping_timeout,
            close_timeout: self.close_timeout,
            close_limit: self.close_timeout * CLOSE_LIMIT,
            send_timeout: self.send_timeout,
            message_timeout: self.message_timeout,
            idle_timeout: self.idle_timeout,
            messages_per_second: self.max_messages_per_second,
            queue_bytes: self.max_queue,
            // A whole state per connection would be ten times the memory for no shorter messages.
            deflate: deflate::Settings {
                level: self.compression_level,
                retain: Retain::Window,
                ..deflate::Settings::default()
            },
        }
    }
}

impl Compression {
    /// How offers of permessage-deflate are answered; `None`: they are declined.
    pub(crate) fn policy(self) -> Option<ServerPolicy> {
        match self {
            Self::Off => None,
            Self::On => Some(ServerPolicy::default()),
            Self::Takeover => Some(ServerPolicy::TAKEOVER),
        }
    }
}
