//! Placeholders in addresses and messages, filled when they are used.
//!
//! | written | becomes |
//! |---|---|
//! | `{{n}}` | the number of this message: 1, 2, 3 … |
//! | `{{uuid}}` | a random UUID (RFC 9562 version 4), another at each place |
//! | `{{now}}` | the time in UTC, ISO 8601 with milliseconds |
//! | `{{now s}}`, `{{now ms}}` | whole seconds or milliseconds since 1970 |
//! | `{{random 1 100}}` | a whole number between both, both included |
//! | `{{char 0d}}` | the character of that code point in hex, such as one that cannot be typed |
//! | `{{name}}` | the person's variable of that name, as it is |
//! | `{{{{` | two braces that begin nothing |
//!
//! Spaces beside the braces don't matter, and `}}` outside a placeholder is text like any other. The value of a
//! variable is not searched for placeholders. A text is either filled whole or refused with the position of its
//! first mistake, so that nothing half filled is ever sent.

mod parse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Write as _;

use thiserror::Error;

use crate::small_map::SmallMap;
use crate::time::Micros;

/// The person's own placeholders by name.
pub type Variables = SmallMap<String, String>;

/// Names that no variable can have.
pub const RESERVED: [&str; 5] = ["char", "n", "now", "random", "uuid"];

/// Longest name of a variable, in bytes.
pub const MAX_NAME_BYTES: usize = 64;

/// What placeholders are filled from. The crate reads no clock and throws no dice.
#[derive(Debug)]
pub struct Values<'a, R> {
    /// What `{{n}}` becomes.
    pub n: u64,
    /// What `{{now}}` shows.
    pub now: Micros,
    /// 64 random bits per call.
    pub random: R,
    /// The person's variables.
    pub variables: &'a Variables,
}

/// A text cut into its pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template<'a> {
    text: &'a str,
    pieces: Vec<Piece>,
}

/// A filled text that knows which part of it was written where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// The text to send.
    pub text: String,
    /// Where each piece begins, in the filled text and in the template, and whether it was copied.
    origins: Vec<(usize, usize, bool)>,
}

/// Why a text cannot be filled, and where. Show it and send nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind} at byte {at}")]
pub struct TemplateError {
    /// The byte at which the placeholder, or the word that is wrong in it, begins.
    pub at: usize,
    /// What is wrong.
    pub kind: TemplateErrorKind,
}

/// What is wrong with a placeholder.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateErrorKind {
    /// `{{` without `}}` after it.
    #[error("the placeholder is not closed")]
    Unclosed,
    /// `{{}}`
    #[error("the placeholder is empty")]
    Empty,
    /// Neither one of ours nor a variable of the person's.
    #[error("nothing is called {0:?}")]
    Unknown(String),
    /// A word too many, or one that the placeholder does not know.
    #[error("{0:?} is not understood here")]
    Argument(String),
    /// `random` takes two whole numbers.
    #[error("random takes two whole numbers, as in {{{{random 1 100}}}}")]
    RandomBounds,
    /// `char` takes a code point.
    #[error("char takes the code point of a character in hex, as in {{{{char 0d}}}}")]
    Char,
    /// The first bound of `random` is above the second.
    #[error("the first number is above the second")]
    RandomOrder,
}

/// A stretch of the template: its bytes `start..end`, and what to put there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    start: usize,
    end: usize,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// The bytes themselves.
    Text,
    /// `{{`
    Braces,
    Number,
    Uuid,
    Iso,
    Seconds,
    Millis,
    Random(i64, i64),
    Char(char),
    Variable(String),
}

impl<'a> Template<'a> {
    /// Cuts a text into its pieces. Names of variables are looked up only when the template is filled.
    ///
    /// # Errors
    /// The first placeholder that no variable could make right.
    pub fn parse(text: &'a str) -> Result<Template<'a>, TemplateError> {
        Ok(Template { text, pieces: parse::pieces(text)? })
    }

    /// Whether filling changes nothing.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.pieces.iter().all(|piece| piece.what == What::Text)
    }

    /// The person's variables that it names, in the order of the text.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match &piece.what {
            What::Variable(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Whether the text contains `{{n}}`.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        self.pieces.iter().any(|piece| piece.what == What::Number)
    }

    /// Puts values in the place of the placeholders.
    ///
    /// # Errors
    /// The first name that is not among the variables.
    pub fn fill<R: FnMut() -> u64>(&self, values: &mut Values<'_, R>) -> Result<Filled, TemplateError> {
        let mut filled = Filled::default();
        filled.text.reserve(self.text.len());
        for piece in &self.pieces {
            let copied = piece.what == What::Text;
            filled.origins.push((filled.text.len(), piece.start, copied));
            let out = &mut filled.text;
            // Writing to a String cannot fail.
            let _ = match &piece.what {
                What::Text => out.write_str(&self.text[piece.start..piece.end]),
                What::Braces => out.write_str("{{"),
                What::Number => write!(out, "{}", values.n),
                What::Uuid => out.write_str(&uuid((values.random)(), (values.random)())),
                What::Iso => out.write_str(&Micros(values.now.0 / 1000 * 1000).iso()),
                What::Seconds => write!(out, "{}", values.now.0 / 1_000_000),
                What::Millis => write!(out, "{}", values.now.0 / 1000),
                What::Random(low, high) => write!(out, "{}", between(*low, *high, &mut values.random)),
                What::Char(char) => out.write_char(*char),
                What::Variable(name) => match values.variables.get(name) {
                    Some(value) => out.write_str(value),
                    None => {
                        let kind = TemplateErrorKind::Unknown(name.clone());
                        return Err(TemplateError { at: piece.start, kind });
                    }
                },
            };
        }
        Ok(filled)
    }

    /// Lets `change` rearrange the text with every placeholder standing in as a short run of digits, which is
    /// valid both inside and outside of a JSON string, and puts the placeholders back. Text that `change` drops
    /// or repeats takes its placeholder along.
    ///
    /// # Errors
    /// The error of `change`, and the function that turns a byte of the text it saw into one of the template.
    pub fn rearrange<E>(
        &self,
        change: impl FnOnce(&str) -> Result<String, E>,
    ) -> Result<String, (E, Filled)> {
        let mark = self.mark();
        let mut covered = Filled::default();
        for (index, piece) in self.pieces.iter().enumerate() {
            let copied = piece.what == What::Text;
            covered.origins.push((covered.text.len(), piece.start, copied));
            let _ = match copied {
                true => covered.text.write_str(&self.text[piece.start..piece.end]),
                false => write!(covered.text, "{mark}{index:0MARK_DIGITS$}"),
            };
        }
        let changed = match change(&covered.text) {
            Ok(changed) => changed,
            Err(error) => return Err((error, covered)),
        };
        let mut out = String::with_capacity(changed.len());
        let mut rest = changed.as_str();
        while let Some(at) = rest.find(&mark) {
            out.push_str(&rest[..at]);
            rest = &rest[at + mark.len()..];
            let piece =
                rest.get(..MARK_DIGITS).and_then(|digits| self.pieces.get(digits.parse::<usize>().ok()?));
            match piece {
                Some(piece) => {
                    out.push_str(&self.text[piece.start..piece.end]);
                    rest = &rest[MARK_DIGITS..];
                }
                None => out.push_str(&mark),
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Digits that the template does not contain and that begin no number with a zero.
    fn mark(&self) -> String {
        let mut mark = 71_940_628_u64;
        while self.text.contains(&mark.to_string()) {
            mark += 1;
        }
        mark.to_string()
    }
}

/// Enough for any index of a piece: a piece has at least one byte.
const MARK_DIGITS: usize = 10;

impl Filled {
    /// The byte of the template that a byte of the filled text comes from: its own where it was copied, the
    /// first of its placeholder where it was filled in.
    #[must_use]
    pub fn origin(&self, at: usize) -> usize {
        let index = self.origins.partition_point(|(out, ..)| *out <= at);
        match index.checked_sub(1).and_then(|index| self.origins.get(index)) {
            Some((out, source, true)) => source + (at - out),
            Some((_, source, false)) => *source,
            None => at,
        }
    }
}

/// Fills a text in one go.
///
/// # Errors
/// The first placeholder that cannot be filled.
pub fn fill<R: FnMut() -> u64>(text: &str, values: &mut Values<'_, R>) -> Result<Filled, TemplateError> {
    Template::parse(text)?.fill(values)
}

/// A template that becomes exactly this text when it is filled, in which everything can be seen: braces that would begin a
/// placeholder are doubled, and what a text field would lose or not show is spelt as `{{char …}}`. Line feeds and tabs
/// stay.
#[must_use]
pub fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    spell(text, true, false, &mut out);
    out
}

/// The same template with what a text field would lose or not show spelt as `{{char …}}`. A text that is no template
/// stays as it is.
#[must_use]
pub fn spelled_out(text: &str) -> Cow<'_, str> {
    spelled(text, false)
}

/// The same for a field of one line, which has no line feeds either.
#[must_use]
pub fn spelled_on_a_line(text: &str) -> Cow<'_, str> {
    spelled(text, true)
}

fn spelled(text: &str, on_a_line: bool) -> Cow<'_, str> {
    if !text.chars().any(|char| is_spelled(char, on_a_line)) {
        return Cow::Borrowed(text);
    }
    let Ok(template) = Template::parse(text) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 16);
    for piece in &template.pieces {
        let written = &text[piece.start..piece.end];
        match piece.what {
            What::Text => spell(written, false, on_a_line, &mut out),
            _ => out.push_str(written),
        }
    }
    Cow::Owned(out)
}

/// Writes a text as a template for it. With `doubles_braces` it holds no placeholders yet.
fn spell(text: &str, doubles_braces: bool, on_a_line: bool, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let next = chars.peek().copied();
        match char {
            '{' if doubles_braces && next == Some('{') => {
                chars.next();
                out.push_str("{{{{");
            }
            // Beside a placeholder it would be taken for a part of it.
            '{' if next.is_some_and(|next| is_spelled(next, on_a_line)) => out.push_str("{{char 7b}}"),
            char if is_spelled(char, on_a_line) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "{{{{char {:02x}}}}}", char as u32);
            }
            char => out.push(char),
        }
    }
}

/// Control characters, those that turn the direction of writing, and those without a width that join nothing.
/// Line feeds only where there is one line.
fn is_spelled(char: char, on_a_line: bool) -> bool {
    let is_kept = char == '\t' || (char == '\n' && !on_a_line);
    (char.is_control() && !is_kept)
        || matches!(char, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(char, '\u{ad}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(char, '\u{e0000}'..='\u{e00ff}')
}

/// Whether a variable may be called so: a letter or `_`, then letters, digits, `_`, `-` and `.`, all of ASCII,
/// and none of [`RESERVED`].
#[must_use]
pub fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let rest = bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    first && rest && name.len() <= MAX_NAME_BYTES && !RESERVED.contains(&name)
}

/// Version 4 and variant 10 in 128 random bits (RFC 9562 section 5.4).
fn uuid(high: u64, low: u64) -> String {
    let high = high & 0xffff_ffff_ffff_0fff | 0x4000;
    let low = low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// An unbiased draw from `low..=high`, `low <= high`.
fn between(low: i64, high: i64, random: &mut impl FnMut() -> u64) -> i64 {
    let span = high.abs_diff(low);
    if span == u64::MAX {
        return random().cast_signed();
    }
    let choices = span + 1;
    // The largest multiple of `choices` that fits: draws at or above it would favour the low numbers. A source
    // that never yields less, which is not random, must not hang the page.
    let fair = u64::MAX - (u64::MAX % choices + 1) % choices;
    let mut draw = random();
    for _ in 0..64 {
        if draw <= fair {
            break;
        }
        draw = random();
    }
    low.wrapping_add((draw % choices).cast_signed())
}
