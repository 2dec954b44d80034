//! Between a connection and who watches it: a bounded queue that never holds up the connection.

use super::passed::Passed;
use socket::Mailbox;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// What waits for a watcher may take so much memory, in bytes, or be one thing alone.
const MAX_WAITING: usize = 4 << 20;

/// One watcher, as the watched connection knows it.
#[derive(Debug, Default)]
pub(crate) struct Watcher {
    queue: Mutex<Queue>,
    /// Of [`Queue::bytes`].
    held: AtomicUsize,
    /// Nobody reads any more.
    closed: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<(SystemTime, Passed)>,
    bytes: usize,
    /// What had no room since something was taken.
    lost: u64,
    /// The watched connection is gone: nothing follows.
    ended: bool,
    /// To be woken by when something waits; taken by that.
    mailbox: Option<Mailbox>,
}

/// The watcher's side. Dropped, the watched connection tells it no more.
#[derive(Debug, Default)]
pub(crate) struct Reader(Arc<Watcher>);

/// What was taken from the queue.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) passed: VecDeque<(SystemTime, Passed)>,
    /// What passed behind those and was lost.
    pub(super) lost: u64,
    pub(super) ended: bool,
}

impl Watcher {
    /// Takes note of something, unless there is no room for it.
    pub(crate) fn tell(&self, passed: Passed) {
        let now = SystemTime::now();
        let mut queue = self.queue();
        let cost = passed.cost();
        // What follows a loss is lost too, until the watcher has caught up: it is told of one gap and not of many. The end
        // is always told.
        let full = queue.lost > 0 || (queue.bytes > 0 && queue.bytes + cost > MAX_WAITING);
        if full && !matches!(passed, Passed::Ended { .. }) {
            queue.lost += 1;
            return;
        }
        queue.bytes += cost;
        self.held.store(queue.bytes, Ordering::Relaxed);
        queue.waiting.push_back((now, passed));
        let mailbox = queue.mailbox.take();
        drop(queue);
        if let Some(mailbox) = mailbox {
            mailbox.wake();
        }
    }

    /// The connection has ended, with something to say about it or not.
    pub(crate) fn end(&self, passed: Option<Passed>) {
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

    /// Whether it has room. What has none need not be copied.
    pub(crate) fn has_room(&self, payload: usize) -> bool {
        let held = self.held.load(Ordering::Relaxed);
        held == 0 || held + size_of::<Passed>() + payload <= MAX_WAITING
    }

    /// Counts something that was not copied.
    pub(crate) fn lose(&self) {
        self.queue().lost += 1;
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

    /// Takes all that waits.
    pub(super) fn take(&self) -> Batch {
        let mut queue = self.0.queue();
        queue.bytes = 0;
        self.0.held.store(0, Ordering::Relaxed);
        Batch {
            passed: std::mem::take(&mut queue.waiting),
            lost: std::mem::take(&mut queue.lost),
            ended: queue.ended,
        }
    }

    /// Wakes by `mailbox` once something waits: at once, where something does.
    pub(super) fn wake_by(&self, mailbox: &Mailbox) {
        let mut queue = self.0.queue();
        if queue.waiting.is_empty() && queue.lost == 0 && !queue.ended {
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
