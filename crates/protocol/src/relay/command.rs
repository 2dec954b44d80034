use crate::fault::Kind;
use crate::head::{Encoded, Frame, ReadError, Writer};

/// What a client has the relay do once there is a target, or is about to be: what comes earlier waits for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Send a message.
    Send {
        /// Text or bytes. Text must be UTF-8.
        kind: Kind,
        /// In fragments of so many bytes, uncompressed; `None`: whole.
        fragment: Option<u64>,
        /// The payload.
        payload: &'a [u8],
    },
    /// Send a Ping with at most 125 bytes.
    Ping(&'a [u8]),
    /// Send a Pong with at most 125 bytes.
    Pong(&'a [u8]),
    /// Answer Pings by yourself from here on, or leave them.
    AutoPong(bool),
    /// Send a Close: a code with a reason, or an empty one.
    Close(Option<(u16, String)>),
}

impl<'a> Command<'a> {
    /// Reads a message of a client, other than the first.
    ///
    /// # Errors
    /// It is no command, or has something that it can't have.
    pub fn read(frame: Frame<'a>) -> Result<Command<'a>, ReadError> {
        let (mut head, payload) = frame.read()?;
        let command = match head.kind.as_str() {
            "send" => {
                let kind = match head.string("kind")?.as_deref() {
                    Some("text") => Kind::Text,
                    None | Some("binary") => Kind::Binary,
                    Some(_) => return Err(ReadError("kind of send is text or binary".to_owned())),
                };
                if kind == Kind::Text && std::str::from_utf8(payload).is_err() {
                    return Err(ReadError("a text is UTF-8: send it as kind binary".to_owned()));
                }
                let fragment = head.number("fragment")?;
                if fragment == Some(0) {
                    return Err(ReadError("fragment of send is a number of bytes, from 1".to_owned()));
                }
                Command::Send { kind, fragment, payload }
            }
            "ping" | "pong" if payload.len() > 125 => {
                return Err(ReadError(format!("a {} holds at most 125 bytes", head.kind)));
            }
            "ping" => Command::Ping(payload),
            "pong" => Command::Pong(payload),
            "auto-pong" => {
                let on = head.bool("on")?;
                Command::AutoPong(head.needs("on", on)?)
            }
            "close" => {
                let (code, reason) = (head.number("code")?, head.string("reason")?.unwrap_or_default());
                match code.map(|code| u16::try_from(code).unwrap_or(0)) {
                    None if reason.is_empty() => Command::Close(None),
                    None => return Err(ReadError("a Close without a code has no reason".to_owned())),
                    Some(1000..=1003 | 1007..=1014 | 3000..=4999) if reason.len() > 123 => {
                        return Err(ReadError("reason of close has at most 123 bytes".to_owned()));
                    }
                    Some(code @ (1000..=1003 | 1007..=1014 | 3000..=4999)) => {
                        Command::Close(Some((code, reason)))
                    }
                    Some(_) => {
                        return Err(ReadError(
                            "code of close is 1000-1003, 1007-1014 or 3000-4999, or left out".to_owned(),
                        ));
                    }
                }
            }
            "connect" => return Err(ReadError("connect comes once, and first".to_owned())),
            other => {
                return Err(ReadError(format!(
                    "{other} is no command: use send, ping, pong, auto-pong or close"
                )));
            }
        };
        head.end()?;
        Ok(command)
    }

    /// The message.
    #[must_use]
    pub fn write(&self) -> Encoded {
        match self {
            Command::Send { kind, fragment, payload } => {
                let writer = Writer::new("send").string("kind", kind_name(*kind));
                match fragment {
                    Some(len) => writer.number("fragment", *len),
                    None => writer,
                }
                .with(payload)
            }
            Command::Ping(payload) => Writer::new("ping").with(payload),
            Command::Pong(payload) => Writer::new("pong").with(payload),
            Command::AutoPong(on) => Writer::new("auto-pong").bool("on", *on).text(),
            Command::Close(None) => Writer::new("close").text(),
            Command::Close(Some((code, reason))) => {
                Writer::new("close").number("code", u64::from(*code)).string("reason", reason).text()
            }
        }
    }
}

pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Binary => "binary",
    }
}
