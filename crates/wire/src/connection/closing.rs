use std::io;
use std::ops::Range;

use super::{Abort, Cause, Connection, End, Habits, Phase, Timer, Turn};
use crate::{CloseCode, Failure, Role, Time};

impl Connection {
    /// Reading or writing failed: the transport is gone.
    pub fn handle_lost(&mut self, direction: Direction, error: io::Error, now: Time) {
        let end = match direction {
            Direction::In => self.end_of_input(),
            Direction::Out => End::SendFailed,
        };
        self.lost(end, Cause::Io(error), now);
    }

    /// Whether the transport's sending side is to be shut down: all is said, and the server closes TCP first (RFC 6455
    /// §7.1.1).
    #[must_use]
    pub fn wants_shutdown(&self, turn: &Turn) -> bool {
        self.phase == Phase::Flushing && !self.has_output(turn) && !self.is_deflating()
    }

    /// The transport's sending side is shut down, or [`wants_shutdown`](Self::wants_shutdown) by a client, whose server is
    /// to close first: what is left is to await the end of TCP.
    pub fn handle_shutdown(&mut self, now: Time) {
        if self.phase == Phase::Flushing {
            self.phase = Phase::Lingering;
            self.timers.set(Timer::Close, now, self.settings.close_timeout);
        }
    }

    /// Whether both ends have said their Close, so that the peer has nothing more to say.
    #[must_use]
    pub fn has_parted(&self) -> bool {
        self.close_sent.is_some() && self.close_received.is_some()
    }

    /// Where [`wants_shutdown`](Self::wants_shutdown) and both ends [have parted](Self::has_parted), a server may end at once,
    /// without awaiting the end of TCP, if its transport ends in order when it is dropped and nothing in it is unread:
    /// otherwise TCP would be reset, and the peer might not see our Close.
    pub fn handle_closed(&mut self) {
        if self.phase == Phase::Flushing && self.has_parted() && self.closes_first() {
            self.done();
        }
    }

    /// Ends the connection at once, without a Close frame: what waits is thrown away. `note` says why.
    pub fn cut(&mut self, how: Abort, end: End, note: &'static str) {
        if self.phase == Phase::Done {
            return;
        }
        self.flags.abort = Some(how);
        if self.is_speaking() {
            self.end = end;
            self.rare().cause = Some(Cause::Note(note));
        }
        self.done();
    }

    /// What it means that input ends: while a Close of ours waits for its answer, no more than that there is none; behind
    /// the peer's Close nothing but the end was due.
    pub(super) fn end_of_input(&self) -> End {
        match self.phase {
            Phase::Closing => self.end,
            _ if self.close_received.is_some() => End::PeerClosed,
            _ => End::ReceiveFailed,
        }
    }

    /// Ends the connection for want of a transport, or of a peer.
    pub(super) fn lost(&mut self, end: End, cause: Cause, _now: Time) {
        // A connection that is past its closing handshake has ended for the reason it closed.
        if self.is_speaking() {
            self.end = end;
            self.rare().cause.get_or_insert(cause);
        }
        self.done();
    }

    pub(super) fn done(&mut self) {
        self.phase = Phase::Done;
        self.timers.clear_all();
        self.receiver.end();
        self.sender.end();
        if let Some(rare) = &mut self.rare {
            rare.unsent += rare.backlog.clear();
            rare.unsent += rare.deflating.take().map_or(0, |long| long.bytes());
        }
    }

    pub(super) fn close_arrived(
        &mut self,
        turn: &mut Turn,
        code: Option<CloseCode>,
        reason: Range<usize>,
        now: Time,
    ) {
        self.close_received = Some(code);
        let end = if self.phase == Phase::Closing { self.end } else { End::PeerClosed };
        if self.close_sent.is_none() {
            if !self.flags.habits.has(Habits::AUTO_CLOSE) {
                // The endpoint plays a peer that does not answer. It may still send, and close by itself.
                self.timers.clear(Timer::Message);
                if let Some(rare) = &mut self.rare {
                    rare.assembly = None;
                }
                return self.arm_heartbeat(now);
            }
            let mut body = [0; crate::close::MAX_REASON_LEN];
            let body = &mut body[..reason.len()];
            body.copy_from_slice(&turn.input[reason]);
            // The reason has been checked. A browser shows its page the Close that it gets back.
            let reason = std::str::from_utf8(body).unwrap_or_default();
            self.send_close(turn, code.map(|code| (code, reason)), now);
        }
        self.enter(Phase::Flushing, end, now);
    }

    pub(super) fn fail_protocol(&mut self, turn: &mut Turn, failure: Failure, now: Time) {
        self.fail(turn, failure.close_code(), Cause::Protocol(failure), now);
    }

    /// Says why in a Close and reads no further (RFC 6455 §7.1.7).
    pub(super) fn fail(&mut self, turn: &mut Turn, code: CloseCode, cause: Cause, now: Time) {
        let limit = matches!(code, CloseCode::TOO_BIG | CloseCode::POLICY | CloseCode::TRY_AGAIN_LATER);
        let end = match self.phase {
            Phase::Closing => self.end,
            _ if limit => End::LimitExceeded,
            _ => End::ReceiveFailed,
        };
        if self.close_sent.is_none() {
            self.send_close(turn, Some((code, &cause.to_string())), now);
        }
        self.rare().cause = Some(cause);
        self.enter(Phase::Flushing, end, now);
    }

    fn send_close(&mut self, turn: &mut Turn, status: Option<(CloseCode, &str)>, now: Time) {
        let mut out = self.outgoing(turn, now);
        let sent = out.put_frames(|sender, masks, out| sender.close(status, masks, out));
        if sent.is_ok() {
            self.close_sent = Some(status.map(|(code, _)| code));
        }
    }

    /// Goes on to a later phase, which has a deadline and no others.
    pub(super) fn enter(&mut self, phase: Phase, end: End, now: Time) {
        let began = self.timers.is_set(Timer::CloseLimit);
        self.phase = phase;
        self.end = end;
        for timer in Timer::ALL {
            if timer != Timer::CloseLimit {
                self.timers.clear(timer);
            }
        }
        self.timers.set(Timer::Close, now, self.settings.close_timeout);
        if !began {
            self.timers.set(Timer::CloseLimit, now, self.settings.close_limit);
        }
        self.flags.paused = false;
        if phase == Phase::Closing && self.flags.habits.has(Habits::HEARS_OUT) {
            return;
        }
        if let Some(rare) = &mut self.rare {
            rare.assembly = None;
            rare.pending = None;
            rare.inflater = None;
        }
        self.flags.inflating = false;
        if phase == Phase::Flushing {
            self.receiver.end();
            if let Some(rare) = &mut self.rare {
                // Behind the peer's Close no Ping is to be answered.
                rare.owed_pong = None;
            }
            self.drop_carry();
        }
    }

    /// Forgets input that is not decoded.
    pub(super) fn drop_carry(&mut self) {
        if let Some(rare) = &mut self.rare {
            rare.carry = Vec::new();
        }
        self.flags.undecoded = false;
    }

    /// Whether this end has to shut its sending side down itself.
    #[must_use]
    pub fn closes_first(&self) -> bool {
        self.sender.role() == Role::Server
    }
}

/// The two directions of a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the peer.
    In,
    /// To the peer.
    Out,
}
