//! What the browser says about the page and the network, as hints for the link.

use std::cell::RefCell;

use gloo_events::EventListener;
use link::Hint;
use wasm_bindgen::JsCast;
use web_sys::{Document, EventTarget, SecurityPolicyViolationEvent, VisibilityState, Window};

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

/// Listens until dropped.
#[derive(Debug)]
pub(super) struct Hints {
    #[expect(dead_code, reason = "kept for their Drop, which stops listening")]
    listeners: Vec<EventListener>,
}

impl Hints {
    /// Listens on the page's window and document, and first says what differs from a visible page with a network.
    pub(super) fn listen(
        window: &Window,
        document: &Document,
        on_hint: impl Fn(Hint) + Clone + 'static,
    ) -> Hints {
        if super::is_offline() {
            on_hint(Hint::Offline);
        }
        if document.visibility_state() == VisibilityState::Hidden {
            on_hint(Hint::Hidden);
        }
        let listen = |target: &EventTarget, name: &'static str, hint: Hint| {
            let on_hint = on_hint.clone();
            EventListener::new(target, name, move |_| on_hint(hint))
        };
        let visibility = {
            let (on_hint, document) = (on_hint.clone(), document.clone());
            EventListener::new(&document.clone(), "visibilitychange", move |_| {
                let hidden = document.visibility_state() == VisibilityState::Hidden;
                on_hint(if hidden { Hint::Hidden } else { Hint::Visible });
            })
        };
        let violation = EventListener::new(document, "securitypolicyviolation", |event| {
            if let Some(event) = event.dyn_ref::<SecurityPolicyViolationEvent>() {
                let server = address::server(&event.blocked_uri());
                BLOCKED.set(Some((server, event.effective_directive())));
            }
        });
        let listeners = vec![
            visibility,
            violation,
            listen(window, "online", Hint::Online),
            listen(window, "offline", Hint::Offline),
            listen(window, "pagehide", Hint::PageHide),
            listen(window, "pageshow", Hint::PageShow),
            // `freeze` needs no hint: timers just stop, and the link notices late ones by the clock.
            listen(document, "resume", Hint::Resume),
        ];
        Hints { listeners }
    }
}
