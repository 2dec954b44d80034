//! A client that says exactly what a test wants said, and tells exactly what came back.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use wire::deflate::{Deflater, Inflater, Offer, Params, Pool, Settings};
use wire::frame::{FIN, Header, RSV1};
use wire::handshake::{ClientHandshake, HeadReader, Target};
use wire::raw::RawFrame;
use wire::{MessageKind, OpCode, Role};

use crate::PATIENCE;

/// Any key will do; this one is RFC 6455's own (section 5.7).
pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// Longer than the answer to something that is already wrong takes.
const MOMENT: Duration = Duration::from_millis(100);

/// A blocking connection behind its opening handshake.
#[derive(Debug)]
pub struct Probe {
    stream: TcpStream,
    read: Vec<u8>,
    /// The compression that was agreed on.
    pub params: Option<Params>,
    deflate: Option<Deflate>,
}

#[derive(Debug)]
struct Deflate {
    deflater: Deflater,
    inflater: Inflater,
    pool: Pool,
}

/// A whole message or a control frame from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Text or binary.
    Message(MessageKind, Vec<u8>),
    /// A Ping's payload.
    Ping(Vec<u8>),
    /// A Pong's payload.
    Pong(Vec<u8>),
    /// A Close's code, if it had one.
    Close(Option<u16>),
}

/// A masked frame with FIN.
#[must_use]
pub fn frame(opcode: OpCode, payload: &[u8]) -> RawFrame {
    RawFrame::new(opcode, payload).masked(KEY)
}

/// The frames of a message in fragments of `len` bytes each.
#[must_use]
pub fn fragments(kind: MessageKind, payload: &[u8], len: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let count = payload.len().div_ceil(len);
    for (index, piece) in payload.chunks(len).enumerate() {
        let opcode = if index == 0 { kind.into() } else { OpCode::Continuation };
        let header = Header::new(index + 1 == count, opcode, Some(KEY), piece.len() as u64).write();
        out.extend_from_slice(&header);
        wire::mask::append(piece, KEY, &mut out);
    }
    out
}

impl Probe {
    /// Connects to `path` and expects to be let in.
    ///
    /// # Errors
    /// What came instead.
    pub fn connect(address: SocketAddr, path: &str, offers: &[Offer]) -> anyhow::Result<Probe> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let target: Target = format!("ws://{address}{path}").parse()?;
        let handshake = ClientHandshake::new(target, *b"the sample nonce").offers(offers.iter().copied());
        stream.write_all(&handshake.request())?;
        let mut reader = HeadReader::new(16 << 10);
        let mut buffer = [0; 4096];
        loop {
            let count = stream.read(&mut buffer)?;
            ensure!(count > 0, "the server hung up during the handshake");
            let Some((head, used)) = reader.response(&buffer[..count])? else { continue };
            let params = handshake.check_response(head.status, head.version, &head.headers)?.deflate;
            let deflate = params.map(|params| Deflate {
                deflater: Deflater::new(
                    &params,
                    Role::Client,
                    Settings { threshold: 0, ..Settings::default() },
                ),
                inflater: Inflater::new(&params, Role::Client),
                pool: Pool::default(),
            });
            return Ok(Probe { stream, read: buffer[used..count].to_vec(), params, deflate });
        }
    }

    /// The transport, for tests that leave it in a state of their own.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends bytes in one write.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(bytes)?)
    }

    /// Sends bytes in writes of `chop` bytes each. A server that has seen enough may hang up before the last.
    ///
    /// # Errors
    /// Whatever the system says, but for a connection that the server has closed.
    pub fn send_chopped(&mut self, bytes: &[u8], chop: usize) -> anyhow::Result<()> {
        use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
        for piece in bytes.chunks(chop) {
            match self.stream.write_all(piece) {
                Err(error) if matches!(error.kind(), BrokenPipe | ConnectionReset) => return Ok(()),
                result => result?,
            }
        }
        Ok(())
    }

    /// Sends a message compressed, its frames with at most `fragment` bytes each.
    ///
    /// # Errors
    /// No compression was agreed on, or whatever the system says.
    pub fn send_deflated(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        fragment: usize,
    ) -> anyhow::Result<()> {
        let Deflate { deflater, pool, .. } = self.deflate.as_mut().context("no compression was agreed on")?;
        let mut deflated = Vec::new();
        deflater.deflate(pool, payload, true, &mut deflated);
        let mut frames = fragments(kind, &deflated, fragment);
        frames[0] |= RSV1;
        self.send(&frames)
    }

    /// The next message or control frame; none at the end of TCP.
    ///
    /// # Errors
    /// The server broke a rule, or nothing came in time.
    pub fn receive(&mut self) -> anyhow::Result<Option<Received>> {
        let mut message: Option<(MessageKind, bool, Vec<u8>)> = None;
        loop {
            let Some((header, payload)) = self.frame()? else {
                ensure!(message.is_none(), "TCP ended within a message");
                return Ok(None);
            };
            let opcode = OpCode::from_bits(header.opcode).context("a reserved opcode")?;
            let kind = match opcode {
                OpCode::Text => Some(MessageKind::Text),
                OpCode::Binary => Some(MessageKind::Binary),
                _ => None,
            };
            match opcode {
                OpCode::Text | OpCode::Binary | OpCode::Continuation => {
                    let compressed = header.reserved == RSV1 && self.deflate.is_some();
                    ensure!(header.reserved == 0 || compressed, "reserved bits {:#x}", header.reserved);
                    match (&mut message, kind) {
                        (None, Some(kind)) => message = Some((kind, compressed, payload)),
                        (Some((.., whole)), None) if !compressed => whole.extend_from_slice(&payload),
                        _ => bail!("{opcode:?} out of place"),
                    }
                }
                OpCode::Ping => return Ok(Some(Received::Ping(payload))),
                OpCode::Pong => return Ok(Some(Received::Pong(payload))),
                OpCode::Close => {
                    let status = wire::close::parse(&payload)?;
                    return Ok(Some(Received::Close(status.map(|(code, _)| code.0))));
                }
            }
            if header.fin
                && let Some((kind, compressed, payload)) = message.take()
            {
                let payload = if compressed { self.inflate(&payload)? } else { payload };
                return Ok(Some(Received::Message(kind, payload)));
            }
        }
    }

    /// Expects exactly this next.
    ///
    /// # Errors
    /// What came instead.
    pub fn expect(&mut self, expected: &Received) -> anyhow::Result<()> {
        let received = self.receive()?;
        if received.as_ref() == Some(expected) {
            return Ok(());
        }
        bail!("{} came instead of {}", brief(received.as_ref()), brief(Some(expected)))
    }

    /// Expects a Close with this code, and the end of TCP right behind it.
    ///
    /// # Errors
    /// What came instead.
    pub fn expect_close(&mut self, code: Option<u16>) -> anyhow::Result<()> {
        self.expect(&Received::Close(code))?;
        self.expect_end()
    }

    /// Expects an orderly end of TCP, without another byte.
    ///
    /// # Errors
    /// What came instead.
    pub fn expect_end(&mut self) -> anyhow::Result<()> {
        let mut rest = std::mem::take(&mut self.read);
        self.stream.read_to_end(&mut rest).context("TCP did not end in an orderly way")?;
        ensure!(rest.is_empty(), "{} bytes came behind the end", rest.len());
        Ok(())
    }

    /// Closes with 1000 and expects the same back.
    ///
    /// # Errors
    /// What came instead.
    pub fn close(&mut self) -> anyhow::Result<()> {
        self.send(&frame(OpCode::Close, &1000_u16.to_be_bytes()).to_bytes())?;
        self.expect_close(Some(1000))
    }

    /// Expects that nothing comes for a moment.
    ///
    /// # Errors
    /// What came.
    pub fn expect_quiet(&mut self) -> anyhow::Result<()> {
        use std::io::ErrorKind::{TimedOut, WouldBlock};
        ensure!(self.read.is_empty(), "{} bytes came", self.read.len());
        self.stream.set_read_timeout(Some(MOMENT))?;
        let result = self.stream.read(&mut [0]);
        self.stream.set_read_timeout(Some(PATIENCE))?;
        match result {
            Err(error) if matches!(error.kind(), TimedOut | WouldBlock) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(0) => bail!("TCP ended"),
            Ok(_) => bail!("something came"),
        }
    }

    /// Says no more, but listens on.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn shut(&self) -> anyhow::Result<()> {
        Ok(self.stream.shutdown(Shutdown::Write)?)
    }

    /// A second handle for the same connection, to write and read side by side.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn writer(&self) -> anyhow::Result<TcpStream> {
        Ok(self.stream.try_clone()?)
    }

    fn inflate(&mut self, payload: &[u8]) -> anyhow::Result<Vec<u8>> {
        let Deflate { inflater, pool, .. } = self.deflate.as_mut().context("no compression was agreed on")?;
        let mut out = Vec::new();
        inflater.inflate(pool, payload, true, &mut out, 64 << 20)?;
        Ok(out)
    }

    fn frame(&mut self) -> anyhow::Result<Option<(Header, Vec<u8>)>> {
        loop {
            if let Ok((header, len)) = Header::read(&self.read) {
                ensure!(header.mask.is_none(), "a server must not mask (RFC 6455 section 5.1)");
                let payload = usize::try_from(header.len)?;
                if self.read.len() >= len + payload {
                    let rest = self.read.split_off(len + payload);
                    let mut frame = std::mem::replace(&mut self.read, rest);
                    ensure!(frame[0] & 8 == 0 || frame[0] & FIN != 0, "a control frame in fragments");
                    frame.drain(..len);
                    return Ok(Some((header, frame)));
                }
            }
            let mut buffer = [0; 64 << 10];
            let count = self.stream.read(&mut buffer)?;
            if count == 0 {
                ensure!(self.read.is_empty(), "TCP ended within a frame");
                return Ok(None);
            }
            self.read.extend_from_slice(&buffer[..count]);
        }
    }
}

/// Enough to tell what it is, without the megabytes.
fn brief(received: Option<&Received>) -> String {
    match received {
        None => "the end of TCP".to_owned(),
        Some(Received::Message(kind, payload)) if payload.len() > 64 => {
            format!("{kind:?} of {} bytes", payload.len())
        }
        Some(other) => format!("{other:?}"),
    }
}
