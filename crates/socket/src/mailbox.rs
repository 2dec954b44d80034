use std::fmt;
use std::task::Waker;

/// Wakes a connection from any thread: its endpoint is asked by [`Endpoint::woken`](crate::Endpoint::woken) for what it has
/// to send. Waking one that has ended does nothing, and waking twice before it had its turn is waking once.
#[derive(Clone)]
pub struct Mailbox(Waker);

impl Mailbox {
    pub(crate) fn of_task(waker: &Waker) -> Mailbox {
        Mailbox(waker.clone())
    }

    #[cfg(unix)]
    pub(crate) fn of_slot(slot: std::sync::Arc<impl std::task::Wake + Send + Sync + 'static>) -> Mailbox {
        Mailbox(Waker::from(slot))
    }

    /// Wakes the connection.
    pub fn wake(&self) {
        self.0.wake_by_ref();
    }

    /// The same as a [`Waker`], for an endpoint that polls futures.
    #[must_use]
    pub fn waker(&self) -> &Waker {
        &self.0
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailbox").finish_non_exhaustive()
    }
}
