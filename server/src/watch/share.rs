//! How much of a thread's time goes to those who watch: making lines takes many times what it takes to carry a message.

use std::cell::RefCell;
use std::time::{Duration, Instant};

/// All of a thread's watchers together have one part in this of its time.
const PART: u32 = 32;
/// How long a turn counts as at most: a thread that was stopped in the middle of one owes nothing for that.
const LONGEST: Duration = Duration::from_millis(100);
/// What a watcher's first turn is expected to take.
const EXPECTED: Duration = Duration::from_micros(100);

/// When watchers have their turns. Each has one reserved that nobody else has, so that all come round, whatever the others
/// have to tell.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// The next one may be had from then on.
    free: Option<Instant>,
}

/// What a watcher's turn takes.
#[derive(Debug)]
pub(super) struct Turn {
    /// As the one before.
    expected: Duration,
    began: Option<Instant>,
}

thread_local! {
    static SHARE: RefCell<Share> = RefCell::default();
}

impl Share {
    /// Reserves the first turn from `wanted` on that is free, and tells when that is.
    fn reserve(&mut self, wanted: Instant, expected: Duration) -> Instant {
        let at = self.free.map_or(wanted, |free| free.max(wanted));
        self.free = Some(at + expected * PART);
        at
    }

    /// A turn took longer than it was expected to, or not as long.
    fn correct(&mut self, expected: Duration, took: Duration) {
        self.free = self.free.map(|free| free + took * PART - expected * PART);
    }
}

impl Turn {
    /// Reserves one on this thread, and tells in how long that is: after `pause` at the earliest.
    pub(super) fn reserve(&self, pause: Duration) -> Duration {
        let now = Instant::now();
        SHARE.with_borrow_mut(|share| share.reserve(now + pause, self.expected)).duration_since(now)
    }

    pub(super) fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    /// How long it has taken so far.
    pub(super) fn so_far(&self) -> Duration {
        self.began.map_or(Duration::ZERO, |began| began.elapsed())
    }

    /// It is over, if it was one.
    pub(super) fn end(&mut self) {
        if let Some(began) = self.began.take() {
            let took = began.elapsed().min(LONGEST);
            SHARE.with_borrow_mut(|share| share.correct(self.expected, took));
            self.expected = took;
        }
    }
}

impl Default for Turn {
    fn default() -> Self {
        Self { expected: EXPECTED, began: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_alone_does_not_wait() {
        let mut share = Share::default();
        let start = Instant::now();
        let expected = Duration::from_micros(100);
        for second in 0..5 {
            let wanted = start + Duration::from_secs(second);
            assert_eq!(share.reserve(wanted, expected), wanted);
            share.correct(expected, Duration::from_millis(30));
        }
    }

    #[test]
    fn all_come_round_and_have_their_part_of_the_time() {
        let mut share = Share::default();
        let start = Instant::now();
        let took = |watcher: u32| Duration::from_micros(50 * u64::from(watcher + 1));
        // Each reserves its next turn at the end of the one before.
        let mut turns: Vec<_> = (0..20).map(|_| (share.reserve(start, EXPECTED), EXPECTED)).collect();
        let mut count = [0_u32; 20];
        let mut spent = Duration::ZERO;
        let end = start + Duration::from_secs(10);
        loop {
            let next = (0..20).min_by_key(|&watcher| turns[watcher].0).unwrap();
            let (at, expected) = turns[next];
            if at > end {
                break;
            }
            let took = took(next as u32);
            turns[next] = (share.reserve(at + took, took), took);
            share.correct(expected, took);
            count[next] += 1;
            spent += took;
        }
        let part = end.duration_since(start).as_secs_f64() / spent.as_secs_f64();
        assert!((30.0..34.0).contains(&part), "one part in {part}");
        let (least, most) = (count.iter().min().unwrap(), count.iter().max().unwrap());
        assert!(*least > 20 && most - least <= 2, "{count:?}");
    }
}
