//! What this server has of a channel, for all of its connections to it.

use super::bus::Bus;
use super::frame::Frame;
use super::post::Post;
use super::roster::Roster;
use crate::lock::lock;
use crate::metrics::ChannelCounters;
use protocol::fault::Label as Name;
use protocol::session::{
    self, Answers, Attached, Cursor, Entry as _, Epoch, Hello, Limits, NotTaken, Position, Public, Read,
    ServerMessage, Ticket,
};
use socket::wire::deflate::Settings;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Instant;
use tokio::sync::Notify;

/// Bytes that are handed out at once, beside the first message.
const AT_ONCE: usize = 64 << 10;

/// The protocol's channel, its history ready to be sent.
pub(super) type State = session::Channel<Frame>;

/// A channel, which follows what its [bus](Bus) keeps.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(super) name: Name,
    /// Who is woken when something is new.
    pub(super) roster: Roster,
    state: Mutex<State>,
    /// Connections that take compressed messages.
    compressing: AtomicUsize,
    terms: Terms,
    /// Has the follower of a bus look whether the channel still counts as the bus does.
    pub(super) look: Arc<Notify>,
    /// When that was so last.
    counted: Mutex<Option<Instant>>,
}

/// The epoch of a new count: as good as random, and another each time.
pub(super) fn fresh_epoch(name: &Name) -> Epoch {
    Epoch(RandomState::new().hash_one(name.as_str()))
}

/// What all channels of a server have in common.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// What is remembered.
    pub(super) limits: Limits,
    /// How messages are compressed, where they are.
    pub(super) compression: Option<Settings>,
    pub(super) counters: ChannelCounters,
}

/// The channels that somebody holds.
#[derive(Debug, Default)]
pub(super) struct Held(HashMap<Name, Weak<Channel>>);

impl Held {
    pub(super) fn get(&self, name: &Name) -> Option<Arc<Channel>> {
        self.0.get(name).and_then(Weak::upgrade)
    }

    pub(super) fn add(&mut self, channel: &Arc<Channel>) {
        self.0.retain(|_, channel| channel.strong_count() > 0);
        self.0.insert(channel.name.clone(), Arc::downgrade(channel));
    }

    pub(super) fn all(&self) -> impl Iterator<Item = Arc<Channel>> {
        self.0.values().filter_map(Weak::upgrade)
    }
}

impl Channel {
    /// The history of `state`, and what follows.
    pub(super) fn new(name: Name, state: State, terms: Terms) -> Self {
        let (roster, state) = (Roster::default(), Mutex::new(state));
        let compressing = AtomicUsize::new(0);
        Self { name, roster, state, compressing, terms, look: Arc::default(), counted: Mutex::default() }
    }

    /// At this time the bus counted as the channel does.
    pub(super) fn counts(&self, then: Instant) {
        let mut counted = lock(&self.counted);
        *counted = (*counted).max(Some(then));
    }

    /// Whether it did so at this time or later.
    pub(super) fn counts_since(&self, then: Instant) -> bool {
        lock(&self.counted).is_some_and(|counted| counted >= then)
    }

    /// How messages are compressed: not at all as long as nobody takes that.
    pub(super) fn compression(&self) -> Option<Settings> {
        self.terms.compression.filter(|_| self.compressing.load(Ordering::Relaxed) > 0)
    }

    /// A connection came.
    pub(super) fn come(&self, compresses: bool) {
        self.compressing.fetch_add(usize::from(compresses), Ordering::Relaxed);
    }

    /// It left.
    pub(super) fn go(&self, compresses: bool) {
        self.compressing.fetch_sub(usize::from(compresses), Ordering::Relaxed);
    }

    /// Lets a session in.
    ///
    /// # Errors
    /// As [`session::Channel::attach`].
    pub(super) fn attach(
        &self,
        hello: &Hello,
        client: Public,
        session: Public,
    ) -> Result<Attached, NotTaken> {
        lock(&self.state).attach(hello, client, session)
    }

    /// A session's connection is gone.
    pub(super) fn detach(&self, ticket: &Ticket) {
        lock(&self.state).detach(ticket);
    }

    /// Hands a session's message to the bus. What becomes of it is [answered](Self::answer).
    ///
    /// # Errors
    /// As [`session::Channel::begin`].
    pub(super) fn publish(
        self: &Arc<Self>,
        bus: &dyn Bus,
        ticket: &Ticket,
        post: Post,
    ) -> Result<(), NotTaken> {
        let mut state = lock(&self.state);
        state.begin(ticket, post.author.seq)?;
        let before = state.head();
        // Under the lock, so that a session's messages come there in order, whatever connection they came over.
        bus.append(self, &mut state, post);
        let is_new = state.head() != before;
        drop(state);
        if is_new {
            self.roster.ring();
        }
        Ok(())
    }

    /// Uses a number of the session's up.
    ///
    /// # Errors
    /// As [`session::Channel::refuse`].
    pub(super) fn refuse(&self, ticket: &Ticket, seq: u64) -> Result<(), NotTaken> {
        lock(&self.state).refuse(ticket, seq)
    }

    /// The next answer to a session.
    ///
    /// # Errors
    /// As [`session::Channel::answer`].
    pub(super) fn answer(
        &self,
        ticket: &Ticket,
        answers: &mut Answers,
    ) -> Result<Option<ServerMessage>, NotTaken> {
        lock(&self.state).answer(ticket, answers)
    }

    /// Puts what follows for a reader into `into`, at most `most`.
    pub(super) fn read(&self, cursor: &mut Cursor, most: usize, into: &mut Vec<Frame>) -> Read {
        let (mut left, mut bytes) = (most, 0);
        lock(&self.state).read(cursor, |frame| {
            let takes = left > 0 && bytes < AT_ONCE;
            if takes {
                left -= 1;
                bytes += frame.size();
                into.push(frame.clone());
            }
            takes
        })
    }

    /// The messages before an offset, at most `limit`, and the offset of the first there is.
    pub(super) fn page(&self, before: u64, limit: usize) -> (Vec<Frame>, u64) {
        let state = lock(&self.state);
        let (frames, first) = state.page(before, limit);
        (frames.cloned().collect(), first)
    }

    /// The latest message that is kept.
    pub(super) fn head(&self) -> Position {
        lock(&self.state).head()
    }

    /// Messages are kept, behind the latest.
    pub(super) fn keep(&self, posts: impl IntoIterator<Item = Post>) {
        for post in posts {
            // Readers get their turn in between.
            self.put(&mut lock(&self.state), post);
        }
        self.roster.ring();
    }

    /// What was kept before anybody came.
    pub(super) fn restore(&self, posts: impl IntoIterator<Item = Post>) {
        let mut state = lock(&self.state);
        for post in posts {
            let (session, seq) = (post.author.session, post.author.seq);
            state.keep(session, post.connection, seq, |offset| post.into_frame(offset, None));
        }
    }

    /// The same for one, without waking anybody.
    pub(super) fn put(&self, state: &mut State, post: Post) {
        let (session, seq) = (post.author.session, post.author.seq);
        let compression = self.compression();
        let is_own = state.keep(session, post.connection, seq, |offset| post.into_frame(offset, compression));
        if is_own {
            self.terms.counters.published.inc();
        }
    }

    /// Messages were not kept, and never will be.
    pub(super) fn fail(&self, posts: &[Post]) {
        let mut state = lock(&self.state);
        for post in posts {
            state.fail(post.author.session, post.author.seq);
        }
        drop(state);
        self.roster.ring();
    }

    /// Whether a message that was handed to the bus is neither kept nor refused.
    pub(super) fn is_waiting(&self, session: Public, seq: u64) -> bool {
        lock(&self.state).is_waiting(session, seq)
    }

    /// The offset of a session's latest message, if that is known.
    pub(super) fn latest(&self, session: Public) -> Option<u64> {
        lock(&self.state).latest(session)
    }

    /// What lies before this offset, and is not there, can't be had any more.
    pub(super) fn skip_to(&self, offset: u64) {
        lock(&self.state).skip_to(offset);
        self.roster.ring();
    }

    /// What was kept is gone, and another count begins, with this offset.
    pub(super) fn renew(&self, epoch: Epoch, first: u64) {
        let mut state = lock(&self.state);
        state.renew(epoch);
        state.skip_to(first);
        drop(state);
        self.roster.ring();
    }
}
