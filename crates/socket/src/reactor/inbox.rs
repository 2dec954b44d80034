use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

/// What any thread asks of a reactor's.
///
/// Its thread is woken once for any number of requests, until it has looked.
#[derive(Debug)]
pub(super) struct Inbox<T> {
    requests: Mutex<Vec<T>>,
    waker: mio::Waker,
}

/// Where the connection behind a mailbox is.
#[derive(Debug)]
pub(super) struct Address<T> {
    pub(super) slot: usize,
    /// Tells a connection from those that had the slot before.
    pub(super) generation: u32,
    /// It is in the inbox already.
    pending: AtomicBool,
    inbox: Arc<Inbox<T>>,
}

impl<T> Inbox<T> {
    pub(super) fn new(waker: mio::Waker) -> Arc<Inbox<T>> {
        Arc::new(Inbox { requests: Mutex::default(), waker })
    }

    pub(super) fn address(self: &Arc<Inbox<T>>, slot: usize, generation: u32) -> Arc<Address<T>> {
        Arc::new(Address { slot, generation, pending: AtomicBool::new(false), inbox: Arc::clone(self) })
    }

    pub(super) fn push(&self, request: T) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.push(request);
        if requests.len() == 1 {
            // It fails only if the system has no memory for an event that is there already.
            let _ = self.waker.wake();
        }
    }

    /// All that came since, in order. From here on the thread is woken again.
    pub(super) fn take(&self, into: &mut Vec<T>) {
        std::mem::swap(&mut *self.requests.lock().unwrap_or_else(PoisonError::into_inner), into);
    }
}

impl<T> Address<T> {
    /// From here on, waking it again counts.
    pub(super) fn is_taken(&self) {
        self.pending.store(false, Ordering::Release);
    }
}

impl<T: From<Arc<Address<T>>> + Send + 'static> Wake for Address<T> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            self.inbox.push(T::from(Arc::clone(self)));
        }
    }
}
