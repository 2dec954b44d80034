//! The load generator: one thread, one epoll, frames built ahead of time, replies only counted.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use wire::{MessageKind, OpCode};

use crate::client::{self, Offer, Opened};
use crate::config::Point;
use crate::frames::{Collector, FrameReader, Reply, ReplyError, Sink, client_frame};
use crate::payload::{Cycle, Inflater};
use crate::peers::Server;
use crate::process::{ENDED, Meter};
use crate::stats::Sample;
use crate::turns::Timing;

/// Longest time without any reply before a server counts as stuck.
const STALL: Duration = Duration::from_secs(10);
/// A window is prolonged, up to [`PROLONGED`] times, until it holds this many messages.
const ENOUGH_MESSAGES: u64 = 200;
const PROLONGED: u32 = 6;
/// Bytes of messages each connection checks word by word before the load starts.
const CHECKED_BYTES: usize = 64 * 1024;
const READ_BUFFER: usize = 256 * 1024;

#[derive(Debug)]
struct Totals {
    messages: u64,
    reply_bytes: u64,
    latency_nanos: Histogram<u64>,
}

impl Totals {
    /// Latencies of 1 µs to 60 s at three significant digits.
    fn new() -> anyhow::Result<Self> {
        let latency_nanos = Histogram::new_with_bounds(1000, 60_000_000_000, 3)?;
        Ok(Self { messages: 0, reply_bytes: 0, latency_nanos })
    }
}

/// All connections to one server at one point of the grid.
#[derive(Debug)]
pub struct Load<'a> {
    poll: Poll,
    events: Events,
    connections: Vec<Connection>,
    cycle: &'a Cycle,
    buffer: Vec<u8>,
    totals: Totals,
    /// Nanoseconds are counted from here.
    epoch: Instant,
    last_reply: Instant,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    reader: Reader,
    /// Where the next byte to write stands in the cycle.
    position: usize,
    /// Bytes from there that may be written.
    pending: usize,
    /// The next frame to be queued.
    next_frame: usize,
    /// When each frame in flight was queued, by its place in the cycle.
    queued_at: Box<[u64]>,
    /// The frame whose reply comes next.
    next_reply: usize,
    /// Pongs that wait for the end of the frame being written.
    pongs: Vec<u8>,
}

/// How the echo is recognised.
#[derive(Debug)]
enum Reader {
    /// Bytes: a message is over when as many came back as were sent.
    Bytes { into_frame: usize },
    /// WebSocket frames.
    Frames { reader: FrameReader, bytes: Option<u64>, kind: MessageKind },
}

impl<'a> Load<'a> {
    /// Opens all connections, checks the content of what each echoes first, and fills every flight.
    ///
    /// # Errors
    /// When the server refuses, or sends anything but the echo.
    pub fn open(server: &Server, point: Point, cycle: &'a Cycle) -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let plain_bytes = (!point.deflate).then_some(point.bytes as u64);
        let offer = if point.deflate { Offer::NoContextTakeover } else { Offer::Nothing };
        let mut connections = Vec::with_capacity(point.connections);
        for token in 0..point.connections {
            let mut opened = client::open(&server.target, None, offer).context("opening a connection")?;
            if server.target.path.is_some() {
                if point.deflate && !opened.deflate {
                    bail!("permessage-deflate was declined");
                }
                check_content(&mut opened, point, cycle).context("checking the echo's content")?;
            }
            opened.stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(opened.stream);
            poll.registry().register(&mut stream, Token(token), Interest::READABLE | Interest::WRITABLE)?;
            let reader = match server.target.path {
                None => Reader::Bytes { into_frame: 0 },
                Some(_) => {
                    let reader = FrameReader::default();
                    Reader::Frames { reader, bytes: plain_bytes, kind: cycle.kind }
                }
            };
            connections.push(Connection {
                stream,
                reader,
                position: 0,
                pending: 0,
                next_frame: 0,
                queued_at: vec![0; point.in_flight].into(),
                next_reply: 0,
                pongs: Vec::new(),
            });
        }
        let now = Instant::now();
        for connection in &mut connections {
            connection.queue(cycle, cycle.ends.len(), 0);
            connection.flush(cycle)?;
        }
        Ok(Self {
            poll,
            events: Events::with_capacity(1024),
            connections,
            cycle,
            buffer: vec![0; READ_BUFFER],
            totals: Totals::new()?,
            epoch: now,
            last_reply: now,
        })
    }

    /// Measures once. Replies that came since the last time are taken in during the warm-up.
    ///
    /// # Errors
    /// When the server sends anything but the echo, stops answering, or ends.
    pub fn measure(&mut self, server: &Server, timing: Timing) -> anyhow::Result<Sample> {
        self.last_reply = Instant::now();
        self.run_until(Instant::now() + timing.warm_up)?;
        self.totals = Totals::new()?;
        let meter = Meter::start([server.clock]).context(ENDED)?;
        for _ in 0..PROLONGED {
            self.run_until(Instant::now() + timing.window)?;
            if self.totals.messages >= ENOUGH_MESSAGES {
                break;
            }
        }
        let used = meter.stop().context(ENDED)?;
        let Totals { messages, reply_bytes, latency_nanos } = &self.totals;
        if *messages == 0 {
            bail!("no reply within {:.1?}", used.wall);
        }
        Ok(used.sample(*messages, latency_nanos, *reply_bytes))
    }

    fn run_until(&mut self, deadline: Instant) -> anyhow::Result<()> {
        loop {
            let now = Instant::now();
            if now >= deadline {
                return Ok(());
            }
            match self.poll.poll(&mut self.events, Some(deadline - now)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            let before = self.totals.messages;
            for event in &self.events {
                let Some(connection) = self.connections.get_mut(event.token().0) else { continue };
                if event.is_readable() {
                    connection.receive(&mut self.buffer, self.cycle, self.epoch, &mut self.totals)?;
                }
                // Edges come together: one that says both must not leave a stopped write behind.
                if event.is_writable() {
                    connection.flush(self.cycle)?;
                }
            }
            let now = Instant::now();
            if self.totals.messages > before {
                self.last_reply = now;
            } else if now - self.last_reply > STALL {
                bail!("no reply for {} s", STALL.as_secs());
            }
        }
    }
}

impl Connection {
    /// Queues the next `count` frames, at most a whole cycle.
    fn queue(&mut self, cycle: &Cycle, count: usize, now: u64) {
        for _ in 0..count {
            self.queued_at[self.next_frame] = now;
            self.pending += cycle.frame_len(self.next_frame);
            self.next_frame = (self.next_frame + 1) % cycle.ends.len();
        }
    }

    /// Writes what is queued, as far as the socket takes it.
    fn flush(&mut self, cycle: &Cycle) -> io::Result<()> {
        loop {
            if self.pending == 0 && self.pongs.is_empty() {
                return Ok(());
            }
            let at_boundary = self.position == 0 || cycle.ends.binary_search(&self.position).is_ok();
            let written = if at_boundary && !self.pongs.is_empty() {
                // Pongs are small and rare: should one not fit as a whole, the rest stays in front.
                let written = self.stream.write(&self.pongs);
                written.map(|written| drop(self.pongs.drain(..written)))
            } else {
                let run = &cycle.bytes[self.position..self.position + self.pending];
                let written = self.stream.write(run);
                written.map(|written| {
                    self.position = (self.position + written) % cycle.period();
                    self.pending -= written;
                })
            };
            match written {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads all there is; each read's replies make room for as many frames, which leave in one write.
    fn receive(
        &mut self,
        buffer: &mut [u8],
        cycle: &Cycle,
        epoch: Instant,
        totals: &mut Totals,
    ) -> anyhow::Result<()> {
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => bail!("the server hung up"),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let now = nanos(epoch, Instant::now());
            let replies = self.count_replies(&buffer[..read], cycle)?;
            totals.reply_bytes += read as u64;
            totals.messages += replies as u64;
            for _ in 0..replies {
                totals.latency_nanos.saturating_record(now - self.queued_at[self.next_reply]);
                self.next_reply = (self.next_reply + 1) % cycle.ends.len();
            }
            self.queue(cycle, replies, now);
            self.flush(cycle)?;
            // A short read has emptied the socket; what comes later raises the next edge.
            if read < buffer.len() {
                return Ok(());
            }
        }
    }

    fn count_replies(&mut self, input: &[u8], cycle: &Cycle) -> anyhow::Result<usize> {
        match &mut self.reader {
            Reader::Bytes { into_frame } => {
                *into_frame += input.len();
                let mut replies = 0;
                while let Some(rest) =
                    into_frame.checked_sub(cycle.frame_len((self.next_reply + replies) % cycle.ends.len()))
                {
                    *into_frame = rest;
                    replies += 1;
                }
                Ok(replies)
            }
            Reader::Frames { reader, bytes, kind } => {
                let expected = (*bytes, *kind);
                let mut counter = Counter { expected, replies: 0, wrong: None, pongs: &mut self.pongs };
                reader.feed(input, &mut counter)?;
                if let Some(wrong) = counter.wrong {
                    bail!("expected an echo of {expected:?}, got {wrong:?}");
                }
                Ok(counter.replies)
            }
        }
    }
}

/// Counts replies and compares what their headers tell.
struct Counter<'a> {
    expected: (Option<u64>, MessageKind),
    replies: usize,
    wrong: Option<Reply>,
    pongs: &'a mut Vec<u8>,
}

impl Sink for Counter<'_> {
    fn message(&mut self, reply: Reply) {
        self.replies += 1;
        let (bytes, kind) = self.expected;
        let compressed_unasked = bytes.is_some() && reply.compressed;
        if reply.kind != kind || bytes.is_some_and(|bytes| bytes != reply.bytes) || compressed_unasked {
            self.wrong = Some(reply);
        }
    }

    fn ping(&mut self, payload: &[u8]) {
        client_frame(self.pongs, OpCode::Pong, false, [0x5A; 4], payload);
    }
}

/// Sends the first messages of the cycle at once and compares what comes back, byte by byte and in order.
fn check_content(opened: &mut Opened, point: Point, cycle: &Cycle) -> anyhow::Result<()> {
    let count = (CHECKED_BYTES / point.bytes.max(1)).clamp(1, point.in_flight);
    let echoed = exchange(opened, &cycle.bytes[..cycle.ends[count - 1]], count)?;
    let mut inflater = Inflater::default();
    for ((reply, payload), message) in echoed.into_iter().zip(&cycle.messages) {
        let content = if reply.compressed {
            inflater.inflate(&payload, message.len()).context("the reply does not inflate")?
        } else {
            payload
        };
        if reply.kind != cycle.kind || (reply.compressed && !point.deflate) || content != *message {
            bail!("{reply:?} is not the echo of the {} bytes sent", message.len());
        }
    }
    Ok(())
}

/// Writes `bytes` on a blocking connection and waits for exactly `count` messages.
///
/// # Errors
/// When the server breaks the protocol, hangs up, or takes longer than the socket's timeout.
pub fn exchange(opened: &mut Opened, bytes: &[u8], count: usize) -> anyhow::Result<Vec<(Reply, Vec<u8>)>> {
    opened.stream.write_all(bytes)?;
    let mut collector = Collector::default();
    let mut reader = FrameReader::default();
    let mut chunk = vec![0; 64 * 1024];
    reader.feed(&std::mem::take(&mut opened.early), &mut collector)?;
    while collector.messages.len() < count {
        match opened.stream.read(&mut chunk)? {
            0 => return Err(ReplyError::Closed(None).into()),
            read => reader.feed(&chunk[..read], &mut collector)?,
        }
    }
    if collector.messages.len() > count || !collector.current.is_empty() {
        bail!("more came back than was sent");
    }
    Ok(collector.messages)
}

/// Nanoseconds from `epoch` to `now`.
pub(crate) fn nanos(epoch: Instant, now: Instant) -> u64 {
    u64::try_from((now - epoch).as_nanos()).unwrap_or(u64::MAX)
}
