//! Keys that do something anywhere on the page.
//!
//! An element that a key leads to says so itself, with `aria-keyshortcuts`: a button is pressed, anything else gets
//! the focus. The first one in the page that can be seen counts. The rest is here.
//!
//! No key with Ctrl, Alt or Meta is taken, since those are the browser's and the system's; nothing happens while the
//! person writes or a dialog is open; and all of it can be switched off (WCAG 2.2, 2.1.4).

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use crate::components::app::Sheet;
use crate::preferences;
use crate::workspace::Workspace;

/// Types of `<input>` that take no text.
const NOT_WRITTEN: [&str; 8] = ["button", "checkbox", "color", "file", "radio", "range", "reset", "submit"];

/// Follows the keys for as long as the page lives.
#[hook]
pub(in crate::components) fn use_shortcuts(workspace: &Workspace, open: Callback<Sheet>) {
    use_effect_with((workspace.clone(), open), |(workspace, open)| {
        let (workspace, open) = (workspace.clone(), open.clone());
        let listener = web_sys::window().map(|window| {
            let options = EventListenerOptions::enable_prevent_default();
            EventListener::new_with_options(&window, "keydown", options, move |event| {
                let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
                if concerns_us(event) && act(&event.key(), &workspace, &open) {
                    event.prevent_default();
                }
            })
        });
        move || drop(listener)
    });
}

/// Whether the key is meant for the page as a whole.
fn concerns_us(event: &KeyboardEvent) -> bool {
    let is_plain = !event.ctrl_key() && !event.alt_key() && !event.meta_key();
    let is_free = !event.default_prevented() && !event.is_composing() && !event.repeat();
    let is_on = preferences::single_keys() || event.key() == "?";
    is_plain && is_free && is_on && !is_writing(event) && find("dialog[open]").is_none()
}

/// Whether a key changes what the focus is in.
fn is_writing(event: &KeyboardEvent) -> bool {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()) else {
        return false;
    };
    match target.dyn_ref::<HtmlInputElement>() {
        Some(input) => !NOT_WRITTEN.contains(&input.type_().as_str()),
        None => matches!(target.tag_name().as_str(), "TEXTAREA" | "SELECT") || target.is_content_editable(),
    }
}

/// Does what a key stands for; says whether it stands for anything.
fn act(key: &str, workspace: &Workspace, open: &Callback<Sheet>) -> bool {
    match key {
        "?" => open.emit(Sheet::Help),
        "," => open.emit(Sheet::Settings),
        "p" => open.emit(Sheet::Profiles),
        "[" => workspace.step(false),
        "]" => workspace.step(true),
        "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" => {
            let tabs = workspace.tabs();
            let number: usize = key.parse().unwrap_or(1);
            let Some(tab) = tabs.tabs.get(number - 1) else { return false };
            workspace.activate(tab.id);
        }
        _ => return go(key),
    }
    true
}

/// Presses the button that a key stands for, or moves the focus there.
fn go(key: &str) -> bool {
    // Others would need escaping in the selector, and stand for nothing.
    if key.chars().count() != 1 || key == "\"" || key == "\\" {
        return false;
    }
    let Some(element) = find(&format!("[aria-keyshortcuts=\"{key}\"]")) else { return false };
    if element.tag_name() == "BUTTON" {
        element.click();
    } else {
        let _ = element.focus();
        if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
            input.select();
        }
    }
    true
}

/// The first element of the document that matches and can be seen.
fn find(selector: &str) -> Option<HtmlElement> {
    let found = web_sys::window()?.document()?.query_selector_all(selector).ok()?;
    (0..found.length())
        .filter_map(|index| found.item(index)?.dyn_into::<HtmlElement>().ok())
        .find(|element| is_seen(element))
}

fn is_seen(element: &Element) -> bool {
    let shape = element.get_bounding_client_rect();
    shape.width() > 0.0 && shape.height() > 0.0
}
