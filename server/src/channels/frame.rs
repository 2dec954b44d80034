//! A message of a channel, ready to be sent to anybody.

use bytes::Bytes;
use protocol::session::Entry;
use socket::wire::deflate::{Pool, Settings};
use socket::wire::{MessageKind, SharedMessage};
use std::cell::RefCell;
use std::sync::Arc;

/// What an entry of a history takes beside its bytes, in bytes.
const OVERHEAD: usize = 160;

/// A message in the form that connections send, shared by all of them.
#[derive(Clone, Debug)]
pub(crate) struct Frame(Arc<SharedMessage>);

thread_local! {
    /// It takes up to 256 KiB, so that one for each channel would be too many.
    static POOL: RefCell<Pool> = const { RefCell::new(Pool::new(1)) };
}

impl Frame {
    /// A text, compressed too where `compression` says how and it is long enough for that.
    pub(crate) fn text(text: String, compression: Option<Settings>) -> Self {
        let payload = Bytes::from(text);
        let compression = compression.filter(|settings| payload.len() >= settings.threshold);
        let message = POOL.with_borrow_mut(|pool| {
            SharedMessage::new(MessageKind::Text, payload, compression.map(|settings| (pool, settings)))
        });
        Self(Arc::new(message.expect("a string is UTF-8")))
    }

    pub(crate) fn message(&self) -> &SharedMessage {
        &self.0
    }

    /// What it says.
    pub(crate) fn as_text(&self) -> &str {
        std::str::from_utf8(self.0.payload()).unwrap_or_default()
    }
}

impl Entry for Frame {
    fn size(&self) -> usize {
        self.0.held_bytes() + OVERHEAD
    }
}
