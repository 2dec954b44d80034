//! The sockets of a thread that are tasks of its runtime, so that a shutdown and the memory budget reach them.

use crate::watch::Question;
use slab::Slab;
use socket::Mailbox;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Sockets over TLS, and all others where there is no [`Reactor`](socket::Reactor). Their tasks must be `Send`, hence the
/// lock; only their own thread takes it.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    places: Mutex<Slab<Place>>,
    /// Somebody has an order.
    ordered: AtomicBool,
    /// The sockets in the places before this one have been told to leave.
    told: AtomicUsize,
    /// Who comes is told to leave.
    leaving: AtomicBool,
    /// The last socket left.
    emptied: Notify,
}

/// Where a socket stands in the [`Registry`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlaceId(usize);

/// What a socket has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    /// Close.
    pub(crate) leave: bool,
    /// End at once, to give its memory back.
    pub(crate) cut: bool,
}

#[derive(Default)]
struct Place {
    /// None until it is opened.
    mailbox: Option<Mailbox>,
    orders: Orders,
    /// What it has to answer.
    questions: Vec<Question>,
    held: usize,
}

impl Registry {
    /// Takes a place for a new socket.
    pub(crate) fn enter(&self) -> PlaceId {
        let leave = self.leaving.load(Ordering::Relaxed);
        self.ordered.fetch_or(leave, Ordering::Relaxed);
        PlaceId(self.places().insert(Place { orders: Orders { leave, cut: false }, ..Place::default() }))
    }

    /// Notes how to wake the socket.
    pub(crate) fn settle(&self, id: PlaceId, mailbox: Mailbox) {
        if let Some(place) = self.places().get_mut(id.0) {
            place.mailbox = Some(mailbox);
        }
    }

    /// Notes what memory it holds.
    pub(crate) fn hold(&self, id: PlaceId, held: usize) {
        if let Some(place) = self.places().get_mut(id.0) {
            place.held = held;
        }
    }

    /// What the socket has to do, which is said once. Mostly this is one load from memory.
    pub(crate) fn take_orders(&self, id: PlaceId) -> Orders {
        if !self.ordered.load(Ordering::Relaxed) {
            return Orders::default();
        }
        self.places().get_mut(id.0).map_or(Orders::default(), |place| std::mem::take(&mut place.orders))
    }

    /// Asks every socket, which answers in its own task.
    pub(crate) fn ask(&self, question: &Question) {
        let mut places = self.places();
        // Who is woken may look at once, from another thread.
        self.ordered.store(true, Ordering::Relaxed);
        for (_, place) in places.iter_mut() {
            place.questions.push(Arc::clone(question));
            place.wake();
        }
    }

    /// What the socket has to answer, once. As [`take_orders`](Self::take_orders), this is mostly one load.
    pub(crate) fn take_questions(&self, id: PlaceId) -> Vec<Question> {
        if !self.ordered.load(Ordering::Relaxed) {
            return Vec::new();
        }
        self.places().get_mut(id.0).map_or(Vec::new(), |place| std::mem::take(&mut place.questions))
    }

    /// Gives the place back.
    pub(crate) fn leave(&self, id: PlaceId) {
        let mut places = self.places();
        let gone = places.try_remove(id.0);
        let emptied = places.is_empty();
        // The mailbox may be the last handle of its task, which must not be freed under the lock.
        drop(places);
        drop(gone);
        if emptied {
            self.emptied.notify_waiters();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places().len()
    }

    /// Tells the next socket to leave that has not been told. False: all have been, and who comes later is told at once.
    pub(crate) fn tell_next(&self) -> bool {
        let mut places = self.places();
        let next =
            (self.told.load(Ordering::Relaxed)..places.capacity()).find(|number| places.contains(*number));
        self.told.store(next.map_or(usize::MAX, |number| number + 1), Ordering::Relaxed);
        match next.and_then(|number| places.get_mut(number)) {
            Some(place) => {
                place.orders.leave = true;
                place.wake();
                self.ordered.store(true, Ordering::Relaxed);
                true
            }
            None => {
                self.leaving.store(true, Ordering::Relaxed);
                false
            }
        }
    }

    /// The most memory that one of them holds, in bytes.
    pub(crate) fn heaviest(&self) -> usize {
        self.places().iter().map(|(_, place)| place.held).max().unwrap_or(0)
    }

    /// Cuts the one that holds the most, and waits until its task has done so: what it holds counts until then.
    pub(crate) async fn cut_heaviest(&self) {
        let Some(number) = self.order_cut() else { return };
        while self.places().get(number).is_some_and(|place| place.orders.cut) {
            tokio::task::yield_now().await;
        }
    }

    fn order_cut(&self) -> Option<usize> {
        let mut places = self.places();
        let (number, place) = places.iter_mut().max_by_key(|(_, place)| place.held)?;
        place.orders.cut = true;
        place.wake();
        self.ordered.store(true, Ordering::Relaxed);
        Some(number)
    }

    /// Waits until all sockets are gone.
    pub(crate) async fn emptied(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.len() == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn places(&self) -> MutexGuard<'_, Slab<Place>> {
        // No code that can panic half-way runs under the lock.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Place")
            .field("orders", &self.orders)
            .field("held", &self.held)
            .finish_non_exhaustive()
    }
}

impl Place {
    fn wake(&self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;
    use std::pin::pin;

    const LEAVE: Orders = Orders { leave: true, cut: false };

    #[test]
    fn each_is_told_once_and_who_comes_later_at_once() {
        let registry = Registry::default();
        let ids: Vec<_> = (0..10).map(|_| registry.enter()).collect();
        let told = || ids.iter().filter(|id| registry.take_orders(**id) == LEAVE).count();
        assert_eq!(told(), 0);
        for _ in 0..10 {
            assert!(registry.tell_next());
            assert_eq!((told(), told()), (1, 0));
            assert_eq!(registry.take_orders(registry.enter()), Orders::default());
        }
        while registry.tell_next() {}
        assert_eq!(told(), 0);
        assert_eq!(registry.take_orders(registry.enter()), LEAVE);
    }

    #[tokio::test]
    async fn the_one_that_holds_the_most_is_cut_and_waited_for() {
        let registry = Registry::default();
        let ids: Vec<_> = (0..3).map(|_| registry.enter()).collect();
        for (id, held) in ids.iter().zip([10, 30, 20]) {
            registry.hold(*id, held);
        }
        assert_eq!(registry.heaviest(), 30);
        let mut cutting = pin!(registry.cut_heaviest());
        // Its task is busy with something else.
        for _ in 0..3 {
            assert!(poll!(&mut cutting).is_pending());
        }
        let cut: Vec<_> = ids.iter().map(|id| registry.take_orders(*id).cut).collect();
        assert_eq!(cut, [false, true, false]);
        cutting.await;
        registry.leave(ids[1]);
        assert_eq!(registry.heaviest(), 20);
    }

    #[tokio::test]
    async fn the_last_to_leave_ends_the_wait() {
        let registry = Registry::default();
        let ids = [registry.enter(), registry.enter()];
        tokio::join!(registry.emptied(), async {
            for id in ids {
                tokio::task::yield_now().await;
                registry.leave(id);
            }
        });
        registry.emptied().await;
    }
}
