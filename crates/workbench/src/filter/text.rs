use std::ops::Range;

use regex_lite::{Regex, RegexBuilder};

use super::literal;
use crate::lower::fold;

/// Compiled patterns may take this many bytes.
const REGEX_SIZE: usize = 1 << 20;

/// A text or regular expression to look for.
#[derive(Clone, Debug)]
pub enum TextMatch {
    /// The text as it is.
    Exact(String),
    /// The text without regard to case (lower case of each character, one to one).
    Folded(Vec<char>),
    /// A regular expression, in time linear in the text.
    Regex(Pattern),
}

/// A compiled regular expression.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    /// What every match contains.
    words: Vec<TextMatch>,
}

impl TextMatch {
    /// Looks for a text.
    #[must_use]
    pub fn text(needle: &str, case_sensitive: bool) -> Self {
        if case_sensitive {
            Self::Exact(needle.to_owned())
        } else {
            Self::Folded(needle.chars().map(fold).collect())
        }
    }

    /// Looks for a regular expression.
    ///
    /// # Errors
    /// What is wrong with the pattern, in English.
    pub fn regex(pattern: &str, case_sensitive: bool) -> Result<Self, String> {
        let built =
            RegexBuilder::new(pattern).case_insensitive(!case_sensitive).size_limit(REGEX_SIZE).build();
        let regex = built.map_err(|error| error.to_string())?;
        let words = literal::required(pattern).iter().map(|word| Self::text(word, case_sensitive)).collect();
        Ok(Self::Regex(Pattern { regex, words }))
    }

    /// Whether the text contains a match.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Exact(needle) => text.contains(needle.as_str()),
            Self::Folded(needle) => find_folded(text, needle).is_some(),
            Self::Regex(Pattern { regex, words }) => {
                words.iter().all(|word| word.is_match(text)) && regex.is_match(text)
            }
        }
    }

    /// The first `max` matches that are not empty, for highlighting.
    #[must_use]
    pub fn ranges(&self, text: &str, max: usize) -> Vec<Range<usize>> {
        if let Self::Regex(Pattern { regex, .. }) = self {
            return regex.find_iter(text).map(|m| m.range()).filter(|r| !r.is_empty()).take(max).collect();
        }
        let mut found = Vec::new();
        let mut at = 0;
        while found.len() < max {
            let rest = &text[at..];
            let next = match self {
                Self::Exact(needle) => rest.find(needle.as_str()).map(|i| i..i + needle.len()),
                Self::Folded(needle) => find_folded(rest, needle),
                Self::Regex(_) => None,
            };
            match next {
                Some(range) if !range.is_empty() => {
                    found.push(at + range.start..at + range.end);
                    at += range.end;
                }
                _ => break,
            }
        }
        found
    }
}

fn find_folded(text: &str, needle: &[char]) -> Option<Range<usize>> {
    let Some((&first, rest)) = needle.split_first() else { return Some(0..0) };
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += if first.is_ascii() {
            // A byte below 128 is a whole character wherever it stands. A few non-ASCII characters fold to
            // ASCII (the Kelvin sign to `k`); they are not looked for at the start of a match.
            let (low, up) = (first as u8, (first as u8).to_ascii_uppercase());
            bytes[at..].iter().position(|&b| b == low || b == up)?
        } else {
            text[at..].char_indices().find(|&(_, c)| fold(c) == first)?.0
        };
        let mut tail = text[at..].chars();
        tail.next();
        if rest.iter().all(|&wanted| tail.next().is_some_and(|c| c == wanted || fold(c) == wanted)) {
            return Some(at..text.len() - tail.as_str().len());
        }
        at += first_len(text, at);
    }
}

fn first_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_point_at_the_text() {
        let text = "Äpfel, äPFEL und Apfel";
        let find = |m: TextMatch| m.ranges(text, 9).into_iter().map(|r| &text[r]).collect::<Vec<_>>();
        assert_eq!(find(TextMatch::text("äpfel", false)), ["Äpfel", "äPFEL"]);
        assert_eq!(find(TextMatch::text("äPFEL", true)), ["äPFEL"]);
        assert_eq!(find(TextMatch::text("PF", false)), ["pf", "PF", "pf"]);
        assert_eq!(find(TextMatch::regex("[A-Z]p?", true).unwrap()), ["P", "F", "E", "L", "Ap"]);
        assert_eq!(find(TextMatch::text("", false)), [""; 0]);
        assert!(TextMatch::regex("(", true).is_err());
        assert!(TextMatch::regex("(a{1000}){1000}", true).is_err());
    }

    proptest! {
        #[test]
        fn folded_agrees_with_lower_case(text in "[aAbBéÉ]{0,12}", needle in "[aAbBéÉ]{0,3}") {
            let expected = text.to_lowercase().contains(&needle.to_lowercase());
            prop_assert_eq!(TextMatch::text(&needle, false).is_match(&text), expected);
        }
    }
}
