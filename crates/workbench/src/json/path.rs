use jsontext::{JsonError, Scanner, Token, quote_into, unescape};
use thiserror::Error;

use crate::decimal;

/// The longest path, in names and indices.
pub const MAX_SEGMENTS: usize = 32;

/// Where a value is inside a JSON text: `$.price`, `data[0].type`, `$["odd name"][*]`.
///
/// `$` is the whole value and may be left out before a name. `.name`, `["name"]` and `['name']` pick a member, `[0]` an
/// item, `[*]` or `.*` every member or item; white space within brackets counts for nothing (RFC 9535, sections 2.3
/// and 2.5). Unquoted names hold letters, digits, `_`, `-`, `@` and `#`. Indices from the end, slices and `..` are not
/// known: messages are read as far as needed, not from the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Name(String),
    Index(u32),
    Any,
}

/// A search for a [`Path`] that can be done in pieces; pass the same path and text to every step.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    scanner: Scanner,
    /// Items seen so far, by depth.
    next_index: [u32; MAX_SEGMENTS + 1],
    /// The value that comes next lies on the path.
    matched: bool,
    /// A value that is read to its end: its first token, and how many containers it lies in.
    skipping: Option<(jsontext::Event, usize)>,
    is_over: bool,
}

/// A value found by a [`Path`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'t> {
    /// Its (first) token: never an end or a key.
    pub token: Token,
    /// Its text as written; strings with their quotes.
    pub raw: &'t str,
}

impl Found<'_> {
    /// The value as a float: a number, or a string that holds one (exchanges send prices so).
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.digits().and_then(decimal::parse)
    }

    /// The digits of a number, or of a string that holds nothing but a JSON number.
    #[must_use]
    pub fn digits(&self) -> Option<&str> {
        match self.token {
            Token::Number => Some(self.raw),
            Token::String => {
                let inner = &self.raw[1..self.raw.len() - 1];
                let mut scanner = Scanner::default();
                let first = scanner.next(inner).ok()??;
                let whole = first.token == Token::Number && first.start == 0 && first.end == inner.len();
                whole.then_some(inner)
            }
            _ => None,
        }
    }
}

/// A path that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PathError {
    /// Neither `$` nor a name at the start, or no name after a dot.
    #[error("a name is expected")]
    ExpectedName(usize),
    /// `[` must be followed by an index, `*` or a quoted name, and closed by `]`.
    #[error("an index like [0], [*] or ['name'] is expected")]
    BadIndex(usize),
    /// More than [`MAX_SEGMENTS`] names and indices.
    #[error("the path is longer than 32 steps")]
    TooLong(usize),
    /// The path ends before the text does.
    #[error("the path ends before the text does")]
    Trailing(usize),
}

impl PathError {
    /// The byte in the text of the path.
    #[must_use]
    pub fn at(self) -> usize {
        match self {
            Self::ExpectedName(at) | Self::BadIndex(at) | Self::TooLong(at) | Self::Trailing(at) => at,
        }
    }
}

impl Path {
    /// Reads a path that fills the whole text.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let (path, len) = Self::parse_prefix(text)?;
        if len < text.len() { Err(PathError::Trailing(len)) } else { Ok(path) }
    }

    /// Reads the path that `text` begins with and says how many bytes it took.
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse_prefix(text: &str) -> Result<(Self, usize), PathError> {
        let mut segments = Vec::new();
        let mut at = 0;
        if text.starts_with('$') {
            at = 1;
        } else {
            at += name(text, at, &mut segments)?;
        }
        loop {
            match text.as_bytes().get(at) {
                Some(b'.') if text[at + 1..].starts_with('*') => {
                    segments.push(Segment::Any);
                    at += 2;
                }
                Some(b'.') => at += 1 + name(text, at + 1, &mut segments)?,
                Some(b'[') => {
                    let (segment, len) = bracket(&text[at + 1..]).ok_or(PathError::BadIndex(at))?;
                    segments.push(segment);
                    at += 1 + len;
                }
                _ => break,
            }
            if segments.len() > MAX_SEGMENTS {
                return Err(PathError::TooLong(at));
            }
        }
        Ok((Self { segments }, at))
    }

    /// The first value at this path.
    ///
    /// The text is read only as far as needed: a value may be found in a text whose later part is not JSON.
    #[must_use]
    pub fn first<'t>(&self, text: &'t str) -> Option<Found<'t>> {
        let mut result = None;
        self.any(text, |found| {
            result = Some(found);
            true
        });
        result
    }

    /// Whether `test` holds for any value at this path; without `*` there is at most one unless keys repeat.
    /// A text that is not JSON has none.
    pub fn any<'t>(&self, text: &'t str, mut test: impl FnMut(Found<'t>) -> bool) -> bool {
        let mut search = Search::new(self, text);
        loop {
            if let Some(found) = search.step(self, text, usize::MAX, &mut test) {
                return found;
            }
        }
    }
}

impl Search {
    /// A search from the beginning of a text.
    pub(crate) fn new(path: &Path, text: &str) -> Self {
        // Most messages that are not JSON are told by their first byte.
        let is_container = matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['));
        Self {
            scanner: Scanner::default(),
            next_index: [0; MAX_SEGMENTS + 1],
            matched: true,
            skipping: None,
            is_over: !is_container && !path.segments.is_empty(),
        }
    }

    /// The byte that was read up to.
    pub(crate) fn position(&self) -> usize {
        self.scanner.position()
    }

    /// Reads on for about so many bytes, a single string excepted: whether `test` holds for a value, once that is known.
    pub(crate) fn step<'t>(
        &mut self,
        path: &Path,
        text: &'t str,
        bytes: usize,
        test: impl FnMut(Found<'t>) -> bool,
    ) -> Option<bool> {
        let end = self.position().saturating_add(bytes);
        self.run(path, text, end, test).unwrap_or(Some(false))
    }

    fn run<'t>(
        &mut self,
        path: &Path,
        text: &'t str,
        until: usize,
        mut test: impl FnMut(Found<'t>) -> bool,
    ) -> Result<Option<bool>, JsonError> {
        if self.is_over {
            return Ok(Some(false));
        }
        loop {
            if let Some((first, outside)) = self.skipping {
                while self.scanner.depth() > outside {
                    if self.position() >= until {
                        return Ok(None);
                    }
                    self.scanner.token(text)?;
                }
                self.skipping = None;
                let hit = self.matched && outside == path.segments.len();
                if hit && test(Found { token: first.token, raw: &text[first.start..self.position()] }) {
                    return Ok(Some(true));
                }
                if outside == 0 {
                    return Ok(Some(false));
                }
            }
            if self.position() >= until {
                return Ok(None);
            }
            // Only containers on the path are entered, so the depth says how much of the path they match.
            let depth = self.scanner.depth();
            let event = self.scanner.token(text)?;
            match event.token {
                Token::Key => {
                    self.matched = match &path.segments[depth - 1] {
                        Segment::Name(name) => {
                            let raw = &text[event.start + 1..event.end - 1];
                            raw == name || (raw.contains('\\') && unescape(raw) == name.as_str())
                        }
                        Segment::Index(_) => false,
                        Segment::Any => true,
                    };
                    continue;
                }
                Token::ObjectEnd | Token::ArrayEnd => {
                    if self.scanner.depth() == 0 {
                        return Ok(Some(false));
                    }
                    continue;
                }
                _ => {}
            }
            // The scanner is one deeper after the start of a container; the value itself lies at `depth`.
            if depth > 0 && !self.scanner.level_is_object(depth) {
                let index = self.next_index[depth];
                self.next_index[depth] += 1;
                self.matched = match path.segments[depth - 1] {
                    Segment::Index(wanted) => wanted == index,
                    Segment::Any => true,
                    Segment::Name(_) => false,
                };
            }
            let container = matches!(event.token, Token::ObjectStart | Token::ArrayStart);
            if self.matched && depth < path.segments.len() && container {
                self.next_index[depth + 1] = 0;
                continue;
            }
            self.skipping = Some((event, depth));
        }
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("$")?;
        for segment in &self.segments {
            match segment {
                Segment::Name(name) if plain(name) => write!(f, ".{name}")?,
                Segment::Name(name) => write!(f, "[{}]", super::quote(name))?,
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Any => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

/// What stands in brackets after the opening one, and the bytes up to and with the closing one.
fn bracket(text: &str) -> Option<(Segment, usize)> {
    let inner = text.trim_start();
    let (segment, len) = match inner.as_bytes().first()? {
        b'*' => (Segment::Any, 1),
        b'"' => {
            let first = Scanner::default().token(inner).ok()?;
            (Segment::Name(unescape(&inner[..first.end]).into_owned()), first.end)
        }
        b'\'' => {
            let (name, len) = single_quoted(inner)?;
            (Segment::Name(name), len)
        }
        _ => {
            let len = inner.bytes().take_while(u8::is_ascii_digit).count();
            (Segment::Index(inner[..len].parse().ok()?), len)
        }
    };
    let rest = inner[len..].trim_start().strip_prefix(']')?;
    Some((segment, text.len() - rest.len()))
}

/// A name in single quotes, and the bytes it takes: the escapes of JSON, and `\'`.
fn single_quoted(text: &str) -> Option<(String, usize)> {
    let mut json = String::from("\"");
    let mut chars = text.char_indices().skip(1);
    loop {
        match chars.next()? {
            (at, '\'') => {
                json.push('"');
                // The quotes are ours; what is between must be a string of JSON.
                let whole = Scanner::default().token(&json).ok()?;
                return (whole.end == json.len()).then(|| (unescape(&json).into_owned(), at + 1));
            }
            (_, '\\') => match chars.next()?.1 {
                '\'' => json.push('\''),
                escaped => json.extend(['\\', escaped]),
            },
            (_, '"') => json.push_str("\\\""),
            (_, c) => json.push(c),
        }
    }
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '#')
}

fn plain(name: &str) -> bool {
    !name.is_empty() && !name.ends_with('-') && name.chars().all(is_name_char)
}

fn name(text: &str, at: usize, segments: &mut Vec<Segment>) -> Result<usize, PathError> {
    let rest = &text[at..];
    let len = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
    if !plain(&rest[..len]) {
        return Err(PathError::ExpectedName(at));
    }
    segments.push(Segment::Name(rest[..len].to_owned()));
    Ok(len)
}

/// Appends a member's name to a path so that [`Path::parse`] reads it back.
pub(super) fn push_name(path: &mut String, name: &str) {
    if plain(name) {
        path.push('.');
        path.push_str(name);
    } else {
        path.push('[');
        quote_into(path, name);
        path.push(']');
    }
}

/// The paths of all numbers (and strings that hold one) in a message, at most `max`, for offering what can
/// be plotted. Empty if the text is not JSON.
#[must_use]
pub fn numeric_fields(text: &str, max: usize) -> Vec<(String, f64)> {
    let Ok(tree) = super::Tree::parse(text, super::DEFAULT_MAX_NODES) else { return Vec::new() };
    (0..tree.len())
        .filter_map(|node| {
            let found = Found { token: tree.token(node), raw: tree.raw(text, node) };
            found.number().map(|value| (tree.path(text, node), value))
        })
        .take(max)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"x":{"price":1},"price":"101.50","data":[{"type":"trade","n":[1,2]},{"type":"quote"}],
        "odd name":[[5],{"é":null}],"a\u0062":7}"#;

    fn first(path: &str) -> Option<&'static str> {
        Path::parse(path).unwrap().first(TEXT).map(|f| f.raw)
    }

    #[test]
    fn brackets_take_names_in_either_quotes() {
        let text = r#"{"a.b":1,"it's":2,"q\"x":3,"é\n":4,"list":[5,6]}"#;
        for (path, found) in [
            ("$['a.b']", "1"),
            ("$[\"a.b\"]", "1"),
            (r"$['it\'s']", "2"),
            (r#"$["it's"]"#, "2"),
            (r#"$['q"x']"#, "3"),
            (r"$['\u00e9\n']", "4"),
            ("$[ 'list' ][ 1 ]", "6"),
            ("$['list'][*]", "5"),
        ] {
            let parsed = Path::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(parsed.first(text).unwrap().raw, found, "{path}");
            assert_eq!(Path::parse(&parsed.to_string()), Ok(parsed), "it reads back");
        }
        for wrong in
            ["$['a", "$['a'", "$['a]", r"$['a\']", r"$['\x']", "$[-1]", "$[0:1]", "$[]", "$[ ]", "$['a'b]"]
        {
            assert_eq!(Path::parse(wrong), Err(PathError::BadIndex(1)), "{wrong}");
        }
    }

    #[test]
    fn finds() {
        assert_eq!(first("$.price"), Some("\"101.50\""));
        assert_eq!(first("x.price"), Some("1"));
        assert_eq!(first("data[0].type"), Some("\"trade\""));
        assert_eq!(first("$.data[1][\"type\"]"), Some("\"quote\""));
        assert_eq!(first("$[\"odd name\"][1].é"), Some("null"));
        assert_eq!(first("$[\"odd name\"][0]"), Some("[5]"));
        assert_eq!(first("ab"), Some("7"));
        assert_eq!(first("$"), Some(TEXT));
        for missing in ["nope", "data[2]", "data.type", "price.x", "x[0]", "$[0]", "data[0].n[2]"] {
            assert_eq!(first(missing), None, "{missing}");
        }
    }

    #[test]
    fn wildcards_visit_all() {
        let mut seen = Vec::new();
        Path::parse("data[*].type").unwrap().any(TEXT, |f| {
            seen.push(f.raw);
            false
        });
        assert_eq!(seen, ["\"trade\"", "\"quote\""]);
        assert!(Path::parse("$.*[0].n[*]").unwrap().any(TEXT, |f| f.raw == "2"));
    }

    #[test]
    fn text_that_is_not_json_has_nothing() {
        for text in ["", "hello", "{", "{\"price\"", "[1,", "{\"price\":}"] {
            assert_eq!(Path::parse("$.price").unwrap().first(text), None, "{text}");
        }
        assert_eq!(Path::parse("$.price").unwrap().first("{\"price\":1, oops").map(|f| f.raw), Some("1"));
        let deep = "[".repeat(100_000);
        assert_eq!(Path::parse("$[0][0][1]").unwrap().first(&deep), None);
    }

    #[test]
    fn errors_say_where() {
        for (path, at) in
            [("", 0), ("$.", 2), ("a..b", 2), ("a[x]", 1), ("a[0", 1), ("a b", 1), ("a[\"x]", 1)]
        {
            assert_eq!(Path::parse(path).map_err(PathError::at), Err(at), "{path}");
        }
        assert!(Path::parse(&("$".to_owned() + &".a".repeat(33))).is_err());
        assert!(Path::parse(&("$".to_owned() + &".a".repeat(32))).unwrap().first("[]").is_none());
    }

    #[test]
    fn display_round_trips() {
        for path in ["$", "$.a.b[0]", "$[\"odd \\\" name\"][*]"] {
            assert_eq!(Path::parse(path).unwrap().to_string(), path);
        }
    }

    #[test]
    fn numbers_in_strings_count() {
        let found = Path::parse("price").unwrap().first(TEXT).unwrap();
        assert_eq!(found.number(), Some(101.5));
        assert_eq!(Path::parse("data[0].type").unwrap().first(TEXT).unwrap().number(), None);
        let fields = numeric_fields(TEXT, 10);
        assert_eq!(fields[0], ("$.x.price".to_owned(), 1.0));
        assert_eq!(fields[1], ("$.price".to_owned(), 101.5));
        assert_eq!(fields.last().unwrap(), &("$.ab".to_owned(), 7.0));
        assert_eq!(fields.len(), 6);
    }
}
