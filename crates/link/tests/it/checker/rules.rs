//! What must hold after a step, and what settings the histories use.

use link::{Config, Confirmation, Final, Phase, Time, Why};

use super::{Checker, Fate, Socket};

impl Checker {
    /// Counts failures by the rules.
    pub(super) fn settle_failures(&mut self, ended: &Socket, why: Why, code: u16) {
        let stable_after = self.link.config().reconnect.stable_after;
        let lasted = |until: Time| ended.open && until.saturating_since(ended.opened_at) >= stable_after;
        match why {
            Why::ClosedByUser | Why::CloseTimedOut | Why::Withheld => {}
            Why::PageHidden | Why::Replaced if lasted(self.elapsed) => self.failures = 0,
            Why::PageHidden | Why::Replaced => {}
            Why::Refused => self.failures += 1,
            Why::ConnectFailed
            | Why::ConnectTimedOut
            | Why::PeerClosed
            | Why::TransportFailed
            | Why::HeartbeatMissed => {
                // Silence is no sign of stability.
                let until = if why == Why::HeartbeatMissed { ended.last_inbound } else { self.elapsed };
                self.failures = if lasted(until) { 0 } else { self.failures + 1 };
                // A code of our own is not meant for us.
                self.lost = Some(if why.is_own() { 1006 } else { code });
            }
        }
    }

    /// The phase after a loss, by the rules.
    pub(super) fn check_after_loss(&self, code: u16) -> Result<(), String> {
        let rules = &self.link.config().reconnect;
        let phase = self.link.phase();
        let stop = [1002, 1003, 1007, 1008, 1009, 1010].contains(&code) || (4000..5000).contains(&code);
        if stop {
            ensure!(phase == Phase::Closed(Final::StopCode(code)), "{phase:?} after {code}");
        } else if !rules.enabled {
            ensure!(phase == Phase::Closed(Final::ReconnectOff), "{phase:?} with reconnect off");
        } else if rules.max_attempts.is_some_and(|max| self.failures >= max) {
            ensure!(phase == Phase::Closed(Final::AttemptsExhausted), "{phase:?}, attempts used up");
        } else if self.offline {
            ensure!(phase.name() == "offline", "{phase:?} while offline");
        } else {
            let Phase::Waiting { attempt, until } = phase else {
                return Err(format!("{phase:?} after a loss"));
            };
            ensure!(attempt == self.failures + 1, "attempt {attempt} after {} failures", self.failures);
            let delay = until.saturating_since(self.now);
            let grown = rules.min_delay.saturating_mul(1 << self.failures.clamp(1, 20));
            let slow = code == 1012 || code == 1013;
            let ceiling = if slow { rules.max_delay } else { grown.min(rules.max_delay) };
            ensure!((rules.min_delay..=ceiling).contains(&delay), "delay {delay:?} not within {ceiling:?}");
        }
        Ok(())
    }

    /// What must hold at any time.
    pub(super) fn check_state(&self) -> Result<(), String> {
        let phase = self.link.phase();
        let live = self.live.as_ref();
        ensure!(self.link.socket() == live.map(|socket| socket.id), "the live sockets differ");
        ensure!(
            phase.is_final() == (live.is_none() && self.link.poll_timeout().is_none()),
            "stuck in {phase:?}"
        );
        match phase {
            Phase::Connecting { .. } => ensure!(live.is_some_and(|socket| !socket.open), "connecting what?"),
            Phase::Open => ensure!(live.is_some_and(|s| s.open && s.closing.is_none()), "open what?"),
            Phase::Closing => ensure!(live.is_some_and(|socket| socket.closing.is_some()), "closing what?"),
            _ => ensure!(live.is_none(), "{phase:?} with a socket"),
        }
        if self.user_closed {
            let by_user = Phase::Closed(Final::ByUser);
            ensure!(
                phase == Phase::Closing || phase == by_user || phase == Phase::Closed(Final::Cancelled),
                "{phase:?} after close"
            );
        }
        let passed = self.messages[..self.handed].iter().position(|(_, fate)| *fate == Fate::Queued);
        ensure!(passed.is_none(), "message {passed:?} was overtaken");
        let limits = &self.link.config().queue;
        let queued = self.messages.iter().filter(|(_, fate)| *fate == Fate::Queued);
        let (count, bytes) =
            queued.fold((0, 0), |(count, bytes), (message, _)| (count + 1, bytes + message.len()));
        ensure!(self.link.queued_messages() == count, "{count} queued by our count");
        ensure!(self.link.queued_bytes() == bytes, "{bytes} bytes queued by our count");
        ensure!(count <= limits.max_messages && bytes <= limits.max_bytes, "the queue is over its limits");
        let pending =
            self.messages.iter().filter(|(_, fate)| matches!(fate, Fate::Handed(_) | Fate::Flushed));
        let pending = pending.count() as u64;
        ensure!(self.link.unconfirmed_messages() == pending, "{pending} unconfirmed by our count");
        ensure!(
            self.link.failures() == self.failures,
            "{} failures, we count {}",
            self.link.failures(),
            self.failures
        );
        if let Some(socket) = live {
            ensure!(self.link.buffered_bytes() == socket.handed - socket.flushed, "buffered bytes differ");
            let room = socket.handed - socket.flushed < limits.max_buffered_bytes;
            ensure!(phase != Phase::Open || count == 0 || !room, "messages wait though there is room");
        }
        Ok(())
    }
}

/// Settings small enough for every bound to be met within a short history.
pub(super) fn config(variant: u8) -> Config {
    let mut config = Config::default();
    let bit = |index: u8| variant & (1 << index) != 0;
    config.queue.max_messages = if bit(0) { 3 } else { 50 };
    config.queue.max_bytes = if bit(1) { 300 } else { 5_000 };
    config.queue.overflow = if bit(2) { link::Overflow::DropOldest } else { link::Overflow::Refuse };
    config.queue.max_buffered_bytes = if bit(3) { 200 } else { 1 << 20 };
    config.confirmation = if bit(4) { Confirmation::HeartbeatAnswer } else { Confirmation::LaterTraffic };
    config.reconnect.max_attempts = bit(5).then_some(3);
    config.reconnect.enabled = !(bit(5) && bit(6));
    if bit(6) {
        config.opening = vec!["hello".into(), "again".into()];
    }
    if let Some(heartbeat) = &mut config.heartbeat {
        heartbeat.even_when_busy = bit(7);
        heartbeat.at_open = bit(2);
        if bit(7) && bit(0) {
            heartbeat.on_missed = link::OnMissed::Report;
        }
    }
    if bit(7) && bit(1) {
        config.heartbeat = None;
    }
    config
}
