//! Whether this page may reach the local network (Local Network Access).

use std::cell::RefCell;

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// What the permission is called: by newer browsers according to where the server is, by older ones in one.
const NAMES: [&str; 3] = ["loopback-network", "local-network", "local-network-access"];

thread_local! {
    /// The browser's own objects: what they say changes when the person decides.
    static STATES: RefCell<Vec<JsValue>> = const { RefCell::new(Vec::new()) };
}

/// Begins to follow what the person decides. Without effect where the browser knows no such permission.
pub(in crate::running) fn follow_permission() {
    if !STATES.with_borrow(Vec::is_empty) {
        return;
    }
    let permissions = web_sys::window().map(|window| window.navigator().permissions());
    let Some(Ok(permissions)) = permissions.filter(|_| is_secure()) else { return };
    #[expect(clippy::disallowed_methods, reason = "ends with the browser's answers")]
    wasm_bindgen_futures::spawn_local(async move {
        for name in NAMES {
            let descriptor = Object::new();
            // A plain object takes any member.
            let _ = Reflect::set(&descriptor, &"name".into(), &name.into());
            if let Ok(answer) = permissions.query(&descriptor)
                && let Ok(state) = JsFuture::from(answer).await
            {
                STATES.with_borrow_mut(|states| states.push(state));
            }
        }
    });
}

/// Whether the person, or the browser for them, has decided against it.
pub(in crate::running) fn is_denied() -> bool {
    let denies = |state: &JsValue| {
        Reflect::get(state, &"state".into()).is_ok_and(|state| state.as_string().as_deref() == Some("denied"))
    };
    STATES.with_borrow(|states| states.iter().any(denies))
}

/// Other pages have no permissions to ask about.
fn is_secure() -> bool {
    web_sys::window().is_some_and(|window| window.is_secure_context())
}
