//! Heartwire's second page: chat, prices and a game over the live channels, each with a button that cuts its connection.
//!
//! ```text
//!   browser ──▶ line ──▶ scene ──▶ views
//!   socket,     Link     a state   drawn at most
//!   timer       clock    machine   once a frame
//! ```
//!
//! - [`model`] is what is shown, as data: each scene is a state machine over one of `protocol`'s, free of the browser.
//! - [`running`] drives a scene over a socket.
//! - [`views`] draw it in the words of [`texts`].

pub mod model;
pub mod running;
pub mod texts;
pub mod views;

use crate::model::address::Params;
use crate::views::{App, AppProps};

/// Mounts the page on `#app`.
pub fn run() {
    page::crash::watch();
    let Some(window) = web_sys::window() else { return };
    let location = window.location();
    let scheme = if location.protocol().is_ok_and(|protocol| protocol == "https:") { "wss" } else { "ws" };
    let base = format!("{scheme}://{}", location.host().unwrap_or_default());
    let params = Params::parse(&location.search().unwrap_or_default());
    let root = window.document().and_then(|document| document.get_element_by_id("app"));
    if let Some(root) = root {
        yew::Renderer::<App>::with_root_and_props(root, AppProps { base, params }).render();
    }
}
