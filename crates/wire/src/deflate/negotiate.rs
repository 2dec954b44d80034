use super::{ClientWindow, NAME, Offer, ParamError, Params, Response, WindowBits};
use crate::header::Extension;

/// What a server wants of the compression on its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerPolicy {
    /// Start every message with an empty window, whether the client asked for it or not (§7.1.1.1). `true` by default:
    /// then an idle connection holds no compressor. `false` leaves it to the client; messages that resemble one another
    /// get shorter, and each connection keeps what [`Retain`](super::Retain) says.
    pub server_no_context_takeover: bool,
    /// Have the client start every message with an empty window (§7.1.1.2). `true` by default: then an idle connection
    /// holds no part of what was inflated. `false` leaves it to the client.
    pub client_no_context_takeover: bool,
    /// The largest window to deflate with. 15 bits by default.
    pub server_max_window_bits: WindowBits,
    /// The largest window the client may deflate with: what a connection has to keep with context takeover. 15 bits by
    /// default. A wish: a client that didn't offer `client_max_window_bits` must be left with its 15 bits (§7.1.2.2).
    pub client_max_window_bits: WindowBits,
}

/// Why a client must fail the connection over a server's extensions (RFC 7692 §5.1, §7; RFC 6455 §4.1, §9.1).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// An extension that wasn't offered.
    #[error("the server answered with the extension {0}, which was not offered (RFC 6455 §4.1)")]
    NotOffered(String),
    /// permessage-deflate more than once: two extensions that both claim RSV1.
    #[error("the server answered with permessage-deflate twice (RFC 6455 §9.1)")]
    Repeated,
    /// A parameter outside the grammar.
    #[error(transparent)]
    Param(#[from] ParamError),
    /// `server_no_context_takeover` was asked for and isn't there.
    #[error("the server didn't grant server_no_context_takeover (RFC 7692 §7.1.1.1)")]
    ServerContextTakeover,
    /// `server_max_window_bits` was asked for and isn't there, or is larger.
    #[error("the server didn't keep to server_max_window_bits={0} (RFC 7692 §7.1.2.1)")]
    ServerWindow(WindowBits),
    /// `client_max_window_bits` is there and wasn't offered.
    #[error("the server limits the client's window, which was not offered (RFC 7692 §7.1.2.2)")]
    ClientWindow,
}

impl Default for ServerPolicy {
    fn default() -> ServerPolicy {
        ServerPolicy {
            server_no_context_takeover: true,
            client_no_context_takeover: true,
            server_max_window_bits: WindowBits::MAX,
            client_max_window_bits: WindowBits::MAX,
        }
    }
}

impl ServerPolicy {
    /// Context takeover both ways where the client allows it.
    pub const TAKEOVER: ServerPolicy = ServerPolicy {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        server_max_window_bits: WindowBits::MAX,
        client_max_window_bits: WindowBits::MAX,
    };

    /// Answers the first acceptable offer of permessage-deflate, in the client's order of preference. `None` where there
    /// is none: the connection then goes on without compression.
    ///
    /// An offer is passed over where it has a parameter outside the grammar (§7); every other one is acceptable.
    #[must_use]
    pub fn answer(&self, offers: &[Extension]) -> Option<(Response, Params)> {
        let offer = offers
            .iter()
            .filter(|extension| extension.name == NAME)
            .find_map(|offer| Offer::parse(offer).ok())?;
        let response = self.answer_offer(&offer);
        Some((response, Params::agreed(&offer, &response)))
    }

    /// The answer to one well-formed offer.
    #[must_use]
    pub fn answer_offer(&self, offer: &Offer) -> Response {
        let server_window = self.server_max_window_bits.min(offer.server_max_window_bits.unwrap_or_default());
        let client_window = match offer.client_max_window_bits {
            ClientWindow::Fixed => None,
            ClientWindow::Adjustable => Some(self.client_max_window_bits),
            ClientWindow::AtMost(bits) => Some(self.client_max_window_bits.min(bits)),
        };
        Response {
            server_no_context_takeover: self.server_no_context_takeover || offer.server_no_context_takeover,
            // Granting the client's hint frees this end from keeping its window.
            client_no_context_takeover: self.client_no_context_takeover || offer.client_no_context_takeover,
            // An answer to the parameter has to have it; without it only a limit needs saying.
            server_max_window_bits: Some(server_window)
                .filter(|bits| offer.server_max_window_bits.is_some() || *bits < WindowBits::MAX),
            client_max_window_bits: client_window.filter(|bits| *bits < WindowBits::MAX),
        }
    }
}

/// Checks the extensions of a server's response against the offers that were made. `None` where the server chose no
/// compression.
///
/// With several offers the response has to fit one of them; the first that fits counts.
///
/// # Errors
/// What a client must fail the connection for.
pub fn check_answer(offers: &[Offer], answered: &[Extension]) -> Result<Option<Params>, AnswerError> {
    let mut params = None;
    for extension in answered {
        if extension.name != NAME || offers.is_empty() {
            return Err(AnswerError::NotOffered(extension.name.clone()));
        }
        if params.is_some() {
            return Err(AnswerError::Repeated);
        }
        let response = Response::parse(extension)?;
        let mut first_error = None;
        for offer in offers {
            match fits(offer, &response) {
                Ok(()) => {
                    params = Some(Params::agreed(offer, &response));
                    break;
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        if let (None, Some(error)) = (&params, first_error) {
            return Err(error);
        }
    }
    Ok(params)
}

fn fits(offer: &Offer, response: &Response) -> Result<(), AnswerError> {
    if offer.server_no_context_takeover && !response.server_no_context_takeover {
        return Err(AnswerError::ServerContextTakeover);
    }
    if let Some(asked) = offer.server_max_window_bits
        && response.server_max_window_bits.is_none_or(|bits| bits > asked)
    {
        return Err(AnswerError::ServerWindow(asked));
    }
    if offer.client_max_window_bits == ClientWindow::Fixed && response.client_max_window_bits.is_some() {
        return Err(AnswerError::ClientWindow);
    }
    Ok(())
}
