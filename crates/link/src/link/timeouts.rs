//! What a link does when the time has come.

use super::Link;
use crate::heartbeat::fill_token;
use crate::timers::Timer;
use crate::{Action, Close, Event, Final, OnMissed, Origin, Phase, Time, Why};

/// What a peer hears that was silent for too long: "Timeout" in the WebSocket Close Code Number Registry.
const TIMEOUT: u16 = 3008;

impl Link {
    /// The time of `poll_timeout` has come, or any other time: what is due is done, the rest isn't.
    pub fn handle_timeout(&mut self, now: Time) {
        let now = self.clock.advance(now);
        for timer in self.timers.due(now) {
            // An earlier one may have cleared or moved it.
            let Some(deadline) = self.timers.get(timer).filter(|deadline| *deadline <= now) else { continue };
            self.timers.clear(timer);
            match timer {
                Timer::Connect => self.connect_timed_out(now, deadline),
                Timer::Retry => self.connect(now),
                Timer::Late => self.heartbeat_late(now, deadline),
                Timer::Deadline => self.miss_or_probe(now, deadline),
                Timer::Beat => self.send_heartbeat(now, false),
                Timer::Close => self.close_timed_out(now),
                Timer::Flush => self.read_buffered(now),
            }
        }
    }

    /// Sends a heartbeat and arms what follows from it.
    pub(super) fn send_heartbeat(&mut self, now: Time, probe: bool) {
        let (Some(heartbeat), Some(connection)) = (&self.config.heartbeat, &mut self.connection) else {
            return;
        };
        let token = format!("{:08x}-{}", self.nonce, self.next_beat);
        self.next_beat += 1;
        let socket = connection.socket;
        let mark = connection.flight.handed();
        connection.beats.forget_unanswered(heartbeat, connection.silent_since());
        connection.beats.sent(now, heartbeat, &token, mark);
        connection.last_beat_at = Some(now);
        let message = fill_token(&heartbeat.payload, &token);
        self.actions.push_back(Action::Send { socket, origin: Origin::Heartbeat, message });
        self.events.push_back(Event::HeartbeatSent { socket, probe });
        self.stats.heartbeats_sent += 1;
        if heartbeat.answer.is_expected() {
            self.timers.set(Timer::Late, now + heartbeat.deadline / 2);
            self.timers.set(Timer::Deadline, now + heartbeat.deadline);
        }
        self.rearm_heartbeat(now);
    }

    /// Arms the next heartbeat after anything that moves it: an open, a message, a heartbeat, new settings.
    ///
    /// While an answer is awaited none is armed: the deadline decides what comes next.
    pub(super) fn rearm_heartbeat(&mut self, now: Time) {
        self.timers.clear(Timer::Beat);
        let (Some(heartbeat), Some(connection)) = (&self.config.heartbeat, &self.connection) else {
            self.timers.clear(Timer::Late);
            self.timers.clear(Timer::Deadline);
            return;
        };
        if self.timers.get(Timer::Deadline).is_some() {
            return;
        }
        let since = match connection.last_beat_at {
            Some(beat) if heartbeat.even_when_busy => beat,
            None if heartbeat.even_when_busy => connection.opened_at.unwrap_or(now),
            Some(beat) => beat.max(connection.silent_since()),
            None => connection.silent_since(),
        };
        self.timers.set(Timer::Beat, since + heartbeat.interval);
    }

    /// The heartbeat's deadline has gone by. If this is noticed late, the answer may be waiting behind us in the
    /// driver's queue, or the machine may have slept through it: ask once more before giving up.
    pub(super) fn miss_or_probe(&mut self, now: Time, deadline: Time) {
        let Some(connection) = self.connection.as_mut() else { return };
        let by = now.saturating_since(deadline);
        if by > self.config.late_after && !connection.probed {
            connection.probed = true;
            connection.beats.oversleep();
            self.events.push_back(Event::TimerLate { by });
            return self.send_heartbeat(now, true);
        }
        let silent_for = now.saturating_since(connection.silent_since());
        connection.late = true;
        self.missed = true;
        self.stats.heartbeats_missed += 1;
        self.events.push_back(Event::HeartbeatMissed { silent_for });
        match self.config.heartbeat.as_ref().map(|heartbeat| heartbeat.on_missed) {
            Some(OnMissed::Reconnect) => {
                self.give_up(now, Why::HeartbeatMissed, "heartbeat missed");
            }
            Some(OnMissed::Report) | None => {
                self.timers.clear(Timer::Deadline);
                self.rearm_heartbeat(now);
            }
        }
    }

    /// Asks for the buffered amount, and again later if that isn't the end of it.
    pub(super) fn read_buffered(&mut self, now: Time) {
        let Some(connection) = &self.connection else { return };
        if connection.flight.is_flushing() {
            let action = Action::ReadBuffered { socket: connection.socket };
            if !self.actions.contains(&action) {
                self.actions.push_back(action);
            }
            self.arm_flush(now);
        }
    }

    pub(super) fn arm_flush(&mut self, now: Time) {
        if let Some(connection) = self.connection.as_mut() {
            let wait = connection.flight.next_poll();
            self.timers.set(Timer::Flush, now + wait);
        }
    }

    fn heartbeat_late(&mut self, now: Time, deadline: Time) {
        // Noticed this late it says nothing about the peer; the deadline's own rule decides.
        if now.saturating_since(deadline) > self.config.late_after {
            return;
        }
        if let Some(connection) = self.connection.as_mut() {
            connection.late = true;
            self.events.push_back(Event::HeartbeatLate);
        }
    }

    fn connect_timed_out(&mut self, now: Time, deadline: Time) {
        let Some(connection) = self.connection.as_mut() else { return };
        let by = now.saturating_since(deadline);
        if by > self.config.late_after && !connection.probed {
            connection.probed = true;
            self.events.push_back(Event::TimerLate { by });
            self.timers.set(Timer::Connect, now + self.config.connect_timeout);
            return;
        }
        self.give_up(now, Why::ConnectTimedOut, "connect timed out");
    }

    fn close_timed_out(&mut self, now: Time) {
        if self.phase == Phase::Closing {
            self.let_go(now, Why::CloseTimedOut, (1000, "closed"));
            self.finish(Final::ByUser);
        } else {
            self.give_up(now, Why::TransportFailed, "no close after an error");
        }
    }

    /// The peer was silent for too long.
    fn give_up(&mut self, now: Time, why: Why, reason: &'static str) {
        let close = Close { code: TIMEOUT, reason: reason.to_owned(), was_clean: false };
        self.lose(now, why, close, Some((TIMEOUT, reason)));
    }
}
