use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

/// Whom to give a turn, told by any thread.
///
/// A thread is woken once for any number of connections, until it has looked.
#[derive(Debug)]
pub(super) struct Inbox {
    slots: Mutex<Vec<Arc<Address>>>,
    waker: mio::Waker,
}

/// Where the connection behind a mailbox is.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) slot: usize,
    /// Tells a connection from those that had the slot before.
    pub(super) generation: u32,
    /// It is in the inbox already.
    pending: AtomicBool,
    inbox: Arc<Inbox>,
}

impl Inbox {
    pub(super) fn new(waker: mio::Waker) -> Arc<Inbox> {
        Arc::new(Inbox { slots: Mutex::default(), waker })
    }

    pub(super) fn address(self: &Arc<Inbox>, slot: usize, generation: u32) -> Arc<Address> {
        Arc::new(Address { slot, generation, pending: AtomicBool::new(false), inbox: Arc::clone(self) })
    }

    /// All that were woken since. From here on, waking them again counts.
    pub(super) fn take(&self) -> Vec<Arc<Address>> {
        let slots = std::mem::take(&mut *self.slots.lock().unwrap_or_else(PoisonError::into_inner));
        for address in &slots {
            address.pending.store(false, Ordering::Release);
        }
        slots
    }
}

impl Wake for Address {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.pending.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut slots = self.inbox.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.push(Arc::clone(self));
        if slots.len() == 1 {
            // It fails only if the system has no memory for an event that is there already.
            let _ = self.inbox.waker.wake();
        }
    }
}
