use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use workbench::time::Micros;

use super::{
    Breakpoint, COST, Decision, Fate, Held, MAX_BYTES, MAX_MESSAGES, NotHeld, Output, Passing, Told, Way,
};
use crate::fault::Message;

/// What stands in a connection's way, in both directions. A host carries `X` along with each message.
///
/// Inputs: [`set_breakpoints`](Gate::set_breakpoints), [`handle_message`](Gate::handle_message),
/// [`handle_other`](Gate::handle_other), [`handle_timeout`](Gate::handle_timeout), [`handle_gone`](Gate::handle_gone).
/// Commands: [`decide`](Gate::decide), [`pass_all`](Gate::pass_all), [`inject`](Gate::inject). After any of these,
/// [`poll`](Gate::poll) says what to do until it says nothing.
#[derive(Debug)]
pub struct Gate<X> {
    /// The connection's number, for filters that ask for it.
    pub number: u64,
    breakpoints: Vec<Arc<Breakpoint>>,
    lanes: [Lane<X>; 2],
    /// What both lanes hold.
    messages: usize,
    out: VecDeque<Output<X>>,
}

/// A direction. What is first in it is held; without anything held it is empty.
#[derive(Debug)]
struct Lane<X> {
    queue: VecDeque<Slot<X>>,
    bytes: usize,
    /// Who it leads to is gone.
    gone: bool,
}

#[derive(Debug)]
struct Slot<X> {
    /// A message, or something else that keeps its place.
    message: Option<Message>,
    extra: X,
    /// It is another message than the one that came.
    edited: bool,
    /// It goes on by somebody's decision; otherwise as soon as nothing before it is held.
    hold: Option<Hold>,
    cost: usize,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    id: u64,
    breakpoint: u64,
    at: Micros,
    until: Duration,
}

impl<X> Default for Gate<X> {
    fn default() -> Self {
        let lane = || Lane { queue: VecDeque::new(), bytes: 0, gone: false };
        Gate {
            number: 0,
            breakpoints: Vec::new(),
            lanes: [lane(), lane()],
            messages: 0,
            out: VecDeque::new(),
        }
    }
}

/// Inputs.
impl<X> Gate<X> {
    /// Has these breakpoints instead of those there are. What others hold goes on; what one of these holds stays.
    pub fn set_breakpoints(&mut self, breakpoints: Vec<Arc<Breakpoint>>) {
        self.breakpoints = breakpoints;
        self.breakpoints.retain(|breakpoint| breakpoint.on);
        let stay: Vec<u64> = self.breakpoints.iter().map(|breakpoint| breakpoint.number).collect();
        for way in Way::ALL {
            self.release_all(way, Fate::Released, |breakpoint| !stay.contains(&breakpoint));
        }
    }

    /// A message comes. True: the host sends it on by itself; nothing is copied. Otherwise it is held, or waits behind one
    /// that is; `extra` is asked what to carry along with it (true: it is held). A held message gets `id`, which is higher
    /// than any before. `room` is how many bytes more the host wants to hold in all.
    #[must_use]
    pub fn handle_message(
        &mut self,
        passing: &Passing<'_>,
        extra: impl FnOnce(bool) -> X,
        id: impl FnOnce() -> u64,
        room: usize,
        now: Duration,
    ) -> bool {
        let Passing { way, kind, payload, at } = *passing;
        let number = self.number;
        let lane = &self.lanes[way as usize];
        if lane.gone {
            return true;
        }
        let stopped = self.breakpoints.iter().find(|breakpoint| breakpoint.stops(passing, number));
        if stopped.is_none() && lane.queue.is_empty() {
            return true;
        }
        let hold = stopped.map(|breakpoint| {
            let until = now + breakpoint.deadline;
            Hold { id: id(), breakpoint: breakpoint.number, at, until }
        });
        if let Some(hold) = hold {
            self.tell(hold, way, payload.len(), Fate::Held);
        }
        let message = Message { kind, payload: payload.to_vec() };
        let slot =
            Slot { message: Some(message), extra: extra(hold.is_some()), edited: false, hold, cost: 0 };
        let most = self.bytes().saturating_add(room);
        self.put(way, slot, payload.len());
        self.keep_within(most);
        false
    }

    /// Something else comes that keeps its place among messages, with so many bytes of its own. It is given back where the
    /// host does it by itself; otherwise it waits.
    pub fn handle_other(&mut self, way: Way, extra: X, bytes: usize) -> Option<X> {
        let lane = &self.lanes[way as usize];
        if lane.gone || lane.queue.is_empty() {
            return Some(extra);
        }
        self.put(way, Slot { message: None, extra, edited: false, hold: None, cost: 0 }, bytes);
        self.keep_within(MAX_BYTES);
        None
    }

    /// Time has passed: what was held long enough in this direction goes on.
    pub fn handle_timeout(&mut self, way: Way, now: Duration) {
        while self.next_timeout(way).is_some_and(|due| due <= now) {
            self.release(way, 0, Fate::Deadline);
            self.flush(way);
        }
    }

    /// Who this direction leads to is gone, and with them what is held.
    pub fn handle_gone(&mut self, way: Way) {
        self.lanes[way as usize].gone = true;
        for slot in std::mem::take(&mut self.lanes[way as usize].queue) {
            self.uncount(way, slot.cost);
            if let Some(hold) = slot.hold {
                self.tell(hold, way, slot.size(), Fate::Gone);
            }
        }
    }
}

/// Commands.
impl<X> Gate<X> {
    /// Says what is to become of a held message. It keeps its place: before it may be others that are held.
    ///
    /// # Errors
    /// It is not held.
    pub fn decide(&mut self, id: u64, decision: Decision) -> Result<(), NotHeld> {
        let (way, place) = self.place_of(id).ok_or(NotHeld(id))?;
        match decision {
            Decision::Pass => self.release(way, place, Fate::Passed),
            Decision::Edit(message) => {
                self.release(way, place, Fate::Edited);
                self.replace(way, place, message);
            }
            Decision::Drop => self.remove(way, place, Fate::Dropped),
            Decision::Answer(message) => {
                self.remove(way, place, Fate::Answered);
                self.inject(way.back(), message);
            }
        }
        self.flush(way);
        Ok(())
    }

    /// Passes all that is held. Tells how many that are.
    pub fn pass_all(&mut self) -> usize {
        Way::ALL.into_iter().map(|way| self.release_all(way, Fate::Passed, |_| true)).sum()
    }

    /// Sends a message that nobody has said, ahead of what is held.
    pub fn inject(&mut self, way: Way, message: Message) {
        if !self.lanes[way as usize].gone {
            self.out.push_back(Output::Said { way, message });
        }
    }
}

/// Outputs and what is known.
impl<X> Gate<X> {
    /// What to do next.
    pub fn poll(&mut self) -> Option<Output<X>> {
        self.out.pop_front()
    }

    /// When to call [`handle_timeout`](Gate::handle_timeout) for this direction.
    #[must_use]
    pub fn next_timeout(&self, way: Way) -> Option<Duration> {
        Some(self.lanes[way as usize].queue.front()?.hold?.until)
    }

    /// Whether nothing is in the way: there are no breakpoints and nothing is held.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.breakpoints.is_empty() && self.lanes.iter().all(|lane| lane.queue.is_empty())
    }

    /// All that is held in this direction, the first to go first.
    pub fn held(&self, way: Way) -> impl Iterator<Item = Held<'_>> {
        self.lanes[way as usize].queue.iter().filter_map(move |slot| {
            let (Hold { id, breakpoint, at, until }, message) = (slot.hold?, slot.message.as_ref()?);
            Some(Held { id, breakpoint, way, message, at, until })
        })
    }

    /// How many things are held in this direction or wait behind that.
    #[must_use]
    pub fn waiting(&self, way: Way) -> usize {
        self.lanes[way as usize].queue.len()
    }

    /// What is held takes as many bytes of memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        Way::ALL.into_iter().map(|way| self.bytes_of(way)).sum()
    }

    /// What is held in this direction does.
    #[must_use]
    pub fn bytes_of(&self, way: Way) -> usize {
        self.lanes[way as usize].bytes
    }
}

impl<X> Gate<X> {
    fn put(&mut self, way: Way, slot: Slot<X>, bytes: usize) {
        let cost = COST + bytes;
        self.messages += 1;
        let lane = &mut self.lanes[way as usize];
        lane.bytes += cost;
        lane.queue.push_back(Slot { cost, ..slot });
    }

    fn uncount(&mut self, way: Way, cost: usize) {
        self.messages -= 1;
        self.lanes[way as usize].bytes -= cost;
    }

    fn tell(&mut self, hold: Hold, way: Way, size: usize, fate: Fate) {
        let Hold { id, breakpoint, .. } = hold;
        self.out.push_back(Output::Told(Told { id, breakpoint, way, size, fate }));
    }

    /// Where the message of this name is held.
    fn place_of(&self, id: u64) -> Option<(Way, usize)> {
        Way::ALL.into_iter().find_map(|way| {
            let is_it = |slot: &Slot<X>| slot.hold.is_some_and(|hold| hold.id == id);
            self.lanes[way as usize].queue.iter().position(is_it).map(|place| (way, place))
        })
    }

    /// What is at this place is not held any more.
    fn release(&mut self, way: Way, place: usize, fate: Fate) {
        let slot = &mut self.lanes[way as usize].queue[place];
        let size = slot.size();
        if let Some(hold) = slot.hold.take() {
            self.tell(hold, way, size, fate);
        }
    }

    fn release_all(&mut self, way: Way, fate: Fate, is_one: impl Fn(u64) -> bool) -> usize {
        let mut count = 0;
        for place in 0..self.waiting(way) {
            let hold = self.lanes[way as usize].queue[place].hold;
            if hold.is_some_and(|hold| is_one(hold.breakpoint)) {
                self.release(way, place, fate);
                count += 1;
            }
        }
        self.flush(way);
        count
    }

    fn keep_within(&mut self, bytes: usize) {
        while self.messages > MAX_MESSAGES || self.bytes() > bytes.min(MAX_BYTES) {
            self.release_oldest();
        }
    }

    /// Lets go of the first to come of all that is first in its direction: behind it is the most that waits.
    fn release_oldest(&mut self) {
        let first = |way: &Way| {
            let front = self.lanes[*way as usize].queue.front();
            front.and_then(|slot| slot.hold).map_or(u64::MAX, |hold| hold.id)
        };
        let way = Way::ALL.into_iter().min_by_key(first).unwrap_or(Way::ToTarget);
        self.release(way, 0, Fate::Limit);
        self.flush(way);
    }

    fn replace(&mut self, way: Way, place: usize, message: Message) {
        let lane = &mut self.lanes[way as usize];
        let slot = &mut lane.queue[place];
        let after = COST + message.payload.len();
        lane.bytes = lane.bytes - slot.cost + after;
        (slot.message, slot.cost, slot.edited) = (Some(message), after, true);
    }

    fn remove(&mut self, way: Way, place: usize, fate: Fate) {
        self.release(way, place, fate);
        if let Some(slot) = self.lanes[way as usize].queue.remove(place) {
            self.uncount(way, slot.cost);
        }
    }

    /// Lets go on what nothing before it holds up.
    fn flush(&mut self, way: Way) {
        let is_free = |slot: &mut Slot<X>| slot.hold.is_none();
        while let Some(slot) = self.lanes[way as usize].queue.pop_front_if(is_free) {
            self.uncount(way, slot.cost);
            let Slot { message, extra, edited, .. } = slot;
            self.out.push_back(match message {
                Some(message) => Output::Message { way, message, extra, edited },
                None => Output::Other { way, extra },
            });
        }
    }
}

impl<X> Slot<X> {
    fn size(&self) -> usize {
        self.message.as_ref().map_or(0, |message| message.payload.len())
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
