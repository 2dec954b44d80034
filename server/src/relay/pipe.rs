//! What lies between the client's connection and the target's: what one of them said, until the other one has passed it on.

mod hold;

pub(super) use self::hold::{Carried, Seen};

use self::hold::Hold;
use crate::breakpoints::{Breakpoints, Gated, Place};
use crate::labels::Scribe;
use socket::Mailbox;
use socket::wire::{Abort, CloseCode, Lent, Message, MessageKind, Outgoing};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// As much may lie here in one direction, in bytes; above it nothing is read of what comes from that end. One message
/// more than that fits, however long it is.
const ROOM: usize = 256 << 10;
/// What an item costs beside its payload, in bytes.
const COST: usize = 64;

/// From this many bytes on a message is sent right behind being read: lent to the other end where that is on the same thread,
/// otherwise in memory of its own, which is given away. Shorter ones cost less where all that came is read first.
const APART: usize = 4 << 10;

/// The two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Target,
}

#[derive(Debug)]
pub(super) struct Pipe {
    /// What is to go to each side.
    lanes: [Lane; 2],
    hold: Hold,
}

#[derive(Debug, Default)]
struct Lane {
    /// What is not passed on yet, in bytes, with what its end has taken out already.
    waiting: AtomicUsize,
    /// What is held for its end, in bytes.
    held: AtomicUsize,
    batch: Mutex<Batch>,
    /// Wakes the end that takes it out.
    mailbox: OnceLock<Mailbox>,
    /// That end sends what it takes out as it is, so that messages can be lent to it.
    borrows: AtomicBool,
}

/// Items and their payloads.
#[derive(Debug, Default)]
pub(super) struct Batch {
    items: VecDeque<Item>,
    /// The short payloads, one behind the other.
    bytes: Vec<u8>,
    /// Of the bytes, so many are passed on.
    from: usize,
    /// The long ones.
    apart: VecDeque<Vec<u8>>,
}

/// The payload of an item.
#[derive(Debug)]
pub(super) enum Body<'b> {
    Among(&'b [u8]),
    /// May be taken.
    Apart(&'b mut Vec<u8>),
}

/// What one end said, without its payload.
#[derive(Debug)]
pub(super) enum Item {
    /// A message of so many bytes, and where its frames end, if there are several.
    Message { kind: MessageKind, len: usize, frames: Box<[usize]> },
    /// One that lies where the other end has read it.
    Lent(Lent),
    /// One of so many bytes that was lent and could not be sent at once.
    Kept { kind: MessageKind, len: usize, payload: Vec<u8> },
    /// A Ping with so many.
    Ping(usize),
    /// A Pong with so many.
    Pong(usize),
    /// Pings are to be answered by the connection itself, or not.
    AutoPong(bool),
    /// A Close with its code and reason, if it had them.
    Close(Option<(CloseCode, String)>),
    /// It is gone.
    Gone(Gone),
}

/// How an end went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gone {
    pub(super) how: Abort,
    /// What it did wrong, where it was not just gone.
    pub(super) why: Option<String>,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Client => Self::Target,
            Self::Target => Self::Client,
        }
    }
}

impl Pipe {
    /// Between these two ends, with the breakpoints that are set for them.
    pub(super) fn new(place: Place, scribe: Option<Scribe>, breakpoints: &Arc<Breakpoints>) -> Arc<Self> {
        let pipe = Arc::new(Self { lanes: Default::default(), hold: Hold::new(place, scribe, breakpoints) });
        let gated: Arc<dyn Gated> = Arc::<Self>::clone(&pipe);
        breakpoints.enter(&gated);
        pipe
    }

    fn lane(&self, to: Side) -> &Lane {
        &self.lanes[to as usize]
    }

    /// Notes how to wake this side, and whether it sends what it takes out as it is.
    pub(super) fn settle(&self, side: Side, mailbox: Mailbox, borrows: bool) {
        let lane = self.lane(side);
        lane.borrows.store(borrows, Ordering::Relaxed);
        // It opens once.
        let _ = lane.mailbox.set(mailbox);
    }

    /// Puts a message for this side in that just came to the other one, unless it is held: without a copy where both are on
    /// one thread.
    #[inline]
    pub(super) fn put_arrived(&self, to: Side, message: &Message<'_>, out: &mut Outgoing<'_>) {
        let payload = message.payload;
        let lent =
            if payload.len() < APART || self.hold.is_shut() { None } else { self.lend(to, message, out) };
        match lent {
            // It has its turn right behind.
            Some(lent) => self.lane(to).put(Item::Lent(lent), b""),
            None => self.put_message(to, message.kind, payload, message.frames()),
        }
    }

    fn lend(&self, to: Side, message: &Message<'_>, out: &mut Outgoing<'_>) -> Option<Lent> {
        let (lane, own) = (self.lane(to), self.lane(to.other()));
        let place = own.mailbox.get()?.place_beside(lane.mailbox.get()?)?;
        if lane.borrows.load(Ordering::Relaxed) { out.lend(message, place) } else { None }
    }

    /// Keeps copies of all for this side that is lent and has to wait.
    pub(super) fn keep_lent(&self, to: Side, out: &Outgoing<'_>) {
        self.lane(to).batch().keep_lent(out);
    }

    /// Puts a message for this side in, unless it is held.
    #[inline]
    pub(super) fn put_message(&self, to: Side, kind: MessageKind, payload: &[u8], frames: &[usize]) {
        // What is held is put together.
        let carried = |held: bool| Carried::Frames(if held { Box::default() } else { frames.into() });
        if !self.hold.is_shut() || self.goes_on(to, kind, payload, carried) {
            self.put_item(to, kind, payload, frames.into());
        }
    }

    fn put_item(&self, to: Side, kind: MessageKind, payload: &[u8], frames: Box<[usize]>) {
        self.put(to, Item::Message { kind, len: payload.len(), frames }, payload);
    }

    /// Puts something for this side in, behind all that is held for it.
    pub(super) fn put_in_turn(&self, to: Side, item: Item, payload: &[u8]) {
        if !self.hold.is_shut() {
            return self.put(to, item, payload);
        }
        if let Some((item, payload)) = self.ask_in_turn(to, item, payload.to_vec()) {
            self.put(to, item, &payload);
        }
    }

    /// Puts something for this side in, ahead of what is held for it.
    pub(super) fn put(&self, to: Side, item: Item, payload: &[u8]) {
        let lane = self.lane(to);
        lane.put(item, payload);
        // Who opens notes its mailbox first and looks then, so that one of the two sees the other.
        if payload.len() < APART {
            lane.wake();
        } else {
            lane.wake_next();
        }
    }

    /// Whether there is room for more to this side.
    #[inline]
    pub(super) fn has_room(&self, to: Side) -> bool {
        self.waiting(to) < ROOM
    }

    /// What waits for this side, in bytes.
    #[inline]
    pub(super) fn waiting(&self, to: Side) -> usize {
        self.lane(to).waiting.load(Ordering::Relaxed)
    }

    /// What breakpoints hold for it, in bytes.
    pub(super) fn held(&self, to: Side) -> usize {
        self.lane(to).held.load(Ordering::Relaxed)
    }

    /// Takes all out that is there for this side, in exchange for an empty batch. False: there is nothing.
    pub(super) fn take(&self, to: Side, batch: &mut Batch) -> bool {
        std::mem::swap(&mut *self.lane(to).batch(), batch);
        !batch.items.is_empty()
    }

    /// So many bytes of what was for this side are passed on. If there was no room before and there is now, the other side
    /// is woken: it may read again.
    pub(super) fn passed_on(&self, to: Side, bytes: usize) {
        let before = self.lane(to).waiting.fetch_sub(bytes, Ordering::Relaxed);
        if before >= ROOM
            && before - bytes < ROOM
            && let Some(mailbox) = self.lane(to.other()).mailbox.get()
        {
            mailbox.wake();
        }
    }
}

impl Lane {
    #[inline]
    fn put(&self, item: Item, payload: &[u8]) {
        self.waiting.fetch_add(item.cost(), Ordering::Relaxed);
        self.batch().push(item, payload);
    }

    fn batch(&self) -> MutexGuard<'_, Batch> {
        // Nothing that can panic half-way runs under the lock.
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    fn push(&mut self, item: Item, payload: &[u8]) {
        self.items.push_back(item);
        if payload.len() < APART {
            self.bytes.extend_from_slice(payload);
        } else {
            self.apart.push_back(payload.to_vec());
        }
    }

    /// The next item with its payload.
    pub(super) fn first(&mut self) -> Option<(&mut Item, Body<'_>)> {
        let item = self.items.front_mut()?;
        let len = item.len_beside();
        Some((
            item,
            match self.apart.front_mut() {
                Some(payload) if len >= APART => Body::Apart(payload),
                _ => Body::Among(&self.bytes[self.from..self.from + len]),
            },
        ))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Removes the next item, and tells what it cost.
    pub(super) fn remove_first(&mut self) -> usize {
        let Some(item) = self.items.pop_front() else { return 0 };
        if item.len_beside() < APART {
            self.from += item.len_beside();
        } else {
            self.apart.pop_front();
        }
        if self.items.is_empty() {
            self.bytes.clear();
            self.from = 0;
        }
        item.cost()
    }

    /// Keeps copies of what is lent.
    pub(super) fn keep_lent(&mut self, out: &Outgoing<'_>) {
        for item in &mut self.items {
            if let Item::Lent(lent) = item
                && let Some(payload) = out.lent_payload(lent)
            {
                *item = Item::Kept { kind: lent.kind(), len: lent.len(), payload: payload.to_vec() };
            }
        }
    }
}

impl Body<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Among(bytes) => bytes,
            Self::Apart(bytes) => bytes,
        }
    }
}

impl Item {
    /// Bytes of the payload that lies beside it.
    fn len_beside(&self) -> usize {
        match self {
            Self::Message { len, .. } | Self::Ping(len) | Self::Pong(len) => *len,
            Self::Lent(_) | Self::Kept { .. } | Self::AutoPong(_) | Self::Close(_) | Self::Gone(_) => 0,
        }
    }

    fn cost(&self) -> usize {
        let more = match self {
            Self::Message { frames, .. } => size_of_val(&**frames),
            Self::Lent(lent) => lent.len(),
            // The payload is gone once it is sent.
            Self::Kept { len, .. } => *len,
            _ => 0,
        };
        COST + self.len_beside() + more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_comes_out_in_order_and_counts_until_it_is_passed_on() {
        let breakpoints = Arc::new(Breakpoints::new(1 << 20));
        let pipe = Pipe::new(Place::new(None, None, String::new()), None, &breakpoints);
        let side = Side::Client;
        pipe.put_message(side, MessageKind::Text, b"one", &[]);
        pipe.put(side, Item::Ping(2), b"hi");
        pipe.put(side, Item::Close(None), b"");
        let mut batch = Batch::default();
        assert!(!pipe.take(Side::Target, &mut batch));
        assert!(pipe.take(side, &mut batch));
        let mut seen = Vec::new();
        while let Some((_, payload)) = batch.first() {
            seen.push(payload.bytes().to_vec());
            let waited = pipe.waiting(side);
            let cost = batch.remove_first();
            pipe.passed_on(side, cost);
            assert_eq!(pipe.waiting(side), waited - cost);
        }
        assert_eq!(seen, [&b"one"[..], b"hi", b""]);
        assert_eq!(pipe.waiting(side), 0);
        pipe.put_message(side, MessageKind::Binary, &[0; ROOM], &[]);
        assert!(!pipe.has_room(side) && pipe.has_room(Side::Target));
    }
}
