//! Every word that the page shows, in each of its languages.
//!
//! A language is a folder with a table for each area. The English tables also say which texts there are, so that the
//! compiler finds what another language lacks. Placeholders are `{0}`, `{1}`, filled by [`fill`]. A text that depends on
//! a number has its forms separated by `|`, in the order of [`Lang::form`], chosen by [`plural`] or [`form`].
//!
//! A new language takes a folder like [`en`], a variant of [`Lang`] and its plural rule.

pub mod close_codes;
pub mod en;
pub mod zh;

use std::cell::Cell;
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

    /// The texts.
    pub fn texts(self) -> &'static Texts {
        match self {
            Lang::En => &en::TEXTS,
            Lang::Zh => &zh::TEXTS,
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

/// Makes it the language of the page.
pub fn set_lang(lang: Lang) {
    CURRENT.set(lang);
}

/// The texts in the language of the page.
pub fn texts() -> &'static Texts {
    lang().texts()
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
mod tests;
