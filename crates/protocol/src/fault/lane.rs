//! One direction of a connection with faults: what waits in it, and until when.

use std::collections::VecDeque;
use std::time::Duration;

use super::action::{Effects, Manner};
use super::plan::{Answers, Direction, Traffic, When};
use super::traffic::Message;
use super::trickle::Trickle;
use crate::units::{Progress, Rate};

/// The longest time that a message waits for one to come in front of it.
const SWAP_WITHIN: Duration = Duration::from_secs(1);
/// What a held message costs beside its payload, in bytes, so that empty ones are not free.
const COST: usize = 64;
/// A Ping between two fragments, in bytes.
const PING: usize = 2;

/// A message on its way.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) message: Message,
    /// Counted from 1 in its direction.
    pub(super) number: u64,
    pub(super) effects: Effects,
    pub(super) manner: Manner,
    /// What becomes of it at the other end of the lane.
    pub(super) fate: Fate,
    due: Duration,
    /// No more than this passes where it does.
    rate: Option<Rate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Pass,
    /// It is not passed on.
    Swallow,
    /// It is answered from the template.
    Answer,
}

#[derive(Clone, Debug)]
pub(super) struct Lane {
    direction: Direction,
    rng: fastrand::Rng,
    /// Messages that came.
    pub(super) count: u64,
    /// Of these, how many the window was open for.
    in_window: u64,
    queue: VecDeque<Held>,
    /// One that goes behind the next.
    swapped: Option<Held>,
    held: usize,
    /// The latest message is under way until then, and none overtakes it.
    free_at: Duration,
    /// The rate has room again.
    rate_free_at: Duration,
}

impl Lane {
    pub(super) fn new(direction: Direction, rng: fastrand::Rng) -> Lane {
        Lane {
            direction,
            rng,
            count: 0,
            in_window: 0,
            queue: VecDeque::new(),
            swapped: None,
            held: 0,
            free_at: Duration::ZERO,
            rate_free_at: Duration::ZERO,
        }
    }

    /// Counts another message, and tells whether faults are for it. `elapsed` is counted from the plan's start.
    pub(super) fn count(&mut self, when: &When, elapsed: Duration) -> bool {
        let hit = self.hits_next(when, elapsed);
        self.in_window += u64::from(self.opens_for_next(when, elapsed));
        self.count += 1;
        hit
    }

    /// Whether faults are for the message that comes next.
    pub(super) fn hits_next(&self, when: &When, elapsed: Duration) -> bool {
        let every = when.every.map_or(1, std::num::NonZero::get);
        self.opens_for_next(when, elapsed) && (self.in_window + 1).is_multiple_of(every)
    }

    fn opens_for_next(&self, when: &When, elapsed: Duration) -> bool {
        let next = self.count + 1;
        let begun = match when.from {
            Some(Progress::Time(time)) => elapsed >= time,
            Some(Progress::Messages(number)) => next >= number,
            _ => true,
        };
        let over = match when.until {
            Some(Progress::Time(time)) => elapsed > time,
            Some(Progress::Messages(number)) => next > number,
            _ => false,
        };
        begun && !over
    }

    /// Takes in the message that was counted. False: it is dropped.
    pub(super) fn admit(
        &mut self,
        mut message: Message,
        traffic: &Traffic,
        hit: bool,
        now: Duration,
    ) -> bool {
        let mut held_for = now;
        let (mut effects, mut copies, mut swap) = (Effects::default(), 1, false);
        let mut manner = Manner::default();
        let mut fate = Fate::Pass;
        let mut rate = None;
        if hit {
            let direction = self.direction;
            let rng = &mut self.rng;
            let mut draw = |chance: super::Ways<crate::units::Chance>| {
                chance.of(direction).is_some_and(|chance| chance.draw(rng))
            };
            if draw(traffic.drop) {
                return false;
            }
            effects.duplicated = draw(traffic.duplicate);
            copies += usize::from(effects.duplicated);
            swap = draw(traffic.reorder);
            if draw(traffic.corrupt) {
                effects.corrupted = message.corrupt(&mut self.rng);
            }
            if let Some(delay) = traffic.delay.of(direction) {
                held_for += delay.draw(&mut self.rng);
                effects.delayed = true;
            }
            rate = traffic.rate.of(direction);
            match direction {
                Direction::In => {
                    fate = match traffic.answers {
                        Answers::Usual => Fate::Pass,
                        Answers::Off => Fate::Swallow,
                        Answers::Template(_) => Fate::Answer,
                    }
                }
                Direction::Out => manner = Manner { fragment: traffic.fragment, trickle: traffic.trickle },
            }
        }
        effects.reordered = swap && self.swapped.is_none();
        let held = Held { message, number: self.count, effects, manner, fate, due: held_for, rate };
        if effects.reordered {
            self.held += copies * held.cost();
            // It is due by then even where nothing follows.
            self.swapped = Some(Held { due: held_for + SWAP_WITHIN, ..held });
            return true;
        }
        for _ in 1..copies {
            self.push(held.clone());
        }
        self.push(held);
        self.release_swapped(held_for);
        true
    }

    fn push(&mut self, mut held: Held) {
        held.due = held.due.max(self.free_at);
        if let Some(rate) = held.rate {
            let start = held.due.max(self.rate_free_at);
            self.rate_free_at = start + rate.time_for(held.message.payload.len());
            // A message has passed once its last byte has.
            held.due = if let Rate::Bytes(_) = rate { self.rate_free_at } else { start };
        }
        self.free_at = held.due + held.manner.time_for(held.message.payload.len());
        self.held += held.cost();
        self.queue.push_back(held);
    }

    /// Has the one that was to go behind another go now.
    fn release_swapped(&mut self, now: Duration) {
        let Some(held) = self.swapped.take() else { return };
        let copies = 1 + usize::from(held.effects.duplicated);
        self.held -= copies * held.cost();
        for _ in 0..copies {
            self.push(Held { due: now, ..held.clone() });
        }
    }

    /// The next message that has come through. `flush`: nothing follows, so nothing waits for another to follow it.
    pub(super) fn poll(&mut self, now: Duration, flush: bool) -> Option<Held> {
        if self.swapped.as_ref().is_some_and(|held| flush || held.due <= now) {
            self.release_swapped(now);
        }
        let held = self.queue.pop_front_if(|held| held.due <= now)?;
        self.held -= held.cost();
        Some(held)
    }

    /// When [`poll`](Self::poll) has something.
    pub(super) fn next_timeout(&self) -> Option<Duration> {
        let first = self.queue.front().map(|held| held.due);
        let swapped = self.swapped.as_ref().map(|held| held.due);
        first.into_iter().chain(swapped).min()
    }

    /// When the last one is through, if none follows.
    pub(super) fn free_at(&self) -> Duration {
        self.free_at
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.swapped.is_none()
    }

    /// What waits, in bytes.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Forgets what waits.
    pub(super) fn clear(&mut self) {
        self.queue = VecDeque::new();
        self.swapped = None;
        self.held = 0;
    }

    /// Counts from here on.
    pub(super) fn restart(&mut self, rng: fastrand::Rng) {
        (self.count, self.in_window, self.rng) = (0, 0, rng);
    }
}

impl Held {
    fn cost(&self) -> usize {
        self.message.payload.len() + COST
    }
}

impl Manner {
    /// How long it takes from the first byte of a message of so many to the first of the next one.
    fn time_for(&self, len: usize) -> Duration {
        let Some(pace) = self.trickle else { return Duration::ZERO };
        let whole = len.max(1);
        let frame = self.fragment_len(len).map_or(whole, |frame| frame.get().min(whole));
        let ping = if self.fragment.is_some_and(|fragments| fragments.pings) { PING } else { 0 };
        let before_last = (whole - 1) / frame;
        let last = len - before_last * frame;
        let bytes = before_last * (header(frame) + frame + ping) + header(last) + last;
        Trickle::time_for(pace, bytes) + pace.every
    }
}

/// The header of a frame with so much payload, as a server sends it (RFC 6455 §5.2).
fn header(payload: usize) -> usize {
    match payload {
        ..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    }
}
