use std::ops::Range;

use regex_lite::{Regex, RegexBuilder};
use thiserror::Error;

use super::literal;
use super::pace::{Looking, PIECE, Pace};
use crate::lower::fold;

/// Compiled patterns may take this many bytes.
const REGEX_SIZE: usize = 1 << 20;

/// Those that take fewer are fast.
const SMALL_REGEX: usize = 16 << 10;

/// How much slower others are taken to be.
const LARGE_COST: usize = 16;

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
    /// Whether what follows a match may decide whether it is one.
    looks_ahead: bool,
    /// Bytes that are looked at in one go.
    piece: usize,
}

/// What is wrong with a regular expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PatternError {
    /// A parenthesis without its partner, or a group that says what no group can.
    #[error("a parenthesis is not closed, or closed twice")]
    Group,
    /// A bracket without its partner, or a range that runs backwards.
    #[error("a bracket is not closed, or a range in it runs backwards")]
    Class,
    /// Nothing to repeat, or a count that makes no sense.
    #[error("there is nothing to repeat, or the count makes no sense")]
    Repetition,
    /// A backslash before something that has no meaning with one.
    #[error("an escape that is not known")]
    Escape,
    /// Look-around, back references and the like, which take more than linear time, or classes by Unicode property.
    #[error("look-around, back references and Unicode classes are not known")]
    Unsupported,
    /// Longer, deeper or with higher counts than there is room for.
    #[error("the pattern is too large")]
    TooLarge,
    /// Something else.
    #[error("it is not written as patterns are")]
    Other,
}

impl PatternError {
    /// The engine says it in English sentences; a test goes through them.
    fn of(error: &regex_lite::Error) -> Self {
        let sentence = error.to_string();
        let about = [
            ("supported", Self::Unsupported),
            ("Unicode", Self::Unsupported),
            ("size limit", Self::TooLarge),
            ("too m", Self::TooLarge),
            ("class", Self::Class),
            ("range", Self::Class),
            ("repetition", Self::Repetition),
            ("hexadecimal", Self::Escape),
            ("decimal", Self::Repetition),
            ("escape", Self::Escape),
            ("boundary", Self::Escape),
            ("group", Self::Group),
            ("flag", Self::Group),
            ("'('", Self::Group),
            ("')'", Self::Group),
        ];
        about.into_iter().find(|(word, _)| sentence.contains(word)).map_or(Self::Other, |(_, kind)| kind)
    }
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
    /// What is wrong with the pattern.
    pub fn regex(pattern: &str, case_sensitive: bool) -> Result<Self, PatternError> {
        let built =
            RegexBuilder::new(pattern).case_insensitive(!case_sensitive).size_limit(REGEX_SIZE).build();
        let regex = built.map_err(|error| PatternError::of(&error))?;
        let words = literal::required(pattern).iter().map(|word| Self::text(word, case_sensitive)).collect();
        let looks_ahead = ["$", "\\z", "\\b", "\\B", "\\>"].iter().any(|mark| pattern.contains(mark));
        // The engine takes time by the size of the pattern as well.
        let small = RegexBuilder::new(pattern).size_limit(SMALL_REGEX).build().is_ok();
        let piece = if small { PIECE } else { PIECE / LARGE_COST };
        Ok(Self::Regex(Pattern { regex, words, looks_ahead, piece }))
    }

    /// Whether the text contains a match.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match self {
            Self::Exact(needle) => text.contains(needle.as_str()),
            Self::Folded(needle) => find_folded(text, needle).is_some(),
            Self::Regex(Pattern { regex, words, .. }) => {
                words.iter().all(|word| word.is_match(text)) && regex.is_match(text)
            }
        }
    }

    /// Looks at the next piece of a text: whether there is a match, once that is known.
    ///
    /// A match of a pattern is found if it is no longer than a piece, or if a part of it is a match as well.
    pub(super) fn look(&self, text: &str, pace: &mut Pace) -> Option<bool> {
        let looking = &mut pace.looking;
        let (piece, reach) = match self {
            Self::Exact(needle) => (PIECE, needle.len()),
            Self::Folded(needle) => (PIECE, needle.len() * 4),
            Self::Regex(pattern) => {
                if let Some(word) = pattern.words.get(looking.words) {
                    let found = word.look(text, pace)?;
                    pace.looking = Looking { words: pace.looking.words + 1, ..Looking::default() };
                    return if found { None } else { Some(false) };
                }
                (pattern.piece, pattern.piece + looking.grown)
            }
        };
        let (start, goal) = (looking.at, looking.at + piece);
        let end = text.floor_char_boundary(goal + reach);
        let window = &text[..end];
        let is_last = end == text.len();
        let found = match self {
            Self::Regex(pattern) if pattern.looks_ahead && !is_last => {
                let found = pattern.regex.find_at(window, start);
                match found.filter(|found| found.end() == end) {
                    // What is not seen yet decides, unless that would take too long to wait for.
                    Some(found) if looking.grown < PIECE * LARGE_COST => {
                        (looking.at, looking.grown) = (found.start(), (looking.grown * 2).max(piece));
                        pace.spend((end - start) * (PIECE / piece));
                        return None;
                    }
                    Some(_) => false,
                    None => found.is_some(),
                }
            }
            Self::Regex(pattern) => pattern.regex.is_match_at(window, start),
            _ => self.is_match(&window[start..]),
        };
        let seen = end - start;
        looking.at = text.floor_char_boundary(goal + looking.grown);
        looking.grown = 0;
        pace.spend(seen * (PIECE / piece));
        if found || is_last { Some(found) } else { None }
    }

    /// A part of the first match: all of it for an empty name, else the group of a regular expression by its name or
    /// number. A group that took no part in the match is empty; `None` if there is no match or no such group.
    #[must_use]
    pub fn part<'t>(&self, text: &'t str, name: &str) -> Option<&'t str> {
        if let Self::Regex(Pattern { regex, .. }) = self {
            let captures = regex.captures(text)?;
            let number = if name.is_empty() {
                Some(0)
            } else {
                name.parse().ok().or_else(|| regex.capture_names().position(|known| known == Some(name)))
            };
            let number = number.filter(|number| *number < captures.len())?;
            return Some(captures.get(number).map_or("", |found| found.as_str()));
        }
        let range = self.ranges(text, 1).into_iter().next().filter(|_| name.is_empty())?;
        Some(&text[range])
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
    }

    #[test]
    fn what_is_wrong_with_a_pattern_is_known() {
        for (pattern, kind) in [
            ("(", PatternError::Group),
            ("a)", PatternError::Group),
            ("(?P<a", PatternError::Group),
            ("(?z)", PatternError::Group),
            ("[a", PatternError::Class),
            ("[z-a]", PatternError::Class),
            ("*", PatternError::Repetition),
            ("a{2,1}", PatternError::Repetition),
            ("a{", PatternError::Repetition),
            ("\\", PatternError::Escape),
            ("\\y", PatternError::Escape),
            ("\\xzz", PatternError::Escape),
            ("(?=a)", PatternError::Unsupported),
            ("(a)\\1", PatternError::Unsupported),
            ("\\p{L}", PatternError::Unsupported),
            ("(a{1000}){1000}", PatternError::TooLarge),
            (&"(".repeat(1000), PatternError::TooLarge),
        ] {
            assert_eq!(TextMatch::regex(pattern, true).unwrap_err(), kind, "{pattern}");
        }
    }

    #[test]
    fn parts_of_a_match_are_found_by_name_and_number() {
        let pattern = TextMatch::regex(r"id=(?<id>\d+)(;.*)?", true).unwrap();
        let part = |name| pattern.part("x id=42", name);
        assert_eq!(
            [part(""), part("1"), part("id"), part("2")],
            [Some("id=42"), Some("42"), Some("42"), Some("")]
        );
        assert_eq!([part("3"), part("other"), pattern.part("none", "")], [None, None, None]);
        let text = TextMatch::text("ID", false);
        assert_eq!((text.part("x id=42", ""), text.part("x id=42", "1")), (Some("id"), None));
    }

    proptest! {
        #[test]
        fn folded_agrees_with_lower_case(text in "[aAbBéÉ]{0,12}", needle in "[aAbBéÉ]{0,3}") {
            let expected = text.to_lowercase().contains(&needle.to_lowercase());
            prop_assert_eq!(TextMatch::text(&needle, false).is_match(&text), expected);
        }
    }
}
