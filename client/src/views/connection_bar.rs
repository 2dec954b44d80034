//! Where to connect to, and how.

use web_sys::SubmitEvent;
use yew::prelude::*;

use super::buttons::{act, icon_button, word_button};
use super::fields::input_value;
use super::settings::connection::way;
use crate::actions::stage::Scene;
use crate::actions::{Action, Sheet};
use crate::model::format::countdown;
use crate::running::session::{Draft, View};
use crate::texts::{Texts, fill};
use crate::views::markup::html;

const FAULTS: Action = Action::Open(Sheet::Faults);
const RELAY: Action = Action::Open(Sheet::Relay);
const WATCH: Action = Action::Open(Sheet::Watch);

pub(super) fn connection_bar(scene: &Scene, view: &View, texts: &'static Texts) -> Html {
    let t = &texts.common;
    let session = scene.session();
    let draft = session.draft();
    let submit = {
        let session = session.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            session.connect();
        }
    };
    let on_address = {
        let session = session.clone();
        move |event: InputEvent| {
            session.set_draft(Draft { address: input_value(&event).into(), ..session.draft() });
        }
    };
    let on_protocols = {
        let session = session.clone();
        move |event: InputEvent| {
            session.set_draft(Draft { protocols: input_value(&event).into(), ..session.draft() });
        }
    };
    let heartbeat = match view.heartbeat {
        Some(interval) => {
            let interval = countdown(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX));
            fill(t.heartbeat_after, &[&interval])
        }
        None => t.heartbeat.to_owned(),
    };
    html! {
        <section class="connection-bar" aria-label={t.address}>
            <form class="connection-form" onsubmit={submit}>
                <input
                    ref={scene.places().address.clone()}
                    class="field address"
                    data-testid="url"
                    aria-keyshortcuts={Action::EditAddress.key()}
                    type="text"
                    inputmode="url"
                    aria-label={t.address}
                    placeholder="ws://host:port/path"
                    autocomplete="url"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="go"
                    value={draft.address.clone()}
                    oninput={on_address}
                />
                if scene.state(Action::Connect).possible {
                    <button
                        class="button primary"
                        type="submit"
                        data-testid="connect"
                        aria-keyshortcuts={Action::Connect.key()}
                    >
                        {t.connect}
                    </button>
                }
                if scene.state(Action::Disconnect).possible {
                    {word_button(scene, Action::Disconnect, "button", t.disconnect)}
                }
            </form>
            {options_button(scene, texts)}
            <div class="options" id={scene.id("options")} hidden={!scene.shows_options()}>
                <label class="option">
                    <span>{t.subprotocols}</span>
                    <input
                        class="field"
                        data-testid="protocols"
                        type="text"
                        placeholder={t.subprotocols_hint}
                        autocapitalize="off"
                        autocomplete="off"
                        spellcheck="false"
                        value={draft.protocols}
                        oninput={on_protocols}
                    />
                </label>
                {toggle(scene, Action::Reconnect, t.reconnect, None)}
                {toggle(scene, Action::Heartbeat, &heartbeat, Some(t.heartbeat_hint.to_owned()))}
                {toggle(scene, Action::Relay, texts.settings.relay_toggle, Some(way(&session.options(), &texts.settings)))}
                {word_button(scene, RELAY, "button small", texts.settings.way_open)}
                if scene.state(FAULTS).possible {
                    {word_button(scene, FAULTS, "button small", texts.settings.faults_open)}
                    {word_button(scene, WATCH, "button small", texts.settings.watch_open)}
                }
            </div>
        </section>
    }
}

fn options_button(scene: &Scene, texts: &'static Texts) -> Html {
    html! {
        <span class="options-toggle" aria-controls={scene.id("options")}>
            {icon_button(scene, Action::Options, "button icon-button", texts)}
        </span>
    }
}

fn toggle(scene: &Scene, action: Action, words: &str, hint: Option<String>) -> Html {
    html! {
        <label class="option" title={hint}>
            <input
                type="checkbox"
                data-testid={action.spec().slug}
                checked={scene.state(action).on == Some(true)}
                onchange={act::<Event>(scene, action)}
            />
            <span>{words}</span>
        </label>
    }
}
