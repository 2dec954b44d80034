//! How messages of a segment went over the wire, where that is seen.

use crate::entry::Wire;

/// By the index of the entry in its segment.
#[derive(Debug, Default)]
pub(super) struct Wires {
    all: Vec<(u32, Wire)>,
    bytes: usize,
}

impl Wires {
    /// Says it of an entry, in place of what was said before.
    pub(super) fn set(&mut self, at: u32, wire: &Wire) {
        self.bytes += size(wire);
        match self.find(at) {
            Ok(known) => self.bytes -= size(&std::mem::replace(&mut self.all[known].1, wire.clone())),
            Err(place) => self.all.insert(place, (at, wire.clone())),
        }
    }

    pub(super) fn get(&self, at: u32) -> Option<&Wire> {
        self.find(at).ok().map(|index| &self.all[index].1)
    }

    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn shrink_to_fit(&mut self) {
        self.all.shrink_to_fit();
    }

    fn find(&self, at: u32) -> Result<usize, usize> {
        self.all.binary_search_by_key(&at, |(at, _)| *at)
    }
}

fn size(wire: &Wire) -> usize {
    size_of::<(u32, Wire)>() + wire.fragments.len() * size_of::<u32>()
}
