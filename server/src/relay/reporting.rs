//! Behind the connection to a target that somebody has chosen: they are told all that comes from there.

use super::leg::Leg;
use super::pipe::{Item, Seen, Side};
use protocol::relay::Event;
use socket::wire::{CloseCode, Message, Outgoing, Role, Summary, Time};
use socket::{Control, Endpoint, Mailbox};

/// What is behind the target's connection.
#[derive(Debug)]
pub(super) struct Reporting {
    leg: Leg,
    /// When the connection opened.
    opened: Time,
    /// Until somebody says otherwise.
    auto_pong: bool,
}

impl Reporting {
    pub(super) fn new(leg: Leg, auto_pong: bool) -> Self {
        Self { leg, opened: Time::default(), auto_pong }
    }

    fn at(&self, out: &Outgoing<'_>) -> u64 {
        u64::try_from(out.now().since(self.opened).as_micros()).unwrap_or(u64::MAX)
    }
}

impl Endpoint for Reporting {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        let frames = message.frames();
        let starts = std::iter::once(0).chain(frames.iter().copied());
        let seen = Seen {
            at: self.at(out),
            compressed: message.compressed,
            wire: message.wire_len(Role::Client),
            frames: frames.len().max(1) as u64,
            fragments: frames.iter().zip(starts).map(|(end, start)| (end - start) as u64).collect(),
        };
        self.leg.pipe().tell_message(message.kind, message.payload, seen);
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        let at = self.at(out);
        let pipe = self.leg.pipe();
        match control {
            Control::Ping(payload) => pipe.tell(&Event::Ping { at, answered: out.answers_pings(), payload }),
            Control::Pong(payload, _) => pipe.tell(&Event::Pong { at, payload }),
            Control::Close(code, reason) => {
                let (code, reason) = (code.map(|code| code.0), reason.to_owned());
                pipe.tell_in_turn(&Event::Close { at, code, reason });
            }
        }
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.opened = out.now();
        self.leg.pipe().tells();
        out.heartbeat(false);
        out.auto_pong(self.auto_pong);
        out.hear_out(true);
        out.note_frames(true);
        self.leg.begin(mailbox(), out);
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        self.leg.woken(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.leg.drained(out);
    }

    fn deadline(&self) -> Option<Time> {
        self.leg.deadline()
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.leg.timeout(out);
    }

    fn ready(&self) -> bool {
        self.leg.ready()
    }

    fn leave(&mut self, out: &mut Outgoing<'_>) {
        self.leg.leave(out);
    }

    fn held(&self) -> usize {
        self.leg.held()
    }

    fn closed(&mut self, summary: &Summary) {
        let event = Event::Ended {
            clean: summary.is_clean(),
            reason: summary.end.to_string(),
            detail: summary.cause.as_ref().map_or(String::new(), ToString::to_string),
        };
        let pipe = self.leg.pipe();
        pipe.tell_in_turn(&event);
        pipe.put_in_turn(Side::Client, Item::Close(Some((CloseCode::NORMAL, String::new()))), b"");
        self.leg.closed(summary);
    }
}
