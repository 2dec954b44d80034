//! One connection: where it goes, how it is doing, its log and what to send.

use link::Phase;
use yew::prelude::*;

use super::composer::Composer;
use super::connection_bar::connection_bar;
use super::hooks::use_view;
use super::log::log_pane;
use super::notice_bar::notice_bar;
use super::side_panel::side_panel;
use super::status_bar::status_bar;
use crate::actions::stage::{Scene, focus};
use crate::model::status;
use crate::views::lang::use_texts;

/// Properties of [`Connection`].
#[derive(Debug, PartialEq, Properties)]
pub struct ConnectionProps {
    /// Its view.
    pub scene: Scene,
    /// What is not needed in order to connect may be drawn.
    pub is_settled: bool,
}

/// It follows the session and hands plain values down.
#[component]
pub fn Connection(props: &ConnectionProps) -> Html {
    let texts = use_texts();
    let scene = &props.scene;
    let session = scene.session();
    let view = use_view(session);
    let phase = view.link.phase;
    use_effect_with(tab_title(phase), |title| set_title(title));
    {
        let find = scene.places().find.clone();
        let is_finding = session.read(|_, list| list.search_query().is_some());
        use_effect_with(is_finding, move |is_finding| {
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
                <Composer
                    scene={scene.clone()}
                    is_open={phase == Phase::Open}
                    is_closed={matches!(phase, Phase::Closed(_) | Phase::Closing)}
                    compose={view.compose.clone()}
                    drawer={scene.drawer()}
                />
            </main>
            // For screen readers.
            <p class="visually-hidden" role="status" aria-live="polite" data-testid="announcement">
                {status::announcement(phase, view.link.last_close.as_ref(), &texts.common)}
            </p>
        </div>
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
