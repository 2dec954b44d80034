use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use workbench::bytes::to_hex;
use workbench::entry::Body;
use workbench::json::{Value, compare_numbers, quote_into};

use super::plan::Matching;

/// Places that are told, of those where two JSON documents differ.
const MAX_PLACES: usize = 8;
/// As much of a value or a path is told, in bytes.
const SHOWN: usize = 60;
/// As much is told of the text before the first byte that differs, in bytes.
const BEFORE: usize = 12;
/// As many bytes of a binary message are told.
const HEX: usize = 12;

/// A message of the client that is not the recorded one. Shown, it tells both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Of the client's messages it is the so-manieth.
    pub number: u64,
    /// How it differs.
    pub difference: Difference,
}

/// How two messages differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The recorded client says nothing more.
    Ended,
    /// One is text and the other binary.
    Kind {
        /// Whether the recorded one is binary.
        recorded_is_binary: bool,
    },
    /// Both are JSON.
    Json {
        /// Where they differ: the first eight places.
        places: Vec<Place>,
        /// Whether there are more.
        more: bool,
    },
    /// From a byte on.
    Bytes {
        /// The byte, from 0.
        at: usize,
        /// What is recorded there; empty at the end.
        recorded: String,
        /// What came; empty at the end.
        came: String,
    },
}

/// A place where two JSON documents differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Where: `.user.name`, `[0].id`; empty for the whole.
    pub path: String,
    /// What is recorded there, if anything is.
    pub recorded: Option<String>,
    /// What came, if anything did.
    pub came: Option<String>,
}

impl Mismatch {
    /// How a message differs from the recorded one, if it does.
    pub(super) fn between(
        number: u64,
        recorded: Option<Body<'_>>,
        came: Body<'_>,
        matching: &Matching,
    ) -> Option<Mismatch> {
        let mismatch = |difference| Some(Mismatch { number, difference });
        let Some(recorded) = recorded else { return mismatch(Difference::Ended) };
        if recorded == came {
            return None;
        }
        if recorded.text().is_some() != came.text().is_some() {
            return mismatch(Difference::Kind { recorded_is_binary: recorded.text().is_none() });
        }
        if let (Matching::Json { ignore }, Some(recorded), Some(came)) =
            (matching, recorded.text(), came.text())
            && let (Ok(recorded), Ok(came)) = (Value::parse(recorded), Value::parse(came))
        {
            let mut search = Search { ignore, path: String::new(), places: Vec::new(), more: false };
            search.compare(&recorded, &came);
            let Search { places, more, .. } = search;
            return (!places.is_empty()).then_some(Difference::Json { places, more }).and_then(mismatch);
        }
        let (ours, theirs) = (recorded.bytes(), came.bytes());
        let at = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
        mismatch(Difference::Bytes { at, recorded: excerpt(recorded, at), came: excerpt(came, at) })
    }

    /// Where it differs, without a word of either message: for a log.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.difference {
            Difference::Ended => "the recorded client says nothing more".to_owned(),
            Difference::Kind { recorded_is_binary: true } => "text instead of binary".to_owned(),
            Difference::Kind { recorded_is_binary: false } => "binary instead of text".to_owned(),
            Difference::Json { places, more } => {
                let paths: Vec<&str> = places.iter().map(|place| path_of(&place.path)).collect();
                format!("differs at {}{}", paths.join(", "), if *more { " and elsewhere" } else { "" })
            }
            Difference::Bytes { at, .. } => format!("differs from byte {at} on"),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mismatch { number, difference } = self;
        write!(f, "message {number} is not the recorded one: ")?;
        match difference {
            Difference::Ended | Difference::Kind { .. } => f.write_str(&self.place()),
            Difference::Json { places, more } => {
                for (i, Place { path, recorded, came }) in places.iter().enumerate() {
                    let (comma, path) = (if i > 0 { "; " } else { "" }, path_of(path));
                    match (recorded, came) {
                        (Some(recorded), Some(came)) => {
                            write!(f, "{comma}{path} is {came}, recorded {recorded}")?;
                        }
                        (Some(recorded), None) => write!(f, "{comma}{path} is missing, recorded {recorded}")?,
                        (None, came) => {
                            let came = came.as_deref().unwrap_or_default();
                            write!(f, "{comma}{path} is {came}, not in the recording")?;
                        }
                    }
                }
                f.write_str(if *more { "; and more" } else { "" })
            }
            Difference::Bytes { at, recorded, came } => {
                let told = |text: &str| if text.is_empty() { "the end".to_owned() } else { text.to_owned() };
                write!(f, "from byte {at} on it is {}, recorded {}", told(came), told(recorded))
            }
        }
    }
}

/// A comparison of two documents under way.
struct Search<'i> {
    ignore: &'i [String],
    path: String,
    places: Vec<Place>,
    more: bool,
}

impl Search<'_> {
    fn compare(&mut self, recorded: &Value<'_>, came: &Value<'_>) {
        if self.more {
            return;
        }
        match (recorded, came) {
            (Value::Object(ours), Value::Object(theirs)) => {
                let (ours, theirs) = (members_of(ours), members_of(theirs));
                for (name, value) in &ours {
                    self.within(Key::Name(name), Some(value), theirs.get(name).copied());
                }
                for (name, value) in theirs.iter().filter(|(name, _)| !ours.contains_key(*name)) {
                    self.within(Key::Name(name), None, Some(value));
                }
            }
            (Value::Array(ours), Value::Array(theirs)) => {
                for at in 0..ours.len().max(theirs.len()) {
                    self.within(Key::Index(at), ours.get(at), theirs.get(at));
                }
            }
            (Value::Number(ours), Value::Number(theirs)) if compare_numbers(ours, theirs).is_eq() => {}
            _ if recorded == came => {}
            _ => self.note(Some(recorded), Some(came)),
        }
    }

    fn within(&mut self, key: Key<'_>, recorded: Option<&Value<'_>>, came: Option<&Value<'_>>) {
        if self.more || matches!(key, Key::Name(name) if self.ignore.iter().any(|ignored| ignored == name)) {
            return;
        }
        let len = self.path.len();
        key.push_to(&mut self.path);
        match (recorded, came) {
            (Some(recorded), Some(came)) => self.compare(recorded, came),
            (recorded, came) => self.note(recorded, came),
        }
        self.path.truncate(len);
    }

    fn note(&mut self, recorded: Option<&Value<'_>>, came: Option<&Value<'_>>) {
        if self.places.len() == MAX_PLACES {
            self.more = true;
            return;
        }
        let told = |value: &Value<'_>| {
            let mut text = String::new();
            value.write(&mut text);
            cut(&text)
        };
        self.places.push(Place { path: cut(&self.path), recorded: recorded.map(told), came: came.map(told) });
    }
}

#[derive(Clone, Copy)]
enum Key<'k> {
    Name(&'k str),
    Index(usize),
}

impl Key<'_> {
    fn push_to(self, path: &mut String) {
        // A string takes everything.
        let _ = match self {
            Key::Index(at) => write!(path, "[{at}]"),
            Key::Name(name) if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                write!(path, ".{name}")
            }
            Key::Name(name) => {
                path.push('[');
                quote_into(path, name);
                path.push(']');
                Ok(())
            }
        };
    }
}

/// By name; of two with the same name the first counts.
fn members_of<'v, 't, N: AsRef<str>>(members: &'v [(N, Value<'t>)]) -> BTreeMap<&'v str, &'v Value<'t>> {
    members.iter().rev().map(|(name, value)| (name.as_ref(), value)).collect()
}

fn path_of(path: &str) -> &str {
    if path.is_empty() { "the whole" } else { path }
}

/// What stands at a byte of a message: of a text with a little before it, in quotes; of bytes in hex.
fn excerpt(body: Body<'_>, at: usize) -> String {
    match body {
        Body::Text(text) if at < text.len() => {
            let start = text.floor_char_boundary(at.saturating_sub(BEFORE));
            let mut quoted = String::new();
            quote_into(&mut quoted, &cut(&text[start..]));
            if start > 0 { format!("…{quoted}") } else { quoted }
        }
        Body::Binary(bytes) if at < bytes.len() => {
            let end = bytes.len().min(at + HEX);
            format!("{}{}", to_hex(&bytes[at..end]), if end < bytes.len() { "…" } else { "" })
        }
        _ => String::new(),
    }
}

fn cut(text: &str) -> String {
    match text.len() {
        ..=SHOWN => text.to_owned(),
        _ => format!("{}…", &text[..text.floor_char_boundary(SHOWN)]),
    }
}
