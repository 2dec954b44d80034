//! What stands behind a socket: an echo, or an endpoint of any other kind.

mod watched;

use self::watched::Watched;
use crate::echo::Echo;
use crate::watch::{About, MAX_WATCHERS, NotWatched, PATH, Watcher};
use socket::wire::{Counts, Message, Outgoing, Summary, Time};
use socket::{Control, Endpoint, Mailbox};
use std::fmt;
use std::sync::Arc;

/// What is behind a socket. The plain echo is there by the million and stands in place; anything else has a box, by a thin
/// pointer, so that an echo pays eight bytes for what others may be.
pub(crate) enum Behind {
    Echo(Echo),
    Other(Box<Other>),
}

/// What stands behind a socket and is no plain echo, or is watched.
pub(crate) struct Other {
    about: Arc<About>,
    kind: Kind,
}

enum Kind {
    Endpoint(Box<dyn Endpoint + Send + Sync>),
    Watched(Box<Watched>),
}

impl Behind {
    pub(crate) fn new(endpoint: impl Endpoint + Send + Sync + 'static) -> Self {
        let about = About::echo();
        Self::Other(Box::new(Other { about, kind: Kind::Endpoint(Box::new(endpoint)) }))
    }

    /// The same for a connection of this server's own, to a target.
    pub(crate) fn to_target(endpoint: impl Endpoint + Send + Sync + 'static, target: &str) -> Self {
        Self::new(endpoint).with_about(About { path: format!("to {target}").into(), ..About::default() })
    }

    /// Says what is told of the connection. A plain echo has nothing to tell.
    pub(crate) fn with_about(mut self, about: About) -> Self {
        if let Self::Other(other) = &mut self {
            other.about = about.shared();
        }
        self
    }

    /// What is told of the connection, and how many watch it.
    pub(crate) fn about(&self) -> (Arc<About>, usize) {
        match self {
            Self::Echo(_) => (About::echo(), 0),
            Self::Other(other) => {
                let watchers = if let Kind::Watched(watched) = &other.kind { watched.count() } else { 0 };
                (Arc::clone(&other.about), watchers)
            }
        }
    }

    /// Tells this watcher what passes from here on.
    pub(crate) fn watch(&mut self, watcher: &Arc<Watcher>) -> Result<(), NotWatched> {
        let (about, count) = self.about();
        if about.path.starts_with(PATH) {
            return Err(NotWatched::Watches);
        }
        if count >= MAX_WATCHERS {
            return Err(NotWatched::Crowded);
        }
        loop {
            if let Self::Other(other) = self
                && let Kind::Watched(watched) = &mut other.kind
            {
                watched.watchers().push(Arc::clone(watcher));
                return Ok(());
            }
            let behind = std::mem::replace(self, Self::Echo(Echo));
            let watched = Kind::Watched(Box::new(Watched::new(behind)));
            *self = Self::Other(Box::new(Other { about: Arc::clone(&about), kind: watched }));
        }
    }

    fn endpoint(&mut self) -> &mut dyn Endpoint {
        match self {
            Self::Echo(echo) => echo,
            Self::Other(other) => other.endpoint_mut(),
        }
    }
}

impl Other {
    fn endpoint(&self) -> &dyn Endpoint {
        match &self.kind {
            Kind::Endpoint(endpoint) => &**endpoint,
            Kind::Watched(watched) => &**watched,
        }
    }

    fn endpoint_mut(&mut self) -> &mut dyn Endpoint {
        match &mut self.kind {
            Kind::Endpoint(endpoint) => &mut **endpoint,
            Kind::Watched(watched) => &mut **watched,
        }
    }
}

impl Endpoint for Behind {
    #[inline]
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        match self {
            Self::Echo(echo) => echo.message(message, out),
            Self::Other(other) => other.endpoint_mut().message(message, out),
        }
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        self.endpoint().control(control, out);
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.endpoint().opened(mailbox, out);
    }

    #[inline]
    fn woken(&mut self, out: &mut Outgoing<'_>) {
        if let Self::Other(other) = self {
            other.endpoint_mut().woken(out);
        }
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint().drained(out);
    }

    #[inline]
    fn deadline(&self) -> Option<Time> {
        match self {
            Self::Echo(echo) => echo.deadline(),
            Self::Other(other) => other.endpoint().deadline(),
        }
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint().timeout(out);
    }

    #[inline]
    fn ready(&self) -> bool {
        match self {
            Self::Echo(echo) => echo.ready(),
            Self::Other(other) => other.endpoint().ready(),
        }
    }

    fn leave(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint().leave(out);
    }

    #[inline]
    fn turned(&mut self, carried: &Counts, queued: usize, held: usize) {
        if let Self::Other(other) = self {
            other.endpoint_mut().turned(carried, queued, held);
        }
    }

    #[inline]
    fn held(&self) -> usize {
        match self {
            Self::Echo(echo) => echo.held(),
            Self::Other(other) => other.endpoint().held(),
        }
    }

    fn closed(&mut self, summary: &Summary) {
        self.endpoint().closed(summary);
    }
}

impl fmt::Debug for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Echo(_) => "Echo",
            Self::Other(_) => "Other",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_that_are_alike_share_what_is_told_of_them() {
        let about = |path: &'static str| About { path: path.into(), ..About::default() };
        let behind = |path| Behind::new(Echo).with_about(about(path));
        let (one, two, other) = (behind("/ws/room/a"), behind("/ws/room/a"), behind("/ws/room/b"));
        assert!(Arc::ptr_eq(&one.about().0, &two.about().0));
        assert_eq!(
            (one.about().0.path.as_ref(), other.about().0.path.as_ref()),
            ("/ws/room/a", "/ws/room/b")
        );
    }

    #[test]
    fn an_echo_pays_for_no_other() {
        assert_eq!(size_of::<Behind>(), size_of::<usize>());
    }
}
