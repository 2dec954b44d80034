//! Small files of the page's own server, and what it is told to do.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};
use workbench::view::Payload;

/// A server that has not sent a whole file by then is as good as none.
const PATIENCE_MILLIS: u32 = 10_000;

/// The text behind an address, which may be relative to the page's. `None` if it cannot be had.
pub async fn text(address: &str) -> Option<String> {
    let (ok, text) = asked(address, &RequestInit::new()).await.ok()?;
    ok.then_some(text)
}

/// Has the server do something, with a message or without. Otherwise what it says against that; nothing, if it says
/// nothing.
pub async fn told(method: &str, address: &str, message: Option<&Payload>) -> Result<(), String> {
    let request = RequestInit::new();
    request.set_method(method);
    match message {
        Some(Payload::Text(text)) => request.set_body(&text.into()),
        Some(Payload::Binary(bytes)) => {
            let kind = Array::of2(&"Content-Type".into(), &"application/octet-stream".into());
            request.set_headers(&Array::of1(&kind));
            request.set_body(&Uint8Array::from(&bytes[..]));
        }
        None => {}
    }
    match asked(address, &request).await {
        Ok((true, _)) => Ok(()),
        Ok((false, said)) => Err(said),
        Err(_) => Err(String::new()),
    }
}

/// Whether it was done, and what was said.
async fn asked(address: &str, request: &RequestInit) -> Result<(bool, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    request.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MILLIS)));
    let response = JsFuture::from(window.fetch_with_str_and_init(address, request)).await?;
    let response = response.unchecked_into::<Response>();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.ok(), text.as_string().unwrap_or_default()))
}
