//! Beside the log: one entry in full, the connection's health, or a plot.
//!
//! `data-testid`: `panel-detail`, `panel-health`, `panel-plot` (the switches; pressed while their panel is open),
//! `panel` (the open panel, with `data-panel`).

use std::rc::Rc;

use yew::prelude::*;

use super::detail::Detail;
use super::health::HealthPanel;
use super::icons::{Icon, picture};
use super::plot::PlotPanel;
use crate::i18n::common::Common;
use crate::i18n::use_texts;
use crate::model::owned::OwnedEntry;
use crate::session::Session;
use crate::storage;

/// Where the open panel is stored.
const STORAGE_KEY: &str = "heartwire.panel";

/// What the side panel can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Panel {
    Detail,
    Health,
    Plot,
}

/// Which panel is open, and how to change it. A panel that the person chose is remembered.
#[derive(Clone, PartialEq)]
pub(super) struct PanelState {
    open: UseStateHandle<Option<Panel>>,
    /// What was open before an entry was revealed.
    before: UseStateHandle<Option<Panel>>,
}

impl Panel {
    const ALL: [Panel; 3] = [Panel::Detail, Panel::Health, Panel::Plot];

    fn slug(self) -> &'static str {
        match self {
            Panel::Detail => "detail",
            Panel::Health => "health",
            Panel::Plot => "plot",
        }
    }

    fn key(self) -> &'static str {
        match self {
            Panel::Detail => "e",
            Panel::Health => "h",
            Panel::Plot => "g",
        }
    }

    fn icon(self) -> Icon {
        match self {
            Panel::Detail => Icon::Detail,
            Panel::Health => Icon::Pulse,
            Panel::Plot => Icon::Chart,
        }
    }

    fn name(self, t: &Common) -> &'static str {
        match self {
            Panel::Detail => t.panel_detail,
            Panel::Health => t.panel_health,
            Panel::Plot => t.panel_plot,
        }
    }
}

impl PanelState {
    /// Opens a panel for the person, without making it their choice.
    pub(super) fn reveal(&self, panel: Panel) {
        if *self.open != Some(panel) {
            self.before.set(*self.open);
            self.open.set(Some(panel));
        }
    }

    /// Returns to what was open before the entry was revealed.
    pub(super) fn conceal(&self) {
        if *self.open == Some(Panel::Detail) {
            self.open.set(*self.before);
        }
    }

    /// Opens a panel, or closes it if it is open already.
    fn toggle(&self, panel: Panel) {
        let open = (*self.open != Some(panel)).then_some(panel);
        self.open.set(open);
        self.before.set(open.filter(|panel| *panel != Panel::Detail));
        // Where storage is forbidden the choice lasts until the page is left.
        let _ = storage::set(STORAGE_KEY, open.map_or("", Panel::slug));
    }
}

/// The state of the side panel. At first the health is shown where there is room for it.
#[hook]
pub(super) fn use_panel() -> PanelState {
    let stored = || match storage::text(STORAGE_KEY) {
        Ok(Some(slug)) => Panel::ALL.into_iter().find(|panel| panel.slug() == slug),
        _ => is_wide().then_some(Panel::Health),
    };
    let open = use_state_eq(stored);
    let before = use_state_eq(|| stored().filter(|panel| *panel != Panel::Detail));
    PanelState { open, before }
}

fn is_wide() -> bool {
    web_sys::window()
        .and_then(|window| window.inner_width().ok()?.as_f64())
        .is_some_and(|width_px| width_px >= 1000.0)
}

#[derive(PartialEq, Properties)]
pub(super) struct SidePanelProps {
    pub(super) session: Session,
    pub(super) panel: PanelState,
    /// The selected entry.
    pub(super) entry: Option<Rc<OwnedEntry>>,
    /// The newest entry is shown, whatever it is.
    pub(super) pinned: bool,
    pub(super) on_close: Callback<()>,
}

#[component]
pub(super) fn SidePanel(props: &SidePanelProps) -> Html {
    let texts = use_texts();
    let t = &texts.common;
    let content = |panel: Panel| match panel {
        Panel::Detail => match props.entry.clone() {
            Some(entry) => html! {
                <Detail
                    session={props.session.clone()}
                    {entry}
                    pinned={props.pinned}
                    on_close={props.on_close.clone()}
                />
            },
            None => html! { <p class="panel-empty">{texts.log.no_selection}</p> },
        },
        Panel::Health => html! { <HealthPanel session={props.session.clone()} /> },
        Panel::Plot => html! { <PlotPanel session={props.session.clone()} /> },
    };
    html! {
        <>
            if let Some(panel) = *props.panel.open {
                <aside
                    class="panel"
                    data-testid="panel"
                    data-panel={panel.slug()}
                    aria-label={panel.name(t)}
                    // The keyboard has to get in to scroll it, and there may be nothing else to focus.
                    tabindex={(panel == Panel::Health).then_some("0")}
                >
                    {content(panel)}
                </aside>
            }
            <nav class="panel-rail" aria-label={t.panel}>
                for panel in Panel::ALL {
                    <button
                        class="panel-switch"
                        type="button"
                        aria-pressed={(*props.panel.open == Some(panel)).to_string()}
                        data-testid={format!("panel-{}", panel.slug())}
                        aria-keyshortcuts={panel.key()}
                        onclick={{
                            let state = props.panel.clone();
                            move |_: MouseEvent| state.toggle(panel)
                        }}
                    >
                        {picture(panel.icon())}
                        <span>{panel.name(t)}</span>
                    </button>
                }
            </nav>
        </>
    }
}
