//! How a page has its words in several languages, whichever words those are.
//!
//! English is compiled in as [`table`]s, which also say what texts there are. Every other language is a file with the same
//! texts in the same order. Placeholders are `{0}`, `{1}`, filled by [`fill`]. A text that depends on a number has its
//! forms separated by `|`, in the order of [`Lang::form`], chosen by [`plural`] or [`form`].

use std::cell::Cell;
use std::fmt::{Display, Write as _};

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

thread_local! {
    /// The language of the page.
    static CURRENT: Cell<Lang> = const { Cell::new(Lang::En) };
}

/// The texts of a language's file, one after the other. Each stands on a line of its own behind its name; a line
/// without [`MARK`] holds none.
#[derive(Debug)]
pub struct Lines {
    rest: std::str::Lines<'static>,
    is_short: bool,
}

/// What stands between the name of a text and the text.
pub const MARK: &str = " = ";

impl Lines {
    /// Those of a file.
    pub fn of(file: &'static str) -> Lines {
        Lines { rest: file.lines(), is_short: false }
    }

    /// Whether there were as many texts as were asked for, and no more.
    pub fn are_all_read(&mut self) -> bool {
        !self.is_short && !self.rest.any(|line| line.contains(MARK))
    }

    /// Puts the next text into its place.
    // Called once for each text there is: in the code, that is a few bytes for each, as long as it stays a call.
    #[inline(never)]
    pub fn read(&mut self, place: &mut &'static str) {
        match self.rest.find_map(|line| line.split_once(MARK)) {
            Some((_, text)) => *place = text,
            None => self.is_short = true,
        }
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __table {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $text:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            // As code: brackets in a text are no links.
            $(#[doc = concat!("`` ", $text, " ``")] pub $field: &'static str,)*
        }

        impl $name {
            /// English.
            pub const EN: $name = $name { $($field: $text,)* };

            /// Puts the texts of another language into their places, in the order of the fields.
            pub fn read(&mut self, lines: &mut $crate::texts::Lines) {
                $(lines.read(&mut self.$field);)*
            }

            /// Each text with its name.
            #[cfg(test)]
            pub(crate) fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($field), self.$field),)*]
            }
        }
    };
}
/// Declares the table of an area by its English texts.
pub use __table as table;

impl Lang {
    /// Each language there is.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Zh];

    /// What a page in this language has as its `lang`.
    pub fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-CN",
        }
    }

    /// The language's own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Zh => "简体中文",
        }
    }

    /// How many forms a text can have for different numbers.
    pub fn forms(self) -> usize {
        match self {
            Lang::En => 2,
            Lang::Zh => 1,
        }
    }

    /// Which of these forms fits a number, from 0. Source: the rules for cardinal numbers in Unicode's CLDR.
    pub fn form(self, number: u64) -> usize {
        match self {
            Lang::En => usize::from(number != 1),
            Lang::Zh => 0,
        }
    }

    /// The first language of a list of tags, best first, that the page speaks.
    pub fn best(tags: impl IntoIterator<Item = String>) -> Option<Lang> {
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        tags.into_iter().find_map(|tag| {
            let wanted = primary(&tag);
            Lang::ALL.into_iter().find(|lang| primary(lang.tag()) == wanted)
        })
    }
}

/// The language of the page.
pub fn lang() -> Lang {
    CURRENT.get()
}

/// Makes it the language of the page. The page must have its texts.
pub fn speak(lang: Lang) {
    CURRENT.set(lang);
}

/// Puts values in place of `{0}`, `{1}` and so on.
pub fn fill(template: &str, values: &[&dyn Display]) -> String {
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after.split_once('}').and_then(|(index, tail)| {
            let index: usize = index.parse().ok()?;
            Some((values.get(index)?, tail))
        });
        match value {
            Some((value, tail)) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "{value}");
                rest = tail;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// A count with thousands separated by a thin space.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    out
}

/// The form of a text for a number, with the number, its thousands separated, in place of `{0}`.
pub fn plural(template: &str, number: u64) -> String {
    fill(form(template, number), &[&count(number)])
}

/// The form of a text for a number, to be filled.
pub fn form(template: &str, number: u64) -> &str {
    form_in(lang(), template, number)
}

/// A text with one form is the same for every number.
fn form_in(lang: Lang, template: &str, number: u64) -> &str {
    let mut forms = template.split('|');
    forms.nth(lang.form(number)).unwrap_or(template)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_in_any_order_and_leaves_other_braces_alone() {
        assert_eq!(fill("{1} of {0} {x} {", &[&7, &"three"]), "three of 7 {x} {");
        assert_eq!(fill("{0}", &[&"{1}"]), "{1}", "values are not filled again");
    }

    #[test]
    fn forms_follow_the_number() {
        assert_eq!(plural("{0} line|{0} lines", 1), "1 line");
        assert_eq!(plural("{0} line|{0} lines", 0), "0 lines");
        assert_eq!(plural("{0} 行", 1), "1 行");
        for lang in Lang::ALL {
            assert!((0..1000).all(|number| lang.form(number) < lang.forms()), "{lang:?}");
        }
        assert_eq!(form_in(Lang::Zh, "{0} 行", 2), "{0} 行");
    }

    #[test]
    fn the_browsers_first_language_that_is_spoken_wins() {
        let best = |tags: &[&str]| Lang::best(tags.iter().map(|tag| (*tag).to_owned()));
        assert_eq!(best(&["fr-FR", "zh-Hans-CN", "en"]), Some(Lang::Zh));
        assert_eq!(best(&["EN-gb", "zh"]), Some(Lang::En));
        assert_eq!(best(&["de", "zhx"]), None);
    }
}
