//! How a link gets from one phase to another.

use super::{Connection, Link};
use crate::backoff::{covers, draw_delay};
use crate::flight::{Flight, Mark};
use crate::heartbeat::Beats;
use crate::timers::Timer;
use crate::{Action, Close, Event, Final, Phase, SocketId, Time, Why};

impl Link {
    /// Starts an attempt. There must be no connection.
    pub(super) fn connect(&mut self, now: Time) {
        let socket = SocketId(self.next_socket);
        self.next_socket += 1;
        self.stats.attempts += 1;
        self.last_attempt_at = Some(now);
        self.patient_until = None;
        self.connection = Some(Connection {
            socket,
            started_at: now,
            opened_at: None,
            last_inbound_at: None,
            last_beat_at: None,
            rtt: None,
            beats: Beats::default(),
            flight: Flight::new(),
            late: false,
            probed: false,
            close_code: None,
        });
        self.timers.clear_all();
        self.timers.set(Timer::Connect, now + self.config.connect_timeout);
        self.actions.push_back(Action::Connect { socket });
        self.set_phase(Phase::Connecting { attempt: self.next_attempt() });
    }

    /// The connection is lost, against the user's will: decides what comes next.
    pub(super) fn lose(&mut self, now: Time, why: Why, close: Close, detach: Option<(u16, &'static str)>) {
        let stable = match (why, &self.connection) {
            // Silence is no sign of stability.
            (Why::HeartbeatMissed, Some(connection)) => self.is_stable(connection.silent_since()),
            _ => self.is_stable(now),
        };
        // The codes are the peer's to choose; ours is not meant for us.
        let code = if why.is_own() { Close::abnormal().code } else { close.code };
        self.failures = if stable { 0 } else { self.failures.saturating_add(1) };
        self.end_socket(now, why, close, detach);
        let rules = &self.config.reconnect;
        if covers(&rules.stop_codes, code) {
            self.finish(Final::StopCode(code));
        } else if !rules.enabled {
            self.finish(Final::ReconnectOff);
        } else if rules.max_attempts.is_some_and(|max| self.failures >= max) {
            self.finish(Final::AttemptsExhausted);
        } else {
            let slow = covers(&rules.slow_codes, code);
            let until = now + draw_delay(rules, self.failures, slow, &mut self.rng);
            self.patient_until = slow.then_some(until);
            if self.offline { self.wait_offline(now) } else { self.wait(until) }
        }
    }

    /// The user's or the page's wish ends the socket at once; the caller decides what comes next.
    pub(super) fn let_go(&mut self, now: Time, why: Why, (code, reason): (u16, &'static str)) {
        let close = Close { code, reason: reason.to_owned(), was_clean: false };
        self.end_socket(now, why, close, Some((code, reason)));
    }

    /// The socket is over: settles what was handed to it and forgets everything about it.
    pub(super) fn end_socket(
        &mut self,
        now: Time,
        why: Why,
        close: Close,
        detach: Option<(u16, &'static str)>,
    ) {
        let Some(connection) = self.connection.take() else { return };
        let socket = connection.socket;
        self.timers.clear_all();
        let created = !self.actions.contains(&Action::Connect { socket });
        self.actions.retain(|action| action.socket() != socket);
        if let Some((code, reason)) = detach
            && created
        {
            self.actions.push_back(Action::Detach { socket, code, reason });
        }
        let open_for = connection.opened_at.map(|opened_at| now.saturating_since(opened_at));
        let called_off =
            open_for.is_none() && matches!(why, Why::ClosedByUser | Why::PageHidden | Why::Withheld);
        if !called_off {
            self.last_end = Some((why, close.clone()));
        }
        self.events.push_back(Event::Disconnected { socket, why, close, open_for });
        if let Some(unknown) = connection.flight.into_unknown() {
            self.stats.messages_unknown += unknown.count;
            self.events.push_back(Event::MessagesUnknown(unknown));
        }
    }

    /// Comes to rest. There must be no connection.
    pub(super) fn finish(&mut self, cause: Final) {
        self.timers.clear_all();
        self.patient_until = None;
        self.set_phase(Phase::Closed(cause));
    }

    /// Waits for the network, or for patience to run out.
    pub(super) fn wait_offline(&mut self, now: Time) {
        let until = (now + self.config.reconnect.hint_patience).max(self.patient_until.unwrap_or(now));
        self.timers.set(Timer::Retry, until);
        self.set_phase(Phase::Offline { attempt: self.next_attempt(), until });
    }

    /// Ends a wait on good news: at once, or as soon as is decent.
    pub(super) fn retry_early(&mut self, now: Time) {
        let decent = self.last_attempt_at.map_or(now, |at| at + self.config.reconnect.min_delay);
        let earliest = decent.max(self.patient_until.unwrap_or(now));
        if earliest <= now {
            self.connect(now);
        } else if let Phase::Waiting { until, .. } = self.phase {
            self.wait(until.min(earliest));
        } else {
            self.wait(earliest);
        }
    }

    /// The page goes into the back/forward cache, or away for good: an open socket would keep it out of the
    /// cache, and would be dead on return.
    pub(super) fn suspend(&mut self, now: Time) {
        match self.phase {
            Phase::Idle | Phase::Suspended { .. } | Phase::Closed(_) => return,
            Phase::Closing => {
                self.let_go(now, Why::ClosedByUser, (1000, "page hidden"));
                return self.finish(Final::ByUser);
            }
            Phase::Connecting { .. } | Phase::Open => {
                if self.is_stable(now) {
                    self.failures = 0;
                }
                self.let_go(now, Why::PageHidden, (1000, "page hidden"));
            }
            Phase::Waiting { .. } | Phase::Offline { .. } => {}
        }
        if !self.config.reconnect.enabled {
            return self.finish(Final::ReconnectOff);
        }
        let until = now + self.config.reconnect.hint_patience;
        self.timers.set(Timer::Retry, until);
        self.set_phase(Phase::Suspended { until });
    }

    /// Whether the connection has been open long enough by `then` to count as a success.
    pub(super) fn is_stable(&self, then: Time) -> bool {
        let opened_at = self.connection.as_ref().and_then(|connection| connection.opened_at);
        opened_at
            .is_some_and(|opened_at| then.saturating_since(opened_at) >= self.config.reconnect.stable_after)
    }

    /// Reports everything up to `mark` as having arrived.
    pub(super) fn confirm(&mut self, mark: Mark) {
        let Some(connection) = self.connection.as_mut() else { return };
        if let Some(confirmed) = connection.flight.confirm(mark) {
            self.stats.messages_confirmed += confirmed.count;
            self.events.push_back(Event::MessagesConfirmed(confirmed));
        }
    }

    pub(super) fn set_phase(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.events.push_back(Event::PhaseChanged(self.phase()));
        }
    }

    fn wait(&mut self, until: Time) {
        self.timers.set(Timer::Retry, until);
        self.set_phase(Phase::Waiting { attempt: self.next_attempt(), until });
    }

    fn next_attempt(&self) -> u32 {
        self.failures.saturating_add(1)
    }
}
