//! One connection: where it goes, how it is doing, its log and what to send.
//!
//! `data-testid`: `announcement`; where it is somebody else's connection that is watched, `watching` with `watching-save`.

use link::Phase;
use workbench::export::FileFormat;
use yew::prelude::*;

use super::composer::Composer;
use super::connection_bar::connection_bar;
use super::hooks::{use_effect_on, use_view};
use super::log::log_pane;
use super::notice_bar::notice_bar;
use super::side_panel::side_panel;
use super::status_bar::status_bar;
use crate::actions::stage::{Scene, focus};
use crate::lasting::files;
use crate::model::list::Part;
use crate::model::status;
use crate::running::session::Session;
use crate::texts::common::Common;
use crate::views::block::{Block, block};
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// Draws a connection. Any number of them can be on screen. Until the page `is_settled`, what is not needed in order to
/// connect is left out.
pub fn connection(scene: &Scene, is_settled: bool) -> Html {
    Connection { scene: scene.clone(), is_settled }.keyed(scene.session().id().0)
}

/// It follows the session and hands plain values down.
#[derive(PartialEq)]
struct Connection {
    scene: Scene,
    is_settled: bool,
}

block!(Connection, use_connection);

#[hook]
fn use_connection(props: &Connection) -> Html {
    let texts = use_texts();
    let scene = &props.scene;
    let session = scene.session();
    let view = use_view(session);
    let phase = view.link.phase;
    use_effect_on(tab_title(phase), |title| set_title(title));
    {
        let find = scene.places().find.clone();
        let is_finding = session.read(|_, list| list.search_query().is_some());
        use_effect_on(is_finding, move |is_finding| {
            if *is_finding {
                focus(&find);
            }
        });
    }
    html! {
        <div class="app-body" ref={scene.places().root.clone()}>
            {connection_bar(scene, &view, texts)}
            {status_bar(session, &view.link, scene, texts)}
            if let Some(notice) = &view.notice {
                {notice_bar(scene, notice, texts)}
            }
            <main class="app-body">
                <div class="app-main">
                    {log_pane(scene, view.revision, texts)}
                    {side_panel(scene, props.is_settled, texts)}
                </div>
                if session.watches() {
                    {watching(session, &texts.common)}
                } else {
                    {Composer {
                        scene: scene.clone(),
                        is_open: phase == Phase::Open,
                        is_closed: matches!(phase, Phase::Closed(_) | Phase::Closing),
                        compose: view.compose.clone(),
                        drawer: scene.drawer(),
                    }.block()}
                }
            </main>
            // For screen readers.
            <p class="visually-hidden" role="status" aria-live="polite" data-testid="announcement">
                {status::announcement(phase, view.link.last_close.as_ref(), &texts.common)}
            </p>
        </div>
    }
}

/// Stands in for the composer where a tab only looks. What it has seen is a recording.
fn watching(session: &Session, t: &'static Common) -> Html {
    let session = session.clone();
    let save = move |_: MouseEvent| files::export(&session, FileFormat::JsonLines, Part::All, false);
    html! {
        <footer class="watching" data-testid="watching">
            <p>{t.only_watches_why}</p>
            <button class="button" type="button" data-testid="watching-save" onclick={save}>{t.only_watches_save}</button>
        </footer>
    }
}

/// Short enough for a tab of the browser.
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
