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

use std::cell::RefCell;

pub(crate) use page::texts::table;
pub use page::texts::{Lang, Lines, count, fill, form, lang, plural};

use self::close_codes::CloseCode;
use self::common::Common;
use self::composer::Composer;
pub use self::en::{common, composer, health, log, settings};
use self::health::Health;
use self::log::Log;
use self::settings::Settings;

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
    /// The languages that were fetched.
    static FETCHED: RefCell<Vec<(Lang, &'static Texts)>> = const { RefCell::new(Vec::new()) };
}

impl Texts {
    /// Reads the file of a language. `None` if its texts are not as many as those in English.
    fn read(file: &'static str) -> Option<Box<Texts>> {
        let mut lines = Lines::of(file);
        let mut texts = Box::new(en::TEXTS);
        texts.common.read(&mut lines);
        texts.log.read(&mut lines);
        texts.composer.read(&mut lines);
        texts.health.read(&mut lines);
        texts.settings.read(&mut lines);
        texts.close_codes = close_codes::read(en::TEXTS.close_codes, &mut lines);
        lines.are_all_read().then_some(texts)
    }
}

/// Takes up the file of a language, from when on it can be the language of the page. False if it is no such file, or
/// another version's. A language that is there stays as it is.
pub fn take_up(lang: Lang, file: &str) -> bool {
    // What is drawn borrows texts for as long as the page is there.
    texts_of(lang).is_some()
        || Texts::read(String::leak(file.to_owned())).is_some_and(|texts| {
            FETCHED.with_borrow_mut(|fetched| fetched.push((lang, Box::leak(texts))));
            true
        })
}

/// The texts of a language. `None` until [`take_up`] has them.
pub fn texts_of(lang: Lang) -> Option<&'static Texts> {
    match lang {
        Lang::En => Some(&en::TEXTS),
        _ => FETCHED.with_borrow(|fetched| Some(fetched.iter().find(|(known, _)| *known == lang)?.1)),
    }
}

/// Makes it the language of the page. One whose texts are not there leaves the page in English.
pub fn set_lang(lang: Lang) {
    page::texts::speak(if texts_of(lang).is_some() { lang } else { Lang::En });
}

/// The texts in the language of the page.
pub fn texts() -> &'static Texts {
    texts_of(lang()).unwrap_or(&en::TEXTS)
}

#[cfg(test)]
pub(crate) mod tests;
