//! Binding the listening sockets, one per address and thread.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Connections that may wait to be accepted; the kernel caps it (`net.core.somaxconn`).
const BACKLOG: i32 = 1024;

/// Connections have `TCP_NODELAY` as their listener does, so that it need not be set on each of them.
pub(crate) const GIVES_NODELAY: bool = cfg!(target_os = "linux");

/// Two addresses of which one has the other's port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    /// Listed first, or the one that stands for all of its kind.
    pub(crate) wider: SocketAddr,
    pub(crate) narrower: SocketAddr,
}

/// Finds addresses that can't be listened on together, which the system would call a port in use: the same one twice, or
/// one beside `0.0.0.0` or `[::]`, which cover it.
pub(crate) fn overlap(addresses: &[SocketAddr]) -> Option<Overlap> {
    let covers = |wide: SocketAddr, other: SocketAddr| {
        let (wide, other) = (canonical(wide), canonical(other));
        wide.port() != 0
            && wide.port() == other.port()
            && (wide == other || (wide.ip().is_unspecified() && wide.is_ipv4() == other.is_ipv4()))
    };
    addresses.iter().enumerate().find_map(|(number, &later)| {
        let earlier =
            addresses[..number].iter().find(|&&earlier| covers(earlier, later) || covers(later, earlier))?;
        let earlier_is_wider = covers(*earlier, later);
        let (wider, narrower) = if earlier_is_wider { (*earlier, later) } else { (later, *earlier) };
        Some(Overlap { wider, narrower })
    })
}

/// Whether `[::]` has to leave IPv4 alone, which it otherwise takes too: one of the others is an IPv4 address with its port.
pub(crate) fn is_only_v6(address: SocketAddr, all: &[SocketAddr]) -> bool {
    address.port() != 0
        && all.iter().any(|&other| canonical(other).is_ipv4() && other.port() == address.port())
}

/// An IPv4 address, however it is written.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Binds `address` for each of `threads` accept loops; all listeners have the same address, port 0 included.
///
/// On Linux each loop has a socket of its own and the kernel spreads connections over them (`SO_REUSEPORT`).
/// Elsewhere that option means something else, and the loops share one socket. `[::]` also takes IPv4 where the system can,
/// unless it is to be `only_v6`.
///
/// # Errors
/// As the system says: the address is in use, is not ours, or needs privileges.
pub(crate) fn bind(address: SocketAddr, threads: usize, only_v6: bool) -> io::Result<Vec<TcpListener>> {
    // Bound without the option, so that a port which another process shares with itself counts as taken; the
    // option is set afterwards, for those that follow.
    let first = socket(address, only_v6)?;
    first.bind(&address.into())?;
    let reuse_port = cfg!(target_os = "linux") && set_reuse_port(&first).is_ok();
    let address = first
        .local_addr()?
        .as_socket()
        .ok_or_else(|| io::Error::other("the system bound an address that is not IP"))?;
    first.listen(BACKLOG)?;
    let mut listeners = vec![TcpListener::from(first)];
    while listeners.len() < threads {
        let next = if reuse_port {
            let socket = socket(address, only_v6)?;
            set_reuse_port(&socket)?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            TcpListener::from(socket)
        } else {
            listeners[0].try_clone()?
        };
        listeners.push(next);
    }
    Ok(listeners)
}

fn socket(address: SocketAddr, only_v6: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    if GIVES_NODELAY {
        socket.set_tcp_nodelay(true)?;
    }
    if address.is_ipv6() && address.ip().is_unspecified() {
        match socket.set_only_v6(only_v6) {
            Err(error) if only_v6 => return Err(error),
            // Some systems never take both; the default differs among the others.
            _ => {}
        }
    }
    // On Unix it lets a restarted server have its port back while old connections linger. On Windows it would
    // let it take a port that is in use.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    Ok(socket)
}

#[cfg(unix)]
fn set_reuse_port(socket: &Socket) -> io::Result<()> {
    socket.set_reuse_port(true)
}

#[cfg(not(unix))]
fn set_reuse_port(_: &Socket) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    #[test]
    fn all_threads_get_the_same_port() {
        let listeners = bind(ANY_PORT, 3, false).unwrap();
        let ports: Vec<_> = listeners.iter().map(|l| l.local_addr().unwrap().port()).collect();
        assert_eq!(ports.len(), 3);
        assert!(ports[0] != 0 && ports.iter().all(|port| *port == ports[0]), "{ports:?}");
    }

    #[test]
    fn connections_have_no_delay() {
        if !GIVES_NODELAY {
            return;
        }
        for listener in bind(ANY_PORT, 2, false).unwrap() {
            // The second may get what comes to the first's port, so connections are made one by one until it does.
            listener.set_nonblocking(true).unwrap();
            let accepted = loop {
                let _client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
                if let Ok((stream, _)) = listener.accept() {
                    break stream;
                }
            };
            assert!(accepted.nodelay().unwrap());
        }
    }

    #[test]
    fn addresses_that_exclude_each_other_are_named() {
        for (addresses, expected) in [
            (&["127.0.0.1:80", "127.0.0.1:81", "[::1]:80", "127.0.0.2:80"][..], None),
            (&["0.0.0.0:80", "[::]:80"], None),
            (&["0.0.0.0:80", "[::1]:80", "127.0.0.1:81"], None),
            (&["127.0.0.1:0", "127.0.0.1:0", "0.0.0.0:0"], None),
            (&["127.0.0.1:80", "[::1]:80", "127.0.0.1:80"], Some(("127.0.0.1:80", "127.0.0.1:80"))),
            (&["127.0.0.1:80", "[::ffff:127.0.0.1]:80"], Some(("127.0.0.1:80", "[::ffff:127.0.0.1]:80"))),
            (&["0.0.0.0:80", "127.0.0.1:80"], Some(("0.0.0.0:80", "127.0.0.1:80"))),
            (&["[::1]:80", "[::]:80"], Some(("[::]:80", "[::1]:80"))),
        ] {
            let parse = |text: &&str| text.parse::<SocketAddr>().unwrap();
            let addresses: Vec<_> = addresses.iter().map(parse).collect();
            let expected = expected
                .map(|(wider, narrower)| Overlap { wider: parse(&wider), narrower: parse(&narrower) });
            assert_eq!(overlap(&addresses), expected, "{addresses:?}");
        }
    }

    #[test]
    fn all_of_ipv4_and_all_of_ipv6_can_have_the_same_port() {
        let Ok(v4) = bind("0.0.0.0:0".parse().unwrap(), 2, false) else { panic!("no IPv4") };
        let port = v4[0].local_addr().unwrap().port();
        let v6 = SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, port));
        let all = [v4[0].local_addr().unwrap(), v6];
        match bind(v6, 2, is_only_v6(v6, &all)) {
            Ok(v6) => assert!(v6.iter().all(|listener| listener.local_addr().unwrap().port() == port)),
            // A machine without IPv6, as some containers are.
            Err(error) => assert_ne!(error.kind(), io::ErrorKind::AddrInUse),
        }
    }

    #[test]
    fn a_port_that_another_server_spreads_over_threads_is_in_use() {
        let taken = bind(ANY_PORT, 2, false).unwrap()[0].local_addr().unwrap();
        let listeners = bind(taken, 2, false).unwrap();
        drop(listeners);
        let held = bind(ANY_PORT, 2, false).unwrap();
        let error = bind(held[0].local_addr().unwrap(), 2, false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn every_listener_takes_connections() {
        let listeners = bind(ANY_PORT, 2, false).unwrap();
        let address = listeners[0].local_addr().unwrap();
        let clients: Vec<_> = (0..32).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        let mut accepted = 0;
        for listener in &listeners {
            while listener.accept().is_ok() {
                accepted += 1;
            }
        }
        assert_eq!(accepted, clients.len());
    }
}
