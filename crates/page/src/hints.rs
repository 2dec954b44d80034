//! What the browser says about the page and the network, as hints for the link.

use gloo_events::EventListener;
use link::Hint;
use web_sys::{Document, EventTarget, VisibilityState, Window};

/// Whether the browser believes that there is no network.
pub fn is_offline() -> bool {
    web_sys::window().is_some_and(|window| !window.navigator().on_line())
}

/// Listens until dropped.
#[derive(Debug)]
pub struct Hints {
    #[expect(dead_code, reason = "kept for their Drop, which stops listening")]
    listeners: Vec<EventListener>,
}

impl Hints {
    /// Listens on the page's window and document, and first says what differs from a visible page with a network.
    pub fn listen(window: &Window, document: &Document, on_hint: impl Fn(Hint) + Clone + 'static) -> Hints {
        if is_offline() {
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
        let listeners = vec![
            visibility,
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
