//! A server in this process, and clients that say exactly what a test wants said.

use server::assets::{Bundle, File};
use server::{Certificate, Config, RunError, Server, Stop};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

/// Longer than anything here takes on a busy machine; only failing tests wait for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// The key of RFC 6455 section 1.3 and the accept value that answers it.
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A running server that ends with the test.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) metrics_address: Option<SocketAddr>,
    pub(crate) stop: Stop,
    pub(crate) certificate: Option<Certificate>,
    thread: Option<JoinHandle<Result<(), RunError>>>,
}

impl TestServer {
    /// The default configuration, on two threads and a free port.
    pub(crate) fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub(crate) fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        Self::start_serving(&[], change)
    }

    pub(crate) fn start_serving(files: &[File], change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            listen: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, 0))],
            threads: NonZeroUsize::new(2).unwrap(),
            shutdown_delay: Duration::ZERO,
            ..Config::default()
        };
        change(&mut config);
        let server = Server::bind(config, Bundle::new(files)).unwrap();
        let address = server.addresses()[0];
        let metrics_address = server.metrics_addresses().first().copied();
        let certificate = server.certificate();
        let stop = Stop::new();
        let server_stop = stop.clone();
        let thread = Some(std::thread::spawn(move || server.run(&server_stop)));
        Self { address, metrics_address, stop, certificate, thread }
    }

    /// Waits for the end of a server that was told to stop.
    pub(crate) fn join(mut self) -> Result<(), RunError> {
        let thread = self.thread.take().unwrap();
        let deadline = Instant::now() + PATIENCE;
        while !thread.is_finished() {
            assert!(Instant::now() < deadline, "the server goes on");
            std::thread::sleep(Duration::from_millis(10));
        }
        thread.join().unwrap()
    }

    pub(crate) fn connect(&self) -> RawClient {
        RawClient::connect(self.address)
    }

    /// A raw client behind an accepted handshake for `target`.
    pub(crate) fn upgrade(&self, target: &str) -> RawClient {
        let mut client = self.connect();
        client.send(upgrade_request(target, &[]).as_bytes());
        let response = client.response();
        assert_eq!(response.status, 101, "{response:?}");
        client
    }

    /// One request on a connection of its own.
    pub(crate) fn request(&self, method: &str, target: &str, headers: &[&str]) -> HttpResponse {
        let mut client = self.connect();
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        client.send(
            format!(
                "{method} {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
                self.address
            )
            .as_bytes(),
        );
        client.response()
    }

    pub(crate) fn get(&self, target: &str, headers: &[&str]) -> HttpResponse {
        self.request("GET", target, headers)
    }

    /// One request with a body on a connection of its own.
    pub(crate) fn post(&self, target: &str, kind: &str, body: &[u8]) -> HttpResponse {
        let mut client = self.connect();
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        client.send(head.as_bytes());
        // A body that is too large is refused before it is read.
        let _ = client.try_send(body);
        client.response()
    }

    /// A library client.
    pub(crate) async fn websocket(&self, target: &str) -> WebSocketStream<tokio::net::TcpStream> {
        websocket(self.address, target).await
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.stop.at_once();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A library client of any server.
pub(crate) async fn websocket(address: SocketAddr, target: &str) -> WebSocketStream<tokio::net::TcpStream> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("ws://{address}{target}").into_client_request().unwrap();
    tokio_tungstenite::client_async(request, stream).await.unwrap().0
}

/// A correct handshake, `changes` applied: `Name: value` replaces that header, `Name:` removes it, and
/// `+Name: value` adds a line.
pub(crate) fn upgrade_request(target: &str, changes: &[&str]) -> String {
    let mut lines = vec![
        "Host: 127.0.0.1".to_owned(),
        "Upgrade: websocket".to_owned(),
        "Connection: Upgrade".to_owned(),
        "Sec-WebSocket-Version: 13".to_owned(),
        format!("Sec-WebSocket-Key: {KEY}"),
    ];
    for change in changes {
        if let Some(line) = change.strip_prefix('+') {
            lines.push(line.to_owned());
            continue;
        }
        let (name, value) = change.split_once(':').unwrap();
        lines.retain(|line| line.split_once(':').unwrap().0 != name);
        if !value.is_empty() {
            lines.push((*change).to_owned());
        }
    }
    format!("GET {target} HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"))
}

/// A TCP client that sends bytes and reads frames.
pub(crate) struct RawClient(TcpStream);

impl RawClient {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    /// Over a connection that there is.
    pub(crate) fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// The connection underneath.
    pub(crate) fn into_stream(self) -> TcpStream {
        self.0
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
    }

    /// What the transport says when a test expects it to refuse.
    pub(crate) fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write_all(bytes)
    }

    /// Sends again and again until the server takes no more for a while; tells how many bytes it took.
    pub(crate) fn send_until_blocked(&mut self, bytes: &[u8]) -> usize {
        self.0.set_write_timeout(Some(Duration::from_millis(200))).unwrap();
        let mut sent = 0;
        let blocked = loop {
            match self.0.write(&bytes[sent % bytes.len()..]) {
                Ok(count) => sent += count,
                Err(error) => break error,
            }
        };
        assert_eq!(blocked.kind(), std::io::ErrorKind::WouldBlock, "{blocked}");
        self.0.set_write_timeout(Some(PATIENCE)).unwrap();
        sent
    }

    /// Hangs up with a reset.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).unwrap();
    }

    pub(crate) fn read_exact(&mut self, bytes: usize) -> Vec<u8> {
        let mut buffer = vec![0; bytes];
        self.0.read_exact(&mut buffer).unwrap();
        buffer
    }

    /// Fills the buffer, unless the connection ends before.
    pub(crate) fn try_read(&mut self, buffer: &mut [u8]) -> bool {
        self.0.read_exact(buffer).is_ok()
    }

    /// Everything that comes until the connection ends in order.
    pub(crate) fn read_to_end(&mut self) -> Vec<u8> {
        self.try_read_to_end().unwrap()
    }

    /// The same, or how the connection ends otherwise.
    pub(crate) fn try_read_to_end(&mut self) -> std::io::Result<Vec<u8>> {
        let mut all = Vec::new();
        self.0.read_to_end(&mut all).map(|_| all)
    }

    /// One HTTP response with as much body as it announces.
    pub(crate) fn response(&mut self) -> HttpResponse {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.extend(self.read_exact(1));
        }
        let mut response = HttpResponse::parse(&String::from_utf8(head).unwrap());
        if response.status != 101 && response.status != 304 {
            // A HEAD response announces a body that never comes: what comes instead is the end.
            let length = response.header("content-length").map_or(0, |length| length.parse().unwrap());
            let mut body = vec![0; length];
            let mut filled = 0;
            while filled < length {
                match self.0.read(&mut body[filled..]).unwrap() {
                    0 => break,
                    read => filled += read,
                }
            }
            body.truncate(filled);
            response.body = body;
        }
        response
    }

    /// The next frame from the server: its first byte and its payload.
    pub(crate) fn frame(&mut self) -> (u8, Vec<u8>) {
        let head = self.read_exact(2);
        assert_eq!(head[1] & 0x80, 0, "RFC 6455 section 5.1: a server must not mask");
        let length = match head[1] {
            126 => u64::from(u16::from_be_bytes(self.read_exact(2).try_into().unwrap())),
            127 => u64::from_be_bytes(self.read_exact(8).try_into().unwrap()),
            length => u64::from(length),
        };
        (head[0], self.read_exact(usize::try_from(length).unwrap()))
    }

    /// Expects a Close with this code as the next frame, then the end of the connection.
    pub(crate) fn expect_close(&mut self, code: u16) -> String {
        let (head, payload) = self.frame();
        assert_eq!(head, 0x88, "expected a Close, got {head:#x} {payload:?}");
        let (got, reason) = payload.split_first_chunk().expect("a code");
        assert_eq!(u16::from_be_bytes(*got), code);
        self.expect_end();
        String::from_utf8(reason.to_vec()).unwrap()
    }

    /// Expects an orderly end of the connection without another byte.
    pub(crate) fn expect_end(&mut self) {
        assert_eq!(self.read_to_end(), b"", "expected the end of the connection");
    }
}

#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl HttpResponse {
    fn parse(head: &str) -> Self {
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status, headers, body: Vec::new() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// A client frame with FIN and a mask (RFC 6455 section 5.2).
pub(crate) fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    frame_with_head(0x80 | opcode, payload)
}

/// A client frame whose first byte is `head`.
pub(crate) fn frame_with_head(head: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let mut frame = vec![head];
    match payload.len() {
        length @ ..126 => frame.push(0x80 | length as u8),
        length @ ..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}
