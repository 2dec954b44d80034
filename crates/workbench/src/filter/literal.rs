//! What any match of a regular expression must contain.
//!
//! The expression engine visits every byte at some cost. Most patterns hold a few plain words; looking for these
//! first spares it the texts that cannot match.

/// Words shorter than this occur too often to be worth looking for.
const MIN_LEN: usize = 2;

/// Runs of plain ASCII characters that occur in every match. Empty if the pattern is not of a simple enough
/// kind to tell.
pub(super) fn required(pattern: &str) -> Vec<String> {
    // Groups with flags change what the rest means; an alternative may match without any of the words.
    if pattern.contains("(?") {
        return Vec::new();
    }
    let mut runs = vec![String::new()];
    let mut chars = pattern.chars().peekable();
    let mut last = None;
    while let Some(c) = chars.next() {
        let before = last.replace(c);
        match c {
            '|' => return Vec::new(),
            '(' => {
                if skip_group(&mut chars).is_none() {
                    return Vec::new();
                }
                runs.push(String::new());
            }
            '[' => {
                if skip_class(&mut chars).is_none() {
                    return Vec::new();
                }
                runs.push(String::new());
            }
            // What was before it may be there any number of times, once more or less.
            '*' | '?' | '{' => {
                // Behind a `+` it is what that repeats; less than that of a word occurs as well.
                let repeated = if before == Some('+') {
                    runs.iter_mut().rfind(|run| !run.is_empty())
                } else {
                    runs.last_mut()
                };
                if let Some(run) = repeated {
                    run.pop();
                }
                if c == '{' && !chars.any(|c| c == '}') {
                    return Vec::new();
                }
                runs.push(String::new());
            }
            '+' | '^' | '$' | '.' => runs.push(String::new()),
            '\\' => match chars.next() {
                Some(escaped) if escaped.is_ascii_punctuation() && !matches!(escaped, '<' | '>') => {
                    push(&mut runs, escaped);
                }
                // Simple classes, boundaries and characters by name: one letter each …
                Some('d' | 'D' | 's' | 'S' | 'w' | 'W' | 'b' | 'B' | 'n' | 'r' | 't') => {
                    runs.push(String::new());
                }
                // … others take arguments.
                _ => return Vec::new(),
            },
            c if c.is_ascii() => push(&mut runs, c),
            _ => runs.push(String::new()),
        }
    }
    runs.retain(|run| run.len() >= MIN_LEN);
    runs
}

fn push(runs: &mut [String], c: char) {
    if let Some(run) = runs.last_mut() {
        run.push(c);
    }
}

fn skip_group(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<()> {
    let mut depth = 1;
    while depth > 0 {
        match chars.next()? {
            '\\' => {
                chars.next()?;
            }
            '[' => skip_class(chars)?,
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
    }
    Some(())
}

fn skip_class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<()> {
    chars.next_if_eq(&'^');
    // A bracket in the first place is a member.
    chars.next_if_eq(&']');
    loop {
        match chars.next()? {
            '\\' => {
                chars.next()?;
            }
            // Nested classes are rare: leave them to the engine.
            '[' => return None,
            ']' => return Some(()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_lite::RegexBuilder;

    use super::*;
    use crate::filter::TextMatch;

    #[test]
    fn finds_the_words() {
        for (pattern, words) in [
            ("quote.*99\\.50", &["quote", "99.50"][..]),
            ("^\\{\"type\":\"a\\w+\"", &["{\"type\":\"a"]),
            ("abc*d", &["ab"]),
            ("abc+*de", &["ab", "de"]),
            ("ab{2,3}cd", &["cd"]),
            ("(abc)?de[fg]hi", &["de", "hi"]),
            ("ab|cd", &[]),
            ("(?i)abc", &[]),
            ("ab\\x{41}cd", &[]),
            ("a[^]b]cd", &["cd"]),
        ] {
            assert_eq!(required(pattern), words, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn never_hides_a_match(
            pattern in r#"([abAB]{1,3}|\.|\*|\?|\+|\{1,2\}|\{0\}|\(|\)|\[|\]|\^|\||\\b|\\d|\\\.|\\x41|\\|é|K){0,8}"#,
            text in "[abAB.1é\u{212A}]{0,10}",
            case_sensitive: bool,
        ) {
            if let Ok(regex) = RegexBuilder::new(&pattern).case_insensitive(!case_sensitive).build() {
                let ours = TextMatch::regex(&pattern, case_sensitive).unwrap();
                prop_assert_eq!(ours.is_match(&text), regex.is_match(&text), "{} {}", pattern, text);
            }
        }
    }
}
