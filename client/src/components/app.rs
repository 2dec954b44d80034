//! The page as a whole.

use gloo_events::EventListener;
use link::Phase;
use yew::prelude::*;

use super::connection::Connection;
use super::help::{Help, use_shortcuts};
use super::hooks::{use_selected, use_tabs};
use super::profiles::Profiles;
use super::restore_bar::RestoreBar;
use super::settings::Settings;
use super::top_bar::TopBar;
use crate::i18n::{LangProvider, use_texts};
use crate::model::status;
use crate::preferences::{Density, Theme};
use crate::profiles::{follow_link, is_link};
use crate::session::Session;
use crate::workspace::Workspace;

/// Properties of [`App`].
#[derive(Debug, PartialEq, Properties)]
pub struct AppProps {
    /// What the page shows.
    pub workspace: Workspace,
    /// Keep the logs for the next visit, and offer those of the one before.
    #[prop_or(true)]
    pub keep: bool,
}

/// What can lie over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sheet {
    Settings,
    Profiles,
    Help,
}

/// The whole page.
#[component]
pub fn App(props: &AppProps) -> Html {
    html! {
        <LangProvider>
            <ContextProvider<Workspace> context={props.workspace.clone()}>
                <Page workspace={props.workspace.clone()} keep={props.keep} />
            </ContextProvider<Workspace>>
        </LangProvider>
    }
}

#[component]
fn Page(props: &AppProps) -> Html {
    let tabs = use_tabs(&props.workspace);
    let shown = tabs.shown();
    let sheet = use_state_eq(|| None::<Sheet>);
    let theme = use_state_eq(Theme::load);
    let open = use_callback(sheet.setter(), |wanted: Sheet, sheet| sheet.set(Some(wanted)));
    let close = use_callback(sheet.setter(), |(), sheet| sheet.set(None));
    let on_theme = use_callback(theme.setter(), |chosen: Theme, theme| {
        chosen.choose();
        theme.set(chosen);
    });
    use_shortcuts(&props.workspace, open.clone());
    use_effect_with((), |()| Density::current().apply());
    use_links(&props.workspace);
    html! {
        <div class="app">
            <TopBar
                workspace={props.workspace.clone()}
                tabs={tabs.clone()}
                theme={*theme}
                on_theme={on_theme.clone()}
                on_open={open}
            />
            if props.keep {
                <RestoreBar workspace={props.workspace.clone()} />
            }
            <Connection key={shown.id.0} session={shown.session.clone()} />
            <Announcer key={format!("announcer-{}", shown.id.0)} session={shown.session.clone()} />
            if *sheet == Some(Sheet::Settings) {
                <Settings
                    workspace={props.workspace.clone()}
                    session={shown.session.clone()}
                    theme={*theme}
                    {on_theme}
                    on_close={close}
                />
            } else if *sheet == Some(Sheet::Profiles) {
                <Profiles workspace={props.workspace.clone()} on_close={close} />
            } else if *sheet == Some(Sheet::Help) {
                <Help on_close={close} />
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct AnnouncerProps {
    session: Session,
}

/// Tells screen readers and the browser's own tab how the connection is doing.
#[component]
fn Announcer(props: &AnnouncerProps) -> Html {
    let t = &use_texts().common;
    let state = use_selected(&props.session, |view| (view.link.phase, view.link.last_close.clone()));
    let (phase, last_close) = &*state;
    use_effect_with(tab_title(*phase), |title| set_title(title));
    let announcement = status::announcement(*phase, last_close.as_ref(), t);
    html! {
        <p class="visually-hidden" role="status" aria-live="polite" data-testid="announcement">{announcement}</p>
    }
}

/// Follows links with profiles that are opened while the page is there, each into a tab of its own.
#[hook]
fn use_links(workspace: &Workspace) {
    use_effect_with(workspace.clone(), |workspace| {
        let workspace = workspace.clone();
        let listener = web_sys::window().map(|window| {
            let location = window.location();
            EventListener::new(&window, "hashchange", move |_| {
                if let Ok(fragment) = location.hash()
                    && is_link(&fragment)
                {
                    let tab = workspace.add(None);
                    follow_link(&workspace, &tab.session, &fragment);
                }
            })
        });
        move || drop(listener)
    });
}

/// Short enough for a tab.
fn tab_title(phase: Phase) -> &'static str {
    match phase {
        Phase::Idle => "Heartwire",
        Phase::Open => "● Heartwire",
        Phase::Connecting { .. } | Phase::Waiting { .. } | Phase::Offline { .. } => "◌ Heartwire",
        Phase::Closing | Phase::Suspended { .. } | Phase::Closed(_) => "○ Heartwire",
    }
}

fn set_title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}
