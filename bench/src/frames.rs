//! What a load generator needs of frames, over `wire`: masked client frames built ahead of time, and a reader that
//! steps over unmasked server frames without keeping or moving their payload.

use wire::frame::{Header, MAX_CONTROL_LEN, MAX_HEADER_LEN, RSV1};
use wire::{MessageKind, OpCode, close, mask};

/// What a server did that no conforming server may do, or what ends a measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyError {
    /// The server masked a frame (RFC 6455 section 5.1).
    Masked,
    /// A reserved bit was set that nothing negotiated (section 5.2).
    ReservedBits(u8),
    /// A frame that cannot stand where it stood (section 5.4), or an unknown opcode.
    Unexpected(u8),
    /// A control frame that is fragmented or longer than 125 bytes (section 5.5).
    BadControl,
    /// A Close whose body can't be read (section 5.5.1).
    BadClose,
    /// The server sent a Close, with this code if it had one.
    Closed(Option<u16>),
}

impl std::fmt::Display for ReplyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Masked => write!(f, "the server masked a frame"),
            Self::ReservedBits(bits) => write!(f, "the server set reserved bits {bits:#04x}"),
            Self::Unexpected(opcode) => write!(f, "the server sent an unexpected frame, opcode {opcode:#x}"),
            Self::BadControl => write!(f, "the server sent a malformed control frame"),
            Self::BadClose => write!(f, "the server sent a malformed Close"),
            Self::Closed(Some(code)) => write!(f, "the server closed with {code}"),
            Self::Closed(None) => write!(f, "the server closed without a code"),
        }
    }
}

impl std::error::Error for ReplyError {}

/// One whole message as it was on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// Text or binary.
    pub kind: MessageKind,
    /// Whether RSV1 marked the message as compressed (RFC 7692 section 6).
    pub compressed: bool,
    /// Payload bytes over all its frames.
    pub bytes: u64,
}

/// Receives what a [`FrameReader`] finds.
pub trait Sink {
    /// A piece of the payload of the message in progress.
    fn payload(&mut self, _bytes: &[u8]) {}
    /// The message in progress is whole.
    fn message(&mut self, reply: Reply);
    /// A ping that wants a pong.
    fn ping(&mut self, payload: &[u8]);
}

/// Steps over server frames, split anywhere.
#[derive(Debug, Clone, Default)]
pub struct FrameReader {
    /// A header cut off by the end of a read.
    stash: [u8; MAX_HEADER_LEN],
    stashed: u8,
    frame: Option<Frame>,
    message: Option<Reply>,
    control: Vec<u8>,
}

/// The frame in progress.
#[derive(Debug, Clone, Copy)]
struct Frame {
    opcode: OpCode,
    fin: bool,
    /// Payload bytes still to come.
    remaining: u64,
}

impl FrameReader {
    /// Takes the next bytes of the stream.
    ///
    /// # Errors
    /// On the first frame a client must not accept, and on a Close; the reader is of no use afterwards.
    pub fn feed(&mut self, mut input: &[u8], sink: &mut impl Sink) -> Result<(), ReplyError> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.header(&mut input) {
                    Some(header) => self.begin(&header)?,
                    None => return Ok(()),
                },
            };
            let take = usize::try_from(frame.remaining).unwrap_or(usize::MAX).min(input.len());
            let (payload, rest) = input.split_at(take);
            input = rest;
            frame.remaining -= take as u64;
            if frame.opcode.is_control() {
                self.control.extend_from_slice(payload);
            } else if !payload.is_empty() {
                sink.payload(payload);
            }
            if frame.remaining > 0 {
                self.frame = Some(frame);
                return Ok(());
            }
            self.end(frame, sink)?;
        }
    }

    /// Reads a header from the stash and `input`; none when it is not whole yet.
    fn header(&mut self, input: &mut &[u8]) -> Option<Header> {
        if self.stashed == 0
            && let Ok((header, len)) = Header::read(input)
        {
            *input = &input[len..];
            return Some(header);
        }
        while let [byte, rest @ ..] = *input {
            self.stash[usize::from(self.stashed)] = *byte;
            self.stashed += 1;
            *input = rest;
            if let Ok((header, _)) = Header::read(&self.stash[..usize::from(self.stashed)]) {
                self.stashed = 0;
                return Some(header);
            }
        }
        None
    }

    fn begin(&mut self, header: &Header) -> Result<Frame, ReplyError> {
        let Header { fin, reserved, len, .. } = *header;
        let opcode = OpCode::from_bits(header.opcode).ok_or(ReplyError::Unexpected(header.opcode))?;
        let compressed = reserved & RSV1 != 0;
        if header.mask.is_some() {
            return Err(ReplyError::Masked);
        }
        if reserved & !RSV1 != 0 {
            return Err(ReplyError::ReservedBits(reserved));
        }
        match (opcode, &mut self.message) {
            (OpCode::Text, message @ None) => {
                *message = Some(Reply { kind: MessageKind::Text, compressed, bytes: len });
            }
            (OpCode::Binary, message @ None) => {
                *message = Some(Reply { kind: MessageKind::Binary, compressed, bytes: len });
            }
            (OpCode::Continuation, Some(message)) if !compressed => message.bytes += len,
            (OpCode::Close | OpCode::Ping | OpCode::Pong, _) => {
                if !fin || compressed || len > MAX_CONTROL_LEN as u64 {
                    return Err(ReplyError::BadControl);
                }
                self.control.clear();
            }
            _ => return Err(ReplyError::Unexpected(header.opcode)),
        }
        Ok(Frame { opcode, fin, remaining: len })
    }

    fn end(&mut self, frame: Frame, sink: &mut impl Sink) -> Result<(), ReplyError> {
        match frame.opcode {
            OpCode::Close => {
                let status = close::parse(&self.control).map_err(|_| ReplyError::BadClose)?;
                return Err(ReplyError::Closed(status.map(|(code, _)| code.0)));
            }
            OpCode::Ping => sink.ping(&self.control),
            OpCode::Pong => {}
            OpCode::Text | OpCode::Binary | OpCode::Continuation => {
                if frame.fin
                    && let Some(message) = self.message.take()
                {
                    sink.message(message);
                }
            }
        }
        Ok(())
    }
}

/// Collects whole messages.
#[derive(Debug, Default)]
pub struct Collector {
    pub(crate) current: Vec<u8>,
    /// In order, with what the frames said of each.
    pub messages: Vec<(Reply, Vec<u8>)>,
}

impl Sink for Collector {
    fn payload(&mut self, bytes: &[u8]) {
        self.current.extend_from_slice(bytes);
    }
    fn message(&mut self, reply: Reply) {
        self.messages.push((reply, std::mem::take(&mut self.current)));
    }
    fn ping(&mut self, _payload: &[u8]) {}
}

/// Appends one final client frame to `out`, masked with `key`.
pub fn client_frame(out: &mut Vec<u8>, opcode: OpCode, compressed: bool, key: [u8; 4], payload: &[u8]) {
    let mut header = Header::new(true, opcode, Some(key), payload.len() as u64);
    if compressed {
        header.reserved = RSV1;
    }
    out.extend_from_slice(&header.write());
    mask::append(payload, key, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Seen {
        payload: Vec<u8>,
        messages: Vec<Reply>,
        pings: Vec<Vec<u8>>,
    }

    impl Sink for Seen {
        fn payload(&mut self, bytes: &[u8]) {
            self.payload.extend_from_slice(bytes);
        }
        fn message(&mut self, reply: Reply) {
            self.messages.push(reply);
        }
        fn ping(&mut self, payload: &[u8]) {
            self.pings.push(payload.to_vec());
        }
    }

    fn server_frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = Header::new(true, OpCode::Text, None, payload.len() as u64).write().to_vec();
        frame[0] = first;
        frame.extend_from_slice(payload);
        frame
    }

    fn read(stream: &[u8], chunk: usize) -> Result<Seen, ReplyError> {
        let mut seen = Seen::default();
        let mut reader = FrameReader::default();
        for piece in stream.chunks(chunk) {
            reader.feed(piece, &mut seen)?;
        }
        Ok(seen)
    }

    #[test]
    fn client_frames_are_masked_and_marked_when_compressed() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        let mut frame = Vec::new();
        // The example of RFC 6455 section 5.7, and a compressed frame behind it.
        client_frame(&mut frame, OpCode::Text, false, key, b"Hello");
        assert_eq!(frame, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
        client_frame(&mut frame, OpCode::Binary, true, key, &[]);
        assert_eq!(frame[11..], [0xC2, 0x80, 0x37, 0xfa, 0x21, 0x3d]);
    }

    #[test]
    fn replies_are_the_same_whatever_the_split() {
        let mut stream = server_frame(0x82, b"plain");
        stream.extend(server_frame(0x41, &[7; 300]));
        stream.extend(server_frame(0x89, b"beat"));
        stream.extend(server_frame(0x80, &vec![9; 70_000]));
        stream.extend(server_frame(0x81, b""));
        let whole = read(&stream, stream.len()).unwrap();
        assert_eq!(
            whole.messages,
            [
                Reply { kind: MessageKind::Binary, compressed: false, bytes: 5 },
                Reply { kind: MessageKind::Text, compressed: true, bytes: 70_300 },
                Reply { kind: MessageKind::Text, compressed: false, bytes: 0 },
            ]
        );
        assert_eq!(whole.pings, [b"beat".to_vec()]);
        assert_eq!(whole.payload.len(), 70_305);
        for chunk in [1, 2, 3, 7, 299, 4096] {
            assert_eq!(read(&stream, chunk).unwrap(), whole, "in chunks of {chunk}");
        }
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        assert_eq!(read(&[0x81, 0x80, 1, 2, 3, 4], 2), Err(ReplyError::Masked));
        assert_eq!(read(&[0xA1, 0x00], 2), Err(ReplyError::ReservedBits(0x20)));
        assert_eq!(read(&[0x80, 0x00], 2), Err(ReplyError::Unexpected(0)));
        assert_eq!(read(&[0x01, 0x00, 0x81, 0x00], 4), Err(ReplyError::Unexpected(1)));
        assert_eq!(read(&[0x83, 0x00], 2), Err(ReplyError::Unexpected(3)));
        assert_eq!(read(&[0x88, 0x01, 0x03], 3), Err(ReplyError::BadClose));
        assert_eq!(read(&[0x09, 0x00], 2), Err(ReplyError::BadControl));
        assert_eq!(read(&[0x88, 0x02, 0x03, 0xE9], 4), Err(ReplyError::Closed(Some(1001))));
        assert_eq!(read(&[0x88, 0x00], 2), Err(ReplyError::Closed(None)));
    }
}
