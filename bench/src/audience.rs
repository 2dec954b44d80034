//! The load of `bench fanout`: one that publishes and many that listen, on one thread.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use wire::OpCode;

use crate::client::{self, Offer, Opened, Target, source};
use crate::frames::{Collector, FrameReader, Reply, Sink, client_frame};
use crate::load::nanos;
use crate::payload::{Inflater, Random, record};
use crate::peers::{Dialect, Server};
use crate::process::{ENDED, Meter, private_memory};
use crate::stats::Sample;
use crate::turns::Timing;

/// Longest time without any delivery before a server counts as stuck.
const STALL: Duration = Duration::from_secs(10);
/// Longest time that all which is published may take to get to everybody, as long as something does.
const DRAINED: Duration = Duration::from_secs(60);
/// A window is prolonged, up to [`PROLONGED`] times, until it holds this many messages, each with all its deliveries.
const ENOUGH_MESSAGES: u64 = 8;
const PROLONGED: u32 = 10;
/// Nothing may come for so long before what comes is taken for what was published: a room tells who is there for a
/// while.
const QUIET: Duration = Duration::from_millis(600);
/// And it must be quiet within this time.
const SETTLED: Duration = Duration::from_secs(20);
/// Listeners there are before the first reading of the memory, so that what a server needs once isn't counted.
const WARM_UP: usize = 100;
/// Connections that stay idle while the memory of one is read: of all but the first, which have what those of a smaller
/// audience gave back.
pub const IDLE: usize = 6000;
const FILLING: usize = 2000;
const READ_BUFFER: usize = 256 * 1024;
/// Masks need to be there, not to be different.
const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// What is asked of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Those who listen.
    pub subscribers: usize,
    /// Bytes of what is published, before compression and before what a server puts around it.
    pub bytes: usize,
    /// Messages that are published and not yet with everybody.
    pub in_flight: usize,
    /// Whether listeners ask for permessage-deflate.
    pub deflate: bool,
}

/// One room of a server, with everybody in it. Where it is spread over several nodes, listeners come to each in turn, and the
/// publisher is at the first.
#[derive(Debug)]
pub struct Audience {
    poll: Poll,
    events: Events,
    publisher: Publisher,
    listeners: Vec<Listener>,
    size: Size,
    outstanding: Outstanding,
    buffer: Vec<u8>,
    totals: Totals,
    /// Nanoseconds are counted from here.
    epoch: Instant,
    /// Private memory of the server for each listener beyond the first hundred, where there are many, without compression.
    pub bytes_per_subscriber: Option<f64>,
    /// The same of an idle connection of the same server, where that has any beside its room.
    pub bytes_per_idle: Option<f64>,
}

#[derive(Debug)]
struct Publisher {
    stream: TcpStream,
    /// What comes back is only stepped over.
    reader: FrameReader,
    dialect: Dialect,
    random: Random,
    sequence: u64,
    unsent: Vec<u8>,
}

#[derive(Debug)]
struct Listener {
    stream: TcpStream,
    reader: FrameReader,
    /// Messages it has got.
    count: u64,
}

/// Messages that are not with everybody yet, oldest first.
#[derive(Debug, Default)]
struct Outstanding {
    /// The number of the oldest.
    first: u64,
    /// When each was published, and how many have yet to get it.
    messages: VecDeque<(u64, usize)>,
}

#[derive(Debug)]
struct Totals {
    deliveries: u64,
    messages: u64,
    bytes: u64,
    latency_nanos: Histogram<u64>,
}

impl Totals {
    /// Latencies of 1 µs to 60 s at three significant digits.
    fn new() -> anyhow::Result<Self> {
        let latency_nanos = Histogram::new_with_bounds(1000, 60_000_000_000, 3)?;
        Ok(Self { deliveries: 0, messages: 0, bytes: 0, latency_nanos })
    }
}

impl Outstanding {
    fn publish(&mut self, now: u64, listeners: usize) {
        self.messages.push_back((now, listeners));
    }

    /// A listener has got message `number`. Returns when it was published, and how many messages are with everybody by that.
    fn deliver(&mut self, number: u64) -> Option<(u64, usize)> {
        let place = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let (published, left) = self.messages.get_mut(place)?;
        let published = *published;
        *left -= 1;
        let mut done = 0;
        while let Some((_, 0)) = self.messages.front() {
            self.messages.pop_front();
            self.first += 1;
            done += 1;
        }
        Some((published, done))
    }
}

impl Audience {
    /// Fills a room, and checks that what is published gets to everybody as it was.
    ///
    /// # Errors
    /// When the server refuses, loses or changes anything, or does not come to rest within 20 s.
    pub fn open(server: &Server, size: Size) -> anyhow::Result<Self> {
        let mut opened =
            client::open(&server.target, Some(source(0)), Offer::Nothing).context("the publisher")?;
        let reader = greet(&mut opened, server.dialect, 0).context("the publisher")?;
        let poll = Poll::new()?;
        let mut stream = nonblocking(opened.stream)?;
        poll.registry().register(&mut stream, Token(usize::MAX), Interest::READABLE | Interest::WRITABLE)?;
        let publisher = Publisher {
            stream,
            reader,
            dialect: server.dialect,
            random: Random(1),
            sequence: 0,
            unsent: Vec::new(),
        };
        let mut audience = Self {
            poll,
            events: Events::with_capacity(1024),
            publisher,
            listeners: Vec::with_capacity(size.subscribers),
            size,
            outstanding: Outstanding::default(),
            buffer: vec![0; READ_BUFFER],
            totals: Totals::new()?,
            epoch: Instant::now(),
            bytes_per_subscriber: None,
            bytes_per_idle: None,
        };
        audience.grow(server, size.subscribers.min(WARM_UP))?;
        audience.settle()?;
        // With compression the memory of those before is used again, and says nothing.
        let counts = size.subscribers > 2 * WARM_UP && !size.deflate;
        let mut idle = Vec::new();
        if counts && size.subscribers > IDLE && server.dialect == Dialect::Session && server.others.is_empty()
        {
            idle = audience.open_idle(server)?;
        }
        let before = memory_of(server)?;
        audience.grow(server, size.subscribers)?;
        audience.settle()?;
        if counts {
            let grown = memory_of(server)? as f64 - before as f64;
            audience.bytes_per_subscriber = Some(grown / (size.subscribers - WARM_UP) as f64);
        }
        // What they held must not be used again by those that were counted.
        drop(idle);
        audience.settle()?;
        audience.check(server)?;
        Ok(audience)
    }

    /// Publishes for a window, and reports what it cost.
    ///
    /// # Errors
    /// When the server stops, loses something or breaks the protocol.
    pub fn measure(&mut self, server: &Server, timing: Timing) -> anyhow::Result<Sample> {
        for _ in 0..self.size.in_flight {
            self.publish()?;
        }
        self.run(timing.warm_up, true)?;
        self.totals = Totals::new()?;
        let meter = Meter::start(server.nodes().map(|node| node.clock)).context(ENDED)?;
        let bus = server.bus.as_ref().map(|bus| Meter::start([bus.clock])).transpose().context(ENDED)?;
        self.run(timing.window, true)?;
        for _ in 1..PROLONGED {
            if self.totals.messages >= ENOUGH_MESSAGES {
                break;
            }
            self.run(timing.window, true)?;
        }
        let used = meter.stop().context(ENDED)?;
        let Totals { deliveries, messages, bytes, latency_nanos } = &self.totals;
        ensure!(*messages > 0, "no message got to everybody within {:.1?}", used.wall);
        let mut sample = used.sample(*deliveries, latency_nanos, *bytes);
        let bus = bus.map(Meter::stop).transpose().context(ENDED)?;
        sample.bus_us = bus.map_or(0.0, |bus| bus.server.as_secs_f64() * 1e6 / (*deliveries).max(1) as f64);
        // Others are measured next: nothing may be under way then.
        self.run(DRAINED, false)?;
        Ok(sample)
    }

    fn grow(&mut self, server: &Server, total: usize) -> anyhow::Result<()> {
        let offer = if self.size.deflate { Offer::Browser } else { Offer::Nothing };
        let nodes: Vec<_> = server.nodes().map(|node| &node.target).collect();
        for number in self.listeners.len()..total {
            let mut opened = client::open(nodes[number % nodes.len()], Some(source(number)), offer)
                .with_context(|| format!("listener {number}"))?;
            ensure!(opened.deflate || !self.size.deflate, "permessage-deflate was declined");
            let reader = greet(&mut opened, server.dialect, number + 1)
                .with_context(|| format!("listener {number}"))?;
            let mut stream = nonblocking(opened.stream)?;
            self.poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
            self.listeners.push(Listener { stream, reader, count: 0 });
            if number % WARM_UP == 0 {
                // What is told of others must not pile up.
                self.turn(Duration::ZERO, false)?;
            }
        }
        Ok(())
    }

    /// Opens connections to the server's echo that say nothing, and notes the memory of each.
    fn open_idle(&mut self, server: &Server) -> anyhow::Result<Vec<Opened>> {
        let target = Target { path: Some("/ws".to_owned()), ..server.target.clone() };
        let open = |number| client::open(&target, Some(source(number)), Offer::Nothing);
        let open = |numbers: Range<usize>| {
            numbers.map(open).collect::<io::Result<Vec<_>>>().context("an idle connection")
        };
        let mut idle = open(0..FILLING)?;
        self.settle()?;
        let before = memory_of(server)?;
        idle.extend(open(FILLING..IDLE)?);
        self.settle()?;
        self.bytes_per_idle = Some((memory_of(server)? as f64 - before as f64) / (IDLE - FILLING) as f64);
        Ok(idle)
    }

    /// Waits until the server has nothing to say any more.
    fn settle(&mut self) -> anyhow::Result<()> {
        let limit = Instant::now() + SETTLED;
        while self.turn(QUIET, false)? > 0 {
            ensure!(Instant::now() < limit, "no rest within {} s", SETTLED.as_secs());
        }
        for listener in &mut self.listeners {
            listener.count = 0;
        }
        Ok(())
    }

    /// One message is looked at byte by byte as the first listener gets it, and counted at all of them.
    fn check(&mut self, server: &Server) -> anyhow::Result<()> {
        let data = self.publish()?;
        let limit = Instant::now() + STALL;
        let mut seen = Collector::default();
        while seen.messages.is_empty() {
            ensure!(Instant::now() < limit, "what was published did not come within {} s", STALL.as_secs());
            let listener = &mut self.listeners[0];
            match listener.stream.read(&mut self.buffer) {
                Ok(0) => bail!("the server hung up"),
                Ok(read) => listener.reader.feed(&self.buffer[..read], &mut seen)?,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.publisher.flush()?;
                    thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let (reply, payload) = seen.messages.remove(0);
        ensure!(reply.compressed == self.size.deflate, "{reply:?} is not compressed as was agreed");
        let text = if reply.compressed {
            Inflater::default().inflate(&payload, data.len() + 1024).context("it does not inflate")?
        } else {
            payload
        };
        if !text.windows(data.len()).any(|part| part == data.as_bytes()) {
            bail!("{} does not pass on what is published: {}", server.name, String::from_utf8_lossy(&text));
        }
        self.listeners[0].count = 1;
        self.deliver(0, 0, 1)?;
        self.run(DRAINED, false)
    }

    /// Publishes another message; returns what it says.
    fn publish(&mut self) -> anyhow::Result<String> {
        let now = nanos(self.epoch, Instant::now());
        let data = record(self.size.bytes, &mut self.publisher.random);
        self.publisher.sequence += 1;
        let text = match self.publisher.dialect {
            Dialect::Plain => data.clone(),
            Dialect::SocketIo => format!(r#"42["message",{data}]"#),
            Dialect::Session => {
                format!(r#"{{"type":"publish","seq":{},"data":{data}}}"#, self.publisher.sequence)
            }
        };
        client_frame(&mut self.publisher.unsent, OpCode::Text, false, MASK, text.as_bytes());
        self.outstanding.publish(now, self.listeners.len());
        self.publisher.flush()?;
        Ok(data)
    }

    /// Takes what comes for `time`, publishing as messages get to everybody, or until all have if it is to end.
    fn run(&mut self, time: Duration, publishing: bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + time;
        let mut last = Instant::now();
        loop {
            if !publishing && self.outstanding.messages.is_empty() {
                return Ok(());
            }
            let now = Instant::now();
            if now >= deadline {
                ensure!(publishing, "{} messages did not get to everybody", self.outstanding.messages.len());
                return Ok(());
            }
            if self.turn(deadline - now, publishing)? > 0 {
                last = Instant::now();
            }
            ensure!(last.elapsed() < STALL, "nothing was delivered for {} s", STALL.as_secs());
        }
    }

    /// Waits for something to come, for at most `time`, and takes it. Returns how many connections had something.
    fn turn(&mut self, time: Duration, publishing: bool) -> anyhow::Result<usize> {
        match self.poll.poll(&mut self.events, Some(time)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(1),
            result => result?,
        }
        let tokens: Vec<_> = self.events.iter().map(|event| event.token()).collect();
        let mut heard = 0;
        let mut done = 0;
        for &Token(number) in &tokens {
            if number == usize::MAX {
                self.publisher.receive(&mut self.buffer)?;
                self.publisher.flush()?;
                continue;
            }
            heard += 1;
            loop {
                let listener = &mut self.listeners[number];
                let read = match listener.stream.read(&mut self.buffer) {
                    Ok(0) => bail!("the server hung up on listener {number}"),
                    Ok(read) => read,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error.into()),
                };
                let mut counter = Counter::default();
                listener.reader.feed(&self.buffer[..read], &mut counter)?;
                let from = listener.count;
                listener.count += counter.messages;
                // Pongs always fit the socket's buffer: nothing else is sent.
                listener.stream.write_all(&counter.pongs)?;
                self.totals.bytes += read as u64;
                if !self.outstanding.messages.is_empty() {
                    done += self.deliver(number, from, counter.messages)?;
                }
                // A short read has emptied the socket; what comes later raises the next edge.
                if read < self.buffer.len() {
                    break;
                }
            }
        }
        if publishing {
            for _ in 0..done {
                self.publish()?;
            }
        }
        Ok(heard)
    }

    /// Counts messages `from`, `from` + 1 ... at a listener. Returns how many are with everybody by that.
    fn deliver(&mut self, listener: usize, from: u64, count: u64) -> anyhow::Result<usize> {
        let now = nanos(self.epoch, Instant::now());
        let mut finished = 0;
        for number in from..from + count {
            let Some((published, done)) = self.outstanding.deliver(number) else {
                bail!("listener {listener} got message {number}, which was not published");
            };
            self.totals.latency_nanos.saturating_record(now - published);
            self.totals.deliveries += 1;
            self.totals.messages += done as u64;
            finished += done;
        }
        Ok(finished)
    }
}

impl Publisher {
    /// Writes what is there to be said, as far as the socket takes it.
    fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(written) => drop(self.unsent.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Takes what comes back: acknowledgements, and its own messages.
    fn receive(&mut self, buffer: &mut [u8]) -> anyhow::Result<()> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => bail!("the server hung up on the publisher"),
                Ok(read) => {
                    let mut counter = Counter::default();
                    self.reader.feed(&buffer[..read], &mut counter)?;
                    self.unsent.extend(counter.pongs);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Counts messages, and answers Pings.
#[derive(Default)]
struct Counter {
    messages: u64,
    pongs: Vec<u8>,
}

impl Sink for Counter {
    fn message(&mut self, _: Reply) {
        self.messages += 1;
    }
    fn ping(&mut self, payload: &[u8]) {
        client_frame(&mut self.pongs, OpCode::Pong, false, MASK, payload);
    }
}

/// Says what has to be said first, and waits for the answer. What reads on knows where in the stream it is.
fn greet(opened: &mut Opened, dialect: Dialect, number: usize) -> anyhow::Result<FrameReader> {
    let mut reader = FrameReader::default();
    let mut seen = Collector::default();
    reader.feed(&std::mem::take(&mut opened.early), &mut seen)?;
    let mut wait_for = |opened: &mut Opened, count| -> anyhow::Result<()> {
        let mut chunk = [0; 4096];
        while seen.messages.len() < count {
            match opened.stream.read(&mut chunk)? {
                0 => bail!("the server hung up on a greeting"),
                read => reader.feed(&chunk[..read], &mut seen)?,
            }
        }
        Ok(())
    };
    match dialect {
        Dialect::Plain => {}
        // Engine.IO's handshake is the server's, Socket.IO's the client's.
        Dialect::SocketIo => {
            wait_for(opened, 1)?;
            say(opened, "40")?;
            wait_for(opened, 2)?;
        }
        // Answered by `welcome` and `present`. A session is never begun twice.
        Dialect::Session => {
            static SESSIONS: AtomicU64 = AtomicU64::new(1);
            let session = SESSIONS.fetch_add(1, Ordering::Relaxed);
            let ids = format!(r#""client":"{number:032x}","session":"{session:032x}""#);
            say(opened, &format!(r#"{{"type":"hello",{ids},"connection":1}}"#))?;
            wait_for(opened, 2)?;
        }
    }
    Ok(reader)
}

fn say(opened: &mut Opened, text: &str) -> io::Result<()> {
    let mut frame = Vec::new();
    client_frame(&mut frame, OpCode::Text, false, MASK, text.as_bytes());
    opened.stream.write_all(&frame)
}

/// Private memory of all of its nodes.
fn memory_of(server: &Server) -> io::Result<u64> {
    server.nodes().map(|node| private_memory(node.pid)).sum()
}

fn nonblocking(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    Ok(TcpStream::from_std(stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_done_once_everybody_has_it() {
        let mut outstanding = Outstanding::default();
        outstanding.publish(10, 2);
        outstanding.publish(20, 2);
        assert_eq!(outstanding.deliver(0), Some((10, 0)));
        assert_eq!(outstanding.deliver(1), Some((20, 0)));
        assert_eq!(outstanding.deliver(2), None, "it was not published");
        assert_eq!(outstanding.deliver(1), Some((20, 0)), "it waits for the one before it");
        assert_eq!(outstanding.deliver(0), Some((10, 2)));
        assert_eq!(outstanding.deliver(1), None, "everybody has it");
        outstanding.publish(30, 1);
        assert_eq!(outstanding.deliver(2), Some((30, 1)));
    }
}
