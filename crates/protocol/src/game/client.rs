//! A client's side of the game.

use std::collections::VecDeque;
use std::time::Duration;

use super::body::{Body, Input};
use super::message::{
    ClientMessage, Hello, Name, Ping, PlayerState, Roster, Seat, ServerMessage, Snapshot, Standing, Token,
    Why, Wish,
};
use super::own::{Own, Reconciled};
use super::playback::Playback;
use super::read::ReadError;
use super::world::{ROUND_TICKS, Spark};

/// The time from one ping to the next.
const PING: Duration = Duration::from_millis(500);
/// The time after which a hello is said again that was not answered.
const PATIENCE: Duration = Duration::from_secs(3);
/// For how long the greatest correction is told, and how many are looked at.
const RECENT: Duration = Duration::from_secs(10);
const MAX_RECENT: usize = 400;
/// Messages that wait to be sent, at most.
const MAX_OUT: usize = 16;

/// One client. It is told what comes, what its player does and what time it is, by any clock that only goes forward; it says
/// what to send and what to draw.
#[derive(Debug)]
pub struct Client {
    hello: Hello,
    connected: bool,
    seat: Option<Seat>,
    roster: Roster,
    playback: Playback,
    /// The own puck, once a snapshot has it.
    own: Option<Own>,
    /// The number of the last input.
    last: u32,
    held: Input,
    /// A dash that no input has yet.
    dashes: bool,
    hello_due: Option<Duration>,
    ping_due: Option<Duration>,
    out: VecDeque<Vec<u8>>,
    figures: Figures,
    recent: VecDeque<(Duration, f32)>,
}

/// What to show of how well it goes. Lengths are in units, of which a puck is 40 wide.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// The latest round-trip time.
    pub rtt: Option<Duration>,
    /// The smoothed one: an eighth of each.
    pub rtt_mean: Option<Duration>,
    /// From the latest input that is known to be dealt with to the snapshot that says so.
    pub input_delay: Option<Duration>,
    /// Inputs that are not known to be dealt with.
    pub pending: usize,
    /// How late the others are shown, beside the delay of the fastest snapshots.
    pub playback_delay: Duration,
    /// How far the latest snapshot moved the own puck: 0 where the prediction was right.
    pub correction: f32,
    /// The farthest of the latest 10 seconds.
    pub worst_correction: f32,
    /// Snapshots that the prediction was held against.
    pub predictions: u64,
    /// Those that it was wrong by.
    pub corrections: u64,
}

/// What to draw, in units: the arena is 1280 × 720 of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// In the order of their seats.
    pub pucks: Vec<Drawn>,
    /// What lies about.
    pub sparks: Vec<Spark>,
    /// Ticks until the round is over.
    pub round_ticks_left: u32,
}

/// One puck.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// Its seat; [`Client::roster`] has the name.
    pub slot: u8,
    /// It is this client's.
    pub own: bool,
    /// Of its centre.
    pub x: f32,
    /// Of its centre.
    pub y: f32,
    /// It dashed a moment ago.
    pub rams: bool,
    /// Ticks until it may dash again.
    pub rest: u8,
    /// What it has collected.
    pub score: u16,
}

impl Client {
    /// One that wants to play or to watch under this name. `token` is what [`token`](Self::token) said in an earlier life, such
    /// as before the page was loaded anew.
    #[must_use]
    pub fn new(name: Name, wish: Wish, token: Option<Token>) -> Self {
        Self {
            hello: Hello { wish, token, name },
            connected: false,
            seat: None,
            roster: Roster::default(),
            playback: Playback::default(),
            own: None,
            last: 0,
            held: Input::NONE,
            dashes: false,
            hello_due: None,
            ping_due: None,
            out: VecDeque::new(),
            figures: Figures::default(),
            recent: VecDeque::new(),
        }
    }

    /// A connection is open.
    pub fn connected(&mut self, now: Duration) {
        self.disconnected();
        self.connected = true;
        self.hello_due = Some(now);
        self.ping_due = Some(now);
        self.advance(now);
    }

    /// The connection is gone. What was on its way counts as lost; the seat is kept for 15 seconds.
    pub fn disconnected(&mut self) {
        self.connected = false;
        (self.hello_due, self.ping_due) = (None, None);
        self.seat = None;
        (self.own, self.dashes) = (None, false);
        // Another connection may be to another arena, whose ticks begin anew.
        self.playback = Playback::default();
        self.out.clear();
    }

    /// A message came.
    ///
    /// # Errors
    /// It is none of the game. Where it is of a kind that is unknown, it has been passed over; for anything else close with
    /// [`MISUSED`](super::MISUSED).
    pub fn receive(&mut self, bytes: &[u8], now: Duration) -> Result<(), ReadError> {
        match ServerMessage::read(bytes)? {
            _ if !self.connected => {}
            ServerMessage::Seat(seat) => self.seated(seat),
            ServerMessage::Snapshot(snapshot) => {
                if self.playback.receive(&snapshot, now) {
                    self.reconcile(&snapshot, now);
                }
            }
            ServerMessage::Roster(roster) => self.roster = roster,
            ServerMessage::Pong(sent) => self.measure(sent, now),
        }
        Ok(())
    }

    /// What the player does from here on. A dash is for one input, the next: it is kept until that has it, however short its
    /// key was held, and not held however long. Who has no puck dashes nowhere.
    pub fn steer(&mut self, input: Input) {
        self.dashes |= input.dashes() && self.own.is_some();
        self.held = input.without_dash();
    }

    /// The player has changed its mind.
    pub fn wish(&mut self, wish: Wish) {
        self.hello.wish = wish;
        if self.connected {
            self.say(&ClientMessage::Wish(wish));
        }
    }

    /// Does what is due. To be called once a frame, and by [`next_timeout`](Self::next_timeout) where there are none.
    pub fn advance(&mut self, now: Duration) {
        if self.hello_due.is_some_and(|due| due <= now) {
            self.hello_due = Some(now + PATIENCE);
            self.say(&ClientMessage::Hello(self.hello.clone()));
        }
        if self.ping_due.is_some_and(|due| due <= now) {
            self.ping_due = Some(now + PING);
            let seen = self.playback.latest().map_or(0, |latest| latest.tick);
            self.say(&ClientMessage::Ping(Ping { number: now.as_micros() as u64, seen }));
        }
        while let Some(at) = self.own.as_mut().and_then(|own| own.tick_due(now)) {
            self.step(at);
        }
    }

    /// When [`advance`](Self::advance) has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        let tick = self.own.as_ref().map(Own::next_tick);
        [self.hello_due, self.ping_due, tick].into_iter().flatten().min()
    }

    /// The next binary message to send.
    pub fn poll_send(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    /// What to draw.
    pub fn scene(&mut self, now: Duration) -> Scene {
        let own = self.own.as_ref();
        let places = self.playback.show(now);
        let Some(latest) = self.playback.latest() else { return Scene::default() };
        let is_own = |slot| own.is_some_and(|own| own.slot == slot);
        let drawn = |state: &PlayerState, x, y| Drawn {
            slot: state.slot,
            own: is_own(state.slot),
            x,
            y,
            rams: state.body.rams(),
            rest: state.body.rest,
            score: latest
                .players
                .iter()
                .find(|its| its.slot == state.slot)
                .map_or(state.score, |its| its.score),
        };
        let others = places.iter().filter(|place| !is_own(place.state.slot));
        let mut pucks: Vec<_> = others.map(|place| drawn(&place.state, place.x, place.y)).collect();
        if let Some(own) = own {
            let (x, y) = own.shown(now);
            let state = PlayerState { slot: own.slot, body: own.body, ..PlayerState::default() };
            pucks.push(drawn(&state, x, y));
            pucks.sort_by_key(|puck| puck.slot);
        }
        // What the own puck reaches is gone at once, before the server says so.
        let lies = |spark: &&Spark| !own.is_some_and(|own| spark.is_reached_by(&own.body));
        Scene {
            pucks,
            sparks: latest.sparks.iter().filter(lies).copied().collect(),
            round_ticks_left: ROUND_TICKS - latest.tick % ROUND_TICKS,
        }
    }

    /// What this client is in the game; `None` while the server has not said it on this connection.
    #[must_use]
    pub fn standing(&self) -> Option<(Standing, Why)> {
        self.seat.map(|seat| (seat.standing, seat.why))
    }

    /// Who plays.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// What gives back its seat to a client that was interrupted. It may be stored, as a secret.
    #[must_use]
    pub fn token(&self) -> Option<Token> {
        self.hello.token
    }

    /// The own puck where it is predicted to be.
    #[must_use]
    pub fn own(&self) -> Option<Body> {
        self.own.as_ref().map(|own| own.body)
    }

    /// How well it goes.
    #[must_use]
    pub fn figures(&self, now: Duration) -> Figures {
        let recent = self.recent.iter().filter(|(at, _)| now.saturating_sub(*at) <= RECENT);
        Figures {
            pending: self.own.as_ref().map_or(0, Own::pending),
            playback_delay: self.playback.delay(),
            worst_correction: recent.map(|(_, length)| *length).fold(0.0, f32::max),
            ..self.figures
        }
    }

    fn seated(&mut self, seat: Seat) {
        self.hello_due = None;
        let slot = |standing| if let Standing::Playing(slot) = standing { Some(slot) } else { None };
        let had = self.seat.and_then(|seat| slot(seat.standing).zip(seat.token));
        if had.is_none() || had != slot(seat.standing).zip(seat.token) {
            self.own = None;
        }
        // Inputs are numbered on; what was sent by an earlier connection is not known to have come.
        self.last = self.last.max(seat.received);
        self.hello.token = seat.token;
        if seat.why == Why::Idle && seat.standing == Standing::Watching {
            self.hello.wish = Wish::Watch;
        }
        self.seat = Some(seat);
    }

    fn reconcile(&mut self, snapshot: &Snapshot, now: Duration) {
        let Some(Seat { standing: Standing::Playing(slot), tick, .. }) = self.seat else { return };
        let Some(state) = snapshot.players.iter().find(|state| state.slot == slot) else { return };
        let Some(own) = &mut self.own else {
            // An older one may show who had the seat before.
            if snapshot.tick >= tick {
                self.own = Some(Own::new(slot, state.body, now));
            }
            return;
        };
        let Reconciled { done, correction } = own.reconcile(state);
        if let Some(sent) = done {
            self.figures.input_delay = Some(now.saturating_sub(sent));
        }
        self.figures.predictions += 1;
        self.figures.corrections += u64::from(correction.is_some());
        self.figures.correction = correction.unwrap_or(0.0);
        if let Some(length) = correction {
            if self.recent.len() >= MAX_RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back((now, length));
        }
    }

    fn step(&mut self, at: Duration) {
        let Some(own) = self.own.as_mut().filter(|own| !own.is_full() && self.last < u32::MAX) else {
            return;
        };
        let input = if std::mem::take(&mut self.dashes) { self.held.with_dash() } else { self.held };
        self.last += 1;
        let inputs = own.step(self.last, input, at);
        self.say(&ClientMessage::Inputs(inputs));
    }

    fn measure(&mut self, sent: u64, now: Duration) {
        let Some(rtt) = now.checked_sub(Duration::from_micros(sent)) else { return };
        let mean = self.figures.rtt_mean.map_or(rtt, |mean| mean * 7 / 8 + rtt / 8);
        (self.figures.rtt, self.figures.rtt_mean) = (Some(rtt), Some(mean));
    }

    fn say(&mut self, message: &ClientMessage) {
        if self.out.len() >= MAX_OUT {
            self.out.pop_front();
        }
        self.out.push_back(message.to_bytes());
    }
}
