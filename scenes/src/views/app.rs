//! The page as a whole: its bar, and the scene that is shown.

use gloo_events::EventListener;
use page::block::{Block, block};
use page::hooks::{use_effect_on, use_stored};
use page::icons::{Icon, picture};
use page::lang::{Arrival, LangProvider, use_lang};
use page::markup::html;
use page::storage::{self, Key};
use page::theme::Theme;
use yew::prelude::*;

use super::board::BoardView;
use super::chat::ChatView;
use super::game::GameView;
use crate::model::address::{Params, Scene};
use crate::texts::{Lang, Texts, WORDS, fill, texts};

/// Properties of [`App`].
#[derive(Debug, PartialEq, Properties)]
pub struct AppProps {
    /// The server, such as `ws://127.0.0.1:8080`.
    pub base: String,
    /// What the page's address asks for.
    pub params: Params,
}

/// What all scenes share.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Stage {
    /// The server.
    pub(super) base: String,
    /// Where to connect to.
    pub(super) params: Params,
    /// Changes that.
    pub(super) set: Callback<Params>,
}

impl Stage {
    /// How the person is called.
    pub(super) fn name(&self) -> String {
        self.params.name.clone().unwrap_or_default()
    }

    /// Calls the person so, also on the next visit.
    pub(super) fn rename(&self, name: &str) {
        // Where storage is forbidden it lasts until the page is left.
        let _ = storage::set(Key::NAME, name);
        self.set.emit(Params { name: Some(name.to_owned()), ..self.params.clone() });
    }
}

/// The whole page.
#[component]
pub fn App(props: &AppProps) -> Html {
    yew::html! {
        <LangProvider words={WORDS}>
            {Page { base: props.base.clone(), params: props.params.clone() }.block()}
        </LangProvider>
    }
}

#[derive(PartialEq)]
struct Page {
    base: String,
    params: Params,
}

block!(Page, use_page);

#[hook]
fn use_page(props: &Page) -> Html {
    let language = use_lang();
    let t = texts();
    let scene = use_state_eq(asked_for);
    let theme = use_state_eq(Theme::load);
    let params = use_state_eq(|| {
        let name = props.params.name.clone().unwrap_or_else(name);
        Params { name: Some(name), ..props.params.clone() }
    });
    {
        let scene = scene.setter();
        use_effect_on((), move |()| {
            let listener = web_sys::window()
                .map(|window| EventListener::new(&window, "hashchange", move |_| scene.set(asked_for())));
            move || drop(listener)
        });
    }
    {
        let theme = theme.setter();
        use_stored(&[Key::THEME], move || {
            Theme::load().apply();
            theme.set(Theme::load());
        });
    }
    let set = use_callback(params.setter(), |wanted, params| params.set(wanted));
    let stage = Stage { base: props.base.clone(), params: (*params).clone(), set };
    let missing = language.as_ref().filter(|language| language.arrival == Arrival::Missing);
    let missing = missing.map(|language| (language.wanted.name(), language.again.reform(|_: MouseEvent| ())));
    html! {
        <div class="page">
            <header class="top-bar">
                <h1 class="brand" aria-label="Heartwire">
                    <svg class="brand-mark" viewBox="0 0 32 20" aria-hidden="true">
                        <path d="M1 11h7l3-8 5 15 4-11 2 4h9" />
                    </svg>
                    <span class="brand-name">{"Heartwire"}</span>
                </h1>
                <nav class="scene-links" aria-label={t.scenes}>
                    for each in Scene::ALL {
                        {scene_link(each, *scene, t)}
                    }
                </nav>
                <div class="top-actions">
                    <a class="bar-link" href="./" title={t.workbench} data-testid="workbench">
                        {picture(Icon::Plug)}<span class="bar-link-text">{t.workbench}</span>
                    </a>
                    {language.map(|language| {
                        let next = if language.wanted == Lang::En { Lang::Zh } else { Lang::En };
                        let label = fill(t.language, &[&language.lang.name()]);
                        let choose = language.choose;
                        html! {
                            <button
                                class="button small"
                                type="button"
                                title={label}
                                lang={next.tag()}
                                data-testid="language"
                                onclick={move |_: MouseEvent| choose.emit(Some(next))}
                            >
                                {next.name()}
                            </button>
                        }
                    })}
                    {theme_button(*theme, theme.setter(), t)}
                </div>
            </header>
            if let Some((name, again)) = missing {
                <section class="language-missing" role="alert">
                    <p>{fill(t.language_missing, &[&name])}</p>
                    <button class="button small" type="button" onclick={again}>{t.language_again}</button>
                </section>
            }
            {match *scene {
                Scene::Chat => ChatView { stage }.block(),
                Scene::Ticker => BoardView { stage }.block(),
                Scene::Game => GameView { stage }.block(),
            }}
        </div>
    }
}

fn scene_link(scene: Scene, shown: Scene, t: &Texts) -> Html {
    let (name, icon) = match scene {
        Scene::Chat => (t.scene_chat, Icon::Edit),
        Scene::Ticker => (t.scene_ticker, Icon::Chart),
        Scene::Game => (t.scene_game, Icon::Play),
    };
    html! {
        <a
            class="scene-link"
            href={format!("#{}", scene.slug())}
            aria-current={(scene == shown).then_some("page")}
            data-testid={format!("scene-{}", scene.slug())}
        >
            {picture(icon)}<span>{name}</span>
        </a>
    }
}

fn theme_button(theme: Theme, set: UseStateSetter<Theme>, t: &Texts) -> Html {
    let (icon, name) = match theme {
        Theme::System => (Icon::System, t.theme_system),
        Theme::Light => (Icon::Sun, t.theme_light),
        Theme::Dark => (Icon::Moon, t.theme_dark),
    };
    let label = fill(t.theme, &[&name]);
    html! {
        <button
            class="button icon-button"
            type="button"
            title={label.clone()}
            aria-label={label}
            data-testid="theme"
            onclick={move |_: MouseEvent| {
                theme.next().choose();
                set.set(theme.next());
            }}
        >
            {picture(icon)}
        </button>
    }
}

/// The scene that the page's address names.
fn asked_for() -> Scene {
    let location = web_sys::window().map(|window| window.location());
    Scene::of(&location.and_then(|location| location.hash().ok()).unwrap_or_default())
}

/// The name of an earlier visit, or one that nobody else is likely to have.
fn name() -> String {
    let kept = storage::word(Key::NAME);
    if kept.is_empty() { format!("Guest {}", 100 + (js_sys::Math::random() * 900.0) as u32) } else { kept }
}
