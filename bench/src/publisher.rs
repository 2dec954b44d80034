//! The end of a room's connection that publishes, and what every connection says first.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::bail;
use mio::net::TcpStream;
use wire::OpCode;

use crate::client::Opened;
use crate::frames::{Collector, FrameReader, Reply, Sink, client_frame};
use crate::payload::Random;
use crate::peers::Dialect;

/// Masks need to be there, not to be different.
pub(crate) const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

/// Who publishes in a room.
#[derive(Debug)]
pub(crate) struct Publisher {
    pub(crate) stream: TcpStream,
    /// What comes back is only stepped over.
    pub(crate) reader: FrameReader,
    pub(crate) dialect: Dialect,
    pub(crate) random: Random,
    pub(crate) sequence: u64,
    pub(crate) unsent: Vec<u8>,
}

impl Publisher {
    /// Writes what is there to be said, as far as the socket takes it.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
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
    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> anyhow::Result<()> {
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
pub(crate) struct Counter {
    pub(crate) messages: u64,
    pub(crate) pongs: Vec<u8>,
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
pub(crate) fn greet(opened: &mut Opened, dialect: Dialect, number: usize) -> anyhow::Result<FrameReader> {
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
