//! What lasts: the browser's storage and what is kept in it, the journal of the logs, and files.

pub mod files;
pub mod journal;
pub mod messages;
pub mod preferences;
pub mod profiles;
pub mod variables;

use gloo_timers::callback::Timeout;
use js_sys::Promise;
pub use page::storage;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

/// Runs to its end with the browser's answers and timers; what it needs it holds itself.
fn spawn(task: impl Future<Output = ()> + 'static) {
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the browser's answers, and holds what it needs"
    )]
    wasm_bindgen_futures::spawn_local(task);
}

/// Lets the browser do other things for a while.
async fn pause(millis: u32) {
    let promise = Promise::new(&mut |resolve, _| {
        // Nobody waits for it longer than the page is there.
        Timeout::new(millis, move || drop(resolve.call0(&JsValue::NULL))).forget();
    });
    // It is never rejected.
    let _ = JsFuture::from(promise).await;
}
