//! The language of the page: chosen by the person or by the browser, provided to what is drawn.

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::hooks::{use_effect_on, use_stored};
use crate::language::{self, Words};
use crate::storage::{self, Key};
use crate::texts::{Lang, lang};

/// At the start nothing is drawn for so long while the texts are on their way: a page that changes its language under
/// the person's eyes is worse than one that comes a moment later.
const FIRST_PATIENCE_MILLIS: u32 = 700;

/// How it stands with the texts of the language that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// They are there.
    Here,
    /// They are being fetched, and the page is in English until then.
    Coming,
    /// They cannot be had, and the page is in English.
    Missing,
}

/// The language in use and how to change it.
#[derive(Clone, Debug, PartialEq)]
pub struct LangContext {
    /// The language in use.
    pub lang: Lang,
    /// The one that is wanted.
    pub wanted: Lang,
    /// Whether its texts are there.
    pub arrival: Arrival,
    /// Fetches them once more.
    pub again: Callback<()>,
    /// What the person chose: `None` follows the browser.
    pub choice: Option<Lang>,
    /// Chooses and remembers; `None` follows the browser again.
    pub choose: Callback<Option<Lang>>,
}

/// Properties of [`LangProvider`].
#[derive(Debug, PartialEq, Properties)]
pub struct LangProviderProps {
    /// The page's own words.
    pub words: Words,
    /// What is shown in the language.
    pub children: Html,
}

/// What is said of the latest deed, in the language of then: it goes when another language is chosen.
#[hook]
pub fn use_said<T: PartialEq + 'static>() -> UseStateHandle<Option<T>> {
    let said = use_state_eq(|| None);
    let (setter, context) = (said.setter(), use_lang());
    use_effect_on(context.map(|context| context.lang), move |_| setter.set(None));
    said
}

/// The language and how to change it. `None` outside of a [`LangProvider`].
#[hook]
pub fn use_lang() -> Option<LangContext> {
    use_context::<LangContext>()
}

/// Chooses the language at the start and provides it to what is inside.
#[component]
pub fn LangProvider(props: &LangProviderProps) -> Html {
    let words = props.words;
    let choice = use_state_eq(stored);
    let wanted = choice.unwrap_or_else(of_browser);
    // What became of the latest attempt to fetch, and how many there were.
    let outcome = use_state_eq(|| None::<(Lang, bool)>);
    let attempt = use_state(|| 0);
    let is_late = use_state_eq(|| false);
    let is_drawn = use_mut_ref(|| false);
    let arrival = match *outcome {
        _ if (words.has)(wanted) => Arrival::Here,
        Some((lang, false)) if lang == wanted => Arrival::Missing,
        _ => Arrival::Coming,
    };
    // Before the children are drawn, so that what they ask of `texts` is in the same language.
    (words.set)(wanted);
    use_effect_on(lang(), |lang| mark(*lang));
    {
        let outcome = outcome.setter();
        use_effect_on((wanted, *attempt), move |(wanted, _)| {
            let wanted = *wanted;
            if !(words.has)(wanted) {
                outcome.set(None);
                #[expect(clippy::disallowed_methods, reason = "it ends with the file or with its patience")]
                spawn_local(async move { outcome.set(Some((wanted, language::fetch(wanted, words).await))) });
            }
        });
    }
    {
        let is_late = is_late.setter();
        use_effect_on((), move |()| {
            let late = Timeout::new(FIRST_PATIENCE_MILLIS, move || is_late.set(true));
            move || drop(late)
        });
    }
    let again = use_callback(attempt, |(), attempt| attempt.set(**attempt + 1));
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
    if arrival == Arrival::Coming && !*is_late && !*is_drawn.borrow() {
        return Html::default();
    }
    *is_drawn.borrow_mut() = true;
    let context = LangContext { lang: lang(), wanted, arrival, again, choice: *choice, choose };
    yew::html! { <ContextProvider<LangContext> {context}>{props.children.clone()}</ContextProvider<LangContext>> }
}

/// The first language the browser asks for that there is.
pub fn of_browser() -> Lang {
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
