//! Fetches languages that are not compiled in.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

use crate::texts::{Lang, take_up};

/// A server that has not sent a whole file by then is as good as none.
const PATIENCE_MILLIS: u32 = 10_000;

/// Fetches the texts of a language and takes them up. False if they cannot be had.
pub async fn fetch(lang: Lang) -> bool {
    lang.texts().is_some() || file(lang).await.is_ok_and(|file| take_up(lang, &file))
}

/// The document names the file, as the name says which version's it is.
async fn file(lang: Lang) -> Result<String, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let document = window.document().ok_or(JsValue::NULL)?;
    let link = document.query_selector(&format!("link[rel=texts][hreflang={}]", lang.tag()))?;
    let address = link.and_then(|link| link.get_attribute("href")).ok_or(JsValue::NULL)?;
    let bounds = RequestInit::new();
    bounds.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MILLIS)));
    let response = JsFuture::from(window.fetch_with_str_and_init(&address, &bounds)).await?;
    let text = response.unchecked_into::<Response>().text()?;
    JsFuture::from(text).await?.as_string().ok_or(JsValue::NULL)
}
