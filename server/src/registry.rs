//! Every socket of a thread, so that a shutdown reaches all of them.

use slab::Slab;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::sync::Notify;

/// The longest time between two sockets that are told to close.
const SPACING: Duration = Duration::from_millis(50);

/// The open sockets of one thread. Each has a place, which costs 24 bytes and no allocation.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    places: Mutex<Slab<Place>>,
    closing: AtomicBool,
    left: Notify,
}

/// Where a socket stands in the [`Registry`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlaceId(u32);

#[derive(Debug)]
enum Place {
    /// Not polled yet.
    New,
    /// Can be woken.
    Open(Waker),
    /// Was told to close.
    Told,
}

impl Registry {
    /// Takes a place for a new socket. During a shutdown it is told to close at once.
    pub(crate) fn enter(&self) -> PlaceId {
        let place = if self.closing.load(Ordering::Relaxed) { Place::Told } else { Place::New };
        let id = self.places().insert(place);
        PlaceId(u32::try_from(id).expect("fewer sockets than ports and addresses"))
    }

    /// Notes how to wake the socket. Its task never changes, so once is enough.
    pub(crate) fn settle(&self, id: PlaceId, cx: &Context<'_>) {
        if let Some(place @ Place::New) = self.places().get_mut(id.0 as usize) {
            *place = Place::Open(cx.waker().clone());
        }
    }

    /// Whether the socket has to close. While the server runs this is one load from memory.
    pub(crate) fn is_told(&self, id: PlaceId) -> bool {
        self.closing.load(Ordering::Relaxed) && matches!(self.places().get(id.0 as usize), Some(Place::Told))
    }

    /// Gives the place back.
    pub(crate) fn leave(&self, id: PlaceId) {
        let gone = self.places().try_remove(id.0 as usize);
        if self.closing.load(Ordering::Relaxed) && self.is_empty() {
            self.left.notify_waiters();
        }
        // It may be the last handle of its task, which must not be freed under the lock.
        drop(gone);
    }

    pub(crate) fn len(&self) -> usize {
        self.places().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places().is_empty()
    }

    /// Tells all sockets to close, one after the other and evenly, within at most `spread`, so that their
    /// clients don't all come back at the same moment.
    pub(crate) async fn close_all(&self, spread: Duration) {
        self.closing.store(true, Ordering::Relaxed);
        let open: Vec<usize> = self.places().iter().map(|(id, _)| id).collect();
        let spacing = (spread / u32::try_from(open.len().max(1)).unwrap_or(u32::MAX)).min(SPACING);
        let began = tokio::time::Instant::now();
        for (number, id) in (0_u32..).zip(open) {
            // Places of sockets that went meanwhile may be others' by now, and those are told anyway.
            let woken = self.places().get_mut(id).map(|place| std::mem::replace(place, Place::Told));
            if let Some(Place::Open(waker)) = woken {
                waker.wake();
            }
            tokio::time::sleep_until(began + spacing * (number + 1)).await;
        }
    }

    /// Waits until all sockets are gone. To be called during a shutdown.
    pub(crate) async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.is_empty() {
                return;
            }
            left.await;
        }
    }

    fn places(&self) -> MutexGuard<'_, Slab<Place>> {
        // No code that can panic half-way runs under the lock.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;
    use tokio::time::Instant;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn full(sockets: usize) -> (Registry, Vec<PlaceId>, Arc<Woken>) {
        let registry = Registry::default();
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
        tokio::join!(registry.emptied(), async {
            for id in ids {
                tokio::time::sleep(Duration::from_secs(1)).await;
                registry.leave(id);
            }
        });
        assert_eq!(began.elapsed().as_secs(), 3);
        registry.emptied().await;
    }

    #[test]
    fn a_place_is_small() {
        assert!(size_of::<Place>() <= 24, "{}", size_of::<Place>());
    }
}
