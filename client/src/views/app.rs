//! The page as a whole.

use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::connection::connection;
use super::hooks::{use_effect_on, use_stored, use_tabs};
use super::lang::{LangProvider, WORDS, lang_bar, use_lang};
use super::part::Part;
use super::restore_bar::RestoreBar;
use super::sheets::{chunk_sheets, chunk_sheets_hold};
use super::top_bar::top_bar;
use crate::actions::stage::{Scene, Stage};
use crate::actions::{Action, Sheet, keys};
use crate::lasting::preferences::{Density, Theme, limits};
use crate::lasting::profiles::{follow_link, is_link};
use crate::lasting::storage::Key;
use crate::running::chunks::Chunk;
use crate::running::workspace::Workspace;
use crate::texts::Texts;
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
    // From when on the sheet was open there may be something to say while it is closed.
    let holds = use_mut_ref(|| false);
    if stage.sheet() == Some(Sheet::Hold) {
        holds.replace(true);
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
            // Always an element: what stands before it is put in front of something that is there.
            <div class="hold-place">
                if *holds.borrow() && (stage.sheet() == Some(Sheet::Hold) || Chunk::Sheets.is_here()) {
                    {held(&stage, &scene, &close, texts)}
                }
            </div>
            if let Some(sheet) = stage.sheet() && sheet != Sheet::Hold {
                {lying(sheet, &stage, &scene, &close, texts)}
            }
        </div>
    }
}

/// What the server holds.
fn held(stage: &Stage, scene: &Scene, close: &Callback<()>, texts: &'static Texts) -> Html {
    let is_open = stage.sheet() == Some(Sheet::Hold);
    let (scene, on_close) = (scene.clone(), close.clone());
    Part {
        chunk: Chunk::Sheets,
        draw: Rc::new(move || chunk_sheets_hold(scene.clone(), is_open, on_close.clone())),
        dialog: Some((texts.settings.hold, close.clone())),
    }
    .block()
}

/// The sheet that lies over the page.
fn lying(sheet: Sheet, stage: &Stage, scene: &Scene, close: &Callback<()>, texts: &'static Texts) -> Html {
    let (stage, scene, on_close) = (stage.clone(), scene.clone(), close.clone());
    Part {
        chunk: Chunk::Sheets,
        draw: Rc::new(move || chunk_sheets(sheet, stage.clone(), scene.clone(), on_close.clone())),
        dialog: Some((Action::Open(sheet).name(texts), close.clone())),
    }
    .keyed(sheet as u8)
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
