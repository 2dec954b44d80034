//! Between a connection and who watches it: a bounded queue that never holds up the connection.

use super::passed::Passed;
use socket::Mailbox;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// What waits for a watcher may take so much memory, in bytes, or be one thing alone.
const MAX_WAITING: usize = 4 << 20;
/// So much of that each has for itself, in bytes.
const OWN: usize = 128 << 10;
/// What goes beyond, all watchers of a server have together, in bytes.
const SHARED: usize = 8 << 20;
/// Memory that is kept for what is still to pass, in bytes and in things.
const KEPT: (usize, usize) = (256 << 10, 4 << 10);

/// What waits for the watchers of a server beyond what each has for itself, in bytes.
#[derive(Debug, Default)]
pub(crate) struct Room(AtomicUsize);

/// A part of a [`Room`]. Dropped, it is given back.
#[derive(Debug)]
struct Loan {
    room: Arc<Room>,
    bytes: usize,
}

/// One watcher, as the watched connection knows it.
#[derive(Debug)]
pub(crate) struct Watcher {
    queue: Mutex<Queue>,
    /// What waits in it, in bytes.
    held: AtomicUsize,
    /// What had no room since something was taken. With any, what follows has none either.
    lost: AtomicU64,
    /// Nobody reads any more.
    closed: AtomicBool,
}

#[derive(Debug)]
struct Queue {
    waiting: Kept,
    /// The watched connection is gone: nothing follows.
    ended: bool,
    /// To be woken by when something waits; taken by that.
    mailbox: Option<Mailbox>,
}

/// What passed, with all payloads one behind the other.
#[derive(Debug)]
pub(super) struct Kept {
    items: VecDeque<Item>,
    bytes: Vec<u8>,
    /// Of the bytes, so many are taken.
    from: usize,
    /// Where they have room, unless that of the watcher's own is enough.
    loan: Loan,
}

/// One thing that passed, without its payload, which has so many bytes.
#[derive(Debug)]
struct Item {
    at: SystemTime,
    len: usize,
    passed: Passed<'static>,
}

/// The watcher's side. Dropped, the watched connection tells it no more.
#[derive(Debug)]
pub(crate) struct Reader(Arc<Watcher>);

/// What was taken from the queue.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) passed: Kept,
    /// What passed behind those and was lost.
    pub(super) lost: u64,
    pub(super) ended: bool,
}

impl Loan {
    /// Nothing yet.
    fn of(room: &Arc<Room>) -> Self {
        Self { room: Arc::clone(room), bytes: 0 }
    }

    /// Takes so many bytes more. False: there are not as many.
    fn take(&mut self, bytes: usize) -> bool {
        let Room(lent) = &*self.room;
        let taken = lent.fetch_add(bytes, Ordering::Relaxed) + bytes <= SHARED;
        if taken {
            self.bytes += bytes;
        } else {
            lent.fetch_sub(bytes, Ordering::Relaxed);
        }
        taken
    }

    fn give_back(&mut self) {
        self.room.0.fetch_sub(std::mem::take(&mut self.bytes), Ordering::Relaxed);
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Watcher {
    /// Takes note of something, unless there is no room for it: then it is not even copied.
    pub(crate) fn tell(&self, passed: Passed<'_>) {
        // What follows a loss is lost too, until the watcher has caught up: it is told of one gap and not of many. The end
        // is always told.
        let is_end = matches!(passed, Passed::Ended { .. });
        let follows = !is_end && self.lost.load(Ordering::Relaxed) > 0;
        if follows && self.lost.fetch_add(1, Ordering::Relaxed) > 0 {
            return;
        }
        let mut queue = self.queue();
        if is_end || (!follows && queue.waiting.makes_room_for(passed.payload())) {
            queue.waiting.push(SystemTime::now(), passed);
            self.held.store(queue.waiting.held(), Ordering::Relaxed);
        } else if !follows {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        // Also where it has caught up this very moment: it waits, and is to be told of this one loss.
        wake(queue);
    }

    /// The connection has ended, with something to say about it or not.
    pub(crate) fn end(&self, passed: Option<Passed<'_>>) {
        if let Some(passed) = passed {
            self.tell(passed);
        }
        let mut queue = self.queue();
        queue.ended = true;
        wake(queue);
    }

    /// Whether somebody reads.
    pub(crate) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Relaxed)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing that can panic half-way runs under the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes who waits for something to be in the queue.
fn wake(mut queue: MutexGuard<'_, Queue>) {
    let mailbox = queue.mailbox.take();
    drop(queue);
    if let Some(mailbox) = mailbox {
        mailbox.wake();
    }
}

impl Reader {
    /// Of a watcher of its own, one of those who share this room.
    pub(crate) fn new(room: &Arc<Room>) -> Self {
        let queue = Queue { waiting: Kept::new(room), ended: false, mailbox: None };
        Self(Arc::new(Watcher {
            queue: Mutex::new(queue),
            held: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }))
    }

    pub(crate) fn watcher(&self) -> &Arc<Watcher> {
        &self.0
    }

    /// For what is taken.
    pub(super) fn batch(&self) -> Batch {
        Batch { passed: Kept::new(&self.0.queue().waiting.loan.room), lost: 0, ended: false }
    }

    /// Takes all that waits, in exchange for a batch of which nothing is left.
    pub(super) fn take(&self, batch: &mut Batch) {
        let mut queue = self.0.queue();
        self.0.held.store(0, Ordering::Relaxed);
        std::mem::swap(&mut queue.waiting, &mut batch.passed);
        batch.lost = self.0.lost.swap(0, Ordering::Relaxed);
        batch.ended = queue.ended;
    }

    /// Wakes by `mailbox` once something waits: at once, where something does.
    pub(super) fn wake_by(&self, mailbox: &Mailbox) {
        let mut queue = self.0.queue();
        if queue.waiting.items.is_empty() && self.0.lost.load(Ordering::Relaxed) == 0 && !queue.ended {
            queue.mailbox = Some(mailbox.clone());
        } else {
            drop(queue);
            mailbox.wake();
        }
    }

    /// Memory that what waits takes, in bytes.
    pub(super) fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Relaxed);
        let mut queue = self.0.queue();
        let empty = Kept::new(&queue.waiting.loan.room);
        let waiting = std::mem::replace(&mut queue.waiting, empty);
        drop(queue);
        drop(waiting);
    }
}

impl Kept {
    fn new(room: &Arc<Room>) -> Self {
        Self { items: VecDeque::new(), bytes: Vec::new(), from: 0, loan: Loan::of(room) }
    }

    /// Has room for something with this payload, if there is some.
    fn makes_room_for(&mut self, payload: &[u8]) -> bool {
        let (held, cost) = (self.held(), Self::cost(payload));
        let more = held + cost;
        held == 0 || more <= OWN || (more <= MAX_WAITING && self.loan.take(cost))
    }

    /// What something with this payload takes in memory, in bytes.
    fn cost(payload: &[u8]) -> usize {
        size_of::<Item>() + payload.len()
    }

    /// What all of it takes.
    pub(super) fn held(&self) -> usize {
        self.items.len() * size_of::<Item>() + self.bytes.len() - self.from
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn push(&mut self, at: SystemTime, passed: Passed<'_>) {
        let payload = passed.payload();
        self.items.push_back(Item { at, len: payload.len(), passed: passed.with_payload(&[]) });
        self.bytes.extend_from_slice(payload);
    }

    /// Takes the first one out and tells it. False: there is none.
    pub(super) fn pop(&mut self, tell: impl FnOnce(SystemTime, &Passed<'_>)) -> bool {
        let Some(Item { at, len, passed }) = self.items.pop_front() else { return false };
        let to = self.from + len;
        tell(at, &passed.with_payload(&self.bytes[self.from..to]));
        self.from = to;
        if self.items.is_empty() {
            self.bytes.clear();
            self.from = 0;
            // What once was much must not hold its memory for good.
            let (bytes, items) = KEPT;
            self.bytes.shrink_to(bytes);
            self.items.shrink_to(items);
            self.loan.give_back();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Side;
    use socket::wire::MessageKind;

    fn told(batch: &mut Batch) -> Vec<String> {
        let mut all = Vec::new();
        while batch.passed.pop(|_, passed| all.push(String::from_utf8_lossy(passed.payload()).into_owned())) {
        }
        all
    }

    fn message(payload: &[u8]) -> Passed<'_> {
        Passed::Message { from: Side::Client, kind: MessageKind::Text, payload }
    }

    #[test]
    fn what_is_told_is_taken_in_order_and_the_memory_used_again() {
        let reader = Reader::new(&Arc::default());
        let mut batch = reader.batch();
        for round in 0..3 {
            reader.watcher().tell(message(b"one"));
            reader.watcher().tell(Passed::Close { from: Side::Server, code: None, reason: "two" });
            assert!(reader.held() > 6);
            reader.take(&mut batch);
            assert_eq!(reader.held(), 0);
            assert_eq!(told(&mut batch), ["one", "two"], "{round}");
            assert_eq!((batch.passed.held(), batch.lost, batch.ended), (0, 0, false));
        }
    }

    #[test]
    fn what_has_no_room_is_counted_and_the_end_told_all_the_same() {
        let reader = Reader::new(&Arc::default());
        let watcher = reader.watcher();
        watcher.tell(message(&[b'x'; MAX_WAITING]));
        watcher.tell(message(b"lost"));
        watcher.tell(message(b"lost"));
        watcher.end(Some(Passed::Ended { reason: "gone", code: None, clean: false }));
        let mut batch = reader.batch();
        reader.take(&mut batch);
        let all = told(&mut batch);
        assert_eq!((all.len(), all[0].len(), all[1].as_str()), (2, MAX_WAITING, "gone"));
        assert_eq!((batch.lost, batch.ended), (2, true));
        assert!(batch.passed.bytes.capacity() <= KEPT.0);
        reader.watcher().tell(message(b"again"));
        reader.take(&mut batch);
        assert_eq!(told(&mut batch), ["again"]);
    }

    #[test]
    fn what_waits_for_all_of_them_is_bounded_and_none_is_left_without() {
        let room = Arc::default();
        let readers: Vec<_> = (0..40).map(|_| Reader::new(&room)).collect();
        let fill = |reader: &Reader| {
            for _ in 0..MAX_WAITING / (1 << 10) {
                reader.watcher().tell(message(&[b'x'; 1 << 10]));
            }
            reader.held()
        };
        let held: Vec<_> = readers.iter().map(fill).collect();
        assert!(held[0] > MAX_WAITING / 2 && held[0] <= MAX_WAITING, "{held:?}");
        assert!(held[39] > OWN / 2 && held[39] <= OWN, "{held:?}");
        let all = held.iter().sum::<usize>();
        assert!(all <= SHARED + readers.len() * OWN, "{all}");
        let refill = |reader: &Reader| {
            let mut batch = reader.batch();
            reader.take(&mut batch);
            told(&mut batch);
            fill(reader)
        };
        // What was taken has its room until nothing is left of it.
        let mut batch = readers[0].batch();
        readers[0].take(&mut batch);
        assert!(refill(&readers[39]) <= OWN);
        told(&mut batch);
        assert!(refill(&readers[39]) > OWN);
        // Who leaves has none.
        drop((readers, batch));
        assert_eq!(room.0.load(Ordering::Relaxed), 0);
    }
}
