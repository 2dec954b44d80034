#[cfg(unix)]
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::task::{Wake, Waker};

use slab::Slab;

#[cfg(unix)]
use crate::reactor::Bell;

/// Wakes a connection from any thread: its endpoint is asked by [`Endpoint::woken`](crate::Endpoint::woken) for what it has
/// to send. Waking one that has ended does nothing that can be seen, and waking twice before it had its turn is waking once.
///
/// For an endpoint that polls futures, `Waker::from(Arc::new(mailbox))` is the same as a [`Waker`].
#[derive(Clone)]
pub struct Mailbox(Way);

/// To a connection.
#[derive(Clone)]
enum Way {
    Task(Waker),
    #[cfg(unix)]
    Slot {
        bell: Arc<Bell>,
        slot: u32,
    },
}

impl Mailbox {
    pub(crate) fn of_task(waker: &Waker) -> Mailbox {
        Mailbox(Way::Task(waker.clone()))
    }

    #[cfg(unix)]
    pub(crate) fn of_slot(bell: &Arc<Bell>, slot: u32) -> Mailbox {
        Mailbox(Way::Slot { bell: Arc::clone(bell), slot })
    }

    /// Wakes the connection.
    pub fn wake(&self) {
        match &self.0 {
            Way::Task(waker) => waker.wake_by_ref(),
            #[cfg(unix)]
            Way::Slot { bell, slot } => bell.ring([*slot]),
        }
    }

    /// As [`wake`](Self::wake), and where both are connections of one [`Reactor`](crate::Reactor) it has its turn right behind
    /// the one that wakes it: for two that pass on what each other says, while that is at hand. Many that wake each other are
    /// better off with [`wake`](Self::wake), by which what is said meanwhile leaves in one write.
    pub fn wake_next(&self) {
        match &self.0 {
            Way::Task(waker) => waker.wake_by_ref(),
            #[cfg(unix)]
            Way::Slot { bell, slot } => bell.ring_next(*slot),
        }
    }

    /// The other connection's place, where both are connections of one [`Reactor`](crate::Reactor): to it messages can be lent
    /// by [`Outgoing::lend`](wire::Outgoing::lend). It is [woken](crate::Endpoint::woken) right after that, whatever else it
    /// does.
    #[must_use]
    pub fn place_beside(&self, other: &Mailbox) -> Option<u32> {
        match (&self.0, &other.0) {
            #[cfg(unix)]
            (Way::Slot { bell, .. }, Way::Slot { bell: others, slot }) => {
                Arc::ptr_eq(bell, others).then_some(*slot)
            }
            _ => None,
        }
    }
}

impl Wake for Mailbox {
    fn wake(self: Arc<Self>) {
        Mailbox::wake(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Mailbox::wake(self);
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailbox").finish_non_exhaustive()
    }
}

/// Mailboxes that are used together: those of one [`Reactor`](crate::Reactor), the first one's, take a few bytes each and are
/// woken under one lock. Any others are kept and woken one by one.
#[derive(Debug, Default)]
pub struct Group {
    #[cfg(unix)]
    bell: Option<Arc<Bell>>,
    /// Of that reactor.
    #[cfg(unix)]
    slots: BTreeSet<u32>,
    others: Slab<Mailbox>,
}

/// A place in a [`Group`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(Place);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    #[cfg(unix)]
    Slot(u32),
    Other(u32),
}

impl Group {
    /// Adds a mailbox. It is to be taken out by its key when its connection ends: until then whoever is in the connection's
    /// place is woken.
    pub fn enter(&mut self, mailbox: Mailbox) -> Key {
        #[cfg(unix)]
        if let Way::Slot { bell, slot } = &mailbox.0
            && Arc::ptr_eq(self.bell.get_or_insert_with(|| Arc::clone(bell)), bell)
        {
            self.slots.insert(*slot);
            return Key(Place::Slot(*slot));
        }
        let place = u32::try_from(self.others.insert(mailbox)).unwrap_or(u32::MAX);
        Key(Place::Other(place))
    }

    /// Takes a mailbox out.
    pub fn leave(&mut self, key: Key) {
        match key.0 {
            #[cfg(unix)]
            Place::Slot(slot) => _ = self.slots.remove(&slot),
            Place::Other(place) => _ = self.others.try_remove(place as usize),
        }
    }

    /// Wakes all but one.
    pub fn wake_others(&self, key: Key) {
        #[cfg(unix)]
        if let Some(bell) = self.bell.as_ref().filter(|_| !self.slots.is_empty()) {
            bell.ring(self.slots.iter().copied().filter(|slot| key.0 != Place::Slot(*slot)));
        }
        for (place, mailbox) in &self.others {
            if key.0 != Place::Other(place as u32) {
                mailbox.wake();
            }
        }
    }

    /// Wakes any of them. False: there is none.
    pub fn wake_one(&self) -> bool {
        #[cfg(unix)]
        if let (Some(bell), Some(slot)) = (&self.bell, self.slots.first()) {
            bell.ring([*slot]);
            return true;
        }
        let first = self.others.iter().next();
        first.iter().for_each(|(_, mailbox)| mailbox.wake());
        first.is_some()
    }
}
