//! One player's inputs between their arrival and their tick.

use std::collections::VecDeque;

use super::body::Input;
use super::message;

/// So many inputs may wait. If more come, the oldest are given up.
pub(super) const MAX_WAITING: usize = 16;
/// From more than so many on, two are taken in one tick, as far as ticks went by without any.
const COMFORT: usize = 6;
/// Ticks without an input that may be made up for.
const BANK: u8 = 12;
/// A puck stands still for so many ticks while its inputs are late; then it goes on without them.
const PATIENCE: u8 = 10;
/// Inputs whose numbers are further ahead of the last ones than this are taken for nonsense.
const MAX_AHEAD: u32 = 1_024;

/// Numbered inputs that came and are to be taken one a tick, in order, each once.
///
/// Connections deliver in bursts. A puck whose inputs are late stands still instead of guessing them, so that it does what its
/// client has shown already; it makes up for that, but never takes more steps than ticks have gone by.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(u32, Input)>,
    /// The greatest number that came.
    received: u32,
    /// The greatest number that was taken or given up.
    done: u32,
    /// Steps that may be taken: one comes with each tick.
    bank: u8,
    /// Ticks since an input was taken.
    late: u8,
}

/// What a player's puck does in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// What its player does.
    Played(Input),
    /// It moves on without one.
    Drifts,
    /// It waits for an input that is late.
    Stands,
}

impl Queue {
    /// Takes those in that are new.
    pub(super) fn receive(&mut self, message: &message::Inputs) {
        let ahead = message.last.saturating_sub(self.received);
        if ahead == 0 || ahead > MAX_AHEAD {
            return;
        }
        // If some are missing before them, those were lost on the way.
        let numbered = (1..=message.last).rev().zip(message.inputs.iter().rev()).take(ahead as usize);
        let new: Vec<_> = numbered.map(|(number, input)| (number, *input)).collect();
        self.waiting.extend(new.into_iter().rev());
        self.received = message.last;
        while self.waiting.len() > MAX_WAITING {
            self.take();
        }
    }

    /// The first step of a tick. `away`: none are to be expected.
    pub(super) fn first(&mut self, away: bool) -> Step {
        self.bank = (self.bank + 1).min(BANK);
        if let Some(input) = self.take() {
            self.late = 0;
            self.bank -= 1;
            return Step::Played(input);
        }
        self.late = self.late.saturating_add(1);
        if away || self.late > PATIENCE {
            self.bank -= 1;
            return Step::Drifts;
        }
        Step::Stands
    }

    /// A second step of the same tick, to catch up.
    pub(super) fn second(&mut self) -> Option<Input> {
        if self.bank == 0 || self.waiting.len() <= COMFORT {
            return None;
        }
        self.bank -= 1;
        self.take()
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> u8 {
        self.waiting.len() as u8
    }

    /// The greatest number that came.
    pub(super) fn received(&self) -> u32 {
        self.received
    }

    /// The greatest number that is dealt with.
    pub(super) fn done(&self) -> u32 {
        self.done
    }

    /// Gives up those that wait: their client has begun anew.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.done = self.received;
    }

    fn take(&mut self) -> Option<Input> {
        let (number, input) = self.waiting.pop_front()?;
        self.done = number;
        Some(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(last: u32, count: usize) -> message::Inputs {
        message::Inputs { last, inputs: vec![Input::NONE; count] }
    }

    fn taken(queue: &mut Queue) -> u32 {
        let first = matches!(queue.first(false), Step::Played(_));
        u32::from(first) + u32::from(queue.second().is_some())
    }

    #[test]
    fn old_repeated_and_far_ahead_ones_are_passed_over() {
        let mut queue = Queue::default();
        queue.receive(&some(4, 4));
        queue.receive(&some(4, 4));
        queue.receive(&some(3, 2));
        assert_eq!((queue.waiting(), queue.received()), (4, 4));
        queue.receive(&some(6, 4));
        assert_eq!((queue.waiting(), queue.received(), queue.done()), (6, 6, 0));
        for far in [6 + MAX_AHEAD + 1, u32::MAX] {
            queue.receive(&some(far, 8));
        }
        assert_eq!((queue.waiting(), queue.received()), (6, 6));
        // Some are missing in between.
        queue.receive(&some(20, 2));
        assert_eq!((queue.waiting(), queue.received(), queue.done()), (8, 20, 0));
    }

    #[test]
    fn no_more_steps_are_taken_than_ticks_go_by() {
        let (mut queue, mut steps) = (Queue::default(), 0);
        for tick in 1..=1_000 {
            queue.receive(&some(tick * 8, 8));
            steps += taken(&mut queue);
            assert!(steps <= tick && queue.waiting() <= 16);
        }
        assert_eq!(steps, 1_000);
    }

    #[test]
    fn what_was_late_is_made_up_for_and_what_was_drifted_is_not() {
        let mut queue = Queue::default();
        for _ in 0..PATIENCE {
            assert_eq!(queue.first(false), Step::Stands);
        }
        queue.receive(&some(8, 8));
        queue.receive(&some(10, 2));
        let steps: Vec<_> = (0..6).map(|_| taken(&mut queue)).collect();
        assert_eq!(steps, [2, 2, 1, 1, 1, 1], "down to what may wait, two at a time");

        let mut queue = Queue::default();
        for tick in 0..100 {
            assert_eq!(queue.first(false), if tick < PATIENCE { Step::Stands } else { Step::Drifts });
        }
        assert_eq!(queue.bank, PATIENCE);
        assert_eq!(Queue::default().first(true), Step::Drifts, "nobody waits for who is away");
    }
}
