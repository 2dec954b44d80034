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
    kept: Mutex<Kept>,
    /// Connections that take compressed messages.
    compressing: AtomicUsize,
    terms: Terms,
    /// Has the follower of a bus look whether the channel still counts as the bus does.
    pub(super) look: Arc<Notify>,
    /// When that was so last.
    counted: Mutex<Option<Instant>>,
}

/// What a channel has, and what of that its server's channels together count.
#[derive(Debug)]
struct Kept {
    state: State,
    bytes: usize,
    sessions: usize,
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
    /// What all of them may take.
    pub(super) together: Arc<Together>,
}

/// What the channels of a server take together. Where that is more than they may, one in which something happens gives up what
/// is oldest in it, but for a share that each has.
#[derive(Debug)]
pub(crate) struct Together {
    /// Bytes of histories, and a channel's share.
    pub(super) bytes: Shared,
    /// Sessions without a connection, and a channel's share.
    pub(super) sessions: Shared,
}

/// Something that channels have together.
#[derive(Debug)]
pub(crate) struct Shared {
    most: usize,
    share: usize,
    taken: AtomicUsize,
}

impl Shared {
    pub(super) fn new(most: usize, share: usize) -> Self {
        Self { most, share, taken: AtomicUsize::new(0) }
    }

    /// A channel that had `before` has `after`. Whether that is too much.
    fn count(&self, before: &mut usize, after: usize) -> bool {
        self.taken.fetch_add(after, Ordering::Relaxed);
        let all = self.taken.fetch_sub(*before, Ordering::Relaxed) - *before;
        *before = after;
        after > self.share && all > self.most
    }
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
        let (roster, kept) = (Roster::default(), Mutex::new(Kept { state, bytes: 0, sessions: 0 }));
        let compressing = AtomicUsize::new(0);
        Self { name, roster, kept, compressing, terms, look: Arc::default(), counted: Mutex::default() }
    }

    /// Looks at what there is.
    fn see<R>(&self, f: impl FnOnce(&State) -> R) -> R {
        f(&lock(&self.kept).state)
    }

    /// Changes it, and gives up what is too much afterwards.
    fn change<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        let Kept { state, bytes, sessions } = &mut *lock(&self.kept);
        let result = f(state);
        let Together { bytes: all_bytes, sessions: all_sessions } = &*self.terms.together;
        while all_bytes.count(bytes, state.size()) {
            state.drop_first();
        }
        let mut tries = state.away();
        while all_sessions.count(sessions, state.away()) && tries > 0 {
            state.forget_session();
            tries -= 1;
        }
        result
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
        self.change(|state| state.attach(hello, client, session))
    }

    /// A session's connection is gone.
    pub(super) fn detach(&self, ticket: &Ticket) {
        self.change(|state| state.detach(ticket));
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
        let is_new = self.change(|state| {
            state.begin(ticket, post.author.seq)?;
            let before = state.head();
            // Under the lock, so that a session's messages come there in order, whatever connection they came over.
            bus.append(self, state, post);
            Ok(state.head() != before)
        })?;
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
        self.change(|state| state.refuse(ticket, seq))
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
        self.see(|state| state.answer(ticket, answers))
    }

    /// Puts what follows for a reader into `into`, at most `most`.
    pub(super) fn read(&self, cursor: &mut Cursor, most: usize, into: &mut Vec<Frame>) -> Read {
        let (mut left, mut bytes) = (most, 0);
        let take = |frame: &Frame| {
            let takes = left > 0 && bytes < AT_ONCE;
            if takes {
                left -= 1;
                bytes += frame.size();
                into.push(frame.clone());
            }
            takes
        };
        self.see(|state| state.read(cursor, take))
    }

    /// The messages before an offset, at most `limit`, and the offset of the first there is.
    pub(super) fn page(&self, before: u64, limit: usize) -> (Vec<Frame>, u64) {
        self.see(|state| {
            let (frames, first) = state.page(before, limit);
            (frames.cloned().collect(), first)
        })
    }

    /// The latest message that is kept.
    pub(super) fn head(&self) -> Position {
        self.see(State::head)
    }

    /// Messages are kept, behind the latest.
    pub(super) fn keep(&self, posts: impl IntoIterator<Item = Post>) {
        for post in posts {
            // Readers get their turn in between.
            self.change(|state| self.put(state, post));
        }
        self.roster.ring();
    }

    /// What was kept before anybody came.
    pub(super) fn restore(&self, posts: impl IntoIterator<Item = Post>) {
        self.change(|state| {
            for post in posts {
                let (session, seq) = (post.author.session, post.author.seq);
                state.keep(session, post.connection, seq, |offset| post.into_frame(offset, None));
            }
        });
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
        self.change(|state| {
            for post in posts {
                state.fail(post.author.session, post.author.seq);
            }
        });
        self.roster.ring();
    }

    /// Whether a message that was handed to the bus is neither kept nor refused.
    pub(super) fn is_waiting(&self, session: Public, seq: u64) -> bool {
        self.see(|state| state.is_waiting(session, seq))
    }

    /// The offset of a session's latest message, if that is known.
    pub(super) fn latest(&self, session: Public) -> Option<u64> {
        self.see(|state| state.latest(session))
    }

    /// What lies before this offset, and is not there, can't be had any more.
    pub(super) fn skip_to(&self, offset: u64) {
        self.change(|state| state.skip_to(offset));
        self.roster.ring();
    }

    /// What was kept is gone, and another count begins, with this offset.
    pub(super) fn renew(&self, epoch: Epoch, first: u64) {
        self.change(|state| {
            state.renew(epoch);
            state.skip_to(first);
        });
        self.roster.ring();
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let Kept { bytes, sessions, .. } = &mut *lock(&self.kept);
        self.terms.together.bytes.count(bytes, 0);
        self.terms.together.sessions.count(sessions, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::session::{Author, ClientId, SessionId};

    fn post(number: u64) -> Post {
        let author = Author { client: Public(1), session: Public(number), seq: 1, name: String::new() };
        Post { author, connection: 1, at: 0, data: vec![b'1'; 1000] }
    }

    #[test]
    fn channels_have_together_what_they_may_and_each_its_share() {
        let limits = Limits { entries: 100, bytes: 1 << 20, sessions: 100 };
        let together = Arc::new(Together { bytes: Shared::new(50_000, 5_000), sessions: Shared::new(30, 5) });
        let counters = ChannelCounters::default();
        let terms = Terms { limits, compression: None, counters, together: Arc::clone(&together) };
        let channel = |name: &str| {
            let name = Name::parse(name).unwrap();
            Channel::new(name, State::new(Epoch(1), limits), terms.clone())
        };
        let taken = || together.bytes.taken.load(Ordering::Relaxed);
        let (one, two) = (channel("one"), channel("two"));
        let size = |channel: &Channel| channel.see(State::size);
        one.keep((0..100).map(post));
        assert!((45_000..=50_000).contains(&size(&one)), "{}", size(&one));
        assert_eq!((taken(), one.head().offset), (size(&one), 100));
        // Another one gets its share, and the first gives up only what it has beyond that, once something is said there.
        two.keep((0..100).map(post));
        assert!((3_000..=5_000).contains(&size(&two)), "{}", size(&two));
        one.keep([post(100)]);
        assert!(taken() <= 50_000 && taken() == size(&one) + size(&two));
        let hello = Hello {
            client: ClientId(1),
            session: SessionId(1),
            connection: 1,
            position: None,
            memory: 0,
            known: 0,
            sent: 0,
            history: 0,
            name: None,
        };
        let come_and_go = |channel: &Channel, sessions: u64| {
            for session in 0..sessions {
                let attached = channel.attach(&hello, Public(1), Public(1000 + session)).unwrap();
                channel.detach(&attached.ticket);
            }
        };
        come_and_go(&one, 50);
        come_and_go(&two, 50);
        assert_eq!((one.see(State::away), two.see(State::away)), (25, 5));
        drop((one, two));
        assert_eq!((taken(), together.sessions.taken.load(Ordering::Relaxed)), (0, 0));
    }
}
