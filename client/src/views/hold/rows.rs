use yew::prelude::*;

use super::preview;
use crate::model::format::{countdown, size};
use crate::model::held::{Breakpoint, Held};
use crate::model::visible::foreign;
use crate::texts::fill;
use crate::texts::settings::Settings;
use crate::views::fields::is_checked;
use crate::views::markup::html;

/// What the server is told: a method and an address.
type Tell = Callback<(&'static str, String)>;

pub(super) fn breakpoint_row(breakpoint: &Breakpoint, tell: &Tell, t: &'static Settings) -> Html {
    let number = breakpoint.number;
    let address = format!("api/breakpoints/{number}");
    let turn = {
        let (tell, address) = (tell.clone(), address.clone());
        move |event: Event| {
            let on = if is_checked(&event) { "on" } else { "off" };
            tell.emit(("POST", format!("{address}?on={on}")));
        }
    };
    let remove = {
        let tell = tell.clone();
        move |_: MouseEvent| tell.emit(("DELETE", address.clone()))
    };
    let what = if breakpoint.filter.is_empty() { t.hold_all.to_owned() } else { foreign(&breakpoint.filter) };
    let place = if breakpoint.place.is_empty() { t.hold_everywhere } else { &breakpoint.place };
    let facts = [direction(&breakpoint.direction, t), place, &breakpoint.deadline].join(" · ");
    html! {
        <li class="hold-line hold-item" key={number} data-testid="breakpoint" data-number={number.to_string()}>
            <input
                type="checkbox"
                data-testid="breakpoint-on"
                aria-label={fill(t.hold_on, &[&number])}
                checked={breakpoint.on}
                onchange={turn}
            />
            <code class="hold-text">{what}</code>
            <span class="setting-hint">{facts}</span>
            <button
                class="button small"
                type="button"
                data-testid="breakpoint-remove"
                aria-label={fill(t.hold_remove_number, &[&number])}
                onclick={remove}
            >
                {t.hold_remove}
            </button>
        </li>
    }
}

pub(super) fn held_row(
    held: &Held,
    elapsed: u64,
    tell: &Tell,
    edit: &Callback<u64>,
    t: &'static Settings,
) -> Html {
    let id = held.id;
    let does = |what: &str| {
        let (tell, address) = (tell.clone(), format!("api/held/{id}/{what}"));
        Callback::from(move |_: MouseEvent| tell.emit(("POST", address.clone())))
    };
    let edit = {
        let edit = edit.clone();
        Callback::from(move |_: MouseEvent| edit.emit(id))
    };
    let left = countdown(held.millis_left.saturating_sub(elapsed) / 1000 * 1000);
    let (arrow, way) = if held.to_target { ("→", t.hold_to_target) } else { ("←", t.hold_to_client) };
    let from = format!("{arrow} {way} · #{} {} · {}", held.connection, held.via, size(held.size));
    html! {
        <li class="hold-line hold-item" key={id} data-testid="held" data-id={id.to_string()}>
            <span class="hold-facts">
                <b>{id.to_string()}</b>
                <span>{from}</span>
                <span data-testid="held-left">{left}</span>
            </span>
            <code class="hold-text" data-testid="held-text">{preview(&held.payload)}</code>
            <span class="hold-buttons">
                for (testid, name, label, on_click) in [
                    ("held-pass", t.hold_pass, t.hold_pass_number, does("pass")),
                    ("held-drop", t.hold_drop, t.hold_drop_number, does("drop")),
                    ("held-edit", t.hold_edit, t.hold_edit_number, edit),
                ] {
                    <button
                        class="button small"
                        type="button"
                        key={testid}
                        data-testid={testid}
                        aria-label={fill(label, &[&id])}
                        onclick={on_click}
                    >
                        {name}
                    </button>
                }
            </span>
        </li>
    }
}

/// A direction in words.
pub(super) fn direction(word: &str, t: &'static Settings) -> &'static str {
    match word {
        "to-target" => t.hold_to_target,
        "to-client" => t.hold_to_client,
        _ => t.hold_both,
    }
}
