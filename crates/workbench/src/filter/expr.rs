use std::cmp::Ordering;
use std::ops::RangeInclusive;

use super::pace::{PIECE, Pace};
use super::text::TextMatch;
use crate::entry::{Body, ConnectionId, Delivery, Direction, Entry, Kind, Origin, What};
use crate::json::{self, Found, Path, Search, Token};
use crate::time::{Micros, Zone};

/// So much of a value is looked through by `~`, in bytes: it is done in one go.
const MAX_MATCHED_VALUE: usize = 256 << 10;

/// Which entries are shown. The default shows all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub(super) terms: Vec<Expr>,
    words: Option<Words>,
}

/// Says in the reader's language what an entry reports that is no message.
pub type Words = fn(&Entry<'_>) -> String;

/// One condition of a [`Filter`].
#[derive(Clone, Debug)]
pub enum Expr {
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
    /// Not it.
    Not(Box<Expr>),
    /// By direction.
    Direction(Direction),
    /// By kind.
    Kind(KindSet),
    /// By what became of an outgoing message.
    Delivery(Delivery),
    /// By what brought it about.
    Origin(Origin),
    /// Requests with a response, and responses.
    Paired,
    /// By connection.
    Connection(ConnectionId),
    /// By close code; entries without one never match.
    Code(RangeInclusive<u16>),
    /// By payload bytes.
    Size(RangeInclusive<u64>),
    /// Responses by microseconds of round trip.
    Rtt(RangeInclusive<u64>),
    /// By instant.
    Time(RangeInclusive<u64>),
    /// By the time of day, in microseconds since midnight, at the place of the zone. From a later time to an earlier
    /// one means across midnight.
    Clock(u64, u64, Zone),
    /// By text. Binary payloads never match; what the log says about connections and errors does, in the words of
    /// [`Filter::with_words`].
    Text(TextMatch),
    /// By a value inside a JSON text message.
    Json(Path, JsonTest),
}

/// A set of entry kinds, with messages told apart by direction and type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindSet(u16);

/// What a value inside a JSON text must be.
#[derive(Clone, Debug)]
pub enum JsonTest {
    /// Present.
    Exists,
    /// A number (or a string that holds one) that compares so; exact at any size.
    Number(Op, String),
    /// A string (or the digits, `true`, `false`, `null` as written) that compares so.
    Text(Op, String),
    /// A string or scalar that contains or matches this.
    Matches(TextMatch),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `==`
    Equal,
    /// `!=`; the value must be there.
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Filter {
    /// Shows all entries.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether no entry can be hidden.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.terms.is_empty()
    }

    /// This filter and one more condition.
    #[must_use]
    pub fn and(mut self, expr: Expr) -> Self {
        self.terms.push(expr);
        self
    }

    /// Both filters.
    #[must_use]
    pub fn and_filter(mut self, other: &Filter) -> Self {
        self.terms.extend(other.terms.iter().cloned());
        self
    }

    /// This filter, with words for entries that are no messages; texts are then looked for in those. Without, they are
    /// looked for in the payload alone.
    #[must_use]
    pub fn with_words(mut self, words: Words) -> Self {
        self.words = Some(words);
        self
    }

    /// This filter without heartbeats.
    #[must_use]
    pub fn without_heartbeats(self) -> Self {
        self.and(Expr::Not(Box::new(Expr::Origin(Origin::Heartbeat))))
    }

    /// Whether the entry is shown.
    #[must_use]
    pub fn matches(&self, entry: &Entry<'_>) -> bool {
        self.test(entry, &mut Pace::unbounded()).unwrap_or(false)
    }

    /// Whether the entry is shown, once that is known.
    pub(super) fn test(&self, entry: &Entry<'_>, pace: &mut Pace) -> Option<bool> {
        all(&self.terms, true, entry, self.words, pace)
    }

    /// What to highlight in the text of an entry: the texts and patterns that must occur.
    #[must_use]
    pub fn highlights(&self) -> Vec<&TextMatch> {
        fn collect<'a>(terms: &'a [Expr], out: &mut Vec<&'a TextMatch>) {
            for term in terms {
                match term {
                    Expr::Text(text) => out.push(text),
                    Expr::And(inner) | Expr::Or(inner) => collect(inner, out),
                    _ => {}
                }
            }
        }
        let mut out = Vec::new();
        collect(&self.terms, &mut out);
        out
    }
}

impl Expr {
    /// Whether the condition holds for the entry, once that is known.
    fn test(&self, entry: &Entry<'_>, words: Option<Words>, pace: &mut Pace) -> Option<bool> {
        Some(match self {
            Self::And(terms) => return all(terms, true, entry, words, pace),
            Self::Or(terms) => return all(terms, false, entry, words, pace),
            Self::Not(inner) => !inner.test(entry, words, pace)?,
            Self::Direction(direction) => entry.direction == *direction,
            Self::Kind(kinds) => kinds.contains(entry),
            Self::Delivery(delivery) => entry.delivery == Some(*delivery),
            Self::Origin(origin) => entry.origin == *origin,
            Self::Paired => entry.pair.is_some(),
            Self::Connection(connection) => entry.connection == *connection,
            Self::Code(range) => entry.code != 0 && range.contains(&entry.code),
            Self::Size(range) => range.contains(&(entry.size() as u64)),
            Self::Rtt(range) => {
                let response = entry.pair.is_some_and(|pair| pair < entry.id);
                response && entry.rtt_micros.is_some_and(|rtt| range.contains(&rtt.into()))
            }
            Self::Time(range) => range.contains(&entry.time.0),
            Self::Clock(from, to, zone) => {
                let clock = entry.time.of_day(*zone);
                if from <= to { (*from..=*to).contains(&clock) } else { clock >= *from || clock <= *to }
            }
            Self::Text(text) => match words {
                Some(words) if entry.fact.what != What::Said => {
                    let said = words(entry);
                    return pace.test(|pace| text.look(&said, pace));
                }
                _ => {
                    let body = entry.body.text().unwrap_or_default();
                    let is_text = entry.body.text().is_some();
                    return pace.test(|pace| if is_text { text.look(body, pace) } else { Some(false) });
                }
            },
            Self::Json(path, test) => match entry.body {
                Body::Text(text) if entry.kind == Kind::Message => {
                    return pace.test(|pace| {
                        let mut search = pace.search.take().unwrap_or_else(|| Search::new(path, text));
                        let from = search.position();
                        let found = search.step(path, text, PIECE, |found| test.holds(found));
                        pace.spend(search.position() - from);
                        pace.search = Some(search);
                        found
                    });
                }
                _ => return pace.test(|_| Some(false)),
            },
        })
    }

    /// How many tests it holds that can take long.
    fn long_tests(&self) -> usize {
        match self {
            Self::And(terms) | Self::Or(terms) => terms.iter().map(Self::long_tests).sum(),
            Self::Not(inner) => inner.long_tests(),
            Self::Text(_) | Self::Json(..) => 1,
            _ => 0,
        }
    }

    /// Everything from one instant to another, both included.
    #[must_use]
    pub fn between(from: Micros, to: Micros) -> Self {
        Self::Time(from.0..=to.0)
    }
}

/// Whether all of the terms (or with `wanted` false, any of them) hold, once that is known.
fn all(
    terms: &[Expr],
    wanted: bool,
    entry: &Entry<'_>,
    words: Option<Words>,
    pace: &mut Pace,
) -> Option<bool> {
    let mut result = wanted;
    for term in terms {
        if result == wanted {
            result = term.test(entry, words, pace)?;
        } else {
            pace.skip(term.long_tests());
        }
    }
    Some(result)
}

impl KindSet {
    const SENT_TEXT: u16 = 1;
    const SENT_BINARY: u16 = 2;
    const RECEIVED_TEXT: u16 = 4;
    const RECEIVED_BINARY: u16 = 8;

    /// The kind by its word in the filter bar, or `None` if there is no such word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Some(Self(match word {
            "text" => Self::SENT_TEXT | Self::RECEIVED_TEXT,
            "binary" => Self::SENT_BINARY | Self::RECEIVED_BINARY,
            "message" => 15,
            "sent" => Self::SENT_TEXT | Self::SENT_BINARY,
            "response" | "received" => Self::RECEIVED_TEXT | Self::RECEIVED_BINARY,
            "connected" => 16,
            "disconnected" => 32,
            "error" => 64,
            "note" => 128,
            "ping" => 256,
            "pong" => 512,
            _ => return None,
        }))
    }

    /// Both sets together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the entry is of one of these kinds.
    #[must_use]
    pub fn contains(self, entry: &Entry<'_>) -> bool {
        let bit = match (entry.kind, entry.direction, entry.body) {
            (Kind::Message, Direction::Out, Body::Text(_)) => Self::SENT_TEXT,
            (Kind::Message, Direction::Out, Body::Binary(_)) => Self::SENT_BINARY,
            (Kind::Message, _, Body::Text(_)) => Self::RECEIVED_TEXT,
            (Kind::Message, _, Body::Binary(_)) => Self::RECEIVED_BINARY,
            (Kind::Connected, ..) => 16,
            (Kind::Disconnected, ..) => 32,
            (Kind::Error, ..) => 64,
            (Kind::Note, ..) => 128,
            (Kind::Ping, ..) => 256,
            (Kind::Pong, ..) => 512,
        };
        self.0 & bit != 0
    }
}

impl JsonTest {
    fn holds(&self, found: Found<'_>) -> bool {
        match self {
            Self::Exists => true,
            Self::Number(op, wanted) => match found.digits() {
                Some(digits) => op.holds(json::compare_numbers(digits, wanted)),
                None => *op == Op::NotEqual,
            },
            Self::Text(op, wanted) => match scalar(found) {
                Some(text) => op.holds(text.as_ref().cmp(wanted)),
                None => *op == Op::NotEqual,
            },
            Self::Matches(text) => scalar(found)
                .is_some_and(|value| text.is_match(&value[..value.floor_char_boundary(MAX_MATCHED_VALUE)])),
        }
    }
}

fn scalar(found: Found<'_>) -> Option<std::borrow::Cow<'_, str>> {
    match found.token {
        Token::String => Some(json::unescape(found.raw)),
        Token::ObjectStart | Token::ArrayStart => None,
        _ => Some(found.raw.into()),
    }
}

impl Op {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}
