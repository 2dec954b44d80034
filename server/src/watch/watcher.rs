//! Between a connection and who watches it: a bounded queue that never holds up the connection.

use super::passed::Passed;
use socket::Mailbox;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// What waits for a watcher may take so much memory, in bytes, or be one thing alone.
const MAX_WAITING: usize = 4 << 20;
/// Memory that is kept for what is still to pass, in bytes and in things.
const KEPT: (usize, usize) = (256 << 10, 4 << 10);

/// One watcher, as the watched connection knows it.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    queue: Mutex<Queue>,
    /// What waits in it, in bytes.
    held: AtomicUsize,
    /// Nobody reads any more.
    closed: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Kept,
    /// What had no room since something was taken.
    lost: u64,
    /// The watched connection is gone: nothing follows.
    ended: bool,
    /// To be woken by when something waits; taken by that.
    mailbox: Option<Mailbox>,
}

/// What passed, with all payloads one behind the other.
#[derive(Debug, Default)]
pub(super) struct Kept {
    items: VecDeque<Item>,
    bytes: Vec<u8>,
    /// Of the bytes, so many are taken.
    from: usize,
}

/// One thing that passed, without its payload, which has so many bytes.
#[derive(Debug)]
struct Item {
    at: SystemTime,
    len: usize,
    passed: Passed<'static>,
}

/// The watcher's side. Dropped, the watched connection tells it no more.
#[derive(Debug, Default)]
pub(crate) struct Reader(Arc<Watcher>);

/// What was taken from the queue.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) passed: Kept,
    /// What passed behind those and was lost.
    pub(super) lost: u64,
    pub(super) ended: bool,
}

impl Watcher {
    /// Takes note of something, unless there is no room for it: then it is not even copied.
    pub(crate) fn tell(&self, passed: Passed<'_>) {
        let mut queue = self.queue();
        let held = queue.waiting.held();
        // What follows a loss is lost too, until the watcher has caught up: it is told of one gap and not of many. The end
        // is always told.
        let full = queue.lost > 0 || (held > 0 && held + Kept::cost(passed.payload()) > MAX_WAITING);
        if full && !matches!(passed, Passed::Ended { .. }) {
            queue.lost += 1;
            return;
        }
        queue.waiting.push(SystemTime::now(), passed);
        self.held.store(queue.waiting.held(), Ordering::Relaxed);
        let mailbox = queue.mailbox.take();
        drop(queue);
        if let Some(mailbox) = mailbox {
            mailbox.wake();
        }
    }

    /// The connection has ended, with something to say about it or not.
    pub(crate) fn end(&self, passed: Option<Passed<'_>>) {
        if let Some(passed) = passed {
            self.tell(passed);
        }
        let mut queue = self.queue();
        queue.ended = true;
        if let Some(mailbox) = queue.mailbox.take() {
            drop(queue);
            mailbox.wake();
        }
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

impl Reader {
    pub(crate) fn watcher(&self) -> &Arc<Watcher> {
        &self.0
    }

    /// Takes all that waits, in exchange for a batch of which nothing is left.
    pub(super) fn take(&self, batch: &mut Batch) {
        let mut queue = self.0.queue();
        self.0.held.store(0, Ordering::Relaxed);
        std::mem::swap(&mut queue.waiting, &mut batch.passed);
        batch.lost = std::mem::take(&mut queue.lost);
        batch.ended = queue.ended;
    }

    /// Wakes by `mailbox` once something waits: at once, where something does.
    pub(super) fn wake_by(&self, mailbox: &Mailbox) {
        let mut queue = self.0.queue();
        if queue.waiting.items.is_empty() && queue.lost == 0 && !queue.ended {
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
        let waiting = std::mem::take(&mut self.0.queue().waiting);
        drop(waiting);
    }
}

impl Kept {
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
        let reader = Reader::default();
        let mut batch = Batch::default();
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
        let reader = Reader::default();
        let watcher = reader.watcher();
        watcher.tell(message(&[b'x'; MAX_WAITING]));
        watcher.tell(message(b"lost"));
        watcher.tell(message(b"lost"));
        watcher.end(Some(Passed::Ended { reason: "gone", code: None, clean: false }));
        let mut batch = Batch::default();
        reader.take(&mut batch);
        let all = told(&mut batch);
        assert_eq!((all.len(), all[0].len(), all[1].as_str()), (2, MAX_WAITING, "gone"));
        assert_eq!((batch.lost, batch.ended), (2, true));
        assert!(batch.passed.bytes.capacity() <= KEPT.0);
        reader.watcher().tell(message(b"again"));
        reader.take(&mut batch);
        assert_eq!(told(&mut batch), ["again"]);
    }
}
