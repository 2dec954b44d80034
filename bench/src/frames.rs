//! The little of RFC 6455 a load generator needs: masked client frames built ahead of time, and a reader that
//! steps over unmasked server frames without keeping their payload.

/// Opcodes of RFC 6455 section 5.2.
pub mod opcode {
    /// A following fragment of a message.
    pub const CONTINUATION: u8 = 0x0;
    /// A text message.
    pub const TEXT: u8 = 0x1;
    /// A binary message.
    pub const BINARY: u8 = 0x2;
    /// Close of the connection.
    pub const CLOSE: u8 = 0x8;
    /// A ping, to be answered by a pong with the same payload.
    pub const PING: u8 = 0x9;
    /// The answer to a ping.
    pub const PONG: u8 = 0xA;
}

const FIN: u8 = 0x80;
const RSV1: u8 = 0x40;
const RSV2_RSV3: u8 = 0x30;
const MASKED: u8 = 0x80;

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
    /// The server sent a Close, with this code if it had one.
    Closed(Option<u16>),
}

impl std::fmt::Display for ReplyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Masked => write!(f, "the server masked a frame"),
            Self::ReservedBits(byte) => write!(f, "the server set a reserved bit in {byte:#04x}"),
            Self::Unexpected(byte) => write!(f, "the server sent an unexpected frame {byte:#04x}"),
            Self::BadControl => write!(f, "the server sent a malformed control frame"),
            Self::Closed(Some(code)) => write!(f, "the server closed with {code}"),
            Self::Closed(None) => write!(f, "the server closed without a code"),
        }
    }
}

impl std::error::Error for ReplyError {}

/// One whole message as it was on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// Text or binary, of the first frame.
    pub opcode: u8,
    /// Whether RSV1 marked the message as compressed (RFC 7692 section 6).
    pub compressed: bool,
    /// Payload bytes over all its frames.
    pub bytes: u64,
    /// Header bytes over all its frames.
    pub overhead: u64,
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
    /// A header cut off by the end of a read; the longest has ten bytes.
    header: [u8; 10],
    header_len: u8,
    in_frame: bool,
    opcode: u8,
    fin: bool,
    /// Payload bytes of this frame still to come.
    remaining: u64,
    message: Option<Reply>,
    control: Vec<u8>,
}

impl FrameReader {
    /// Takes the next bytes of the stream.
    ///
    /// # Errors
    /// On the first frame a client must not accept, and on a Close; the reader is of no use afterwards.
    pub fn feed(&mut self, mut input: &[u8], sink: &mut impl Sink) -> Result<(), ReplyError> {
        loop {
            if !self.in_frame {
                if !self.take_header(&mut input)? {
                    return Ok(());
                }
                self.in_frame = true;
            }
            let take = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(input.len());
            let (payload, rest) = input.split_at(take);
            input = rest;
            self.remaining -= take as u64;
            if self.opcode >= opcode::CLOSE {
                self.control.extend_from_slice(payload);
            } else if !payload.is_empty() {
                sink.payload(payload);
            }
            if self.remaining > 0 {
                return Ok(());
            }
            self.in_frame = false;
            self.end_frame(sink)?;
        }
    }

    /// Reads a header from the stash and `input`; false when it is not whole yet.
    fn take_header(&mut self, input: &mut &[u8]) -> Result<bool, ReplyError> {
        if self.header_len == 0 && input.len() >= 2 {
            let len = header_len(input[1]);
            if input.len() >= len {
                let (header, rest) = input.split_at(len);
                *input = rest;
                return self.start_frame(header).map(|()| true);
            }
        }
        while let [byte, rest @ ..] = *input {
            self.header[usize::from(self.header_len)] = *byte;
            self.header_len += 1;
            *input = rest;
            let have = usize::from(self.header_len);
            if have >= 2 && have == header_len(self.header[1]) {
                self.header_len = 0;
                let header = self.header;
                return self.start_frame(&header[..have]).map(|()| true);
            }
        }
        Ok(false)
    }

    fn start_frame(&mut self, header: &[u8]) -> Result<(), ReplyError> {
        let first = header[0];
        if header[1] & MASKED != 0 {
            return Err(ReplyError::Masked);
        }
        self.opcode = first & 0x0F;
        self.fin = first & FIN != 0;
        self.remaining = match header[2..] {
            [] => u64::from(header[1]),
            [a, b] => u64::from(u16::from_be_bytes([a, b])),
            [a, b, c, d, e, f, g, h] => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            _ => return Err(ReplyError::Unexpected(first)),
        };
        let compressed = first & RSV1 != 0;
        if first & RSV2_RSV3 != 0 {
            return Err(ReplyError::ReservedBits(first));
        }
        match self.opcode {
            opcode::TEXT | opcode::BINARY if self.message.is_none() => {
                self.message = Some(Reply {
                    opcode: self.opcode,
                    compressed,
                    bytes: self.remaining,
                    overhead: header.len() as u64,
                });
            }
            opcode::CONTINUATION => match &mut self.message {
                Some(message) if !compressed => {
                    message.bytes += self.remaining;
                    message.overhead += header.len() as u64;
                }
                _ => return Err(ReplyError::Unexpected(first)),
            },
            opcode::CLOSE | opcode::PING | opcode::PONG => {
                if !self.fin || compressed || self.remaining > 125 {
                    return Err(ReplyError::BadControl);
                }
                self.control.clear();
            }
            _ => return Err(ReplyError::Unexpected(first)),
        }
        Ok(())
    }

    fn end_frame(&mut self, sink: &mut impl Sink) -> Result<(), ReplyError> {
        match self.opcode {
            opcode::CLOSE => Err(ReplyError::Closed(match self.control[..] {
                [high, low, ..] => Some(u16::from_be_bytes([high, low])),
                _ => None,
            })),
            opcode::PING => {
                sink.ping(&self.control);
                Ok(())
            }
            opcode::PONG => Ok(()),
            _ => {
                if self.fin
                    && let Some(message) = self.message.take()
                {
                    sink.message(message);
                }
                Ok(())
            }
        }
    }
}

/// Appends one final client frame to `out`, masked with `mask`.
pub fn client_frame(out: &mut Vec<u8>, opcode: u8, compressed: bool, mask: [u8; 4], payload: &[u8]) {
    out.push(FIN | if compressed { RSV1 } else { 0 } | opcode);
    match payload.len() {
        len @ 0..=125 => out.push(MASKED | len as u8),
        len @ 126..=0xFFFF => {
            out.push(MASKED | 126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

fn header_len(second: u8) -> usize {
    match second & 0x7F {
        126 => 4,
        127 => 10,
        _ => 2,
    }
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
        let mut frame = Vec::new();
        client_frame(&mut frame, 0, false, [0; 4], payload);
        let header = header_len(frame[1]);
        frame[0] = first;
        frame[1] &= 0x7F;
        frame.drain(header..header + 4);
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
    fn client_frames_match_the_example_of_rfc6455_5_7() {
        let mut frame = Vec::new();
        client_frame(&mut frame, opcode::TEXT, false, [0x37, 0xfa, 0x21, 0x3d], b"Hello");
        assert_eq!(frame, [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    }

    #[test]
    fn client_frames_use_the_shortest_length_form() {
        for (len, header) in [(0, 6), (125, 6), (126, 8), (0xFFFF, 8), (0x1_0000, 14)] {
            let mut frame = Vec::new();
            client_frame(&mut frame, opcode::BINARY, true, [1, 2, 3, 4], &vec![0; len]);
            assert_eq!(frame.len(), header + len);
            assert_eq!(frame[0], 0xC2);
        }
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
                Reply { opcode: opcode::BINARY, compressed: false, bytes: 5, overhead: 2 },
                Reply { opcode: opcode::TEXT, compressed: true, bytes: 70_300, overhead: 14 },
                Reply { opcode: opcode::TEXT, compressed: false, bytes: 0, overhead: 2 },
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
        assert_eq!(read(&[0x81, 0x80], 2), Err(ReplyError::Masked));
        assert_eq!(read(&[0xA1, 0x00], 2), Err(ReplyError::ReservedBits(0xA1)));
        assert_eq!(read(&[0x80, 0x00], 2), Err(ReplyError::Unexpected(0x80)));
        assert_eq!(read(&[0x01, 0x00, 0x81, 0x00], 4), Err(ReplyError::Unexpected(0x81)));
        assert_eq!(read(&[0x09, 0x00], 2), Err(ReplyError::BadControl));
        assert_eq!(read(&[0x88, 0x02, 0x03, 0xE9], 4), Err(ReplyError::Closed(Some(1001))));
        assert_eq!(read(&[0x88, 0x00], 2), Err(ReplyError::Closed(None)));
    }
}
