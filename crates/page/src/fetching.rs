//! Small files of the page's own server, and what it is told to do.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortSignal, RequestInit, Response};
use workbench::view::Payload;

use crate::storage::{Cached, Key};

/// A server that has not sent a whole file by then is as good as none.
const PATIENCE_MILLIS: u32 = 10_000;

thread_local! {
    static API_TOKEN: Cached<String> = const { Cached::new(Key::API_TOKEN) };
}

/// The token that the page's server wants of who is not on its machine; empty for none. It goes to that server alone, and
/// into no link, profile or file.
pub fn api_token() -> String {
    API_TOKEN.with(|cached| cached.get(|stored| stored.as_string().unwrap_or_default()))
}

/// Remembers it, where storage is forbidden until the page is left. False: no header can have it.
pub fn set_api_token(token: &str) -> bool {
    let fits = token.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        let stored = (!token.is_empty()).then(|| token.into());
        let _ = API_TOKEN.with(|cached| cached.set(token.to_owned(), stored));
    }
    fits
}

/// The text behind an address, which may be relative to the page's. `None` if it cannot be had.
pub async fn text(address: &str) -> Option<String> {
    let (ok, text) = asked(address, &RequestInit::new(), Array::new()).await.ok()?;
    ok.then_some(text)
}

/// Asks the server for something or has it do something, with a message or without, and gives its answer to `then`: what it
/// says, or else what it has against that; nothing, if it says nothing.
pub fn ask(
    method: &'static str,
    address: String,
    message: Option<Payload>,
    then: impl FnOnce(Result<String, String>) + 'static,
) {
    ask_for(method, address, message, Box::new(then));
}

/// Compiled once for all who ask.
fn ask_for(
    method: &'static str,
    address: String,
    message: Option<Payload>,
    then: Box<dyn FnOnce(Result<String, String>)>,
) {
    #[expect(clippy::disallowed_methods, reason = "it ends with the answer or with its patience")]
    spawn_local(async move {
        let (request, headers) = (RequestInit::new(), Array::new());
        request.set_method(method);
        match message {
            Some(Payload::Text(text)) => request.set_body(&text.into()),
            Some(Payload::Binary(bytes)) => {
                headers.push(&Array::of2(&"Content-Type".into(), &"application/octet-stream".into()));
                request.set_body(&Uint8Array::from(&bytes[..]));
            }
            None => {}
        }
        then(match asked(&address, &request, headers).await {
            Ok((true, said)) => Ok(said),
            Ok((false, said)) => Err(said),
            Err(_) => Err(String::new()),
        });
    });
}

/// Whether it was done, and what was said.
async fn asked(address: &str, request: &RequestInit, headers: Array) -> Result<(bool, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let token = api_token();
    if !token.is_empty() && address.starts_with("api/") {
        headers.push(&Array::of2(&"Authorization".into(), &format!("Bearer {token}").into()));
    }
    request.set_headers(&headers);
    request.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MILLIS)));
    let response = JsFuture::from(window.fetch_with_str_and_init(address, request)).await?;
    let response = response.unchecked_into::<Response>();
    let text = JsFuture::from(response.text()?).await?;
    Ok((response.ok(), text.as_string().unwrap_or_default()))
}
