use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::mailbox::Slot;

/// What any thread asks of a reactor's. Its thread is woken only if it waits, since a system call is what costs here.
#[derive(Debug)]
pub(super) struct Inbox<T> {
    requests: Mutex<Requests<T>>,
    /// There are some.
    asked: AtomicBool,
    /// Some of them come next.
    asked_next: AtomicBool,
    /// The thread waits, or is about to: whoever asks first has to wake it.
    waiting: AtomicBool,
    waker: mio::Waker,
}

#[derive(Debug)]
struct Requests<T> {
    /// Ahead of the others.
    next: VecDeque<T>,
    others: VecDeque<T>,
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
            requests: Mutex::new(Requests { next: VecDeque::new(), others: VecDeque::new() }),
            asked: AtomicBool::new(false),
            asked_next: AtomicBool::new(false),
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
        self.requests().others.push_back(request);
        self.is_asked();
    }

    /// Asks, ahead of all else that is asked, and has the thread look at once.
    fn push_next(&self, request: T) {
        self.requests().next.push_back(request);
        self.asked_next.store(true, Ordering::Release);
        self.is_asked();
        self.wake();
    }

    fn is_asked(&self) {
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
            let mut requests = self.requests();
            let Requests { next, others } = &mut *requests;
            self.asked_next.store(false, Ordering::Relaxed);
            into.append(next);
            into.append(others);
        }
    }

    /// Takes the first of those that come next.
    #[inline]
    pub(super) fn take_next(&self) -> Option<T> {
        if !self.asked_next.load(Ordering::Acquire) {
            return None;
        }
        let mut requests = self.requests();
        let request = requests.next.pop_front();
        self.asked_next.store(!requests.next.is_empty(), Ordering::Relaxed);
        request
    }

    fn requests(&self) -> MutexGuard<'_, Requests<T>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Address<T> {
    /// From here on, waking it again counts.
    pub(super) fn is_taken(&self) {
        self.pending.store(false, Ordering::Release);
    }
}

impl<T: From<Arc<Address<T>>> + Send + 'static> Slot for Address<T> {
    fn claim(&self) -> bool {
        !self.pending.swap(true, Ordering::AcqRel)
    }

    fn ask(self: Arc<Self>, next: bool) {
        let inbox = Arc::clone(&self.inbox);
        if next {
            inbox.push_next(T::from(self));
        } else {
            inbox.push(T::from(self));
        }
    }
}
