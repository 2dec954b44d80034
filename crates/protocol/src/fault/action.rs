use std::num::NonZeroUsize;

use serde::Serialize;

use super::plan::{Direction, Ending, Fragments, TricklePace};
use super::{Message, Violation};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Give the message to what is behind the connection.
    Deliver {
        /// The message.
        message: Message,
        /// Its number among those that came, from 1.
        number: u64,
        /// What was done to it.
        effects: Effects,
    },
    /// Send the message to the client.
    Send {
        /// The message.
        message: Message,
        /// Its number among those that were to be sent, from 1.
        number: u64,
        /// What was done to it.
        effects: Effects,
        /// How to send it.
        manner: Manner,
    },
    /// A message is gone.
    Dropped {
        /// Where it was going.
        direction: Direction,
        /// Its number in that direction, from 1.
        number: u64,
    },
    /// Break this rule.
    Violate(Violation),
    /// Stop reading, or go on.
    StallRead(bool),
    /// End the connection. Nothing follows.
    End(Ending),
}

/// What was done to a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent of each other")]
pub struct Effects {
    /// It waited.
    pub delayed: bool,
    /// It is there twice.
    pub duplicated: bool,
    /// It comes behind one that came later.
    pub reordered: bool,
    /// A byte is another one.
    pub corrupted: bool,
}

/// How a message is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// In fragments.
    pub fragment: Option<Fragments>,
    /// A few bytes at a time.
    pub trickle: Option<TricklePace>,
}

impl Manner {
    /// A message has no more fragments than this: one that would have is cut into larger ones.
    pub const MAX_FRAGMENTS: usize = 65_536;

    /// How long the fragments of a message of so many bytes are; `None`: it is sent whole.
    #[must_use]
    pub fn fragment_len(&self, len: usize) -> Option<NonZeroUsize> {
        let asked = self.fragment?.size as usize;
        NonZeroUsize::new(asked.max(len.div_ceil(Self::MAX_FRAGMENTS)))
    }
}

impl Effects {
    /// In words; empty where nothing was done.
    #[must_use]
    pub fn names(self) -> Vec<&'static str> {
        [
            (self.delayed, "delayed"),
            (self.duplicated, "duplicated"),
            (self.reordered, "reordered"),
            (self.corrupted, "corrupted"),
        ]
        .into_iter()
        .filter_map(|(done, name)| done.then_some(name))
        .collect()
    }
}
