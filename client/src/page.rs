//! The page around the components: where it came from, what it was asked for, and what to do if it breaks.

use std::panic::PanicHookInfo;

use wasm_bindgen::JsValue;

use crate::lasting::profiles::{follow_link, is_link};
use crate::model::address::Origin;
use crate::model::params::Params;
use crate::running::workspace::Workspace;
use crate::views::app::{App, AppProps};

/// Mounts the page on `#app` and does what its address asks for.
pub fn run() {
    std::panic::set_hook(Box::new(show_panic));
    let page = origin();
    let params = Params::parse(&location(web_sys::Location::search));
    let fragment = location(web_sys::Location::hash);
    // A link with a profile is somebody else's: it never connects by itself.
    let connect = params.connect && !is_link(&fragment);
    let workspace = Workspace::new(page, params);
    follow_link(&workspace, &workspace.active(), &fragment);
    if connect {
        // Before the page is drawn: both take their time, and neither needs the other.
        workspace.active().connect();
    }
    let props = AppProps { workspace, keep: true };
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("app"));
    match root {
        Some(root) => yew::Renderer::<App>::with_root_and_props(root, props).render(),
        None => yew::Renderer::<App>::with_props(props).render(),
    };
}

/// Where the page came from.
fn origin() -> Origin {
    Origin {
        secure: location(web_sys::Location::protocol) == "https:",
        host: location(web_sys::Location::host),
    }
}

fn location(part: impl Fn(&web_sys::Location) -> Result<String, JsValue>) -> String {
    web_sys::window().and_then(|window| part(&window.location()).ok()).unwrap_or_default()
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
