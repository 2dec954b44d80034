use std::ops::{Range, RangeInclusive};

use thiserror::Error;

use super::expr::{Expr, Filter, JsonTest, KindSet, Op};
use super::lexer::{Lexer, Parsed, bounds, negate};
use super::text::{PatternError, TextMatch};
use crate::decimal;
use crate::entry::{ConnectionId, Delivery, Direction, Origin};
use crate::json::{Path, PathError, Scanner, Token};
use crate::time::{DAY_MICROS, Micros, UTC, Zone, parse_clock};

/// Parentheses and negations nest at most this deep.
const MAX_DEPTH: usize = 32;

/// What the filter bar's text depends on besides itself.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Texts and expressions distinguish upper and lower case. Default: no.
    pub case_sensitive: bool,
    /// Where the reader is. Default: [`UTC`].
    pub zone: Zone,
}

/// A filter text that cannot be read. Mark the bytes `span` of the input and show the message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}")]
pub struct FilterError {
    /// The bytes at fault; may be empty at the end of the text.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub kind: FilterErrorKind,
}

/// What is wrong with a filter text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FilterErrorKind {
    /// `"` without its partner.
    #[error("the quote is not closed")]
    UnclosedQuote,
    /// `/` at the start of a term without its partner.
    #[error("the pattern has no closing '/'; put a text that begins with '/' in quotes")]
    UnclosedPattern,
    /// The regular expression is wrong.
    #[error("not a valid pattern: {0}")]
    BadPattern(PatternError),
    /// `(` without its partner.
    #[error("the parenthesis is not closed")]
    UnclosedParenthesis,
    /// `)` without its partner.
    #[error("there is no parenthesis to close; put a text with ')' in quotes")]
    UnexpectedParenthesis,
    /// Nothing after `-`, `!`, `or` or between parentheses.
    #[error("a condition is expected")]
    MissingTerm,
    /// No value after an operator or a colon.
    #[error("a value is expected")]
    MissingValue,
    /// Not one of the words that the field knows.
    #[error("expected one of: {0}")]
    UnknownWord(&'static str),
    /// The field does not compare that way.
    #[error("this field takes ':' only")]
    BadOperator,
    /// A number, perhaps with a unit, was expected.
    #[error("a number is expected, if need be with one of the units {0}")]
    BadNumber(&'static str),
    /// Neither a clock time nor a date with time.
    #[error("a time is expected, like 12:30, 12:30:05.250 or 2024-05-01T12:00:00Z")]
    BadTime,
    /// The path into JSON is wrong.
    #[error(transparent)]
    BadPath(PathError),
    /// More than 32 levels.
    #[error("nested too deeply")]
    TooDeep,
}

impl Default for Options {
    fn default() -> Self {
        Self { case_sensitive: false, zone: UTC }
    }
}

impl Filter {
    /// Reads the text of the filter bar. An empty one shows all.
    ///
    /// # Errors
    /// The first thing that is wrong and where.
    pub fn parse(text: &str, options: &Options) -> Result<Self, FilterError> {
        let mut parser = Lexer { text, at: 0, depth: 0, options: *options };
        parser.space();
        if parser.done() {
            return Ok(Self::all());
        }
        let expr = parser.alternatives()?;
        if !parser.done() {
            return Err(parser.error(parser.at..parser.at + 1, FilterErrorKind::UnexpectedParenthesis));
        }
        let terms = match expr {
            Expr::And(terms) => terms,
            other => vec![other],
        };
        Ok(terms.into_iter().fold(Self::all(), Self::and))
    }
}

#[derive(Clone, Copy)]
enum Field {
    Direction,
    Kind,
    Is,
    Has,
    Connection,
    Code,
    Size,
    Rtt,
    Time,
}

impl Lexer<'_> {
    fn alternatives(&mut self) -> Parsed<Expr> {
        let mut any = vec![self.all_of()?];
        while self.keyword("or") || self.keyword("|") {
            any.push(self.all_of()?);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Expr::Or(any) })
    }

    fn all_of(&mut self) -> Parsed<Expr> {
        let mut all = Vec::new();
        loop {
            self.space();
            if self.done()
                || self.rest().starts_with(')')
                || self.peek_keyword("or")
                || self.peek_keyword("|")
            {
                break;
            }
            if !all.is_empty() && self.keyword("and") {
                continue;
            }
            all.push(self.term()?);
        }
        match all.len() {
            0 => Err(self.error(self.at..self.at, FilterErrorKind::MissingTerm)),
            1 => Ok(all.remove(0)),
            _ => Ok(Expr::And(all)),
        }
    }

    fn term(&mut self) -> Parsed<Expr> {
        let start = self.at;
        if self.depth == MAX_DEPTH {
            return Err(self.error(start..start + 1, FilterErrorKind::TooDeep));
        }
        let negated = matches!(self.byte(), Some(b'-' | b'!'));
        if negated || self.keyword("not") {
            self.at += usize::from(negated);
            self.space();
            if self.done() || self.rest().starts_with(')') {
                return Err(self.error(start..self.at, FilterErrorKind::MissingTerm));
            }
            self.depth += 1;
            let inner = self.term()?;
            self.depth -= 1;
            return Ok(Expr::Not(Box::new(inner)));
        }
        match self.byte() {
            Some(b'(') => {
                self.at += 1;
                self.depth += 1;
                let inner = self.alternatives()?;
                self.depth -= 1;
                if !self.eat(")") {
                    return Err(self.error(start..start + 1, FilterErrorKind::UnclosedParenthesis));
                }
                Ok(inner)
            }
            Some(b'"') => Ok(Expr::Text(TextMatch::text(&self.quoted()?, self.options.case_sensitive))),
            Some(b'/') => Ok(Expr::Text(self.pattern()?)),
            Some(b'$') => {
                let path = self.path()?;
                if let Some(op) = self.operator() {
                    return Ok(Expr::Json(path, self.json_test(op)?));
                }
                self.keyword("exists");
                Ok(Expr::Json(path, JsonTest::Exists))
            }
            _ => match self.field() {
                Some((field, op)) => self.field_test(field, &op),
                None => self.comparison_or_word(),
            },
        }
    }

    fn comparison_or_word(&mut self) -> Parsed<Expr> {
        let start = self.at;
        if let Ok((path, len)) = Path::parse_prefix(self.rest()) {
            self.at += len;
            if let Some(op) = self.operator() {
                return Ok(Expr::Json(path, self.json_test(op)?));
            }
            self.at = start;
        }
        Ok(Expr::Text(TextMatch::text(self.word(), self.options.case_sensitive)))
    }

    /// A known field and the operator or colon after it.
    fn field(&mut self) -> Option<(Field, String)> {
        let rest = self.rest();
        let len = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let field = match &rest[..len] {
            "dir" => Field::Direction,
            "kind" => Field::Kind,
            "is" => Field::Is,
            "has" => Field::Has,
            "conn" => Field::Connection,
            "code" => Field::Code,
            "size" => Field::Size,
            "rtt" => Field::Rtt,
            "time" => Field::Time,
            _ => return None,
        };
        let start = self.at;
        self.at += len;
        if self.eat(":") {
            return Some((field, ":".to_owned()));
        }
        let op = self.operator();
        if op.is_none() {
            self.at = start;
        }
        op.map(|op| (field, op.to_owned()))
    }

    fn field_test(&mut self, field: Field, op: &str) -> Parsed<Expr> {
        if matches!(field, Field::Has) && op == ":" {
            return Ok(Expr::Json(self.path()?, JsonTest::Exists));
        }
        self.space();
        let start = self.at;
        let word = self.word();
        let span = start..self.at;
        if word.is_empty() {
            return Err(self.error(span, FilterErrorKind::MissingValue));
        }
        let comparable = matches!(field, Field::Code | Field::Size | Field::Rtt | Field::Time);
        if !(op == ":" || op == "=" || op == "==" || comparable) || op == "~" {
            return Err(self.error(span, FilterErrorKind::BadOperator));
        }
        let unknown = |words| FilterError { span: span.clone(), kind: FilterErrorKind::UnknownWord(words) };
        match field {
            Field::Direction => Ok(Expr::Direction(match word {
                "in" => Direction::In,
                "out" => Direction::Out,
                "local" => Direction::Local,
                _ => return Err(unknown("in, out, local")),
            })),
            Field::Kind => {
                let words =
                    "text, binary, message, sent, response, connected, disconnected, error, note, ping, pong";
                let sets = word.split(',').map(|w| KindSet::named(w).ok_or_else(|| unknown(words)));
                sets.reduce(|a, b| Ok(a?.union(b?))).unwrap_or(Ok(KindSet::default())).map(Expr::Kind)
            }
            Field::Is => Ok(match word {
                "heartbeat" => Expr::Origin(Origin::Heartbeat),
                "opening" => Expr::Origin(Origin::Opening),
                "answer" => Expr::Origin(Origin::Answer),
                "repeat" => Expr::Origin(Origin::Repeat),
                "paired" => Expr::Paired,
                "queued" => Expr::Delivery(Delivery::Queued),
                "sent" => Expr::Delivery(Delivery::Sent),
                "unknown" => Expr::Delivery(Delivery::Unknown),
                "dropped" => Expr::Delivery(Delivery::Dropped),
                _ => {
                    return Err(unknown(
                        "heartbeat, opening, answer, repeat, paired, queued, sent, unknown, dropped",
                    ));
                }
            }),
            Field::Connection => match word.parse() {
                Ok(number) => Ok(Expr::Connection(ConnectionId(number))),
                Err(_) => Err(self.error(span, FilterErrorKind::BadNumber("none"))),
            },
            Field::Code => {
                let clamp = |n: u64| u16::try_from(n).unwrap_or(u16::MAX);
                self.range(word, span, op, &[("", 1.0)], "none", |r| {
                    Expr::Code(clamp(*r.start())..=clamp(*r.end()))
                })
            }
            Field::Size => {
                let kib = 1024.0;
                let units = [
                    ("kib", kib),
                    ("mib", kib * kib),
                    ("kb", 1e3),
                    ("mb", 1e6),
                    ("k", 1e3),
                    ("m", 1e6),
                    ("b", 1.0),
                    ("", 1.0),
                ];
                self.range(word, span, op, &units, "b, kb, mb, kib, mib", Expr::Size)
            }
            Field::Rtt => {
                let units = [("ms", 1e3), ("us", 1.0), ("s", 1e6), ("", 1e3)];
                self.range(word, span, op, &units, "us, ms, s", Expr::Rtt)
            }
            Field::Time => {
                let zone = self.options.zone;
                self.time(word, op, zone).ok_or_else(|| self.error(span, FilterErrorKind::BadTime))
            }
            Field::Has => Err(self.error(span, FilterErrorKind::BadOperator)),
        }
    }

    /// By time of day, by day or by instant; what the first time of a range is, the second is too.
    fn time(&self, word: &str, op: &str, zone: Zone) -> Option<Expr> {
        let dated = word.trim_start_matches("..").split("..").next()?.contains('-');
        if !dated {
            let (range, negated) = bounds(word, op, parse_clock, 1)?;
            let last = (*range.end()).min(DAY_MICROS - 1);
            return Some(negate(Expr::Clock(*range.start(), last, zone), negated));
        }
        let first = |text: &str| Micros::parse_day(text, zone).or_else(|| Micros::parse_iso_at(text, zone));
        // A day is as long as it is.
        let last = |text: &str| match Micros::parse_day(text, zone) {
            Some(day) => Some(Micros(day.0 + 36 * 60 * 60 * 1_000_000).day_start(zone).0 - 1),
            None => Micros::parse_iso_at(text, zone).map(|time| time.0),
        };
        let lowest = |text: &str| first(text).map(|time| time.0);
        let (range, negated) = match op {
            "<" | ">=" => bounds(word, op, lowest, 1)?,
            ">" | "<=" => bounds(word, op, last, 1)?,
            _ => {
                let (from, negated) = bounds(word, op, lowest, 1)?;
                let (to, _) = bounds(word, op, last, 1)?;
                (*from.start()..=*to.end(), negated)
            }
        };
        Some(negate(Expr::Time(range), negated))
    }

    fn range(
        &self,
        word: &str,
        span: Range<usize>,
        op: &str,
        units: &[(&str, f64)],
        names: &'static str,
        build: impl FnOnce(RangeInclusive<u64>) -> Expr,
    ) -> Parsed<Expr> {
        let read = |text: &str| {
            let text = text.to_ascii_lowercase();
            let (number, factor) = units.iter().find_map(|&(unit, f)| Some((text.strip_suffix(unit)?, f)))?;
            let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            plain.then(|| decimal::parse(number)).flatten().map(|n| (n * factor).round() as u64)
        };
        bounds(word, op, read, 1)
            .map(|(range, negated)| negate(build(range), negated))
            .ok_or_else(|| self.error(span, FilterErrorKind::BadNumber(names)))
    }

    fn json_test(&mut self, op: &str) -> Parsed<JsonTest> {
        self.space();
        let start = self.at;
        let case_sensitive = self.options.case_sensitive;
        let quoted = self.byte() == Some(b'"');
        if op == "~" && self.byte() == Some(b'/') {
            return Ok(JsonTest::Matches(self.pattern()?));
        }
        let value = if quoted { self.quoted()? } else { self.word().to_owned() };
        if value.is_empty() && !quoted {
            return Err(self.error(start..self.at, FilterErrorKind::MissingValue));
        }
        let op = match op {
            "~" => return Ok(JsonTest::Matches(TextMatch::text(&value, case_sensitive))),
            "!=" => Op::NotEqual,
            "<" => Op::Less,
            "<=" => Op::LessOrEqual,
            ">" => Op::Greater,
            ">=" => Op::GreaterOrEqual,
            _ => Op::Equal,
        };
        let mut scanner = Scanner::default();
        let number = !quoted
            && scanner
                .next(&value)
                .is_ok_and(|e| e.is_some_and(|e| e.token == Token::Number && e.end == value.len()));
        Ok(if number { JsonTest::Number(op, value) } else { JsonTest::Text(op, value) })
    }

    /// `==`, `=`, `!=`, `<`, `<=`, `>`, `>=` or `~`, with white space before it if any.
    fn operator(&mut self) -> Option<&'static str> {
        let rest = self.rest().trim_start();
        let op = ["==", "!=", "<=", ">=", "=", "<", ">", "~"].into_iter().find(|op| rest.starts_with(op))?;
        self.at = self.text.len() - rest.len() + op.len();
        Some(op)
    }

    fn path(&mut self) -> Parsed<Path> {
        match Path::parse_prefix(self.rest()) {
            Ok((path, len)) => {
                self.at += len;
                Ok(path)
            }
            Err(error) => {
                let at = self.at + error.at();
                Err(self.error(at..(at + 1).min(self.text.len()), FilterErrorKind::BadPath(error)))
            }
        }
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
