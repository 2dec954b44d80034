//! A channel as its server has it: the one place where messages are counted.

use std::collections::VecDeque;

use super::Epoch;
use super::answers::Answers;
use super::message::{Hello, Lost, Position, Public, ServerMessage, Welcome};
use super::sessions::{NotTaken, Sessions, Ticket};

/// What is kept of a message: mostly a frame that is ready to be sent.
pub trait Entry {
    /// The memory that it takes, in bytes.
    fn size(&self) -> usize;
}

/// What a channel keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages of its history, at most, from 1. Default 1,000.
    pub entries: usize,
    /// Bytes of its history, at most, but for the latest message. Default 1 MiB.
    pub bytes: usize,
    /// Sessions without a connection that are remembered. Default 4,096. Who comes back later than that many others gets to
    /// know nothing of what it had sent last.
    pub sessions: usize,
}

/// A bounded history of messages, who has read how far, and which sessions have published what.
///
/// The entries of a channel come from [`publish`](Channel::publish), [`keep`](Channel::keep) and [`push`](Channel::push)
/// alone, which number them. Where a message is kept elsewhere first, [`begin`](Channel::begin) takes it in hand, and `keep` or
/// [`fail`](Channel::fail) says later what became of it: its sender's [`answer`](Channel::answer) follows.
#[derive(Debug)]
pub struct Channel<E> {
    epoch: Epoch,
    entries: VecDeque<E>,
    /// The offset of the first entry there is, or would be.
    first: u64,
    bytes: usize,
    limits: Limits,
    sessions: Sessions,
}

/// How far a reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    epoch: Epoch,
    /// What is next.
    next: u64,
}

/// What follows for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// The entries that were handed out, so many.
    Entries(usize),
    /// Something is missing, and is to be told: then it goes on behind this position.
    Jump(Position, Vec<Lost>),
}

/// A session that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// What it publishes with.
    pub ticket: Ticket,
    /// What it has to answer.
    pub answers: Answers,
    /// What it reads with.
    pub cursor: Cursor,
    /// What its client is told.
    pub welcome: Welcome,
}

impl Cursor {
    /// The epoch that its reader is in.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Goes back over the last `entries` that were handed out, which were not taken after all.
    pub fn rewind(&mut self, entries: usize) {
        self.next = self.next.saturating_sub(entries as u64).max(1);
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits { entries: 1000, bytes: 1 << 20, sessions: 4096 }
    }
}

impl<E: Entry> Channel<E> {
    /// An empty one.
    #[must_use]
    pub fn new(epoch: Epoch, limits: Limits) -> Channel<E> {
        Channel::resumed(epoch, 1, limits)
    }

    /// One whose history begins with the offset `first`, and is put in by [`keep`](Self::keep) and [`push`](Self::push).
    #[must_use]
    pub fn resumed(epoch: Epoch, first: u64, limits: Limits) -> Channel<E> {
        let sessions = Sessions::new(limits.sessions, first - 1);
        Channel { epoch, entries: VecDeque::new(), first, bytes: 0, limits, sessions }
    }

    /// The same, where other servers have the channel as well and clients move between them: what was refused here may have
    /// been published there.
    #[must_use]
    pub fn shared(mut self) -> Channel<E> {
        self.sessions.share();
        self
    }

    /// The latest message; [`Position::start`] before the first.
    #[must_use]
    pub fn head(&self) -> Position {
        Position { epoch: self.epoch, offset: self.first + self.entries.len() as u64 - 1 }
    }

    /// Lets a session in, or go on. `client` and `session` are what others see of it.
    ///
    /// # Errors
    /// [`NotTaken::Superseded`]: a later connection has the session.
    pub fn attach(&mut self, hello: &Hello, client: Public, session: Public) -> Result<Attached, NotTaken> {
        let (ticket, answers, progress) = self.sessions.attach(hello, session, self.epoch)?;
        let head = self.head().offset;
        let mut lost = Vec::new();
        let next = match hello.position {
            None => (head + 1).saturating_sub(hello.history).max(self.first),
            Some(Position { epoch, offset }) if epoch == self.epoch && offset <= head => {
                self.catch_up(offset + 1, &mut lost)
            }
            // More than there is: what it has was taken back, and what it lacks can't be told from what it has.
            Some(Position { epoch, offset }) if epoch == self.epoch => {
                lost.push(Lost { epoch, from: offset + 1, to: None });
                head + 1
            }
            Some(position) => self.change_over(position, &mut lost),
        };
        let welcome = Welcome {
            position: Position { epoch: self.epoch, offset: next - 1 },
            head,
            // What the client sends from here on lies behind this, if it is published.
            memory: head + 1,
            lost,
            seq: progress.map(|progress| progress.last),
            refused: progress.map_or(Vec::new(), |progress| progress.refused_since(hello.known).collect()),
            client,
            session,
        };
        Ok(Attached { ticket, answers, cursor: Cursor { epoch: self.epoch, next }, welcome })
    }

    /// Takes a session's message. `entry` is made with its offset, which is given back.
    ///
    /// # Errors
    /// It is not the session's next one, or the session is elsewhere.
    pub fn publish(
        &mut self,
        ticket: &Ticket,
        seq: u64,
        entry: impl FnOnce(u64) -> E,
    ) -> Result<u64, NotTaken> {
        self.begin(ticket, seq)?;
        self.keep(ticket.public, ticket.connection, seq, entry);
        Ok(self.head().offset)
    }

    /// Takes a session's message in hand, to be kept or to fail later.
    ///
    /// # Errors
    /// As [`publish`](Self::publish).
    pub fn begin(&mut self, ticket: &Ticket, seq: u64) -> Result<(), NotTaken> {
        self.sessions.begin(ticket, seq)
    }

    /// A session's message is kept, as the one behind the latest. `entry` is made with its offset. It may have come over
    /// another server, which had the session's `connection`; those of the session in between can't be published any more. True:
    /// it was taken in hand here.
    pub fn keep(&mut self, session: Public, connection: u64, seq: u64, entry: impl FnOnce(u64) -> E) -> bool {
        let offset = self.push(entry);
        self.sessions.keep(session, connection, seq, offset)
    }

    /// What was taken in hand is not kept, and never will be: its number is used up.
    pub fn fail(&mut self, session: Public, seq: u64) {
        self.sessions.fail(session, seq);
    }

    /// Whether a message that was taken in hand is neither kept nor refused.
    #[must_use]
    pub fn is_waiting(&self, session: Public, seq: u64) -> bool {
        self.sessions.is_waiting(session, seq)
    }

    /// The offset of a session's latest message, if that is known.
    #[must_use]
    pub fn latest(&self, session: Public) -> Option<u64> {
        self.sessions.latest(session)
    }

    /// Uses a session's number up for a message that is not published.
    ///
    /// # Errors
    /// As [`publish`](Self::publish): what came before is not refused now.
    pub fn refuse(&mut self, ticket: &Ticket, seq: u64) -> Result<(), NotTaken> {
        self.begin(ticket, seq)?;
        self.fail(ticket.public, seq);
        Ok(())
    }

    /// The next message to come has this offset: those before it can't be had, and with them all that is there goes.
    pub fn skip_to(&mut self, offset: u64) {
        if offset > self.head().offset + 1 {
            self.entries.clear();
            (self.first, self.bytes) = (offset, 0);
            self.sessions.miss(offset - 1);
        }
    }

    /// Takes a message of the server's own. `entry` is made with its offset, which is given back.
    pub fn push(&mut self, entry: impl FnOnce(u64) -> E) -> u64 {
        let offset = self.head().offset + 1;
        let entry = entry(offset);
        self.bytes += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > self.limits.entries.max(1)
            || (self.bytes > self.limits.bytes && self.entries.len() > 1)
        {
            self.drop_first();
        }
        offset
    }

    /// Drops the oldest message of the history.
    pub fn drop_first(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.bytes -= entry.size();
            self.first += 1;
        }
    }

    /// The next answer that a connection owes its client.
    ///
    /// # Errors
    /// [`NotTaken::Superseded`]: another connection has the session. [`NotTaken::Missed`]: it can't be known.
    pub fn answer(&self, ticket: &Ticket, answers: &mut Answers) -> Result<Option<ServerMessage>, NotTaken> {
        let progress = self.sessions.progress(ticket)?;
        Ok(answers.next(self.epoch, &progress))
    }

    /// The connection is gone. The session may come back.
    pub fn detach(&mut self, ticket: &Ticket) {
        let head = self.head().offset;
        self.sessions.detach(ticket, head);
    }

    /// How many sessions without a connection are remembered. One that came back may be counted until it leaves again.
    #[must_use]
    pub fn away(&self) -> usize {
        self.sessions.away()
    }

    /// Forgets the session that left first: comes it back, it gets to know nothing of what it had sent last.
    pub fn forget_session(&mut self) {
        let head = self.head().offset;
        self.sessions.forget_first(head);
    }

    /// Hands out what follows for a reader, as long as `take` takes it.
    pub fn read(&self, cursor: &mut Cursor, mut take: impl FnMut(&E) -> bool) -> Read {
        let mut lost = Vec::new();
        let at = Position { epoch: cursor.epoch, offset: cursor.next - 1 };
        let next = if cursor.epoch == self.epoch {
            self.catch_up(cursor.next, &mut lost)
        } else {
            self.change_over(at, &mut lost)
        };
        *cursor = Cursor { epoch: self.epoch, next };
        if !lost.is_empty() {
            return Read::Jump(Position { epoch: self.epoch, offset: next - 1 }, lost);
        }
        let skip = usize::try_from(next - self.first).unwrap_or(usize::MAX);
        let taken = self.entries.iter().skip(skip).take_while(|entry| take(entry)).count();
        cursor.next += taken as u64;
        Read::Entries(taken)
    }

    /// Whether there is something to [`read`](Self::read).
    #[must_use]
    pub fn has_more(&self, cursor: &Cursor) -> bool {
        cursor.epoch != self.epoch || cursor.next <= self.head().offset
    }

    /// The messages before `before`, newest last, at most `limit`, and the offset of the first there is.
    pub fn page(&self, before: u64, limit: usize) -> (impl Iterator<Item = &E>, u64) {
        let end =
            usize::try_from(before.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.entries.len());
        (self.entries.range(end.saturating_sub(limit)..end), self.first)
    }

    /// Begins another epoch, empty: what was can't be continued.
    pub fn renew(&mut self, epoch: Epoch) {
        self.epoch = epoch;
        self.entries.clear();
        (self.first, self.bytes) = (1, 0);
        self.sessions.renew();
    }

    /// The memory that the history takes, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes
    }

    /// Where a reader goes on in this epoch.
    fn catch_up(&self, next: u64, lost: &mut Vec<Lost>) -> u64 {
        if next < self.first {
            lost.push(Lost { epoch: self.epoch, from: next, to: Some(self.first - 1) });
        }
        next.max(self.first)
    }

    /// Where a reader of another epoch goes on.
    fn change_over(&self, position: Position, lost: &mut Vec<Lost>) -> u64 {
        lost.push(Lost { epoch: position.epoch, from: position.offset + 1, to: None });
        self.catch_up(1, lost)
    }
}
