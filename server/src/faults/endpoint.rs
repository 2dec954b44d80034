//! Between a connection and what is behind it: carries out what the plan's machine decides.

use super::violations;
use crate::behind::Behind;
use crate::labels::{Command, Member, Order};
use protocol::fault::{
    Action, Direction, Ending, FaultPlan, Kind, Machine, Manner, Message, ResetStep, Trickle,
};
use protocol::journal::Event;
use socket::wire::raw::{self, RawFrame};
use socket::wire::{Abort, CloseCode, Counts, End, MessageKind, NotSent, Outgoing, Sent, Summary, Time};
use socket::{Control, Endpoint, Mailbox, wire};
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The most that waits in both directions, in bytes; above it nothing is read.
const MAX_HELD: usize = 1 << 20;
/// After this a connection that plays dead is reset.
const VANISHED_FOR: Duration = Duration::from_secs(600);

/// An endpoint with faults in front of it.
pub(crate) struct Faulty {
    behind: Behind,
    machine: Machine,
    seed: u64,
    compressed: bool,
    member: Option<Member>,
    /// When the connection opened.
    opened: Time,
    /// A message on its way out, a few bytes at a time.
    trickle: Option<Trickle>,
    /// What has to wait until that is out.
    behind_trickle: VecDeque<Sent>,
    /// A message that the endpoint sends in fragments, until it is whole.
    partial: Option<(MessageKind, Vec<u8>)>,
    /// The endpoint wants to close once all that it said is out.
    closing: Option<(Option<(CloseCode, String)>, End)>,
    /// The machine has said its last word.
    ended: bool,
    silence: Silence,
    /// The plan that comes back, and when.
    expiry: Option<(Time, Arc<FaultPlan>)>,
    /// How the connection is cut once what was said before is written: in a turn of its own, which is due at once.
    cut: Option<(Abort, &'static str)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Silence {
    No,
    /// Until then, or until somebody ends it. After the former the connection is reset, or goes on.
    Until {
        time: Option<Time>,
        then: After,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    Reset,
    GoOn,
}

impl Faulty {
    pub(crate) fn new(
        behind: Behind,
        plan: Arc<FaultPlan>,
        seed: u64,
        compressed: bool,
        member: Option<Member>,
    ) -> Self {
        Self {
            behind,
            machine: Machine::new(plan, seed),
            seed,
            compressed,
            member,
            opened: Time::default(),
            trickle: None,
            behind_trickle: VecDeque::new(),
            partial: None,
            closing: None,
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

    fn elapsed(&self, out: &Outgoing<'_>) -> Duration {
        out.now().since(self.opened)
    }

    fn is_silent(&self) -> bool {
        self.silence != Silence::No
    }

    /// Has what the endpoint says go through the machine.
    fn ask(&mut self, out: &mut Outgoing<'_>, f: impl FnOnce(&mut Behind, &mut Outgoing<'_>)) {
        let room = MAX_HELD.saturating_sub(self.machine.held());
        let behind = &mut self.behind;
        let said = out.divert(room, |out| f(behind, out));
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
            Sent::Close(status, end) => self.closing = Some((status, end)),
            Sent::Abort(how, end, note) => out.abort(how, end, note),
            other => self.urgent(other, out),
        }
    }

    fn say(&mut self, kind: MessageKind, payload: Vec<u8>, out: &Outgoing<'_>) {
        let message = Message { kind: from_wire(kind), payload };
        self.machine.handle_message(Direction::Out, message, self.elapsed(out));
    }

    /// Sends what waits for nothing but a message that is half out.
    fn urgent(&mut self, sent: Sent, out: &mut Outgoing<'_>) {
        if self.is_silent() {
            return;
        }
        if self.trickle.is_some() {
            // A peer can have this grow only by Pings, of which the latest is enough.
            if matches!(sent, Sent::Pong(_)) {
                self.behind_trickle.retain(|waiting| !matches!(waiting, Sent::Pong(_)));
            }
            return self.behind_trickle.push_back(sent);
        }
        // Refused only where the connection closes.
        let _ = match &sent {
            Sent::Ping(payload) => {
                self.write(|| Event::Ping { direction: Direction::Out, size: payload.len() });
                out.ping(payload)
            }
            Sent::Pong(payload) => {
                self.write(|| Event::Pong { direction: Direction::Out, size: payload.len() });
                out.pong(payload)
            }
            Sent::Raw(bytes) => out.raw(bytes),
            Sent::Close(status, end) => {
                self.ended = true;
                self.note_close(status.as_ref().map(|(code, reason)| (code.0, reason.as_str())));
                out.close(status.as_ref().map(|(code, reason)| (*code, reason.as_str())), *end)
            }
            _ => Ok(()),
        };
    }

    fn note_close(&self, status: Option<(u16, &str)>) {
        self.write(|| Event::Close {
            direction: Direction::Out,
            code: status.map(|(code, _)| code),
            reason: status.map_or(String::new(), |(_, reason)| reason.to_owned()),
        });
    }

    /// Does all that is to be done now.
    fn go_on(&mut self, out: &mut Outgoing<'_>) {
        loop {
            if self.is_silent() {
                return;
            }
            // Also where the protocol or a deadline ended it.
            self.ended |= out.is_closing();
            if self.ended {
                return;
            }
            self.trickle_on(out);
            let blocked = out.queued_bytes() > 0 && out.queued_bytes() >= out.settings().queue_bytes;
            if blocked {
                out.wait_for_room();
            }
            self.machine.handle_blocked(blocked);
            let Some(action) = self.machine.poll(self.elapsed(out)) else { break };
            self.act(action, out);
        }
        if self.machine.held() == 0
            && self.trickle.is_none()
            && let Some((status, end)) = self.closing.take()
        {
            self.urgent(Sent::Close(status, end), out);
        }
    }

    fn act(&mut self, action: Action, out: &mut Outgoing<'_>) {
        match action {
            Action::Deliver { message, .. } => {
                let Message { kind, payload } = &message;
                self.ask(out, |behind, out| behind.message(wire::Message::new(to_wire(*kind), payload), out));
            }
            Action::Send { message, number, effects, manner } => {
                self.write(|| Event::message(Direction::Out, &message, number, effects.names()));
                self.send(&message, manner, out);
            }
            Action::Dropped { direction, number } => self.write(|| Event::Dropped { direction, number }),
            Action::Violate(violation) => {
                self.finish_trickle(out);
                self.write(|| Event::Violation { name: violation.to_string() });
                let _ = out.raw(&violations::bytes(violation, self.compressed));
            }
            Action::StallRead(on) => out.pause(on),
            Action::End(ending) => {
                self.finish_trickle(out);
                self.end(ending, out);
            }
        }
    }

    fn send(&mut self, message: &Message, manner: Manner, out: &mut Outgoing<'_>) {
        self.finish_trickle(out);
        let (kind, payload) = (to_wire(message.kind), &message.payload[..]);
        let fragment_len = manner.fragment.and_then(|fragments| NonZeroUsize::new(fragments.size as usize));
        let sent = match (manner.trickle, fragment_len) {
            (Some(pace), len) => {
                let len = len.map_or(usize::MAX, NonZeroUsize::get);
                let cuts = std::iter::repeat_n(len, payload.len().saturating_sub(1) / len);
                let mut bytes = Vec::new();
                let frames = raw::fragments(kind, payload, cuts);
                for (place, frame) in frames.iter().enumerate() {
                    if place > 0 && manner.fragment.is_some_and(|fragments| fragments.pings) {
                        RawFrame::new(wire::OpCode::Ping, []).encode(&mut bytes);
                    }
                    frame.encode(&mut bytes);
                }
                self.trickle = Some(Trickle::new(bytes, pace, self.elapsed(out)));
                self.trickle_on(out);
                Ok(())
            }
            (None, Some(len)) if manner.fragment.is_some_and(|fragments| fragments.pings) => {
                send_with_pings(kind, payload, len, out)
            }
            (None, Some(len)) => out.send_fragmented(kind, payload, len),
            (None, None) => out.send(kind, payload),
        };
        if let Err(NotSent::QueueFull) = sent {
            let slow = Some((CloseCode::TRY_AGAIN_LATER, "you read too slowly".to_owned()));
            self.urgent(Sent::Close(slow, End::LimitExceeded), out);
        }
    }

    /// Sends what is due of the message that is half out, and behind it what had to wait.
    fn trickle_on(&mut self, out: &mut Outgoing<'_>) {
        let now = self.elapsed(out);
        let Some(trickle) = &mut self.trickle else { return };
        while let Some(bytes) = trickle.poll(now) {
            // Its room was looked at when it began.
            let _ = out.raw(bytes);
        }
        if trickle.is_done() {
            self.finish_trickle(out);
        }
    }

    /// Sends what is left of it at once.
    fn finish_trickle(&mut self, out: &mut Outgoing<'_>) {
        let Some(trickle) = self.trickle.take() else { return };
        if !trickle.is_done() {
            let _ = out.raw(trickle.rest());
        }
        for sent in std::mem::take(&mut self.behind_trickle) {
            self.urgent(sent, out);
        }
    }

    fn end(&mut self, ending: Ending, out: &mut Outgoing<'_>) {
        self.ended = true;
        match ending {
            Ending::Close(status) => {
                self.note_close(status.as_ref().map(|(code, reason)| (*code, reason.as_str())));
                // Refused only where it closes already.
                let _ = out.close(
                    status.as_ref().map(|(code, reason)| (CloseCode(*code), reason.as_str())),
                    End::Finished,
                );
            }
            // What was said before is written at the end of this turn.
            Ending::Reset => self.cut = Some((Abort::Reset, "reset, as asked for")),
            Ending::Fin => self.cut = Some((Abort::Fin, "ended without a Close, as asked for")),
            Ending::Vanish => {
                let until = out.now() + VANISHED_FOR;
                self.fall_silent(Silence::Until { time: Some(until), then: After::Reset }, out);
            }
        }
    }

    fn fall_silent(&mut self, silence: Silence, out: &mut Outgoing<'_>) {
        self.silence = silence;
        out.pause(true);
        out.heartbeat(false);
        out.auto_pong(false);
        out.auto_close(false);
    }

    /// Speaks and listens as the plan has it.
    fn speak(&mut self, out: &mut Outgoing<'_>) {
        self.silence = Silence::No;
        let plan = Arc::clone(self.machine.plan());
        // While a message is half out nothing may come in between, so that all else is sent from here.
        let trickles = plan.traffic.trickle.is_some();
        out.pause(false);
        out.heartbeat(!trickles);
        out.auto_pong(!trickles && !plan.ends.no_pong);
        out.auto_close(!trickles && !plan.ends.ignore_close);
    }

    fn use_plan(&mut self, plan: Arc<FaultPlan>, out: &mut Outgoing<'_>) {
        if let Some(member) = &self.member {
            member.has_faults(plan.to_query());
        }
        let seed = plan.seed.unwrap_or(self.seed);
        self.machine.handle_plan(plan, seed, self.elapsed(out));
        if !self.is_silent() {
            self.speak(out);
        }
    }

    fn obey(&mut self, Order { command, until }: Order, out: &mut Outgoing<'_>) {
        let until = until.map(|until| out.now() + until.saturating_duration_since(Instant::now()));
        self.write(|| Event::Steered { command: command.to_string() });
        match command {
            Command::Kill(how) => out.abort(how, End::Finished, "killed, as asked for"),
            Command::Close(status) => {
                self.finish_trickle(out);
                if self.is_silent() {
                    self.speak(out);
                }
                self.end(Ending::Close(status), out);
            }
            Command::Silence => self.fall_silent(Silence::Until { time: until, then: After::GoOn }, out),
            Command::Resume => {
                if let Silence::Until { then: After::Reset, .. } = self.silence {
                    // It vanished, and is back: as the plan has it without that.
                    self.ended = false;
                    let mut plan = FaultPlan::clone(self.machine.plan());
                    plan.ends.vanish_after = None;
                    self.use_plan(Arc::new(plan), out);
                }
                self.speak(out);
            }
            Command::Send(message) => {
                self.machine.handle_message(Direction::Out, message, self.elapsed(out));
            }
            Command::Ping(payload) => self.urgent(Sent::Ping(payload), out),
            Command::Faults(plan) => {
                if let Some(until) = until {
                    // Of two that hold for a while, the one from before both comes back.
                    let before =
                        self.expiry.take().map_or_else(|| Arc::clone(self.machine.plan()), |(_, plan)| plan);
                    self.expiry = Some((until, before));
                } else {
                    self.expiry = None;
                }
                self.use_plan(plan, out);
            }
        }
    }

    /// What holds for a while and is over.
    fn expire(&mut self, out: &mut Outgoing<'_>) {
        if let Silence::Until { time: Some(until), then } = self.silence
            && until <= out.now()
        {
            match then {
                After::Reset => {
                    out.abort(Abort::Reset, End::Finished, "vanished for ten minutes, as asked for");
                }
                After::GoOn => self.speak(out),
            }
        }
        if let Some((_, plan)) = self.expiry.take_if(|(until, _)| *until <= out.now()) {
            self.use_plan(plan, out);
        }
    }
}

impl Endpoint for Faulty {
    fn message(&mut self, message: wire::Message<'_>, out: &mut Outgoing<'_>) {
        if self.ended || self.is_silent() {
            return;
        }
        let message = Message { kind: from_wire(message.kind), payload: message.payload.to_vec() };
        self.write(|| Event::message(Direction::In, &message, self.machine.received() + 1, Vec::new()));
        self.machine.handle_message(Direction::In, message, self.elapsed(out));
        self.go_on(out);
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        let direction = Direction::In;
        let plan = Arc::clone(self.machine.plan());
        match control {
            Control::Ping(payload) => {
                self.write(|| Event::Ping { direction, size: payload.len() });
                if !plan.ends.no_pong {
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
                if plan.traffic.trickle.is_some() && !plan.ends.ignore_close {
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
            self.obey(order, out);
        }
        if self.is_silent() {
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
        self.ended || (self.machine.accepts() && self.held() < MAX_HELD && self.behind.ready())
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
        self.machine.held() + partial + trickle + self.behind.held()
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

fn send_with_pings(
    kind: MessageKind,
    payload: &[u8],
    len: NonZeroUsize,
    out: &mut Outgoing<'_>,
) -> Result<(), NotSent> {
    let mut pieces = payload.chunks(len.get()).peekable();
    let first = pieces.next().unwrap_or_default();
    if pieces.peek().is_none() {
        return out.send(kind, first);
    }
    out.begin(kind, first)?;
    while let Some(piece) = pieces.next() {
        out.ping(b"")?;
        out.fragment(piece, pieces.peek().is_none())?;
    }
    Ok(())
}

fn to_wire(kind: Kind) -> MessageKind {
    match kind {
        Kind::Text => MessageKind::Text,
        Kind::Binary => MessageKind::Binary,
    }
}

fn from_wire(kind: MessageKind) -> Kind {
    match kind {
        MessageKind::Text => Kind::Text,
        MessageKind::Binary => Kind::Binary,
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
