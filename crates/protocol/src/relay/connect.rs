use std::fmt;

use workbench::json::Value;

use crate::head::{Encoded, Frame, Head, ReadError, Writer};

/// What a relay is to connect to, and how. The client's first message.
///
/// What may be secret in it is not shown: headers, keys, the query of the URL, what the proxy gets.
#[derive(Clone, PartialEq, Eq)]
pub struct Connect {
    /// A ws or wss URL.
    pub url: String,
    /// Headers of the request, each on a line of its own. The relay adds none.
    pub headers: Vec<(String, String)>,
    /// Subprotocols to ask for, the favourite first.
    pub subprotocols: Vec<String>,
    /// Whether permessage-deflate is offered. True by default.
    pub compression: bool,
    /// Whether the relay answers Pings by itself. True by default.
    pub auto_pong: bool,
    /// How long connecting may take, in milliseconds. `None`: 10 seconds.
    pub timeout_ms: Option<u64>,
    /// For wss.
    pub tls: TlsChoice,
    /// An HTTP proxy to connect through: `http://host:port`.
    pub proxy: Option<String>,
    /// What it gets as `Proxy-Authorization`.
    pub proxy_authorization: Option<String>,
}

/// Whom the relay trusts for this target, and as whom it shows itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TlsChoice {
    /// Certificate authorities beside the relay's own, in PEM.
    pub roots: Option<String>,
    /// A certificate to show, with its intermediates, in PEM.
    pub certificate: Option<String>,
    /// Its key, in PEM.
    pub key: Option<String>,
    /// Takes whatever certificate the target shows.
    pub accept_invalid: bool,
}

/// A target that is mounted while a server runs: members of [`Connect`] that hold for every client that is carried there.
///
/// Nothing of it is shown but the URL without its query.
#[derive(Clone, PartialEq, Eq)]
pub struct Mounting {
    /// A ws or wss URL.
    pub url: String,
    /// Headers of the request in place of the client's.
    pub headers: Vec<(String, String)>,
    /// For wss.
    pub tls: TlsChoice,
}

impl Mounting {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// It is none, has no `url`, or has something else.
    pub fn read(text: &str) -> Result<Mounting, ReadError> {
        let value = Value::parse(text)
            .map_err(|error| ReadError(format!("a target is a JSON object with a url: {error}")))?;
        let mut head = Head::of("a target", value)?;
        let url = head.string("url")?;
        let mounting = Mounting {
            url: head.needs("url", url)?,
            headers: head.pairs("headers")?,
            tls: head.object("tls")?.map(TlsChoice::read).transpose()?.unwrap_or_default(),
        };
        head.end()?;
        Ok(mounting)
    }
}

impl Connect {
    /// To this URL, with nothing special.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Connect {
        Connect {
            url: url.into(),
            headers: Vec::new(),
            subprotocols: Vec::new(),
            compression: true,
            auto_pong: true,
            timeout_ms: None,
            tls: TlsChoice::default(),
            proxy: None,
            proxy_authorization: None,
        }
    }

    /// Reads the first message of a client.
    ///
    /// # Errors
    /// It is no `connect`, or has something that none has.
    pub fn read(frame: Frame<'_>) -> Result<Connect, ReadError> {
        let (mut head, _) = frame.read()?;
        if head.kind != "connect" {
            return Err(ReadError(format!("the first message is connect, not {}", head.kind)));
        }
        let url = head.string("url")?;
        let connect = Connect {
            url: head.needs("url", url)?,
            headers: head.pairs("headers")?,
            subprotocols: head.strings("subprotocols")?,
            compression: head.bool("compression")?.unwrap_or(true),
            auto_pong: head.bool("autoPong")?.unwrap_or(true),
            timeout_ms: head.number("timeoutMs")?,
            tls: head.object("tls")?.map(TlsChoice::read).transpose()?.unwrap_or_default(),
            proxy: head.string("proxy")?,
            proxy_authorization: head.string("proxyAuthorization")?,
        };
        head.end()?;
        Ok(connect)
    }

    /// The message.
    #[must_use]
    pub fn write(&self) -> Encoded {
        let mut writer = Writer::new("connect").string("url", &self.url);
        if !self.headers.is_empty() {
            writer = writer.pairs("headers", &self.headers);
        }
        if !self.subprotocols.is_empty() {
            writer = writer.strings("subprotocols", &self.subprotocols);
        }
        if !self.compression {
            writer = writer.bool("compression", false);
        }
        if !self.auto_pong {
            writer = writer.bool("autoPong", false);
        }
        if let Some(timeout) = self.timeout_ms {
            writer = writer.number("timeoutMs", timeout);
        }
        if self.tls != TlsChoice::default() {
            writer = writer.raw("tls", &self.tls.json());
        }
        writer
            .optional("proxy", self.proxy.as_deref())
            .optional("proxyAuthorization", self.proxy_authorization.as_deref())
            .text()
    }
}

impl TlsChoice {
    fn read(mut head: Head<'_>) -> Result<TlsChoice, ReadError> {
        let choice = TlsChoice {
            roots: head.string("roots")?,
            certificate: head.string("certificate")?,
            key: head.string("key")?,
            accept_invalid: head.bool("acceptInvalid")?.unwrap_or(false),
        };
        if choice.certificate.is_some() != choice.key.is_some() {
            return Err(ReadError("tls needs both certificate and key, or neither".to_owned()));
        }
        head.end()?;
        Ok(choice)
    }

    fn json(&self) -> String {
        let mut writer = Writer::within()
            .optional("roots", self.roots.as_deref())
            .optional("certificate", self.certificate.as_deref())
            .optional("key", self.key.as_deref());
        if self.accept_invalid {
            writer = writer.bool("acceptInvalid", true);
        }
        writer.json()
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Connect")
            .field("url", &url)
            .field("headers", &names)
            .field("subprotocols", &self.subprotocols)
            .field("proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Mounting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.split(['?', '#']).next().unwrap_or_default();
        f.debug_struct("Mounting").field("url", &url).finish_non_exhaustive()
    }
}

impl fmt::Debug for TlsChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsChoice")
            .field("roots", &self.roots.is_some())
            .field("certificate", &self.certificate.is_some())
            .field("accept_invalid", &self.accept_invalid)
            .finish_non_exhaustive()
    }
}
