//! Every word that the page shows, in each of its languages.
//!
//! English is compiled in, a table for each area, which also say what texts there are. Every other language is a file
//! in `client/texts` that is fetched when it is wanted, with the same texts in the same order: nobody waits for words
//! that they don't read. Placeholders are `{0}`, `{1}`, filled by [`fill`]. A text that depends on a number has its
//! forms separated by `|`, in the order of [`Lang::form`], chosen by [`plural`] or [`form`].
//!
//! A new language takes a file, its lines in `index.html`, a variant of [`Lang`] and its plural rule.

pub mod close_codes;
pub mod en;

use std::cell::{Cell, RefCell};
use std::fmt::{Display, Write as _};

use self::close_codes::CloseCode;
use self::common::Common;
use self::composer::Composer;
pub use self::en::{common, composer, health, log, settings};
use self::health::Health;
use self::log::Log;
use self::settings::Settings;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

/// All texts of one language, by area.
#[derive(Debug, PartialEq)]
pub struct Texts {
    /// The frame of the page and the connection.
    pub common: Common,
    /// The log and the detail pane.
    pub log: Log,
    /// What to send.
    pub composer: Composer,
    /// Health and plot.
    pub health: Health,
    /// Settings, profiles, help.
    pub settings: Settings,
    /// What close codes mean.
    pub close_codes: &'static [CloseCode],
}

thread_local! {
    /// The language of the page.
    static CURRENT: Cell<Lang> = const { Cell::new(Lang::En) };
    /// The languages that were fetched.
    static FETCHED: RefCell<Vec<(Lang, &'static Texts)>> = const { RefCell::new(Vec::new()) };
}

/// The texts of a language's file, one after the other. Each stands on a line of its own behind its name; a line
/// without [`MARK`] holds none.
struct Lines {
    rest: std::str::Lines<'static>,
    is_short: bool,
}

/// What stands between the name of a text and the text.
const MARK: &str = " = ";

impl Lines {
    /// Puts the next text into its place.
    // Called once for each text there is: in the code, that is a few bytes for each, as long as it stays a call.
    #[inline(never)]
    fn read(&mut self, place: &mut &'static str) {
        match self.rest.find_map(|line| line.split_once(MARK)) {
            Some((_, text)) => *place = text,
            None => self.is_short = true,
        }
    }
}

impl Texts {
    /// Reads the file of a language. `None` if its texts are not as many as those in English.
    fn read(file: &'static str) -> Option<Box<Texts>> {
        let mut lines = Lines { rest: file.lines(), is_short: false };
        let mut texts = Box::new(en::TEXTS);
        texts.common.read(&mut lines);
        texts.log.read(&mut lines);
        texts.composer.read(&mut lines);
        texts.health.read(&mut lines);
        texts.settings.read(&mut lines);
        texts.close_codes = close_codes::read(en::TEXTS.close_codes, &mut lines);
        let is_whole = !lines.is_short && !lines.rest.any(|line| line.contains(MARK));
        is_whole.then_some(texts)
    }
}

/// Takes up the file of a language, from when on it can be the language of the page. False if it is no such file, or
/// another version's. A language that is there stays as it is.
pub fn take_up(lang: Lang, file: &str) -> bool {
    // What is drawn borrows texts for as long as the page is there.
    lang.texts().is_some()
        || Texts::read(String::leak(file.to_owned())).is_some_and(|texts| {
            FETCHED.with_borrow_mut(|fetched| fetched.push((lang, Box::leak(texts))));
            true
        })
}

/// Declares the table of an area by its English texts.
macro_rules! table {
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
            pub(in $crate::texts) fn read(&mut self, lines: &mut $crate::texts::Lines) {
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
pub(crate) use table;

impl Lang {
    /// Each language there is.
    pub const ALL: [Lang; 2] = [Lang::En, Lang::Zh];

    /// The texts. `None` until [`take_up`] has them.
    pub fn texts(self) -> Option<&'static Texts> {
        match self {
            Lang::En => Some(&en::TEXTS),
            _ => FETCHED.with_borrow(|fetched| Some(fetched.iter().find(|(lang, _)| *lang == self)?.1)),
        }
    }

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

/// Makes it the language of the page. One whose texts are not there leaves the page in English.
pub fn set_lang(lang: Lang) {
    CURRENT.set(if lang.texts().is_some() { lang } else { Lang::En });
}

/// The texts in the language of the page.
pub fn texts() -> &'static Texts {
    lang().texts().unwrap_or(&en::TEXTS)
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
pub(crate) mod tests;
