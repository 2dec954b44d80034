//! Breakpoints: which messages are held on their way through this server, where they are held, and what is told of that.
//!
//! Every connection that is carried to a target is [`Gated`] and enters here. What it holds stays with it, in its own gate;
//! from here it gets its breakpoints, numbers for what it holds, and room for it.

mod news;

pub(crate) use self::news::{News, Undecided};

use protocol::fault::{Label as Name, Message};
use protocol::hold::{Breakpoint, Decision, NotHeld, Scope, Told, Way};
use protocol::journal::Payload;
use serde::Serialize;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Breakpoints at a time.
const MAX_BREAKPOINTS: usize = 64;
/// Held messages that are listed at once.
const MAX_LISTED: usize = 200;
/// What is held may take this part of the server's memory.
const PART_OF_MEMORY: usize = 8;

/// All breakpoints of a server, and what they hold.
#[derive(Debug)]
pub(crate) struct Breakpoints {
    all: Mutex<All>,
    /// The name of the latest message that was held.
    last_held: AtomicU64,
    /// What is held on all connections takes so many bytes, and at most so many.
    held: AtomicUsize,
    limit: usize,
    news: News,
}

#[derive(Debug, Default)]
struct All {
    /// By number, the oldest first.
    breakpoints: Vec<Arc<Breakpoint>>,
    /// The number of the latest one.
    last: u64,
    connections: Vec<Weak<dyn Gated>>,
    /// With more of them, those that are gone are forgotten.
    prune_above: usize,
}

/// A connection that messages can be held on.
pub(crate) trait Gated: fmt::Debug + Send + Sync {
    /// Whose it is.
    fn place(&self) -> &Place;

    /// The client's connection has this number.
    fn is_numbered(&self, number: u64);

    /// Has these breakpoints in force.
    fn use_breakpoints(&self, breakpoints: Vec<Arc<Breakpoint>>);

    /// Tells what is held, and how much waits behind that.
    fn held(&self, tell: &mut dyn FnMut(Shown)) -> usize;

    /// The whole of a message.
    fn message(&self, id: u64) -> Option<Shown>;

    /// Does with a message as is decided.
    fn decide(&self, id: u64, decision: &Decision) -> Result<(), NotHeld>;

    /// Passes all that is held, and tells how many messages that are.
    fn pass_all(&self) -> usize;

    /// Sends a message that nobody at either end has said.
    fn inject(&self, way: Way, message: Message);
}

/// Whose connection it is.
#[derive(Debug)]
pub(crate) struct Place {
    /// The name of the target, if it is mounted.
    pub(crate) via: Option<Name>,
    pub(crate) label: Option<Name>,
    pub(crate) peer: String,
    /// The numbers of the client's connection and of the target's, as the log has them; 0 as long as it has none.
    numbers: [AtomicU64; 2],
}

/// A message that is held, as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    pub(crate) id: u64,
    pub(crate) connection: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) via: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
    pub(crate) peer: String,
    pub(crate) direction: &'static str,
    pub(crate) breakpoint: u64,
    pub(crate) at_us: u64,
    /// Until it goes on by itself, once it is the first in its direction.
    pub(crate) seconds_left: f64,
    #[serde(flatten)]
    pub(crate) payload: Payload,
}

/// What is held, as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    /// Of this list. It grows with each change.
    revision: u64,
    breakpoints: Vec<Breakpoint>,
    /// The oldest first.
    held: Vec<Shown>,
    /// How many are held.
    total: usize,
    /// How many messages wait behind those.
    waiting: usize,
    /// The latest that nobody has decided on.
    undecided: Vec<Undecided>,
}

/// Why there is no such breakpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSet {
    #[error("there are {MAX_BREAKPOINTS} breakpoints, and no room for another: remove some first")]
    Full,
    #[error(
        "no connection {0} is carried to a target: GET /api/connections lists those at /ws/via and /ws/relay"
    )]
    NoConnection(u64),
    #[error("there is no breakpoint {0}: GET /api/breakpoints lists those there are")]
    Unknown(u64),
}

impl Place {
    pub(crate) fn new(via: Option<Name>, label: Option<Name>, peer: String) -> Self {
        Self { via, label, peer, numbers: Default::default() }
    }

    /// The number of the client's connection; 0 as long as it has none.
    pub(crate) fn number(&self) -> u64 {
        self.numbers[0].load(Ordering::Relaxed)
    }

    /// The client's connection has this number.
    pub(crate) fn set_number(&self, number: u64) {
        self.numbers[0].store(number, Ordering::Relaxed);
    }

    /// The target's connection has this number.
    pub(crate) fn set_targets_number(&self, number: u64) {
        self.numbers[1].store(number, Ordering::Relaxed);
    }

    fn is_in(&self, scope: &Scope) -> bool {
        let numbers = self.numbers.each_ref().map(|number| number.load(Ordering::Relaxed));
        scope.contains(self.via.as_ref(), self.label.as_ref(), &numbers)
    }
}

impl Breakpoints {
    /// None yet, on a server that may hold so much in all.
    pub(crate) fn new(max_memory: usize) -> Self {
        Self {
            all: Mutex::default(),
            last_held: AtomicU64::new(0),
            held: AtomicUsize::new(0),
            limit: max_memory / PART_OF_MEMORY,
            news: News::default(),
        }
    }

    /// Knows this connection as long as it is there, and gives it its breakpoints.
    pub(crate) fn enter(&self, connection: &Arc<dyn Gated>) {
        let mut all = self.all();
        if all.connections.len() > all.prune_above {
            all.connections.retain(|connection| connection.strong_count() > 0);
            all.prune_above = 64 + 2 * all.connections.len();
        }
        all.connections.push(Arc::downgrade(connection));
        all.instruct(&**connection);
    }

    /// Sets a breakpoint, and tells it with its number.
    pub(crate) fn set(&self, breakpoint: Breakpoint) -> Result<Arc<Breakpoint>, NotSet> {
        self.change(|all| {
            if all.breakpoints.len() >= MAX_BREAKPOINTS {
                return Err(NotSet::Full);
            }
            all.check(&breakpoint)?;
            all.last += 1;
            let breakpoint = Arc::new(Breakpoint { number: all.last, ..breakpoint });
            all.breakpoints.push(Arc::clone(&breakpoint));
            Ok(breakpoint)
        })
    }

    /// Makes another breakpoint of one that there is.
    pub(crate) fn alter<E: From<NotSet>>(
        &self,
        number: u64,
        alter: impl FnOnce(Breakpoint) -> Result<Breakpoint, E>,
    ) -> Result<Arc<Breakpoint>, E> {
        self.change(|all| {
            let place = all.place_of(number)?;
            let altered = alter(Breakpoint::clone(&all.breakpoints[place]))?;
            all.check(&altered)?;
            all.breakpoints[place] = Arc::new(altered);
            Ok(Arc::clone(&all.breakpoints[place]))
        })
    }

    /// Removes a breakpoint. What it holds goes on.
    pub(crate) fn remove(&self, number: u64) -> Result<(), NotSet> {
        self.change(|all| {
            let place = all.place_of(number)?;
            all.breakpoints.remove(place);
            Ok(())
        })
    }

    fn change<R, E>(&self, f: impl FnOnce(&mut All) -> Result<R, E>) -> Result<R, E> {
        // Let go of behind the lock: with the last one a connection goes.
        let mut connections = Vec::new();
        let done = {
            let mut all = self.all();
            connections.extend(all.connections.iter().filter_map(Weak::upgrade));
            all.forget_ended(&connections);
            let done = f(&mut all)?;
            connections.iter().for_each(|connection| all.instruct(&**connection));
            done
        };
        self.news.changed();
        Ok(done)
    }

    /// The connections in this scope.
    fn connections(&self, scope: &Scope) -> Vec<Arc<dyn Gated>> {
        let mut all = self.all();
        let connections: Vec<_> = all.connections.iter().filter_map(Weak::upgrade).collect();
        all.forget_ended(&connections);
        drop(all);
        connections.into_iter().filter(|connection| connection.place().is_in(scope)).collect()
    }

    /// All breakpoints, and what is held on the connections in this scope.
    pub(crate) fn list(&self, scope: &Scope) -> Listed {
        // What changes meanwhile is told by the next list.
        let revision = self.news.revision();
        let (mut held, mut total, mut waiting) = (Vec::new(), 0, 0);
        for connection in self.connections(scope) {
            waiting += connection.held(&mut |shown| {
                total += 1;
                held.push(shown);
                if held.len() > 2 * MAX_LISTED {
                    keep_oldest(&mut held);
                }
            });
        }
        keep_oldest(&mut held);
        Listed {
            revision,
            breakpoints: self.set_ones(),
            held,
            total,
            waiting,
            undecided: self.news.undecided(),
        }
    }

    /// All breakpoints.
    pub(crate) fn set_ones(&self) -> Vec<Breakpoint> {
        self.all().breakpoints.iter().map(|breakpoint| Breakpoint::clone(breakpoint)).collect()
    }

    /// What changes from here on.
    pub(crate) fn news(&self) -> &News {
        &self.news
    }

    /// The whole of a message that is held.
    pub(crate) fn message(&self, id: u64) -> Result<Shown, NotHeld> {
        let connections = self.connections(&Scope::default());
        connections.iter().find_map(|connection| connection.message(id)).ok_or(NotHeld(id))
    }

    /// Does with a message that is held as is decided.
    pub(crate) fn decide(&self, id: u64, decision: &Decision) -> Result<(), NotHeld> {
        let connections = self.connections(&Scope::default());
        let mut done = connections.iter().map(|connection| connection.decide(id, decision));
        done.find(Result::is_ok).unwrap_or(Err(NotHeld(id)))
    }

    /// Passes all that is held on the connections in this scope, and tells how many messages that are.
    pub(crate) fn pass_all(&self, scope: &Scope) -> usize {
        self.connections(scope).iter().map(|connection| connection.pass_all()).sum()
    }

    /// Puts a message into the connections in this scope, and tells how many they are.
    pub(crate) fn inject(&self, scope: &Scope, way: Way, message: &Message) -> usize {
        let connections = self.connections(scope);
        connections.iter().for_each(|connection| connection.inject(way, message.clone()));
        connections.len()
    }

    /// A name for a message that is held from here on.
    pub(crate) fn next_id(&self) -> u64 {
        self.last_held.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// So many bytes more may be held.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.held.load(Ordering::Relaxed))
    }

    /// A connection that held `before` bytes holds so many now.
    pub(crate) fn changed(&self, before: usize, now: usize) {
        self.held.fetch_add(now.wrapping_sub(before), Ordering::Relaxed);
        self.news.changed();
    }

    /// What became of a message that this connection holds or held.
    pub(crate) fn tell(&self, place: &Place, told: &Told) {
        if told.fate.is_undecided() {
            self.news.tell(place.number(), told);
        }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        // Nothing that can panic half-way runs under the lock.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    fn instruct(&self, connection: &dyn Gated) {
        let place = connection.place();
        let own = self.breakpoints.iter().filter(|breakpoint| place.is_in(&breakpoint.scope));
        connection.use_breakpoints(own.cloned().collect());
    }

    fn place_of(&self, number: u64) -> Result<usize, NotSet> {
        let place = self.breakpoints.iter().position(|breakpoint| breakpoint.number == number);
        place.ok_or(NotSet::Unknown(number))
    }

    /// A breakpoint for one connection has to have it.
    fn check(&self, breakpoint: &Breakpoint) -> Result<(), NotSet> {
        let Some(number) = breakpoint.scope.connection else { return Ok(()) };
        let scope = Scope { connection: Some(number), ..Scope::default() };
        let is_there = |connection: Arc<dyn Gated>| connection.place().is_in(&scope);
        match self.connections.iter().filter_map(Weak::upgrade).any(is_there) {
            true => Ok(()),
            false => Err(NotSet::NoConnection(number)),
        }
    }

    /// Forgets the breakpoints of connections that are gone.
    fn forget_ended(&mut self, connections: &[Arc<dyn Gated>]) {
        self.breakpoints.retain(|breakpoint| {
            breakpoint.scope.connection.is_none_or(|number| {
                let scope = Scope { connection: Some(number), ..Scope::default() };
                connections.iter().any(|connection| connection.place().is_in(&scope))
            })
        });
    }
}

fn keep_oldest(held: &mut Vec<Shown>) {
    held.sort_unstable_by_key(|shown| shown.id);
    held.truncate(MAX_LISTED);
}
