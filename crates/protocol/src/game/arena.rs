//! One arena as its server keeps it: who is there, what they sent, and the game's ticks.

use std::fmt;

use super::inputs::{Queue, Step};
use super::message::{
    Champion, ClientMessage, Hello, Inputs, Name, Ping, PlayerState, Roster, Seat, Seated, ServerMessage,
    Snapshot, Standing, Token, Why, Wish,
};
use super::world::World;
use super::{Input, SEATS};

/// How many may be in one arena, players included.
pub const MAX_MEMBERS: usize = 136;

/// Ticks that the seat of a player is kept whose connection is gone: 15 s.
const GRACE: u32 = 600;
/// Ticks without thrust or dash after which a player has to get up: 60 s.
const IDLE: u32 = 2_400;
/// What changes rarely is said when it changes, and every so many ticks, 2 s: it may be lost where messages are dropped.
const AGAIN: u32 = 80;
/// How far ahead of the snapshot that a member has said to have others are sent, in ticks: 1.6 s. Clients say it twice a second.
/// Beyond that one is sent every two seconds, for those before may all be lost.
const MAX_AHEAD: u32 = 64;
/// Messages that a member may send in a tick, on average, and at once. Twice what a client sends.
const MESSAGES: u16 = 2;
const BURST: u16 = 160;
/// Messages beyond that which are passed over before the member has to leave.
const MAX_OVER: u16 = 400;

/// One arena. Everybody in it is a member by a number; who plays has a seat, which lasts longer than a connection.
#[derive(Debug)]
pub struct Arena {
    world: World,
    seats: [Option<Occupied>; SEATS],
    /// In the order in which they came.
    members: Vec<Member>,
    /// Numbers that were given to members and to places in line.
    counted: u32,
    champion: Option<Champion>,
    /// Moves on when the roster is to be said.
    roster_revision: u32,
    tokens: Tokens,
}

/// Where tokens come from.
struct Tokens(Box<dyn FnMut() -> Token + Send>);

/// Somebody in an arena, for the length of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberId(u32);

/// There is no room for anybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this arena is full: {MAX_MEMBERS} are in it")]
pub struct ArenaFull;

/// Why a member has to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// It goes on sending far more than a client does.
    #[error("far more than 80 messages a second")]
    Flood,
}

/// What there is to say to one member alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Its standing.
    Seat(Seat),
    /// It is no member any more: its player goes on over a newer connection.
    Superseded,
}

/// A seat with its player.
#[derive(Debug)]
struct Occupied {
    token: Token,
    name: Name,
    /// By which connection it plays.
    owner: Option<MemberId>,
    /// The tick at which it lost its connection.
    away_since: u32,
    /// The tick at which it last did something.
    active_at: u32,
    queue: Queue,
}

#[derive(Debug)]
struct Member {
    id: MemberId,
    name: Name,
    seat: Option<usize>,
    /// Its place in line, as a number that grows.
    in_line: Option<u32>,
    why: Why,
    told: Option<(Standing, u32)>,
    /// The tick of the newest snapshot that it has, as far as is known.
    seen: u32,
    /// The tick of the newest snapshot that was sent to it.
    sent: u32,
    /// Messages that it may send.
    budget: u16,
    /// Messages that were passed over.
    over: u16,
}

impl Arena {
    /// An empty one. The seed says where sparks and pucks appear. `tokens` makes the secret of each seat: 128 bits that nobody
    /// can guess, not all of them 0.
    #[must_use]
    pub fn new(seed: u64, tokens: impl FnMut() -> Token + Send + 'static) -> Self {
        Self {
            world: World::new(seed),
            seats: [const { None }; SEATS],
            members: Vec::new(),
            counted: 0,
            champion: None,
            roster_revision: 0,
            tokens: Tokens(Box::new(tokens)),
        }
    }

    /// Somebody comes. Who shows the token of a seat has it back, and whoever had it is a member no more.
    ///
    /// # Errors
    /// The arena is full.
    pub fn join(&mut self, hello: Hello) -> Result<MemberId, ArenaFull> {
        let seat = self.seat_of(hello.token);
        if let Some(owner) = seat.and_then(|seat| self.seats[seat].as_ref()?.owner) {
            self.members.retain(|member| member.id != owner);
        }
        if self.is_full() {
            return Err(ArenaFull);
        }
        let id = MemberId(self.count());
        self.members.push(Member {
            id,
            name: hello.name.clone(),
            seat,
            in_line: None,
            why: Why::Wished,
            told: None,
            seen: self.world.tick,
            sent: self.world.tick,
            budget: BURST,
            over: 0,
        });
        if let Some(occupied) = seat.and_then(|seat| self.seats[seat].as_mut()) {
            occupied.owner = Some(id);
            occupied.name = hello.name;
            occupied.active_at = self.world.tick;
            occupied.queue.clear();
        }
        self.wish(id, hello.wish);
        self.roster_changed();
        Ok(id)
    }

    /// A member's connection is gone. Its seat is kept for 15 seconds.
    pub fn leave(&mut self, id: MemberId) {
        let Some(at) = self.members.iter().position(|member| member.id == id) else { return };
        let member = self.members.remove(at);
        if let Some(occupied) = member.seat.and_then(|seat| self.seats[seat].as_mut()) {
            occupied.owner = None;
            occupied.away_since = self.world.tick;
        }
        self.roster_changed();
    }

    /// A member says something. What there is to answer at once is given back.
    ///
    /// # Errors
    /// The member is to leave, by [`leave`](Self::leave).
    pub fn receive(&mut self, id: MemberId, message: ClientMessage) -> Result<Option<ServerMessage>, Misuse> {
        let tick = self.world.tick;
        let Some(member) = self.member(id) else { return Ok(None) };
        let Some(budget) = member.budget.checked_sub(1) else {
            member.over += 1;
            return if member.over > MAX_OVER { Err(Misuse::Flood) } else { Ok(None) };
        };
        member.budget = budget;
        match message {
            // Again: what it was told may have been lost. Who it is it has said.
            ClientMessage::Hello(_) => member.told = None,
            ClientMessage::Ping(Ping { number, seen }) => {
                if seen <= tick {
                    member.seen = member.seen.max(seen);
                }
                return Ok(Some(ServerMessage::Pong(number)));
            }
            ClientMessage::Wish(wish) => self.wish(id, wish),
            ClientMessage::Inputs(inputs) => self.inputs(id, &inputs),
        }
        Ok(None)
    }

    /// One tick of the game.
    pub fn tick(&mut self) {
        self.world.tick = self.world.tick.wrapping_add(1);
        for member in &mut self.members {
            member.budget = (member.budget + MESSAGES).min(BURST);
            if member.budget == BURST {
                member.over = 0;
            }
        }
        for slot in 0..SEATS {
            let Some(occupied) = &mut self.seats[slot] else { continue };
            match occupied.queue.first(occupied.owner.is_none()) {
                Step::Played(input) => self.play(slot, input),
                Step::Drifts => self.world.step(slot, Input::NONE),
                Step::Stands => {}
            }
        }
        self.world.collide();
        for slot in 0..SEATS {
            let late = self.seats[slot].as_mut().and_then(|occupied| occupied.queue.second());
            if let Some(input) = late {
                self.play(slot, input);
            }
        }
        self.world.collide();
        self.world.settle();
        if self.world.is_round_over() {
            let winner = self.world.end_round();
            self.champion = winner.and_then(|(slot, score)| {
                let name = self.seats[slot].as_ref()?.name.clone();
                Some(Champion { score, name })
            });
            self.roster_changed();
        }
        self.clear_seats();
        self.fill_seats();
        if self.world.tick.is_multiple_of(AGAIN) {
            self.roster_changed();
        }
    }

    /// The game as it is.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let players = self.seats.iter().zip(&self.world.players).enumerate();
        let players = players.filter_map(|(slot, (occupied, player))| {
            let (queue, player) = (&occupied.as_ref()?.queue, player.as_ref()?);
            Some(PlayerState {
                slot: slot as u8,
                body: player.body,
                done: queue.done() as u16,
                waiting: queue.waiting(),
                score: player.score,
            })
        });
        Snapshot { tick: self.world.tick, players: players.collect(), sparks: self.world.sparks.clone() }
    }

    /// Who plays, with a number that moves on when this is to be said to everybody.
    #[must_use]
    pub fn roster(&self) -> (u32, Roster) {
        let players = self.seats.iter().enumerate().filter_map(|(slot, occupied)| {
            let Occupied { name, owner, .. } = occupied.as_ref()?;
            Some(Seated { slot: slot as u8, away: owner.is_none(), name: name.clone() })
        });
        let watchers = self.members.iter().filter(|member| member.seat.is_none()).count();
        let (players, champion) = (players.collect(), self.champion.clone());
        (self.roster_revision, Roster { players, watchers: watchers as u16, champion })
    }

    /// The number that [`roster`](Self::roster) would come with.
    #[must_use]
    pub fn roster_revision(&self) -> u32 {
        self.roster_revision
    }

    /// What there is to say to this member, once. Who [is behind](Self::is_behind) hears nothing more yet.
    pub fn take_news(&mut self, id: MemberId) -> Option<News> {
        let tick = self.world.tick;
        let Some(at) = self.members.iter().position(|member| member.id == id) else {
            return Some(News::Superseded);
        };
        if self.is_behind(id) {
            return None;
        }
        let standing = self.standing(&self.members[at]);
        let member = &mut self.members[at];
        let again = |&(told, when): &(Standing, u32)| told != standing || tick.wrapping_sub(when) >= AGAIN;
        if !member.told.as_ref().is_none_or(again) {
            return None;
        }
        member.told = Some((standing, tick));
        let occupied = member.seat.and_then(|seat| self.seats[seat].as_ref());
        Some(News::Seat(Seat {
            tick,
            standing,
            why: member.why,
            token: occupied.map(|occupied| occupied.token),
            received: occupied.map_or(0, |occupied| occupied.queue.received()),
        }))
    }

    /// Whether so many snapshots are on their way to this member that the next one has to wait. Buffers between the two ends
    /// hold minutes of them, and what is in there can't be taken back for a newer one.
    #[must_use]
    pub fn is_behind(&self, id: MemberId) -> bool {
        let member = self.members.iter().find(|member| member.id == id);
        member.is_some_and(|Member { seen, sent, .. }| {
            sent.saturating_sub(*seen) >= MAX_AHEAD && self.world.tick.saturating_sub(*sent) < AGAIN
        })
    }

    /// The snapshot of this tick is on its way to this member.
    pub fn sent(&mut self, id: MemberId) {
        let tick = self.world.tick;
        if let Some(member) = self.member(id) {
            member.sent = tick;
        }
    }

    /// Whether there is room for anybody else.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.members.len() >= MAX_MEMBERS
    }

    /// Whether nobody is there and no seat is kept for anybody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.seats.iter().all(Option::is_none)
    }

    fn wish(&mut self, id: MemberId, wish: Wish) {
        let ticket = self.count();
        let Some(member) = self.member(id) else { return };
        member.why = Why::Wished;
        match wish {
            Wish::Play if member.seat.is_none() => {
                member.in_line.get_or_insert(ticket);
            }
            Wish::Play => {}
            Wish::Watch => {
                member.in_line = None;
                if let Some(seat) = member.seat.take() {
                    self.vacate(seat);
                }
            }
        }
        self.fill_seats();
        self.roster_changed();
    }

    fn inputs(&mut self, id: MemberId, inputs: &Inputs) {
        let seat = self.member(id).and_then(|member| member.seat);
        if let Some(occupied) = seat.and_then(|seat| self.seats[seat].as_mut()) {
            occupied.queue.receive(inputs);
        }
    }

    fn play(&mut self, slot: usize, input: Input) {
        if let Some(occupied) = self.seats[slot].as_mut().filter(|_| input != Input::NONE) {
            occupied.active_at = self.world.tick;
        }
        self.world.step(slot, input);
    }

    /// Has those get up who have been away or idle for too long.
    fn clear_seats(&mut self) {
        let tick = self.world.tick;
        for seat in 0..SEATS {
            let Some(Occupied { owner, away_since, active_at, .. }) = &self.seats[seat] else { continue };
            let over = match owner {
                Some(_) => tick.wrapping_sub(*active_at) >= IDLE,
                None => tick.wrapping_sub(*away_since) >= GRACE,
            };
            if !over {
                continue;
            }
            if let Some(member) = owner.and_then(|owner| self.member(owner)) {
                member.seat = None;
                member.why = Why::Idle;
            }
            self.vacate(seat);
        }
    }

    /// Gives free seats to who is first in line.
    fn fill_seats(&mut self) {
        while let Some(seat) = self.seats.iter().position(Option::is_none) {
            let first = self.members.iter_mut().filter(|member| member.in_line.is_some());
            let Some(member) = first.min_by_key(|member| member.in_line) else { return };
            member.in_line = None;
            member.seat = Some(seat);
            let tick = self.world.tick;
            self.seats[seat] = Some(Occupied {
                token: (self.tokens.0)(),
                name: member.name.clone(),
                owner: Some(member.id),
                away_since: tick,
                active_at: tick,
                queue: Queue::default(),
            });
            self.world.enter(seat);
            self.roster_changed();
        }
    }

    fn vacate(&mut self, seat: usize) {
        self.seats[seat] = None;
        self.world.players[seat] = None;
        self.roster_changed();
    }

    fn standing(&self, member: &Member) -> Standing {
        match (member.seat, member.in_line) {
            (Some(seat), _) => Standing::Playing(seat as u8),
            (None, Some(ticket)) => {
                let before =
                    self.members.iter().filter(|other| other.in_line.is_some_and(|its| its <= ticket));
                Standing::InLine(before.count() as u8)
            }
            (None, None) => Standing::Watching,
        }
    }

    fn seat_of(&self, token: Option<Token>) -> Option<usize> {
        let token = token?;
        self.seats.iter().position(|occupied| occupied.as_ref().is_some_and(|its| its.token == token))
    }

    fn member(&mut self, id: MemberId) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }

    fn count(&mut self) -> u32 {
        self.counted = self.counted.wrapping_add(1);
        self.counted
    }

    fn roster_changed(&mut self) {
        self.roster_revision = self.roster_revision.wrapping_add(1);
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokens").finish_non_exhaustive()
    }
}
