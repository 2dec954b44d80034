//! The browser's `WebSocket`: everything it reports, until it is closed or let go of.

use std::future::poll_fn;
use std::pin::Pin;

use futures_util::future::{AbortHandle, abortable};
use futures_util::{Sink, StreamExt};
use gloo_net::websocket::{Message as GlooMessage, State, WebSocketError, futures::WebSocket};
use link::{Close, Message};
use wasm_bindgen::{JsCast, JsValue};

use super::{Agreed, Signal, Target, Transport};

/// A socket in use. Dropping it lets go of the browser's socket: no signal follows, and it is closed.
///
/// gloo's socket lives in the task that reads it, and `raw` is the same browser socket: gloo's own `close` consumes
/// the socket and forges the close event, while closing `raw` leaves gloo listening for the peer's real code.
#[derive(Debug)]
pub(super) struct Socket {
    raw: web_sys::WebSocket,
    reader: AbortHandle,
}

impl Socket {
    pub(super) fn connect(target: &Target, on_signal: impl Fn(Signal) + 'static) -> Result<Socket, String> {
        let raw = if target.protocols.is_empty() {
            web_sys::WebSocket::new(&target.address)
        } else {
            let list: js_sys::Array = target.protocols.iter().map(|name| JsValue::from_str(name)).collect();
            web_sys::WebSocket::new_with_str_sequence(&target.address, &list)
        };
        let raw = raw.map_err(|error| sentence(&error))?;
        let socket = WebSocket::try_from(raw.clone()).map_err(|error| error.message)?;
        let (task, reader) = abortable(read(socket, raw.clone(), on_signal));
        #[expect(
            clippy::disallowed_methods,
            reason = "the task ends with the socket, which aborts it when dropped"
        )]
        wasm_bindgen_futures::spawn_local(async move {
            // Being aborted is how a reader normally ends before its socket does.
            let _ = task.await;
        });
        Ok(Socket { raw, reader })
    }
}

impl Transport for Socket {
    fn send(&self, message: &Message) -> bool {
        if self.raw.ready_state() != web_sys::WebSocket::OPEN {
            return false;
        }
        // gloo would wrap the bytes in a Blob, which the browser then reads back from another process.
        let result = match message {
            Message::Text(text) => self.raw.send_with_str(text),
            Message::Binary(bytes) => self.raw.send_with_u8_array(bytes),
        };
        result.is_ok()
    }

    fn close(&self, code: Option<u16>, reason: &str) {
        let result = match code {
            Some(code) => self.raw.close_with_code_and_reason(code, reason),
            None => self.raw.close(),
        };
        if result.is_err() {
            // Only a code or reason outside the limits is refused, and closing matters more than what it says.
            let _ = self.raw.close();
        }
    }

    fn buffered_bytes(&self) -> u64 {
        u64::from(self.raw.buffered_amount())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
        let _ = self.raw.close();
    }
}

async fn read(mut socket: WebSocket, raw: web_sys::WebSocket, on_signal: impl Fn(Signal)) {
    // gloo has no event for opening, but its sink becomes ready then, or when opening fails.
    let ready = poll_fn(|context| Pin::new(&mut socket).poll_ready(context)).await;
    if ready.is_ok() && matches!(socket.state(), State::Open) {
        on_signal(Signal::Open(Agreed { protocol: raw.protocol(), extensions: raw.extensions() }));
    }
    while let Some(item) = socket.next().await {
        on_signal(match item {
            Ok(GlooMessage::Text(text)) => Signal::Message(Message::Text(text)),
            Ok(GlooMessage::Bytes(bytes)) => Signal::Message(Message::Binary(bytes)),
            Err(WebSocketError::ConnectionClose(event)) => {
                Signal::Close(Close { code: event.code, reason: event.reason, was_clean: event.was_clean })
            }
            // The enum is open; what else it may come to hold is an error without a close.
            Err(_) => Signal::Error,
        });
    }
}

/// The browser's words for an exception.
pub(super) fn sentence(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(
        || error.as_string().unwrap_or_default(),
        |error| {
            let text = String::from(error.message());
            // Chromium begins with the name of what it failed to do: "Failed to construct 'WebSocket': The URL …".
            text.split_once("': ").map(|(_, rest)| rest.to_owned()).unwrap_or(text)
        },
    )
}
