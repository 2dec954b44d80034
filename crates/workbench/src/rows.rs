//! The list on the screen: all entries, or those that a filter keeps.

use std::ops::Range;

use crate::entry::{Entry, EntryId};
use crate::filter::Index;
use crate::ids::IdList;
use crate::store::Store;

/// A list of entries by position, borrowed.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// Everything that is kept.
    All(&'a Store),
    /// What the filter keeps of it.
    Filtered(&'a Store, &'a Index),
}

/// A list of ids that stays as it was when it was taken, for an export that takes many slices.
#[derive(Clone, Debug)]
pub enum Snapshot {
    /// Every id of a range.
    Range(Range<EntryId>),
    /// Chosen ids.
    List(IdList),
}

impl<'a> Rows<'a> {
    /// The rows that an index describes: all of them if its filter hides nothing.
    #[must_use]
    pub fn new(store: &'a Store, index: &'a Index) -> Self {
        if index.filter().is_all() { Self::All(store) } else { Self::Filtered(store, index) }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::All(store) => store.len(),
            Self::Filtered(_, index) => index.matches().len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of the row at a position.
    #[must_use]
    pub fn id(&self, position: usize) -> Option<EntryId> {
        match self {
            Self::All(store) => {
                Some(store.ids().start + position as u64).filter(|id| store.ids().contains(id))
            }
            Self::Filtered(_, index) => index.matches().get(position),
        }
    }

    /// The row at a position.
    #[must_use]
    pub fn entry(&self, position: usize) -> Option<Entry<'a>> {
        let (Self::All(store) | Self::Filtered(store, _)) = self;
        store.get(self.id(position)?)
    }

    /// The position of an entry, or if it is not shown, of the first shown one after it.
    #[must_use]
    pub fn position(&self, id: EntryId) -> usize {
        match self {
            Self::All(store) => (id.saturating_sub(store.ids().start) as usize).min(store.len()),
            Self::Filtered(_, index) => index.matches().lower_bound(id),
        }
    }

    /// Whether the entry is shown.
    #[must_use]
    pub fn contains(&self, id: EntryId) -> bool {
        self.id(self.position(id)) == Some(id)
    }

    /// The rows at some positions, for rendering.
    pub fn slice(&self, positions: Range<usize>) -> impl Iterator<Item = Entry<'a>> {
        let rows = *self;
        (positions.start..positions.end.min(rows.len())).filter_map(move |position| rows.entry(position))
    }

    /// Signed microseconds from the row above to this one. `None` on the first row.
    #[must_use]
    pub fn delta_to_previous(&self, position: usize) -> Option<i64> {
        let previous = self.entry(position.checked_sub(1)?)?;
        Some(self.entry(position)?.time.since(previous.time))
    }

    /// Signed microseconds from a chosen entry to the row at a position: negative above it.
    #[must_use]
    pub fn delta_to(&self, chosen: EntryId, position: usize) -> Option<i64> {
        let (Self::All(store) | Self::Filtered(store, _)) = self;
        Some(self.entry(position)?.time.since(store.get(chosen)?.time))
    }

    /// The ids as they are now. A filtered list is copied: 4 bytes per row.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        match self {
            Self::All(store) => Snapshot::Range(store.ids()),
            Self::Filtered(_, index) => Snapshot::List(index.matches().clone()),
        }
    }
}

impl Snapshot {
    /// Number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Range(range) => (range.end - range.start) as usize,
            Self::List(list) => list.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id at a position.
    #[must_use]
    pub fn id(&self, position: usize) -> Option<EntryId> {
        match self {
            Self::Range(range) => Some(range.start + position as u64).filter(|id| range.contains(id)),
            Self::List(list) => list.get(position),
        }
    }
}
