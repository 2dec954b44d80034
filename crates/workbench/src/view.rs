//! How one payload is shown, and how the composer's text becomes a payload.

use std::fmt::Write as _;

use thiserror::Error;

use crate::bytes::{DecodeError, from_base64, from_hex};
use crate::entry::Body;
use crate::json::{self, JsonError};

/// What the composer's text means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Sent as it is.
    #[default]
    Text,
    /// Sent as it is, after a check that it is JSON.
    Json,
    /// Bytes in hex, sent as binary.
    Hex,
    /// Bytes in base64, sent as binary.
    Base64,
}

/// A message made from the composer's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// To send as text.
    Text(String),
    /// To send as binary.
    Binary(Vec<u8>),
}

/// The composer's text does not have the form it claims. Mark the byte and send nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not hex or base64.
    #[error(transparent)]
    Bytes(#[from] DecodeError),
}

impl PayloadError {
    /// The byte offset of the fault.
    #[must_use]
    pub fn at(self) -> usize {
        match self {
            Self::Json(error) => error.at,
            Self::Bytes(error) => error.at(),
        }
    }
}

impl Payload {
    /// The message that the composer's text describes.
    ///
    /// # Errors
    /// The text does not have this format.
    pub fn parse(format: Format, text: &str) -> Result<Self, PayloadError> {
        Ok(match format {
            Format::Text => Self::Text(text.to_owned()),
            Format::Json => {
                json::check(text)?;
                Self::Text(text.to_owned())
            }
            Format::Hex => Self::Binary(from_hex(text)?),
            Format::Base64 => Self::Binary(from_base64(text)?),
        })
    }

    /// The payload as the store takes it.
    #[must_use]
    pub fn body(&self) -> Body<'_> {
        match self {
            Self::Text(text) => Body::Text(text),
            Self::Binary(bytes) => Body::Binary(bytes),
        }
    }
}

impl Format {
    /// The word for it in files: `text`, `json`, `hex` or `base64`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Hex => "hex",
            Self::Base64 => "base64",
        }
    }

    /// The format by its word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        [Self::Text, Self::Json, Self::Hex, Self::Base64].into_iter().find(|f| f.word() == word)
    }
}

/// One line of at most `max_chars` characters for a row of the log. Line ends, tabs and other control
/// characters are made visible, binary is shown as hex bytes, and `…` stands for what is left out. Looks at no
/// more of the payload than it shows.
#[must_use]
pub fn preview(body: Body<'_>, max_chars: usize) -> String {
    let mut out = String::new();
    match body {
        Body::Text(text) => {
            let mut chars = text.chars();
            out.extend(chars.by_ref().take(max_chars).map(visible));
            if chars.next().is_some() {
                out.pop();
                out.push('…');
            }
        }
        Body::Binary(bytes) => {
            let shown = (max_chars / 3).min(bytes.len());
            for (i, byte) in bytes[..shown].iter().enumerate() {
                let _ = write!(out, "{}{byte:02x}", if i > 0 { " " } else { "" });
            }
            if shown < bytes.len() {
                out.push_str(if shown > 0 { " …" } else { "…" });
            }
        }
    }
    out
}

/// Control characters by their pictures (U+2400 …), invisible and direction-changing characters by a box, so
/// that a message can neither break the row nor reorder it.
fn visible(c: char) -> char {
    match c {
        '\n' => '⏎',
        '\0'..='\x1F' => char::from_u32(0x2400 + c as u32).unwrap_or('␀'),
        '\x7F' => '␡',
        '\u{80}'..='\u{9F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2066}'..='\u{2069}'
        | '\u{200E}'
        | '\u{200F}'
        | '\u{FEFF}' => '▯',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn previews_are_one_bounded_line() {
        assert_eq!(preview(Body::Text("a\r\n\tb\u{202E}é"), 20), "a␍⏎␉b▯é");
        assert_eq!(preview(Body::Text("ééééé"), 4), "ééé…");
        assert_eq!(preview(Body::Text("éééé"), 4), "éééé");
        assert_eq!(preview(Body::Binary(&[0, 255, 16]), 99), "00 ff 10");
        assert_eq!(preview(Body::Binary(&[7; 100]), 9), "07 07 07 …");
    }

    #[test]
    fn payloads() {
        assert_eq!(Payload::parse(Format::Hex, "00 ff"), Ok(Payload::Binary(vec![0, 255])));
        assert_eq!(Payload::parse(Format::Base64, "AP8="), Ok(Payload::Binary(vec![0, 255])));
        assert_eq!(
            Payload::parse(Format::Json, "{ \"a\": 1.0 }"),
            Ok(Payload::Text("{ \"a\": 1.0 }".into()))
        );
        assert_eq!(Payload::parse(Format::Json, "{ a }").map_err(PayloadError::at), Err(2));
        assert_eq!(Payload::parse(Format::Hex, "0g").map_err(PayloadError::at), Err(1));
    }

    proptest! {
        #[test]
        fn previews_never_exceed(text in any::<String>(), max in 1usize..30) {
            let shown = preview(Body::Text(&text), max);
            prop_assert!(shown.chars().count() <= max);
            prop_assert!(!shown.chars().any(char::is_control));
        }
    }
}
