//! Parts of the page that are fetched when they are first needed.
//!
//! `cargo xtask` takes them out of the page's module: what functions reach whose names are `chunk_` and the name of a
//! part, and nothing else reaches, goes into a module of its own, and the document names that. Such a function can be
//! called once [`Chunk::is_here`]. A part that the document does not name is in the page's module, as in a build
//! without `cargo xtask`.

use std::cell::RefCell;

use js_sys::{Object, Promise, Reflect, WebAssembly};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, RequestInit, Response};

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chunk {
    /// What can lie over the page.
    Sheets,
    /// What stands beside the log.
    Panels,
    /// What opens above the composer.
    Drawers,
    /// The way through a relay.
    Relay,
    /// Logs as files.
    Files,
}

/// How far a part has come.
enum State {
    /// Nobody has asked for it.
    Unknown,
    /// It is on its way.
    Coming(Promise),
    /// Its functions can be called.
    Here,
}

/// A server that has not sent a part by then is as good as none.
const PATIENCE_MILLIS: u32 = 30_000;

/// What the modules of parts import everything from.
const MAIN: &str = "m";

thread_local! {
    static STATES: RefCell<[State; Chunk::ALL.len()]> = const { RefCell::new([const { State::Unknown }; Chunk::ALL.len()]) };
}

impl Chunk {
    /// Each part there is.
    pub const ALL: [Chunk; 5] = [Chunk::Panels, Chunk::Sheets, Chunk::Drawers, Chunk::Relay, Chunk::Files];

    /// What its functions and its file are called.
    pub fn name(self) -> &'static str {
        match self {
            Chunk::Sheets => "sheets",
            Chunk::Panels => "panels",
            Chunk::Drawers => "drawers",
            Chunk::Relay => "relay",
            Chunk::Files => "files",
        }
    }

    /// Whether its functions can be called.
    pub fn is_here(self) -> bool {
        let is_here = STATES.with_borrow(|states| matches!(states[self as usize], State::Here));
        if !is_here && self.address().is_none() {
            self.set(State::Here);
            return true;
        }
        is_here
    }

    /// Fetches it unless it is there. False if it cannot be had.
    pub async fn fetch(self) -> bool {
        if self.is_here() {
            return true;
        }
        let coming = STATES.with_borrow(|states| match &states[self as usize] {
            State::Coming(promise) => Some(promise.clone()),
            _ => None,
        });
        let promise = coming.unwrap_or_else(|| {
            let promise = wasm_bindgen_futures::future_to_promise(instantiated(self.address()));
            self.set(State::Coming(promise.clone()));
            promise
        });
        match JsFuture::from(promise).await {
            Ok(_) => {
                self.set(State::Here);
                true
            }
            Err(error) => {
                web_sys::console::warn_1(&error);
                self.set(State::Unknown);
                false
            }
        }
    }

    /// Does something with it: at once where it is there, or else when it has been fetched. The work is told whether its
    /// functions can be called.
    pub fn with(self, work: impl FnOnce(bool) + 'static) {
        if self.is_here() {
            return work(true);
        }
        #[expect(clippy::disallowed_methods, reason = "it ends with the part or with its patience")]
        wasm_bindgen_futures::spawn_local(async move { work(self.fetch().await) });
    }

    fn set(self, state: State) {
        STATES.with_borrow_mut(|states| states[self as usize] = state);
    }

    /// Where the part's module is. The document names it, as the name says which version's it is.
    fn address(self) -> Option<String> {
        let document = web_sys::window()?.document()?;
        let link = document.query_selector(&format!("link[rel=chunk][title={}]", self.name())).ok()??;
        link.get_attribute("href")
    }
}

/// Fetches a part's module and puts it beside the page's: with its memory, its tables and its functions.
async fn instantiated(address: Option<String>) -> Result<JsValue, JsValue> {
    let (Some(address), Some(window)) = (address, web_sys::window()) else { return Ok(JsValue::NULL) };
    let request = RequestInit::new();
    request.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MILLIS)));
    let response = JsFuture::from(window.fetch_with_str_and_init(&address, &request)).await?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(format!("{address}: {}", response.status()).into());
    }
    // Not as a stream: hosts that don't know the type of such files would be turned away.
    let bytes = JsFuture::from(response.array_buffer()?).await?;
    let module = JsFuture::from(WebAssembly::compile(&bytes)).await?;
    let imports = Object::new();
    Reflect::set(&imports, &MAIN.into(), &wasm_bindgen::exports())?;
    JsFuture::from(WebAssembly::instantiate_module(module.unchecked_ref(), &imports)).await
}
