//! Keys that do something anywhere on the page.
//!
//! No letter is taken together with Ctrl, Alt or Meta, since those are the browser's and the system's, but for the
//! palette's Ctrl+K. Nothing happens while the person writes or something lies over the page; and all single keys can
//! be switched off (WCAG 2.2, 2.1.4).

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement, KeyboardEvent};

use super::stage::{Scene, Stage};
use super::{Action, SPECS, Sheet};
use crate::lasting::preferences;

/// Types of `<input>` that take no text.
const NOT_WRITTEN: [&str; 8] = ["button", "checkbox", "color", "file", "radio", "range", "reset", "submit"];

/// Follows the keys until dropped.
pub fn listen(stage: &Stage) -> Option<EventListener> {
    let stage = stage.clone();
    let window = web_sys::window()?;
    let options = EventListenerOptions::enable_prevent_default();
    Some(EventListener::new_with_options(&window, "keydown", options, move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        // What has the focus says which connection is meant.
        let scene = stage.around(event);
        if let Some(action) = action_of(event, &stage, &scene) {
            event.prevent_default();
            scene.perform(action);
        }
    }))
}

/// The action that a key stands for, among those that are possible.
pub(super) fn of_key(key: &str, scene: &Scene) -> Option<Action> {
    if let Ok(number @ 1..=9) = key.parse::<u8>() {
        return Some(Action::ShowTab(number)).filter(|action| scene.state(*action).possible);
    }
    let known = SPECS.iter().filter(|spec| spec.key == key).map(|spec| spec.action);
    known.into_iter().find(|action| scene.state(*action).possible)
}

fn action_of(event: &KeyboardEvent, stage: &Stage, scene: &Scene) -> Option<Action> {
    if event.default_prevented() || event.is_composing() || event.repeat() || stage.sheet().is_some() {
        return None;
    }
    let (key, commanded) = (event.key(), event.ctrl_key() != event.meta_key());
    if commanded && !event.alt_key() && !event.shift_key() && key.eq_ignore_ascii_case("k") {
        return Some(Action::Open(Sheet::Palette));
    }
    let is_plain = !event.ctrl_key() && !event.alt_key() && !event.meta_key();
    let is_on = preferences::single_keys() || key == "?";
    if !is_plain || !is_on || is_writing(event) {
        return None;
    }
    of_key(&key, scene)
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
