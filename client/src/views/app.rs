//! The page as a whole.

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::connection::connection;
use super::faults::Faults;
use super::help::Help;
use super::hold::Hold;
use super::hooks::{use_effect_on, use_stored, use_tabs};
use super::lang::{LangProvider, WORDS, lang_bar, use_lang};
use super::palette::Palette;
use super::profiles::Profiles;
use super::restore_bar::RestoreBar;
use super::settings::{Pane, Settings};
use super::top_bar::top_bar;
use super::watch::Watch;
use crate::actions::stage::Stage;
use crate::actions::{Sheet, keys};
use crate::lasting::preferences::{Density, Theme, limits};
use crate::lasting::profiles::{follow_link, is_link};
use crate::lasting::storage::Key;
use crate::running::workspace::Workspace;
use crate::views::block::{Block, block};
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// What nobody needs in order to connect is drawn so many milliseconds after the rest: until then the thread belongs to
/// the connection.
const LATER_MILLIS: u32 = 150;

/// Properties of [`App`].
#[derive(Debug, PartialEq, Properties)]
pub struct AppProps {
    /// What the page shows.
    pub workspace: Workspace,
    /// Keep the logs for the next visit, and offer those of the one before.
    #[prop_or(true)]
    pub keep: bool,
}

/// The whole page.
#[component]
pub fn App(props: &AppProps) -> Html {
    yew::html! {
        <LangProvider words={WORDS}>
            <ContextProvider<Workspace> context={props.workspace.clone()}>
                {Page { workspace: props.workspace.clone(), keep: props.keep }.block()}
            </ContextProvider<Workspace>>
        </LangProvider>
    }
}

#[derive(PartialEq)]
struct Page {
    workspace: Workspace,
    keep: bool,
}

block!(Page, use_page);

#[hook]
fn use_page(props: &Page) -> Html {
    let texts = use_texts();
    let language = use_lang();
    let tabs = use_tabs(&props.workspace);
    let stage = (*use_memo(props.workspace.clone(), |workspace| Stage::new(workspace.clone()))).clone();
    let update = use_force_update();
    let is_settled = use_state_eq(|| false);
    {
        let is_settled = is_settled.setter();
        use_effect_on(stage.clone(), move |stage| {
            stage.on_change(Callback::from(move |()| update.force_update()));
            Density::current().apply();
            let held = (
                keys::listen(stage),
                follow_links(stage.workspace()),
                Timeout::new(LATER_MILLIS, move || is_settled.set(true)),
            );
            move || drop(held)
        });
    }
    let close = use_callback(stage.clone(), |(), stage| stage.set_sheet(None));
    let shown = tabs.shown();
    {
        let stage = stage.clone();
        use_stored(&[Key::THEME], move || stage.set_theme(Theme::load()));
    }
    {
        let workspace = props.workspace.clone();
        use_stored(&[Key::DENSITY, Key::LOG_ENTRIES, Key::LOG_MIB], move || follow(&workspace));
    }
    let scene = stage.scene(&shown.session);
    html! {
        <div class="app">
            {top_bar(&stage, &scene, &tabs, texts)}
            {language.map(|language| lang_bar(&language, texts))}
            if props.keep && *is_settled {
                {RestoreBar { workspace: props.workspace.clone() }.block()}
            }
            {connection(&scene, *is_settled)}
            {Hold {
                scene: scene.clone(),
                is_open: stage.sheet() == Some(Sheet::Hold),
                on_close: close.clone(),
            }.block()}
            {match stage.sheet() {
                Some(Sheet::Palette) => Palette { scene, on_close: close }.block(),
                Some(Sheet::Settings) => Settings { stage, scene, on_close: close, pane: Pane::Heartbeat }.block(),
                Some(Sheet::Relay) => Settings { stage, scene, on_close: close, pane: Pane::Relay }.block(),
                Some(Sheet::Profiles) => Profiles { workspace: props.workspace.clone(), on_close: close }.block(),
                Some(Sheet::Help) => Help { on_close: close }.block(),
                Some(Sheet::Faults) => Faults { scene, on_close: close }.block(),
                Some(Sheet::Watch) => Watch { workspace: props.workspace.clone(), on_close: close }.block(),
                // With what there is to say when it is closed.
                Some(Sheet::Hold) | None => Html::default(),
            }}
        </div>
    }
}

/// Follows links with profiles that are opened while the page is there, each into a tab of its own.
fn follow_links(workspace: &Workspace) -> Option<EventListener> {
    let workspace = workspace.clone();
    let window = web_sys::window()?;
    let location = window.location();
    Some(EventListener::new(&window, "hashchange", move |_| {
        if let Ok(fragment) = location.hash()
            && is_link(&fragment)
        {
            let tab = workspace.add(None);
            follow_link(&workspace, &tab.session, &fragment);
        }
    }))
}

/// Takes up what another tab of the browser has chosen for all of them.
fn follow(workspace: &Workspace) {
    let (density, limits) = (Density::current(), limits());
    density.apply();
    for tab in &workspace.tabs().tabs {
        tab.session.look(|list, _| list.set_row_px(density.row_px()));
        tab.session.edit(|log| {
            if log.store().limits() != limits {
                log.set_limits(limits);
            }
        });
    }
}
