//! The language of the page, where its own words are concerned.

pub(super) use page::lang::{Arrival, LangContext, LangProvider, of_browser, use_lang, use_said};
use page::language::Words;
use yew::prelude::*;

use crate::texts::{self, Texts, fill, texts};
use crate::views::markup::html;

/// What the page has to say.
pub(super) const WORDS: Words =
    Words { has: |lang| texts::texts_of(lang).is_some(), take_up: texts::take_up, set: texts::set_lang };

/// The texts in the language of the page; the component is drawn again when that changes.
#[hook]
pub(super) fn use_texts() -> &'static Texts {
    use_context::<LangContext>();
    texts()
}

/// Says so where the language that is wanted cannot be had.
pub(super) fn lang_bar(context: &LangContext, texts: &Texts) -> Html {
    if context.arrival != Arrival::Missing {
        return Html::default();
    }
    let again = context.again.reform(|_: MouseEvent| ());
    html! {
        <section class="notice-bar" role="alert" data-testid="language-missing">
            <p class="notice-text">{fill(texts.settings.language_missing, &[&context.wanted.name()])}</p>
            <button class="button small" type="button" data-testid="language-again" onclick={again}>
                {texts.settings.language_again}
            </button>
        </section>
    }
}
