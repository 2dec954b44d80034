use std::time::Duration;

use workbench::time::Micros;

use super::Way;
use crate::fault::Message;

/// A message that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held<'a> {
    /// Names it, on its whole server.
    pub id: u64,
    /// The number of the breakpoint that holds it.
    pub breakpoint: u64,
    /// Where it was going.
    pub way: Way,
    /// The whole of it. Its fragments are put together.
    pub message: &'a Message,
    /// When it came.
    pub at: Micros,
    /// When it goes on by itself, once it is the first that is held in its direction.
    pub until: Duration,
}

/// What is to become of a held message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes on as it is.
    Pass,
    /// This goes on in its place.
    Edit(Message),
    /// It does not go on.
    Drop,
    /// It does not go on, and this goes back where it came from.
    Answer(Message),
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It is held.
    Held,
    /// Somebody had it go on.
    Passed,
    /// Somebody had another go on in its place.
    Edited,
    /// Somebody dropped it.
    Dropped,
    /// Somebody dropped it and answered.
    Answered,
    /// It goes on: nobody decided in time.
    Deadline,
    /// It goes on: too much was held.
    Limit,
    /// It goes on: its breakpoint is off or removed.
    Released,
    /// It is lost: who it was for is gone.
    Gone,
}

/// What is to be told of a message that is or was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The message.
    pub id: u64,
    /// The number of its breakpoint.
    pub breakpoint: u64,
    /// Where it was going.
    pub way: Way,
    /// Bytes of payload that it came with.
    pub size: usize,
    /// What became of it.
    pub fate: Fate,
}

/// What a host does.
#[derive(Debug, PartialEq, Eq)]
pub enum Output<X> {
    /// Send this message on.
    Message {
        /// Where to.
        way: Way,
        /// What.
        message: Message,
        /// What came along with it.
        extra: X,
        /// It is another than the one that came.
        edited: bool,
    },
    /// Do what [`Gate::handle_other`](super::Gate::handle_other) was told.
    Other {
        /// In this direction.
        way: Way,
        /// That.
        extra: X,
    },
    /// Send what nobody at the other end has said.
    Said {
        /// Where to.
        way: Way,
        /// What.
        message: Message,
    },
    /// Tell what became of a message.
    Told(Told),
}

/// No such message is held: it has gone on, or never was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no message {0} is held: it has gone on, or its connection has ended")]
pub struct NotHeld(pub u64);

impl Fate {
    /// A word for it: `held`, `passed`, `edited`, `dropped`, `answered`, `deadline`, `limit`, `released` or `gone`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Fate::Held => "held",
            Fate::Passed => "passed",
            Fate::Edited => "edited",
            Fate::Dropped => "dropped",
            Fate::Answered => "answered",
            Fate::Deadline => "deadline",
            Fate::Limit => "limit",
            Fate::Released => "released",
            Fate::Gone => "gone",
        }
    }

    /// Whether nobody decided it.
    #[must_use]
    pub const fn is_undecided(self) -> bool {
        matches!(self, Fate::Deadline | Fate::Limit | Fate::Released | Fate::Gone)
    }
}
