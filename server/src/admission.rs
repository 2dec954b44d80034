//! Who is let in: at most so many connections in all, and from each address.

use crate::config::LimitConfig;
use http::StatusCode;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The counts behind the limits, one for the whole server. They are touched when a connection comes or goes,
/// never by a message.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: LimitConfig,
    /// Connections of both kinds for which there are open files.
    files: usize,
    totals: [AtomicUsize; 3],
    /// Only addresses that have a limit and a connection.
    by_address: Mutex<HashMap<Network, [usize; 3]>>,
}

/// Open files that WebSockets leave to HTTP, which is also how a WebSocket begins; an eighth where there are few.
const HTTP_FILES: usize = 32;

/// What is counted. WebSockets can't crowd out health checks, so each kind has the limits to itself; of the open files,
/// which both share, WebSockets leave [`HTTP_FILES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A TCP connection as long as it speaks HTTP.
    Http,
    /// A WebSocket.
    Socket,
    /// A WebSocket of this server's own, to the target behind a client's.
    Target,
}

/// How a client came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// By itself: the address is that of its connection.
    Direct,
    /// Through a trusted proxy, which says whom it asks for, or fails to.
    Forwarded,
    /// It is a trusted proxy, whose connections are its clients'.
    Proxy,
}

/// Why somebody is not let in. The text is sent to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The server is full.
    #[error(
        "this server has as many connections as it takes (--max-connections, open files); come back later"
    )]
    Full,
    /// The client has enough.
    #[error(
        "this address has as many connections as it may (--max-connections-per-address); close one first"
    )]
    Address,
}

/// A client's address, as small as it gets: every socket keeps one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// An IPv4 address is mapped.
    address: Ipv6Addr,
    /// 0 where a proxy did not name it.
    port: u16,
}

/// What shares a limit: an IPv4 address, or the part of an IPv6 address that a provider gives to one customer.
type Network = [u8; 16];

impl Admission {
    /// With room for so many connections' files.
    pub(crate) fn new(limits: LimitConfig, files: usize) -> Self {
        Self { limits, files, totals: Default::default(), by_address: Mutex::default() }
    }

    /// Connections of this kind.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.totals[kind as usize].load(Ordering::Relaxed)
    }

    /// Takes a place.
    pub(crate) fn enter(&self, kind: Kind, client: Client, standing: Standing) -> Result<(), Refusal> {
        let total = &self.totals[kind as usize];
        let before = total.fetch_add(1, Ordering::Relaxed);
        let left_to_http = HTTP_FILES.min(self.files / 8);
        let room = match kind {
            // The file of a socket is that of the HTTP connection which it was.
            Kind::Socket => self.files.saturating_sub(left_to_http + self.count(Kind::Target)),
            Kind::Target => self.files.saturating_sub(left_to_http + self.count(Kind::Socket)),
            Kind::Http => self.files.saturating_sub(self.count(Kind::Socket) + self.count(Kind::Target)),
        };
        if before >= self.limits.max_connections.get().min(room) {
            total.fetch_sub(1, Ordering::Relaxed);
            return Err(Refusal::Full);
        }
        if let Some(limit) = self.limit(client, standing) {
            let mut by_address = self.by_address();
            let count = &mut by_address.entry(client.network()).or_default()[kind as usize];
            if *count >= limit {
                total.fetch_sub(1, Ordering::Relaxed);
                return Err(Refusal::Address);
            }
            *count += 1;
        }
        Ok(())
    }

    /// Gives back what [`enter`](Self::enter) took for the same three.
    pub(crate) fn leave(&self, kind: Kind, client: Client, standing: Standing) {
        self.totals[kind as usize].fetch_sub(1, Ordering::Relaxed);
        if self.limit(client, standing).is_none() {
            return;
        }
        if let Entry::Occupied(mut entry) = self.by_address().entry(client.network()) {
            entry.get_mut()[kind as usize] -= 1;
            if *entry.get() == [0; 3] {
                entry.remove();
            }
        }
    }

    /// How many connections the client may have; `None`: any number.
    fn limit(&self, client: Client, standing: Standing) -> Option<usize> {
        let limit = self.limits.max_connections_per_address;
        match standing {
            Standing::Direct => limit.of(client.ip()),
            Standing::Forwarded => limit.of_forwarded(),
            Standing::Proxy => None,
        }
    }

    fn by_address(&self) -> MutexGuard<'_, HashMap<Network, [usize; 3]>> {
        // The counts are whole between any two statements that can panic.
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refusal {
    /// 503 when it's the server, 429 when it's the client.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::Full => StatusCode::SERVICE_UNAVAILABLE,
            Self::Address => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl Client {
    fn ip(self) -> IpAddr {
        self.address.to_canonical()
    }

    fn network(self) -> Network {
        let mut network = self.address.octets();
        if self.ip().is_ipv6() {
            network[8..].fill(0);
        }
        network
    }
}

impl From<SocketAddr> for Client {
    fn from(address: SocketAddr) -> Self {
        let ip = match address.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        Self { address: ip, port: address.port() }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            0 => self.ip().fmt(f),
            port => SocketAddr::new(self.ip(), port).fmt(f),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PerAddress;
    use std::num::NonZeroUsize;

    fn admission(all: usize, per_address: PerAddress) -> Admission {
        let limits = LimitConfig {
            max_connections: NonZeroUsize::new(all).unwrap(),
            max_connections_per_address: per_address,
            ..LimitConfig::default()
        };
        Admission::new(limits, usize::MAX)
    }

    fn two_each() -> PerAddress {
        PerAddress::AtMost(NonZeroUsize::new(2).unwrap())
    }

    fn client(address: &str) -> Client {
        SocketAddr::new(address.parse().unwrap(), 1).into()
    }

    #[test]
    fn what_leaves_makes_room() {
        let admission = admission(2, PerAddress::Unlimited);
        let (a, b) = (client("192.0.2.1"), client("192.0.2.2"));
        for _ in 0..3 {
            assert_eq!(admission.enter(Kind::Socket, a, Standing::Direct), Ok(()));
            assert_eq!(admission.enter(Kind::Socket, b, Standing::Direct), Ok(()));
            assert_eq!(admission.enter(Kind::Socket, a, Standing::Direct), Err(Refusal::Full));
            assert_eq!(admission.enter(Kind::Http, a, Standing::Direct), Ok(()), "kinds are apart");
            admission.leave(Kind::Http, a, Standing::Direct);
            admission.leave(Kind::Socket, a, Standing::Direct);
            admission.leave(Kind::Socket, b, Standing::Direct);
        }
        assert_eq!(admission.count(Kind::Socket), 0);
    }

    #[test]
    fn both_kinds_share_the_open_files() {
        let admission = Admission::new(LimitConfig::default(), 80);
        let enter = |kind| admission.enter(kind, client("127.0.0.1"), Standing::Direct);
        let sockets = (0..100).filter(|_| enter(Kind::Socket).is_ok()).count();
        assert_eq!(sockets, 70, "an eighth is left to HTTP");
        assert_eq!((0..100).filter(|_| enter(Kind::Http).is_ok()).count(), 10);
        admission.leave(Kind::Socket, client("127.0.0.1"), Standing::Direct);
        assert_eq!(enter(Kind::Http), Ok(()));
        assert_eq!(enter(Kind::Http), Err(Refusal::Full));
    }

    #[test]
    fn each_address_has_its_own_limit() {
        let admission = admission(100, two_each());
        for address in ["192.0.2.1", "192.0.2.2", "127.0.0.1", "2001:db8::1", "2001:db8:0:1::1"] {
            assert_eq!(admission.enter(Kind::Socket, client(address), Standing::Direct), Ok(()));
            assert_eq!(admission.enter(Kind::Socket, client(address), Standing::Direct), Ok(()));
            assert_eq!(
                admission.enter(Kind::Socket, client(address), Standing::Direct),
                Err(Refusal::Address),
                "{address}"
            );
            assert_eq!(admission.enter(Kind::Socket, client(address), Standing::Proxy), Ok(()), "a proxy");
        }
        assert_eq!(
            admission.enter(Kind::Socket, client("2001:db8::2"), Standing::Direct),
            Err(Refusal::Address),
            "same /64"
        );
        assert_eq!(
            admission.enter(Kind::Socket, client("::ffff:192.0.2.1"), Standing::Direct),
            Err(Refusal::Address)
        );
        assert_eq!(admission.count(Kind::Socket), 15);
    }

    #[test]
    fn nothing_is_remembered_of_who_is_gone() {
        let admission = admission(100, two_each());
        for last in 0..50 {
            let client = client(&format!("192.0.2.{last}"));
            admission.enter(Kind::Http, client, Standing::Direct).unwrap();
            admission.enter(Kind::Socket, client, Standing::Direct).unwrap();
            admission.leave(Kind::Http, client, Standing::Direct);
            admission.leave(Kind::Socket, client, Standing::Direct);
        }
        assert!(admission.by_address().is_empty());
    }

    #[test]
    fn loopback_is_free_unless_told_otherwise() {
        let admission = admission(100_000, PerAddress::default());
        for address in ["127.0.0.1", "::1", "192.0.2.1"] {
            let let_in = (0..2000)
                .filter(|_| admission.enter(Kind::Socket, client(address), Standing::Direct).is_ok())
                .count();
            assert_eq!(let_in, if address == "192.0.2.1" { 1024 } else { 2000 }, "{address}");
        }
    }

    #[test]
    fn who_comes_through_a_proxy_is_not_free_for_its_address() {
        let admission = admission(100_000, PerAddress::default());
        let enter = |standing| admission.enter(Kind::Socket, client("127.0.0.1"), standing);
        // Whatever a client writes that leaves the proxy's own address as the last that is known.
        assert_eq!((0..2000).filter(|_| enter(Standing::Forwarded).is_ok()).count(), 1024);
        assert_eq!(enter(Standing::Direct), Ok(()));
        admission.leave(Kind::Socket, client("127.0.0.1"), Standing::Direct);
        assert_eq!(enter(Standing::Forwarded), Err(Refusal::Address));
        admission.leave(Kind::Socket, client("127.0.0.1"), Standing::Forwarded);
        assert_eq!(enter(Standing::Forwarded), Ok(()));
    }

    #[test]
    fn clients_are_shown_as_addresses() {
        for (address, shown) in [
            ("192.0.2.1:80", "192.0.2.1:80"),
            ("[::ffff:192.0.2.1]:80", "192.0.2.1:80"),
            ("[2001:db8::1]:80", "[2001:db8::1]:80"),
            ("192.0.2.1:0", "192.0.2.1"),
        ] {
            assert_eq!(Client::from(address.parse::<SocketAddr>().unwrap()).to_string(), shown);
        }
    }
}
