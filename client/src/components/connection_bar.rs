//! Where to connect to, and how.

use std::time::Duration;

use web_sys::SubmitEvent;
use yew::prelude::*;

use super::fields::{input_value, is_checked};
use super::icons::{Icon, picture};
use crate::i18n::{fill, use_texts};
use crate::model::format::countdown;
use crate::session::{Draft, Session};

#[derive(PartialEq, Properties)]
pub(super) struct ConnectionBarProps {
    pub(super) session: Session,
    pub(super) draft: Draft,
    pub(super) on_draft: Callback<Draft>,
    pub(super) on_connect: Callback<()>,
    /// Nothing is under way.
    pub(super) is_final: bool,
    /// The address in the field is not the one connected to.
    pub(super) is_other: bool,
    pub(super) heartbeat: Option<Duration>,
    pub(super) reconnect: bool,
}

#[component]
pub(super) fn ConnectionBar(props: &ConnectionBarProps) -> Html {
    let t = &use_texts().common;
    let options = use_state_eq(|| false);
    let session = &props.session;
    let submit = props.on_connect.reform(|event: SubmitEvent| event.prevent_default());
    let on_address = {
        let (session, on_draft) = (session.clone(), props.on_draft.clone());
        move |event: InputEvent| {
            on_draft.emit(Draft { address: input_value(&event).into(), ..session.draft() });
        }
    };
    let on_protocols = {
        let (session, on_draft) = (session.clone(), props.on_draft.clone());
        move |event: InputEvent| {
            on_draft.emit(Draft { protocols: input_value(&event).into(), ..session.draft() });
        }
    };
    let disconnect = {
        let session = session.clone();
        move |_: MouseEvent| session.disconnect()
    };
    let toggle_options = {
        let options = options.clone();
        move |_: MouseEvent| options.set(!*options)
    };
    let (for_heartbeat, for_reconnect) = (session.clone(), session.clone());
    let heartbeat_label = match props.heartbeat {
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
                    class="field address"
                    data-testid="url"
                    aria-keyshortcuts="u"
                    type="text"
                    inputmode="url"
                    aria-label={t.address}
                    placeholder="ws://host:port/path"
                    autocomplete="url"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="go"
                    value={props.draft.address.clone()}
                    oninput={on_address}
                />
                if props.is_final || props.is_other {
                    <button class="button primary" type="submit" data-testid="connect" aria-keyshortcuts="c">
                        {t.connect}
                    </button>
                }
                if !props.is_final {
                    <button
                        class="button"
                        type="button"
                        data-testid="disconnect"
                        aria-keyshortcuts="d"
                        onclick={disconnect}
                    >
                        {t.disconnect}
                    </button>
                }
            </form>
            <button
                class="button icon-button"
                type="button"
                title={t.options}
                aria-label={t.options}
                aria-expanded={options.to_string()}
                aria-controls="options"
                data-testid="options-toggle"
                onclick={toggle_options}
            >
                {picture(Icon::Sliders)}
            </button>
            <div class="options" id="options" hidden={!*options}>
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
                        value={props.draft.protocols.clone()}
                        oninput={on_protocols}
                    />
                </label>
                <label class="option">
                    <input
                        type="checkbox"
                        data-testid="reconnect-toggle"
                        checked={props.reconnect}
                        onchange={move |event: Event| for_reconnect.set_reconnect(is_checked(&event))}
                    />
                    <span>{t.reconnect}</span>
                </label>
                <label class="option" title={t.heartbeat_hint}>
                    <input
                        type="checkbox"
                        data-testid="heartbeat-toggle"
                        checked={props.heartbeat.is_some()}
                        onchange={move |event: Event| for_heartbeat.set_heartbeat(is_checked(&event))}
                    />
                    <span>{heartbeat_label}</span>
                </label>
            </div>
        </section>
    }
}
