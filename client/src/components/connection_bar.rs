//! Where to connect to, and how.

use std::time::Duration;

use web_sys::{HtmlInputElement, SubmitEvent};
use yew::prelude::*;

use super::icons::{Icon, Picture};
use super::theme::ThemeToggle;
use crate::model::format::countdown;
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct ConnectionBarProps {
    pub(super) session: Session,
    pub(super) address: AttrValue,
    pub(super) protocols: AttrValue,
    pub(super) on_address: Callback<AttrValue>,
    pub(super) on_protocols: Callback<AttrValue>,
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
    let options = use_state_eq(|| false);
    let session = &props.session;
    let submit = props.on_connect.reform(|event: SubmitEvent| event.prevent_default());
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
            format!(
                "Heartbeat after {} of silence",
                countdown(u64::try_from(interval.as_millis()).unwrap_or(u64::MAX))
            )
        }
        None => "Heartbeat".to_owned(),
    };
    html! {
        <header class="connection-bar">
            <h1 class="brand">
                <svg class="brand-mark" viewBox="0 0 32 20" aria-hidden="true">
                    <path d="M1 11h7l3-8 5 15 4-11 2 4h9" />
                </svg>
                <span class="brand-name">{"Heartwire"}</span>
            </h1>
            <form class="connection-form" onsubmit={submit}>
                <input
                    class="field address"
                    data-testid="url"
                    type="text"
                    inputmode="url"
                    aria-label="WebSocket address"
                    placeholder="ws://host:port/path"
                    autocomplete="url"
                    autocapitalize="off"
                    spellcheck="false"
                    enterkeyhint="go"
                    value={props.address.clone()}
                    oninput={props.on_address.reform(input_value)}
                />
                if props.is_final || props.is_other {
                    <button class="button primary" type="submit" data-testid="connect">{"Connect"}</button>
                }
                if !props.is_final {
                    <button class="button" type="button" data-testid="disconnect" onclick={disconnect}>
                        {"Disconnect"}
                    </button>
                }
            </form>
            <button
                class="button icon-button"
                type="button"
                title="Options"
                aria-label="Options"
                aria-expanded={options.to_string()}
                aria-controls="options"
                data-testid="options-toggle"
                onclick={toggle_options}
            >
                <Picture icon={Icon::Sliders} />
            </button>
            <ThemeToggle />
            <div class="options" id="options" hidden={!*options}>
                <label class="option">
                    <span>{"Subprotocols"}</span>
                    <input
                        class="field"
                        data-testid="protocols"
                        type="text"
                        placeholder="none; several with commas"
                        autocapitalize="off"
                        autocomplete="off"
                        spellcheck="false"
                        value={props.protocols.clone()}
                        oninput={props.on_protocols.reform(input_value)}
                    />
                </label>
                <label class="option">
                    <input
                        type="checkbox"
                        data-testid="reconnect-toggle"
                        checked={props.reconnect}
                        onchange={move |event: Event| for_reconnect.set_reconnect(is_checked(&event))}
                    />
                    <span>{"Reconnect by itself"}</span>
                </label>
                <label class="option" title="A message that the server is expected to echo">
                    <input
                        type="checkbox"
                        data-testid="heartbeat-toggle"
                        checked={props.heartbeat.is_some()}
                        onchange={move |event: Event| for_heartbeat.set_heartbeat(is_checked(&event))}
                    />
                    <span>{heartbeat_label}</span>
                </label>
            </div>
        </header>
    }
}

fn input_value(event: InputEvent) -> AttrValue {
    event.target_dyn_into::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default().into()
}

fn is_checked(event: &Event) -> bool {
    event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked())
}
