use std::num::NonZeroUsize;

use super::turn::Output;
use super::{Connection, Outgoing, Turn};
use crate::deflate::Deflater;
use crate::send::Sender;
use crate::{MessageKind, Time};

/// What a turn deflates of a long message, in bytes, before the others have theirs: 1 to 7 ms, by level and content.
const DEFLATED_AT_ONCE: usize = 256 << 10;

/// After so many bytes a turn deflates nothing more: what is sent then has to wait, too.
const DEFLATED_IN_ALL: usize = 1 << 20;

/// A long message on its way out, deflated piece by piece, and what has to wait until it is out.
#[derive(Debug)]
pub(super) struct Deflating {
    deflater: Deflater,
    kind: MessageKind,
    payload: Vec<u8>,
    fragment_len: Option<NonZeroUsize>,
    /// Of the payload, so many bytes are deflated.
    done: usize,
    /// Its first frame is out.
    begun: bool,
    behind: Vec<Behind>,
    behind_bytes: usize,
}

/// What was sent behind a long message.
#[derive(Debug)]
enum Behind {
    /// Frames as they leave.
    Frames(Vec<u8>),
    /// A message to be deflated: with context takeover that has to happen in order.
    Message { kind: MessageKind, payload: Vec<u8>, fragment_len: Option<NonZeroUsize> },
}

impl Deflating {
    /// Bytes that wait: of the message, and behind it.
    pub(super) fn bytes(&self) -> usize {
        self.payload.len() - self.done + self.behind_bytes
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.payload.capacity() + self.behind_bytes + self.deflater.held_bytes()
    }

    fn push(&mut self, bytes: usize, behind: Behind) {
        self.behind_bytes += bytes;
        self.behind.push(behind);
    }
}

impl Connection {
    /// Whether a long message is to be deflated further, which [`deflate_on`](Self::deflate_on) does: once in a turn, so
    /// that the others have theirs.
    #[inline]
    #[must_use]
    pub fn wants_deflating(&self) -> bool {
        self.is_deflating() && !self.has_backlog()
    }

    /// Deflates the next 256 KiB of a long message, if there is one and nothing waits for the peer. What comes out is output
    /// of this turn.
    pub fn deflate_on(&mut self, turn: &mut Turn, now: Time) {
        if !self.wants_deflating() {
            return;
        }
        let Some(mut long) = self.rare().deflating.take() else { return };
        let mut out = self.outgoing(turn, now);
        let left = long.payload.len() - long.done;
        let last = left <= DEFLATED_AT_ONCE;
        out.put_piece(&mut long, left.min(DEFLATED_AT_ONCE), last);
        if !last {
            self.rare().deflating = Some(long);
            return;
        }
        if out.takes_over() {
            out.connection.rare().deflater = Some(long.deflater);
        }
        for behind in long.behind {
            match behind {
                Behind::Frames(frames) => out.put_frames(|_, _, into| into.extend_from_slice(&frames)),
                Behind::Message { kind, payload, fragment_len } => {
                    out.put_compressible(kind, &payload, fragment_len);
                }
            }
        }
    }

    #[inline]
    pub(super) fn is_deflating(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.deflating.is_some())
    }
}

impl Outgoing<'_> {
    /// Appends what `write` puts behind the buffer's end: to the output, or behind the message that is being deflated.
    pub(super) fn put_frames<R>(
        &mut self,
        write: impl FnOnce(&mut Sender, fn() -> [u8; 4], &mut Vec<u8>) -> R,
    ) -> R {
        let Outgoing { connection, out: Output { batch, masks, .. }, .. } = self;
        let Connection { sender, rare, .. } = &mut **connection;
        let Some(long) = rare.as_mut().and_then(|rare| rare.deflating.as_mut()) else {
            return batch.push_copied(|out| write(sender, *masks, out));
        };
        let mut frames = Vec::new();
        let result = write(sender, *masks, &mut frames);
        long.push(frames.len(), Behind::Frames(frames));
        result
    }

    /// Takes a message that is to be deflated if it is too long for one turn, or has to wait behind such a one.
    pub(super) fn defer(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        fragment_len: Option<NonZeroUsize>,
    ) -> bool {
        let (role, takes_over) = (self.role(), self.takes_over());
        let connection = &mut *self.connection;
        let Some(params) = &connection.compression else { return false };
        let settings = connection.settings.deflate;
        if let Some(long) = connection.rare.as_mut().and_then(|rare| rare.deflating.as_mut()) {
            let message = Behind::Message { kind, payload: payload.to_vec(), fragment_len };
            long.push(payload.len(), message);
            return true;
        }
        let tired = self.out.worked >= DEFLATED_IN_ALL;
        if !tired && payload.len() <= DEFLATED_AT_ONCE {
            return false;
        }
        let rare = connection.rare.get_or_insert_default();
        let kept = if takes_over { rare.deflater.take() } else { None };
        let deflater = kept.unwrap_or_else(|| Deflater::new(params, role, settings));
        if !tired && deflater.is_quick(payload.len()) {
            return false;
        }
        rare.deflating = Some(Box::new(Deflating {
            deflater,
            kind,
            payload: payload.to_vec(),
            fragment_len,
            done: 0,
            begun: false,
            behind: Vec::new(),
            behind_bytes: 0,
        }));
        true
    }

    /// Whether what is sent refers to messages before it.
    fn takes_over(&self) -> bool {
        self.connection.compression.is_some_and(|params| params.context_takeover(self.role()))
    }

    fn put_piece(&mut self, long: &mut Deflating, len: usize, last: bool) {
        let Outgoing { connection, out: Output { batch, codec, masks, worked, .. }, .. } = self;
        let piece = &long.payload[long.done..long.done + len];
        codec.deflated.clear();
        long.deflater.deflate(&mut codec.pool, piece, last, &mut codec.deflated);
        *worked += len;
        long.done += len;
        // The compressor may want more before it puts anything out.
        if last || !codec.deflated.is_empty() {
            let (kind, place) = (long.kind, (!std::mem::replace(&mut long.begun, true), last));
            batch.push_copied(|out| {
                connection.sender.put_piece(
                    kind,
                    &codec.deflated,
                    true,
                    place,
                    long.fragment_len,
                    *masks,
                    out,
                );
            });
        }
    }
}
