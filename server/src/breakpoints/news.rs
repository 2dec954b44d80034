//! That something has changed, for who waits for it, and what became of messages that nobody decided on.

use protocol::hold::Told;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// So many are remembered.
const REMEMBERED: usize = 64;

#[derive(Debug, Default)]
pub(crate) struct News {
    revision: AtomicU64,
    changed: Notify,
    undecided: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// So many there were.
    count: u64,
    latest: VecDeque<Undecided>,
}

/// A message that nobody decided on.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Undecided {
    /// It is the so-manieth.
    number: u64,
    id: u64,
    connection: u64,
    breakpoint: u64,
    direction: &'static str,
    size: usize,
    /// `deadline`, `limit`, `released` or `gone`.
    why: &'static str,
}

impl News {
    /// Grows with each change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision.load(Ordering::Acquire)
    }

    pub(super) fn changed(&self) {
        self.revision.fetch_add(1, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Waits until it is another revision.
    pub(crate) async fn differs(&self, from: u64) {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            // From here on nothing is missed.
            changed.as_mut().enable();
            if self.revision() != from {
                return;
            }
            changed.await;
        }
    }

    pub(super) fn tell(&self, connection: u64, told: &Told) {
        let mut memory = self.memory();
        memory.count += 1;
        if memory.latest.len() >= REMEMBERED {
            memory.latest.pop_front();
        }
        let undecided = Undecided {
            number: memory.count,
            id: told.id,
            connection,
            breakpoint: told.breakpoint,
            direction: told.way.as_str(),
            size: told.size,
            why: told.fate.as_str(),
        };
        memory.latest.push_back(undecided);
    }

    pub(super) fn undecided(&self) -> Vec<Undecided> {
        self.memory().latest.iter().cloned().collect()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Nothing that can panic runs under the lock.
        self.undecided.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
