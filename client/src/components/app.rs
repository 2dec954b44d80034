//! The page as a whole.

use link::Phase;
use yew::prelude::*;

use super::connection::Connection;
use super::hooks::{use_selected, use_tabs};
use super::top_bar::TopBar;
use crate::i18n::{LangProvider, use_texts};
use crate::model::status;
use crate::session::Session;
use crate::workspace::Workspace;

/// Properties of [`App`].
#[derive(Debug, PartialEq, Properties)]
pub struct AppProps {
    /// What the page shows.
    pub workspace: Workspace,
}

/// The whole page.
#[component]
pub fn App(props: &AppProps) -> Html {
    html! {
        <LangProvider>
            <ContextProvider<Workspace> context={props.workspace.clone()}>
                <Page workspace={props.workspace.clone()} />
            </ContextProvider<Workspace>>
        </LangProvider>
    }
}

#[component]
fn Page(props: &AppProps) -> Html {
    let tabs = use_tabs(&props.workspace);
    let shown = tabs.shown();
    html! {
        <div class="app">
            <TopBar workspace={props.workspace.clone()} tabs={tabs.clone()} />
            <Connection key={shown.id.0} session={shown.session.clone()} />
            <Announcer key={format!("announcer-{}", shown.id.0)} session={shown.session.clone()} />
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
