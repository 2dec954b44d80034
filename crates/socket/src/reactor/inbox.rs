use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;

/// What any thread asks of a reactor's. Its thread is woken only if it waits, since a system call is what costs here.
#[derive(Debug)]
pub(super) struct Inbox<T> {
    requests: Mutex<VecDeque<T>>,
    /// There are some.
    asked: AtomicBool,
    /// The thread waits, or is about to: whoever asks first has to wake it.
    waiting: AtomicBool,
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
        Arc::new(Inbox {
            requests: Mutex::default(),
            asked: AtomicBool::new(false),
            waiting: AtomicBool::new(false),
            waker,
        })
    }

    pub(super) fn address(self: &Arc<Inbox<T>>, slot: usize, generation: u32) -> Arc<Address<T>> {
        Arc::new(Address { slot, generation, pending: AtomicBool::new(false), inbox: Arc::clone(self) })
    }

    /// Asks, and has the thread look at once.
    pub(super) fn push(&self, request: T) {
        self.put(request);
        self.wake();
    }

    /// Asks. The thread looks when it is woken, or had something else to do.
    pub(super) fn put(&self, request: T) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push_back(request);
        // Of this thread and the one that is about to wait, each says first what it does and looks then at what the
        // other does, so that one of them at least notices.
        self.asked.store(true, Ordering::SeqCst);
    }

    /// Wakes the thread if it waits.
    pub(super) fn wake(&self) {
        if self.waiting.load(Ordering::SeqCst) && self.waiting.swap(false, Ordering::SeqCst) {
            // It fails only if the system has no memory for an event that is there already.
            let _ = self.waker.wake();
        }
    }

    /// The thread is about to wait. False: there is something to do first.
    pub(super) fn may_wait(&self) -> bool {
        self.waiting.store(true, Ordering::SeqCst);
        !self.asked.load(Ordering::SeqCst)
    }

    /// The thread does not wait any longer, and will [`take`](Self::take) before it does again: what its own connections ask
    /// meanwhile needs no waking.
    pub(super) fn is_awake(&self) {
        self.waiting.store(false, Ordering::Relaxed);
    }

    /// All that came since it looked last goes behind what is in `into`, in order.
    pub(super) fn take(&self, into: &mut VecDeque<T>) {
        if self.asked.load(Ordering::Acquire) {
            self.asked.store(false, Ordering::Relaxed);
            into.append(&mut self.requests.lock().unwrap_or_else(PoisonError::into_inner));
        }
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
