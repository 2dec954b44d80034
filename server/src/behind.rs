//! What stands behind a socket: an echo, or an endpoint of any other kind.

use crate::echo::Echo;
use socket::wire::{Counts, Message, Outgoing, Summary, Time};
use socket::{Control, Endpoint, Mailbox};
use std::fmt;

/// What is behind a socket. The plain echo is there by the million and stands in place; anything else has a box, by a thin
/// pointer, so that an echo pays eight bytes for what others may be.
pub(crate) enum Behind {
    Echo(Echo),
    Other(Box<Box<dyn Endpoint + Send + Sync>>),
}

impl Behind {
    pub(crate) fn new(endpoint: impl Endpoint + Send + Sync + 'static) -> Self {
        Self::Other(Box::new(Box::new(endpoint)))
    }

    fn endpoint(&mut self) -> &mut dyn Endpoint {
        match self {
            Self::Echo(echo) => echo,
            Self::Other(other) => &mut ***other,
        }
    }
}

impl Endpoint for Behind {
    #[inline]
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        match self {
            Self::Echo(echo) => echo.message(message, out),
            Self::Other(other) => other.message(message, out),
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
            other.woken(out);
        }
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint().drained(out);
    }

    #[inline]
    fn deadline(&self) -> Option<Time> {
        match self {
            Self::Echo(echo) => echo.deadline(),
            Self::Other(other) => other.deadline(),
        }
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint().timeout(out);
    }

    #[inline]
    fn ready(&self) -> bool {
        match self {
            Self::Echo(echo) => echo.ready(),
            Self::Other(other) => other.ready(),
        }
    }

    fn leave(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint().leave(out);
    }

    #[inline]
    fn turned(&mut self, carried: &Counts, queued: usize, held: usize) {
        if let Self::Other(other) = self {
            other.turned(carried, queued, held);
        }
    }

    #[inline]
    fn held(&self) -> usize {
        match self {
            Self::Echo(echo) => echo.held(),
            Self::Other(other) => other.held(),
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
    fn an_echo_pays_for_no_other() {
        assert_eq!(size_of::<Behind>(), size_of::<usize>());
    }
}
