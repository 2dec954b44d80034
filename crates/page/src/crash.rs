//! What is shown after a panic.

use std::panic::PanicHookInfo;

use wasm_bindgen::JsValue;

/// From here on the document's `#crash` is shown when something panics, with what was said.
pub fn watch() {
    std::panic::set_hook(Box::new(show_panic));
}

/// After a panic nothing in here runs reliably, so the message goes to a plain element of the page.
fn show_panic(info: &PanicHookInfo<'_>) {
    web_sys::console::error_1(&JsValue::from_str(&info.to_string()));
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    if let Some(element) = document.get_element_by_id("crash") {
        let _ = element.remove_attribute("hidden");
    }
    if let Some(element) = document.get_element_by_id("crash-text") {
        element.set_text_content(Some(&info.to_string()));
    }
}
