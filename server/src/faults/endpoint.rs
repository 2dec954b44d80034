//! Between a connection and what is behind it: carries out what the plan's machine decides.

mod sending;
mod steering;

use self::steering::Silence;
use super::violations;
use crate::behind::Behind;
use crate::kinds::{from_wire, to_wire};
use crate::labels::Member;
use protocol::fault::{Action, Direction, FaultPlan, Machine, Message, ResetStep, Trickle};
use protocol::journal::Event;
use socket::wire::{Abort, CloseCode, Counts, End, MessageKind, Outgoing, Sent, Summary, Time};
use socket::{Control, Endpoint, Mailbox, wire};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// The most that waits in both directions, in bytes; above it nothing is read.
const MAX_HELD: usize = 1 << 20;
/// The most that waits for a message that is half out; above it nothing is read.
const MAX_BEHIND: usize = 64;
/// So much is done in one turn. A flood has no end, and others of the thread come in between.
const DONE_AT_ONCE: usize = 1024;

/// An endpoint with faults in front of it.
pub(crate) struct Faulty {
    behind: Behind,
    machine: Machine,
    seed: u64,
    compressed: bool,
    /// Pings, Pongs and Closes are answered by what is behind.
    carried: bool,
    /// Texts may hold secrets, and are not written down.
    hides_texts: bool,
    member: Option<Member>,
    /// When the connection opened.
    opened: Time,
    /// A message on its way out, a few bytes at a time.
    trickle: Option<Trickle>,
    /// What has to wait until that is out.
    behind_trickle: VecDeque<Sent>,
    /// A message that the endpoint sends in fragments, until it is whole.
    partial: Option<(MessageKind, Vec<u8>)>,
    /// Messages that the endpoint has sent.
    said: u64,
    /// The endpoint's Pings, each behind so many of its messages.
    pings: VecDeque<(u64, Sent)>,
    /// The endpoint wants to end the connection once all that it said is out: a Close, or without one.
    closing: Option<Sent>,
    /// The endpoint was refused for want of room, and waits until there is some.
    behind_waits: bool,
    /// The machine has said its last word.
    ended: bool,
    silence: Silence,
    /// The plan that comes back, and when.
    expiry: Option<(Time, Arc<FaultPlan>)>,
    /// How the connection is cut once what was said before is written: in a turn of its own, which is due at once.
    cut: Option<(Abort, &'static str)>,
}

impl Faulty {
    pub(crate) fn new(
        behind: Behind,
        plan: Arc<FaultPlan>,
        seed: u64,
        compressed: bool,
        carried: bool,
        hides_texts: bool,
        member: Option<Member>,
    ) -> Self {
        Self {
            behind,
            machine: Machine::new(plan, seed),
            seed,
            compressed,
            carried,
            hides_texts,
            member,
            opened: Time::default(),
            trickle: None,
            behind_trickle: VecDeque::new(),
            partial: None,
            said: 0,
            pings: VecDeque::new(),
            closing: None,
            behind_waits: false,
            ended: false,
            silence: Silence::No,
            expiry: None,
            cut: None,
        }
    }

    fn write(&self, event: impl FnOnce() -> Event) {
        if let Some(member) = &self.member {
            member.write(event());
        }
    }

    fn write_message(
        &self,
        direction: Direction,
        message: &Message,
        number: u64,
        effects: Vec<&'static str>,
    ) {
        self.write(|| {
            let event = Event::message(direction, message, number, effects);
            if self.hides_texts { event.without_text() } else { event }
        });
    }

    fn elapsed(&self, out: &Outgoing<'_>) -> Duration {
        out.now().since(self.opened)
    }

    fn is_silent(&self) -> bool {
        self.silence != Silence::No
    }

    /// Whether what comes is echoed at once, unless the machine has something for it: nobody writes it down, nothing that is
    /// to come before it waits here, and there is room for the echo.
    fn is_in_the_way_of_nothing(&self, out: &Outgoing<'_>) -> bool {
        matches!(self.behind, Behind::Echo(_))
            && self.member.is_none()
            && self.trickle.is_none()
            && self.pings.is_empty()
            && self.closing.is_none()
            && !self.behind_waits
            && !out.is_closing()
            && !is_full(out)
    }

    /// Has what the endpoint says go through the machine.
    fn ask(&mut self, out: &mut Outgoing<'_>, f: impl FnOnce(&mut Behind, &mut Outgoing<'_>)) {
        let room = MAX_HELD.saturating_sub(self.machine.held());
        let behind = &mut self.behind;
        let said = out.divert(room, |out| f(behind, out));
        self.behind_waits |= said.iter().map(Sent::cost).sum::<usize>() >= room;
        for sent in said {
            self.take(sent, out);
        }
    }

    fn take(&mut self, sent: Sent, out: &mut Outgoing<'_>) {
        match sent {
            Sent::Message { kind, payload, .. } => self.say(kind, payload, out),
            // Under faults a message is whole, and has the fragments that the plan asks for.
            Sent::Begin(kind, payload) => self.partial = Some((kind, payload)),
            Sent::Fragment(payload, last) => {
                let Some((kind, mut whole)) = self.partial.take() else { return };
                whole.extend_from_slice(&payload);
                if last {
                    self.say(kind, whole, out);
                } else {
                    self.partial = Some((kind, whole));
                }
            }
            Sent::Close(..) | Sent::Abort(..) => self.is_to_close(sent),
            // It does not overtake what was said before it.
            ping @ Sent::Ping(_) if self.machine.held() > 0 => self.pings.push_back((self.said, ping)),
            other => self.urgent(other, out),
        }
    }

    /// Of several ends that the endpoint asks for, the first is it, as it would be without faults, but for a cut behind a Close
    /// that is still to be sent.
    fn is_to_close(&mut self, sent: Sent) {
        match (&self.closing, &sent) {
            (None, _) | (Some(Sent::Close(..)), Sent::Abort(..)) => self.closing = Some(sent),
            _ => {}
        }
    }

    /// Sends the Pings that come behind so many messages.
    fn ping_behind(&mut self, messages: u64, out: &mut Outgoing<'_>) {
        while self.pings.front().is_some_and(|(before, _)| *before <= messages) {
            if let Some((_, ping)) = self.pings.pop_front() {
                self.urgent(ping, out);
            }
        }
    }

    fn say(&mut self, kind: MessageKind, payload: Vec<u8>, out: &Outgoing<'_>) {
        self.said += 1;
        let message = Message { kind: from_wire(kind), payload };
        self.machine.handle_message(Direction::Out, message, self.elapsed(out));
    }

    /// Does all that is to be done now.
    fn go_on(&mut self, out: &mut Outgoing<'_>) {
        self.do_due(out);
        while self.behind_waits && !self.ended && !self.is_silent() && self.machine.held() < MAX_HELD / 2 {
            self.behind_waits = false;
            self.ask(out, |behind, out| behind.drained(out));
            self.do_due(out);
        }
    }

    fn do_due(&mut self, out: &mut Outgoing<'_>) {
        for _ in 0..DONE_AT_ONCE {
            if self.is_silent() {
                return;
            }
            // Also where the protocol or a deadline ended it.
            self.ended |= out.is_closing();
            if self.ended {
                return;
            }
            self.trickle_on(out);
            let blocked = is_full(out);
            if blocked {
                out.wait_for_room();
            }
            self.machine.handle_blocked(blocked);
            let Some(action) = self.machine.poll(self.elapsed(out)) else { break };
            self.act(action, out);
        }
        if self.machine.held() > 0 || self.trickle.is_some() {
            return;
        }
        self.ping_behind(u64::MAX, out);
        match self.closing.take() {
            // It would throw away what waits.
            Some(abort @ Sent::Abort(..)) if out.queued_bytes() > 0 => {
                self.closing = Some(abort);
                out.wait_for_room();
            }
            Some(Sent::Abort(how, end, note)) => out.abort(how, end, note),
            Some(close) => self.urgent(close, out),
            None => {}
        }
    }

    fn act(&mut self, action: Action, out: &mut Outgoing<'_>) {
        match action {
            Action::Deliver { message, .. } => {
                let Message { kind, payload } = &message;
                self.ask(out, |behind, out| behind.message(wire::Message::new(to_wire(*kind), payload), out));
            }
            Action::Send { message, number, effects, manner } => {
                self.write_message(Direction::Out, &message, number, effects.names());
                self.send(&message, manner, out);
                self.ping_behind(number, out);
            }
            Action::Dropped { direction, number } => {
                self.write(|| Event::Dropped { direction, number });
                if direction == Direction::Out {
                    self.ping_behind(number, out);
                }
            }
            Action::Violate(violation) => {
                self.write(|| Event::Violation { name: violation.to_string() });
                // Behind a message that is half out: the machine counts on the time that takes.
                self.urgent(Sent::Raw(violations::bytes(violation, self.compressed)), out);
            }
            Action::StallRead(on) => out.pause(on),
            Action::End(ending) => {
                self.finish_trickle(out);
                self.end(ending, out);
            }
        }
    }
}

/// Whether as much waits for the client as may.
fn is_full(out: &Outgoing<'_>) -> bool {
    out.queued_bytes() > 0 && out.queued_bytes() >= out.settings().queue_bytes
}

impl Endpoint for Faulty {
    fn message(&mut self, message: wire::Message<'_>, out: &mut Outgoing<'_>) {
        if self.ended || self.is_silent() {
            return;
        }
        if self.is_in_the_way_of_nothing(out)
            && self.machine.handle_exchange(message.payload.len(), self.elapsed(out))
        {
            self.said += 1;
            return self.behind.message(message, out);
        }
        let message = Message { kind: from_wire(message.kind), payload: message.payload.to_vec() };
        self.write_message(Direction::In, &message, self.machine.received() + 1, Vec::new());
        self.machine.handle_message(Direction::In, message, self.elapsed(out));
        self.go_on(out);
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        let direction = Direction::In;
        let plan = Arc::clone(self.machine.plan());
        match control {
            Control::Ping(payload) => {
                self.write(|| Event::Ping { direction, size: payload.len() });
                if plan.ends.no_pong && self.carried {
                    return;
                }
                if !plan.ends.no_pong && !self.carried {
                    match plan.traffic.trickle {
                        Some(_) => self.urgent(Sent::Pong(payload.to_vec()), out),
                        None => self.write(|| Event::Pong { direction: Direction::Out, size: payload.len() }),
                    }
                }
            }
            Control::Pong(payload, _) => self.write(|| Event::Pong { direction, size: payload.len() }),
            Control::Close(code, reason) => {
                self.write(|| Event::Close {
                    direction,
                    code: code.map(|code| code.0),
                    reason: reason.to_owned(),
                });
                if self.carried {
                    if plan.ends.ignore_close && !self.ended {
                        return;
                    }
                } else if plan.traffic.trickle.is_some() && !plan.ends.ignore_close {
                    let status = code.map(|code| (code, reason.to_owned()));
                    self.urgent(Sent::Close(status, End::PeerClosed), out);
                } else if !plan.ends.ignore_close && !self.ended {
                    // The connection has answered it.
                    self.note_close(code.map(|code| (code.0, reason)));
                }
            }
        }
        self.ask(out, |behind, out| behind.control(control, out));
        self.go_on(out);
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.opened = out.now();
        if let Some(member) = &self.member {
            member.settle(mailbox());
            member.write(Event::Open);
        }
        if self.machine.plan().handshake.reset == Some(ResetStep::Open) {
            return out.abort(Abort::Reset, End::Finished, "reset behind the 101, as asked for");
        }
        self.speak(out);
        self.ask(out, |behind, out| behind.opened(mailbox, out));
        self.woken(out);
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        let orders = self.member.as_ref().map(Member::take_orders).unwrap_or_default();
        for order in orders {
            self.obey(&order, out);
        }
        if self.is_silent() {
            // It may have to wake others. What it has to say waits for want of room; its Close is the last of that.
            let said = out.divert(0, |out| self.behind.woken(out));
            self.behind_waits = true;
            for sent in said {
                if matches!(sent, Sent::Close(..) | Sent::Abort(..)) {
                    self.is_to_close(sent);
                }
            }
            return;
        }
        self.ask(out, |behind, out| behind.woken(out));
        self.go_on(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.ask(out, |behind, out| behind.drained(out));
        self.go_on(out);
    }

    fn deadline(&self) -> Option<Time> {
        if self.cut.is_some() {
            return Some(self.opened);
        }
        let expiry = self.expiry.as_ref().map(|(until, _)| *until);
        if let Silence::Until { time, .. } = self.silence {
            return time.into_iter().chain(expiry).min();
        }
        if self.ended {
            return None;
        }
        let own = [self.machine.next_timeout(), self.trickle.as_ref().and_then(Trickle::next_timeout)];
        let own = own.into_iter().flatten().map(|after| self.opened + after);
        own.chain(expiry).chain(self.behind.deadline()).min()
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        if let Some((how, note)) = self.cut.take() {
            return out.abort(how, End::Finished, note);
        }
        self.expire(out);
        if !self.is_silent() && self.behind.deadline().is_some_and(|due| due <= out.now()) {
            self.ask(out, |behind, out| behind.timeout(out));
        }
        self.go_on(out);
    }

    fn ready(&self) -> bool {
        // What follows the last word is read and thrown away: the answer to a Close is among it.
        self.ended
            || (self.machine.accepts()
                && self.held() < MAX_HELD
                && self.behind_trickle.len() < MAX_BEHIND
                && self.behind.ready())
    }

    fn leave(&mut self, out: &mut Outgoing<'_>) {
        self.finish_trickle(out);
        if self.is_silent() {
            return out.abort(Abort::Fin, End::Shutdown, "the server stops");
        }
        self.ended = true;
        self.behind.leave(out);
    }

    fn turned(&mut self, carried: &Counts, queued: usize, held: usize) {
        if let Some(member) = self.member.as_ref().filter(|_| *carried != Counts::default()) {
            member.carried(carried);
        }
        self.behind.turned(carried, queued, held);
    }

    fn held(&self) -> usize {
        let partial = self.partial.as_ref().map_or(0, |(_, payload)| payload.len());
        let trickle = self.trickle.as_ref().map_or(0, |trickle| trickle.rest().len());
        let pings = self.pings.len() * size_of::<(u64, Sent)>();
        self.machine.held() + partial + trickle + pings + self.behind.held()
    }

    fn closed(&mut self, summary: &Summary) {
        if let Some(member) = &self.member {
            let code = |close: Option<Option<CloseCode>>| close.flatten().map(|code| code.0);
            member.end(Event::Ended {
                reason: summary.end.to_string(),
                detail: summary.cause.as_ref().map_or(String::new(), ToString::to_string),
                clean: summary.is_clean(),
                code: code(summary.close_received).or_else(|| code(summary.close_sent)),
                messages_in: summary.counts.messages_in,
                messages_out: summary.counts.messages_out,
            });
        }
        self.behind.closed(summary);
    }
}

impl std::fmt::Debug for Faulty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faulty")
            .field("behind", &self.behind)
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}
