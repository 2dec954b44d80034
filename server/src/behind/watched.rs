//! In front of an endpoint whose connection is watched: tells the watchers what passes, and changes nothing.

use super::Behind;
use crate::watch::{Overhearing, Passed, Side, Watcher};
use socket::wire::{Counts, Message, Outgoing, Overheard, Summary, Time};
use socket::{Control, Endpoint, Mailbox};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Watched {
    pub(super) behind: Behind,
    watchers: Vec<Arc<Watcher>>,
    overhearing: Overhearing,
}

impl Watched {
    pub(super) fn new(behind: Behind) -> Self {
        Self { behind, watchers: Vec::new(), overhearing: Overhearing::default() }
    }

    /// Those who still look.
    pub(super) fn watchers(&mut self) -> &mut Vec<Arc<Watcher>> {
        self.watchers.retain(|watcher| watcher.is_open());
        &mut self.watchers
    }

    pub(super) fn count(&self) -> usize {
        self.watchers.iter().filter(|watcher| watcher.is_open()).count()
    }

    /// Tells what passed.
    fn tell(&self, passed: Passed<'_>) {
        tell(&self.watchers, passed);
    }

    fn overhear(&mut self, out: &mut Outgoing<'_>, f: impl FnOnce(&mut Behind, &mut Outgoing<'_>)) {
        if self.watchers().is_empty() {
            return f(&mut self.behind, out);
        }
        let Self { behind, watchers, overhearing } = self;
        let mut hear = |said: Overheard<'_>| overhearing.hear(said, |passed| tell(watchers, passed));
        out.overhear(&mut hear, |out| f(behind, out));
    }
}

fn tell(watchers: &[Arc<Watcher>], passed: Passed<'_>) {
    watchers.iter().filter(|watcher| watcher.is_open()).for_each(|watcher| watcher.tell(passed));
}

impl Endpoint for Watched {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        let Message { kind, payload, .. } = message;
        self.tell(Passed::Message { from: Side::Client, kind, payload });
        self.overhear(out, |behind, out| behind.message(message, out));
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        let from = Side::Client;
        match control {
            Control::Ping(payload) => {
                self.tell(Passed::Ping { from, payload });
                if out.answers_pings() {
                    self.tell(Passed::Pong { from: Side::Server, payload, rtt: None });
                }
            }
            Control::Pong(payload, rtt) => self.tell(Passed::Pong { from, payload, rtt }),
            Control::Close(code, reason) => self.tell(Passed::Close { from, code, reason }),
        }
        self.overhear(out, |behind, out| behind.control(control, out));
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.overhear(out, |behind, out| behind.opened(mailbox, out));
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        self.overhear(out, Behind::woken);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.overhear(out, Behind::drained);
    }

    fn deadline(&self) -> Option<Time> {
        self.behind.deadline()
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.overhear(out, Behind::timeout);
    }

    fn ready(&self) -> bool {
        self.behind.ready()
    }

    fn leave(&mut self, out: &mut Outgoing<'_>) {
        self.overhear(out, Behind::leave);
    }

    fn turned(&mut self, carried: &Counts, queued: usize, held: usize) {
        self.behind.turned(carried, queued, held);
    }

    fn held(&self) -> usize {
        self.behind.held() + self.overhearing.held()
    }

    fn closed(&mut self, summary: &Summary) {
        let reason = match &summary.cause {
            Some(cause) => format!("{}: {cause}", summary.end),
            None => summary.end.to_string(),
        };
        for watcher in std::mem::take(&mut self.watchers) {
            watcher.end(Some(Passed::ended(summary, &reason)));
        }
        self.behind.closed(summary);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Without effect once it has ended.
        self.watchers.iter().for_each(|watcher| watcher.end(None));
    }
}
