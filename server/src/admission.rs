//! Who is let in: at most so many connections in all, and from each address.

use crate::config::LimitConfig;
use crate::metrics::Handshake;
use crate::state::Shard;
use http::StatusCode;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The counts behind the limits, one for the whole server. They are touched when a connection comes or goes,
/// never by a message.
#[derive(Debug)]
pub(crate) struct Admission {
    limits: LimitConfig,
    totals: [AtomicUsize; 2],
    /// Only addresses that have a limit and a connection.
    by_address: Mutex<HashMap<Network, [usize; 2]>>,
}

/// What is counted. WebSockets can't crowd out health checks, so each kind has the limits to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A TCP connection as long as it speaks HTTP.
    Http,
    /// A WebSocket.
    Socket,
}

/// Why somebody is not let in. The text is sent to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The server is full.
    #[error("this server has as many connections as it takes (--max-connections); come back later")]
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

/// A connection that was let in. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct Seat {
    /// The thread that serves it.
    pub(crate) shard: Arc<Shard>,
    /// Who has it.
    pub(crate) client: Client,
    kind: Kind,
}

/// What shares a limit: an IPv4 address, or the part of an IPv6 address that a provider gives to one customer.
type Network = [u8; 16];

impl Admission {
    pub(crate) fn new(limits: LimitConfig) -> Self {
        Self { limits, totals: Default::default(), by_address: Mutex::default() }
    }

    /// Connections of this kind.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.totals[kind as usize].load(Ordering::Relaxed)
    }

    /// Takes a place. A client that is `exempt`, as proxies are, only counts in all.
    fn enter(&self, kind: Kind, client: Client, exempt: bool) -> Result<(), Refusal> {
        let total = &self.totals[kind as usize];
        if total.fetch_add(1, Ordering::Relaxed) >= self.limits.max_connections.get() {
            total.fetch_sub(1, Ordering::Relaxed);
            return Err(Refusal::Full);
        }
        if let Some(limit) = self.limits.max_connections_per_address.of(client.ip()) {
            let mut by_address = self.by_address();
            let count = &mut by_address.entry(client.network()).or_default()[kind as usize];
            if *count >= limit && !exempt {
                total.fetch_sub(1, Ordering::Relaxed);
                return Err(Refusal::Address);
            }
            *count += 1;
        }
        Ok(())
    }

    fn leave(&self, kind: Kind, client: Client) {
        self.totals[kind as usize].fetch_sub(1, Ordering::Relaxed);
        if self.limits.max_connections_per_address.of(client.ip()).is_none() {
            return;
        }
        if let Entry::Occupied(mut entry) = self.by_address().entry(client.network()) {
            entry.get_mut()[kind as usize] -= 1;
            if *entry.get() == [0; 2] {
                entry.remove();
            }
        }
    }

    fn by_address(&self) -> MutexGuard<'_, HashMap<Network, [usize; 2]>> {
        // The counts are whole between any two statements that can panic.
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Lets `client` in, if there is room.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn take(
        shard: &Arc<Shard>,
        kind: Kind,
        client: SocketAddr,
        exempt: bool,
    ) -> Result<Self, Refusal> {
        let client = Client::from(client);
        shard.shared.admission.enter(kind, client, exempt)?;
        Ok(Self { shard: Arc::clone(shard), client, kind })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.shard.shared.admission.leave(self.kind, self.client);
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

    /// How it is counted.
    pub(crate) fn outcome(self) -> Handshake {
        match self {
            Self::Full => Handshake::Full,
            Self::Address => Handshake::AddressLimit,
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
        Admission::new(LimitConfig {
            max_connections: NonZeroUsize::new(all).unwrap(),
            max_connections_per_address: per_address,
            ..LimitConfig::default()
        })
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
            assert_eq!(admission.enter(Kind::Socket, a, false), Ok(()));
            assert_eq!(admission.enter(Kind::Socket, b, false), Ok(()));
            assert_eq!(admission.enter(Kind::Socket, a, false), Err(Refusal::Full));
            assert_eq!(admission.enter(Kind::Http, a, false), Ok(()), "kinds are apart");
            admission.leave(Kind::Http, a);
            admission.leave(Kind::Socket, a);
            admission.leave(Kind::Socket, b);
        }
        assert_eq!(admission.count(Kind::Socket), 0);
    }

    #[test]
    fn each_address_has_its_own_limit() {
        let admission = admission(100, two_each());
        for address in ["192.0.2.1", "192.0.2.2", "127.0.0.1", "2001:db8::1", "2001:db8:0:1::1"] {
            assert_eq!(admission.enter(Kind::Socket, client(address), false), Ok(()));
            assert_eq!(admission.enter(Kind::Socket, client(address), false), Ok(()));
            assert_eq!(
                admission.enter(Kind::Socket, client(address), false),
                Err(Refusal::Address),
                "{address}"
            );
            assert_eq!(admission.enter(Kind::Socket, client(address), true), Ok(()), "exempt");
        }
        assert_eq!(
            admission.enter(Kind::Socket, client("2001:db8::2"), false),
            Err(Refusal::Address),
            "same /64"
        );
        assert_eq!(admission.enter(Kind::Socket, client("::ffff:192.0.2.1"), false), Err(Refusal::Address));
        assert_eq!(admission.count(Kind::Socket), 15);
    }

    #[test]
    fn nothing_is_remembered_of_who_is_gone() {
        let admission = admission(100, two_each());
        for last in 0..50 {
            let client = client(&format!("192.0.2.{last}"));
            admission.enter(Kind::Http, client, false).unwrap();
            admission.enter(Kind::Socket, client, false).unwrap();
            admission.leave(Kind::Http, client);
            admission.leave(Kind::Socket, client);
        }
        assert!(admission.by_address().is_empty());
    }

    #[test]
    fn loopback_is_free_unless_told_otherwise() {
        let admission = admission(100_000, PerAddress::default());
        for address in ["127.0.0.1", "::1", "192.0.2.1"] {
            let let_in =
                (0..2000).filter(|_| admission.enter(Kind::Socket, client(address), false).is_ok()).count();
            assert_eq!(let_in, if address == "192.0.2.1" { 1024 } else { 2000 }, "{address}");
        }
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
