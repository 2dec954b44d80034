//! A TCP connection that the runtime gets to know once it has to wait.

use crate::pace::Abort;
use socket2::SockRef;
use std::io::{self, IoSlice, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// As much is read before the runtime knows the connection: mostly a whole request. Buffers are cleared for that, so larger
/// ones would cost more.
const FIRST_READ: usize = 2 << 10;

/// A TCP connection, registered with the runtime when it first has to wait. Most requests for a WebSocket have arrived when
/// their connection is served, are answered at once, and their connection goes to a poll of its own: to register it and to
/// take it out again would cost two system calls and a turn of its task.
#[derive(Debug)]
pub(crate) enum Lazy {
    #[cfg_attr(not(unix), expect(dead_code, reason = "elsewhere the runtime alone accepts"))]
    Unwatched {
        stream: std::net::TcpStream,
        /// The latest read had all there was.
        drained: bool,
    },
    Watched(TcpStream),
    /// The system had no room for it in the runtime's poll.
    Lost,
}

/// A listening socket whose connections are lazy.
#[derive(Debug)]
pub(crate) struct Listener {
    #[cfg(unix)]
    socket: tokio::io::unix::AsyncFd<mio::net::TcpListener>,
    #[cfg(not(unix))]
    socket: tokio::net::TcpListener,
}

#[cfg(unix)]
impl Listener {
    /// Takes a socket that listens and does not block.
    ///
    /// # Errors
    /// The runtime's poll has no room.
    pub(crate) fn new(socket: std::net::TcpListener) -> io::Result<Self> {
        let socket = mio::net::TcpListener::from_std(socket);
        #[expect(
            deprecated,
            reason = "its successor is unsafe, since a type may say one descriptor and own another; this one does not"
        )]
        let socket = tokio::io::unix::AsyncFd::with_interest(socket, tokio::io::Interest::READABLE)?;
        Ok(Self { socket })
    }

    /// The next connection.
    ///
    /// # Errors
    /// As the system says: mostly that there are too many open files.
    pub(crate) async fn accept(&self) -> io::Result<(Lazy, SocketAddr)> {
        // Unlike std's, it does not block from the start.
        let accept = |socket: &mio::net::TcpListener| socket.accept();
        let (stream, peer) = self.socket.async_io(tokio::io::Interest::READABLE, accept).await?;
        Ok((Lazy::Unwatched { stream: stream.into(), drained: false }, peer))
    }
}

#[cfg(not(unix))]
impl Listener {
    /// Takes a socket that listens and does not block.
    ///
    /// # Errors
    /// The runtime's poll has no room.
    pub(crate) fn new(socket: std::net::TcpListener) -> io::Result<Self> {
        Ok(Self { socket: tokio::net::TcpListener::from_std(socket)? })
    }

    /// The next connection.
    ///
    /// # Errors
    /// As the system says: mostly that there are too many open files.
    pub(crate) async fn accept(&self) -> io::Result<(Lazy, SocketAddr)> {
        let (stream, peer) = self.socket.accept().await?;
        Ok((Lazy::Watched(stream), peer))
    }
}

impl Lazy {
    /// Has small messages not wait for the acknowledgement of the ones before (Nagle's algorithm).
    ///
    /// # Errors
    /// The connection is lost.
    pub(crate) fn set_nodelay(&self) -> io::Result<()> {
        match self {
            Self::Unwatched { stream, .. } => stream.set_nodelay(true),
            Self::Watched(stream) => stream.set_nodelay(true),
            Self::Lost => Err(lost()),
        }
    }

    /// The connection, for its options.
    pub(crate) fn tcp(&self) -> Option<SockRef<'_>> {
        match self {
            Self::Unwatched { stream, .. } => Some(SockRef::from(stream)),
            Self::Watched(stream) => Some(SockRef::from(stream)),
            Self::Lost => None,
        }
    }

    /// The connection in the runtime's hands.
    ///
    /// # Errors
    /// The runtime's poll has no room.
    pub(crate) fn into_tokio(self) -> io::Result<TcpStream> {
        match self {
            Self::Unwatched { stream, .. } => TcpStream::from_std(stream),
            Self::Watched(stream) => Ok(stream),
            Self::Lost => Err(lost()),
        }
    }

    /// The connection out of the runtime's hands. It does not block.
    ///
    /// # Errors
    /// The runtime's poll does not give it back.
    #[cfg(unix)]
    pub(crate) fn into_std(self) -> io::Result<std::net::TcpStream> {
        match self {
            Self::Unwatched { stream, .. } => Ok(stream),
            Self::Watched(stream) => stream.into_std(),
            Self::Lost => Err(lost()),
        }
    }

    /// The connection in the runtime's hands, where it stays.
    fn watched(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if let Self::Unwatched { .. } = self {
            *self = Self::Watched(std::mem::replace(self, Self::Lost).into_tokio()?);
        }
        match self {
            Self::Watched(stream) => Ok(Pin::new(stream)),
            Self::Unwatched { .. } | Self::Lost => Err(lost()),
        }
    }
}

fn lost() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

/// What came of trying, unless that has to wait.
fn at_once<T>(result: io::Result<T>) -> Option<io::Result<T>> {
    match result {
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => None,
        result => Some(result),
    }
}

impl AsyncRead for Lazy {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Self::Unwatched { stream, drained } = &mut *self {
            // Who has a request and is about to answer it looks whether there is more, or the client has left. There is
            // time for that once the answer is on its way, which mostly is a 101.
            if std::mem::take(drained) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let room = buf.remaining().min(FIRST_READ);
            if let Some(read) = at_once(stream.read(buf.initialize_unfilled_to(room))) {
                *drained = read.as_ref().is_ok_and(|count| (1..room).contains(count));
                return Poll::Ready(read.map(|count| buf.advance(count)));
            }
        }
        match self.watched() {
            Ok(stream) => stream.poll_read(cx, buf),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl AsyncWrite for Lazy {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Self::Unwatched { stream, .. } = &mut *self
            && let Some(written) = at_once(stream.write(buf))
        {
            return Poll::Ready(written);
        }
        match self.watched() {
            Ok(stream) => stream.poll_write(cx, buf),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Self::Unwatched { stream, .. } = &mut *self
            && let Some(written) = at_once(stream.write_vectored(bufs))
        {
            return Poll::Ready(written);
        }
        match self.watched() {
            Ok(stream) => stream.poll_write_vectored(cx, bufs),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Nothing is held back.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Self::Unwatched { stream, .. } = &*self {
            return Poll::Ready(stream.shutdown(Shutdown::Write));
        }
        match self.watched() {
            Ok(stream) => stream.poll_shutdown(cx),
            Err(error) => Poll::Ready(Err(error)),
        }
    }
}

impl Abort for Lazy {
    fn abort(&self) {
        // Where the system refuses, it ends as other streams do.
        match self {
            Self::Unwatched { stream, .. } => _ = SockRef::from(stream).set_linger(Some(Duration::ZERO)),
            Self::Watched(stream) => stream.abort(),
            Self::Lost => {}
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::pin::pin;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    async fn pair() -> (Lazy, TcpStream) {
        let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let listener = Listener::new(socket).unwrap();
        let (accepted, client) = tokio::join!(listener.accept(), TcpStream::connect(address));
        (accepted.unwrap().0, client.unwrap())
    }

    #[tokio::test]
    async fn what_need_not_wait_is_not_watched() {
        let (mut lazy, mut client) = pair().await;
        client.write_all(b"asked").await.unwrap();
        // On a loopback it is there once it is sent.
        assert_eq!(lazy.read(&mut [0; 100]).await.unwrap(), 5);
        // Looking for more says that there is none, and does not wait for it.
        assert!(futures_util::poll!(pin!(lazy.read(&mut [0]))).is_pending());
        lazy.write_all(b"answered").await.unwrap();
        assert!(matches!(lazy, Lazy::Unwatched { .. }));
        let stream = lazy.into_std().unwrap();
        drop(stream);
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"answered");
    }

    #[tokio::test]
    async fn what_has_to_wait_is_watched_and_loses_nothing() {
        let (mut lazy, mut client) = pair().await;
        let sent: Vec<u8> = (0..4_000_000_u32).map(|at| at as u8).collect();
        let echo = async {
            let mut buffer = vec![0; 100_000];
            loop {
                match lazy.read(&mut buffer).await.unwrap() {
                    0 => break,
                    count => lazy.write_all(&buffer[..count]).await.unwrap(),
                }
            }
            assert!(matches!(lazy, Lazy::Watched(_)));
            lazy.shutdown().await.unwrap();
        };
        let (mut from, mut to) = client.split();
        let sending = async {
            to.write_all(&sent).await.unwrap();
            to.shutdown().await.unwrap();
        };
        let mut came = Vec::new();
        let (_, _, read) = tokio::join!(echo, sending, from.read_to_end(&mut came));
        read.unwrap();
        assert!(came == sent);
    }
}
