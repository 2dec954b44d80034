//! Beside the log: one entry in full, the connection's health, or a plot.
//!
//! `data-testid`: `panel-detail`, `panel-health`, `panel-plot` (the switches; pressed while their panel is open),
//! `panel` (the open panel, with `data-panel`).

use std::rc::Rc;

use yew::prelude::*;

use super::buttons::{act, icon};
use super::detail::Detail;
use super::health::HealthPanel;
use super::icons::picture;
use super::part::Part;
use super::plot::PlotPanel;
use crate::actions::stage::Scene;
use crate::actions::{Action, Panel};
use crate::running::chunks::Chunk;
use crate::texts::{Texts, texts};
use crate::views::block::Block;
use crate::views::markup::html;

/// The open panel, empty until there is time for it, and the switches.
pub(super) fn side_panel(scene: &Scene, is_settled: bool, t: &'static Texts) -> Html {
    let content = |panel: Panel| {
        if !is_settled {
            return Html::default();
        }
        let scene = scene.clone();
        let draw = Rc::new(move || chunk_panels(panel, &scene));
        Part { chunk: Chunk::Panels, draw, dialog: None }.block()
    };
    html! {
        <>
            if let Some(panel) = scene.panel() {
                <aside
                    class="panel"
                    data-testid="panel"
                    data-panel={panel.slug()}
                    aria-label={Action::Panel(panel).name(t)}
                    // The keyboard has to get in to scroll it, and there may be nothing else to focus.
                    tabindex={(panel == Panel::Health).then_some("0")}
                >
                    {content(panel)}
                </aside>
            }
            <nav class="panel-rail" aria-label={t.common.panel}>
                for action in Panel::ALL.map(Action::Panel) {
                    <button
                        class="panel-switch"
                        type="button"
                        aria-pressed={(scene.state(action).on == Some(true)).to_string()}
                        data-testid={action.spec().slug}
                        aria-keyshortcuts={action.key()}
                        onclick={act::<MouseEvent>(scene, action)}
                    >
                        {picture(icon(action))}
                        <span>{action.name(t)}</span>
                    </button>
                }
            </nav>
        </>
    }
}

/// What a panel shows.
#[inline(never)]
fn chunk_panels(panel: Panel, scene: &Scene) -> Html {
    let session = scene.session();
    match panel {
        Panel::Detail => match session.detail() {
            (Some(entry), pinned) => Detail {
                scene: scene.clone(),
                entry,
                pinned,
                selected: scene.selected(),
                copied: scene.copied(),
            }
            .block(),
            (None, _) => html! { <p class="panel-empty">{texts().log.no_selection}</p> },
        },
        Panel::Health => HealthPanel { session: session.clone() }.block(),
        Panel::Plot => PlotPanel { session: session.clone() }.block(),
    }
}
