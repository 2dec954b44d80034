//! What a close code means, in a sentence, and what to do about it.
//!
//! Sources: RFC 6455 section 7.4 and the IANA "WebSocket Close Code Number Registry".

/// A close code explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The registry's name, or the range that the code lies in.
    pub name: &'static str,
    /// What happened, and where it helps, what to check. One or two plain sentences.
    pub sentence: &'static str,
}

/// Explains any code a browser can report.
pub const fn explain(code: u16) -> Meaning {
    let (name, sentence) = match code {
        1000 => ("normal closure", "The purpose of the connection was fulfilled."),
        1001 => ("going away", "The server is shutting down, or the page was left."),
        1002 => {
            ("protocol error", "One side broke the WebSocket protocol. Check the frames the server sends.")
        }
        1003 => ("unsupported data", "The peer does not accept this type of message: text or binary."),
        1005 => ("no status", "The peer closed without giving a code."),
        1006 => (
            "abnormal closure",
            "The connection ended without a closing handshake: the process died, the network dropped, \
             or a proxy in between gave up.",
        ),
        1007 => {
            ("invalid payload", "A message's content did not match its type, such as text that is not UTF-8.")
        }
        1008 => ("policy violation", "The peer refuses by its own rules. Check authorisation and origin."),
        1009 => ("message too big", "A message was larger than the peer accepts."),
        1010 => ("mandatory extension", "The client required an extension that the server did not agree to."),
        1011 => ("internal error", "The server met an error it could not handle. Its log should say which."),
        1012 => {
            ("service restart", "The server is restarting. A reconnect after a random delay is expected.")
        }
        1013 => {
            ("try again later", "The server is overloaded. A reconnect after a longer delay is expected.")
        }
        1014 => ("bad gateway", "A gateway got an invalid answer from the server behind it."),
        1015 => ("TLS handshake", "The TLS handshake failed. Check the certificate and the host name."),
        3000 => ("unauthorized", "The endpoint wants authorisation that was missing or wrong."),
        3003 => ("forbidden", "The endpoint refuses access, authorised or not."),
        3008 => ("timeout", "The endpoint waited too long for something it needed."),
        0..=999 => ("not used", "Codes below 1000 are not used in WebSocket."),
        1004 | 1016..=2999 => {
            ("reserved", "This code is reserved for the protocol and has no agreed meaning.")
        }
        3001..=3999 => {
            ("library code", "A code for libraries and frameworks; their documentation explains it.")
        }
        4000..=4999 => {
            ("private code", "A code of the application's own; the server's authors know its meaning.")
        }
        5000.. => ("not valid", "Codes above 4999 are not valid in WebSocket."),
    };
    Meaning { name, sentence }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name_and_a_sentence() {
        for code in 0..=u16::MAX {
            let meaning = explain(code);
            assert!(!meaning.name.is_empty() && meaning.sentence.ends_with('.'), "{code}");
        }
    }

    #[test]
    fn ranges_meet_where_the_registry_says() {
        let names = [999, 1000, 1004, 1015, 1016, 2999, 3000, 3001, 3999, 4000, 4999, 5000]
            .map(|code| explain(code).name);
        assert_eq!(
            names,
            [
                "not used",
                "normal closure",
                "reserved",
                "TLS handshake",
                "reserved",
                "reserved",
                "unauthorized",
                "library code",
                "library code",
                "private code",
                "private code",
                "not valid",
            ]
        );
    }
}
