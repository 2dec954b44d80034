//! A stream whose output has to make progress.

use socket::MaybeTls;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_rustls::server::TlsStream;

/// What a peer has to take of what waits for it, in bytes per second, once it has used up its patience.
const MIN_RATE: u32 = 1 << 10;

/// A stream that can be given up together with what its peer has not taken.
pub(crate) trait Abort {
    /// Has the stream end with a reset once it is dropped. Otherwise the system would go on offering what it holds, some
    /// megabytes, to a peer that takes nothing.
    fn abort(&self);
}

/// Fails writing with [`io::ErrorKind::TimedOut`] when the peer takes nothing for a while, or next to nothing for long.
///
/// A peer that stalls has a certain time. What it takes gives it back as much time as that takes at [`MIN_RATE`], up to all
/// of it. Once everything is written the account is closed. While nothing stalls this costs a comparison.
#[derive(Debug)]
pub(crate) struct Paced<S> {
    stream: S,
    patience: Duration,
    seen: Arc<Seen>,
    /// When patience ends, while the peer owes something.
    deadline: Option<Instant>,
    /// Kept from one stall to the next.
    timer: Option<Pin<Box<Sleep>>>,
}

/// What is known of a stream by those who don't have it.
#[derive(Debug)]
pub(crate) struct Seen {
    stalled: AtomicBool,
    timed_out: AtomicBool,
    input: AtomicBool,
    /// So much is written yet, and then the stream is reset.
    left: AtomicUsize,
}

impl Default for Seen {
    fn default() -> Self {
        let [stalled, timed_out, input] = std::array::from_fn(|_| AtomicBool::new(false));
        Self { stalled, timed_out, input, left: AtomicUsize::new(usize::MAX) }
    }
}

impl Seen {
    /// Output waits for the peer.
    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    /// The peer's time is up.
    pub(crate) fn has_timed_out(&self) -> bool {
        self.timed_out.load(Ordering::Relaxed)
    }

    /// Has the stream reset once so many more bytes are written: a fault that was asked for.
    pub(crate) fn cut_after(&self, bytes: usize) {
        self.left.store(bytes, Ordering::Relaxed);
    }

    /// Whether something has arrived since this was asked last.
    pub(crate) fn take_input(&self) -> bool {
        self.input.swap(false, Ordering::Relaxed)
    }
}

impl Abort for MaybeTls {
    fn abort(&self) {
        self.tcp().abort();
    }
}

impl Abort for TcpStream {
    fn abort(&self) {
        // Where the system refuses, it ends as other streams do.
        let _ = self.set_zero_linger();
    }
}

impl Abort for TlsStream<TcpStream> {
    fn abort(&self) {
        self.get_ref().0.abort();
    }
}

impl<S> Paced<S> {
    /// Gives a peer that stalls this long.
    pub(crate) fn new(stream: S, patience: Duration) -> Self {
        Self { stream, patience, seen: Arc::default(), deadline: None, timer: None }
    }

    /// What is known of it from now on.
    pub(crate) fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.seen)
    }

    /// The stream, unpaced.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }

    /// Everything is written.
    fn settle(&mut self) {
        if self.deadline.take().is_some() {
            self.seen.stalled.store(false, Ordering::Relaxed);
        }
    }
}

impl<S: Abort> Paced<S> {
    /// Books what an attempt to write has come to.
    #[inline]
    fn book(&mut self, cx: &mut Context<'_>, attempt: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match (&attempt, self.deadline) {
            (Poll::Pending, _) => self.wait(cx),
            (Poll::Ready(Ok(written)), Some(deadline)) => {
                let full = Instant::now() + self.patience;
                let earned = Duration::from_secs(*written as u64) / MIN_RATE;
                self.deadline = Some(full.min(deadline + earned));
                attempt
            }
            (Poll::Ready(_), _) => attempt,
        }
    }

    /// How much of `buf` may be written before the stream is cut.
    fn allowed(&self, buf: &[u8]) -> io::Result<usize> {
        match self.seen.left.load(Ordering::Relaxed) {
            usize::MAX => Ok(buf.len()),
            0 => {
                self.stream.abort();
                Err(io::ErrorKind::ConnectionReset.into())
            }
            left => Ok(left.min(buf.len())),
        }
    }

    /// The peer takes nothing: waits with the task until it does or its time is up.
    fn wait(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let deadline = *self.deadline.get_or_insert_with(|| Instant::now() + self.patience);
        self.seen.stalled.store(true, Ordering::Relaxed);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        ready!(timer.as_mut().poll(cx));
        self.stream.abort();
        self.seen.timed_out.store(true, Ordering::Relaxed);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.seen.input.store(true, Ordering::Relaxed);
        }
        polled
    }
}

impl<S: AsyncWrite + Abort + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let allowed = self.allowed(buf)?;
        let attempt = Pin::new(&mut self.stream).poll_write(cx, &buf[..allowed]);
        if let Poll::Ready(Ok(written)) = attempt
            && self.seen.left.load(Ordering::Relaxed) != usize::MAX
        {
            self.seen.left.fetch_sub(written, Ordering::Relaxed);
        }
        self.book(cx, attempt)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // Most answers are one piece, and the system call for pieces is the dearer one.
        if self.seen.left.load(Ordering::Relaxed) != usize::MAX {
            let first = bufs.iter().find(|buf| !buf.is_empty()).map_or(&[][..], |buf| buf);
            return self.poll_write(cx, first);
        }
        let attempt = match bufs {
            [one] => Pin::new(&mut self.stream).poll_write(cx, one),
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, bufs),
        };
        self.book(cx, attempt)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// TLS writes here too.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Pending => self.wait(cx).map_ok(|_| ()),
            Poll::Ready(flushed) => {
                self.settle();
                Poll::Ready(flushed)
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(cx) {
            Poll::Pending => self.wait(cx).map_ok(|_| ()),
            Poll::Ready(done) => Poll::Ready(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
    use tokio::time::sleep;

    const PATIENCE: Duration = Duration::from_secs(30);
    /// What the pipe between the two ends holds.
    const BUFFER: usize = 4096;

    impl Abort for DuplexStream {
        fn abort(&self) {}
    }

    /// Writes `len` bytes to a peer that does `reading`; says how it came out and after how many seconds.
    async fn write<F: Future<Output = ()>>(
        len: usize,
        reading: impl FnOnce(DuplexStream) -> F,
    ) -> (io::Result<()>, u64) {
        let (near, far) = duplex(BUFFER);
        let mut paced = Paced::new(near, PATIENCE);
        let seen = paced.seen();
        let began = Instant::now();
        let writing = async {
            paced.write_all(&vec![0; len]).await?;
            paced.flush().await
        };
        let outcome = tokio::select! {
            outcome = writing => outcome,
            () = reading(far) => unreachable!("the peer stays"),
        };
        assert_eq!(seen.has_timed_out(), outcome.is_err());
        assert_eq!(seen.is_stalled(), outcome.is_err());
        (outcome, began.elapsed().as_secs())
    }

    /// Reads `len` bytes each second.
    async fn read_slowly(mut far: DuplexStream, len: usize) {
        loop {
            far.read_exact(&mut vec![0; len]).await.unwrap();
            sleep(Duration::from_secs(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_nothing_is_given_its_time_and_no_more() {
        let asleep = |far: DuplexStream| async move {
            std::future::pending::<()>().await;
            drop(far);
        };
        let (outcome, seconds) = write(BUFFER + 1, asleep).await;
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(seconds, 30);
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_uses_patience_up() {
        let (outcome, seconds) = write(1 << 20, |far| read_slowly(far, 10)).await;
        assert_eq!(outcome.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!((30..35).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_peer_may_take_long() {
        let (outcome, seconds) = write(1 << 20, |far| read_slowly(far, 2048)).await;
        outcome.unwrap();
        assert!(seconds > 500, "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn after_everything_is_written_nothing_is_owed() {
        let (near, mut far) = duplex(BUFFER);
        let mut paced = Paced::new(near, PATIENCE);
        let writing = async {
            for _ in 0..10 {
                paced.write_all(&[0; BUFFER + 1]).await.unwrap();
                paced.flush().await.unwrap();
            }
        };
        let reading = async {
            for _ in 0..10 {
                sleep(PATIENCE - Duration::from_secs(1)).await;
                far.read_exact(&mut [0; BUFFER + 1]).await.unwrap();
            }
        };
        tokio::join!(writing, reading);
    }
}
