//! A server-side socket with an echo behind it, on an in-memory transport, and a hand-driven peer.

use std::sync::Arc;
use std::time::Duration;

use socket::wire::deflate::Params;
use socket::wire::frame::Header;
use socket::wire::raw::{self, RawFrame};
use socket::wire::{CloseCode, ConnectionSettings, Message, MessageKind, OpCode, Outgoing, Role, Summary};
use socket::{Endpoint, Socket};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex,
};
use tokio::task::JoinHandle;

pub(crate) struct Echo;

impl Endpoint for Echo {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        out.echo(&message).expect("an echo is only asked for while the connection is open");
    }
}

/// The far end, which says what it is told to, byte for byte.
pub(crate) struct Peer<T = DuplexStream> {
    io: T,
    read: Vec<u8>,
    server: Option<JoinHandle<Summary>>,
}

#[derive(Debug, PartialEq, Eq, Clone)]
pub(crate) struct Frame {
    pub(crate) header: Header,
    pub(crate) payload: Vec<u8>,
}

pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

pub(crate) fn settings() -> ConnectionSettings {
    ConnectionSettings::default()
}

pub(crate) fn serve(settings: ConnectionSettings) -> Peer {
    serve_with(settings, None, Echo, 1 << 20)
}

pub(crate) fn serve_with(
    settings: ConnectionSettings,
    compression: Option<Params>,
    endpoint: impl Endpoint + Send + 'static,
    pipe: usize,
) -> Peer {
    let (near, far) = duplex(pipe);
    let socket = Socket::new(near, &[], Role::Server, compression, Arc::new(settings), endpoint);
    Peer::over(far, tokio::spawn(socket.run()))
}

impl Peer {
    pub(crate) fn over(io: DuplexStream, server: JoinHandle<Summary>) -> Peer {
        Peer { io, read: Vec::new(), server: Some(server) }
    }

    /// Two halves, to read and write side by side.
    pub(crate) fn split(self) -> (Peer<ReadHalf<DuplexStream>>, Peer<WriteHalf<DuplexStream>>) {
        let (read, write) = tokio::io::split(self.io);
        (Peer { io: read, read: self.read, server: None }, Peer { io: write, read: Vec::new(), server: None })
    }

    /// Ends the stream without a Close.
    pub(crate) async fn hang_up(self) -> Summary {
        drop(self.io);
        self.server.expect("a whole peer").await.expect("the connection's task does not panic")
    }

    /// Expects a Close with this code, then the end of the stream; gives how the connection ended.
    pub(crate) async fn expect_close(mut self, code: CloseCode) -> Summary {
        let frame = self.frame().await.expect("a Close, not the end");
        assert_eq!(frame.header.opcode, 8, "a Close, not {frame:?}");
        assert_eq!(frame.payload.get(..2), Some(&code.0.to_be_bytes()[..]), "{frame:?}");
        assert_eq!(self.frame().await, None);
        self.hang_up().await
    }
}

impl<T: AsyncWrite + Unpin> Peer<T> {
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.io.write_all(bytes).await.expect("the socket takes input");
    }

    /// Sends, and tells whether all of it was taken.
    pub(crate) async fn send_quietly(&mut self, bytes: &[u8]) -> bool {
        self.io.write_all(bytes).await.is_ok()
    }

    pub(crate) async fn send_message(&mut self, kind: MessageKind, payload: &[u8]) {
        self.send(&message(kind, payload)).await;
    }
}

impl<T: AsyncRead + Unpin> Peer<T> {
    /// The next frame, or none at the end of the stream.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Ok((header, used)) = Header::read(&self.read) {
                let end = used + usize::try_from(header.len).expect("test frames are small");
                if self.read.len() >= end {
                    let payload = self.read[used..end].to_vec();
                    self.read.drain(..end);
                    return Some(Frame { header, payload });
                }
            }
            let mut chunk = vec![0; 64 << 10];
            let waited = tokio::time::timeout(Duration::from_secs(600), self.io.read(&mut chunk)).await;
            let count = waited.expect("the socket says something").expect("a readable pipe");
            if count == 0 {
                assert!(self.read.is_empty(), "the stream ends within a frame: {:?}", self.read);
                return None;
            }
            self.read.extend_from_slice(&chunk[..count]);
        }
    }

    pub(crate) async fn expect_message(&mut self, kind: MessageKind, payload: &[u8]) {
        let frame = self.frame().await.expect("a message, not the end");
        assert_eq!(frame.header.opcode, kind_bits(kind));
        assert!(frame.header.fin);
        assert!(frame.payload == payload, "the echo differs: {} bytes", frame.payload.len());
    }
}

pub(crate) fn message(kind: MessageKind, payload: &[u8]) -> Vec<u8> {
    fragmented(kind, payload, None)
}

pub(crate) fn fragmented(kind: MessageKind, payload: &[u8], fragment_len: Option<usize>) -> Vec<u8> {
    let lens = fragment_len.map_or(Vec::new(), |len| vec![len; payload.len().saturating_sub(1) / len]);
    encoded(raw::fragments(kind, payload, lens))
}

pub(crate) fn ping(payload: &[u8]) -> Vec<u8> {
    encoded([RawFrame::new(OpCode::Ping, payload)])
}

pub(crate) fn pong(payload: &[u8]) -> Vec<u8> {
    encoded([RawFrame::new(OpCode::Pong, payload)])
}

pub(crate) fn close(status: Option<(CloseCode, &str)>) -> Vec<u8> {
    encoded([match status {
        Some((CloseCode(code), reason)) => raw::close(code, reason.as_bytes()),
        None => RawFrame::new(OpCode::Close, []),
    }])
}

fn encoded(frames: impl IntoIterator<Item = RawFrame>) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        frame.masked(KEY).encode(&mut out);
    }
    out
}

fn kind_bits(kind: MessageKind) -> u8 {
    match kind {
        MessageKind::Text => 1,
        MessageKind::Binary => 2,
    }
}
