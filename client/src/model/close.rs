//! What a close code means, in the language of the page.

use workbench::closecodes::{self, Explanation, Language};

use crate::i18n::{Lang, lang};

/// Explains any code a browser can report.
pub fn explain(code: u16) -> Explanation {
    let language = match lang() {
        Lang::En => Language::English,
        Lang::Zh => Language::Chinese,
    };
    closecodes::explain(code, language)
}
