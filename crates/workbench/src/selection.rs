//! Which entries are selected, and which one the detail pane shows.

use std::ops::RangeInclusive;

use crate::entry::EntryId;
use crate::rows::Rows;

/// A selection by id, so that it survives filtering and trimming.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    focus: Option<EntryId>,
    anchor: Option<EntryId>,
    pinned: bool,
}

impl Selection {
    /// The entry in the detail pane: the newest row while pinned.
    #[must_use]
    pub fn focus(&self, rows: &Rows<'_>) -> Option<EntryId> {
        if self.pinned { rows.id(rows.len().checked_sub(1)?) } else { self.focus }
    }

    /// Whether the newest row is shown, whatever it is.
    #[must_use]
    pub fn pinned(&self) -> bool {
        self.pinned
    }

    /// The selected ids from the first to the last; entries that are not shown do not count.
    #[must_use]
    pub fn range(&self) -> Option<RangeInclusive<EntryId>> {
        let (focus, anchor) = (self.focus?, self.anchor.or(self.focus)?);
        Some(focus.min(anchor)..=focus.max(anchor))
    }

    /// Whether the row is selected.
    #[must_use]
    pub fn contains(&self, id: EntryId) -> bool {
        self.range().is_some_and(|range| range.contains(&id))
    }

    /// Selects one entry.
    pub fn select(&mut self, id: EntryId) {
        *self = Self { focus: Some(id), anchor: Some(id), pinned: false };
    }

    /// Selects from the first selected one to this (click with Shift).
    pub fn extend(&mut self, id: EntryId) {
        self.anchor = self.anchor.or(Some(id));
        self.focus = Some(id);
        self.pinned = false;
    }

    /// Selects nothing.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Shows the newest row from now on, or stays with the one that is the newest.
    pub fn set_pinned(&mut self, pinned: bool, rows: &Rows<'_>) {
        if self.pinned && !pinned {
            match self.focus(rows) {
                Some(id) => self.select(id),
                None => self.clear(),
            }
        }
        self.pinned = pinned;
    }

    /// Moves the focus by rows (arrow keys 1, page keys a screenful, Home and End `isize::MIN` and `MAX`),
    /// keeping the anchor if `extend`. From nothing, or from an entry that is not shown, it moves to the nearest
    /// row. Returns the position to reveal.
    pub fn step(&mut self, rows: &Rows<'_>, by: isize, extend: bool) -> Option<usize> {
        let last = rows.len().checked_sub(1)?;
        let position = match self.focus(rows) {
            Some(id) if rows.contains(id) => rows.position(id).saturating_add_signed(by).min(last),
            Some(id) if by < 0 => {
                rows.position(id).saturating_sub(1).saturating_add_signed(by.saturating_add(1))
            }
            Some(id) => rows.position(id).saturating_add_signed((by - 1).max(0)).min(last),
            None if by == isize::MIN => 0,
            None => last,
        };
        let id = rows.id(position.min(last))?;
        if extend {
            self.extend(id);
        } else {
            self.select(id);
        }
        Some(position.min(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Body, ConnectionId, Draft};
    use crate::filter::{Filter, Index, Options};
    use crate::store::Store;
    use crate::time::Micros;

    fn log() -> (Store, Index) {
        let mut store = Store::default();
        for i in 0..10 {
            let text = if i % 2 == 0 { "even" } else { "odd" };
            store.append(Draft::received(Micros(i), ConnectionId(0), Body::Text(text)));
        }
        let mut index = Index::new(Filter::parse("even", &Options::default()).unwrap(), &store);
        index.step(&store, 100);
        (store, index)
    }

    #[test]
    fn keys_move_among_the_shown_rows() {
        let (store, index) = log();
        let rows = Rows::new(&store, &index);
        let mut s = Selection::default();
        let mut press = |by, extend| {
            let at = s.step(&rows, by, extend);
            (at, s.focus(&rows), s.range())
        };
        assert_eq!(press(-1, false), (Some(4), Some(8), Some(8..=8)), "from nothing to the newest");
        assert_eq!(press(-1, false), (Some(3), Some(6), Some(6..=6)));
        assert_eq!(press(-2, true), (Some(1), Some(2), Some(2..=6)));
        assert_eq!(press(1, true), (Some(2), Some(4), Some(4..=6)));
        assert_eq!(press(isize::MIN, false), (Some(0), Some(0), Some(0..=0)));
        assert_eq!(press(isize::MAX, true), (Some(4), Some(8), Some(0..=8)));
        assert_eq!(press(1, false), (Some(4), Some(8), Some(8..=8)));
    }

    #[test]
    fn from_a_hidden_entry_to_its_neighbours() {
        let (store, index) = log();
        let rows = Rows::new(&store, &index);
        let from_hidden = |by| {
            let mut s = Selection::default();
            s.select(5);
            s.step(&rows, by, false);
            s.focus(&rows)
        };
        assert_eq!((from_hidden(-1), from_hidden(1), from_hidden(0)), (Some(4), Some(6), Some(6)));
        assert_eq!(Selection::default().step(&Rows::All(&Store::default()), 1, false), None);
    }

    #[test]
    fn pinned_shows_the_newest_and_stays_when_let_go() {
        let (mut store, _) = log();
        let mut s = Selection::default();
        s.set_pinned(true, &Rows::All(&store));
        assert_eq!(s.focus(&Rows::All(&store)), Some(9));
        store.append(Draft::received(Micros(99), ConnectionId(0), Body::Text("new")));
        assert_eq!(s.focus(&Rows::All(&store)), Some(10));
        s.set_pinned(false, &Rows::All(&store));
        store.append(Draft::received(Micros(99), ConnectionId(0), Body::Text("newer")));
        assert_eq!((s.focus(&Rows::All(&store)), s.pinned()), (Some(10), false));
        s.extend(4);
        assert!(s.contains(7) && !s.contains(11));
    }
}
