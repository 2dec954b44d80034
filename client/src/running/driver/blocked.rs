//! What the page's Content-Security-Policy keeps it from.

use std::cell::RefCell;

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{Document, SecurityPolicyViolationEvent};

use crate::model::address;

thread_local! {
    /// What the page's Content-Security-Policy last kept it from: a server, and by which directive.
    static BLOCKED: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

/// The directive of the page's Content-Security-Policy by which a server was blocked last, if it was. Asked once, it is
/// forgotten.
pub fn blocked_by(server: &str) -> Option<String> {
    BLOCKED.take().filter(|(blocked, _)| blocked == server).map(|(_, directive)| directive)
}

/// Takes note of it until dropped.
pub(super) fn listen(document: &Document) -> EventListener {
    EventListener::new(document, "securitypolicyviolation", |event| {
        if let Some(event) = event.dyn_ref::<SecurityPolicyViolationEvent>() {
            let server = address::server(&event.blocked_uri());
            BLOCKED.set(Some((server, event.effective_directive())));
        }
    })
}
