//! A way to a server that is a part of the page which is fetched first.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use link::{Close, Message};

use super::relay::chunk_relay;
use super::{OnSignal, Relaying, Signal, Target, Transport};
use crate::model::relayed::{Failure, Trouble};
use crate::running::chunks::Chunk;

/// A relay, or what will be one.
pub(super) struct Coming(Rc<Inner>);

struct Inner {
    there: OnceCell<Box<dyn Transport>>,
    /// It was closed before it was there.
    is_closed: Cell<bool>,
}

impl Coming {
    pub(super) fn connect(target: &Target, on_signal: OnSignal) -> Coming {
        let inner = Rc::new(Inner { there: OnceCell::new(), is_closed: Cell::new(false) });
        let (weak, target) = (Rc::downgrade(&inner), target.clone());
        Chunk::Relay.with(move |is_here| {
            // Nobody waits for it any more.
            let Some(inner) = weak.upgrade() else { return };
            if !inner.is_closed.get() {
                let connected = is_here.then(|| chunk_relay(&target, on_signal.clone()));
                match connected {
                    Some(Ok(relay)) => {
                        // It is set this once.
                        let _ = inner.there.set(relay);
                        return;
                    }
                    Some(Err(sentence)) => on_signal(Signal::Told(sentence)),
                    None => on_signal(Signal::Failed(Failure::new(Trouble::PartMissing))),
                }
            }
            on_signal(Signal::Close(Close { code: 1006, reason: String::new(), was_clean: false }));
        });
        Coming(inner)
    }

    fn there(&self) -> Option<&dyn Transport> {
        self.0.there.get().map(|there| &**there)
    }
}

impl Transport for Coming {
    fn send(&self, message: &Message) -> bool {
        self.there().is_some_and(|there| there.send(message))
    }

    fn close(&self, code: Option<u16>, reason: &str) {
        match self.there() {
            Some(there) => there.close(code, reason),
            None => self.0.is_closed.set(true),
        }
    }

    fn buffered_bytes(&self) -> u64 {
        self.there().map_or(0, Transport::buffered_bytes)
    }

    fn relay(&self) -> Option<&dyn Relaying> {
        self.there().and_then(Transport::relay)
    }
}
