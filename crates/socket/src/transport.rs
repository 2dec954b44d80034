use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A byte stream as a driver sees it. Nothing waits: [`io::ErrorKind::WouldBlock`] says that the driver will be told
/// when it is worth another try.
pub(crate) trait Transport {
    /// Less than was asked for means that there is nothing more for the moment.
    const SHORT_READ_DRAINS: bool;

    /// Dropped, it sends what it holds and ends in order, unless there is unread input.
    const DROP_ENDS_IT: bool;

    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize>;
    fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize>;
    /// Passes on what the transport holds in buffers of its own, as TLS does.
    fn flush(&mut self) -> io::Result<()>;
    /// Shuts the sending side down.
    fn shut_down(&mut self) -> io::Result<()>;
}

/// A tokio stream during one poll.
pub(crate) struct Polled<'a, 'b, S> {
    pub(crate) io: &'a mut S,
    pub(crate) cx: &'a mut Context<'b>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport for Polled<'_, '_, S> {
    // TLS gives one record at a time.
    const SHORT_READ_DRAINS: bool = false;
    // TLS has an end of its own, which has to be sent.
    const DROP_ENDS_IT: bool = false;

    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut buf = ReadBuf::new(buf);
        now(Pin::new(&mut *self.io).poll_read(self.cx, &mut buf))?;
        Ok(buf.filled().len())
    }

    fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let io = Pin::new(&mut *self.io);
        now(match slices {
            [only] => io.poll_write(self.cx, only),
            several => io.poll_write_vectored(self.cx, several),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        now(Pin::new(&mut *self.io).poll_flush(self.cx))
    }

    fn shut_down(&mut self) -> io::Result<()> {
        now(Pin::new(&mut *self.io).poll_shutdown(self.cx))
    }
}

fn now<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
