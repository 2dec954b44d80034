//! What a channel remembers of sessions, so that it takes no message twice.

use std::collections::{HashMap, VecDeque};

use super::message::{Hello, Position, Public, SessionId};
use super::{Epoch, WINDOW};

/// The right to publish for a session, until a newer connection has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    session: SessionId,
    generation: u32,
    /// What others see of the session.
    pub public: Public,
}

/// What became of a session's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Up to this number they were dealt with. `None`: none was taken, and any number may come first.
    pub last: Option<u64>,
    /// Bit `n`: number `last - n` was refused.
    refused: u64,
}

/// Why a message was not dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It was, before: acknowledge it again.
    #[error("it came before")]
    Again,
    /// Another connection has the session: close this one with [`SUPERSEDED`](super::SUPERSEDED).
    #[error("the session goes on over a newer connection")]
    Superseded,
    /// One before it is missing: close the connection with [`GAP`](super::GAP).
    #[error("message {expected} is missing, and {came} came")]
    Gap {
        /// The number that was to come.
        expected: u64,
        /// The one that came.
        came: u64,
    },
}

#[derive(Debug)]
struct Record {
    /// Tells it from others of the same session, before and after.
    memory: u64,
    /// The connection that has the session, by its number.
    connection: u64,
    generation: u32,
    attached: bool,
    progress: Progress,
}

/// Those that are connected, and so many of those that were last.
#[derive(Debug)]
pub(super) struct Sessions {
    known: HashMap<SessionId, Record>,
    /// Those that left, in order, each with its generation then: who came back has another.
    left: VecDeque<(SessionId, u32)>,
    /// So many that left are remembered.
    remembered: usize,
    memories: u64,
    generation: u32,
}

impl Progress {
    /// The numbers behind `known` that were refused.
    pub fn refused_since(&self, known: u64) -> impl Iterator<Item = u64> + use<> {
        let Progress { last, refused } = *self;
        let last = last.unwrap_or(0);
        let back = (last.saturating_sub(known)).min(WINDOW);
        (0..back).rev().filter(move |back| refused & (1 << back) != 0).map(move |back| last - back)
    }

    fn advance(&mut self, seq: u64, refused: bool) {
        let steps = self.last.map_or(WINDOW, |last| seq - last);
        self.refused = if steps >= WINDOW { 0 } else { self.refused << steps } | u64::from(refused);
        self.last = Some(seq);
    }
}

impl Sessions {
    pub(super) fn new(remembered: usize) -> Sessions {
        Sessions { known: HashMap::new(), left: VecDeque::new(), remembered, memories: 0, generation: 0 }
    }

    /// Lets a session go on over this connection and no other. Gives the number of what is remembered of it, and what became
    /// of its messages, as far as that is known in this epoch.
    pub(super) fn attach(
        &mut self,
        hello: &Hello,
        public: Public,
        epoch: Epoch,
    ) -> Result<(Ticket, u64, Option<Progress>), NotTaken> {
        let record = self.known.entry(hello.session).or_insert_with(|| {
            self.memories += 1;
            let (memory, connection) = (self.memories, hello.connection);
            Record { memory, connection, generation: 0, attached: true, progress: Progress::default() }
        });
        // What comes late over an older connection does not take the session from a newer one.
        if hello.connection < record.connection {
            return Err(NotTaken::Superseded);
        }
        self.generation = self.generation.wrapping_add(1);
        record.generation = self.generation;
        (record.connection, record.attached) = (hello.connection, true);
        let ticket = Ticket { session: hello.session, generation: record.generation, public };
        // What was sent in another epoch, or to somebody who has forgotten the session, may have been published or not.
        let same_epoch = hello.position.is_some_and(|Position { epoch: theirs, .. }| theirs == epoch);
        let is_known = same_epoch && hello.memory == record.memory;
        let settled = if is_known { hello.known } else { hello.known.max(hello.sent) };
        let progress = &mut record.progress;
        if progress.last.is_none_or(|last| last < settled) {
            progress.advance(settled, false);
        }
        let told = (is_known || !hello.has_unsettled()).then_some(*progress);
        Ok((ticket, record.memory, told))
    }

    /// Whether this is the session's next message. If so it has to be [settled](Self::settle).
    pub(super) fn check(&self, ticket: &Ticket, seq: u64) -> Result<(), NotTaken> {
        let progress = self.progress(ticket).ok_or(NotTaken::Superseded)?;
        match progress.last {
            Some(last) if seq <= last => Err(NotTaken::Again),
            Some(last) if seq > last + 1 => Err(NotTaken::Gap { expected: last + 1, came: seq }),
            _ => Ok(()),
        }
    }

    pub(super) fn settle(&mut self, ticket: &Ticket, seq: u64, refused: bool) {
        if let Some(record) = self.known.get_mut(&ticket.session) {
            record.progress.advance(seq, refused);
        }
    }

    /// What became of the session's messages; `None` for a ticket that is no longer valid.
    pub(super) fn progress(&self, ticket: &Ticket) -> Option<Progress> {
        let record = self.known.get(&ticket.session)?;
        (record.generation == ticket.generation).then_some(record.progress)
    }

    pub(super) fn detach(&mut self, ticket: &Ticket) {
        let Some(record) = self.known.get_mut(&ticket.session) else { return };
        if record.generation != ticket.generation {
            return;
        }
        record.attached = false;
        self.left.push_back((ticket.session, ticket.generation));
        // Of one that came and went many times, only the last counts.
        if self.left.len() > 2 * self.remembered.max(16) {
            let known = &self.known;
            self.left.retain(|(session, generation)| is_away(known, session, *generation));
        }
        while self.left.len() > self.remembered {
            let Some((session, generation)) = self.left.pop_front() else { break };
            if is_away(&self.known, &session, generation) {
                self.known.remove(&session);
            }
        }
    }

    /// Another epoch begins: nothing is known any more of what was published. Who is connected may go on.
    pub(super) fn renew(&mut self) {
        self.known.retain(|_, record| record.attached);
        self.left.clear();
        for record in self.known.values_mut() {
            record.progress = Progress::default();
        }
    }
}

fn is_away(known: &HashMap<SessionId, Record>, session: &SessionId, generation: u32) -> bool {
    known.get(session).is_some_and(|record| !record.attached && record.generation == generation)
}
