use bytes::Bytes;

use crate::deflate::{self, Deflater, Params, Pool, WindowBits};
use crate::frame::{Header, RSV1};
use crate::{MessageKind, Role};

/// A message for many connections of a server: encoded once, compressed once for all that take messages without context
/// takeover, and shared by their queues instead of copied.
#[derive(Clone, Debug)]
pub struct SharedMessage {
    kind: MessageKind,
    /// The whole frame.
    plain: Bytes,
    /// The whole frame with its payload compressed, where that made it smaller.
    deflated: Option<Bytes>,
    /// Where the payload begins in `plain`.
    payload_at: usize,
}

impl SharedMessage {
    /// A message as a server sends it. `compression` makes a compressed form of it too, for those who take one.
    ///
    /// # Errors
    /// The payload is given back if it is text but not UTF-8.
    pub fn new(
        kind: MessageKind,
        payload: Bytes,
        compression: Option<(&mut Pool, deflate::Settings)>,
    ) -> Result<SharedMessage, Bytes> {
        if kind == MessageKind::Text && !crate::utf8::is_valid(&payload) {
            return Err(payload);
        }
        let deflated = compression.and_then(|(pool, settings)| {
            let params = Params { server_no_context_takeover: true, ..Params::default() };
            let mut out = Vec::new();
            let made =
                Deflater::new(&params, Role::Server, settings).deflate_message(pool, &payload, &mut out);
            made.then(|| frame(kind, RSV1, &out).0)
        });
        let (plain, payload_at) = frame(kind, 0, &payload);
        Ok(SharedMessage { kind, plain, deflated, payload_at })
    }

    /// What the message is.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// Its payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.plain[self.payload_at..]
    }

    /// The memory that its frames take, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.plain.len() + self.deflated.as_ref().map_or(0, Bytes::len)
    }

    /// The frame that a connection sends as it is. `None`: it has to make its own.
    pub(super) fn frame_for(&self, role: Role, compression: Option<&Params>) -> Option<Bytes> {
        if role == Role::Client {
            return None;
        }
        match (compression, &self.deflated) {
            (None, _) => Some(self.plain.clone()),
            // What it sends by itself would have to follow from the window that it shares with its client.
            (Some(params), _) if params.context_takeover(role) => None,
            (Some(params), Some(_)) if params.window_bits(role) < WindowBits::MAX => None,
            (Some(_), Some(deflated)) => Some(deflated.clone()),
            (Some(_), None) => Some(self.plain.clone()),
        }
    }
}

fn frame(kind: MessageKind, reserved: u8, payload: &[u8]) -> (Bytes, usize) {
    let header = Header { reserved, ..Header::new(true, kind.into(), None, payload.len() as u64) }.write();
    ([&header[..], payload].concat().into(), header.len())
}
