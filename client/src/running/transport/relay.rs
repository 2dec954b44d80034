//! A relay of the page's server: it connects as no page can, and tells all that passes.
//!
//! `docs/relay-protocol.md` says what is spoken; `protocol::relay` reads and writes it.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use link::{Close, Message};
use protocol::fault::Kind;
use protocol::relay::{Command, Connect, Encoded, Event, Frame, SUBPROTOCOL};
use wasm_bindgen_futures::spawn_local;
use workbench::connection::TransportKind;
use workbench::entry::{Direction, LISTED_FRAGMENTS, Wire};
use workbench::json::Value;

use super::{Agreed, Control, OnSignal, Relaying, Signal, Target, Transport};
use crate::model::relayed::{Failure, Trouble};
use crate::running::fetching;
use page::socket::Socket;

/// What a target is reached by through a relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// The relay's address.
    pub endpoint: String,
    /// What it is told.
    pub connect: Connect,
    /// What is sent goes in fragments of so many bytes.
    pub fragment: Option<u64>,
}

/// A relay in use.
struct Relay(Rc<Inner>);

struct Inner {
    carrier: OnceCell<Socket>,
    connect: Encoded,
    fragment: Cell<Option<u64>>,
    is_open: Cell<bool>,
    compresses: Cell<bool>,
    /// The page has closed it before there was a target.
    is_closing: Cell<bool>,
    /// Nothing follows.
    is_over: Cell<bool>,
    /// The Close that the target sent.
    close: RefCell<Option<(Option<u16>, String)>>,
    on_signal: OnSignal,
}

/// Tells what keeps this page from using the relay of its server; `None` if nothing does.
pub fn ask(tell: Box<dyn FnOnce(Option<Trouble>)>) {
    #[expect(clippy::disallowed_methods, reason = "it ends with the answer or with its patience")]
    spawn_local(async move {
        let answer = fetching::text("api/relay").await;
        let allowed =
            answer.as_deref().and_then(|answer| Value::parse(answer).ok()?.get("allowed")?.as_bool());
        tell(match allowed {
            Some(true) => None,
            Some(false) => Some(Trouble::NotAllowed),
            None => Some(Trouble::Absent),
        });
    });
}

/// Starts to connect through a relay.
///
/// # Errors
/// The browser's own sentence for refusing on the spot.
#[inline(never)]
pub(super) fn chunk_relay(target: &Target, on_signal: OnSignal) -> Result<Box<dyn Transport>, String> {
    Ok(Box::new(Relay::connect(target, on_signal)?))
}

impl Relay {
    fn connect(target: &Target, on_signal: OnSignal) -> Result<Relay, String> {
        let Relayed { endpoint, connect, fragment } =
            target.relayed.as_deref().ok_or_else(|| TransportKind::Relay.word().to_owned())?;
        let carrier = Target {
            kind: TransportKind::Browser,
            address: endpoint.clone(),
            protocols: vec![SUBPROTOCOL.to_owned()],
            relayed: None,
        };
        let inner = Rc::new(Inner {
            carrier: OnceCell::new(),
            connect: connect.write(),
            fragment: Cell::new(*fragment),
            is_open: Cell::default(),
            compresses: Cell::default(),
            is_closing: Cell::default(),
            is_over: Cell::default(),
            close: RefCell::default(),
            on_signal,
        });
        let weak = Rc::downgrade(&inner);
        let take = move |signal| {
            if let Some(inner) = weak.upgrade() {
                inner.take(signal);
            }
        };
        let socket = super::connect_socket(&carrier, Rc::new(take))?;
        // It is set this once.
        let _ = inner.carrier.set(socket);
        Ok(Relay(inner))
    }
}

impl Transport for Relay {
    fn send(&self, message: &Message) -> bool {
        let (kind, payload) = match message {
            Message::Text(text) => (Kind::Text, text.as_bytes()),
            Message::Binary(bytes) => (Kind::Binary, &bytes[..]),
        };
        let fragment = self.0.fragment.get().filter(|piece| *piece < payload.len() as u64);
        self.command(&Command::Send { kind, fragment, payload })
    }

    fn close(&self, code: Option<u16>, reason: &str) {
        if !self.command(&Command::Close(code.map(|code| (code, reason.to_owned())))) {
            // There is no target that could answer.
            self.0.is_closing.set(true);
            if let Some(carrier) = self.0.carrier.get() {
                carrier.close(None, "");
            }
        }
    }

    fn buffered_bytes(&self) -> u64 {
        self.0.carrier.get().map_or(0, Transport::buffered_bytes)
    }

    fn relay(&self) -> Option<&dyn Relaying> {
        Some(self)
    }
}

impl Relaying for Relay {
    fn command(&self, command: &Command<'_>) -> bool {
        self.0.is_open.get() && self.0.say(command.write())
    }

    fn set_fragment(&self, fragment: Option<u64>) {
        self.0.fragment.set(fragment);
    }

    fn wire(&self, len: u64) -> Option<Wire> {
        let fragment = self.0.fragment.get().filter(|piece| *piece < len);
        (fragment.is_some() || !self.0.compresses.get()).then(|| Wire::sent(len, fragment))
    }
}

impl Inner {
    fn say(&self, message: Encoded) -> bool {
        let message = match message {
            Encoded::Text(text) => Message::Text(text),
            Encoded::Binary(bytes) => Message::Binary(bytes),
        };
        self.carrier.get().is_some_and(|carrier| carrier.send(&message))
    }

    fn tell(&self, signal: Signal) {
        (self.on_signal)(signal);
    }

    /// Tells that the connection has ended, once.
    fn over(&self, close: Close) {
        if !self.is_over.replace(true) {
            self.is_open.set(false);
            self.tell(Signal::Close(close));
        }
    }

    fn fail(&self, failure: Failure) {
        self.tell(Signal::Failed(failure));
        self.over(Close { code: 1006, reason: String::new(), was_clean: false });
    }

    fn take(self: &Rc<Self>, signal: Signal) {
        match signal {
            Signal::Open(_) => drop(self.say(self.connect.clone())),
            Signal::Burst(messages) if !self.is_over.get() => {
                messages.iter().for_each(|message| self.hear(message));
                // That it is over is for everybody.
                self.tell(Signal::Burst(Vec::new()));
            }
            Signal::Message(message) if !self.is_over.get() => self.hear(&message),
            Signal::Close(_) if self.is_over.get() => {}
            Signal::Close(_) if self.is_open.get() => {
                self.tell(Signal::Told(String::new()));
                self.over(Close { code: 1006, reason: String::new(), was_clean: false });
            }
            Signal::Close(close) if self.is_closing.get() => self.over(close),
            // Browsers tell no page why.
            Signal::Close(_) => {
                let inner = self.clone();
                ask(Box::new(move |trouble| inner.fail(Failure::new(trouble.unwrap_or(Trouble::Busy)))));
            }
            _ => {}
        }
    }

    fn hear(&self, message: &Message) {
        let frame = match message {
            Message::Text(text) => Frame::Text(text),
            Message::Binary(bytes) => Frame::Binary(bytes),
        };
        match Event::read(frame) {
            Ok(event) => self.event(event),
            Err(error) => self.tell(Signal::Told(error.to_string())),
        }
    }

    fn event(&self, event: Event<'_>) {
        match event {
            Event::Open(opened) => {
                self.is_open.set(true);
                self.compresses.set(opened.compression.is_some());
                self.tell(Signal::Open(Agreed {
                    protocol: opened.subprotocol.clone().unwrap_or_default(),
                    extensions: opened.compression.clone().unwrap_or_default(),
                    opened: Some(Rc::from(opened)),
                }));
            }
            Event::Failed { error, step, response } => {
                self.fail(Failure { trouble: Trouble::Step(step), said: error, response });
            }
            Event::Message { kind, compressed, wire, frames, fragments, payload, .. } => {
                let message = match kind {
                    Kind::Text => Message::Text(String::from_utf8_lossy(payload).into_owned()),
                    Kind::Binary => Message::Binary(payload.to_vec()),
                };
                let len = |len: u64| u32::try_from(len).unwrap_or(u32::MAX);
                let fragments = fragments.into_iter().take(LISTED_FRAGMENTS).map(len).collect();
                self.tell(Signal::Framed(message, Wire { bytes: wire, compressed, frames, fragments }));
            }
            Event::Ping { answered, payload, .. } => {
                self.tell(Signal::Control(Direction::In, Control::Ping, payload.to_vec()));
                if answered {
                    self.tell(Signal::Control(Direction::Out, Control::Pong, payload.to_vec()));
                }
            }
            Event::Pong { payload, .. } => {
                self.tell(Signal::Control(Direction::In, Control::Pong, payload.to_vec()));
            }
            Event::Close { code, reason, .. } => drop(self.close.replace(Some((code, reason)))),
            Event::Ended { clean, reason, detail } => {
                let close = self.close.take();
                if close.is_none() {
                    let parts = [reason, detail];
                    let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).cloned().collect();
                    self.tell(Signal::Told(parts.join(": ")));
                }
                let (code, reason) = match close {
                    Some((code, reason)) => (code.unwrap_or(1005), reason),
                    None => (1006, String::new()),
                };
                self.over(Close { code, reason, was_clean: clean });
            }
            Event::Refused { error } => self.tell(Signal::Told(error)),
        }
    }
}
