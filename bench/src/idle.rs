//! `bench idle`: process memory per idle connection, heartbeat on, compression negotiated and used once.

use std::io::{self, Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use serde::Serialize;
use wire::OpCode;

use crate::client::{self, Offer, Opened, source};
use crate::frames::{FrameReader, Reply, Sink, client_frame};
use crate::load::exchange;
use crate::payload::{Inflater, Random, deflate, json};
use crate::peers::{OURS, Server};
use crate::print;
use crate::process::private_memory;
use crate::verdict::Verdict;

/// Connections open before the first reading, so that what a server needs once isn't counted.
pub const WARM_UP: usize = 100;
/// Bytes of the one message each connection echoes.
const MESSAGE_BYTES: usize = 1024;
/// Pings are looked after at least once per this many new connections.
const OPENED_AT_ONCE: usize = 250;
/// The bar on our own figure, bytes.
pub const BAR: f64 = 256.0;

/// One line of the result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IdleRow {
    /// Which server.
    pub server: String,
    /// Connections open at the second reading.
    pub connections: usize,
    /// Growth of the process's private memory per connection opened after the warm-up.
    pub bytes_per_connection: f64,
}

/// How to measure.
#[derive(Debug, Clone, Copy)]
pub struct Settling {
    /// Time between the last message and the first reading of the memory.
    pub at_least: Duration,
    /// Readings go on until two a second apart differ by less than 0.2 %, at most for this long.
    pub at_most: Duration,
}

/// Opens `connections` idle connections to a fresh server and reads its memory before and after.
///
/// # Errors
/// When the server refuses or drops a connection, does not echo, or ends.
pub fn measure(server: &Server, connections: usize, settling: Settling) -> anyhow::Result<IdleRow> {
    let mut crowd = Crowd::new()?;
    crowd.grow(server, WARM_UP)?;
    let before = crowd.settle(server.pid, settling)?;
    crowd.grow(server, connections)?;
    let after = crowd.settle(server.pid, settling)?;
    Ok(IdleRow {
        server: server.name.clone(),
        connections,
        bytes_per_connection: per_connection(before, after, connections),
    })
}

/// Prints one row.
///
/// # Errors
/// When standard output is closed.
pub fn print(row: &IdleRow, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return print::json(row);
    }
    let IdleRow { server, connections, bytes_per_connection } = row;
    let mut out = io::stdout().lock();
    writeln!(out, "{server:<18} {connections:>6} connections {bytes_per_connection:>10.0} B each")?;
    Ok(out.flush()?)
}

/// How Heartwire stands against the bar.
pub fn verdict(rows: &[IdleRow]) -> Verdict {
    let mut verdict = Verdict::default();
    for row in rows.iter().filter(|row| row.server == OURS) {
        let what = format!("{} idle connections", row.connections);
        verdict.judge(&what, row.bytes_per_connection, BAR, " B each");
    }
    verdict
}

fn per_connection(before: u64, after: u64, connections: usize) -> f64 {
    (after as f64 - before as f64) / connections.saturating_sub(WARM_UP).max(1) as f64
}

/// Idle clients that answer pings.
struct Crowd {
    poll: Poll,
    events: Events,
    clients: Vec<(TcpStream, FrameReader)>,
    websocket: bool,
    random: Random,
}

impl Crowd {
    fn new() -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            clients: Vec::new(),
            websocket: false,
            random: Random(7),
        })
    }

    /// Opens connections until there are `total`, each of which echoes one message.
    fn grow(&mut self, server: &Server, total: usize) -> anyhow::Result<()> {
        self.websocket = server.target.path.is_some();
        while self.clients.len() < total {
            let number = self.clients.len();
            let opened = client::open(&server.target, Some(source(number)), Offer::Browser);
            let mut opened = opened.with_context(|| format!("opening connection {number}"))?;
            if self.websocket {
                self.echo_once(&mut opened).with_context(|| format!("using connection {number}"))?;
            } else {
                let mut message = [0x20; MESSAGE_BYTES];
                opened.stream.write_all(&message)?;
                opened.stream.read_exact(&mut message)?;
            }
            opened.stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(opened.stream);
            self.poll.registry().register(&mut stream, Token(number), Interest::READABLE)?;
            self.clients.push((stream, FrameReader::default()));
            if number.is_multiple_of(OPENED_AT_ONCE) {
                self.answer_pings(Duration::ZERO)?;
            }
        }
        Ok(())
    }

    fn echo_once(&mut self, opened: &mut Opened) -> anyhow::Result<()> {
        let message = json(MESSAGE_BYTES, &mut self.random);
        let mut frame = Vec::new();
        let packed = if opened.deflate { deflate(&message) } else { message.clone() };
        client_frame(&mut frame, OpCode::Text, opened.deflate, [0x12, 0x34, 0x56, 0x78], &packed);
        for (reply, payload) in exchange(opened, &frame, 1)? {
            let content = if reply.compressed {
                Inflater::default().inflate(&payload, message.len()).context("the reply does not inflate")?
            } else {
                payload
            };
            if content != message {
                bail!("{reply:?} is not the echo");
            }
        }
        Ok(())
    }

    /// Waits until the server's memory stands still, answering pings, and returns it.
    fn settle(&mut self, pid: u32, settling: Settling) -> anyhow::Result<u64> {
        let started = Instant::now();
        self.answer_pings(settling.at_least)?;
        let mut last = private_memory(pid)?;
        while started.elapsed() < settling.at_most {
            self.answer_pings(Duration::from_secs(1))?;
            let memory = private_memory(pid)?;
            let still = memory.abs_diff(last) * 500 < last;
            last = memory;
            if still {
                break;
            }
        }
        Ok(last)
    }

    /// Answers what comes for `time`, at least what is there already.
    fn answer_pings(&mut self, time: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + time;
        let mut chunk = [0; 4096];
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.poll.poll(&mut self.events, Some(left)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in &self.events {
                let number = event.token().0;
                let Some((stream, reader)) = self.clients.get_mut(number) else { continue };
                answer(stream, reader, &mut chunk).with_context(|| format!("idle connection {number}"))?;
            }
            if left.is_zero() && self.events.is_empty() {
                return Ok(());
            }
            // One core may hold both sides; nothing is lost by leaving it to the server for a moment.
            thread::yield_now();
        }
    }
}

fn answer(stream: &mut TcpStream, reader: &mut FrameReader, chunk: &mut [u8]) -> anyhow::Result<()> {
    loop {
        let read = match stream.read(chunk) {
            Ok(0) => bail!("the server hung up"),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut pongs = Pongs(Vec::new());
        reader.feed(&chunk[..read], &mut pongs)?;
        if !pongs.0.is_empty() {
            // A pong on an idle connection always fits the socket's buffer.
            stream.write_all(&pongs.0)?;
        }
    }
}

struct Pongs(Vec<u8>);

impl Sink for Pongs {
    fn message(&mut self, _reply: Reply) {}
    fn ping(&mut self, payload: &[u8]) {
        client_frame(&mut self.0, OpCode::Pong, false, [0xA5; 4], payload);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_warm_up_is_not_divided_by() {
        assert!((per_connection(1_000_000, 1_000_000 + 4900 * 512, 5000) - 512.0).abs() < 1e-9);
        assert!(per_connection(2_000_000, 1_000_000, 5000) < 0.0);
    }

    #[test]
    fn json_rows_have_the_agreed_fields() {
        let row = IdleRow { server: OURS.to_owned(), connections: 5000, bytes_per_connection: 256.5 };
        assert_eq!(
            serde_json::to_string(&row).unwrap(),
            r#"{"server":"heartwire","connections":5000,"bytes_per_connection":256.5}"#
        );
    }

    #[test]
    fn the_verdict_holds_our_rows_against_the_bar() {
        let row = |server: &str, connections, bytes_per_connection| IdleRow {
            server: server.to_owned(),
            connections,
            bytes_per_connection,
        };
        let found = verdict(&[row("ws", 5000, 9000.0), row(OURS, 5000, 255.9), row(OURS, 20_000, 260.0)]);
        assert!(!found.holds());
        assert_eq!(
            found.summary(),
            ["1 of 2 bars hold", "missed: 20000 idle connections: 260.00 B each, the bar is 256.00"]
        );
    }
}
