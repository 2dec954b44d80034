//! Fetches languages that are not compiled in.

use crate::fetching;
use crate::texts::Lang;

/// What a page has to say for itself.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Whether the texts of a language are there.
    pub has: fn(Lang) -> bool,
    /// Takes up the file of a language, unless it is no such file.
    pub take_up: fn(Lang, &str) -> bool,
    /// Makes it the language of the page. One whose texts are not there leaves the page in English.
    pub set: fn(Lang),
}

/// A page has the same words as long as it is there.
impl PartialEq for Words {
    fn eq(&self, _: &Words) -> bool {
        true
    }
}

/// Fetches the texts of a language and takes them up. False if they cannot be had.
pub async fn fetch(lang: Lang, words: Words) -> bool {
    if (words.has)(lang) {
        return true;
    }
    let Some(address) = address(lang, "texts") else { return false };
    fetching::text(&address).await.is_some_and(|file| (words.take_up)(lang, &file))
}

/// Where a file in a language is. The document names it, as the name says which version's it is.
pub fn address(lang: Lang, rel: &str) -> Option<String> {
    let document = web_sys::window()?.document()?;
    let link = document.query_selector(&format!("link[rel={rel}][hreflang={}]", lang.tag())).ok()??;
    link.get_attribute("href")
}
