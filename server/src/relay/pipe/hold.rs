//! Breakpoints of one relayed connection. Without any, and with nothing held, a message costs one look at a flag.
//!
//! What one end says is held here before it gets into the lane to the other end, whose connection keeps the time: it is woken
//! when something is held for it, and has that go on at the deadline.

use super::{Item, Lane, Pipe, Side};
use crate::breakpoints::{Breakpoints, Gated, Place, Shown};
use crate::kinds::{from_wire, to_wire};
use crate::labels::Scribe;
use protocol::fault::{Direction, Message};
use protocol::hold::{Breakpoint, Decision, Fate, Gate, Held, NotHeld, Output, Passing, Told, Way};
use protocol::journal::{Event as Written, Payload};
use protocol::relay::{Encoded, Event};
use socket::wire::{MessageKind, Time};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tracing::{debug, info};
use workbench::time::Micros;

/// What too much being held has go on is logged this often at most.
const LOGGED_EVERY: Duration = Duration::from_secs(1);

/// What may hold messages on their way.
#[derive(Debug)]
pub(super) struct Hold {
    /// Messages have to ask the gate.
    shut: AtomicBool,
    state: Mutex<State>,
    /// The gate's time counts from here.
    began: Instant,
    place: Place,
    scribe: Option<Scribe>,
    breakpoints: Arc<Breakpoints>,
    /// When the target's connection opened, where the client is not sent messages but told of them.
    tells: OnceLock<Instant>,
}

#[derive(Debug, Default)]
struct State {
    gate: Gate<Carried>,
    /// Messages that go on because too much is held, and are not logged yet.
    overflown: u64,
    logged: Option<Instant>,
}

/// What is carried along with a message that waits.
#[derive(Debug)]
pub(in crate::relay) enum Carried {
    /// Where its frames end, if there are several.
    Frames(Box<[usize]>),
    /// What is told of it.
    Seen(Seen),
    /// No message: an item of the lane, and its payload.
    Item(Item, Vec<u8>),
}

/// What is told of a message beside its payload.
#[derive(Clone, Debug)]
pub(in crate::relay) struct Seen {
    pub(in crate::relay) at: u64,
    pub(in crate::relay) compressed: bool,
    pub(in crate::relay) wire: u64,
    pub(in crate::relay) frames: u64,
    pub(in crate::relay) fragments: Vec<u64>,
}

impl Hold {
    pub(super) fn new(place: Place, scribe: Option<Scribe>, breakpoints: &Arc<Breakpoints>) -> Self {
        Self {
            shut: AtomicBool::new(false),
            state: Mutex::default(),
            began: Instant::now(),
            place,
            scribe,
            breakpoints: Arc::clone(breakpoints),
            tells: OnceLock::new(),
        }
    }

    /// Whether messages have to ask. It opens once all that waited is in its lane.
    #[inline]
    pub(super) fn is_shut(&self) -> bool {
        self.shut.load(Ordering::Acquire)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic half-way runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pipe {
    /// From here on the client is told of the target's messages.
    pub(in crate::relay) fn tells(&self) {
        // The target's connection opens once.
        let _ = self.hold.tells.set(Instant::now());
    }

    /// Notes the number of the target's connection.
    pub(in crate::relay) fn target_is_numbered(&self, number: u64) {
        self.hold.place.set_targets_number(number);
    }

    /// Tells the client, ahead of what is held for it.
    pub(in crate::relay) fn tell(&self, event: &Event<'_>) {
        let (item, payload) = encoded(event);
        self.put(Side::Client, item, &payload);
    }

    /// Tells the client, behind what is held for it.
    pub(in crate::relay) fn tell_in_turn(&self, event: &Event<'_>) {
        let (item, payload) = encoded(event);
        self.put_in_turn(Side::Client, item, &payload);
    }

    /// Tells the client of a message of the target's.
    pub(in crate::relay) fn tell_message(&self, kind: MessageKind, payload: &[u8], seen: Seen) {
        if self.hold.is_shut() && !self.goes_on(Side::Client, kind, payload, |_| Carried::Seen(seen.clone()))
        {
            return;
        }
        self.tell(&seen.event(&Message { kind: from_wire(kind), payload: Vec::new() }, payload));
    }

    /// Whether a message goes on at once. Otherwise it is kept.
    pub(super) fn goes_on(
        &self,
        to: Side,
        kind: MessageKind,
        payload: &[u8],
        carried: impl FnOnce(bool) -> Carried,
    ) -> bool {
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let at = Micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX));
        let passing = Passing { way: to.way(), kind: from_wire(kind), payload, at };
        let Hold { breakpoints, began, .. } = &self.hold;
        self.operate(|gate| {
            let next = || breakpoints.next_id();
            gate.handle_message(&passing, carried, next, breakpoints.room(), began.elapsed())
        })
    }

    /// Gives back something else that keeps its place among messages, where it goes on at once. Otherwise it is kept.
    pub(super) fn ask_in_turn(&self, to: Side, item: Item, payload: Vec<u8>) -> Option<(Item, Vec<u8>)> {
        let bytes = item.cost();
        let back = self.operate(|gate| gate.handle_other(to.way(), Carried::Item(item, payload), bytes));
        match back? {
            Carried::Item(item, payload) => Some((item, payload)),
            Carried::Frames(_) | Carried::Seen(_) => None,
        }
    }

    /// When something that is held for this side goes on by itself, in the terms of its connection.
    pub(in crate::relay) fn due(&self, side: Side, now: Time) -> Option<Time> {
        if !self.hold.is_shut() {
            return None;
        }
        let due = self.hold.state().gate.next_timeout(side.way())?;
        Some(now + due.saturating_sub(self.hold.began.elapsed()))
    }

    /// Has that go on.
    pub(in crate::relay) fn expire(&self, side: Side) {
        self.operate(|gate| gate.handle_timeout(side.way(), self.hold.began.elapsed()));
    }

    /// This side takes nothing any more.
    pub(in crate::relay) fn forget(&self, side: Side) {
        self.operate(|gate| gate.handle_gone(side.way()));
        self.hold.log_overflown(&mut self.hold.state());
    }

    /// Does something with the gate, and all that comes of it, before anybody else does.
    fn operate<R>(&self, f: impl FnOnce(&mut Gate<Carried>) -> R) -> R {
        let mut state = self.hold.state();
        let looks = |gate: &Gate<Carried>| Way::ALL.map(|way| (gate.next_timeout(way), gate.waiting(way)));
        let (before, bytes) = (looks(&state.gate), state.gate.bytes());
        let done = f(&mut state.gate);
        while let Some(output) = state.gate.poll() {
            match output {
                Output::Message { way, message, extra, edited } => {
                    self.pass(way, &message, extra, edited);
                }
                Output::Other { way, extra } => {
                    if let Carried::Item(item, payload) = extra {
                        self.put(way.into(), item, &payload);
                    }
                }
                Output::Said { way, message } => self.say(way, &message),
                Output::Told(told) => self.hold.told(&mut state, &told),
            }
        }
        self.hold.shut.store(!state.gate.is_open(), Ordering::Release);
        let (after, now) = (looks(&state.gate), state.gate.bytes());
        for way in Way::ALL {
            let lane = self.lane(way.into());
            lane.held.store(state.gate.bytes_of(way), Ordering::Relaxed);
            if before[way as usize] != after[way as usize] {
                lane.wake();
            }
        }
        drop(state);
        if before != after || bytes != now {
            self.hold.breakpoints.changed(bytes, now);
        }
        done
    }

    fn pass(&self, way: Way, message: &Message, extra: Carried, edited: bool) {
        match extra {
            Carried::Frames(frames) => {
                let frames = if edited { Box::default() } else { frames };
                self.put_item(way.into(), to_wire(message.kind), &message.payload, frames);
            }
            Carried::Seen(seen) => {
                let seen = if edited { Seen::nothing(seen.at) } else { seen };
                self.tell(&seen.event(message, &message.payload));
            }
            Carried::Item(item, payload) => self.put(way.into(), item, &payload),
        }
    }

    /// Sends what nobody at the other end has said.
    fn say(&self, way: Way, message: &Message) {
        match self.hold.tells.get().filter(|_| way == Way::ToClient) {
            Some(opened) => {
                let at = u64::try_from(opened.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.tell(&Seen::nothing(at).event(message, &message.payload));
            }
            None => self.put_item(way.into(), to_wire(message.kind), &message.payload, Box::default()),
        }
    }

    fn shown(&self, held: &Held<'_>, payload: Payload) -> Shown {
        let place = &self.hold.place;
        Shown {
            id: held.id,
            connection: place.number(),
            via: place.via.as_ref().map(ToString::to_string),
            label: place.label.as_ref().map(ToString::to_string),
            peer: place.peer.clone(),
            direction: held.way.as_str(),
            breakpoint: held.breakpoint,
            at_us: held.at.0,
            seconds_left: held.until.saturating_sub(self.hold.began.elapsed()).as_secs_f64(),
            payload,
        }
    }
}

impl Gated for Pipe {
    fn place(&self) -> &Place {
        &self.hold.place
    }

    fn is_numbered(&self, number: u64) {
        self.hold.place.set_number(number);
        self.hold.state().gate.number = number;
    }

    fn use_breakpoints(&self, breakpoints: Vec<Arc<Breakpoint>>) {
        self.operate(|gate| gate.set_breakpoints(breakpoints));
    }

    fn held(&self, tell: &mut dyn FnMut(Shown)) -> usize {
        if !self.hold.is_shut() {
            return 0;
        }
        let state = self.hold.state();
        let all: usize = Way::ALL.into_iter().map(|way| state.gate.waiting(way)).sum();
        let mut count = 0;
        for held in Way::ALL.into_iter().flat_map(|way| state.gate.held(way)) {
            count += 1;
            tell(self.shown(&held, Payload::of(held.message)));
        }
        all - count
    }

    fn message(&self, id: u64) -> Option<Shown> {
        if !self.hold.is_shut() {
            return None;
        }
        let state = self.hold.state();
        let held = Way::ALL.into_iter().flat_map(|way| state.gate.held(way)).find(|held| held.id == id)?;
        Some(self.shown(&held, Payload::whole(held.message)))
    }

    fn decide(&self, id: u64, decision: &Decision) -> Result<(), NotHeld> {
        if !self.hold.is_shut() {
            return Err(NotHeld(id));
        }
        self.operate(|gate| gate.decide(id, decision.clone()))
    }

    fn pass_all(&self) -> usize {
        if self.hold.is_shut() { self.operate(Gate::pass_all) } else { 0 }
    }

    fn inject(&self, way: Way, message: Message) {
        self.operate(|gate| gate.inject(way, message));
    }
}

impl Hold {
    /// Logs what became of a message, and writes it into the journal of its label.
    fn told(&self, state: &mut State, told: &Told) {
        let Told { id, breakpoint, way, size, fate } = *told;
        let (conn, direction, fate_name) = (self.place.number(), way.as_str(), fate.as_str());
        match fate {
            Fate::Limit => {
                state.overflown += 1;
                if state.logged.is_none_or(|logged| logged.elapsed() >= LOGGED_EVERY) {
                    self.log_overflown(state);
                }
            }
            fate if fate.is_undecided() => {
                info!(
                    conn,
                    id,
                    breakpoint,
                    direction,
                    bytes = size,
                    why = fate_name,
                    "held message not decided on"
                );
            }
            _ => debug!(
                conn,
                id,
                breakpoint,
                direction,
                bytes = size,
                fate = fate_name,
                "message at breakpoint"
            ),
        }
        if let Some(scribe) = &self.scribe {
            let direction = match way {
                Way::ToTarget => Direction::In,
                Way::ToClient => Direction::Out,
            };
            scribe.write(Written::Hold { direction, id, breakpoint, size, fate: fate_name });
        }
        self.breakpoints.tell(&self.place, told);
    }

    fn log_overflown(&self, state: &mut State) {
        let messages = std::mem::take(&mut state.overflown);
        if messages > 0 {
            let (conn, why) = (self.place.number(), Fate::Limit.as_str());
            state.logged = Some(Instant::now());
            info!(conn, messages, why, "held messages not decided on");
        }
    }
}

impl Seen {
    /// Of a message that did not come like this from the target.
    fn nothing(at: u64) -> Self {
        Self { at, compressed: false, wire: 0, frames: 1, fragments: Vec::new() }
    }

    fn event<'a>(self, message: &Message, payload: &'a [u8]) -> Event<'a> {
        let Self { at, compressed, wire, frames, fragments } = self;
        Event::Message { at, kind: message.kind, compressed, wire, frames, fragments, payload }
    }
}

impl Side {
    fn way(self) -> Way {
        match self {
            Self::Client => Way::ToClient,
            Self::Target => Way::ToTarget,
        }
    }
}

impl From<Way> for Side {
    fn from(way: Way) -> Self {
        match way {
            Way::ToClient => Self::Client,
            Way::ToTarget => Self::Target,
        }
    }
}

impl Lane {
    pub(super) fn wake(&self) {
        if let Some(mailbox) = self.mailbox.get() {
            mailbox.wake();
        }
    }

    /// A long message is passed on while it is in the cache. Short ones cost less where all of them are read first and then
    /// all sent.
    pub(super) fn wake_next(&self) {
        if let Some(mailbox) = self.mailbox.get() {
            mailbox.wake_next();
        }
    }
}

fn encoded(event: &Event<'_>) -> (Item, Vec<u8>) {
    let (kind, bytes) = match event.write() {
        Encoded::Text(text) => (MessageKind::Text, text.into_bytes()),
        Encoded::Binary(bytes) => (MessageKind::Binary, bytes),
    };
    (Item::Message { kind, len: bytes.len(), frames: Box::default() }, bytes)
}
