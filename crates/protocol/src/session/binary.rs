//! The compact form, for channels whose data is bytes. Each message begins with a byte that says what it is.
//!
//! Numbers are LEB128: seven bits a byte, the least significant first, the top bit set where more follow. Ids and epochs are
//! 16 or 8 bytes, most significant first. A text is its length and its UTF-8.

use super::message::{
    Author, ClientId, ClientMessage, Epoch, Hello, Lost, Message, Position, Public, Reason, Refused,
    ServerMessage, SessionId, Welcome,
};
use super::{MAX_COUNT, WINDOW};

const HELLO: u8 = 0x01;
const PUBLISH: u8 = 0x02;
const PING: u8 = 0x03;
const WELCOME: u8 = 0x11;
const MESSAGE: u8 = 0x12;
const ACK: u8 = 0x13;
const REFUSED: u8 = 0x14;
const JUMP: u8 = 0x15;
const ERROR: u8 = 0x16;
const PONG: u8 = 0x17;
/// Bits that say what is there of what may be missing.
const FIRST: u8 = 1;
const SECOND: u8 = 2;
/// A list of losses has two entries where an epoch ended and the next has lost its beginning; more is nonsense.
const MAX_LOST: u64 = 16;

/// Bytes that are no message of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BinaryError {
    /// The message ends before it is whole.
    #[error("the message is cut short")]
    Short,
    /// There is something behind its end.
    #[error("the message has something behind its end")]
    Long,
    /// The first byte says nothing that is known: it may be the channel's own.
    #[error("no message of a session begins with {0:#04x}")]
    Unknown(u8),
    /// A number, a text or a flag is not what it can be.
    #[error("{0}")]
    Invalid(&'static str),
}

/// Reads what a client says.
///
/// # Errors
/// It is nothing that a session knows.
pub fn read_client(bytes: &[u8]) -> Result<ClientMessage, BinaryError> {
    let mut reader = Reader(bytes);
    let message = match reader.byte()? {
        HELLO => {
            let (client, session) = (ClientId(reader.wide()?), SessionId(reader.wide()?));
            let connection = reader.number()?;
            let flags = reader.flags(FIRST | SECOND)?;
            let position = if flags & FIRST != 0 { Some(reader.position()?) } else { None };
            let (memory, known) = (reader.number()?, reader.number()?);
            let (sent, history) = (reader.number()?, reader.number()?);
            let name = if flags & SECOND != 0 { Some(reader.text()?) } else { None };
            let hello = Hello { client, session, connection, position, memory, known, sent, history, name };
            hello.check().map_err(BinaryError::Invalid)?;
            ClientMessage::Hello(hello)
        }
        PUBLISH => match reader.number()? {
            0 => return Err(BinaryError::Invalid("sequence numbers count from 1")),
            seq => ClientMessage::Publish { seq, data: reader.rest() },
        },
        PING => ClientMessage::Ping,
        other => return Err(BinaryError::Unknown(other)),
    };
    reader.end(message)
}

/// Reads what a server says.
///
/// # Errors
/// It is nothing that a session knows.
pub fn read_server(bytes: &[u8]) -> Result<ServerMessage, BinaryError> {
    let mut reader = Reader(bytes);
    let message = match reader.byte()? {
        WELCOME => {
            let (position, head, memory) = (reader.position()?, reader.number()?, reader.number()?);
            let (client, session) = (Public(reader.long()?), Public(reader.long()?));
            let seq = if reader.flags(FIRST)? & FIRST != 0 { Some(reader.number()?) } else { None };
            let refused = reader.list(WINDOW, Reader::number)?;
            let lost = reader.list(MAX_LOST, Reader::lost)?;
            ServerMessage::Welcome(Welcome { position, head, memory, lost, seq, refused, client, session })
        }
        MESSAGE => {
            let offset = reader.number()?;
            let author = if reader.flags(FIRST)? & FIRST != 0 { Some(reader.author()?) } else { None };
            ServerMessage::Message(Message { offset, author, at: reader.number()?, data: reader.rest() })
        }
        ACK => ServerMessage::Ack { from: reader.number()?, to: reader.number()? },
        REFUSED => {
            let (seq, reason, retry) = (reader.number()?, reader.byte()?, reader.number()?);
            let reason = match reason {
                1 => Reason::Size,
                2 => Reason::Rate(retry),
                4 => Reason::Unavailable(retry),
                5 => Reason::Unheard,
                _ => Reason::Invalid,
            };
            ServerMessage::Refused(Refused { seq, reason, error: reader.text()? })
        }
        JUMP => {
            ServerMessage::Jump { position: reader.position()?, lost: reader.list(MAX_LOST, Reader::lost)? }
        }
        ERROR => ServerMessage::Error { error: reader.text()? },
        PONG => ServerMessage::Pong,
        other => return Err(BinaryError::Unknown(other)),
    };
    reader.end(message)
}

/// Writes what a client says.
#[must_use]
pub fn write_client(message: &ClientMessage) -> Vec<u8> {
    match message {
        ClientMessage::Hello(hello) => {
            let mut writer = Writer::new(HELLO);
            writer.0.extend_from_slice(&hello.client.0.to_be_bytes());
            writer.0.extend_from_slice(&hello.session.0.to_be_bytes());
            writer.number(hello.connection);
            writer.flags(hello.position.is_some(), hello.name.is_some());
            if let Some(position) = hello.position {
                writer.position(position);
            }
            for number in [hello.memory, hello.known, hello.sent, hello.history] {
                writer.number(number);
            }
            if let Some(name) = &hello.name {
                writer.text(name);
            }
            writer.0
        }
        ClientMessage::Publish { seq, data } => {
            let mut writer = Writer::new(PUBLISH);
            writer.number(*seq);
            writer.0.extend_from_slice(data);
            writer.0
        }
        ClientMessage::Ping => Writer::new(PING).0,
    }
}

/// Writes what a server says.
#[must_use]
pub fn write_server(message: &ServerMessage) -> Vec<u8> {
    match message {
        ServerMessage::Welcome(welcome) => {
            let mut writer = Writer::new(WELCOME);
            writer.position(welcome.position);
            writer.number(welcome.head);
            writer.number(welcome.memory);
            writer.long(welcome.client.0);
            writer.long(welcome.session.0);
            writer.flags(welcome.seq.is_some(), false);
            welcome.seq.into_iter().for_each(|seq| writer.number(seq));
            writer.list(&welcome.refused, |writer, seq| writer.number(*seq));
            writer.list(&welcome.lost, Writer::lost);
            writer.0
        }
        ServerMessage::Message(Message { offset, author, at, data }) => {
            let mut writer = Writer::new(MESSAGE);
            writer.number(*offset);
            writer.flags(author.is_some(), false);
            if let Some(Author { client, session, seq, name }) = author {
                writer.long(client.0);
                writer.long(session.0);
                writer.number(*seq);
                writer.text(name);
            }
            writer.number(*at);
            writer.0.extend_from_slice(data);
            writer.0
        }
        ServerMessage::Ack { from, to } => {
            let mut writer = Writer::new(ACK);
            writer.number(*from);
            writer.number(*to);
            writer.0
        }
        ServerMessage::Refused(Refused { seq, reason, error }) => {
            let mut writer = Writer::new(REFUSED);
            writer.number(*seq);
            writer.0.push(match reason {
                Reason::Size => 1,
                Reason::Rate(_) => 2,
                Reason::Invalid => 3,
                Reason::Unavailable(_) => 4,
                Reason::Unheard => 5,
            });
            writer.number(reason.retry_millis().unwrap_or(0));
            writer.text(error);
            writer.0
        }
        ServerMessage::Jump { position, lost } => {
            let mut writer = Writer::new(JUMP);
            writer.position(*position);
            writer.list(lost, Writer::lost);
            writer.0
        }
        ServerMessage::Pong => Writer::new(PONG).0,
        ServerMessage::Error { error } => {
            let mut writer = Writer::new(ERROR);
            writer.text(error);
            writer.0
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BinaryError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(BinaryError::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, BinaryError> {
        self.take().map(|[byte]| byte)
    }

    fn long(&mut self) -> Result<u64, BinaryError> {
        self.take().map(u64::from_be_bytes)
    }

    fn wide(&mut self) -> Result<u128, BinaryError> {
        self.take().map(u128::from_be_bytes)
    }

    fn flags(&mut self, known: u8) -> Result<u8, BinaryError> {
        match self.byte()? {
            flags if flags & !known == 0 => Ok(flags),
            _ => Err(BinaryError::Invalid("there is a flag that this version does not know")),
        }
    }

    fn number(&mut self) -> Result<u64, BinaryError> {
        let mut number = 0;
        for shift in (0..56).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number)
                    .filter(|number| *number <= MAX_COUNT)
                    .ok_or(BinaryError::Invalid("a number is at most 2^53 - 1"));
            }
        }
        Err(BinaryError::Invalid("a number has at most eight bytes"))
    }

    fn text(&mut self) -> Result<String, BinaryError> {
        let len = usize::try_from(self.number()?).unwrap_or(usize::MAX);
        let (text, rest) = self.0.split_at_checked(len).ok_or(BinaryError::Short)?;
        self.0 = rest;
        let text = std::str::from_utf8(text).map_err(|_| BinaryError::Invalid("a text is UTF-8"))?;
        Ok(text.to_owned())
    }

    fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).to_vec()
    }

    fn position(&mut self) -> Result<Position, BinaryError> {
        Ok(Position { epoch: Epoch(self.long()?), offset: self.number()? })
    }

    fn lost(&mut self) -> Result<Lost, BinaryError> {
        let (epoch, from, to) = (Epoch(self.long()?), self.number()?, self.number()?);
        Ok(Lost { epoch, from, to: (to > 0).then_some(to) })
    }

    fn author(&mut self) -> Result<Author, BinaryError> {
        let (client, session) = (Public(self.long()?), Public(self.long()?));
        Ok(Author { client, session, seq: self.number()?, name: self.text()? })
    }

    fn list<T>(
        &mut self,
        most: u64,
        mut item: impl FnMut(&mut Self) -> Result<T, BinaryError>,
    ) -> Result<Vec<T>, BinaryError> {
        let count = self.number()?;
        if count > most {
            return Err(BinaryError::Invalid("a list is longer than it can be"));
        }
        (0..count).map(|_| item(self)).collect()
    }

    fn end<T>(self, message: T) -> Result<T, BinaryError> {
        if self.0.is_empty() { Ok(message) } else { Err(BinaryError::Long) }
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn new(kind: u8) -> Writer {
        Writer(vec![kind])
    }

    fn flags(&mut self, first: bool, second: bool) {
        self.0.push(if first { FIRST } else { 0 } | if second { SECOND } else { 0 });
    }

    fn long(&mut self, long: u64) {
        self.0.extend_from_slice(&long.to_be_bytes());
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn position(&mut self, Position { epoch, offset }: Position) {
        self.long(epoch.0);
        self.number(offset);
    }

    fn lost(&mut self, Lost { epoch, from, to }: &Lost) {
        self.long(epoch.0);
        self.number(*from);
        self.number(to.unwrap_or(0));
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.number(items.len() as u64);
        items.iter().for_each(|item| write(self, item));
    }
}
