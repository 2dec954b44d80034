//! One browser socket: everything it reports, until it is closed or let go of.

use std::fmt;
use std::rc::Rc;

use gloo_events::EventListener;
use js_sys::{ArrayBuffer, Uint8Array};
use link::{Close, Message};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BinaryType, CloseEvent, Event, MessageEvent};

/// What a socket reports, in order: at most one `Open`, then messages, at most one `Close` at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// The handshake succeeded.
    Open,
    /// A whole message came in.
    Message(Message),
    /// The transport failed; a browser gives no detail and `Close` follows.
    Error,
    /// The socket is closed, with the peer's code and reason where it gave one.
    Close(Close),
}

/// A socket in use. Dropping it lets go of the browser's socket: no signal follows, and it is closed.
///
/// Listeners hand each event straight on. A stream in between would cost a queue, a waker and a microtask for every
/// message, which shows when they come in by the hundred thousand.
pub(super) struct Socket {
    raw: web_sys::WebSocket,
    /// Kept for their Drop, which stops listening.
    _listeners: [EventListener; 4],
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket").field("raw", &self.raw).finish_non_exhaustive()
    }
}

impl Socket {
    /// Starts to connect. The error is the browser's own sentence for refusing on the spot: a URL or subprotocol
    /// it cannot accept, or mixed content.
    pub(super) fn connect(
        address: &str,
        protocols: &[String],
        on_signal: impl Fn(Signal) + 'static,
    ) -> Result<Socket, String> {
        let raw = if protocols.is_empty() {
            web_sys::WebSocket::new(address)
        } else {
            let list: js_sys::Array = protocols.iter().map(|name| JsValue::from_str(name)).collect();
            web_sys::WebSocket::new_with_str_sequence(address, &list)
        };
        let raw = raw.map_err(|error| sentence(&error))?;
        raw.set_binary_type(BinaryType::Arraybuffer);
        let on_signal = Rc::new(on_signal);
        let listen = |name: &'static str, signal: fn(&Event) -> Option<Signal>| {
            let on_signal = on_signal.clone();
            EventListener::new(&raw, name, move |event| {
                if let Some(signal) = signal(event) {
                    on_signal(signal);
                }
            })
        };
        let listeners = [
            listen("open", |_| Some(Signal::Open)),
            listen("message", |event| message(event.unchecked_ref()).map(Signal::Message)),
            listen("error", |_| Some(Signal::Error)),
            listen("close", |event| Some(Signal::Close(close(event.unchecked_ref())))),
        ];
        Ok(Socket { raw, _listeners: listeners })
    }

    /// Sends unless the socket is not open, in which case the browser would take the message and drop it.
    /// Returns whether it was handed over.
    pub(super) fn send(&self, message: &Message) -> bool {
        if self.raw.ready_state() != web_sys::WebSocket::OPEN {
            return false;
        }
        let result = match message {
            Message::Text(text) => self.raw.send_with_str(text),
            Message::Binary(bytes) => self.raw.send_with_u8_array(bytes),
        };
        result.is_ok()
    }

    /// Starts the closing handshake; `Signal::Close` follows. `code` is 1000 or 3000-4999 and `reason` at most
    /// 123 bytes, or the socket is closed without either.
    pub(super) fn close(&self, code: Option<u16>, reason: &str) {
        let result = match code {
            Some(code) => self.raw.close_with_code_and_reason(code, reason),
            None => self.raw.close(),
        };
        if result.is_err() {
            // Only a code or reason outside the limits is refused, and closing matters more than what it says.
            let _ = self.raw.close();
        }
    }

    /// Bytes accepted by `send` and not yet handed to the network.
    pub(super) fn buffered_bytes(&self) -> u64 {
        u64::from(self.raw.buffered_amount())
    }

    /// The extensions the server agreed to; empty if none.
    pub(super) fn extensions(&self) -> String {
        self.raw.extensions()
    }

    /// The subprotocol the server chose; empty if none.
    pub(super) fn protocol(&self) -> String {
        self.raw.protocol()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The listeners go right after: what the browser has to say about it is heard by nobody.
        let _ = self.raw.close();
    }
}

fn message(event: &MessageEvent) -> Option<Message> {
    let data = event.data();
    if let Some(text) = data.as_string() {
        return Some(Message::Text(text));
    }
    let bytes = data.dyn_into::<ArrayBuffer>().ok()?;
    Some(Message::Binary(Uint8Array::new(&bytes).to_vec()))
}

fn close(event: &CloseEvent) -> Close {
    Close { code: event.code(), reason: event.reason(), was_clean: event.was_clean() }
}

/// The browser's words for an exception.
fn sentence(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(
        || error.as_string().unwrap_or_default(),
        |error| {
            let text = String::from(error.message());
            // Chromium begins with the name of what it failed to do: "Failed to construct 'WebSocket': The URL …".
            text.split_once("': ").map(|(_, rest)| rest.to_owned()).unwrap_or(text)
        },
    )
}
