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
    /// The most that one connection of each thread holds, of those threads that have looked since the latest cut.
    heaviest: Mutex<Box<[Option<usize>]>>,
}

impl Memory {
    pub(crate) fn new(limit: usize, threads: usize) -> Self {
        Self {
            limit,
            held: AtomicUsize::new(0),
            threads: (0..threads).map(|_| Notify::new()).collect(),
            heaviest: Mutex::new(vec![None; threads].into()),
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

    /// Whether `thread` has to cut a connection, the heaviest of which holds `own` bytes: the budget is exceeded, all threads
    /// have looked, and no other has a heavier one. Whoever has to look, or has one, is asked to.
    pub(crate) fn must_cut(&self, thread: usize, own: usize) -> bool {
        let mut heaviest = self.heaviest.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.is_exceeded() {
            heaviest.fill(None);
            return false;
        }
        heaviest[thread] = Some(own);
        let mut all_have_looked = true;
        for (other, _) in heaviest.iter().enumerate().filter(|(_, held)| held.is_none()) {
            self.threads[other].notify_one();
            all_have_looked = false;
        }
        if !all_have_looked {
            return false;
        }
        match heaviest.iter().enumerate().max_by_key(|(_, held)| **held) {
            Some((worst, held)) if *held > Some(own) => {
                self.threads[worst].notify_one();
                false
            }
            _ => {
                heaviest.fill(None);
                own > 0
            }
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
        assert!(!memory.must_cut(1, 50), "the other has not looked");
        assert!(memory.must_cut(0, 60));
        memory.changed(60, 0);
        memory.changed(50, 120);
        assert!(!memory.must_cut(0, 20), "after a cut all look again");
        assert!(memory.must_cut(1, 100));
        memory.changed(100, 0);
        assert!(!memory.must_cut(0, 20), "it fits");
        assert_eq!(memory.held(), 20);
    }

    #[tokio::test]
    async fn the_thread_with_the_heaviest_connection_is_asked_to_cut_it_by_whoever_looks_last() {
        let memory = Memory::new(100, 3);
        memory.changed(0, 180);
        for thread in 0..3 {
            memory.exceeded(thread).await;
        }
        assert!(!memory.must_cut(0, 90));
        memory.exceeded(1).await;
        memory.exceeded(2).await;
        assert!(!memory.must_cut(1, 50));
        memory.exceeded(2).await;
        assert!(!memory.must_cut(2, 0));
        memory.exceeded(0).await;
        assert!(memory.must_cut(0, 90));
    }

    #[tokio::test]
    async fn growth_beyond_the_budget_wakes_all_threads() {
        let memory = Memory::new(100, 2);
        memory.changed(0, 101);
        memory.exceeded(0).await;
        memory.exceeded(1).await;
    }
}
