//! The browser's `WebSocket`: everything it reports, until it is closed or let go of.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;

use futures_util::future::{AbortHandle, abortable};
use futures_util::{FutureExt, Sink, StreamExt};
use gloo_net::websocket::{Message as GlooMessage, State, WebSocketError, futures::WebSocket};
use gloo_timers::future::TimeoutFuture;
use link::{Close, Message};
use wasm_bindgen::{JsCast, JsValue};

/// When so many messages have each had a turn within [`BURST_MILLIS`], those that follow are taken together.
const BURST_MESSAGES: u32 = 32;

/// Within how many milliseconds: 4,000 messages a second, which keep the thread busy for a third of its time.
const BURST_MILLIS: f64 = 8.0;

/// For how long they then gather, in milliseconds, and by how much the time in the log is late. Each turn goes through
/// the browser's queues, which takes longer than all that is done with the message.
const GATHER_MILLIS: u32 = 4;

/// The burst is over when no more than this has gathered.
const CALM_MESSAGES: usize = 8;

/// What a socket reports, in order: at most one `Open`, then messages, at most one `Close` at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The handshake succeeded.
    Open {
        /// The subprotocol the server chose; empty if none.
        protocol: String,
        /// The extensions the server agreed to; empty if none.
        extensions: String,
    },
    /// A whole message came in.
    Message(Message),
    /// Messages have come in faster than each can be given its own turn. None at all says that this is over.
    Burst(Vec<Message>),
    /// The socket failed; a browser gives no detail and `Close` follows.
    Error,
    /// The connection is closed, with the peer's code and reason where it gave one.
    Close(Close),
}

/// Who is told. Of one type, so that a socket is compiled once, whatever it carries.
pub type OnSignal = Rc<dyn Fn(Signal)>;

/// A socket in use. Dropping it lets go of the browser's socket: no signal follows, and it is closed.
///
/// gloo's socket lives in the task that reads it, and `raw` is the same browser socket: gloo's own `close` consumes
/// the socket and forges the close event, while closing `raw` leaves gloo listening for the peer's real code.
#[derive(Debug)]
pub struct Socket {
    raw: web_sys::WebSocket,
    reader: AbortHandle,
}

impl Socket {
    /// Starts to connect, offering these subprotocols, the preferred one first.
    ///
    /// # Errors
    /// The browser's own sentence for refusing on the spot: a URL or subprotocol it cannot accept, or mixed content.
    pub fn connect(address: &str, protocols: &[String], on_signal: OnSignal) -> Result<Socket, String> {
        let raw = if protocols.is_empty() {
            web_sys::WebSocket::new(address)
        } else {
            let list: js_sys::Array = protocols.iter().map(|name| JsValue::from_str(name)).collect();
            web_sys::WebSocket::new_with_str_sequence(address, &list)
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

    /// Sends unless the connection is not open, in which case the browser would take the message and drop it.
    /// Returns whether it was handed over.
    pub fn send(&self, message: &Message) -> bool {
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

    /// Starts the closing handshake; [`Signal::Close`] follows. `code` is 1000 or 3000-4999 and `reason` at most
    /// 123 bytes, or the connection is closed without either.
    pub fn close(&self, code: Option<u16>, reason: &str) {
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
    pub fn buffered_bytes(&self) -> u64 {
        u64::from(self.raw.buffered_amount())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
        let _ = self.raw.close();
    }
}

async fn read(mut socket: WebSocket, raw: web_sys::WebSocket, on_signal: OnSignal) {
    // gloo has no event for opening, but its sink becomes ready then, or when opening fails.
    let ready = poll_fn(|context| Pin::new(&mut socket).poll_ready(context)).await;
    if ready.is_ok() && matches!(socket.state(), State::Open) {
        on_signal(Signal::Open { protocol: raw.protocol(), extensions: raw.extensions() });
    }
    let mut rate = Rate::new(js_sys::Date::now());
    while let Some(item) = socket.next().await {
        on_signal(signal(item));
        if rate.is_burst(js_sys::Date::now) && !is_hidden() && !burst(&mut socket, &on_signal).await {
            return;
        }
    }
}

/// Takes messages together until few come in. Returns whether more may follow.
async fn burst(socket: &mut WebSocket, on_signal: &OnSignal) -> bool {
    loop {
        TimeoutFuture::new(GATHER_MILLIS).await;
        let mut gathered = Vec::new();
        let end = loop {
            match socket.next().now_or_never() {
                None => break None,
                Some(Some(Ok(message))) => gathered.push(taken(message)),
                Some(end) => break Some(end),
            }
        };
        let is_over = gathered.len() <= CALM_MESSAGES;
        on_signal(Signal::Burst(gathered));
        if let Some(end) = end {
            return end.is_some_and(|item| {
                on_signal(signal(item));
                true
            });
        }
        if is_over {
            on_signal(Signal::Burst(Vec::new()));
            return true;
        }
    }
}

/// Nothing gathers in a page that nobody sees: its timers may take a second.
fn is_hidden() -> bool {
    web_sys::window().and_then(|window| window.document()).is_none_or(|document| document.hidden())
}

/// How fast messages come in.
struct Rate {
    messages: u32,
    since: f64,
}

impl Rate {
    fn new(now_millis: f64) -> Rate {
        Rate { messages: 0, since: now_millis }
    }

    /// Another message had its turn. Returns whether they come in a burst. The clock is read for one in
    /// [`BURST_MESSAGES`].
    fn is_burst(&mut self, now_millis: impl FnOnce() -> f64) -> bool {
        self.messages += 1;
        if self.messages < BURST_MESSAGES {
            return false;
        }
        let now = now_millis();
        let took = now - std::mem::replace(&mut self.since, now);
        self.messages = 0;
        // A clock that was set back says nothing.
        (0.0..=BURST_MILLIS).contains(&took)
    }
}

fn signal(item: Result<GlooMessage, WebSocketError>) -> Signal {
    match item {
        Ok(message) => Signal::Message(taken(message)),
        Err(WebSocketError::ConnectionClose(event)) => {
            Signal::Close(Close { code: event.code, reason: event.reason, was_clean: event.was_clean })
        }
        // The enum is open; what else it may come to hold is an error without a close.
        Err(_) => Signal::Error,
    }
}

fn taken(message: GlooMessage) -> Message {
    match message {
        GlooMessage::Text(text) => Message::Text(text),
        GlooMessage::Bytes(bytes) => Message::Binary(bytes),
    }
}

/// The browser's words for an exception.
pub fn sentence(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(
        || error.as_string().unwrap_or_default(),
        |error| {
            let text = String::from(error.message());
            // Chromium begins with the name of what it failed to do: "Failed to construct 'WebSocket': The URL …".
            text.split_once("': ").map(|(_, rest)| rest.to_owned()).unwrap_or(text)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After which of `messages` messages, `apart` milliseconds from one to the next, a burst was seen.
    fn bursts(messages: u32, apart: f64) -> Vec<u32> {
        let mut rate = Rate::new(0.0);
        (1..=messages).filter(|number| rate.is_burst(|| f64::from(*number) * apart)).collect()
    }

    #[test]
    fn thousands_of_messages_a_second_are_a_burst_and_hundreds_are_not() {
        assert_eq!(bursts(BURST_MESSAGES * 2, 0.1), [BURST_MESSAGES, BURST_MESSAGES * 2]);
        assert!(bursts(BURST_MESSAGES * 4, 1.0).is_empty());
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_burst() {
        assert!(bursts(BURST_MESSAGES, -1000.0).is_empty());
    }
}
