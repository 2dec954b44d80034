//! The browser's storage. Values are JSON, each under a key of its own; where storage is forbidden there are none.

use wasm_bindgen::JsValue;
use web_sys::Storage;

/// The storage took nothing: it is full or forbidden. Say so; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageRefused;

/// What is stored is not text; storing something else would destroy it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotText;

/// The text under a key, if there is a value.
///
/// # Errors
/// The value is something else.
pub fn text(key: &str) -> Result<Option<String>, NotText> {
    match raw(key) {
        Some(json) => {
            js_sys::JSON::parse(&json).ok().and_then(|value| value.as_string()).map(Some).ok_or(NotText)
        }
        None => Ok(None),
    }
}

/// The word under a key; empty unless there is one.
pub fn word(key: &str) -> String {
    text(key).ok().flatten().unwrap_or_default()
}

/// The value under a key; undefined unless there is one.
pub fn value(key: &str) -> JsValue {
    raw(key).and_then(|json| js_sys::JSON::parse(&json).ok()).unwrap_or_default()
}

/// Stores a value.
///
/// # Errors
/// The browser refused; what was stored before still is.
pub fn set(key: &str, value: impl Into<JsValue>) -> Result<(), StorageRefused> {
    store(key, &value.into()).ok_or(StorageRefused)
}

/// Forgets the value under a key.
pub fn remove(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn raw(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

fn store(key: &str, value: &JsValue) -> Option<()> {
    let json = js_sys::JSON::stringify(value).ok()?.as_string()?;
    storage()?.set_item(key, &json).ok()
}
