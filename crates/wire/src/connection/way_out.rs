use std::io::IoSlice;

use super::turn::Output;
use super::{Connection, Phase, Timer, Turn};
use crate::Time;

impl Connection {
    /// Whether there is output for the transport.
    #[inline]
    #[must_use]
    pub fn has_output(&self, turn: &Turn) -> bool {
        !turn.out.batch.is_empty() || self.has_backlog()
    }

    /// Output for the transport, in order, as at most as many slices as `slices` holds. Tells how many there are.
    #[inline]
    pub fn slices<'a>(&'a self, turn: &'a mut Turn, slices: &mut [IoSlice<'a>]) -> usize {
        turn.settle();
        let waiting = match &self.rare {
            Some(rare) if !rare.backlog.is_empty() => rare.backlog.slices(slices),
            _ => 0,
        };
        waiting + turn.out.batch.slices(&turn.input, &mut slices[waiting..])
    }

    /// The same as a single slice, if it is one, as what one read is mostly answered with, or short.
    #[inline]
    pub fn only_slice<'a>(&'a self, turn: &'a mut Turn) -> Option<&'a [u8]> {
        turn.settle();
        if self.has_backlog() { None } else { turn.out.batch.only_slice(&turn.input) }
    }

    /// The transport took the first `count` bytes of the output.
    #[inline]
    pub fn handle_written(&mut self, turn: &mut Turn, count: usize, now: Time) {
        turn.settle();
        turn.out.counts.wire_out += count as u64;
        let beyond = if self.has_backlog() { self.backlog_written(count, now) } else { count };
        if beyond > 0 {
            turn.out.batch.advance(beyond);
        }
        if self.rare.as_ref().is_some_and(|rare| rare.owed_pong.is_some()) {
            self.settle_owed_pong(turn);
        }
    }

    fn backlog_written(&mut self, count: usize, now: Time) -> usize {
        let backlog = &mut self.rare().backlog;
        let beyond = backlog.advance(count);
        let empty = backlog.is_empty();
        if count == 0 {
            return 0;
        }
        match self.phase {
            Phase::Open if empty => self.timers.clear(Timer::Stall),
            Phase::Open => self.timers.set(Timer::Stall, now, self.settings.send_timeout),
            // A peer that reads slowly but steadily gets what it was promised.
            Phase::Closing | Phase::Flushing => {
                self.timers.set(Timer::Close, now, self.settings.close_timeout);
            }
            Phase::Lingering | Phase::Done => {}
        }
        beyond
    }

    /// Whether the way out has drained after something was refused or had to wait. True once each time: whoever has more to
    /// send may go on.
    pub fn take_drained(&mut self, turn: &Turn) -> bool {
        let busy = self.has_output(turn) || self.is_deflating();
        let drained = self.flags.behind && self.phase == Phase::Open && !busy;
        self.flags.behind &= !drained;
        drained
    }

    /// Gives the turn back: keeps what is not decoded and what the transport has not taken. `ready` tells whether the
    /// endpoint can take another message; while not, nothing is read, and silence proves nothing.
    pub fn end_turn(&mut self, turn: &mut Turn, ready: bool, now: Time) {
        turn.settle();
        self.queue_output(turn, now);
        if turn.held.is_some() {
            // Who waits for the rest of a message is to be judged by how long that takes: it is put together from here on.
            turn.starved = false;
        }
        if turn.from < turn.filled && self.is_speaking() {
            self.keep_input(turn);
        }
        turn.discard_input();
        self.counts.add(&turn.out.counts);
        self.timers.look(now);
        if self.phase == Phase::Open {
            self.rest(!ready || !(self.wants_input(turn) || self.wants_turn(turn)), now);
        }
        turn.clear();
        self.tidy();
    }

    /// While nothing is read, that nothing arrives is no fault of the peer's: its time begins anew afterwards.
    #[inline]
    fn rest(&mut self, resting: bool, now: Time) {
        let rested = std::mem::replace(&mut self.flags.resting, resting);
        if resting {
            for timer in [Timer::Heartbeat, Timer::Pong, Timer::Message, Timer::Idle] {
                self.timers.clear(timer);
            }
        } else if rested {
            self.arm_heartbeat(now);
            self.arm_idle(now);
            if self.rare.as_ref().is_some_and(|rare| rare.assembly.is_some()) {
                self.arm_message(now);
            }
        }
    }

    /// Moves what the transport has not taken to memory of the connection's own, so that the turn can go on with input.
    /// [`end_turn`](Self::end_turn) does it too.
    pub fn queue_output(&mut self, turn: &mut Turn, now: Time) {
        turn.settle();
        if turn.out.batch.is_empty() {
            return;
        }
        let done = self.phase == Phase::Done;
        self.flags.behind = true;
        let timeout = self.settings.send_timeout;
        let Turn { out: Output { batch, .. }, input, .. } = turn;
        let rare = self.rare.get_or_insert_default();
        let first = rare.backlog.is_empty();
        batch.move_to(input, &mut rare.backlog);
        if done {
            rare.unsent += rare.backlog.clear();
        } else if first && self.phase == Phase::Open {
            self.timers.set(Timer::Stall, now, timeout);
        }
    }

    fn keep_input(&mut self, turn: &mut Turn) {
        let starved = turn.starved;
        let kept = turn.undecoded();
        let carry = &mut self.rare.get_or_insert_default().carry;
        // What had to wait before is still behind it.
        if carry.is_empty() {
            carry.extend_from_slice(kept);
        } else {
            carry.splice(..0, kept.iter().copied());
        }
        self.flags.undecoded |= !starved;
    }
}
