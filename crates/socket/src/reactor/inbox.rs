use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What any thread asks of a reactor's.
#[derive(Debug)]
pub(super) struct Inbox<T> {
    requests: Mutex<VecDeque<T>>,
    bell: Arc<Bell>,
}

/// Which connections of a reactor are woken, whatever is behind them. Its thread is woken only if it waits, since a system
/// call is what costs here.
pub(crate) struct Bell {
    woken: Mutex<Woken>,
    /// Some of them are to have their turns next.
    asked_next: AtomicBool,
    /// There is something to look at, here or in the inbox.
    asked: AtomicBool,
    /// The thread waits, or is about to: whoever asks first has to wake it.
    waiting: AtomicBool,
    waker: mio::Waker,
}

#[derive(Debug, Default)]
struct Woken {
    /// Slots, each at most once. Who had one before may be meant: then the one that has it is woken for nothing.
    slots: VecDeque<u32>,
    /// The same, ahead of those.
    next: VecDeque<u32>,
    /// A bit for each slot: it is among them.
    among: Vec<u64>,
}

impl<T> Inbox<T> {
    pub(super) fn new(waker: mio::Waker) -> Arc<Inbox<T>> {
        let bell = Arc::new(Bell {
            woken: Mutex::default(),
            asked_next: AtomicBool::new(false),
            asked: AtomicBool::new(false),
            waiting: AtomicBool::new(false),
            waker,
        });
        Arc::new(Inbox { requests: Mutex::default(), bell })
    }

    pub(super) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    /// Asks, and has the thread look at once.
    pub(super) fn push(&self, request: T) {
        self.put(request);
        self.bell.wake_thread();
    }

    /// Asks. The thread looks when it is woken, or had something else to do.
    pub(super) fn put(&self, request: T) {
        lock(&self.requests).push_back(request);
        self.bell.say_that_there_is_something();
    }

    /// All that was asked since it looked last goes behind what is in `into`, in order, and of the slots that are woken the
    /// first `most` into `woken`. From here on, waking those again counts.
    pub(super) fn take(&self, into: &mut VecDeque<T>, most: usize, woken: &mut Vec<u32>) {
        let Bell { asked, asked_next, woken: slots, .. } = &*self.bell;
        if asked.load(Ordering::Acquire) {
            asked.store(false, Ordering::Relaxed);
            into.append(&mut lock(&self.requests));
            let mut slots = lock(slots);
            asked_next.store(false, Ordering::Relaxed);
            if slots.take(most, woken) {
                asked.store(true, Ordering::Relaxed);
            }
        }
    }
}

impl Bell {
    /// Wakes the connections in these slots.
    pub(crate) fn ring(&self, slots: impl IntoIterator<Item = u32>) {
        let mut woken = lock(&self.woken);
        for slot in slots {
            if woken.is_new(slot) {
                woken.slots.push_back(slot);
            }
        }
        drop(woken);
        self.say_that_there_is_something();
        self.wake_thread();
    }

    /// Wakes the connection in this slot, ahead of all others that are woken.
    pub(crate) fn ring_next(&self, slot: u32) {
        let mut woken = lock(&self.woken);
        if woken.is_new(slot) {
            woken.next.push_back(slot);
            self.asked_next.store(true, Ordering::Release);
        }
        drop(woken);
        self.say_that_there_is_something();
        self.wake_thread();
    }

    /// The first of those that come next. From here on, waking it again counts.
    #[inline]
    pub(super) fn take_next(&self) -> Option<u32> {
        if !self.asked_next.load(Ordering::Acquire) {
            return None;
        }
        let mut woken = lock(&self.woken);
        let slot = woken.next.pop_front()?;
        self.asked_next.store(!woken.next.is_empty(), Ordering::Relaxed);
        woken.forget(slot);
        Some(slot)
    }

    /// Wakes the thread if it waits.
    pub(super) fn wake_thread(&self) {
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

    /// The thread does not wait any longer, and will [`take`](Inbox::take) before it does again: what its own connections ask
    /// meanwhile needs no waking.
    pub(super) fn is_awake(&self) {
        self.waiting.store(false, Ordering::Relaxed);
    }

    fn say_that_there_is_something(&self) {
        // Of this thread and the one that is about to wait, each says first what it does and looks then at what the
        // other does, so that one of them at least notices.
        self.asked.store(true, Ordering::SeqCst);
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bell").field("woken", &lock(&self.woken).slots.len()).finish_non_exhaustive()
    }
}

impl Woken {
    /// Notes that it is among them, and tells whether it was not.
    fn is_new(&mut self, slot: u32) -> bool {
        let (word, bit) = (slot as usize / 64, 1 << (slot % 64));
        if word >= self.among.len() {
            self.among.resize(word + 1, 0);
        }
        let new = self.among[word] & bit == 0;
        self.among[word] |= bit;
        new
    }

    fn forget(&mut self, slot: u32) {
        self.among[slot as usize / 64] &= !(1 << (slot % 64));
    }

    /// The first `most`, behind those that come next. True: there are more.
    fn take(&mut self, most: usize, into: &mut Vec<u32>) -> bool {
        let first = into.len();
        into.extend(self.next.drain(..));
        into.extend(self.slots.drain(..most.min(self.slots.len())));
        into[first..].iter().for_each(|slot| self.forget(*slot));
        !self.slots.is_empty()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
