//! Every word that the page shows, in each of its languages.
//!
//! One file per area holds a table made by the `table!` macro: each text with its translations side by side, so that none
//! can be missing. Placeholders are `{0}`, `{1}`, filled by [`fill`]. A text with `|` has a form for one and a form
//! for all other numbers, chosen by [`plural`].

pub mod common;
pub mod composer;
pub mod health;
pub mod log;
pub mod settings;

use std::cell::Cell;
use std::fmt::{Display, Write as _};

use yew::prelude::*;

use self::common::Common;
use self::composer::Composer;
use self::health::Health;
use self::log::Log;
use self::settings::Settings;
use crate::model::format::count;
use crate::storage;

/// Where the choice of a language is stored.
const STORAGE_KEY: &str = "heartwire.lang";

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
}

static EN: Texts = Texts {
    common: Common::EN,
    log: Log::EN,
    composer: Composer::EN,
    health: Health::EN,
    settings: Settings::EN,
};

static ZH: Texts = Texts {
    common: Common::ZH,
    log: Log::ZH,
    composer: Composer::ZH,
    health: Health::ZH,
    settings: Settings::ZH,
};

thread_local! {
    /// The language for sentences that are made outside of components, such as those in the log.
    static CURRENT: Cell<Lang> = const { Cell::new(Lang::En) };
}

/// The language in use and how to change it.
#[derive(Clone, Debug, PartialEq)]
pub struct LangContext {
    /// The language in use.
    pub lang: Lang,
    /// What the person chose: `None` follows the browser.
    pub choice: Option<Lang>,
    /// Chooses and remembers; `None` follows the browser again.
    pub choose: Callback<Option<Lang>>,
}

/// Properties of [`LangProvider`].
#[derive(Debug, PartialEq, Properties)]
pub struct LangProviderProps {
    /// What is shown in the language.
    pub children: Html,
}

/// Declares the table of an area: a struct of texts with a constant for each language.
macro_rules! table {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $en:literal, $zh:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            // As code: brackets in a text are no links.
            $(#[doc = concat!("`` ", $en, " ``")] pub $field: &'static str,)*
        }

        impl $name {
            /// English.
            pub const EN: $name = $name { $($field: $en,)* };
            /// Simplified Chinese.
            pub const ZH: $name = $name { $($field: $zh,)* };

            #[cfg(test)]
            pub(super) const ALL: &[(&str, &str, &str)] = &[$((stringify!($field), $en, $zh),)*];
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
            Lang::En => &EN,
            Lang::Zh => &ZH,
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

    /// The first language of a list of tags, best first, that the page speaks.
    pub fn best(tags: impl IntoIterator<Item = String>) -> Option<Lang> {
        tags.into_iter().find_map(|tag| {
            let primary = tag.split('-').next().unwrap_or_default();
            [("en", Lang::En), ("zh", Lang::Zh)]
                .into_iter()
                .find_map(|(name, lang)| primary.eq_ignore_ascii_case(name).then_some(lang))
        })
    }

    /// What was chosen on an earlier visit.
    fn stored() -> Option<Lang> {
        let tag = storage::word(STORAGE_KEY);
        Lang::ALL.into_iter().find(|lang| lang.tag() == tag)
    }

    /// The first language the browser asks for that there is.
    pub fn of_browser() -> Lang {
        let tags = web_sys::window().map(|window| window.navigator().languages()).unwrap_or_default();
        Lang::best(tags.iter().filter_map(|tag| tag.as_string())).unwrap_or_default()
    }

    /// Makes it the language of the page and of [`texts`].
    fn apply(self) {
        CURRENT.set(self);
        let root =
            web_sys::window().and_then(|window| window.document()).and_then(|page| page.document_element());
        if let Some(root) = root {
            let _ = root.set_attribute("lang", self.tag());
        }
    }
}

/// The language of the page.
pub fn lang() -> Lang {
    CURRENT.get()
}

/// The texts in the language of the page, for sentences made outside of components. Components call
/// [`use_texts`], which also draws them again when the language changes.
pub fn texts() -> &'static Texts {
    CURRENT.get().texts()
}

/// The texts in the language of the page.
#[hook]
pub fn use_texts() -> &'static Texts {
    use_context::<LangContext>().map_or_else(texts, |context| context.lang.texts())
}

/// The language and how to change it. `None` outside of a [`LangProvider`].
#[hook]
pub fn use_lang() -> Option<LangContext> {
    use_context::<LangContext>()
}

/// Chooses the language at the start and provides it to what is inside.
#[component]
pub fn LangProvider(props: &LangProviderProps) -> Html {
    let choice = use_state_eq(Lang::stored);
    let lang = choice.unwrap_or_else(Lang::of_browser);
    // Before the children are drawn, so that what they ask of `texts` is in the same language.
    if CURRENT.get() != lang {
        CURRENT.set(lang);
    }
    use_effect_with(lang, |lang| lang.apply());
    let choose = use_callback(choice.setter(), |chosen: Option<Lang>, choice| {
        match chosen {
            // Where storage is forbidden the choice lasts until the page is left.
            Some(lang) => {
                let _ = storage::set(STORAGE_KEY, lang.tag());
            }
            None => storage::remove(STORAGE_KEY),
        }
        choice.set(chosen);
    });
    let context = LangContext { lang, choice: *choice, choose };
    html! { <ContextProvider<LangContext> {context}>{props.children.clone()}</ContextProvider<LangContext>> }
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

/// The form of a text for a number, with the number, its thousands separated, in place of `{0}`.
pub fn plural(template: &str, number: u64) -> String {
    fill(form(template, number), &[&count(number)])
}

/// The form of a text for a number, to be filled.
pub fn form(template: &str, number: u64) -> &str {
    match template.split_once('|') {
        Some((one, _)) if number == 1 => one,
        Some((_, other)) => other,
        None => template,
    }
}

#[cfg(test)]
mod tests;
