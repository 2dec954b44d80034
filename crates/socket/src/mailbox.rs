use std::fmt;
#[cfg(unix)]
use std::sync::Arc;
use std::task::Waker;

/// Wakes a connection from any thread: its endpoint is asked by [`Endpoint::woken`](crate::Endpoint::woken) for what it has
/// to send. Waking one that has ended does nothing, and waking twice before it had its turn is waking once.
#[derive(Clone)]
pub struct Mailbox(Inner);

#[derive(Clone)]
enum Inner {
    Task(Waker),
    #[cfg(unix)]
    Slot(Arc<dyn Slot>),
}

/// A connection that is a place in a reactor.
#[cfg(unix)]
pub(crate) trait Slot: Send + Sync {
    /// False: it has been asked for a turn already.
    fn claim(&self) -> bool;

    /// Asks for a turn, as the next one or when those before have had theirs.
    fn ask(self: Arc<Self>, next: bool);
}

impl Mailbox {
    pub(crate) fn of_task(waker: &Waker) -> Mailbox {
        Mailbox(Inner::Task(waker.clone()))
    }

    #[cfg(unix)]
    pub(crate) fn of_slot(slot: Arc<dyn Slot>) -> Mailbox {
        Mailbox(Inner::Slot(slot))
    }

    /// Wakes the connection.
    pub fn wake(&self) {
        self.call(false);
    }

    /// As [`wake`](Self::wake), and where both are connections of one [`Reactor`](crate::Reactor) it has its turn right behind
    /// the one that wakes it: for two that pass on what each other says, while that is at hand. Many that wake each other are
    /// better off with [`wake`](Self::wake), by which what is said meanwhile leaves in one write.
    pub fn wake_next(&self) {
        self.call(true);
    }

    #[cfg_attr(not(unix), expect(unused_variables, reason = "tasks have their turns as the runtime has it"))]
    fn call(&self, next: bool) {
        match &self.0 {
            Inner::Task(waker) => waker.wake_by_ref(),
            #[cfg(unix)]
            Inner::Slot(slot) if slot.claim() => Arc::clone(slot).ask(next),
            #[cfg(unix)]
            Inner::Slot(_) => {}
        }
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailbox").finish_non_exhaustive()
    }
}
