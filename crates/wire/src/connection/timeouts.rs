use super::batch::Batch;
use super::{Cause, Connection, End, Phase, Timer, Turn};
use crate::{CloseCode, Time};

impl Connection {
    /// Acts on what is due. Called too early it does nothing. Read first: what has arrived in time counts.
    pub fn handle_timeout(&mut self, turn: &mut Turn, now: Time) {
        for timer in Timer::ALL {
            if self.timers.take_expired(timer, now) {
                self.expire(timer, turn, now);
            }
        }
        self.timers.look(now);
    }

    fn expire(&mut self, timer: Timer, turn: &mut Turn, now: Time) {
        match timer {
            Timer::Heartbeat => self.beat(turn, now),
            Timer::Pong => {
                self.lost(End::HeartbeatFailed, Cause::Note("nothing arrived after a Ping"), now);
            }
            Timer::Stall => self.lost(End::SendFailed, Cause::Note("the peer has stopped reading"), now),
            Timer::Message => {
                let note = Cause::Note("a message took too long to arrive");
                self.fail(turn, CloseCode::POLICY, note, now);
            }
            Timer::Idle => {
                let note = "no message for too long";
                self.rare().cause = Some(Cause::Note(note));
                // Refused only where a Close was sent before, and then this timer is not set.
                let _ = self.outgoing(turn, now).close(Some((CloseCode::NORMAL, note)), End::LimitExceeded);
            }
            Timer::Close | Timer::CloseLimit => {
                let note = match self.phase {
                    Phase::Closing => "the peer did not answer a Close in time",
                    Phase::Flushing => "the peer did not take all output in time",
                    _ => "the peer did not close TCP in time",
                };
                if self.phase != Phase::Lingering {
                    self.rare().cause.get_or_insert(Cause::Note(note));
                }
                self.lost(self.end, Cause::Note(note), now);
            }
        }
    }

    fn beat(&mut self, turn: &mut Turn, now: Time) {
        // Told apart from all others of the last hour by its time.
        self.ping_sent = now.as_micros() as u32;
        self.flags.ping_pending = true;
        let mut frame = Vec::new();
        // Refused only after a Close, and then this timer is not set.
        let _ = self.sender.ping(&self.ping_sent.to_be_bytes(), turn.out.masks, &mut frame);
        self.send_control(&mut turn.out.batch, &frame);
        self.timers.set(Timer::Pong, now, self.settings.ping_timeout);
    }

    /// Sends a control frame ahead of the data that waits.
    pub(super) fn send_control(&mut self, batch: &mut Batch, frame: &[u8]) {
        match &mut self.rare {
            Some(rare) if !rare.backlog.is_empty() => rare.backlog.push_urgent(frame),
            _ => {
                batch.push_copied(|out| out.extend_from_slice(frame));
                batch.note_control();
            }
        }
    }
}
