use std::ops::{Range, RangeInclusive};

use super::expr::Expr;
use super::parse::{FilterError, FilterErrorKind, Options};
use super::text::TextMatch;
use crate::json;

pub(super) type Parsed<T> = Result<T, FilterError>;

/// Takes words and signs off the text of the filter bar.
pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
    pub(super) options: Options,
}

impl<'a> Lexer<'a> {
    pub(super) fn quoted(&mut self) -> Parsed<String> {
        let start = self.at;
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + i + 1;
                    return Ok(out);
                }
                // Only the quote and the backslash need escaping; `\n` and the like are those of JSON.
                '\\' => match chars.next() {
                    Some((_, e @ ('"' | '\\' | '/'))) => out.push(e),
                    Some((_, e)) => out.push_str(&json::unescape(&format!("\\{e}"))),
                    None => break,
                },
                c => out.push(c),
            }
        }
        Err(self.error(start..self.text.len(), FilterErrorKind::UnclosedQuote))
    }

    pub(super) fn pattern(&mut self) -> Parsed<TextMatch> {
        let start = self.at;
        let body = &self.rest()[1..];
        let mut escaped = false;
        let end = body.find(|c| {
            let closing = c == '/' && !escaped;
            escaped = c == '\\' && !escaped;
            closing
        });
        let Some(end) = end else {
            return Err(self.error(start..self.text.len(), FilterErrorKind::UnclosedPattern));
        };
        self.at = start + end + 2;
        let ignore_case = self.eat("i");
        let pattern = body[..end].replace("\\/", "/");
        TextMatch::regex(&pattern, self.options.case_sensitive && !ignore_case)
            .map_err(|why| self.error(start..self.at, FilterErrorKind::BadPattern(why)))
    }

    pub(super) fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c: char| c.is_whitespace() || c == ')').unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    pub(super) fn peek_keyword(&self, word: &str) -> bool {
        let rest = self.rest();
        let head = rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        head && rest[word.len()..].chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | ')'))
    }

    pub(super) fn keyword(&mut self, word: &str) -> bool {
        self.space();
        let found = self.peek_keyword(word);
        if found {
            self.at += word.len();
        }
        found
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn byte(&self) -> Option<u8> {
        self.rest().bytes().next()
    }

    pub(super) fn done(&self) -> bool {
        self.at == self.text.len()
    }

    pub(super) fn error(&self, span: Range<usize>, kind: FilterErrorKind) -> FilterError {
        // A span covers whole characters.
        let end = self.text.ceil_char_boundary(span.end.min(self.text.len()));
        FilterError { span: span.start..end, kind }
    }
}

/// The range that `word` means after the operator, and whether it is negated. `unit` is the least step.
pub(super) fn bounds(
    word: &str,
    op: &str,
    read: impl Fn(&str) -> Option<u64>,
    unit: u64,
) -> Option<(RangeInclusive<u64>, bool)> {
    if let Some((low, high)) = word.split_once("..").filter(|_| matches!(op, ":" | "=" | "==" | "!=")) {
        let low = if low.is_empty() { 0 } else { read(low)? };
        let high = if high.is_empty() { u64::MAX } else { read(high)? };
        return Some((low..=high, op == "!="));
    }
    let value = read(word)?;
    Some(match op {
        "<" => (0..=value.saturating_sub(unit), value == 0),
        "<=" => (0..=value, false),
        ">" => (value.saturating_add(unit)..=u64::MAX, false),
        ">=" => (value..=u64::MAX, false),
        _ => (value..=value, op == "!="),
    })
}

pub(super) fn negate(expr: Expr, negated: bool) -> Expr {
    if negated { Expr::Not(Box::new(expr)) } else { expr }
}
