use std::fmt;

use super::NAME;
use crate::Role;
use crate::header::{Extension, ExtensionParam};

const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The base-2 logarithm of an LZ77 window in bytes: 8 to 15, so 256 bytes to 32 KiB (RFC 7692 §7.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowBits(u8);

/// What both ends agreed on (RFC 7692 §7.1). The default is what holds where no parameter was negotiated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Params {
    /// The server starts every message with an empty window (§7.1.1.1).
    pub server_no_context_takeover: bool,
    /// The client starts every message with an empty window (§7.1.1.2).
    pub client_no_context_takeover: bool,
    /// The window of what the server deflates (§7.1.2.1).
    pub server_max_window_bits: WindowBits,
    /// The window of what the client deflates (§7.1.2.2).
    pub client_max_window_bits: WindowBits,
}

/// One offer of a client. The default offers the extension without parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Offer {
    /// Asks the server to start every message with an empty window; then a response without the same parameter is
    /// refused (§7.1.1.1).
    pub server_no_context_takeover: bool,
    /// Hints that the client will start every message with an empty window (§7.1.1.2).
    pub client_no_context_takeover: bool,
    /// Asks the server for a window of at most that size (§7.1.2.1).
    pub server_max_window_bits: Option<WindowBits>,
    /// Whether the server may limit the client's window (§7.1.2.2).
    pub client_max_window_bits: ClientWindow,
}

/// `client_max_window_bits` in an [`Offer`] (RFC 7692 §7.1.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ClientWindow {
    /// Not in the offer: the server must not limit the client's window.
    #[default]
    Fixed,
    /// Without a value: the server may limit the client's window.
    Adjustable,
    /// With a value: the client won't use a larger window than that, and the server may limit it further.
    AtMost(WindowBits),
}

/// A server's answer to the offer that it accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Response {
    /// The server starts every message with an empty window (§7.1.1.1).
    pub server_no_context_takeover: bool,
    /// The client must start every message with an empty window (§7.1.1.2).
    pub client_no_context_takeover: bool,
    /// The server's window, where it is limited (§7.1.2.1).
    pub server_max_window_bits: Option<WindowBits>,
    /// The client's window, where the server limits it (§7.1.2.2).
    pub client_max_window_bits: Option<WindowBits>,
}

/// A parameter that is not in the extension's grammar. A server declines the offer, a client fails the connection (§7).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// A name that §7.1 doesn't define.
    #[error("permessage-deflate has no parameter {0} (RFC 7692 §7.1)")]
    Unknown(String),
    /// A name for the second time.
    #[error("the parameter {0} of permessage-deflate is there twice (RFC 7692 §7)")]
    Duplicate(String),
    /// A missing value, a value where none belongs, or one that is no integer from 8 to 15 without leading zeros.
    #[error("the parameter {name} of permessage-deflate must not be {value:?} (RFC 7692 §7.1)")]
    Value {
        /// The parameter.
        name: String,
        /// Its value, if it had one.
        value: Option<String>,
    },
}

impl WindowBits {
    /// 8: a window of 256 bytes.
    pub const MIN: WindowBits = WindowBits(8);
    /// 15: a window of 32 KiB, and what holds where nothing was negotiated.
    pub const MAX: WindowBits = WindowBits(15);

    /// `bits`, where it is from 8 to 15.
    #[must_use]
    pub const fn new(bits: u8) -> Option<WindowBits> {
        if bits >= 8 && bits <= 15 { Some(WindowBits(bits)) } else { None }
    }

    /// The number of bits.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// The window in bytes: 256 to 32,768.
    #[must_use]
    pub const fn window_len(self) -> usize {
        1 << self.0
    }

    /// "A decimal integer value without leading zeroes between 8 to 15, inclusive" (§7.1.2).
    fn parse(value: &str) -> Option<WindowBits> {
        match value {
            "8" => Some(WindowBits(8)),
            "9" => Some(WindowBits(9)),
            _ => match value.as_bytes() {
                [b'1', digit @ b'0'..=b'5'] => Some(WindowBits(10 + digit - b'0')),
                _ => None,
            },
        }
    }
}

/// 15 bits.
impl Default for WindowBits {
    fn default() -> WindowBits {
        WindowBits::MAX
    }
}

impl fmt::Display for WindowBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Params {
    /// The window of what `sender` deflates.
    #[must_use]
    pub const fn window_bits(&self, sender: Role) -> WindowBits {
        match sender {
            Role::Server => self.server_max_window_bits,
            Role::Client => self.client_max_window_bits,
        }
    }

    /// Whether what `sender` deflates may refer to its earlier messages.
    #[must_use]
    pub const fn context_takeover(&self, sender: Role) -> bool {
        match sender {
            Role::Server => !self.server_no_context_takeover,
            Role::Client => !self.client_no_context_takeover,
        }
    }

    /// What holds once `offer` was answered with `response`.
    #[must_use]
    pub fn agreed(offer: &Offer, response: &Response) -> Params {
        let hint = match offer.client_max_window_bits {
            ClientWindow::AtMost(bits) => bits,
            ClientWindow::Fixed | ClientWindow::Adjustable => WindowBits::MAX,
        };
        Params {
            server_no_context_takeover: response.server_no_context_takeover,
            client_no_context_takeover: response.client_no_context_takeover,
            server_max_window_bits: response.server_max_window_bits.unwrap_or_default(),
            client_max_window_bits: response.client_max_window_bits.unwrap_or_default().min(hint),
        }
    }
}

impl Offer {
    /// What browsers offer: `permessage-deflate; client_max_window_bits`.
    pub const BROWSER: Offer = Offer {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: None,
        client_max_window_bits: ClientWindow::Adjustable,
    };

    /// Reads the parameters of an offer.
    ///
    /// # Errors
    /// The first parameter for which a server must decline it (§7).
    pub fn parse(extension: &Extension) -> Result<Offer, ParamError> {
        let mut offer = Offer::default();
        for (param, bits) in checked(extension, true)? {
            match param {
                Param::ServerNoContextTakeover => offer.server_no_context_takeover = true,
                Param::ClientNoContextTakeover => offer.client_no_context_takeover = true,
                Param::ServerMaxWindowBits => offer.server_max_window_bits = bits,
                Param::ClientMaxWindowBits => {
                    offer.client_max_window_bits =
                        bits.map_or(ClientWindow::Adjustable, ClientWindow::AtMost);
                }
            }
        }
        Ok(offer)
    }
}

/// As it stands in `Sec-WebSocket-Extensions`.
impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_flags(f, self.server_no_context_takeover, self.client_no_context_takeover)?;
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; {SERVER_MAX_WINDOW_BITS}={bits}")?;
        }
        match self.client_max_window_bits {
            ClientWindow::Fixed => Ok(()),
            ClientWindow::Adjustable => write!(f, "; {CLIENT_MAX_WINDOW_BITS}"),
            ClientWindow::AtMost(bits) => write!(f, "; {CLIENT_MAX_WINDOW_BITS}={bits}"),
        }
    }
}

impl Response {
    /// Reads the parameters of a response.
    ///
    /// # Errors
    /// The first parameter for which a client must fail the connection, whatever it offered (§7).
    pub fn parse(extension: &Extension) -> Result<Response, ParamError> {
        let mut response = Response::default();
        for (param, bits) in checked(extension, false)? {
            match param {
                Param::ServerNoContextTakeover => response.server_no_context_takeover = true,
                Param::ClientNoContextTakeover => response.client_no_context_takeover = true,
                Param::ServerMaxWindowBits => response.server_max_window_bits = bits,
                Param::ClientMaxWindowBits => response.client_max_window_bits = bits,
            }
        }
        Ok(response)
    }
}

/// As it stands in `Sec-WebSocket-Extensions`.
impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_flags(f, self.server_no_context_takeover, self.client_no_context_takeover)?;
        if let Some(bits) = self.server_max_window_bits {
            write!(f, "; {SERVER_MAX_WINDOW_BITS}={bits}")?;
        }
        if let Some(bits) = self.client_max_window_bits {
            write!(f, "; {CLIENT_MAX_WINDOW_BITS}={bits}")?;
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Param {
    ServerNoContextTakeover,
    ClientNoContextTakeover,
    ServerMaxWindowBits,
    ClientMaxWindowBits,
}

/// The parameters with their values, each known, there once, and with a value where it wants one.
fn checked(extension: &Extension, in_offer: bool) -> Result<Vec<(Param, Option<WindowBits>)>, ParamError> {
    let mut checked = Vec::with_capacity(extension.params.len().min(4));
    for ExtensionParam { name, value } in &extension.params {
        let param = match name.as_str() {
            SERVER_NO_CONTEXT_TAKEOVER => Param::ServerNoContextTakeover,
            CLIENT_NO_CONTEXT_TAKEOVER => Param::ClientNoContextTakeover,
            SERVER_MAX_WINDOW_BITS => Param::ServerMaxWindowBits,
            CLIENT_MAX_WINDOW_BITS => Param::ClientMaxWindowBits,
            _ => return Err(ParamError::Unknown(name.clone())),
        };
        if checked.iter().any(|(other, _)| *other == param) {
            return Err(ParamError::Duplicate(name.clone()));
        }
        let bits = value.as_deref().and_then(WindowBits::parse);
        let valid = match param {
            Param::ServerNoContextTakeover | Param::ClientNoContextTakeover => value.is_none(),
            Param::ServerMaxWindowBits => bits.is_some(),
            // Only a client may leave out the value, to say that it understands the parameter.
            Param::ClientMaxWindowBits => bits.is_some() || (in_offer && value.is_none()),
        };
        if !valid {
            return Err(ParamError::Value { name: name.clone(), value: value.clone() });
        }
        checked.push((param, bits));
    }
    Ok(checked)
}

fn write_flags(f: &mut fmt::Formatter<'_>, server: bool, client: bool) -> fmt::Result {
    f.write_str(NAME)?;
    for (_, flag) in [(server, SERVER_NO_CONTEXT_TAKEOVER), (client, CLIENT_NO_CONTEXT_TAKEOVER)]
        .iter()
        .filter(|(on, _)| *on)
    {
        f.write_str("; ")?;
        f.write_str(flag)?;
    }
    Ok(())
}
