//! What makes a chart draw itself again although its values are the same.

use std::fmt;

use gloo_events::EventListener;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, IntersectionObserver, IntersectionObserverEntry, MediaQueryList, MutationObserver,
    MutationObserverInit, ResizeObserver,
};

/// Watches an element's size, whether it is in sight, and the theme. Stops when dropped.
pub(super) struct Watch {
    size: Option<ResizeObserver>,
    sight: Option<IntersectionObserver>,
    theme: Option<MutationObserver>,
    _system_theme: Option<EventListener>,
    _on_change: Closure<dyn FnMut()>,
    _on_sight: Closure<dyn FnMut(js_sys::Array)>,
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

impl Watch {
    /// Calls `on_change` after a change of size or theme, and `on_sight` with whether the element can be seen.
    /// A browser without one of the observers only draws less readily.
    pub(super) fn new(
        element: &Element,
        on_change: impl Fn() + Clone + 'static,
        on_sight: impl Fn(bool) + 'static,
    ) -> Watch {
        let system_theme = dark_query().map(|query| {
            let on_change = on_change.clone();
            EventListener::new(&query, "change", move |_| on_change())
        });
        let on_change = Closure::<dyn FnMut()>::new(on_change);
        let on_sight = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
            // The last entry is the latest.
            let latest = entries.at(-1).dyn_into::<IntersectionObserverEntry>();
            on_sight(latest.is_ok_and(|entry| entry.is_intersecting()));
        });
        let size = ResizeObserver::new(on_change.as_ref().unchecked_ref()).ok();
        let sight = IntersectionObserver::new(on_sight.as_ref().unchecked_ref()).ok();
        let theme = MutationObserver::new(on_change.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &size {
            observer.observe(element);
        }
        if let Some(observer) = &sight {
            observer.observe(element);
        }
        let root = element.owner_document().and_then(|document| document.document_element());
        if let (Some(observer), Some(root)) = (&theme, root) {
            let options = MutationObserverInit::new();
            options.set_attribute_filter(&js_sys::Array::of1(&JsValue::from_str("data-theme")));
            // Only contradictory options are refused.
            let _ = observer.observe_with_options(&root, &options);
        }
        Watch { size, sight, theme, _system_theme: system_theme, _on_change: on_change, _on_sight: on_sight }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(observer) = &self.size {
            observer.disconnect();
        }
        if let Some(observer) = &self.sight {
            observer.disconnect();
        }
        if let Some(observer) = &self.theme {
            observer.disconnect();
        }
    }
}

/// Whether the person asked for less motion.
pub(super) fn reduced_motion() -> bool {
    media("(prefers-reduced-motion: reduce)").is_some_and(|query| query.matches())
}

fn dark_query() -> Option<MediaQueryList> {
    media("(prefers-color-scheme: dark)")
}

fn media(query: &str) -> Option<MediaQueryList> {
    web_sys::window()?.match_media(query).ok()?
}
