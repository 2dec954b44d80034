//! The settings of the connection that is shown, and of the page.
//!
//! `data-testid`: `settings` (the dialog), `settings-<pane>` (the tabs: `heartbeat`, `reconnect`, `relay`, `opening`,
//! `answers`, `log`, `appearance`, `server`), `dialog-close`, `setting-problem`. The fields are named in their files.

mod answers;
pub(super) mod connection;
mod editor;
mod opening;
mod page;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use self::editor::use_editor;
use self::page::{Appearance, LogSettings, OwnServer};
use super::dialog::Dialog;
use crate::actions::stage::{Scene, Stage};
use crate::running::transport::ask_for_relay;
use crate::texts::settings::Settings as Texts;
use crate::views::block::{Block, block};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

#[derive(PartialEq)]
pub(super) struct Settings {
    pub(super) stage: Stage,
    /// The connection that is shown.
    pub(super) scene: Scene,
    pub(super) on_close: Callback<()>,
    /// What is shown first.
    pub(super) pane: Pane,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Heartbeat,
    Reconnect,
    Relay,
    Opening,
    Answers,
    Log,
    Appearance,
    Server,
}

impl Pane {
    const ALL: [Pane; 8] = [
        Pane::Heartbeat,
        Pane::Reconnect,
        Pane::Relay,
        Pane::Opening,
        Pane::Answers,
        Pane::Log,
        Pane::Appearance,
        Pane::Server,
    ];

    fn slug(self) -> &'static str {
        match self {
            Pane::Heartbeat => "heartbeat",
            Pane::Reconnect => "reconnect",
            Pane::Relay => "relay",
            Pane::Opening => "opening",
            Pane::Answers => "answers",
            Pane::Log => "log",
            Pane::Appearance => "appearance",
            Pane::Server => "server",
        }
    }

    fn name(self, t: &Texts) -> &'static str {
        match self {
            Pane::Heartbeat => t.pane_heartbeat,
            Pane::Reconnect => t.pane_reconnect,
            Pane::Relay => t.pane_relay,
            Pane::Opening => t.pane_opening,
            Pane::Answers => t.pane_answers,
            Pane::Log => t.pane_log,
            Pane::Appearance => t.pane_appearance,
            Pane::Server => t.pane_server,
        }
    }

    /// What it concerns.
    fn scope(self, t: &Texts) -> &'static str {
        match self {
            Pane::Heartbeat => t.times_kept,
            Pane::Reconnect => t.kept_for_new,
            Pane::Relay | Pane::Opening | Pane::Answers => t.only_here,
            Pane::Log | Pane::Appearance | Pane::Server => t.for_all,
        }
    }
}

block!(Settings, use_settings);

#[hook]
fn use_settings(props: &Settings) -> Html {
    let texts = use_texts();
    let t = &texts.settings;
    let pane = use_state_eq(|| props.pane);
    let trouble = use_state_eq(|| None);
    {
        let trouble = trouble.setter();
        use_effect_on(*pane == Pane::Relay, move |is_relay| {
            if *is_relay {
                ask_for_relay(Box::new(move |found| trouble.set(found)));
            }
        });
    }
    let editor = use_editor(props.scene.session());
    let strip = use_node_ref();
    let on_key = {
        let (pane, strip) = (pane.clone(), strip.clone());
        move |event: KeyboardEvent| {
            let at = Pane::ALL.iter().position(|known| *known == *pane).unwrap_or(0);
            let count = Pane::ALL.len();
            let next = match event.key().as_str() {
                "ArrowDown" | "ArrowRight" => (at + 1) % count,
                "ArrowUp" | "ArrowLeft" => (at + count - 1) % count,
                "Home" => 0,
                "End" => count - 1,
                _ => return,
            };
            event.prevent_default();
            pane.set(Pane::ALL[next]);
            let tabs =
                strip.cast::<HtmlElement>().and_then(|strip| strip.query_selector_all("[role=tab]").ok());
            let tab = tabs.and_then(|tabs| tabs.item(u32::try_from(next).ok()?));
            if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
                let _ = tab.focus();
            }
        }
    };
    let content = match *pane {
        Pane::Heartbeat => connection::heartbeat(&editor, t),
        Pane::Reconnect => connection::reconnect(&editor, t),
        Pane::Relay => connection::relay(&editor, *trouble, texts),
        Pane::Opening => opening::opening(&editor, t),
        Pane::Answers => answers::answers(&editor, t),
        Pane::Log => LogSettings { workspace: props.stage.workspace().clone() }.block(),
        Pane::Appearance => Appearance { stage: props.stage.clone(), theme: props.stage.theme() }.block(),
        Pane::Server => OwnServer.block(),
    };
    Dialog {
        title: t.title,
        name: "settings",
        on_close: props.on_close.clone(),
        children: html! {
            <div class="settings-body">
                <div
                    ref={strip}
                    class="settings-tabs"
                    role="tablist"
                    aria-orientation="vertical"
                    aria-label={t.sections}
                    onkeydown={on_key}
                >
                    for known in Pane::ALL {
                        if let Some(heading) = heading(known, t) {
                            <span class="settings-group" role="presentation" key={heading}>{heading}</span>
                        }
                        <button
                            key={known.slug()}
                            class="settings-tab"
                            type="button"
                            role="tab"
                            id={format!("settings-tab-{}", known.slug())}
                            aria-selected={(known == *pane).to_string()}
                            aria-controls="settings-pane"
                            tabindex={if known == *pane { "0" } else { "-1" }}
                            autofocus={known == props.pane}
                            data-testid={format!("settings-{}", known.slug())}
                            onclick={{
                                let pane = pane.setter();
                                move |_: MouseEvent| pane.set(known)
                            }}
                        >
                            {known.name(t)}
                        </button>
                    }
                </div>
                <div
                    class="settings-pane"
                    id="settings-pane"
                    key={pane.slug()}
                    role="tabpanel"
                    tabindex="0"
                    aria-labelledby={format!("settings-tab-{}", pane.slug())}
                >
                    <p class="settings-scope">{pane.scope(t)}</p>
                    {content}
                </div>
            </div>
        },
    }
    .block()
}

/// What begins with a pane.
fn heading(pane: Pane, t: &Texts) -> Option<&'static str> {
    match pane {
        Pane::Heartbeat => Some(t.of_connection),
        Pane::Log => Some(t.of_page),
        Pane::Reconnect | Pane::Relay | Pane::Opening | Pane::Answers | Pane::Appearance | Pane::Server => {
            None
        }
    }
}
