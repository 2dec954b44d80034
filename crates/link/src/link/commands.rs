//! What the user can ask of a link.

use super::Link;
use crate::timers::Timer;
use crate::{
    Action, CloseError, CloseRequest, Config, DropReason, Event, Final, Message, MessageId, Origin, Phase,
    SendError, Time, Why,
};

impl Link {
    /// Connects at once, counting attempts from one, and forgets that the user closed the link, if so.
    ///
    /// While connecting or open there is nothing to do. While closing, the closing socket is let go of.
    pub fn open(&mut self, now: Time) {
        let now = self.clock.advance(now);
        match self.phase {
            Phase::Connecting { .. } | Phase::Open => return,
            Phase::Closing => self.let_go(now, Why::ClosedByUser, (1000, "closed")),
            Phase::Idle
            | Phase::Waiting { .. }
            | Phase::Offline { .. }
            | Phase::Suspended { .. }
            | Phase::Closed(_) => {}
        }
        self.failures = 0;
        self.connect(now);
    }

    /// Accepts a message. It is handed to a socket, in order, as soon as one is open and has room; until then it
    /// waits in the queue. The id is the one under which events speak of it.
    ///
    /// # Errors
    /// Nothing is accepted while closing or closed, when the queue is full and set to refuse, or when the message
    /// alone exceeds the queue's byte limit.
    pub fn send(&mut self, now: Time, message: Message) -> Result<MessageId, SendError> {
        self.clock.advance(now);
        if matches!(self.phase, Phase::Closing | Phase::Closed(_)) {
            return Err(SendError::Closed);
        }
        for id in self.outbox.make_room(&self.config.queue, message.len())? {
            self.drop_message(id, DropReason::Overflow);
        }
        let id = MessageId(self.next_message);
        self.next_message += 1;
        self.outbox.push(id, message);
        Ok(id)
    }

    /// Sends something that only makes sense at this moment, such as the answer to a message that has just come in:
    /// past the queue, and never on a later connection. Returns whether it was taken. It is not while the link isn't
    /// open, and not while the socket holds [`Queue::max_buffered_bytes`](crate::Queue::max_buffered_bytes) or more,
    /// so that a peer which doesn't read cannot make it grow.
    pub fn send_now(&mut self, now: Time, message: Message) -> bool {
        self.clock.advance(now);
        let Some(connection) = self.connection.as_ref().filter(|_| self.phase == Phase::Open) else {
            return false;
        };
        if connection.flight.buffered_bytes() >= self.config.queue.max_buffered_bytes {
            return false;
        }
        let socket = connection.socket;
        self.actions.push_back(Action::Send { socket, origin: Origin::Now, message });
        true
    }

    /// Closes for good: no timer, hint or late event undoes it, only `open`.
    ///
    /// Messages still in the queue are dropped, each with an event; what was handed to the socket before goes out
    /// before the Close frame. An open socket closes with a handshake, for which the peer gets
    /// [`Config::close_timeout`]. Closing what is closed changes nothing.
    ///
    /// # Errors
    /// A code or reason that a browser would reject leaves everything as it was.
    pub fn close(&mut self, now: Time, request: CloseRequest) -> Result<(), CloseError> {
        check_close(&request)?;
        let now = self.clock.advance(now);
        match self.phase {
            Phase::Closing => return Ok(()),
            Phase::Connecting { .. } => {
                self.let_go(now, Why::ClosedByUser, (request.code.unwrap_or(1000), "closed"));
            }
            Phase::Open => {
                self.drop_queue();
                self.start_closing(now, request);
                return Ok(());
            }
            Phase::Idle
            | Phase::Waiting { .. }
            | Phase::Offline { .. }
            | Phase::Suspended { .. }
            | Phase::Closed(_) => {}
        }
        let cause = match self.phase {
            Phase::Idle => Final::ByUser,
            Phase::Closed(last @ (Final::ByUser | Final::Cancelled)) => last,
            Phase::Closed(_) => Final::ByUser,
            _ => Final::Cancelled,
        };
        self.drop_queue();
        self.finish(cause);
        Ok(())
    }

    /// Ends a wait at once, or replaces an open connection by a fresh one. The count of failures stays, so
    /// pressing the button again and again doesn't make the link's own retries faster.
    ///
    /// Does nothing while connecting, closing, closed or idle.
    pub fn reconnect_now(&mut self, now: Time) {
        let now = self.clock.advance(now);
        match self.phase {
            Phase::Waiting { .. } | Phase::Offline { .. } | Phase::Suspended { .. } => {}
            Phase::Open => {
                if self.is_stable(now) {
                    self.failures = 0;
                }
                self.let_go(now, Why::Replaced, (1000, "reconnecting"));
            }
            Phase::Idle | Phase::Connecting { .. } | Phase::Closing | Phase::Closed(_) => return,
        }
        self.connect(now);
    }

    /// Replaces the settings. Heartbeat, queue bounds and reconnect rules apply at once, timeouts and opening
    /// messages from the next connection on. An open connection stays; a wait that exceeds the new longest delay is
    /// shortened; one that the new rules forbid ends in `Closed`.
    pub fn set_config(&mut self, now: Time, config: Config) {
        let now = self.clock.advance(now);
        self.config = config.normalized();
        for id in self.outbox.shrink(&self.config.queue) {
            self.drop_message(id, DropReason::Overflow);
        }
        let rules = &self.config.reconnect;
        match self.phase {
            Phase::Open => self.rearm_heartbeat(now),
            Phase::Waiting { .. } | Phase::Offline { .. } | Phase::Suspended { .. } if !rules.enabled => {
                self.finish(Final::ReconnectOff);
            }
            Phase::Waiting { .. } | Phase::Offline { .. }
                if rules.max_attempts.is_some_and(|max| self.failures >= max) =>
            {
                self.finish(Final::AttemptsExhausted);
            }
            Phase::Waiting { attempt, until } => {
                let latest = now + rules.max_delay;
                self.patient_until = self.patient_until.map(|patient| patient.min(latest));
                if until > latest {
                    self.timers.set(Timer::Retry, latest);
                    self.set_phase(Phase::Waiting { attempt, until: latest });
                }
            }
            Phase::Idle
            | Phase::Connecting { .. }
            | Phase::Closing
            | Phase::Offline { .. }
            | Phase::Suspended { .. }
            | Phase::Closed(_) => {}
        }
    }

    fn start_closing(&mut self, now: Time, request: CloseRequest) {
        let Some(connection) = self.connection.as_mut() else { return };
        connection.close_code = request.code;
        let socket = connection.socket;
        self.actions.push_back(Action::Close { socket, code: request.code, reason: request.reason });
        self.timers.clear_all();
        self.timers.set(Timer::Close, now + self.config.close_timeout);
        self.set_phase(Phase::Closing);
    }

    fn drop_queue(&mut self) {
        while let Some((id, _)) = self.outbox.pop() {
            self.drop_message(id, DropReason::Closed);
        }
    }

    fn drop_message(&mut self, id: MessageId, why: DropReason) {
        self.stats.messages_dropped += 1;
        self.events.push_back(Event::MessageDropped { id, why });
    }
}

/// The conditions of the WHATWG WebSockets standard for `close(code, reason)`.
fn check_close(request: &CloseRequest) -> Result<(), CloseError> {
    match request.code {
        Some(code) if code != 1000 && !(3000..=4999).contains(&code) => Err(CloseError::Code(code)),
        None if !request.reason.is_empty() => Err(CloseError::ReasonWithoutCode),
        _ if request.reason.len() > 123 => Err(CloseError::ReasonTooLong(request.reason.len())),
        _ => Ok(()),
    }
}
