//! What happened on the connections of one label, bounded, and the questions a test suite has about it.
//!
//! A [`Journal`] is a ring of [`Entry`]s. A [`Condition`] waits for something to have happened, a [`Verification`] checks
//! what did, both by the filter language of the page ([`workbench::filter`]), in which `dir:in` is what came from the client
//! and `dir:out` what this server sent.

mod condition;
mod entry;
mod verify;

use std::collections::VecDeque;

pub(crate) use condition::filter;
pub use condition::{Condition, ConditionError};
pub use entry::{Entry, Event, Payload};
pub use verify::{Check, Expectation, Order, Report, Verification};

/// More entries than this are not kept.
pub const MAX_ENTRIES: usize = 4096;
/// More bytes of payload than this are not kept.
pub const MAX_BYTES: usize = 512 << 10;

/// The latest entries of a label, at most [`MAX_ENTRIES`] with [`MAX_BYTES`] of payload; older ones are dropped.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    bytes: usize,
    last: u64,
}

impl Journal {
    /// Writes down what happened on a connection, in microseconds of the host's clock, and tells the entry's number.
    pub fn push(&mut self, at_us: u64, connection: u64, event: Event) -> u64 {
        self.last += 1;
        self.bytes += event.bytes();
        self.entries.push_back(Entry { seq: self.last, at_us, connection, event });
        while self.entries.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.event.bytes();
        }
        self.last
    }

    /// The entries behind this number, the oldest first.
    pub fn after(&self, seq: u64) -> impl Iterator<Item = &Entry> {
        self.entries.iter().skip_while(move |entry| entry.seq <= seq)
    }

    /// The number of the latest entry; 0 if there was none.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// How many entries behind this number are gone.
    #[must_use]
    pub fn lost_after(&self, seq: u64) -> u64 {
        let oldest = self.entries.front().map_or(self.last + 1, |entry| entry.seq);
        (oldest - 1).saturating_sub(seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Direction, Message};
    use proptest::prelude::*;

    fn message(len: usize) -> Event {
        Event::message(Direction::In, &Message::binary(vec![0; len]), 1, Vec::new())
    }

    proptest! {
        #[test]
        fn it_is_bounded_and_says_what_is_lost(lens in prop::collection::vec(0_usize..40_000, 0..300), after in 0_u64..400) {
            let mut journal = Journal::default();
            for (number, len) in lens.iter().enumerate() {
                prop_assert_eq!(journal.push(number as u64, 1, message(*len)), number as u64 + 1);
            }
            let kept: usize = journal.entries.iter().map(|entry| entry.event.bytes()).sum();
            prop_assert_eq!(journal.bytes, kept);
            prop_assert!(kept <= MAX_BYTES);
            let shown = journal.after(after).count() as u64;
            prop_assert_eq!(shown + journal.lost_after(after), (lens.len() as u64).saturating_sub(after));
        }
    }

    #[test]
    fn small_entries_are_bounded_by_number() {
        let mut journal = Journal::default();
        for number in 0..MAX_ENTRIES as u64 + 10 {
            journal.push(number, 1, Event::Open);
        }
        assert_eq!(journal.after(0).count(), MAX_ENTRIES);
        assert_eq!(journal.lost_after(0), 10);
        assert_eq!(journal.lost_after(5), 5);
        assert_eq!(journal.after(0).next().unwrap().seq, 11);
    }
}
