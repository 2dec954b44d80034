//! Pings and Pongs by hand, and how messages are cut: what only a relay can do.
//!
//! `data-testid`: `frames` (the form), `ping-payload`, `ping-send`, `pong-send`, `frames-direct`.

use yew::prelude::*;

use crate::actions::stage::Scene;
use crate::actions::{Action, Sheet};
use crate::running::session::Session;
use crate::running::transport::Control;
use crate::texts::fill;
use crate::views::block::block;
use crate::views::buttons::word_button;
use crate::views::fields::input_value;
use crate::views::hooks::use_selected;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// RFC 6455, section 5.5.
const MAX_PAYLOAD: usize = 125;

#[derive(PartialEq)]
pub(super) struct FramesForm {
    pub(super) scene: Scene,
}

block!(FramesForm, use_frames_form);

#[hook]
fn use_frames_form(props: &FramesForm) -> Html {
    let texts = use_texts();
    let t = &texts.composer;
    let session = props.scene.session();
    let is_relayed = use_selected(session, |view| view.link.relayed);
    let payload = use_state_eq(String::new);
    let on_payload = {
        let payload = payload.setter();
        move |event: InputEvent| payload.set(input_value(&event))
    };
    let send = |control: Control| {
        let (session, payload): (Session, String) = (session.clone(), (*payload).clone());
        Callback::from(move |_: MouseEvent| session.control(control, payload.as_bytes()))
    };
    let submit = {
        let (session, payload) = (session.clone(), payload.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            session.control(Control::Ping, payload.as_bytes());
        }
    };
    // Whether Pings are answered, and how messages are cut.
    let settings = word_button(&props.scene, Action::Open(Sheet::Relay), "button", texts.settings.way_open);
    let is_long = payload.len() > MAX_PAYLOAD;
    html! {
        <section class="drawer-section" data-testid="frames">
            <h3 class="drawer-title">{t.frames}</h3>
            if *is_relayed {
                <form class="drawer-form" onsubmit={submit}>
                    <label class="drawer-label">
                        <span>{t.ping_payload}</span>
                        <input
                            class="field"
                            type="text"
                            data-testid="ping-payload"
                            autocomplete="off"
                            aria-invalid={is_long.to_string()}
                            value={(*payload).clone()}
                            oninput={on_payload}
                        />
                    </label>
                    <button class="button" type="submit" data-testid="ping-send" disabled={is_long}>{t.ping_send}</button>
                    <button
                        class="button"
                        type="button"
                        data-testid="pong-send"
                        disabled={is_long}
                        onclick={send(Control::Pong)}
                    >
                        {t.pong_send}
                    </button>
                    {settings}
                    <p class="drawer-hint">{fill(t.ping_long, &[&payload.len()])}</p>
                </form>
            } else {
                <div class="drawer-form">
                    {settings}
                    <p class="drawer-hint" data-testid="frames-direct">{t.frames_direct}</p>
                </div>
            }
        </section>
    }
}
