//! The browser's storage, and every key in it. Values are JSON, each under a key of its own; where storage is forbidden
//! there are none.
//!
//! Other tabs of the browser use the same storage. So nothing is held and written back later: whoever changes something
//! reads it, changes it and writes it within one task, and [`watch`] tells of what other tabs have written.

use std::cell::{Cell, RefCell};

use gloo_events::EventListener;
use js_sys::Reflect;
use wasm_bindgen::JsValue;
use web_sys::Storage;

/// The version of all that is stored. Only a change that older pages would misunderstand raises it; what a newer page
/// has stored is read as far as it goes, and never written to.
const VERSION: u32 = 1;

/// A key of the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(&'static str);

impl Key {
    /// [`VERSION`] of what is stored.
    const VERSION: Key = Key("heartwire.version");
    /// The theme's word; `start.js` reads it, so that a stored theme is there before the first paint.
    pub const THEME: Key = Key("heartwire.theme");
    /// The density's word.
    pub const DENSITY: Key = Key("heartwire.density");
    /// How new logs write times, in a word.
    pub const TIMES: Key = Key("heartwire.time");
    /// The tag of the language that was chosen.
    pub const LANGUAGE: Key = Key("heartwire.lang");
    /// How many entries a log keeps.
    pub const LOG_ENTRIES: Key = Key("heartwire.log-entries");
    /// How many MiB a log keeps.
    pub const LOG_MIB: Key = Key("heartwire.log-mib");
    /// Whether single keys are shortcuts.
    pub const SINGLE_KEYS: Key = Key("heartwire.single-keys");
    /// What new connections begin with, as a book of one profile.
    pub const DEFAULTS: Key = Key("heartwire.defaults");
    /// The profiles, as a file of them would be.
    pub const PROFILES: Key = Key("heartwire.profiles");
    /// Kept messages, as [`workbench::library::Library::to_json`] writes them.
    pub const SAVED: Key = Key("heartwire.saved");
    /// The values of placeholders, as a JSON object of strings.
    pub const VARIABLES: Key = Key("heartwire.variables");
    /// `true` where placeholders are not filled.
    pub const LITERAL: Key = Key("heartwire.literal");
    /// The token that the page's server wants of who is not on its machine.
    pub const API_TOKEN: Key = Key("heartwire.api-token");
    /// Which values may go to which server, as [`workbench::grants::Grants::to_json`] writes it.
    pub const GRANTS: Key = Key("heartwire.grants");
    /// Messages that were sent, as [`workbench::library::drafts_to_json`] writes them.
    pub const HISTORY: Key = Key("heartwire.history");
    /// The form of the detail pane, in a word.
    pub const DETAIL: Key = Key("heartwire.detail");
    /// How the person is called in the scenes.
    pub const NAME: Key = Key("heartwire.name");
    /// The side panel that is open, in a word; empty for none.
    pub const PANEL: Key = Key("heartwire.panel");

    /// The key as the browser knows it.
    pub fn name(self) -> &'static str {
        self.0
    }
}

/// The storage took nothing: it is full, forbidden, or a newer page's. Say so; nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageRefused;

/// What is stored is not text; storing something else would destroy it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotText;

/// A stored thing that is asked for often. It is understood anew only when another text is stored, and lasts until the
/// page is left where the browser stores nothing.
#[derive(Debug)]
pub struct Cached<T> {
    key: Key,
    known: RefCell<Option<(Option<String>, T)>>,
}

impl<T: Clone> Cached<T> {
    /// What is under a key.
    pub const fn new(key: Key) -> Cached<T> {
        Cached { key, known: RefCell::new(None) }
    }

    /// The thing; `read` makes it of what is stored.
    pub fn get(&self, read: impl FnOnce(JsValue) -> T) -> T {
        let stored = raw(self.key);
        if let Some((_, value)) = self.known.borrow().as_ref().filter(|(known, _)| *known == stored) {
            return value.clone();
        }
        let value = read(parse(stored.as_deref()));
        self.known.replace(Some((stored, value.clone())));
        value
    }

    /// Stores it: `None` as a value forgets what was stored.
    ///
    /// # Errors
    /// The browser refused; it holds until the page is left.
    pub fn set(&self, value: T, stored: Option<JsValue>) -> Result<(), StorageRefused> {
        let outcome = match stored {
            Some(stored) => set(self.key, stored),
            None => {
                remove(self.key);
                Ok(())
            }
        };
        self.known.replace(Some((raw(self.key), value)));
        outcome
    }
}

/// The text under a key, if there is a value.
///
/// # Errors
/// The value is something else.
pub fn text(key: Key) -> Result<Option<String>, NotText> {
    match raw(key) {
        Some(json) => parse(Some(&json)).as_string().map(Some).ok_or(NotText),
        None => Ok(None),
    }
}

/// The word under a key; empty unless there is one.
pub fn word(key: Key) -> String {
    text(key).ok().flatten().unwrap_or_default()
}

/// The value under a key; undefined unless there is one.
pub fn value(key: Key) -> JsValue {
    parse(raw(key).as_deref())
}

/// Stores a value.
///
/// # Errors
/// The browser refused; what was stored before still is.
pub fn set(key: Key, value: impl Into<JsValue>) -> Result<(), StorageRefused> {
    store(key, &value.into()).ok_or(StorageRefused)
}

/// Forgets the value under a key.
pub fn remove(key: Key) {
    if let Some(storage) = storage().filter(is_ours) {
        let _ = storage.remove_item(key.0);
    }
}

/// Calls `then` when another tab of the browser has stored something under one of the keys, until it is dropped.
pub fn watch(keys: &'static [Key], then: impl Fn() + 'static) -> Option<EventListener> {
    let window = web_sys::window()?;
    Some(EventListener::new(&window, "storage", move |event| {
        let key = Reflect::get(event, &"key".into()).ok().and_then(|key| key.as_string());
        // Without a key everything was deleted at once.
        if key.is_none_or(|key| keys.iter().any(|known| known.0 == key)) {
            then();
        }
    }))
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Whether what is stored may be written to.
fn is_ours(storage: &Storage) -> bool {
    thread_local! {
        static KNOWN: Cell<Option<bool>> = const { Cell::new(None) };
    }
    KNOWN.get().unwrap_or_else(|| {
        let stored = storage.get_item(Key::VERSION.0).ok().flatten();
        let ours = stored
            .as_ref()
            .and_then(|version| version.parse().ok())
            .is_none_or(|version: u32| version <= VERSION);
        if ours && stored.is_none() {
            // Where it is refused everything else will be.
            let _ = storage.set_item(Key::VERSION.0, &VERSION.to_string());
        }
        KNOWN.set(Some(ours));
        ours
    })
}

fn raw(key: Key) -> Option<String> {
    storage()?.get_item(key.0).ok()?
}

fn parse(json: Option<&str>) -> JsValue {
    json.and_then(|json| js_sys::JSON::parse(json).ok()).unwrap_or_default()
}

fn store(key: Key, value: &JsValue) -> Option<()> {
    let json = js_sys::JSON::stringify(value).ok()?.as_string()?;
    storage().filter(is_ours)?.set_item(key.0, &json).ok()
}
