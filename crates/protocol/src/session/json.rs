//! The form for text channels: each message is a JSON object whose `type` says what it is.

use std::fmt::Write as _;

use workbench::json::{Scanner, Value, quote};

use super::message::{
    Author, ClientId, ClientMessage, Epoch, Hello, Lost, Message, Position, Public, Reason, Refused,
    ServerMessage, SessionId, Welcome,
};
pub use crate::head::ReadError;
use crate::head::{Head, Writer, cut};

/// Reads what a client says.
///
/// # Errors
/// It is nothing that a session knows. The text says what would be right.
pub fn read_client(text: &str) -> Result<ClientMessage, ReadError> {
    client_message(Head::parse_with_data(text)?)
}

/// Reads what a server says. What a later version adds is passed over.
///
/// # Errors
/// It is nothing that a session knows: the channel's own, or of a later version.
pub fn read_server(text: &str) -> Result<ServerMessage, ReadError> {
    let mut head = Head::parse_with_data(text)?;
    Ok(match head.kind.as_str() {
        "welcome" => ServerMessage::Welcome(Welcome {
            position: position(&mut head)?,
            head: number(&mut head, "head")?,
            memory: number(&mut head, "memory")?,
            lost: lost(&mut head)?,
            seq: head.number("seq")?,
            refused: head.numbers("refused")?,
            client: Public(hex(&mut head, "you")?),
            session: Public(hex(&mut head, "session")?),
        }),
        "message" => ServerMessage::Message(message(&mut head)?),
        "ack" => ServerMessage::Ack { from: number(&mut head, "from")?, to: number(&mut head, "to")? },
        "refused" => {
            let (reason, retry) = (head.string("reason")?.unwrap_or_default(), head.number("retry")?);
            ServerMessage::Refused(Refused {
                seq: number(&mut head, "seq")?,
                reason: Reason::of(&reason, retry),
                error: head.string("error")?.unwrap_or_default(),
            })
        }
        "jump" => ServerMessage::Jump { position: position(&mut head)?, lost: lost(&mut head)? },
        "pong" => ServerMessage::Pong,
        "error" => ServerMessage::Error { error: head.string("error")?.unwrap_or_default() },
        other => return Err(ReadError(format!("{other} is no message of a session"))),
    })
}

/// Writes what a client says.
#[must_use]
pub fn write_client(message: &ClientMessage) -> String {
    match message {
        ClientMessage::Hello(hello) => {
            let mut writer = Writer::new("hello")
                .string("client", &hello.client.to_string())
                .string("session", &hello.session.to_string())
                .number("connection", hello.connection);
            if let Some(Position { epoch, offset }) = hello.position {
                writer = writer.string("epoch", &epoch.to_string()).number("offset", offset);
            }
            let numbers = [
                ("memory", hello.memory),
                ("known", hello.known),
                ("sent", hello.sent),
                ("history", hello.history),
            ];
            for (name, number) in numbers {
                if number > 0 {
                    writer = writer.number(name, number);
                }
            }
            writer.optional("name", hello.name.as_deref()).json()
        }
        ClientMessage::Publish { seq, data } => {
            Writer::new("publish").number("seq", *seq).raw("data", &json_of(data)).json()
        }
        ClientMessage::Ping => Writer::new("ping").json(),
    }
}

/// Writes what a server says.
#[must_use]
pub fn write_server(message: &ServerMessage) -> String {
    match message {
        ServerMessage::Welcome(welcome) => {
            let mut writer = at(Writer::new("welcome"), welcome.position)
                .number("head", welcome.head)
                .number("memory", welcome.memory)
                .string("you", &welcome.client.to_string())
                .string("session", &welcome.session.to_string());
            if let Some(seq) = welcome.seq {
                writer = writer.number("seq", seq);
            }
            if !welcome.refused.is_empty() {
                writer = writer.list("refused", welcome.refused.iter().map(u64::to_string));
            }
            with_lost(writer, &welcome.lost).json()
        }
        ServerMessage::Message(message) => write_message(message),
        ServerMessage::Ack { from, to } => Writer::new("ack").number("from", *from).number("to", *to).json(),
        ServerMessage::Refused(Refused { seq, reason, error }) => {
            let mut writer = Writer::new("refused").number("seq", *seq).string("reason", reason.as_str());
            if let Some(retry) = reason.retry_millis() {
                writer = writer.number("retry", retry);
            }
            writer.string("error", error).json()
        }
        ServerMessage::Jump { position, lost } => with_lost(at(Writer::new("jump"), *position), lost).json(),
        ServerMessage::Pong => Writer::new("pong").json(),
        ServerMessage::Error { error } => Writer::new("error").string("error", error).json(),
    }
}

/// How deep data nests: 0 for what is neither an object nor an array.
#[must_use]
pub fn depth(data: &[u8]) -> usize {
    let Ok(text) = std::str::from_utf8(data) else { return 0 };
    let (mut scanner, mut deepest) = (Scanner::default(), 0);
    while let Ok(Some(_)) = scanner.next(text) {
        deepest = deepest.max(scanner.depth());
    }
    deepest
}

/// Reads what a client says, for a channel that says more than a session.
pub(crate) fn client_message(mut head: Head<'_>) -> Result<ClientMessage, ReadError> {
    let message = match head.kind.as_str() {
        "hello" => {
            let hello = Hello {
                client: ClientId(id(&mut head, "client")?),
                session: SessionId(id(&mut head, "session")?),
                position: match head.string("epoch")? {
                    None => None,
                    Some(epoch) => Some(Position {
                        epoch: Epoch(parse_hex(&head, "epoch", &epoch)?),
                        offset: number(&mut head, "offset")?,
                    }),
                },
                connection: number(&mut head, "connection")?,
                memory: counted(&mut head, "memory")?.unwrap_or(0),
                known: counted(&mut head, "known")?.unwrap_or(0),
                sent: counted(&mut head, "sent")?.unwrap_or(0),
                history: head.number("history")?.unwrap_or(0),
                name: head.string("name")?,
            };
            hello.check().map_err(|error| ReadError(error.to_owned()))?;
            ClientMessage::Hello(hello)
        }
        "publish" => {
            let seq = counted(&mut head, "seq")?.filter(|seq| *seq > 0);
            ClientMessage::Publish {
                seq: seq.ok_or_else(|| ReadError("seq of publish counts from 1".to_owned()))?,
                data: head.take_data(),
            }
        }
        "ping" => ClientMessage::Ping,
        other => {
            return Err(ReadError(format!(
                "{} is nothing that is known here: use hello, publish or ping",
                cut(other)
            )));
        }
    };
    head.end()?;
    Ok(message)
}

/// A count, within what any program reads as a whole number: behind the largest there is room for one more.
fn counted(head: &mut Head<'_>, name: &str) -> Result<Option<u64>, ReadError> {
    match head.number(name)? {
        Some(number) if number > super::MAX_COUNT => {
            Err(ReadError(format!("{name} of {} is at most 2^53 - 1", head.kind)))
        }
        number => Ok(number),
    }
}

fn id(head: &mut Head<'_>, name: &str) -> Result<u128, ReadError> {
    let text = head.string(name)?;
    let text = head.needs(name, text)?;
    let digits = Some(&text).filter(|text| text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit()));
    digits
        .and_then(|digits| u128::from_str_radix(digits, 16).ok())
        .ok_or_else(|| ReadError(format!("{name} of {} is 32 hexadecimal digits", head.kind)))
}

fn hex(head: &mut Head<'_>, name: &str) -> Result<u64, ReadError> {
    let text = head.string(name)?;
    let text = head.needs(name, text)?;
    parse_hex(head, name, &text)
}

fn parse_hex(head: &Head<'_>, name: &str, text: &str) -> Result<u64, ReadError> {
    Some(text)
        .filter(|text| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or_else(|| ReadError(format!("{name} of {} is 16 hexadecimal digits", head.kind)))
}

fn number(head: &mut Head<'_>, name: &str) -> Result<u64, ReadError> {
    let number = counted(head, name)?;
    head.needs(name, number)
}

fn position(head: &mut Head<'_>) -> Result<Position, ReadError> {
    Ok(Position { epoch: Epoch(hex(head, "epoch")?), offset: number(head, "offset")? })
}

fn lost(head: &mut Head<'_>) -> Result<Vec<Lost>, ReadError> {
    let all = head.read("lost", "a list", |value| match value {
        Value::Array(items) => Some(items),
        _ => None,
    })?;
    let read = |item| {
        let mut head = Head::of("lost", item)?;
        let (epoch, from, to) = (hex(&mut head, "epoch")?, number(&mut head, "from")?, head.number("to")?);
        Ok(Lost { epoch: Epoch(epoch), from, to })
    };
    all.unwrap_or_default().into_iter().map(read).collect()
}

fn message(head: &mut Head<'_>) -> Result<Message, ReadError> {
    let author = match head.string("id")? {
        None => None,
        Some(id) => {
            let parts = id
                .split_once('.')
                .and_then(|(session, seq)| Some((u64::from_str_radix(session, 16).ok()?, seq.parse().ok()?)));
            let (session, seq) =
                parts.ok_or_else(|| ReadError("id of message is a session and a number".to_owned()))?;
            Some(Author {
                client: Public(hex(head, "by")?),
                session: Public(session),
                seq,
                name: head.string("name")?.unwrap_or_default(),
            })
        }
    };
    Ok(Message {
        offset: number(head, "offset")?,
        author,
        at: head.number("at")?.unwrap_or(0),
        data: head.take_data(),
    })
}

fn write_message(message: &Message) -> String {
    let Message { offset, author, at, data } = message;
    // The one that is written most, and in one piece.
    let mut json = String::with_capacity(160 + data.len());
    let _ = write!(json, "{{\"type\":\"message\",\"offset\":{offset}");
    if let Some(Author { client, session, seq, name }) = author {
        let _ = write!(json, ",\"id\":\"{session}.{seq}\",\"by\":\"{client}\"");
        if !name.is_empty() {
            let _ = write!(json, ",\"name\":{}", quote(name));
        }
    }
    let _ = write!(json, ",\"at\":{at},\"data\":{}}}", json_of(data));
    json
}

fn at(writer: Writer, Position { epoch, offset }: Position) -> Writer {
    writer.string("epoch", &epoch.to_string()).number("offset", offset)
}

fn with_lost(writer: Writer, lost: &[Lost]) -> Writer {
    if lost.is_empty() {
        return writer;
    }
    let items = lost.iter().map(|Lost { epoch, from, to }| {
        let writer = Writer::within().string("epoch", &epoch.to_string()).number("from", *from);
        match to {
            Some(to) => writer.number("to", *to),
            None => writer,
        }
        .json()
    });
    writer.list("lost", items)
}

/// Data is JSON here. What is not, from whoever uses the other form, is `null`.
fn json_of(data: &[u8]) -> std::borrow::Cow<'_, str> {
    match std::str::from_utf8(data) {
        Ok(text) if !text.is_empty() => text.into(),
        _ => "null".into(),
    }
}
