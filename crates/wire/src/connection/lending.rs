//! Messages that a connection sends from where another one of the same thread has read them.

use std::ops::Range;

use super::diversion::Overheard;
use super::turn::{Place, Taken};
use super::{Message, NotSent, Outgoing, Turn};
use crate::frame::{Header, LengthForm};
use crate::{MessageKind, Role, mask};

/// Bytes of a masking key.
const KEY_LEN: usize = 4;

/// A message that is lent by [`Outgoing::lend`], until the [`Turn`] that it lies in takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lent {
    kind: MessageKind,
    /// Where it lies in the input.
    payload: Range<usize>,
    /// So many bytes in front of it may be written over.
    room: usize,
    loan: u64,
}

impl Lent {
    /// Bytes of its payload.
    #[must_use]
    pub fn len(&self) -> usize {
        self.payload.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.payload.is_empty()
    }

    /// Its kind. A text is valid UTF-8.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        self.kind
    }
}

impl Outgoing<'_> {
    /// Whether messages stay where they were read, with room for any header in front of them, so that
    /// [`lend`](Self::lend) is of use to a client's end. Off at first: for who sends them back they are better moved together.
    pub fn keep_in_place(&mut self, on: bool) {
        self.connection.receiver.keep_in_place(on);
    }

    /// Lends a message that just came to another connection of the same thread, which sends it on by
    /// [`send_lent`](Self::send_lent) without a copy. The other one has to have its turn before anything more is read:
    /// [`Turn::lent_to`] tells the driver, in whose numbers `to` is. With a driver that does not look there, messages that are
    /// lent are lost.
    ///
    /// `None`: it can't be lent, because it lies elsewhere, was sent back, or others are lent to somebody else.
    pub fn lend(&mut self, message: &Message<'_>, to: u32) -> Option<Lent> {
        let Place::Input(frame) = &message.place else { return None };
        let free = self.out.taken == Taken::Nothing && self.out.lent_to.is_none_or(|other| other == to);
        if !free {
            return None;
        }
        self.out.taken = Taken::InPlace(frame.end);
        self.out.lent_to = Some(to);
        let len = message.payload.len();
        let keeps_key = self.role() == Role::Server && self.connection.receiver.keeps_in_place();
        Some(Lent {
            kind: message.kind,
            payload: frame.end - len..frame.end,
            room: header_len(len, keeps_key),
            loan: self.out.loan,
        })
    }

    /// Sends a message that another connection has [lent](Self::lend), once: where it goes unchanged it is sent, and by a
    /// client masked, where it lies, and is worth nothing afterwards. As [`send`](Self::send) where it is to be compressed, or
    /// is diverted.
    ///
    /// # Errors
    /// As [`send`](Self::send); [`NotSent::TakenBack`] if it is lent no longer, or this turn is not the borrower's.
    pub fn send_lent(&mut self, lent: &Lent) -> Result<(), NotSent> {
        if self.out.borrows != Some(lent.loan) {
            return Err(NotSent::TakenBack);
        }
        let input = std::mem::take(&mut self.borrowed);
        let sent = self.send_from(input, lent);
        self.borrowed = input;
        sent
    }

    /// The payload of a message that is lent, for who can't send it at once and has to keep a copy. `None` as
    /// [`NotSent::TakenBack`]. To be asked before it is sent.
    #[must_use]
    pub fn lent_payload(&self, lent: &Lent) -> Option<&[u8]> {
        (self.out.borrows == Some(lent.loan)).then(|| &self.borrowed[lent.payload.clone()])
    }

    /// Whether messages can be [sent from where they were lent](Self::send_lent).
    #[must_use]
    pub fn borrows(&self) -> bool {
        self.out.borrows.is_some()
    }

    fn send_from(&mut self, input: &mut [u8], lent: &Lent) -> Result<(), NotSent> {
        let Lent { kind, payload, room, .. } = lent;
        let len = payload.len();
        let masked = self.role() == Role::Client;
        let header_len = header_len(len, masked);
        let elsewhere = self.out.diversion.is_some() || self.connection.is_deflating();
        if elsewhere || self.may_compress(len) || header_len > *room {
            return self.send(*kind, &input[payload.clone()]);
        }
        self.check_room()?;
        // Whoever lends a text has checked it.
        self.connection.sender.check_start()?;
        self.count(len);
        self.note(Overheard::Message(*kind, &input[payload.clone()]));
        let key = masked.then(|| (self.out.masks)());
        if let Some(key) = key {
            mask::apply(&mut input[payload.clone()], key);
        }
        let start = payload.start - header_len;
        let header = Header::new(true, (*kind).into(), key, len as u64).write();
        input[start..payload.start].copy_from_slice(&header);
        self.out.batch.push_in_place(start..payload.end);
        Ok(())
    }
}

/// Bytes of the header of a message in one frame.
fn header_len(payload: usize, has_key: bool) -> usize {
    LengthForm::minimal(payload as u64).header_len() + if has_key { KEY_LEN } else { 0 }
}

impl Turn {
    /// A turn for those that messages are [lent](Outgoing::lend) to: one without a place to read into.
    /// `masks` is as for [`new`](Self::new).
    #[must_use]
    pub fn borrower(masks: fn() -> [u8; 4]) -> Turn {
        Turn::with_input(Box::default(), masks)
    }

    /// The connection that messages are lent to since the latest read, in the driver's numbers. Before it reads more, or ends
    /// the turn, the driver [`lend`](Self::lend)s what was read to a [`borrower`](Self::borrower), in which that connection sends
    /// and writes, reading nothing; it ends that turn and [takes back](Self::take_back) what it has lent.
    #[inline]
    #[must_use]
    pub fn lent_to(&self) -> Option<u32> {
        self.out.lent_to
    }

    /// Lends what was read. The messages in it can be sent by [`Outgoing::send_lent`].
    pub fn lend(&mut self, borrower: &mut Turn) {
        self.settle();
        std::mem::swap(&mut self.input, &mut borrower.input);
        borrower.out.borrows = Some(self.out.loan);
    }

    /// Takes back what was lent. Nothing that was lent can be sent any more.
    pub fn take_back(&mut self, borrower: &mut Turn) {
        debug_assert!(borrower.out.batch.is_empty(), "what is written has to be written or moved first");
        borrower.out.borrows = None;
        std::mem::swap(&mut self.input, &mut borrower.input);
        self.out.loan += 1;
        self.out.lent_to = None;
    }
}
