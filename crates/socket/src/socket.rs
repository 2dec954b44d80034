use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};
use wire::deflate::{Deflater, Inflater};
use wire::{CloseCode, Receiver, Role, Sender};

use crate::endpoint::{Outgoing, Taken, Transmit};
use crate::queue::Queue;
use crate::receive::Assembly;
use crate::work::{Batch, Codec, Work};
use crate::{Cause, Counts, End, Endpoint, Negotiated, Settings, Summary};

/// Slices given to one vectored write.
const SLICES: usize = 32;
/// Reading goes on while no more than this waits for the peer, so that its pings are still answered.
const READ_WHILE_QUEUED: usize = 64 << 10;
/// What is read and thrown away after the closing handshake, so that the peer sees our Close and not a reset.
const LINGER_BYTES: usize = 4 << 20;

/// One connection: the protocol's state, the transport, and what waits in between.
///
/// ```text
///          Close sent first          Close came
///   Open ------------------> Closing ----------+
///    |                          |              v
///    +-- Close came, answered; or a failure, Close sent --> Flushing --written--> Lingering
///    |                          |                              |                     |
///    +-- I/O error, heartbeat --+-- deadline ------------------+-- deadline, TCP ends --> Done
/// ```
#[derive(Debug)]
pub struct Socket<S> {
    pub(crate) io: S,
    pub(crate) settings: Arc<Settings>,
    pub(crate) receiver: Receiver,
    /// With context takeover, or while a message comes in fragments.
    pub(crate) inflater: Option<Box<Inflater>>,
    pub(crate) tx: Transmit,
    /// Input that is not decoded yet: the beginning of a header or control frame (at most 130 bytes), or what had to
    /// wait.
    pub(crate) carry: Option<Box<[u8]>>,
    pub(crate) assembly: Option<Box<Assembly>>,
    pub(crate) queue: Option<Box<Queue>>,
    pub(crate) timer: Option<Pin<Box<Sleep>>>,
    pub(crate) counts: Counts,
    pub(crate) cause: Option<Box<Cause>>,
    pub(crate) rate: Option<Box<Rate>>,
    /// When anything last arrived.
    pub(crate) last_in: Instant,
    /// When a message last arrived.
    pub(crate) last_message: Instant,
    /// Open: when a Ping was sent that nothing has come after. Later: when the phase began.
    pub(crate) since: Option<Instant>,
    /// When the latest Ping was sent, until its Pong comes.
    pub(crate) ping_sent: Option<Instant>,
    pub(crate) ping_number: u32,
    pub(crate) close_received: Option<Option<CloseCode>>,
    pub(crate) end: End,
    pub(crate) phase: Phase,
    /// `carry` may hold whole frames: decode it before anything is read.
    pub(crate) undecoded: bool,
    /// Nothing is read, because the endpoint or the peer has to catch up; so silence proves nothing.
    pub(crate) paused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// A Close was sent, the peer's is awaited.
    Closing,
    /// Nothing is decoded any more; what waits is written.
    Flushing,
    /// All is said; the peer's end of TCP is awaited.
    Lingering,
    Done,
}

/// Messages within the current second.
#[derive(Debug)]
pub(crate) struct Rate {
    pub(crate) began: Instant,
    pub(crate) messages: u32,
}

/// Ends a connection at once.
pub(crate) type Fatal = (End, Cause);

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// A connection whose opening handshake is done. `early` is what arrived behind the handshake, if anything.
    #[must_use]
    pub fn new(
        io: S,
        early: &[u8],
        role: Role,
        negotiated: &Negotiated,
        settings: Arc<Settings>,
    ) -> Socket<S> {
        let now = Instant::now();
        let compression = negotiated.compression.as_ref();
        Socket {
            io,
            receiver: Receiver::new(role, Arc::clone(&settings.limits))
                .with_compression(compression.is_some()),
            inflater: None,
            tx: Transmit {
                sender: Sender::new(role),
                deflater: compression
                    .filter(|params| params.context_takeover(role))
                    .map(|params| Box::new(Deflater::new(params, role, settings.deflate))),
                compression: negotiated.compression,
                close_sent: None,
                closing: None,
            },
            carry: (!early.is_empty()).then(|| early.into()),
            assembly: None,
            queue: None,
            timer: None,
            counts: Counts { wire_in: early.len() as u64, ..Counts::default() },
            cause: None,
            rate: settings.messages_per_second.map(|_| Box::new(Rate { began: now, messages: 0 })),
            last_in: now,
            last_message: now,
            since: None,
            ping_sent: None,
            ping_number: 0,
            close_received: None,
            end: End::ReceiveFailed,
            phase: Phase::Open,
            undecoded: !early.is_empty(),
            paused: false,
            settings,
        }
    }

    /// The transport underneath.
    pub fn transport(&self) -> &S {
        &self.io
    }

    /// What the connection has carried so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Bytes that wait because the peer does not read fast enough.
    pub fn queued_bytes(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.bytes())
    }

    /// Runs the connection with `endpoint` behind it until it ends.
    pub async fn run(mut self, mut endpoint: impl Endpoint) -> Summary {
        std::future::poll_fn(|cx| self.poll_run(cx, &mut endpoint)).await
    }

    /// Runs the connection as far as it goes without waiting. Ready once it has ended; not to be called again then.
    ///
    /// Dropping a connection that has not ended closes the transport without a Close frame.
    pub fn poll_run(&mut self, cx: &mut Context<'_>, endpoint: &mut impl Endpoint) -> Poll<Summary> {
        Work::lend(|work| {
            let mut now = Instant::now();
            let mut polled = Ok(());
            if matches!(self.phase, Phase::Open | Phase::Closing) {
                self.speak(&mut work.batch, &mut work.codec, now, |out| endpoint.poll(cx, out));
                polled = self.flush_batch(cx, work, now);
            }
            loop {
                let polled = std::mem::replace(&mut polled, Ok(()))
                    .and_then(|()| self.poll_io(cx, work, endpoint, now))
                    .and_then(|()| self.poll_timers(cx, work, endpoint, &mut now));
                match polled {
                    _ if self.phase == Phase::Done => return Poll::Ready(self.summary()),
                    Err(fatal) => {
                        self.finish(fatal);
                        return Poll::Ready(self.summary());
                    }
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(())) => {}
                }
            }
        })
    }

    /// Lends the way out to `f` and notes a Close that it sent. The batch is not flushed.
    #[inline(always)]
    pub(crate) fn speak<R>(
        &mut self,
        batch: &mut Batch,
        codec: &mut Codec,
        now: Instant,
        f: impl FnOnce(&mut Outgoing<'_>) -> R,
    ) -> R {
        let queued = self.queued_bytes();
        let mut out = Outgoing {
            batch,
            codec,
            tx: &mut self.tx,
            counts: &mut self.counts,
            settings: &self.settings,
            queued,
            taken: Taken::Nothing,
        };
        let result = f(&mut out);
        if let Some(end) = self.tx.closing.take() {
            self.enter(Phase::Closing, end, now);
        }
        result
    }

    pub(crate) fn enter(&mut self, phase: Phase, end: End, now: Instant) {
        self.phase = phase;
        self.end = end;
        self.since = Some(now);
        self.assembly = None;
    }

    /// Reads, decodes, answers and writes until the transport has nothing more or takes nothing more.
    fn poll_io(
        &mut self,
        cx: &mut Context<'_>,
        work: &mut Work,
        endpoint: &mut impl Endpoint,
        now: Instant,
    ) -> Result<(), Fatal> {
        loop {
            self.flush_queue(cx, now)?;
            match self.phase {
                Phase::Open | Phase::Closing => {
                    let most = READ_WHILE_QUEUED.min(self.settings.queue_bytes);
                    self.paused = self.queued_bytes() > most || !endpoint.ready();
                    if self.paused {
                        return Ok(());
                    }
                    let Some(filled) = self.fill(cx, work, now)? else { return Ok(()) };
                    self.receive(work, filled, endpoint, now);
                    self.flush_batch(cx, work, now)?;
                }
                Phase::Flushing => {
                    if self.queue.is_some() {
                        return Ok(());
                    }
                    // The server closes TCP first (RFC 6455 §7.1.1); a client waits for that.
                    let shut = self.tx.sender.role() == Role::Client
                        || Pin::new(&mut self.io).poll_shutdown(cx).map_err(send_failed)?.is_ready();
                    if !shut {
                        return Ok(());
                    }
                    self.phase = Phase::Lingering;
                }
                Phase::Lingering => {
                    if !self.linger(cx, work) {
                        return Ok(());
                    }
                    self.phase = Phase::Done;
                }
                Phase::Done => return Ok(()),
            }
        }
    }

    /// Gets input into the thread's buffer and tells how much is there. `None`: nothing, for the time being.
    fn fill(&mut self, cx: &mut Context<'_>, work: &mut Work, now: Instant) -> Result<Option<usize>, Fatal> {
        let kept = self.carry.as_ref().map_or(0, |carry| carry.len());
        if self.undecoded {
            let carry = self.carry.take().unwrap_or_default();
            let now_len = kept.min(work.input.len());
            work.input[..now_len].copy_from_slice(&carry[..now_len]);
            self.undecoded = now_len < kept;
            self.carry = (now_len < kept).then(|| carry[now_len..].into());
            return Ok(Some(now_len));
        }
        let mut buf = ReadBuf::new(&mut work.input[kept..]);
        match Pin::new(&mut self.io).poll_read(cx, &mut buf) {
            Poll::Pending => return Ok(None),
            Poll::Ready(Err(error)) => return Err((self.end_of_input(), Cause::Io(error))),
            Poll::Ready(Ok(())) => {}
        }
        let count = buf.filled().len();
        if count == 0 {
            return Err((self.end_of_input(), Cause::Eof));
        }
        if let Some(carry) = self.carry.take() {
            work.input[..kept].copy_from_slice(&carry);
        }
        self.counts.wire_in += count as u64;
        self.last_in = now;
        if self.phase == Phase::Open {
            self.since = None;
        }
        Ok(Some(kept + count))
    }

    /// What it means that input ends: while a Close of ours waits for its answer, no more than that there is none.
    fn end_of_input(&self) -> End {
        if self.phase == Phase::Closing { self.end } else { End::ReceiveFailed }
    }

    /// Writes the batch, and queues what the transport does not take.
    pub(crate) fn flush_batch(
        &mut self,
        cx: &mut Context<'_>,
        work: &mut Work,
        now: Instant,
    ) -> Result<(), Fatal> {
        if work.batch.is_empty() {
            return Ok(());
        }
        let Work { input, batch, .. } = work;
        if let Some(queue) = &mut self.queue {
            queue.push(batch.rest(input, 0));
            batch.clear();
            return Ok(());
        }
        let total = batch.len(input);
        let mut written = 0;
        while written < total {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let count = batch.slices(input, written, &mut slices);
            let io = Pin::new(&mut self.io);
            let poll = match &slices[..count] {
                [only] => io.poll_write(cx, only),
                several => io.poll_write_vectored(cx, several),
            };
            match poll {
                Poll::Ready(Ok(0)) => return Err(send_failed(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => written += count,
                Poll::Ready(Err(error)) => return Err(send_failed(error)),
                Poll::Pending => {
                    self.queue = Some(Box::new(Queue::new(batch.rest(input, written), now)));
                    break;
                }
            }
        }
        self.counts.wire_out += written as u64;
        batch.clear();
        Ok(())
    }

    /// Writes what waits. The queue is gone once all of it is written.
    fn flush_queue(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<(), Fatal> {
        while let Some(queue) = &mut self.queue {
            match Pin::new(&mut self.io).poll_write(cx, queue.front()) {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(0)) => return Err(send_failed(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(count)) => {
                    queue.advance(count, now);
                    self.counts.wire_out += count as u64;
                }
                Poll::Ready(Err(error)) => return Err(send_failed(error)),
            }
            if queue.is_empty() {
                self.queue = None;
            }
        }
        // A transport with a buffer of its own, such as TLS, may still hold some of it.
        match Pin::new(&mut self.io).poll_flush(cx) {
            Poll::Ready(Err(error)) => Err(send_failed(error)),
            _ => Ok(()),
        }
    }

    /// Reads and discards. Tells whether that is over.
    fn linger(&mut self, cx: &mut Context<'_>, work: &mut Work) -> bool {
        let mut total = 0;
        loop {
            let mut buf = ReadBuf::new(&mut work.input);
            match Pin::new(&mut self.io).poll_read(cx, &mut buf) {
                Poll::Pending => return false,
                Poll::Ready(Err(_)) => return true,
                Poll::Ready(Ok(())) if buf.filled().is_empty() => return true,
                Poll::Ready(Ok(())) => total += buf.filled().len(),
            }
            if total > LINGER_BYTES {
                return true;
            }
        }
    }

    fn finish(&mut self, (end, cause): Fatal) {
        // A connection that is past its closing handshake has ended for the reason it closed.
        if matches!(self.phase, Phase::Open | Phase::Closing) {
            self.end = end;
            self.cause.get_or_insert_with(|| Box::new(cause));
        }
        self.phase = Phase::Done;
    }

    fn summary(&mut self) -> Summary {
        Summary {
            end: self.end,
            cause: self.cause.take().map(|cause| *cause),
            close_sent: self.tx.close_sent,
            close_received: self.close_received,
            counts: self.counts,
        }
    }
}

fn send_failed(error: io::Error) -> Fatal {
    (End::SendFailed, Cause::Io(error))
}
