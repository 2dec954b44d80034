//! The budget for what all connections together hold in memory.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// What connections hold: messages in assembly, and output that their peers have not taken. Each is bounded by itself;
/// this bounds their sum. Over the budget, the connection that holds the most is cut first, until the rest fits.
#[derive(Debug)]
pub(crate) struct Memory {
    limit: usize,
    held: AtomicUsize,
    threads: Box<[Notify]>,
    /// The most that one connection of each thread held when it last looked.
    heaviest: Mutex<Box<[usize]>>,
}

impl Memory {
    pub(crate) fn new(limit: usize, threads: usize) -> Self {
        Self {
            limit,
            held: AtomicUsize::new(0),
            threads: (0..threads).map(|_| Notify::new()).collect(),
            heaviest: Mutex::new(vec![0; threads].into()),
        }
    }

    /// Bytes held.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// A connection that held `before` bytes holds so many now.
    #[inline]
    pub(crate) fn changed(&self, before: usize, now: usize) {
        if before != now {
            self.held.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
            if now > before && self.is_exceeded() {
                self.threads.iter().for_each(Notify::notify_one);
            }
        }
    }

    /// Waits until `thread` may have to cut a connection.
    pub(crate) async fn exceeded(&self, thread: usize) {
        self.threads[thread].notified().await;
    }

    /// Whether `thread` has to cut a connection, the heaviest of which holds `own` bytes: the budget is exceeded, and no
    /// other thread has a heavier one. If another has, it is asked to look.
    pub(crate) fn must_cut(&self, thread: usize, own: usize) -> bool {
        if !self.is_exceeded() {
            return false;
        }
        let mut heaviest = self.heaviest.lock().unwrap_or_else(PoisonError::into_inner);
        heaviest[thread] = own;
        match heaviest.iter().enumerate().max_by_key(|(_, held)| **held) {
            Some((worst, held)) if *held > own => {
                self.threads[worst].notify_one();
                false
            }
            _ => own > 0,
        }
    }

    fn is_exceeded(&self) -> bool {
        self.held() > self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_with_the_heaviest_connection_cuts_it() {
        let memory = Memory::new(100, 2);
        memory.changed(0, 60);
        assert!(!memory.must_cut(0, 60), "within the budget");
        memory.changed(0, 50);
        assert!(memory.must_cut(0, 60));
        memory.changed(60, 0);
        memory.changed(50, 120);
        assert!(!memory.must_cut(1, 20), "the other had a heavier one when it last looked");
        assert!(!memory.must_cut(0, 0));
        assert!(memory.must_cut(1, 120));
        memory.changed(120, 0);
        assert_eq!(memory.held(), 0);
    }

    #[tokio::test]
    async fn growth_beyond_the_budget_wakes_all_threads() {
        let memory = Memory::new(100, 2);
        memory.changed(0, 101);
        memory.exceeded(0).await;
        memory.exceeded(1).await;
    }
}
