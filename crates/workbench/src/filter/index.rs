use std::collections::VecDeque;
use std::ops::Range;

use super::expr::Filter;
use super::pace::{PIECE, Pace};
use crate::entry::{Entry, EntryId};
use crate::ids::IdList;
use crate::store::Store;

/// Entries tested between two looks at the clock, unless their payloads are large.
const BATCH: usize = 64;
/// Payload bytes that weigh as much as one entry.
const BYTES_PER_UNIT: usize = 1024;
/// Payloads up to this many bytes are tested in one go, whatever for.
const SMALL: usize = PIECE / 16;
/// What is known of so many larger entries is kept.
const MAX_LARGE: usize = 32;

/// The entries of a store that a filter keeps, found in slices and kept up to date in O(1) per new entry.
///
/// After a change of the filter the newest entries are tested first, so that what the reader looks at is
/// right at once. Call [`Index::step`] once per frame: it first tests what is new, then goes on into the past.
#[derive(Debug, Default)]
pub struct Index {
    filter: Filter,
    matches: IdList,
    /// Entries in this range have been tested.
    tested: Range<EntryId>,
    trimmed: u64,
    prepended: u64,
    /// What was tested of entries that take longer than a slice, the latest last.
    large: VecDeque<(EntryId, Pace)>,
}

/// How far an [`Index`] has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// From 0 to 1.
    pub fraction: f64,
    /// Every kept entry has been tested.
    pub done: bool,
}

impl Index {
    /// An index that has tested nothing yet.
    #[must_use]
    pub fn new(filter: Filter, store: &Store) -> Self {
        let end = store.ids().end;
        Self { filter, tested: end..end, ..Self::default() }
    }

    /// The filter.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The entries found so far.
    #[must_use]
    pub fn matches(&self) -> &IdList {
        &self.matches
    }

    /// How many found entries have been dropped from the start so far: the rows that moved up.
    #[must_use]
    pub fn trimmed(&self) -> u64 {
        self.trimmed
    }

    /// How many entries have been found before earlier finds so far: the rows that moved down.
    #[must_use]
    pub fn prepended(&self) -> u64 {
        self.prepended
    }

    /// Tests up to `budget` entries (large payloads count as several). The test of one that is larger than that goes on
    /// with the next call.
    pub fn step(&mut self, store: &Store, budget: usize) -> Progress {
        self.run(store, budget);
        self.progress(store)
    }

    /// Tests entries as long as `more` says so; it is asked about every 64 entries, and first of all.
    pub fn step_while(&mut self, store: &Store, mut more: impl FnMut() -> bool) -> Progress {
        self.trim(store);
        while !self.progress(store).done && more() {
            self.run(store, BATCH);
        }
        self.progress(store)
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self, store: &Store) -> Progress {
        let kept = store.ids();
        let tested = self.tested.end.saturating_sub(self.tested.start.max(kept.start));
        let total = kept.end - kept.start;
        let done = tested >= total;
        Progress { fraction: if done { 1.0 } else { tested as f64 / total as f64 }, done }
    }

    /// Tests an entry again whose delivery, heartbeat mark or pairing changed. Returns whether that showed or
    /// hid it.
    pub fn retest(&mut self, store: &Store, id: EntryId) -> bool {
        if !self.tested.contains(&id) {
            return false;
        }
        let Some(entry) = store.get(id) else { return false };
        // What takes long is known already, since payloads never change.
        let mut budget = usize::MAX;
        let shown = test(&self.filter, &mut self.large, &entry, &mut budget).unwrap_or(false);
        self.matches.set(id, shown)
    }

    fn run(&mut self, store: &Store, budget: usize) {
        self.trim(store);
        let Self { filter, matches, tested, prepended, large, .. } = self;
        let mut left = budget;
        for entry in store.range(tested.end..EntryId::MAX) {
            let Some(shown) = test(filter, large, &entry, &mut left) else { return };
            tested.end = entry.id + 1;
            if shown {
                matches.push_back(entry.id);
            }
        }
        for entry in store.range(0..tested.start).rev() {
            let Some(shown) = test(filter, large, &entry, &mut left) else { return };
            tested.start = entry.id;
            if shown {
                matches.push_front(entry.id);
                *prepended += 1;
            }
        }
    }

    fn trim(&mut self, store: &Store) {
        let kept = store.ids();
        self.trimmed += self.matches.drop_before(kept.start) as u64;
        if self.tested.end < kept.start {
            self.tested = kept.start..kept.start;
        }
    }
}

/// Whether an entry is shown. `None` once the budget is used up: what is known of a large one by then is kept for the
/// next time.
fn test(
    filter: &Filter,
    large: &mut VecDeque<(EntryId, Pace)>,
    entry: &Entry<'_>,
    left: &mut usize,
) -> Option<bool> {
    if *left == 0 {
        return None;
    }
    if entry.size() <= SMALL {
        *left = left.saturating_sub(1 + entry.size() / BYTES_PER_UNIT);
        return Some(filter.matches(entry));
    }
    let known = large.iter().position(|(id, _)| *id == entry.id).and_then(|at| large.remove(at));
    let (_, mut pace) = known.unwrap_or_default();
    pace.again(left.saturating_mul(BYTES_PER_UNIT));
    let shown = filter.test(entry, &mut pace);
    *left = (pace.left / BYTES_PER_UNIT).saturating_sub(1);
    if large.len() == MAX_LARGE {
        large.pop_front();
    }
    large.push_back((entry.id, pace));
    shown
}
