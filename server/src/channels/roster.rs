//! Who is to be woken for a channel: thread by thread.

use crate::lock::lock;
use socket::{Group, Key, Mailbox};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

/// The connections of a channel, by the thread that drives them. Ringing wakes one of each thread, which
/// [passes it on](Place::pass_on) to the others there: between threads there is one wake a burst, however many listen.
#[derive(Debug, Default)]
pub(crate) struct Roster(Mutex<Vec<Arc<Part>>>);

/// Those of one thread.
#[derive(Debug)]
struct Part {
    thread: ThreadId,
    /// One of them was woken, and has not passed it on.
    ringing: AtomicBool,
    members: Mutex<Group>,
}

/// A connection's place on the roster. Dropped, it is woken no more.
#[derive(Debug)]
pub(crate) struct Place {
    part: Arc<Part>,
    key: Key,
}

impl Roster {
    /// A place for a connection that the present thread drives.
    pub(crate) fn enter(&self, mailbox: Mailbox) -> Place {
        let thread = thread::current().id();
        let mut parts = lock(&self.0);
        let part = parts.iter().find(|part| part.thread == thread).map(Arc::clone).unwrap_or_else(|| {
            let part = Arc::new(Part { thread, ringing: AtomicBool::new(false), members: Mutex::default() });
            parts.push(Arc::clone(&part));
            part
        });
        let key = lock(&part.members).enter(mailbox);
        Place { part, key }
    }

    /// Wakes them all.
    pub(crate) fn ring(&self) {
        for part in &*lock(&self.0) {
            if !part.ringing.swap(true, Ordering::AcqRel) {
                part.wake_first();
            }
        }
    }

    /// Wakes one of them.
    pub(crate) fn nudge(&self) {
        let parts = lock(&self.0);
        // The first that has one has done it.
        let _ = parts.iter().any(|part| lock(&part.members).wake_one());
    }
}

impl Part {
    fn wake_first(&self) {
        if !lock(&self.members).wake_one() {
            self.ringing.store(false, Ordering::Release);
        }
    }
}

impl Place {
    /// To be called by whoever is woken: wakes the others of its thread, unless another has done so.
    pub(crate) fn pass_on(&self) {
        if self.part.ringing.load(Ordering::Relaxed) && self.part.ringing.swap(false, Ordering::AcqRel) {
            lock(&self.part.members).wake_others(self.key);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.part.members).leave(self.key);
        // It may be the one that was woken for the others.
        if self.part.ringing.load(Ordering::Acquire) {
            self.part.wake_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket::wire::{ConnectionSettings, Message, Outgoing, Role};
    use socket::{Endpoint, Socket};
    use std::sync::atomic::AtomicUsize;
    use tokio::io::duplex;

    /// Counts how often it is woken, and passes it on.
    struct Listener {
        roster: Arc<Roster>,
        place: Option<Place>,
        woken: Arc<AtomicUsize>,
    }

    impl Endpoint for Listener {
        fn message(&mut self, _: Message<'_>, _: &mut Outgoing<'_>) {}

        fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, _: &mut Outgoing<'_>) {
            self.place = Some(self.roster.enter(mailbox()));
        }

        fn woken(&mut self, _: &mut Outgoing<'_>) {
            self.woken.fetch_add(1, Ordering::Relaxed);
            self.place.iter().for_each(Place::pass_on);
        }
    }

    #[tokio::test]
    async fn all_are_woken_also_where_the_first_leaves_before_its_turn() {
        let roster = Arc::new(Roster::default());
        let mut sockets: Vec<_> = (0..3)
            .map(|_| {
                let (ours, theirs) = duplex(1 << 10);
                let woken = Arc::new(AtomicUsize::new(0));
                let listener =
                    Listener { roster: Arc::clone(&roster), place: None, woken: Arc::clone(&woken) };
                let settings = Arc::new(ConnectionSettings::default());
                let socket = tokio::spawn(Socket::new(ours, &[], Role::Server, None, settings, listener));
                (theirs, socket, woken)
            })
            .collect();
        let settle = async || {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        };
        let counts = |sockets: &[(_, _, Arc<AtomicUsize>)]| -> Vec<usize> {
            sockets.iter().map(|(.., woken)| woken.load(Ordering::Relaxed)).collect()
        };
        settle().await;
        let before = counts(&sockets);
        roster.ring();
        roster.ring();
        settle().await;
        let woken: Vec<_> = counts(&sockets).iter().zip(&before).map(|(now, before)| now - before).collect();
        assert_eq!(woken, [1, 1, 1], "once a burst");
        let before = counts(&sockets);
        roster.ring();
        sockets[0].1.abort();
        settle().await;
        let woken: Vec<_> = counts(&sockets).iter().zip(&before).map(|(now, before)| now - before).collect();
        assert_eq!(woken, [0, 1, 1]);
        sockets.clear();
    }
}
