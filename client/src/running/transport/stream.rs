//! The browser's `WebSocketStream`: messages are taken out of it when there is time for them, and a server that sends
//! faster is made to wait by TCP instead of filling the page's memory.
//!
//! Source: <https://github.com/ricea/websocketstream-explainer>; Chromium has had it since version 124.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::future::{AbortHandle, abortable};
use gloo_timers::future::TimeoutFuture;
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use link::{Close, Message};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStream, ReadableStreamDefaultReader, WritableStream, WritableStreamDefaultWriter};

use super::{Agreed, OnSignal, Signal, Target, Transport};
use page::socket::sentence;

/// For how long messages are taken out one after the other before the page gets its turn, in milliseconds.
const SLICE_MILLIS: f64 = 8.0;

/// A stream in use.
pub(super) struct Stream {
    raw: WebSocketStream,
    shared: Rc<Shared>,
    task: AbortHandle,
}

#[derive(Default)]
struct Shared {
    /// While it is open.
    writer: RefCell<Option<WritableStreamDefaultWriter>>,
    buffered: Cell<u64>,
    /// What to close with once everything is written: closing drops what is not.
    farewell: RefCell<Option<JsValue>>,
}

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type WebSocketStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(url: &str, options: &JsValue) -> Result<WebSocketStream, JsValue>;

    #[wasm_bindgen(method, getter)]
    fn opened(this: &WebSocketStream) -> Promise;

    #[wasm_bindgen(method, getter)]
    fn closed(this: &WebSocketStream) -> Promise;

    #[wasm_bindgen(method, catch)]
    fn close(this: &WebSocketStream, info: &JsValue) -> Result<(), JsValue>;
}

/// Whether this browser has it.
pub fn is_supported() -> bool {
    Reflect::has(&js_sys::global(), &"WebSocketStream".into()).unwrap_or(false)
}

impl Stream {
    pub(super) fn connect(target: &Target, on_signal: OnSignal) -> Result<Stream, String> {
        let protocols: Array = target.protocols.iter().map(|name| JsValue::from_str(name)).collect();
        let raw = WebSocketStream::new(&target.address, &object(&[("protocols", protocols.into())]))
            .map_err(|error| sentence(&error))?;
        let shared = Rc::new(Shared::default());
        let (opened, closed) = (raw.opened(), raw.closed());
        let (task, handle) = abortable(run(opened, closed, shared.clone(), on_signal));
        spawn(async move {
            // Being aborted is how it normally ends before its connection does.
            let _ = task.await;
        });
        Ok(Stream { raw, shared, task: handle })
    }
}

impl Transport for Stream {
    fn send(&self, message: &Message) -> bool {
        let writer = self.shared.writer.borrow();
        let Some(writer) = &*writer else { return false };
        let chunk = match message {
            Message::Text(text) => JsValue::from_str(text),
            Message::Binary(bytes) => Uint8Array::from(bytes.as_slice()).into(),
        };
        let (raw, shared, bytes) = (self.raw.clone(), self.shared.clone(), message.len() as u64);
        shared.buffered.set(shared.buffered.get() + bytes);
        let written = JsFuture::from(writer.write_with_chunk(&chunk));
        spawn(async move {
            // What a broken connection has not taken is not taken for sent.
            if written.await.is_ok() {
                shared.buffered.set(shared.buffered.get().saturating_sub(bytes));
            }
            if shared.buffered.get() == 0
                && let Some(info) = shared.farewell.take()
            {
                close(&raw, &info);
            }
        });
        true
    }

    fn close(&self, code: Option<u16>, reason: &str) {
        let info = match code {
            Some(code) => object(&[("closeCode", code.into()), ("reason", reason.into())]),
            None => JsValue::UNDEFINED,
        };
        self.shared.writer.take();
        match self.shared.buffered.get() {
            0 => close(&self.raw, &info),
            _ => drop(self.shared.farewell.replace(Some(info))),
        }
    }

    fn buffered_bytes(&self) -> u64 {
        self.shared.buffered.get()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.task.abort();
        let _ = self.raw.close(&JsValue::UNDEFINED);
    }
}

fn close(raw: &WebSocketStream, info: &JsValue) {
    if raw.close(info).is_err() {
        // Only a code or reason outside the limits is refused, and closing matters more than what it says.
        let _ = raw.close(&JsValue::UNDEFINED);
    }
}

async fn run(opened: Promise, closed: Promise, shared: Rc<Shared>, on_signal: OnSignal) {
    // Listened to from the beginning: a rejection that nobody hears is an error in the browser's console.
    let closed = JsFuture::from(closed);
    match JsFuture::from(opened).await {
        Ok(opened) => {
            shared.writer.replace(part::<WritableStream>(&opened, "writable").get_writer().ok());
            on_signal(Signal::Open(Agreed {
                protocol: text(&opened, "protocol"),
                extensions: text(&opened, "extensions"),
                opened: None,
            }));
            let reader = part::<ReadableStream>(&opened, "readable").get_reader();
            receive(reader.unchecked_into(), &on_signal).await;
        }
        Err(_) => on_signal(Signal::Error),
    }
    let ended = closed.await;
    shared.writer.take();
    let was_clean = ended.is_ok();
    let (Ok(info) | Err(info)) = ended;
    let unnamed = if was_clean { 1005 } else { 1006 };
    let code = member(&info, "closeCode").as_f64().map_or(unnamed, |code| code as u16);
    on_signal(Signal::Close(Close { code, reason: text(&info, "reason"), was_clean }));
}

/// Takes out message after message until there are no more.
async fn receive(reader: ReadableStreamDefaultReader, on_signal: &OnSignal) {
    let mut slice_end = js_sys::Date::now() + SLICE_MILLIS;
    while let Ok(item) = JsFuture::from(reader.read()).await {
        let value = member(&item, "value");
        on_signal(Signal::Message(match value.as_string() {
            Some(text) => Message::Text(text),
            None if value.is_undefined() => return,
            None => Message::Binary(Uint8Array::new(&value).to_vec()),
        }));
        if js_sys::Date::now() >= slice_end {
            // A promise alone would never let the page draw.
            TimeoutFuture::new(0).await;
            slice_end = js_sys::Date::now() + SLICE_MILLIS;
        }
    }
}

fn object(members: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // A plain object takes any member.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}

fn member(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

fn part<T: JsCast>(object: &JsValue, name: &str) -> T {
    member(object, name).unchecked_into()
}

fn text(object: &JsValue, name: &str) -> String {
    member(object, name).as_string().unwrap_or_default()
}

fn spawn(task: impl Future<Output = ()> + 'static) {
    #[expect(clippy::disallowed_methods, reason = "each task ends with the connection it is for")]
    wasm_bindgen_futures::spawn_local(task);
}
