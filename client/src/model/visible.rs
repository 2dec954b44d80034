//! Text from elsewhere, with everything in it to be seen.
//!
//! Control characters, zero-width characters and those that change the direction of writing could make a text read as
//! another. They are written as pictures (U+2400 and on) or by their code. Sources: Unicode's `Default_Ignorable` and
//! `Bidi_Control` properties; Unicode Technical Report 36, section 2.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

/// Why a character is not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// A control code.
    Control,
    /// It turns the direction of what follows.
    Direction,
    /// It has no width.
    ZeroWidth,
}

/// Whether and why a character is not seen by itself. Line breaks and tabs are control codes too.
pub fn unseen(char: char) -> Option<Unseen> {
    match char {
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Some(Unseen::Control),
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(Unseen::Direction)
        }
        '\u{ad}'
        | '\u{34f}'
        | '\u{70f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Some(Unseen::ZeroWidth),
        _ => None,
    }
}

/// One line of at most `max_chars` characters of the text, with an ellipsis where there are more. Line breaks are
/// pictures as well.
pub fn line(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max_chars.saturating_mul(2)));
    let mut writer = Writer { chars: text.chars().peekable(), before: None };
    for _ in 0..max_chars {
        if !writer.step(&mut out, false) {
            return out;
        }
    }
    if writer.chars.peek().is_some() {
        out.push('…');
    }
    out
}

/// The whole text in its lines: line feeds and tabs do what they do.
pub fn lines(text: &str) -> Cow<'_, str> {
    // Most texts are plain, and some have megabytes.
    if !text.bytes().any(|byte| !matches!(byte, b'\n' | b'\t' | 0x20..=0x7e))
        || !text.chars().any(|char| unseen(char).is_some() && !matches!(char, '\n' | '\t'))
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    let mut writer = Writer { chars: text.chars().peekable(), before: None };
    while writer.step(&mut out, true) {}
    Cow::Owned(out)
}

/// A text from elsewhere as part of a sentence of ours: on one line, and unable to change the direction of the
/// sentence around it (Unicode Standard Annex 9, isolates).
pub fn foreign(text: &str) -> String {
    let shown = line(text, usize::MAX);
    // No script that runs from right to left begins below.
    match shown.chars().any(|char| char >= '\u{590}') {
        true => format!("\u{2068}{shown}\u{2069}"),
        false => shown,
    }
}

struct Writer<'a> {
    chars: Peekable<Chars<'a>>,
    before: Option<char>,
}

impl Writer<'_> {
    /// Writes the next character; says whether there was one.
    fn step(&mut self, out: &mut String, keeps_lines: bool) -> bool {
        let Some(char) = self.chars.next() else { return false };
        let before = self.before.replace(char);
        match char {
            '\n' | '\t' if keeps_lines => out.push(char),
            '\n' => out.push('↵'),
            '\t' => out.push('→'),
            '\u{7f}' => out.push('\u{2421}'),
            '\0'..='\u{1f}' => out.push(char::from_u32(0x2400 + char as u32).unwrap_or('\u{fffd}')),
            _ if unseen(char).is_none() || belongs(char, before, self.chars.peek().copied()) => {
                out.push(char);
            }
            // Writing to a String cannot fail.
            _ => drop(write!(out, "⟨U+{:04X}⟩", char as u32)),
        }
        true
    }
}

/// Whether a character of no width does its honest work here: joining letters or emoji, or choosing how the character
/// before it looks.
fn belongs(char: char, before: Option<char>, after: Option<char>) -> bool {
    let is_chooser = |char: char| matches!(char, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    let is_drawn = |char: char| !char.is_ascii() && !char.is_whitespace() && unseen(char).is_none();
    match char {
        '\u{200c}' | '\u{200d}' => {
            before.is_some_and(|char| is_drawn(char) || is_chooser(char)) && after.is_some_and(is_drawn)
        }
        _ if is_chooser(char) => {
            let is_key =
                before.is_some_and(|char| matches!(char, '0'..='9' | '#' | '*')) && after == Some('\u{20e3}');
            before.is_some_and(is_drawn) || is_key
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_make_a_text_read_as_another_is_written_out() {
        for (text, shown) in [
            ("\u{202e}evil", "⟨U+202E⟩evil"),
            ("a\u{200b}b\u{feff}", "a⟨U+200B⟩b⟨U+FEFF⟩"),
            ("nul\0\u{1b}[31m\u{7f}", "nul␀␛[31m␡"),
            ("\u{85}\u{2028}", "⟨U+0085⟩⟨U+2028⟩"),
            ("tag\u{e0041}", "tag⟨U+E0041⟩"),
            ("pass\u{ad}word\u{2063}", "pass⟨U+00AD⟩word⟨U+2063⟩"),
            ("a\u{200d}b a\u{fe0f}\u{fe0f}", "a⟨U+200D⟩b a⟨U+FE0F⟩⟨U+FE0F⟩"),
        ] {
            assert_eq!(line(text, 100), shown);
        }
        for code in (0..0x11_0000).filter_map(char::from_u32).filter(|char| unseen(*char).is_some()) {
            assert!(!line(&format!("a{code}b"), 100).contains(code), "{:04x}", code as u32);
        }
    }

    #[test]
    fn any_script_is_left_alone() {
        for text in ["héllo 你好 שלום", "👩‍👩‍👧 ❤️ 1️⃣", "می‌خواهم", "क्‍ष", "葛󠄀"]
        {
            assert_eq!(line(text, 100), text);
            assert_eq!(lines(text), text);
        }
    }

    #[test]
    fn a_line_is_bounded_and_lines_are_kept_where_wanted() {
        assert_eq!(line("a\nb\tc\r", 100), "a↵b→c␍");
        assert_eq!(line("four", 3), "fou…");
        assert_eq!(line("four", 4), "four");
        assert_eq!(lines("a\r\nb\tc"), "a␍\nb\tc");
        assert!(matches!(lines("plain\n\ttext"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_foreign_cannot_turn_the_sentence_around_it() {
        assert_eq!(foreign("why not"), "why not");
        assert_eq!(foreign("שלום"), "\u{2068}שלום\u{2069}");
        assert_eq!(foreign("\u{2069}שלום"), "\u{2068}⟨U+2069⟩שלום\u{2069}");
    }
}
