//! What to send.

use link::Message;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use crate::model::history::History;
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct ComposerProps {
    pub(super) session: Session,
    pub(super) is_open: bool,
    /// Messages are neither sent nor queued.
    pub(super) is_closed: bool,
}

/// The text lives in the element alone: a message of a megabyte need not pass through here on every key.
#[component]
pub(super) fn Composer(props: &ComposerProps) -> Html {
    let area = use_node_ref();
    let history = use_mut_ref(History::default);

    let send = {
        let (session, area, history) = (props.session.clone(), area.clone(), history.clone());
        move || {
            let Some(area) = area.cast::<HtmlTextAreaElement>() else { return };
            let text = area.value();
            if session.send(Message::Text(text.clone())) {
                history.borrow_mut().push(&text);
                area.set_value("");
            }
            // A tap on the button would otherwise put the keyboard of a phone away.
            let _ = area.focus();
        }
    };
    let on_send = {
        let send = send.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            send();
        }
    };
    let on_key = {
        let (area, history) = (area.clone(), history.clone());
        move |event: KeyboardEvent| {
            let Some(area) = area.cast::<HtmlTextAreaElement>() else { return };
            // Enter and arrows belong to the input method while it composes; 229 is how Safari says so.
            if event.is_composing() || event.key_code() == 229 {
                return;
            }
            let plain = !event.shift_key() && !event.ctrl_key() && !event.alt_key() && !event.meta_key();
            let mut history = history.borrow_mut();
            match event.key().as_str() {
                "Enter" if !event.shift_key() && !event.alt_key() => {
                    event.prevent_default();
                    drop(history);
                    // Sending nothing is possible with the button; with a key it is rather a slip.
                    if !area.value().is_empty() {
                        send();
                    }
                }
                "ArrowUp" if plain && (history.is_recalling() || at_start(&area)) => {
                    let recalled = history.older(&area.value()).map(str::to_owned);
                    show(&area, &event, recalled);
                }
                "ArrowDown" if plain && history.is_recalling() => {
                    let recalled = history.newer().map(str::to_owned);
                    show(&area, &event, recalled);
                }
                "ArrowLeft" | "ArrowRight" | "Home" | "End" => history.edited(),
                _ => {}
            }
        }
    };
    let on_input = move |_: InputEvent| history.borrow_mut().edited();

    let placeholder = if props.is_open {
        "Message"
    } else if props.is_closed {
        "Message, to send once connected"
    } else {
        "Message, queued until connected"
    };
    html! {
        <form class="composer" onsubmit={on_send}>
            <textarea
                class="field composer-text"
                ref={area}
                data-testid="composer"
                aria-label="Message"
                aria-describedby="composer-keys"
                rows="1"
                {placeholder}
                autocomplete="off"
                spellcheck="false"
                onkeydown={on_key}
                oninput={on_input}
            />
            <button
                class={classes!("button", props.is_open.then_some("primary"))}
                type="submit"
                data-testid="send"
            >
                {if props.is_open || props.is_closed { "Send" } else { "Queue" }}
            </button>
            <p class="composer-keys" id="composer-keys">
                <kbd>{"Enter"}</kbd>{" sends"}
                <span aria-hidden="true">{" · "}</span>
                <kbd>{"Shift"}</kbd>{" "}<kbd>{"Enter"}</kbd>{" breaks the line"}
                <span aria-hidden="true">{" · "}</span>
                <kbd>{"↑"}</kbd>{" recalls"}
            </p>
        </form>
    }
}

fn at_start(area: &HtmlTextAreaElement) -> bool {
    let start = area.selection_start().ok().flatten();
    start == Some(0) && area.selection_end().ok().flatten() == Some(0)
}

/// Puts a recalled message in place of the text. At either end of the history the text stays.
fn show(area: &HtmlTextAreaElement, event: &KeyboardEvent, recalled: Option<String>) {
    event.prevent_default();
    if let Some(text) = recalled {
        area.set_value(&text);
    }
}
