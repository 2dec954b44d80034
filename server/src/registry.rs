//! Every socket of a thread, so that its timers and a shutdown reach all of them.

use slab::Slab;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The longest time between two sockets that are told to close.
const SPACING: Duration = Duration::from_millis(50);
/// Timers that are due within this time of each other are looked after together.
const TICK: Duration = Duration::from_millis(5);
/// Looking after timers may take one part in this of the time.
const SHARE: u32 = 100;
/// In place of a time at which something is due.
const NEVER: u64 = u64::MAX;

/// The open sockets of one thread. Each has a place, which costs 32 bytes and no allocation; a timer of the
/// runtime would cost four times as much.
///
/// Timers are not sorted. They are few to a second and mostly put off before they are due, so going through all of them
/// now and then, at 8 bytes each, is cheaper than keeping order.
#[derive(Debug)]
pub(crate) struct Registry {
    places: Mutex<Places>,
    /// Something is due sooner than it was.
    sooner: Notify,
    /// The server shuts down.
    closing: AtomicBool,
    /// The last socket left during a shutdown.
    emptied: Notify,
    epoch: Instant,
}

/// Where a socket stands in the [`Registry`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlaceId(u32);

#[derive(Debug)]
struct Places {
    sockets: Slab<Place>,
    /// Milliseconds from the epoch to when the socket with the same number has to be polled.
    due: Vec<u64>,
    /// Nothing is due before this.
    next: u64,
}

#[derive(Debug, Default)]
struct Place {
    /// None until the first poll.
    waker: Option<Waker>,
    /// Was told to close.
    told: bool,
}

impl Registry {
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            places: Mutex::new(Places { sockets: Slab::new(), due: Vec::new(), next: NEVER }),
            sooner: Notify::new(),
            closing: AtomicBool::new(false),
            emptied: Notify::new(),
            epoch: now,
        }
    }

    /// Takes a place for a new socket. During a shutdown it is told to close at once.
    pub(crate) fn enter(&self) -> PlaceId {
        let place = Place { waker: None, told: self.closing.load(Ordering::Relaxed) };
        let mut places = self.places();
        let number = places.sockets.insert(place);
        if places.due.len() <= number {
            places.due.resize(number + 1, NEVER);
        }
        PlaceId(u32::try_from(number).expect("fewer sockets than ports and addresses"))
    }

    /// Notes how to wake the socket. Its task never changes, so once is enough.
    pub(crate) fn settle(&self, id: PlaceId, cx: &Context<'_>) {
        if let Some(place) = self.places().sockets.get_mut(id.0 as usize) {
            place.waker = Some(cx.waker().clone());
        }
    }

    /// Wakes the socket at `due`, or up to a millisecond later, instead of at any time set before.
    pub(crate) fn wake_at(&self, id: PlaceId, due: Instant) {
        // Rounded up: woken too early, the socket would only have to ask again.
        let due =
            u64::try_from(due.duration_since(self.epoch).as_millis()).unwrap_or(NEVER).saturating_add(1);
        let mut places = self.places();
        if let Some(slot) = places.due.get_mut(id.0 as usize) {
            *slot = due;
        }
        if due < places.next {
            places.next = due;
            drop(places);
            self.sooner.notify_one();
        }
    }

    /// Whether the socket has to close. While the server runs this is one load from memory.
    #[inline]
    pub(crate) fn is_told(&self, id: PlaceId) -> bool {
        self.closing.load(Ordering::Relaxed)
            && self.places().sockets.get(id.0 as usize).is_some_and(|place| place.told)
    }

    /// Gives the place back.
    pub(crate) fn leave(&self, id: PlaceId) {
        let mut places = self.places();
        let number = id.0 as usize;
        let gone = places.sockets.try_remove(number);
        if let Some(slot) = places.due.get_mut(number) {
            *slot = NEVER;
        }
        let emptied = places.sockets.is_empty();
        // The waker may be the last handle of its task, which must not be freed under the lock.
        drop(places);
        drop(gone);
        if emptied && self.closing.load(Ordering::Relaxed) {
            self.emptied.notify_waiters();
        }
    }

    /// Wakes sockets when they are due. Runs as long as the thread.
    pub(crate) async fn keep_time(&self) {
        let mut not_before = self.epoch;
        loop {
            let next = self.places().next;
            if next == NEVER {
                self.sooner.notified().await;
                continue;
            }
            let next = (self.epoch + Duration::from_millis(next)).max(not_before);
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.sooner.notified() => continue,
            }
            let began = std::time::Instant::now();
            let now = Instant::now();
            self.places()
                .wake_due(u64::try_from(now.duration_since(self.epoch).as_millis()).unwrap_or(NEVER));
            not_before = now + TICK.max(began.elapsed() * SHARE);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places().sockets.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places().sockets.is_empty()
    }

    /// Tells all sockets to close, one after the other and evenly, within at most `spread`, so that their
    /// clients don't all come back at the same moment.
    pub(crate) async fn close_all(&self, spread: Duration) {
        self.closing.store(true, Ordering::Relaxed);
        let open: Vec<usize> = self.places().sockets.iter().map(|(number, _)| number).collect();
        let spacing = (spread / u32::try_from(open.len().max(1)).unwrap_or(u32::MAX)).min(SPACING);
        let began = Instant::now();
        for (number, id) in (0_u32..).zip(open) {
            // The place of a socket that went meanwhile may be another's by now, and that is told anyway.
            if let Some(place) = self.places().sockets.get_mut(id) {
                place.told = true;
                place.wake();
            }
            sleep_until(began + spacing * (number + 1)).await;
        }
    }

    /// Waits until all sockets are gone. To be called during a shutdown.
    pub(crate) async fn wait_until_empty(&self) {
        loop {
            let left = self.emptied.notified();
            if self.is_empty() {
                return;
            }
            left.await;
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        // No code that can panic half-way runs under the lock.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn wake_due(&mut self, now: u64) {
        let mut next = NEVER;
        for (number, due) in self.due.iter_mut().enumerate() {
            if *due > now {
                next = next.min(*due);
                continue;
            }
            *due = NEVER;
            if let Some(place) = self.sockets.get(number) {
                place.wake();
            }
        }
        self.next = next;
    }
}

impl Place {
    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn full(sockets: usize) -> (Registry, Vec<PlaceId>, Arc<Woken>) {
        let registry = Registry::new(Instant::now());
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let ids: Vec<_> = (0..sockets).map(|_| registry.enter()).collect();
        ids.iter().for_each(|id| registry.settle(*id, &Context::from_waker(&waker)));
        (registry, ids, woken)
    }

    #[tokio::test(start_paused = true)]
    async fn sockets_are_told_evenly_and_in_time() {
        for (sockets, took) in [(0, 0), (1, 50), (10, 500), (100, 1000), (5000, 1000)] {
            let (registry, ids, woken) = full(sockets);
            assert!(ids.iter().all(|id| !registry.is_told(*id)));
            let began = Instant::now();
            registry.close_all(Duration::from_secs(1)).await;
            assert_eq!(began.elapsed().as_millis(), took, "{sockets} sockets");
            assert_eq!(woken.0.load(Ordering::Relaxed), sockets);
            assert!(ids.iter().all(|id| registry.is_told(*id)));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn half_are_told_after_half_the_time() {
        let (registry, ids, _) = full(100);
        let told = || ids.iter().filter(|id| registry.is_told(**id)).count();
        tokio::select! {
            () = registry.close_all(Duration::from_secs(1)) => unreachable!("it takes a second"),
            () = tokio::time::sleep(Duration::from_millis(505)) => {}
        }
        assert_eq!(told(), 51);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_comes_during_a_shutdown_is_told_at_once() {
        let (registry, _, _) = full(1);
        registry.close_all(Duration::ZERO).await;
        assert!(registry.is_told(registry.enter()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_to_leave_ends_the_wait() {
        let (registry, ids, _) = full(3);
        registry.close_all(Duration::ZERO).await;
        let began = Instant::now();
        tokio::join!(registry.wait_until_empty(), async {
            for id in ids {
                tokio::time::sleep(Duration::from_secs(1)).await;
                registry.leave(id);
            }
        });
        assert_eq!(began.elapsed().as_secs(), 3);
        registry.wait_until_empty().await;
    }

    #[tokio::test(start_paused = true)]
    async fn sockets_are_woken_when_they_are_due() {
        let (registry, ids, woken) = full(3);
        let began = Instant::now();
        let at = |millis| began + Duration::from_millis(millis);
        registry.wake_at(ids[0], at(300));
        registry.wake_at(ids[1], at(100));
        registry.wake_at(ids[2], at(100));
        registry.wake_at(ids[2], at(500));
        let seen = async {
            let mut seen = Vec::new();
            for millis in [99, 106, 200, 310, 400, 510, 9000] {
                sleep_until(at(millis)).await;
                seen.push(woken.0.load(Ordering::Relaxed));
                if millis == 200 {
                    registry.wake_at(ids[1], at(390));
                }
            }
            seen
        };
        tokio::select! {
            () = registry.keep_time() => unreachable!("it runs on"),
            seen = seen => assert_eq!(seen, [0, 1, 1, 2, 3, 4, 4]),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_left_is_not_woken_nor_is_who_came_after() {
        let (registry, ids, woken) = full(1);
        registry.wake_at(ids[0], Instant::now() + Duration::from_secs(1));
        registry.leave(ids[0]);
        let id = registry.enter();
        registry.settle(id, &Context::from_waker(&Waker::from(Arc::clone(&woken))));
        let waited = tokio::time::timeout(Duration::from_secs(10), registry.keep_time()).await;
        assert!(waited.is_err());
        assert_eq!(woken.0.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_place_is_small() {
        assert!(size_of::<Place>() + size_of::<u64>() <= 32, "{}", size_of::<Place>());
    }
}
