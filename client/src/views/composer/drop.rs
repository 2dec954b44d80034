//! Files dragged onto the page.

use std::cell::Cell;
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{DragEvent, Event, File, FileList};
use yew::prelude::*;

use crate::actions::stage::Scene;

/// Calls `on_files` with files that are dropped on the view of a connection, or beside all of them while it is the shown
/// one; tells whether some hover over it.
#[hook]
pub(super) fn use_drop(scene: &Scene, on_files: impl Fn(Vec<File>) + 'static) -> UseStateHandle<bool> {
    let is_hovering = use_state_eq(|| false);
    let latest = use_mut_ref(|| None::<Rc<dyn Fn(Vec<File>)>>);
    // The listeners stay; what they call is the newest.
    latest.replace(Some(Rc::new(on_files)));
    let hovering = is_hovering.setter();
    use_effect_with(scene.clone(), move |scene| {
        let listeners = web_sys::window().map(|window| {
            let inside = Rc::new(Cell::new(0_u32));
            let listen = |name: &'static str, act: Box<dyn Fn(&DragEvent)>| {
                let options = EventListenerOptions::enable_prevent_default();
                let scene = scene.clone();
                EventListener::new_with_options(&window, name, options, move |event: &Event| {
                    if let Some(event) = event.dyn_ref::<DragEvent>()
                        && !event.default_prevented()
                        && has_files(event)
                        && scene.is_around(event)
                    {
                        // Otherwise the browser leaves the page for the file.
                        event.prevent_default();
                        act(event);
                    }
                })
            };
            // Entering a child comes before leaving its parent, so that the count is zero only outside.
            let (enter, leave, drop) = (inside.clone(), inside.clone(), inside);
            let (on_enter, on_leave, on_drop) = (hovering.clone(), hovering.clone(), hovering);
            [
                listen(
                    "dragenter",
                    Box::new(move |_| {
                        enter.set(enter.get() + 1);
                        on_enter.set(true);
                    }),
                ),
                listen(
                    "dragleave",
                    Box::new(move |_| {
                        leave.set(leave.get().saturating_sub(1));
                        on_leave.set(leave.get() > 0);
                    }),
                ),
                listen("dragover", Box::new(|_| ())),
                listen(
                    "drop",
                    Box::new(move |event| {
                        drop.set(0);
                        on_drop.set(false);
                        let files = event.data_transfer().and_then(|data| data.files());
                        let files = files.map(|files| list(&files)).unwrap_or_default();
                        let call = latest.borrow().clone();
                        if let (Some(call), false) = (call, files.is_empty()) {
                            call(files);
                        }
                    }),
                ),
            ]
        });
        move || drop(listeners)
    });
    is_hovering
}

/// The files of a list.
pub(super) fn list(files: &FileList) -> Vec<File> {
    (0..files.length()).filter_map(|index| files.item(index)).collect()
}

fn has_files(event: &DragEvent) -> bool {
    event
        .data_transfer()
        .is_some_and(|data| data.types().iter().any(|kind| kind.as_string().as_deref() == Some("Files")))
}
