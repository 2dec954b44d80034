//! The own puck: shown before the server has heard of what it does, and corrected once it has.

use std::collections::VecDeque;
use std::time::Duration;

use super::TICK;
use super::body::{Body, Input};
use super::message::{Inputs, MAX_INPUTS, PlayerState};
use super::playback::units;

/// Inputs that are on their way. With more the own puck waits, for the server can't be hearing them.
const MAX_PENDING: usize = 64;
/// Snapshots in which so many of the own inputs always waited show that this clock is ahead: ticks are a little longer then.
const WINDOW: u8 = 40;
const AHEAD: u8 = 2;
const LONGER: Duration = Duration::from_millis(1);
/// Ticks that are made up for after a pause; what is longer has not been played.
const MAX_MISSED: u32 = 8;
/// A correction that is greater, in units, is shown as a jump. Others are made good little by little.
const JUMP: f32 = 160.0;
/// What is left of them from tick to tick.
const FADE: f32 = 0.85;

/// The puck that is predicted.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) slot: u8,
    pub(super) body: Body,
    /// A tick before.
    before: Body,
    /// How far it is shown from where it is, in units.
    offset: (f32, f32),
    pending: VecDeque<Pending>,
    next_tick: Duration,
    tick: Duration,
    /// The fewest inputs that waited in so many snapshots.
    least_waiting: u8,
    snapshots: u8,
}

/// An input that the server has not dealt with, as far as is known.
#[derive(Clone, Copy, Debug)]
struct Pending {
    number: u32,
    input: Input,
    at: Duration,
}

/// What a snapshot said of the own puck.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reconciled {
    /// When the latest input was sent that it has dealt with, if it is news.
    pub(super) done: Option<Duration>,
    /// How wrong the prediction was, in units; `None`: not at all.
    pub(super) correction: Option<f32>,
}

impl Own {
    pub(super) fn new(slot: u8, body: Body, now: Duration) -> Self {
        Self {
            slot,
            body,
            before: body,
            offset: (0.0, 0.0),
            pending: VecDeque::new(),
            next_tick: now,
            tick: TICK,
            least_waiting: u8::MAX,
            snapshots: 0,
        }
    }

    /// The time of the next tick that is due, if one is.
    pub(super) fn tick_due(&mut self, now: Duration) -> Option<Duration> {
        let late = now.checked_sub(self.next_tick)?;
        if late > TICK * MAX_MISSED {
            self.next_tick = now;
        }
        let at = self.next_tick;
        self.next_tick += self.tick;
        self.before = self.body;
        self.offset = (self.offset.0 * FADE, self.offset.1 * FADE);
        Some(at)
    }

    pub(super) fn next_tick(&self) -> Duration {
        self.next_tick
    }

    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether it has to wait for the server.
    pub(super) fn is_full(&self) -> bool {
        self.pending.len() >= MAX_PENDING
    }

    /// Takes a step at once, and gives back what the server is to hear.
    pub(super) fn step(&mut self, number: u32, input: Input, at: Duration) -> Inputs {
        self.body.step(input);
        self.pending.push_back(Pending { number, input, at });
        // Some again, for a message that was dropped on the way.
        let first = self.pending.len().saturating_sub(MAX_INPUTS);
        Inputs { last: number, inputs: self.pending.range(first..).map(|pending| pending.input).collect() }
    }

    /// Takes the server's word, and repeats what it has not heard yet.
    pub(super) fn reconcile(&mut self, state: &PlayerState) -> Reconciled {
        let done = self.forget(state.done).map(|pending| pending.at);
        self.pace(state.waiting);
        let (mut body, mut before) = (state.body, state.body);
        for pending in &self.pending {
            before = body;
            body.step(pending.input);
        }
        if body == self.body {
            return Reconciled { done, correction: None };
        }
        let ((x, y), (predicted_x, predicted_y)) = (units(&body), units(&self.body));
        let (dx, dy) = (predicted_x - x, predicted_y - y);
        let correction = dx.hypot(dy);
        self.offset = if correction > JUMP { (0.0, 0.0) } else { (self.offset.0 + dx, self.offset.1 + dy) };
        (self.body, self.before) = (body, before);
        Reconciled { done, correction: Some(correction) }
    }

    /// Where it is to be seen, in units.
    pub(super) fn shown(&self, now: Duration) -> (f32, f32) {
        let left = self.next_tick.saturating_sub(now).as_secs_f32() / self.tick.as_secs_f32();
        let (to, from) = (units(&self.body), units(&self.before));
        let back = left.min(1.0);
        (to.0 + (from.0 - to.0) * back + self.offset.0, to.1 + (from.1 - to.1) * back + self.offset.1)
    }

    /// Forgets the inputs that are dealt with, up to the one whose number ends like this, and gives back the last of them.
    fn forget(&mut self, done: u16) -> Option<Pending> {
        let first = self.pending.front()?.number;
        let ahead = done.wrapping_sub(first as u16) as i16;
        let count = usize::try_from(ahead).ok()? + 1;
        self.pending.drain(..count.min(self.pending.len())).next_back()
    }

    /// Makes ticks longer while more inputs wait at the server than it takes to even out their delays.
    fn pace(&mut self, waiting: u8) {
        self.least_waiting = self.least_waiting.min(waiting);
        self.snapshots += 1;
        if self.snapshots == WINDOW {
            self.tick = if self.least_waiting >= AHEAD { TICK + LONGER } else { TICK };
            (self.least_waiting, self.snapshots) = (u8::MAX, 0);
        }
    }
}
