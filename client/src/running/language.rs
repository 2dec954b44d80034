//! Fetches languages that are not compiled in.

use super::fetching;
use crate::texts::{Lang, take_up};

/// Fetches the texts of a language and takes them up. False if they cannot be had.
pub async fn fetch(lang: Lang) -> bool {
    if lang.texts().is_some() {
        return true;
    }
    let Some(address) = address(lang, "texts") else { return false };
    fetching::text(&address).await.is_some_and(|file| take_up(lang, &file))
}

/// Where a file in a language is. The document names it, as the name says which version's it is.
pub fn address(lang: Lang, rel: &str) -> Option<String> {
    let document = web_sys::window()?.document()?;
    let link = document.query_selector(&format!("link[rel={rel}][hreflang={}]", lang.tag())).ok()??;
    link.get_attribute("href")
}
