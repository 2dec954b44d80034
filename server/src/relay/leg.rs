//! One of the two connections that a relay joins: what comes from its peer goes into the pipe, and what lies there for it
//! goes to its peer, as it is.

use super::pipe::{Batch, Body, Gone, Item, Pipe, Side};
use crate::breakpoints::{Breakpoints, Gated, Place};
use crate::labels::Scribe;
use socket::wire::{Abort, Cause, CloseCode, End, Message, NotSent, Outgoing, Summary, Time, close};
use socket::{Control, Endpoint, Mailbox};
use std::io::ErrorKind;
use std::sync::Arc;

/// What is behind one of the two. Its connection has no heartbeat and answers nothing by itself.
#[derive(Debug)]
pub(super) struct Leg {
    pipe: Arc<Pipe>,
    side: Side,
    /// What was taken out of the pipe and is not sent.
    taken: Batch,
    /// How the connection is cut once what was said before is written: in a turn of its own, which is due at once.
    cut: Option<Abort>,
    /// When something that a breakpoint holds for this end goes on by itself.
    due: Option<Time>,
    /// It has sent a Close, or had it sent as soon as what is in front of this lets it through.
    closes: bool,
    /// Its end is told.
    ended: bool,
}

impl Leg {
    /// The two ends of a pipe, the client's and the target's, with the breakpoints that are set for them. What becomes of
    /// held messages is written down by the scribe.
    pub(super) fn pair(place: Place, scribe: Option<Scribe>, breakpoints: &Arc<Breakpoints>) -> (Self, Self) {
        let pipe = Pipe::new(place, scribe, breakpoints);
        let leg = |side| Self {
            pipe: Arc::clone(&pipe),
            side,
            taken: Batch::default(),
            cut: None,
            due: None,
            closes: false,
            ended: false,
        };
        (leg(Side::Client), leg(Side::Target))
    }

    /// What lies between this end and the other one.
    pub(super) fn pipe(&self) -> &Arc<Pipe> {
        &self.pipe
    }

    /// As those know it who set breakpoints.
    pub(super) fn gated(&self) -> Arc<dyn Gated> {
        Arc::<Pipe>::clone(&self.pipe)
    }

    /// Begins: from here on this end is woken for what comes.
    pub(super) fn begin(&mut self, mailbox: Mailbox, out: &mut Outgoing<'_>) {
        self.pipe.settle(self.side, mailbox, !out.is_diverted());
        self.pass_on(out);
    }

    /// Sends what lies in the pipe for this end, as far as there is room.
    fn pass_on(&mut self, out: &mut Outgoing<'_>) {
        let mut passed = 0;
        // What waits is counted before it lies there, so that only what was passed on can be left of the count.
        while !self.taken.is_empty()
            || (self.pipe.waiting(self.side) > passed && self.pipe.take(self.side, &mut self.taken))
        {
            let mut blocked = false;
            while let Some((item, payload)) = self.taken.first() {
                let closes = matches!(item, Item::Close(_));
                if let Item::Gone(Gone { how, why: None }) = &*item
                    && !self.closes
                    && !out.is_closing()
                {
                    self.cut = Some(*how);
                } else if !send(item, payload, out) {
                    blocked = true;
                    break;
                }
                self.closes |= closes;
                passed += self.taken.remove_first();
            }
            if blocked {
                if out.borrows() {
                    self.taken.keep_lent(out);
                    self.pipe.keep_lent(self.side, out);
                }
                break;
            }
        }
        if passed > 0 {
            self.pipe.passed_on(self.side, passed);
        }
        self.due = self.pipe.due(self.side, out.now());
    }

    fn end(&mut self, gone: Gone) {
        if !std::mem::replace(&mut self.ended, true) {
            self.pipe.forget(self.side);
            self.pipe.put_in_turn(self.side.other(), Item::Gone(gone), b"");
        }
    }
}

/// False: there is no room, and it is to be sent later.
fn send(item: &mut Item, payload: Body<'_>, out: &mut Outgoing<'_>) -> bool {
    if matches!(item, Item::Message { .. } | Item::Lent(_) | Item::Kept { .. })
        && out.queued_bytes() > 0
        && out.queued_bytes() >= out.settings().queue_bytes
    {
        out.wait_for_room();
        return false;
    }
    // What can't be sent otherwise is refused because the connection closes.
    let sent = match item {
        Item::Message { kind, frames, .. } => match (&**frames, payload) {
            ([], Body::Apart(payload)) => out.send_vec(*kind, payload),
            ([], Body::Among(payload)) => out.send(*kind, payload),
            (frames, payload) => out.send_cut(*kind, payload.bytes(), frames),
        },
        Item::Lent(lent) => out.send_lent(lent),
        Item::Kept { kind, payload, .. } => out.send_vec(*kind, payload),
        Item::Ping(_) => out.ping(payload.bytes()),
        Item::Pong(_) => out.pong(payload.bytes()),
        Item::AutoPong(on) => {
            out.auto_pong(*on);
            Ok(())
        }
        Item::Close(status) => {
            out.close(status.as_ref().map(|(code, reason)| (*code, reason.as_str())), End::Finished)
        }
        // Where it has begun a closing handshake it goes on with that.
        Item::Gone(Gone { why, .. }) => {
            let why = close::cut_reason(why.as_deref().unwrap_or_default());
            out.close(Some((CloseCode::BAD_GATEWAY, why)), End::Finished)
        }
    };
    debug_assert_ne!(sent, Err(NotSent::TakenBack), "what is lent is sent or kept right behind");
    sent != Err(NotSent::QueueFull)
}

impl Gone {
    fn of(side: Side, summary: &Summary) -> Self {
        let (how, why) = match &summary.cause {
            Some(Cause::Eof) => (Abort::Fin, None),
            Some(Cause::Io(error)) => match error.kind() {
                ErrorKind::UnexpectedEof => (Abort::Fin, None),
                ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
                    (Abort::Reset, None)
                }
                _ => (Abort::Reset, Some(error.to_string())),
            },
            Some(Cause::Protocol(failure)) => (Abort::Fin, Some(failure.to_string())),
            Some(Cause::Note(note)) => (Abort::Reset, Some((*note).to_owned())),
            None => (Abort::Fin, None),
        };
        let why = why.filter(|_| side == Side::Target).map(|why| format!("the target: {why}"));
        Self { how, why }
    }
}

impl Endpoint for Leg {
    #[inline]
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        self.pipe.put_arrived(self.side.other(), &message, out);
    }

    fn control(&mut self, control: Control<'_>, _: &mut Outgoing<'_>) {
        let to = self.side.other();
        match control {
            Control::Ping(payload) => self.pipe.put(to, Item::Ping(payload.len()), payload),
            Control::Pong(payload, _) => self.pipe.put(to, Item::Pong(payload.len()), payload),
            Control::Close(code, reason) => {
                self.pipe.put_in_turn(to, Item::Close(code.map(|code| (code, reason.to_owned()))), b"");
            }
        }
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        out.heartbeat(false);
        out.auto_pong(false);
        out.auto_close(false);
        out.hear_out(true);
        out.note_frames(true);
        out.keep_in_place(true);
        self.begin(mailbox(), out);
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        self.pass_on(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.pass_on(out);
    }

    fn deadline(&self) -> Option<Time> {
        self.cut.map_or(self.due, |_| Some(Time::default()))
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        let note = match self.side {
            Side::Client => "the target ended TCP without a Close",
            Side::Target => "the client ended TCP without a Close",
        };
        if let Some(how) = self.cut.take() {
            return out.abort(how, End::Finished, note);
        }
        self.pipe.expire(self.side);
        self.pass_on(out);
    }

    #[inline]
    fn ready(&self) -> bool {
        self.pipe.has_room(self.side.other())
    }

    fn leave(&mut self, out: &mut Outgoing<'_>) {
        let restart = (CloseCode::SERVICE_RESTART, "service restart");
        let away = (CloseCode::GOING_AWAY, "the relay stops");
        let (own, others) = match self.side {
            Side::Client => (restart, away),
            Side::Target => (away, restart),
        };
        // Refused only where it closes already.
        let _ = out.close(Some(own), End::Shutdown);
        self.pipe.put(self.side.other(), Item::Close(Some((others.0, others.1.to_owned()))), b"");
    }

    fn held(&self) -> usize {
        self.pipe.waiting(self.side) + self.pipe.held(self.side)
    }

    fn closed(&mut self, summary: &Summary) {
        self.end(Gone::of(self.side, summary));
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        // Without effect where its end was told.
        self.end(Gone { how: Abort::Reset, why: None });
    }
}
