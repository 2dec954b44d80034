//! What a channel remembers of sessions, so that it takes no message twice.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use super::answers::Answers;
use super::message::{Hello, Position, Public};
use super::{Epoch, WINDOW};

/// The right to publish for a session, until a newer connection has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What others see of the session.
    pub public: Public,
    /// The session's connection, by its number.
    pub connection: u64,
    generation: u32,
}

/// What became of a session's messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Progress {
    /// Up to this number they were dealt with.
    pub(super) last: u64,
    /// Bit `n`: number `last - n` was refused.
    refused: u64,
}

/// Why a message was not dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// It was, before. It was answered, or will be.
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
    /// What became of messages before it can't be known any more: close the connection with [`GAP`](super::GAP), and its client
    /// is told when it comes back.
    #[error("it can't be known what became of messages that came before")]
    Missed,
    /// The client did not wait for answers: close the connection with [`MISUSED`](super::MISUSED).
    #[error("more than {WINDOW} messages are on their way")]
    TooMany,
}

#[derive(Debug)]
struct Record {
    /// What the session published at this offset and behind it is known, whatever server took it.
    since: u64,
    /// The connection that has the session, by its number.
    connection: u64,
    generation: u32,
    attached: bool,
    /// None as long as nothing has come, and number 1 is next: many only listen.
    dealings: Option<Box<Dealings>>,
}

#[derive(Debug, Default)]
struct Dealings {
    progress: Progress,
    /// The offset of the latest that was published.
    latest: Option<u64>,
    /// What became of those behind, one after the other, as far as they came.
    pending: VecDeque<Fate>,
    /// Its client was told that it is not known what became of those up to this number. The one behind shows that it has heard.
    unknown: Option<u64>,
    /// Since the latest refusal the session was at this server alone, up to this connection. Another one takes what was refused
    /// here, if the client has not heard of that.
    here: u64,
    /// Up to this number its client had sent before the connection there is, and sends again what it knows nothing of.
    sent: u64,
    /// What became of messages that came, or come again, over the connection there is can't be known.
    missed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Waiting,
    Refused,
}

/// Those that are connected, and so many of those that were last.
#[derive(Debug)]
pub(super) struct Sessions {
    /// A tree, which grows by the session where a table would double, and leave the allocator with what was outgrown.
    known: BTreeMap<Public, Record>,
    /// Those that left, in order, each with its generation then: who came back has another.
    left: VecDeque<(Public, u32)>,
    /// So many that left are remembered.
    remembered: usize,
    /// Whose messages at this offset or before may have been forgotten.
    forgotten: u64,
    generation: u32,
    /// Other servers have the channel, too.
    shared: bool,
}

impl Progress {
    /// The numbers behind `known` that were refused.
    pub(super) fn refused_since(&self, known: u64) -> impl Iterator<Item = u64> + use<> {
        let Progress { last, refused } = *self;
        let back = (last.saturating_sub(known)).min(WINDOW);
        (0..back).rev().filter(move |back| refused & (1 << back) != 0).map(move |back| last - back)
    }

    /// Whether a number that was dealt with was refused, of the latest [`WINDOW`].
    pub(super) fn is_refused(&self, seq: u64) -> bool {
        self.last.checked_sub(seq).is_some_and(|back| back < WINDOW && self.refused & (1 << back) != 0)
    }

    /// It is published after all, over another server than the one that refused it.
    fn publish(&mut self, seq: u64) {
        if let Some(back) = self.last.checked_sub(seq).filter(|back| *back < WINDOW) {
            self.refused &= !(1 << back);
        }
    }

    /// Those between the last one and this are passed over for good, as if they had been refused.
    fn advance(&mut self, seq: u64, refused: bool) {
        let (before, between) = match seq - self.last {
            0 => (self.refused, 0),
            steps @ 1..WINDOW => (self.refused << steps, (1 << steps) - 2),
            _ => (0, u64::MAX - 1),
        };
        self.refused = before | between | u64::from(refused);
        self.last = seq;
    }
}

impl Record {
    fn new(since: u64, connection: u64, attached: bool) -> Record {
        Record { since, connection, generation: 0, attached, dealings: None }
    }

    fn progress(&self) -> Progress {
        self.dealings.as_ref().map_or(Progress::default(), |dealings| dealings.progress)
    }

    fn dealings(&mut self) -> &mut Dealings {
        self.dealings.get_or_insert_default()
    }

    fn is_missed(&self) -> bool {
        self.dealings.as_ref().is_some_and(|dealings| dealings.missed)
    }

    /// What is on its way.
    fn pending(&self) -> usize {
        self.dealings.as_ref().map_or(0, |dealings| dealings.pending.len())
    }

    /// All up to this number is dealt with, if it is not yet.
    fn settle(&mut self, seq: u64) {
        if self.progress().last < seq {
            self.dealings().settle(seq);
        }
    }

    /// Whether what was refused here, and its client may not have heard of, can't have been taken by another server since.
    fn is_sure_of_refusals(&mut self, hello: &Hello) -> bool {
        let Some(dealings) = &mut self.dealings else { return true };
        let stayed = hello.connection <= dealings.here + 1;
        if stayed {
            dealings.here = dealings.here.max(hello.connection);
        }
        stayed || dealings.progress.refused_since(hello.known).next().is_none()
    }

    /// Its place among those that wait.
    fn waiting(&self, seq: u64) -> Option<usize> {
        let Dealings { progress, pending, .. } = &**self.dealings.as_ref()?;
        let place = usize::try_from(seq.checked_sub(progress.last + 1)?).ok()?;
        pending.get(place).is_some_and(|fate| *fate == Fate::Waiting).then_some(place)
    }
}

impl Dealings {
    /// All up to this number is dealt with.
    fn settle(&mut self, seq: u64) {
        let done = usize::try_from(seq.saturating_sub(self.progress.last)).unwrap_or(usize::MAX);
        self.pending.drain(..done.min(self.pending.len()));
        self.progress.advance(seq, false);
        self.pass_over_refused();
    }

    /// What came is not taken again, whatever became of it. What is sent again may have come to another server.
    fn forget(&mut self) {
        let came = self.progress.last + self.pending.len() as u64;
        self.progress = Progress { last: came.max(self.sent), refused: 0 };
        self.pending.clear();
    }

    fn pass_over_refused(&mut self) {
        while self.pending.front() == Some(&Fate::Refused) {
            self.pending.pop_front();
            self.progress.advance(self.progress.last + 1, true);
        }
    }
}

impl Sessions {
    /// `forgotten`: whose messages at this offset or before are not known.
    pub(super) fn new(remembered: usize, forgotten: u64) -> Sessions {
        let (known, left) = (BTreeMap::new(), VecDeque::new());
        Sessions { known, left, remembered, forgotten, generation: 0, shared: false }
    }

    /// Other servers have the channel, too.
    pub(super) fn share(&mut self) {
        self.shared = true;
    }

    /// Lets a session go on over this connection and no other. Gives what became of its messages, as far as that is known in
    /// this epoch.
    pub(super) fn attach(
        &mut self,
        hello: &Hello,
        public: Public,
        epoch: Epoch,
    ) -> Result<(Ticket, Answers, Option<Progress>), NotTaken> {
        if hello.sent.saturating_sub(hello.known) > WINDOW {
            return Err(NotTaken::TooMany);
        }
        let (since, connection) = (self.forgotten + 1, hello.connection);
        let record = self.known.entry(public).or_insert_with(|| Record::new(since, connection, true));
        // What comes late over an older connection does not take the session from a newer one.
        if hello.connection < record.connection {
            return Err(NotTaken::Superseded);
        }
        self.generation = self.generation.wrapping_add(1);
        record.generation = self.generation;
        (record.connection, record.attached) = (hello.connection, true);
        let ticket = Ticket { public, connection, generation: record.generation };
        // What was sent in another epoch, or lies where others may have been forgotten, may have been published or not.
        let same_epoch = hello.position.is_some_and(|Position { epoch: theirs, .. }| theirs == epoch);
        record.settle(hello.known);
        let is_known =
            same_epoch && hello.memory >= record.since && (!self.shared || record.is_sure_of_refusals(hello));
        let is_told = is_known || !hello.has_unsettled();
        let unknown = (!is_told).then_some(hello.sent);
        if record.dealings.is_some() || hello.has_unsettled() {
            let dealings = record.dealings();
            (dealings.unknown, dealings.sent, dealings.missed) = (unknown, hello.sent, false);
        }
        let progress = record.progress();
        Ok((ticket, Answers::new(epoch, unknown.unwrap_or(progress.last)), is_told.then_some(progress)))
    }

    /// Takes a message in hand, if it is the session's next.
    pub(super) fn begin(&mut self, ticket: &Ticket, seq: u64) -> Result<(), NotTaken> {
        let record =
            self.known.get_mut(&ticket.public).filter(|record| record.generation == ticket.generation);
        let record = record.ok_or(NotTaken::Superseded)?;
        if record.is_missed() {
            return Err(NotTaken::Missed);
        }
        let heard = record
            .dealings
            .as_mut()
            .and_then(|dealings| dealings.unknown.take_if(|unknown| seq == *unknown + 1));
        if let Some(unknown) = heard {
            record.settle(unknown);
        }
        let Dealings { progress, pending, .. } = record.dealings();
        let expected = progress.last + pending.len() as u64 + 1;
        if seq < expected {
            return Err(NotTaken::Again);
        }
        if seq > expected {
            return Err(NotTaken::Gap { expected, came: seq });
        }
        if pending.len() as u64 >= WINDOW {
            return Err(NotTaken::TooMany);
        }
        pending.push_back(Fate::Waiting);
        Ok(())
    }

    /// What was taken in hand is not published.
    pub(super) fn fail(&mut self, session: Public, seq: u64) {
        let Some(record) = self.known.get_mut(&session) else { return };
        if let Some(place) = record.waiting(seq) {
            let connection = record.connection;
            let dealings = record.dealings();
            dealings.here = connection;
            dealings.pending[place] = Fate::Refused;
            dealings.pass_over_refused();
        }
    }

    /// It is published, over whatever server, as the channel's latest message `head`. True: it was taken in hand here.
    pub(super) fn keep(&mut self, session: Public, connection: u64, seq: u64, head: u64) -> bool {
        let since = self.forgotten + 1;
        let (record, is_new) = match self.known.entry(session) {
            Entry::Occupied(there) => (there.into_mut(), false),
            Entry::Vacant(place) => (place.insert(Record::new(since, connection, false)), true),
        };
        let is_own = record.waiting(seq).is_some();
        let dealings = record.dealings();
        dealings.latest = Some(head);
        dealings.progress.publish(seq);
        record.settle(seq);
        // Another server has a newer connection of it.
        let has_left = connection > record.connection && record.attached;
        record.connection = record.connection.max(connection);
        if is_new || has_left {
            self.generation = self.generation.wrapping_add(1);
            record.generation = self.generation;
            self.leave(session, head);
        }
        is_own
    }

    /// Whether a message that was taken in hand is neither kept nor refused.
    pub(super) fn is_waiting(&self, session: Public, seq: u64) -> bool {
        self.known.get(&session).is_some_and(|record| record.waiting(seq).is_some())
    }

    /// Where the session's latest message lies, if that is known.
    pub(super) fn latest(&self, session: Public) -> Option<u64> {
        self.known.get(&session)?.dealings.as_ref()?.latest
    }

    /// What became of the session's messages.
    pub(super) fn progress(&self, ticket: &Ticket) -> Result<Progress, NotTaken> {
        let record = self.known.get(&ticket.public).filter(|record| record.generation == ticket.generation);
        let record = record.ok_or(NotTaken::Superseded)?;
        if record.is_missed() { Err(NotTaken::Missed) } else { Ok(record.progress()) }
    }

    /// The connection is gone, when the channel's latest message was `head`.
    pub(super) fn detach(&mut self, ticket: &Ticket, head: u64) {
        if self.progress(ticket) != Err(NotTaken::Superseded) {
            self.leave(ticket.public, head);
        }
    }

    fn leave(&mut self, session: Public, head: u64) {
        let Some(record) = self.known.get_mut(&session) else { return };
        record.attached = false;
        self.left.push_back((session, record.generation));
        // Of one that came and went many times, only the last counts.
        if self.left.len() > 2 * self.remembered.max(16) {
            let known = &self.known;
            self.left.retain(|(session, generation)| is_away(known, session, *generation));
        }
        let too_many = self.left.len().saturating_sub(self.remembered);
        for _ in 0..too_many {
            self.forget_first(head);
        }
    }

    /// How many times sessions left, of those that are remembered.
    pub(super) fn away(&self) -> usize {
        self.left.len()
    }

    /// Forgets the one that left first, unless it came back.
    pub(super) fn forget_first(&mut self, head: u64) {
        let Some((session, generation)) = self.left.pop_front() else { return };
        if !is_away(&self.known, &session, generation) {
            return;
        }
        // What is on its way for it would be taken for a new one's.
        if self.known.get(&session).is_some_and(|record| record.pending() > 0) {
            self.left.push_back((session, generation));
        } else {
            self.known.remove(&session);
            self.forgotten = self.forgotten.max(head);
        }
    }

    /// Messages up to this offset were never seen here, whoever published them.
    pub(super) fn miss(&mut self, offset: u64) {
        self.forgotten = self.forgotten.max(offset);
        for record in self.known.values_mut() {
            record.since = record.since.max(offset + 1);
            // What is on its way, or sent again, may have been published among them.
            let is_open = |dealings: &&mut Box<Dealings>| {
                !dealings.pending.is_empty() || dealings.sent > dealings.progress.last
            };
            if let Some(dealings) = record.dealings.as_mut().filter(is_open) {
                dealings.forget();
                dealings.missed = true;
            }
        }
    }

    /// Another epoch begins: nothing is known any more of what was published. Who is connected may go on.
    pub(super) fn renew(&mut self) {
        self.known.retain(|_, record| record.attached);
        self.left.clear();
        self.forgotten = 0;
        for record in self.known.values_mut() {
            record.since = 1;
            let Some(dealings) = &mut record.dealings else { continue };
            dealings.forget();
            dealings.latest = None;
        }
    }
}

fn is_away(known: &BTreeMap<Public, Record>, session: &Public, generation: u32) -> bool {
    known.get(session).is_some_and(|record| !record.attached && record.generation == generation)
}
