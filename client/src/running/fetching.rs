//! Small files of the page's own server.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

/// A server that has not sent a whole file by then is as good as none.
const PATIENCE_MILLIS: u32 = 10_000;

/// The text behind an address, which may be relative to the page's. `None` if it cannot be had.
pub async fn text(address: &str) -> Option<String> {
    asked(address).await.ok()?.as_string()
}

async fn asked(address: &str) -> Result<JsValue, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let bounds = RequestInit::new();
    bounds.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MILLIS)));
    let response = JsFuture::from(window.fetch_with_str_and_init(address, &bounds)).await?;
    let response = response.unchecked_into::<Response>();
    if !response.ok() {
        return Err(JsValue::NULL);
    }
    JsFuture::from(response.text()?).await
}
