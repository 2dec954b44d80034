//! What happens to a link.

use super::{Connection, Link};
use crate::timers::Timer;
use crate::{
    Action, Answer, Close, Confirmation, Event, Final, Hint, Inbound, MessageRef, Origin, Phase, SocketId,
    Time, Why,
};

impl Link {
    /// The socket opened.
    pub fn handle_open(&mut self, now: Time, socket: SocketId) {
        let now = self.clock.advance(now);
        let Phase::Connecting { attempt } = self.phase else { return self.note_stale() };
        let Some(connection) = self.current(socket) else { return };
        connection.opened_at = Some(now);
        let took = now.saturating_since(connection.started_at);
        self.stats.connections += 1;
        // Whatever the platform says about the network, there is one.
        self.offline = false;
        self.missed = false;
        self.timers.clear(Timer::Connect);
        self.timers.clear(Timer::Close);
        for (index, message) in self.config.opening.iter().enumerate() {
            let origin = Origin::Opening(index);
            self.actions.push_back(Action::Send { socket, origin, message: message.clone() });
        }
        self.events.push_back(Event::Connected { socket, attempt, took });
        self.set_phase(Phase::Open);
        if self.config.heartbeat.as_ref().is_some_and(|heartbeat| heartbeat.at_open) {
            self.send_heartbeat(now, false);
        } else {
            self.rearm_heartbeat(now);
        }
    }

    /// A message came in; the answer says whose it is.
    ///
    /// Where the platform has a buffered amount and `buffered_bytes()` isn't zero, report it with
    /// `handle_buffered` just before: it decides what this message confirms.
    pub fn handle_message(&mut self, now: Time, socket: SocketId, message: MessageRef<'_>) -> Inbound {
        let now = self.clock.advance(now);
        if self.phase != Phase::Open {
            self.note_stale();
            return Inbound::Stale;
        }
        let deadline = self.timers.get(Timer::Deadline);
        let overslept = deadline.is_some_and(|deadline| deadline + self.config.late_after < now);
        let Some(connection) = self.current(socket) else { return Inbound::Stale };
        // Life first, meaning second: whatever the message says, somebody sent it.
        connection.last_inbound_at = Some(now);
        connection.late = false;
        connection.probed = false;
        if overslept {
            connection.beats.oversleep();
        }
        let answered = connection.beats.take_answered(now, message);
        let flushed = connection.flight.flushed();
        self.missed = false;
        self.stats.messages_received += 1;
        self.stats.bytes_received += message.len() as u64;
        self.timers.clear(Timer::Late);
        self.timers.clear(Timer::Deadline);
        // An error that was followed by a message was not the end.
        self.timers.clear(Timer::Close);
        self.rearm_heartbeat(now);
        if let Some(flushed) = flushed
            && self.config.confirmation == Confirmation::LaterTraffic
        {
            self.confirm(flushed);
        }
        let Some(answered) = answered else { return Inbound::User };
        if let Some(mark) = answered.mark {
            self.confirm(mark);
        }
        if let Some(rtt) = answered.rtt {
            self.rtt.sample(rtt);
            if let Some(connection) = self.connection.as_mut() {
                connection.rtt = Some(rtt);
            }
        }
        self.stats.heartbeats_answered += 1;
        self.events.push_back(Event::HeartbeatAnswered { rtt: answered.rtt });
        Inbound::Heartbeat { rtt: answered.rtt }
    }

    /// The transport failed without saying how. `handle_close` normally follows; if it doesn't within
    /// [`Config::close_timeout`](crate::Config::close_timeout), the socket is let go of.
    pub fn handle_error(&mut self, now: Time, socket: SocketId) {
        let now = self.clock.advance(now);
        if self.current(socket).is_none() {
            return;
        }
        self.events.push_back(Event::TransportError { socket });
        if self.timers.get(Timer::Close).is_none() {
            self.timers.set(Timer::Close, now + self.config.close_timeout);
        }
    }

    /// The socket closed, or failed to open.
    pub fn handle_close(&mut self, now: Time, socket: SocketId, close: Close) {
        let now = self.clock.advance(now);
        let phase = self.phase;
        let Some(connection) = self.current(socket) else { return };
        match phase {
            Phase::Connecting { .. } => self.lose(now, Why::ConnectFailed, close, None),
            Phase::Open => self.lose(now, Why::PeerClosed, close, None),
            Phase::Closing => {
                // The peer answered our Close frame, so it had read everything before it.
                let ours = close.was_clean && close.code == connection.close_code.unwrap_or(1005);
                let handed = connection.flight.handed();
                if let Some(handed) = handed
                    && ours
                    && self.config.confirmation == Confirmation::LaterTraffic
                {
                    self.confirm(handed);
                }
                self.end_socket(now, Why::ClosedByUser, close, None);
                self.finish(Final::ByUser);
            }
            Phase::Idle
            | Phase::Waiting { .. }
            | Phase::Offline { .. }
            | Phase::Suspended { .. }
            | Phase::Closed(_) => self.note_stale(),
        }
    }

    /// The platform refused to create the socket (an invalid URL, mixed content, a bad subprotocol), with the
    /// platform's words as the reason. Retrying is pointless, so the link closes; `open` tries again.
    pub fn handle_refused(&mut self, now: Time, socket: SocketId, reason: String) {
        let now = self.clock.advance(now);
        if !matches!(self.phase, Phase::Connecting { .. }) {
            return self.note_stale();
        }
        if self.current(socket).is_some() {
            self.failures = self.failures.saturating_add(1);
            self.end_socket(now, Why::Refused, Close { reason, ..Close::abnormal() }, None);
            self.finish(Final::Refused);
        }
    }

    /// The driver makes no socket, since what has to be sent first cannot be made. Trying again would change nothing,
    /// so the link closes and keeps its queue; `open` tries again.
    pub fn handle_withheld(&mut self, now: Time, socket: SocketId) {
        let now = self.clock.advance(now);
        if !matches!(self.phase, Phase::Connecting { .. }) {
            return self.note_stale();
        }
        if self.current(socket).is_some() {
            self.end_socket(now, Why::Withheld, Close::abnormal(), None);
            self.finish(Final::Withheld);
        }
    }

    /// The socket's buffered amount: bytes of payload it has accepted and not yet put on the network.
    ///
    /// Report it after every send, before every message that comes in while `buffered_bytes()` isn't zero, and when
    /// asked by [`Action::ReadBuffered`].
    pub fn handle_buffered(&mut self, now: Time, socket: SocketId, bytes: u64) {
        let now = self.clock.advance(now);
        let Some(connection) = self.current(socket) else { return };
        connection.flight.set_buffered(bytes);
        if !connection.flight.is_flushing() {
            self.timers.clear(Timer::Flush);
        } else if self.timers.get(Timer::Flush).is_none() && self.phase == Phase::Open {
            self.arm_flush(now);
        }
    }

    /// The platform says something about the page or the network.
    ///
    /// Good news (`Online`, `Visible`, `PageShow`, `Resume`) ends a wait at once, though no sooner than the
    /// shortest delay after the last attempt and not before a patience that the server asked for; an open connection
    /// is probed. Nothing of this touches a link that is closed.
    pub fn handle_hint(&mut self, now: Time, hint: Hint) {
        let now = self.clock.advance(now);
        match hint {
            Hint::Online => {
                self.offline = false;
                if !matches!(self.phase, Phase::Suspended { .. }) {
                    self.nudge(now);
                }
            }
            Hint::Visible | Hint::PageShow | Hint::Resume => self.nudge(now),
            Hint::Offline => {
                self.offline = true;
                match self.phase {
                    Phase::Waiting { .. } => self.wait_offline(now),
                    Phase::Open => self.probe(now),
                    _ => {}
                }
            }
            Hint::PageHide => self.suspend(now),
            // Hidden tabs only have slower timers, which the rule for late timers covers.
            Hint::Hidden => {}
        }
    }

    /// The connection, if it is the one with this socket.
    fn current(&mut self, socket: SocketId) -> Option<&mut Connection> {
        if self.connection.as_ref().is_some_and(|connection| connection.socket == socket) {
            return self.connection.as_mut();
        }
        self.note_stale();
        None
    }

    fn note_stale(&mut self) {
        self.stats.stale_inputs += 1;
    }

    /// Acts on good news.
    fn nudge(&mut self, now: Time) {
        match self.phase {
            Phase::Waiting { .. } | Phase::Offline { .. } => self.retry_early(now),
            Phase::Suspended { .. } => self.connect(now),
            Phase::Open => self.probe(now),
            Phase::Idle | Phase::Connecting { .. } | Phase::Closing | Phase::Closed(_) => {}
        }
    }

    /// Checks an open connection that is in doubt, unless that has just been or is just being done.
    fn probe(&mut self, now: Time) {
        let (Some(heartbeat), Some(connection)) = (&self.config.heartbeat, &self.connection) else { return };
        if heartbeat.answer == Answer::None {
            return;
        }
        match self.timers.get(Timer::Deadline) {
            Some(deadline) if deadline + self.config.late_after < now => self.miss_or_probe(now, deadline),
            Some(_) => {}
            None if now.saturating_since(connection.silent_since()) < heartbeat.fresh_for => {}
            None => self.send_heartbeat(now, true),
        }
    }
}
