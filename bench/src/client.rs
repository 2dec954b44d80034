//! Opening one connection to a server under test.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use wire::handshake::accept_for;

/// How long a server may take for each step of opening a connection.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// How many connections share one source address, far below the ports an address has.
const PER_ADDRESS: usize = 500;
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// What to talk to a server.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// The path of its echo endpoint; `None` for a server that echoes bytes without WebSocket.
    pub path: Option<String>,
}

/// An extension offer (RFC 7692 section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// No compression.
    Nothing,
    /// Both sides without context takeover; a server that answers otherwise is refused.
    NoContextTakeover,
    /// What browsers send; the server chooses.
    Browser,
}

/// An open connection, still blocking.
#[derive(Debug)]
pub struct Opened {
    /// The socket, TCP_NODELAY set.
    pub stream: TcpStream,
    /// Whether permessage-deflate was agreed.
    pub deflate: bool,
    /// Bytes that came behind the handshake.
    pub early: Vec<u8>,
}

/// Connects from `source` and does the handshake.
///
/// # Errors
/// When the server can't be reached, refuses, or takes longer than 10 s for a step.
pub fn open(target: &Target, source: Option<Ipv4Addr>, offer: Offer) -> io::Result<Opened> {
    let mut stream = connect(target.address, source)?;
    stream.set_read_timeout(Some(STEP_TIMEOUT))?;
    stream.set_write_timeout(Some(STEP_TIMEOUT))?;
    let Some(path) = &target.path else {
        return Ok(Opened { stream, deflate: false, early: Vec::new() });
    };
    stream.write_all(request(path, target.address, offer).as_bytes())?;
    let (head, early) = read_head(&mut stream)?;
    let deflate = check(&head, offer).map_err(io::Error::other)?;
    Ok(Opened { stream, deflate, early })
}

/// Connects from `source`, TCP_NODELAY set.
///
/// # Errors
/// When the server can't be reached within 10 s.
pub fn connect(address: SocketAddr, source: Option<Ipv4Addr>) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    if let Some(source) = source {
        socket.bind(&SocketAddrV4::new(source, 0).into())?;
    }
    socket.connect_timeout(&address.into(), STEP_TIMEOUT)?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

/// Spreads clients over 127.0.1.1 and up, a few hundred each, so that ports don't run out.
pub fn source(number: usize) -> Ipv4Addr {
    let address = number / PER_ADDRESS;
    Ipv4Addr::new(127, 0, 1 + (address / 250) as u8, 1 + (address % 250) as u8)
}

/// The request of a handshake with all the headers that Chromium sends from a page of the same origin.
pub fn browser_request(path: &str, address: SocketAddr) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nPragma: no-cache\r\n\
         Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like \
         Gecko) Chrome/142.0.0.0 Safari/537.36\r\nUpgrade: websocket\r\nOrigin: http://{address}\r\n\
         Sec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
         Accept-Language: en-GB,en;q=0.9\r\nSec-WebSocket-Key: {KEY}\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    )
}

/// Whether `head` lets the client of a [`browser_request`] in.
///
/// # Errors
/// What the server answered instead.
pub fn check_browser(head: &str) -> Result<(), String> {
    check(head, Offer::Browser).map(drop)
}

fn request(path: &str, address: SocketAddr, offer: Offer) -> String {
    let extension = match offer {
        Offer::Nothing => "",
        Offer::NoContextTakeover => {
            "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n"
        }
        Offer::Browser => "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n",
    };
    format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{extension}\r\n"
    )
}

/// Reads up to the empty line; what comes behind it is kept.
fn read_head(stream: &mut TcpStream) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(512);
    let mut chunk = [0; 1024];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let early = bytes.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&bytes).into_owned(), early));
        }
        let read = stream.read(&mut chunk)?;
        if read == 0 || bytes.len() > 16 * 1024 {
            return Err(io::Error::other("the server answered the handshake with no HTTP response"));
        }
        bytes.extend_from_slice(&chunk[..read]);
    }
}

/// Whether the response agrees to WebSocket, and to compression.
fn check(head: &str, offer: Offer) -> Result<bool, String> {
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("101") {
        return Err(format!("the server answered {status:?}"));
    }
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    };
    if header("sec-websocket-accept").map(str::as_bytes) != Some(accept_for(KEY.as_bytes()).as_bytes()) {
        return Err("the server's Sec-WebSocket-Accept is wrong".to_owned());
    }
    let extensions = header("sec-websocket-extensions").unwrap_or_default();
    let deflate = extensions.contains("permessage-deflate");
    match offer {
        Offer::Nothing if !extensions.is_empty() => Err(format!("{extensions:?} was not offered")),
        Offer::NoContextTakeover if deflate && !extensions.contains("server_no_context_takeover") => {
            Err(format!("server_no_context_takeover was not agreed: {extensions:?}"))
        }
        _ => Ok(deflate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCEPT: &str = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    #[test]
    fn the_handshake_answer_is_checked() {
        let head = |extra: &str| format!("HTTP/1.1 101 Switching Protocols\r\n{ACCEPT}\r\n{extra}\r\n");
        let agreed = "sec-websocket-extensions: permessage-deflate; server_no_context_takeover\r\n";
        let takeover = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
        assert_eq!(check(&head(""), Offer::Nothing), Ok(false));
        assert_eq!(check(&head(""), Offer::Browser), Ok(false));
        assert_eq!(check(&head(agreed), Offer::NoContextTakeover), Ok(true));
        assert_eq!(check(&head(takeover), Offer::Browser), Ok(true));
        assert!(check(&head(takeover), Offer::NoContextTakeover).is_err());
        assert!(check(&head(agreed), Offer::Nothing).is_err());
        assert!(check("HTTP/1.1 403 Forbidden\r\n\r\n", Offer::Nothing).is_err());
        assert!(check("HTTP/1.1 101 OK\r\nSec-WebSocket-Accept: x\r\n\r\n", Offer::Nothing).is_err());
    }

    #[test]
    fn sources_are_loopback_and_shared_by_few() {
        assert_eq!(source(0), Ipv4Addr::new(127, 0, 1, 1));
        assert_eq!(source(499), source(0));
        assert_eq!(source(500), Ipv4Addr::new(127, 0, 1, 2));
        assert_eq!(source(500 * 250), Ipv4Addr::new(127, 0, 2, 1));
    }
}
