//! Find in the log: hits among the rows that are shown, next and previous.

use crate::entry::EntryId;
use crate::filter::{Expr, Filter, Index, Progress, TextMatch};
use crate::store::Store;

/// A running search. Hits are found in slices, newest first, and new entries are searched as they arrive.
#[derive(Debug)]
pub struct Find {
    index: Index,
    current: Option<EntryId>,
}

/// Where a search stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// Here.
    At(EntryId),
    /// Nothing yet in what has been searched so far: ask again after another step.
    Searching,
    /// There is none.
    None,
}

impl Find {
    /// Looks for `text` among the entries that `shown` keeps.
    #[must_use]
    pub fn new(text: TextMatch, shown: &Filter, store: &Store) -> Self {
        Self { index: Index::new(shown.clone().and(Expr::Text(text)), store), current: None }
    }

    /// Searches on for up to `budget` entries.
    pub fn step(&mut self, store: &Store, budget: usize) -> Progress {
        self.index.step(store, budget)
    }

    /// Searches on as long as `more` says so.
    pub fn step_while(&mut self, store: &Store, more: impl FnMut() -> bool) -> Progress {
        self.index.step_while(store, more)
    }

    /// The hit that [`Find::next`] or [`Find::previous`] went to, while it is kept.
    #[must_use]
    pub fn current(&self) -> Option<EntryId> {
        self.current.filter(|&id| self.is_hit(id))
    }

    /// Whether the entry is a hit found so far.
    #[must_use]
    pub fn is_hit(&self, id: EntryId) -> bool {
        let hits = self.index.matches();
        hits.get(hits.lower_bound(id)) == Some(id)
    }

    /// Number of hits found so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.index.matches().len()
    }

    /// The number of the current hit, from 1 for the oldest found.
    #[must_use]
    pub fn ordinal(&self) -> Option<usize> {
        self.current().map(|id| self.index.matches().lower_bound(id) + 1)
    }

    /// Goes to the first hit after the current one, or after `from` if there is none; from the last hit to the
    /// first once all is searched.
    pub fn next(&mut self, store: &Store, from: Option<EntryId>) -> Hit {
        let hits = self.index.matches();
        let at = self.current().or(from).map_or(0, |id| hits.lower_bound(id + 1));
        let done = self.index.progress(store).done;
        let hit = hits.get(at).or_else(|| if done { hits.get(0) } else { None });
        self.go(hit, done)
    }

    /// Goes to the last hit before the current one, or before `from` if there is none; from the first hit to
    /// the last once all is searched.
    pub fn previous(&mut self, store: &Store, from: Option<EntryId>) -> Hit {
        let hits = self.index.matches();
        let at = self.current().or(from).map_or(hits.len(), |id| hits.lower_bound(id));
        let done = self.index.progress(store).done;
        let last = hits.len().checked_sub(1);
        let before = at.checked_sub(1).or(if done { last } else { None });
        let hit = before.and_then(|at| hits.get(at));
        self.go(hit, done)
    }

    /// See [`Index::retest`].
    pub fn retest(&mut self, store: &Store, id: EntryId) {
        self.index.retest(store, id);
    }

    /// How far the search has come.
    #[must_use]
    pub fn progress(&self, store: &Store) -> Progress {
        self.index.progress(store)
    }

    fn go(&mut self, hit: Option<EntryId>, done: bool) -> Hit {
        match hit {
            Some(id) => {
                self.current = Some(id);
                Hit::At(id)
            }
            None if done => Hit::None,
            None => Hit::Searching,
        }
    }
}
