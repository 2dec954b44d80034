use super::LISTED_FRAGMENTS;
use super::command::kind_name;
use crate::fault::Kind;
use crate::head::{Encoded, Frame, Head, ReadError, Writer};
use workbench::connection::{Timings, TlsSeen};

/// What a relay tells its client. Times are microseconds, `at` since the target's connection opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The target's connection is open.
    Open(Box<Opened>),
    /// There is none, and will be none. The relay's Close follows, with [`NO_TARGET`](super::NO_TARGET).
    Failed {
        /// Why.
        error: String,
        /// What did not work out; `None` where the relay does not say.
        step: Option<Step>,
        /// The target's answer, if it gave one.
        response: Option<(u16, Vec<(String, String)>)>,
    },
    /// The target sent a message.
    Message {
        /// When it was whole.
        at: u64,
        /// Text, which is UTF-8, or bytes.
        kind: Kind,
        /// Whether it came compressed.
        compressed: bool,
        /// Bytes that it took on the wire, frame headers included.
        wire: u64,
        /// How many frames it came in.
        frames: u64,
        /// How many bytes of the payload were in each, for the first thousand; empty where it came in one.
        fragments: Vec<u64>,
        /// The payload, decompressed.
        payload: &'a [u8],
    },
    /// The target sent a Ping.
    Ping {
        /// When.
        at: u64,
        /// Whether the relay has answered it by itself.
        answered: bool,
        /// Its payload.
        payload: &'a [u8],
    },
    /// The target sent a Pong.
    Pong {
        /// When.
        at: u64,
        /// Its payload.
        payload: &'a [u8],
    },
    /// The target sent a Close.
    Close {
        /// When.
        at: u64,
        /// Its code, if it had one.
        code: Option<u16>,
        /// Its reason.
        reason: String,
    },
    /// The target's connection is gone. The relay's Close follows, with 1000.
    Ended {
        /// Whether both ends had said their Close.
        clean: bool,
        /// What ended it.
        reason: String,
        /// More about that, if there is more.
        detail: String,
    },
    /// A message of the client was not followed. Nothing was sent for it.
    Refused {
        /// Why.
        error: String,
    },
}

/// A connection that is open, and how it came about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opened {
    /// The address that was connected to, the proxy's where there is one.
    pub address: String,
    /// The subprotocol that the target chose.
    pub subprotocol: Option<String>,
    /// The parameters of permessage-deflate, if that was agreed on.
    pub compression: Option<String>,
    /// The first line of the request.
    pub request_line: String,
    /// The request's headers as they were sent.
    pub request_headers: Vec<(String, String)>,
    /// The status of the answer.
    pub status: u16,
    /// Its headers as they came.
    pub response_headers: Vec<(String, String)>,
    /// How long each step took.
    pub timings: Timings,
    /// What TLS agreed on, if there is any.
    pub tls: Option<TlsSeen>,
}

/// What did not work out, where there is no target's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// What the client asked for can't be done.
    Request,
    /// The relay may not connect there.
    Guard,
    /// The name has no address.
    Name,
    /// Nobody took the connection.
    Tcp,
    /// The proxy did not connect.
    Proxy,
    /// TLS, mostly since the certificate is not trusted.
    Tls,
    /// The target's answer is not that of a WebSocket server, or a refusal.
    Upgrade,
    /// It took too long.
    Timeout,
}

impl Step {
    /// Each of them with its word.
    pub const WORDS: [(Step, &'static str); 8] = [
        (Step::Request, "request"),
        (Step::Guard, "guard"),
        (Step::Name, "name"),
        (Step::Tcp, "tcp"),
        (Step::Proxy, "proxy"),
        (Step::Tls, "tls"),
        (Step::Upgrade, "upgrade"),
        (Step::Timeout, "timeout"),
    ];

    fn word(self) -> &'static str {
        Step::WORDS.iter().find(|(step, _)| *step == self).map_or("", |(_, word)| word)
    }
}

impl<'a> Event<'a> {
    /// The message.
    #[must_use]
    pub fn write(&self) -> Encoded {
        let timed = |kind, at: &u64| Writer::new(kind).number("at", *at);
        match self {
            Event::Open(opened) => opened.write(),
            Event::Failed { error, step, response } => {
                let writer = Writer::new("failed").string("error", error);
                let writer = writer.optional("step", step.map(Step::word));
                match response {
                    Some((status, headers)) => writer.raw("response", &response_json(*status, headers)),
                    None => writer,
                }
                .text()
            }
            Event::Message { at, kind, compressed, wire, frames, fragments, payload } => {
                let mut writer = timed("message", at).string("kind", kind_name(*kind)).number("wire", *wire);
                if *compressed {
                    writer = writer.bool("compressed", true);
                }
                if *frames > 1 {
                    let listed = fragments.iter().take(LISTED_FRAGMENTS).map(u64::to_string);
                    writer = writer.number("frames", *frames).list("fragments", listed);
                }
                writer.with(payload)
            }
            Event::Ping { at, answered, payload } => {
                let writer = timed("ping", at);
                if *answered { writer.bool("answered", true) } else { writer }.with(payload)
            }
            Event::Pong { at, payload } => timed("pong", at).with(payload),
            Event::Close { at, code, reason } => {
                let writer = timed("close", at);
                match code {
                    Some(code) => writer.number("code", u64::from(*code)).string("reason", reason),
                    None => writer,
                }
                .text()
            }
            Event::Ended { clean, reason, detail } => Writer::new("ended")
                .bool("clean", *clean)
                .string("reason", reason)
                .string("detail", detail)
                .text(),
            Event::Refused { error } => Writer::new("refused").string("error", error).text(),
        }
    }

    /// Reads a message of a relay. What a later version adds is passed over.
    ///
    /// # Errors
    /// It is no event, or lacks something.
    pub fn read(frame: Frame<'a>) -> Result<Event<'a>, ReadError> {
        let (mut head, payload) = frame.read()?;
        let at = |head: &mut Head<'_>| {
            let at = head.number("at")?;
            head.needs("at", at)
        };
        Ok(match head.kind.as_str() {
            "open" => Event::Open(Box::new(Opened::read(head)?)),
            "failed" => Event::Failed {
                error: head.string("error")?.unwrap_or_default(),
                step: head.string("step")?.and_then(|word| {
                    Step::WORDS.iter().find(|(_, known)| *known == word).map(|(step, _)| *step)
                }),
                response: head.object("response")?.map(read_response).transpose()?,
            },
            "message" => Event::Message {
                at: at(&mut head)?,
                kind: match head.string("kind")?.as_deref() {
                    Some("text") => Kind::Text,
                    _ => Kind::Binary,
                },
                compressed: head.bool("compressed")?.unwrap_or(false),
                wire: head.number("wire")?.unwrap_or(0),
                frames: head.number("frames")?.unwrap_or(1),
                fragments: head.numbers("fragments")?,
                payload,
            },
            "ping" => {
                Event::Ping { at: at(&mut head)?, answered: head.bool("answered")?.unwrap_or(false), payload }
            }
            "pong" => Event::Pong { at: at(&mut head)?, payload },
            "close" => Event::Close {
                at: at(&mut head)?,
                code: head.number("code")?.and_then(|code| u16::try_from(code).ok()),
                reason: head.string("reason")?.unwrap_or_default(),
            },
            "ended" => Event::Ended {
                clean: head.bool("clean")?.unwrap_or(false),
                reason: head.string("reason")?.unwrap_or_default(),
                detail: head.string("detail")?.unwrap_or_default(),
            },
            "refused" => Event::Refused { error: head.string("error")?.unwrap_or_default() },
            other => return Err(ReadError(format!("{other} is no event of this version"))),
        })
    }
}

impl Opened {
    fn write(&self) -> Encoded {
        let request = Writer::within()
            .string("line", &self.request_line)
            .pairs("headers", &self.request_headers)
            .json();
        let mut writer = Writer::new("open")
            .string("address", &self.address)
            .optional("subprotocol", self.subprotocol.as_deref())
            .optional("compression", self.compression.as_deref())
            .raw("request", &request)
            .raw("response", &response_json(self.status, &self.response_headers))
            .raw("timings", &timings_json(&self.timings));
        if let Some(TlsSeen { version, cipher, certificates }) = &self.tls {
            let tls = Writer::within().string("version", version).string("cipher", cipher);
            writer = writer.raw("tls", &tls.strings("certificates", certificates).json());
        }
        writer.text()
    }

    fn read(mut head: Head<'_>) -> Result<Opened, ReadError> {
        let mut opened = Opened {
            address: head.string("address")?.unwrap_or_default(),
            subprotocol: head.string("subprotocol")?,
            compression: head.string("compression")?,
            ..Opened::default()
        };
        if let Some(mut request) = head.object("request")? {
            opened.request_line = request.string("line")?.unwrap_or_default();
            opened.request_headers = request.pairs("headers")?;
        }
        if let Some(response) = head.object("response")? {
            (opened.status, opened.response_headers) = read_response(response)?;
        }
        if let Some(mut timings) = head.object("timings")? {
            opened.timings = Timings {
                name: timings.number("name")?,
                tcp: timings.number("tcp")?,
                proxy: timings.number("proxy")?,
                tls: timings.number("tls")?,
                upgrade: timings.number("upgrade")?,
            };
        }
        if let Some(mut tls) = head.object("tls")? {
            opened.tls = Some(TlsSeen {
                version: tls.string("version")?.unwrap_or_default(),
                cipher: tls.string("cipher")?.unwrap_or_default(),
                certificates: tls.strings("certificates")?,
            });
        }
        Ok(opened)
    }
}

fn timings_json(timings: &Timings) -> String {
    let there = timings.steps().into_iter().filter_map(|(name, time)| Some((name, time?)));
    there.fold(Writer::within(), |writer, (name, time)| writer.number(name, time)).json()
}

fn response_json(status: u16, headers: &[(String, String)]) -> String {
    Writer::within().number("status", u64::from(status)).pairs("headers", headers).json()
}

fn read_response(mut head: Head<'_>) -> Result<(u16, Vec<(String, String)>), ReadError> {
    let status = head.number("status")?.and_then(|status| u16::try_from(status).ok());
    Ok((status.unwrap_or(0), head.pairs("headers")?))
}
