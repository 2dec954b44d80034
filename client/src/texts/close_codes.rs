//! What a close code means, and what to do about it.
//!
//! Sources: RFC 6455 section 7.4, the IANA "WebSocket Close Code Number Registry" (1012-1014, 3000, 3003, 3008), and
//! for codes that belong to nobody the conventions most servers follow: 4000 plus an HTTP status, the protocol of
//! GraphQL over WebSocket, and the ranges of Pusher.

use std::ops::RangeInclusive;

use super::{Lines, texts};

/// Codes that mean the same, explained.
#[derive(Debug, PartialEq, Eq)]
pub struct CloseCode {
    /// The codes.
    pub codes: RangeInclusive<u16>,
    /// The registry's name for them, or that of the convention or range they belong to.
    pub name: &'static str,
    /// What happened, in one or two plain sentences.
    pub sentence: &'static str,
    /// What to do about it, in one or two plain sentences.
    pub advice: &'static str,
}

/// Explains a code that a browser reports or a person chooses, in the language of the page.
pub fn explain(code: u16) -> &'static CloseCode {
    explain_in(texts().close_codes, code)
}

/// The same in the language of a table.
pub fn explain_in(rows: &'static [CloseCode], code: u16) -> &'static CloseCode {
    // The rows cover every code, which a test checks.
    rows.iter().find(|row| row.codes.contains(&code)).unwrap_or(&rows[0])
}

/// The codes of `english` in the texts of another language: of each the name, the sentence and the advice.
pub(super) fn read(english: &[CloseCode], lines: &mut Lines) -> &'static [CloseCode] {
    let row = |row: &CloseCode| {
        let mut row = CloseCode { codes: row.codes.clone(), ..*row };
        lines.read(&mut row.name);
        lines.read(&mut row.sentence);
        lines.read(&mut row.advice);
        row
    };
    Vec::leak(english.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts::Lang;
    use crate::texts::tests::texts_in;

    fn han(text: &str) -> bool {
        text.chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char))
    }

    #[test]
    fn all_codes_are_explained() {
        for code in 0..=u16::MAX {
            assert!(texts_in(Lang::En).close_codes.iter().any(|row| row.codes.contains(&code)), "{code}");
        }
    }

    #[test]
    fn meanings_are_whole_sentences() {
        for row in texts_in(Lang::En).close_codes {
            assert!(!row.name.is_empty(), "{row:?}");
            for text in [row.sentence, row.advice] {
                assert!(text.ends_with('.') && !text.contains("  ") && !han(text), "{row:?}");
            }
        }
        for row in texts_in(Lang::Zh).close_codes {
            assert!([row.name, row.sentence, row.advice].into_iter().all(han), "{row:?}");
            assert!(row.sentence.ends_with('。') && row.advice.ends_with('。'), "{row:?}");
        }
    }

    #[test]
    fn ranges_meet_where_the_registry_says() {
        let names = [999, 1000, 1004, 1014, 1016, 2999, 3000, 3001, 3999, 4000, 4999, 5000]
            .map(|code| explain_in(texts_in(Lang::En).close_codes, code).name);
        assert_eq!(
            names,
            [
                "not used",
                "normal closure",
                "reserved",
                "bad gateway",
                "reserved",
                "reserved",
                "unauthorized",
                "library code",
                "library code",
                "private code",
                "private code",
                "not valid",
            ]
        );
    }

    /// The registered codes, each with a meaning that no other has.
    #[test]
    fn registered_codes_have_meanings_of_their_own() {
        let mut sentences: Vec<_> = (1000..=1015)
            .filter(|code| *code != 1004)
            .chain([3000, 3003, 3008, 3500, 4000, 4401])
            .map(|code| explain_in(texts_in(Lang::En).close_codes, code).sentence)
            .collect();
        let all = sentences.len();
        sentences.sort_unstable();
        sentences.dedup();
        assert_eq!(sentences.len(), all);
    }
}
