//! The load of `bench connect`: connections that are opened, upgraded, closed, and opened again.

use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hdrhistogram::Histogram;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use wire::OpCode;

use crate::client::{self, Target};
use crate::frames::{FrameReader, Reply, ReplyError, Sink, client_frame};
use crate::peers::Server;
use crate::process::{ENDED, Meter};
use crate::stats::Sample;
use crate::turns::Timing;

/// Longest time without any connection coming to its end before a server counts as stuck.
const STALL: Duration = Duration::from_secs(10);
/// A window is prolonged, up to [`PROLONGED`] times, until it holds this many connections.
const ENOUGH_CONNECTIONS: u64 = 100;
const PROLONGED: u32 = 6;
/// A larger answer to a handshake is none.
const MAX_HEAD: usize = 16 * 1024;
/// The addresses that connections come from, in turn: a port rests for a minute after its connection.
const SOURCES: usize = 250;

/// Connections to one server, so many at a time.
#[derive(Debug)]
pub struct Churn {
    poll: Poll,
    events: Events,
    lanes: Vec<Lane>,
    target: Target,
    /// The request of the handshake.
    request: Vec<u8>,
    /// The client's Close.
    close: Vec<u8>,
    /// How many connections were opened so far.
    opened: usize,
    totals: Totals,
    last_end: Instant,
}

/// One connection after the other.
#[derive(Debug, Default)]
struct Lane {
    current: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    begun: Instant,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The request is sent; what came back so far.
    Opening(Vec<u8>),
    /// The Close is sent.
    Closing(FrameReader),
    /// The server's Close has come: TCP is to end.
    Ending,
    /// Without WebSocket: so many bytes of the echo are still to come, of the request or of the Close behind it.
    Echo { missing: usize, closing: bool },
}

#[derive(Debug)]
struct Totals {
    connections: u64,
    bytes: u64,
    nanos: Histogram<u64>,
}

impl Totals {
    fn new() -> anyhow::Result<Self> {
        let nanos = Histogram::new_with_bounds(1000, 60_000_000_000, 3)?;
        Ok(Self { connections: 0, bytes: 0, nanos })
    }
}

impl Churn {
    /// A load of `at_a_time` connections; none is open before the first measurement.
    ///
    /// # Errors
    /// Whatever the system refuses.
    pub fn new(target: &Target, at_a_time: usize) -> anyhow::Result<Self> {
        // Sent to a server without WebSocket too, so that it moves as many bytes.
        let path = target.path.as_deref().unwrap_or("/");
        let mut close = Vec::new();
        client_frame(&mut close, OpCode::Close, false, [0x5A; 4], &1000_u16.to_be_bytes());
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            lanes: (0..at_a_time).map(|_| Lane::default()).collect(),
            target: target.clone(),
            request: client::browser_request(path, target.address).into_bytes(),
            close,
            opened: 0,
            totals: Totals::new()?,
            last_end: Instant::now(),
        })
    }

    /// Measures once, from the opening of the first connection to the end of the last, but for the warm-up.
    ///
    /// # Errors
    /// When the server refuses, breaks the protocol, hangs up, or doesn't end a connection.
    pub fn measure(&mut self, server: &Server, timing: Timing) -> anyhow::Result<Sample> {
        self.run_until(Instant::now() + timing.warm_up)?;
        self.totals = Totals::new()?;
        let meter = Meter::start([server.clock]).context(ENDED)?;
        for _ in 0..PROLONGED {
            self.run_until(Instant::now() + timing.window)?;
            if self.totals.connections >= ENOUGH_CONNECTIONS {
                break;
            }
        }
        let used = meter.stop().context(ENDED)?;
        let Totals { connections, bytes, nanos } = &self.totals;
        if *connections == 0 {
            bail!("no connection came to its end within {:.1?}", used.wall);
        }
        Ok(used.sample(*connections, nanos, *bytes))
    }

    /// Opens connections until `deadline`, then waits for the end of those that are open.
    fn run_until(&mut self, deadline: Instant) -> anyhow::Result<()> {
        self.last_end = Instant::now();
        for lane in 0..self.lanes.len() {
            self.open(lane)?;
        }
        let mut chunk = vec![0; 16 * 1024];
        while self.lanes.iter().any(|lane| lane.current.is_some()) {
            match self.poll.poll(&mut self.events, Some(Duration::from_millis(100))) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            let ready: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
            for lane in ready {
                let Some(connection) = &mut self.lanes[lane].current else { continue };
                let ended = connection.advance(&mut chunk, &self.close, &mut self.totals.bytes)?;
                if !ended {
                    continue;
                }
                let now = Instant::now();
                let took = u64::try_from((now - connection.begun).as_nanos()).unwrap_or(u64::MAX);
                self.totals.nanos.saturating_record(took);
                self.totals.connections += 1;
                self.last_end = now;
                self.lanes[lane].current = None;
                if now < deadline {
                    self.open(lane)?;
                }
            }
            if self.last_end.elapsed() > STALL {
                bail!("no connection came to its end for {} s", STALL.as_secs());
            }
        }
        Ok(())
    }

    fn open(&mut self, lane: usize) -> anyhow::Result<()> {
        let begun = Instant::now();
        let source = Ipv4Addr::new(127, 0, 3, 1 + (self.opened % SOURCES) as u8);
        self.opened += 1;
        let mut stream = client::connect(self.target.address, Some(source)).context("connecting")?;
        // A fresh connection's buffer takes a request of a few hundred bytes.
        stream.write_all(&self.request)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        self.poll.registry().register(&mut stream, Token(lane), Interest::READABLE)?;
        let stage = match self.target.path {
            Some(_) => Stage::Opening(Vec::with_capacity(512)),
            None => Stage::Echo { missing: self.request.len(), closing: false },
        };
        self.lanes[lane].current = Some(Connection { stream, begun, stage });
        Ok(())
    }
}

impl Connection {
    /// Reads all there is and says whether the connection has come to its end.
    fn advance(&mut self, chunk: &mut [u8], close: &[u8], bytes: &mut u64) -> anyhow::Result<bool> {
        loop {
            let read = match self.stream.read(chunk) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error).context("reading"),
            };
            *bytes += read as u64;
            match &mut self.stage {
                Stage::Ending | Stage::Echo { missing: 0, closing: true } if read == 0 => return Ok(true),
                _ if read == 0 => bail!("the server hung up"),
                Stage::Ending => bail!("{read} bytes came behind the Close"),
                Stage::Opening(head) => {
                    head.extend_from_slice(&chunk[..read]);
                    let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") else {
                        if head.len() > MAX_HEAD {
                            bail!("the server answered the handshake with no HTTP response");
                        }
                        continue;
                    };
                    let behind = head.split_off(end + 4);
                    client::check_browser(&String::from_utf8_lossy(head)).map_err(anyhow::Error::msg)?;
                    self.stream.write_all(close)?;
                    self.stage = closing(FrameReader::default(), &behind)?;
                }
                Stage::Closing(reader) => {
                    self.stage = closing(std::mem::take(reader), &chunk[..read])?;
                }
                Stage::Echo { missing, closing } => {
                    *missing = missing.checked_sub(read).context("more came back than was sent")?;
                    if *missing == 0 && *closing {
                        self.stream.shutdown(std::net::Shutdown::Write)?;
                    } else if *missing == 0 {
                        self.stream.write_all(close)?;
                        self.stage = Stage::Echo { missing: close.len(), closing: true };
                    }
                }
            }
        }
    }
}

/// What follows from bytes that came behind the handshake.
fn closing(mut reader: FrameReader, input: &[u8]) -> anyhow::Result<Stage> {
    match reader.feed(input, &mut Nothing) {
        Ok(()) => Ok(Stage::Closing(reader)),
        Err(ReplyError::Closed(Some(1000))) => Ok(Stage::Ending),
        Err(error) => Err(error.into()),
    }
}

/// Nothing but a Close is expected; a server may greet with a message or a Ping all the same.
struct Nothing;

impl Sink for Nothing {
    fn message(&mut self, _reply: Reply) {}
    fn ping(&mut self, _payload: &[u8]) {}
}
