//! A sorted list of entry ids at four bytes each.

use std::collections::VecDeque;

use crate::entry::EntryId;

/// Ascending ids that grow and shrink at both ends in O(1). They must lie within 2³² of each other.
#[derive(Clone, Debug, Default)]
pub struct IdList {
    base: EntryId,
    offsets: VecDeque<u32>,
}

impl IdList {
    /// Number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// The id at a position.
    #[must_use]
    pub fn get(&self, position: usize) -> Option<EntryId> {
        self.offsets.get(position).map(|&offset| self.base + EntryId::from(offset))
    }

    /// The position of the first id that is not less than `id`; the length if there is none.
    #[must_use]
    pub fn lower_bound(&self, id: EntryId) -> usize {
        let Some(offset) = id.checked_sub(self.base) else { return 0 };
        self.offsets.partition_point(|&o| EntryId::from(o) < offset)
    }

    /// The ids, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = EntryId> + ExactSizeIterator {
        self.offsets.iter().map(|&offset| self.base + EntryId::from(offset))
    }

    /// Appends an id greater than all others.
    pub fn push_back(&mut self, id: EntryId) {
        debug_assert!(self.offsets.back().is_none_or(|&last| self.base + EntryId::from(last) < id));
        if self.is_empty() {
            self.base = id.saturating_sub(u64::from(u32::MAX) / 2);
        } else if id - self.base > u64::from(u32::MAX) {
            // Once in about two thousand million entries.
            self.rebase(self.base + EntryId::from(self.offsets[0]));
        }
        self.offsets.push_back(u32::try_from(id - self.base).unwrap_or(u32::MAX));
    }

    /// Prepends an id less than all others.
    pub fn push_front(&mut self, id: EntryId) {
        debug_assert!(self.get(0).is_none_or(|first| id < first));
        if self.is_empty() {
            return self.push_back(id);
        }
        if id < self.base {
            self.rebase(id);
        }
        self.offsets.push_front(u32::try_from(id - self.base).unwrap_or(0));
    }

    /// Removes all ids less than `first` and returns how many there were.
    pub fn drop_before(&mut self, first: EntryId) -> usize {
        let gone = self.lower_bound(first);
        self.offsets.drain(..gone);
        gone
    }

    /// Adds or removes an id in the middle, in O(n). Returns whether that changed anything.
    pub fn set(&mut self, id: EntryId, present: bool) -> bool {
        let at = self.lower_bound(id);
        let found = self.get(at) == Some(id);
        if found == present {
            return false;
        }
        if !present {
            self.offsets.remove(at);
        } else if at == self.len() {
            self.push_back(id);
        } else if at == 0 {
            self.push_front(id);
        } else {
            self.offsets.insert(at, u32::try_from(id - self.base).unwrap_or(u32::MAX));
        }
        true
    }

    fn rebase(&mut self, base: EntryId) {
        let old = self.base;
        for offset in &mut self.offsets {
            *offset = u32::try_from(old + EntryId::from(*offset) - base).unwrap_or(u32::MAX);
        }
        self.base = base;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_large_ids_and_both_ends() {
        let mut ids = IdList::default();
        let far = 1 << 40;
        ids.push_back(far);
        ids.push_front(far - 10);
        ids.push_back(far + u64::from(u32::MAX) - 10);
        assert_eq!(ids.iter().collect::<Vec<_>>(), [far - 10, far, far + u64::from(u32::MAX) - 10]);
        assert_eq!(ids.drop_before(far + 1), 2);
        ids.push_back(far + 2 * u64::from(u32::MAX) - 11);
        assert_eq!(ids.get(1), Some(far + 2 * u64::from(u32::MAX) - 11));
        assert_eq!(ids.lower_bound(0), 0);
    }

    #[test]
    fn sets_in_the_middle() {
        let mut ids = IdList::default();
        for id in [2, 4, 6] {
            ids.push_back(id);
        }
        assert!(ids.set(5, true) && ids.set(1, true) && ids.set(9, true) && ids.set(4, false));
        assert!(!ids.set(4, false) && !ids.set(5, true));
        assert_eq!(ids.iter().collect::<Vec<_>>(), [1, 2, 5, 6, 9]);
    }
}
