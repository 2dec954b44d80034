//! Every word that the page shows. English is compiled in; other languages are files in `scenes/texts`, fetched when they
//! are wanted, with the same texts in the same order.

mod en;

use std::cell::RefCell;

pub use self::en::Texts;
use page::language::Words;
pub use page::texts::{Lang, fill, lang, plural};
use page::texts::{Lines, speak};

/// English.
static ENGLISH: Texts = Texts::EN;

/// What the page has to say.
pub const WORDS: Words = Words { has: |lang| texts_of(lang).is_some(), take_up, set: set_lang };

thread_local! {
    /// The languages that were fetched.
    static FETCHED: RefCell<Vec<(Lang, &'static Texts)>> = const { RefCell::new(Vec::new()) };
}

/// The texts in the language of the page.
pub fn texts() -> &'static Texts {
    texts_of(lang()).unwrap_or(&ENGLISH)
}

/// The texts of a language. `None` until they were fetched.
fn texts_of(lang: Lang) -> Option<&'static Texts> {
    match lang {
        Lang::En => Some(&ENGLISH),
        _ => FETCHED.with_borrow(|fetched| Some(fetched.iter().find(|(known, _)| *known == lang)?.1)),
    }
}

/// Takes up the file of a language. False if it is no such file, or another version's.
fn take_up(lang: Lang, file: &str) -> bool {
    if texts_of(lang).is_some() {
        return true;
    }
    // What is drawn borrows texts for as long as the page is there.
    let mut lines = Lines::of(String::leak(file.to_owned()));
    let mut texts = Box::new(Texts::EN);
    texts.read(&mut lines);
    let is_whole = lines.are_all_read();
    if is_whole {
        FETCHED.with_borrow_mut(|fetched| fetched.push((lang, Box::leak(texts))));
    }
    is_whole
}

/// Makes it the language of the page. One whose texts are not there leaves the page in English.
fn set_lang(lang: Lang) {
    speak(if texts_of(lang).is_some() { lang } else { Lang::En });
}

#[cfg(test)]
mod tests {
    use page::texts::MARK;

    use super::*;

    const CHINESE: &str = include_str!("../../texts/scenes.zh-CN.txt");

    /// Its reader counts the texts of a file and does not look at their names.
    #[test]
    fn the_file_names_every_text_in_the_order_of_the_english_table() {
        let named: Vec<_> = CHINESE.lines().filter_map(|line| line.split_once(MARK)).collect();
        let names =
            |texts: &[(&'static str, &'static str)]| texts.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        let english = ENGLISH.all();
        assert_eq!(named.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names(&english));
        assert!(take_up(Lang::Zh, CHINESE));
        set_lang(Lang::Zh);
        assert_eq!(texts().send, "发送");
        let placeholders = |text: &str| {
            let mut found: Vec<_> =
                text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect();
            found.sort_unstable();
            found.dedup();
            found
        };
        for ((name, english), (_, chinese)) in english.into_iter().zip(named) {
            let han = |text: &str| text.chars().any(|char| ('\u{4e00}'..='\u{9fff}').contains(&char));
            assert!(han(chinese) || english.split_whitespace().count() <= 3, "{name}: {chinese}");
            assert!(!han(english), "{name}: {english}");
            assert!(!chinese.contains('|'), "{name} has one form: {chinese}");
            let last = english.rsplit('|').next().unwrap_or_default();
            assert_eq!(placeholders(chinese), placeholders(last), "{name}");
        }
        let (shorter, _) = CHINESE.trim_end().rsplit_once('\n').unwrap();
        FETCHED.take();
        assert!(!take_up(Lang::Zh, shorter), "of another version");
    }
}
