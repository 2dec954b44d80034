//! The page around the components: where it came from, what it was asked for, and what to do if it breaks.

use std::panic::PanicHookInfo;

use wasm_bindgen::JsValue;
use yew::AttrValue;

use crate::components::app::{App, AppProps};
use crate::model::address::Origin;
use crate::model::params::Params;
use crate::session::Session;

/// Mounts the page on `#app` and does what its address asks for.
pub fn run() {
    std::panic::set_hook(Box::new(show_panic));
    let page = origin();
    let params = Params::parse(&location(web_sys::Location::search));
    let address = params.url.clone().unwrap_or_else(|| page.endpoint());
    let session = Session::new(page, &params);
    let props = AppProps { session: session.clone(), address: AttrValue::from(address.clone()) };
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("app"));
    match root {
        Some(root) => yew::Renderer::<App>::with_root_and_props(root, props).render(),
        None => yew::Renderer::<App>::with_props(props).render(),
    };
    if params.connect {
        session.connect(&address, "");
    }
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
