//! The arenas of a server. One begins when somebody comes, ticks as long as somebody is there, and ends.

use crate::channels::Roster;
use crate::lock::lock;
use bytes::Bytes;
use protocol::fault::Label as Name;
use protocol::game::{
    Arena, ArenaFull, ClientMessage, Hello, MemberId, Misuse, News, ServerMessage, TICK, Token,
};
use socket::wire::{MessageKind, SharedMessage};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use tokio::time::{Instant, sleep_until};
use tracing::info;

/// Arenas at the same time.
const MAX_ARENAS: usize = 64;
/// Ticks that are made up for after a pause of the process.
const MAX_MISSED: u32 = 8;

/// The arenas of a server.
#[derive(Debug, Default)]
pub(crate) struct Arenas(Mutex<HashMap<Name, Weak<Hall>>>);

/// An arena, as all connections to it have it.
#[derive(Debug)]
pub(crate) struct Hall {
    pub(super) name: Name,
    /// Who is woken with each tick.
    pub(super) roster: Roster,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    arena: Arena,
    /// The latest snapshot, for all, and its tick.
    snapshot: (u32, SharedMessage),
    /// Who plays, and the number by which the arena knows that.
    players: (u32, SharedMessage),
}

/// What one connection has been told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    snapshot: u32,
    players: u32,
}

/// What there is to tell one connection.
#[derive(Debug, Default)]
pub(super) struct Due {
    pub(super) news: Option<News>,
    pub(super) players: Option<SharedMessage>,
    pub(super) snapshot: Option<SharedMessage>,
}

/// Why there is no place in an arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoArena {
    #[error("there are {MAX_ARENAS} arenas with somebody in them: come back later, or use one of those")]
    TooMany,
    #[error(transparent)]
    Full(#[from] ArenaFull),
}

impl Arenas {
    /// The arena of this name. To be called within a runtime, which has its ticks if it is a new one.
    ///
    /// # Errors
    /// There are too many, or it is full.
    pub(crate) fn enter(self: &Arc<Self>, name: &Name) -> Result<Arc<Hall>, NoArena> {
        let mut arenas = lock(&self.0);
        if let Some(hall) = arenas.get(name).and_then(Weak::upgrade) {
            let full = lock(&hall.state).arena.is_full();
            return if full { Err(ArenaFull.into()) } else { Ok(hall) };
        }
        if arenas.len() >= MAX_ARENAS {
            return Err(NoArena::TooMany);
        }
        let hall = Arc::new(Hall::new(name.clone()));
        arenas.insert(name.clone(), Arc::downgrade(&hall));
        tokio::spawn(run(Ending { arenas: Arc::clone(self), hall: Arc::clone(&hall) }));
        info!(arena = %name, "arena begins");
        Ok(hall)
    }

    /// Whether an arena is over. Nobody else has it then, and nobody gets it any more.
    fn end(&self, hall: &Arc<Hall>) -> bool {
        let mut arenas = lock(&self.0);
        // Another comes about under this lock, or from another.
        let over = Arc::strong_count(hall) == 1 && lock(&hall.state).arena.is_empty();
        if over {
            arenas.remove(&hall.name);
        }
        over
    }
}

/// An arena whose name is free again once its ticks end, however they do.
struct Ending {
    arenas: Arc<Arenas>,
    hall: Arc<Hall>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let mut arenas = lock(&self.arenas.0);
        let ours = |there: &Weak<Hall>| std::ptr::eq(there.as_ptr(), Arc::as_ptr(&self.hall));
        if arenas.get(&self.hall.name).is_some_and(ours) {
            arenas.remove(&self.hall.name);
        }
    }
}

/// Has an arena tick until it is over.
async fn run(arena: Ending) {
    let mut next = Instant::now();
    loop {
        next += TICK;
        sleep_until(next).await;
        if next.elapsed() > TICK * MAX_MISSED {
            next = Instant::now();
        }
        arena.hall.tick();
        if Arc::strong_count(&arena.hall) == 1 && arena.arenas.end(&arena.hall) {
            info!(arena = %arena.hall.name, "arena ends");
            return;
        }
    }
}

impl Hall {
    fn new(name: Name) -> Self {
        let arena = Arena::new(rand::random(), || Token(rand::random_range(1..=u128::MAX)));
        let (snapshot, (players, roster)) = (arena.snapshot(), arena.roster());
        let state = State {
            snapshot: (snapshot.tick, shared(&ServerMessage::Snapshot(snapshot))),
            players: (players, shared(&ServerMessage::Roster(roster))),
            arena,
        };
        Self { name, roster: Roster::default(), state: Mutex::new(state) }
    }

    /// One tick, and what it comes to for all.
    fn tick(&self) {
        {
            let mut state = lock(&self.state);
            let State { arena, snapshot, players } = &mut *state;
            arena.tick();
            let latest = arena.snapshot();
            *snapshot = (latest.tick, shared(&ServerMessage::Snapshot(latest)));
            if arena.roster_revision() != players.0 {
                let (revision, roster) = arena.roster();
                *players = (revision, shared(&ServerMessage::Roster(roster)));
            }
        }
        self.roster.ring();
    }

    pub(super) fn join(&self, hello: Hello) -> Result<MemberId, ArenaFull> {
        lock(&self.state).arena.join(hello)
    }

    pub(super) fn leave(&self, member: MemberId) {
        lock(&self.state).arena.leave(member);
    }

    pub(super) fn receive(
        &self,
        member: MemberId,
        message: ClientMessage,
    ) -> Result<Option<ServerMessage>, Misuse> {
        lock(&self.state).arena.receive(member, message)
    }

    /// What there is to tell this member that it has not been told.
    pub(super) fn due(&self, member: MemberId, told: &mut Told) -> Due {
        let State { arena, snapshot, players } = &mut *lock(&self.state);
        let news = arena.take_news(member);
        if arena.is_behind(member) {
            return Due { news, ..Due::default() };
        }
        let fresh = |told: &mut u32, (number, message): &(u32, SharedMessage)| {
            (std::mem::replace(told, *number) != *number).then(|| message.clone())
        };
        let (players, snapshot) = (fresh(&mut told.players, players), fresh(&mut told.snapshot, snapshot));
        if snapshot.is_some() {
            arena.sent(member);
        }
        Due { news, players, snapshot }
    }
}

/// A message for many, not compressed: there is little to be gained in 200 bytes of positions.
fn shared(message: &ServerMessage) -> SharedMessage {
    let message = SharedMessage::new(MessageKind::Binary, Bytes::from(message.to_bytes()), None);
    message.expect("bytes are any")
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::game::{Name as Called, Wish};
    use tokio::time::{advance, sleep};

    fn name(number: usize) -> Name {
        Name::parse(&format!("arena-{number}")).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_arena_ticks_while_somebody_is_there_and_ends_when_nobody_is() {
        let arenas = Arc::new(Arenas::default());
        let hall = arenas.enter(&name(1)).unwrap();
        assert!(Arc::ptr_eq(&hall, &arenas.enter(&name(1)).unwrap()));
        let hello = Hello { wish: Wish::Play, token: None, name: Called::default() };
        let member = hall.join(hello).unwrap();
        let ticks = || lock(&hall.state).snapshot.0;
        sleep(TICK * 40 + TICK / 2).await;
        assert_eq!(ticks(), 40);
        // The process stood still: a little of that is made up for.
        advance(TICK * 1_000).await;
        sleep(TICK * 10).await;
        assert!((50..60).contains(&ticks()), "{}", ticks());

        // A seat is kept for 15 seconds, and so is its arena.
        hall.leave(member);
        drop(hall);
        sleep(TICK * 590).await;
        assert_eq!(lock(&arenas.0).len(), 1);
        sleep(TICK * 20).await;
        assert_eq!(lock(&arenas.0).len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn their_number_is_bounded_and_who_comes_to_none_leaves_none() {
        let arenas = Arc::new(Arenas::default());
        let mut halls: Vec<_> = (0..MAX_ARENAS).map(|number| arenas.enter(&name(number)).unwrap()).collect();
        assert_eq!(arenas.enter(&name(99)).unwrap_err(), NoArena::TooMany);
        halls.pop();
        sleep(TICK * 2).await;
        assert!(arenas.enter(&name(99)).is_ok());
    }
}
