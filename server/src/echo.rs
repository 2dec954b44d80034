//! `/ws`: gives back what it gets, and does what else its URL asks for.

use serde::Deserialize;
use socket::Endpoint;
use socket::wire::CloseCode;
use socket::wire::close::MAX_REASON_LEN;
use socket::wire::{End, Message, NotSent, Outgoing};

/// The echo endpoint's parameters. Names it doesn't know are left alone: a client under test may bring its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EchoOptions {
    /// `close` and `reason`: closes like this once the first message was echoed.
    pub close: Option<CloseWith>,
}

/// A Close to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseWith {
    /// A code that may travel: 1000-1003, 1007-1014 or 3000-4999.
    pub code: u16,
    /// At most 123 bytes.
    pub reason: String,
}

/// What is behind the socket of a plain echo.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Echo;

/// An echo that closes once the first message was echoed.
#[derive(Debug)]
pub(crate) struct EchoOnce(pub(crate) CloseWith);

/// A parameter that can't be followed. The text is sent with a 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// Not a query string, or a parameter given twice.
    #[error("can't read the query: {0}")]
    Query(String),
    /// `close` is no code that an endpoint may send (RFC 6455 section 7.4).
    #[error("close={0} can't be sent: use 1000-1003, 1007-1014 or 3000-4999")]
    Code(String),
    /// `reason` alone.
    #[error("reason needs close, as in /ws?close=4001&reason=why")]
    ReasonWithoutCode,
    /// `reason` does not fit in a control frame.
    #[error("reason is {0} bytes long; a Close holds at most 123")]
    ReasonTooLong(usize),
}

impl EchoOptions {
    /// Reads the query part of the URL, without its question mark.
    ///
    /// # Errors
    /// The first parameter that is wrong.
    pub fn from_query(query: &str) -> Result<Self, OptionsError> {
        #[derive(Deserialize)]
        struct Raw {
            close: Option<String>,
            reason: Option<String>,
        }
        let raw: Raw =
            serde_urlencoded::from_str(query).map_err(|error| OptionsError::Query(error.to_string()))?;
        let Some(code) = raw.close else {
            return if raw.reason.is_some() {
                Err(OptionsError::ReasonWithoutCode)
            } else {
                Ok(Self::default())
            };
        };
        let may_travel = |code: &u16| CloseCode(*code).may_appear_on_the_wire();
        let code = code.parse().ok().filter(may_travel).ok_or(OptionsError::Code(code))?;
        let reason = raw.reason.unwrap_or_default();
        if reason.len() > MAX_REASON_LEN {
            return Err(OptionsError::ReasonTooLong(reason.len()));
        }
        Ok(Self { close: Some(CloseWith { code, reason }) })
    }
}

impl Endpoint for Echo {
    #[inline]
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        if let Err(NotSent::QueueFull) = out.echo(&message) {
            // Refused only while the connection closes, as the echo itself otherwise would be.
            let slow = Some((CloseCode::TRY_AGAIN_LATER, "you read too slowly"));
            let _ = out.close(slow, End::LimitExceeded);
        }
    }
}

impl Endpoint for EchoOnce {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        Echo.message(message, out);
        // Refused only where it closes already.
        let _ = out.close(Some((CloseCode(self.0.code), &self.0.reason)), End::Finished);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(code: u16, reason: &str) -> Result<EchoOptions, OptionsError> {
        Ok(EchoOptions { close: Some(CloseWith { code, reason: reason.to_owned() }) })
    }

    #[test]
    fn nothing_asked_is_a_plain_echo() {
        assert_eq!(EchoOptions::from_query(""), Ok(EchoOptions::default()));
        assert_eq!(EchoOptions::from_query("token=abc&token=def"), Ok(EchoOptions::default()));
    }

    #[test]
    fn close_takes_a_code_and_perhaps_a_reason() {
        assert_eq!(EchoOptions::from_query("close=4001&reason=why"), close(4001, "why"));
        assert_eq!(EchoOptions::from_query("close=1000"), close(1000, ""));
        assert_eq!(EchoOptions::from_query("reason=na%C3%AFve+case&close=3000"), close(3000, "naïve case"));
    }

    #[test]
    fn codes_that_may_not_travel_are_refused() {
        for code in
            ["", "x", "-1", "0", "999", "1004", "1005", "1006", "1015", "1016", "2999", "5000", "70000"]
        {
            let refused = EchoOptions::from_query(&format!("close={code}"));
            assert_eq!(refused, Err(OptionsError::Code(code.to_owned())));
        }
    }

    #[test]
    fn reasons_are_bounded_and_need_a_code() {
        assert!(EchoOptions::from_query(&format!("close=1000&reason={}", "x".repeat(123))).is_ok());
        let long = EchoOptions::from_query(&format!("close=1000&reason={}", "%C3%A9".repeat(62)));
        assert_eq!(long, Err(OptionsError::ReasonTooLong(124)));
        assert_eq!(EchoOptions::from_query("reason=why"), Err(OptionsError::ReasonWithoutCode));
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        assert!(matches!(EchoOptions::from_query("close=1000&close=1001"), Err(OptionsError::Query(_))));
    }
}
