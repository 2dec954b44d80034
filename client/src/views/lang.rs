//! The language of the page: chosen by the person or by the browser, provided to what is drawn.

use yew::prelude::*;

use crate::lasting::storage::{self, Key};
use crate::texts::{Lang, Texts, lang, set_lang, texts};
use crate::views::hooks::use_stored;

/// The language in use and how to change it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LangContext {
    /// The language in use.
    pub(super) lang: Lang,
    /// What the person chose: `None` follows the browser.
    pub(super) choice: Option<Lang>,
    /// Chooses and remembers; `None` follows the browser again.
    pub(super) choose: Callback<Option<Lang>>,
}

#[derive(PartialEq, Properties)]
pub(super) struct LangProviderProps {
    /// What is shown in the language.
    pub(super) children: Html,
}

/// The texts in the language of the page; the component is drawn again when that changes.
#[hook]
pub(super) fn use_texts() -> &'static Texts {
    use_context::<LangContext>().map_or_else(texts, |context| context.lang.texts())
}

/// What is said of the latest deed, in the language of then: it goes when another language is chosen.
#[hook]
pub(super) fn use_said<T: PartialEq + 'static>() -> UseStateHandle<Option<T>> {
    let said = use_state_eq(|| None);
    let (setter, context) = (said.setter(), use_lang());
    use_effect_with(context.map(|context| context.lang), move |_| setter.set(None));
    said
}

/// The language and how to change it. `None` outside of a [`LangProvider`].
#[hook]
pub(super) fn use_lang() -> Option<LangContext> {
    use_context::<LangContext>()
}

/// Chooses the language at the start and provides it to what is inside.
#[component]
pub(super) fn LangProvider(props: &LangProviderProps) -> Html {
    let choice = use_state_eq(stored);
    let chosen = choice.unwrap_or_else(of_browser);
    // Before the children are drawn, so that what they ask of `texts` is in the same language.
    if lang() != chosen {
        set_lang(chosen);
    }
    use_effect_with(chosen, |chosen| mark(*chosen));
    {
        let choice = choice.setter();
        use_stored(&[Key::LANGUAGE], move || choice.set(stored()));
    }
    let choose = use_callback(choice.setter(), |chosen: Option<Lang>, choice| {
        match chosen {
            // Where storage is forbidden the choice lasts until the page is left.
            Some(lang) => {
                let _ = storage::set(Key::LANGUAGE, lang.tag());
            }
            None => storage::remove(Key::LANGUAGE),
        }
        choice.set(chosen);
    });
    let context = LangContext { lang: chosen, choice: *choice, choose };
    html! { <ContextProvider<LangContext> {context}>{props.children.clone()}</ContextProvider<LangContext>> }
}

/// The first language the browser asks for that there is.
pub(super) fn of_browser() -> Lang {
    let tags = web_sys::window().map(|window| window.navigator().languages()).unwrap_or_default();
    Lang::best(tags.iter().filter_map(|tag| tag.as_string())).unwrap_or_default()
}

/// What was chosen on an earlier visit.
fn stored() -> Option<Lang> {
    let tag = storage::word(Key::LANGUAGE);
    Lang::ALL.into_iter().find(|lang| lang.tag() == tag)
}

/// Tells the browser and screen readers.
fn mark(lang: Lang) {
    let root =
        web_sys::window().and_then(|window| window.document()).and_then(|page| page.document_element());
    if let Some(root) = root {
        let _ = root.set_attribute("lang", lang.tag());
    }
}
