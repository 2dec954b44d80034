//! Binding the listening sockets, one per address and thread.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::{SocketAddr, TcpListener};

/// Connections that may wait to be accepted; the kernel caps it (`net.core.somaxconn`).
const BACKLOG: i32 = 1024;

/// Binds `address` for each of `threads` accept loops; all listeners have the same address, port 0 included.
///
/// On Linux each loop has a socket of its own and the kernel spreads connections over them (`SO_REUSEPORT`).
/// Elsewhere that option means something else, and the loops share one socket.
///
/// # Errors
/// As the system says: the address is in use, is not ours, or needs privileges.
pub(crate) fn bind(address: SocketAddr, threads: usize) -> io::Result<Vec<TcpListener>> {
    // Bound without the option, so that a port which another process shares with itself counts as taken; the
    // option is set afterwards, for those that follow.
    let first = socket(address)?;
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
            let socket = socket(address)?;
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

fn socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
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
        let listeners = bind(ANY_PORT, 3).unwrap();
        let ports: Vec<_> = listeners.iter().map(|l| l.local_addr().unwrap().port()).collect();
        assert_eq!(ports.len(), 3);
        assert!(ports[0] != 0 && ports.iter().all(|port| *port == ports[0]), "{ports:?}");
    }

    #[test]
    fn a_port_that_another_server_spreads_over_threads_is_in_use() {
        let taken = bind(ANY_PORT, 2).unwrap()[0].local_addr().unwrap();
        let listeners = bind(taken, 2).unwrap();
        drop(listeners);
        let held = bind(ANY_PORT, 2).unwrap();
        let error = bind(held[0].local_addr().unwrap(), 2).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn every_listener_takes_connections() {
        let listeners = bind(ANY_PORT, 2).unwrap();
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
