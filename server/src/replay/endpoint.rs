//! What stands behind a connection on which a recording is played back.

use crate::admission::Client;
use crate::labels::Scribe;
use protocol::fault::Label as Name;
use protocol::journal::Event;
use protocol::replay::{Machine, Mismatch, OnMismatch, Say};
use socket::wire::close::cut_reason;
use socket::wire::{Abort, CloseCode, End, Message, MessageKind, NotSent, Outgoing, Summary, Time};
use socket::{Control, Endpoint, Mailbox};
use std::time::Duration;
use tracing::info;
use workbench::entry::Body;

/// How the connection of a client closes that departs from the recording, where it asked for that.
const MISMATCH: CloseCode = CloseCode(4400);
/// So many departures of one connection are logged one by one; of all, their number at the end.
const LOGGED: u64 = 5;
/// A Ping holds no more, in bytes.
const MAX_PING: usize = 125;

/// A recorded server.
#[derive(Debug)]
pub(crate) struct Replay {
    machine: Machine,
    name: Name,
    client: Client,
    scribe: Option<Scribe>,
    opened: Time,
    /// There was no room for what is next.
    waits: bool,
    /// It has said its last word.
    ended: bool,
    mismatches: u64,
}

impl Replay {
    pub(crate) fn new(machine: Machine, name: Name, client: Client, scribe: Option<Scribe>) -> Self {
        let opened = Time::default();
        Self { machine, name, client, scribe, opened, waits: false, ended: false, mismatches: 0 }
    }

    /// Says all that is to be said by now.
    fn go_on(&mut self, out: &mut Outgoing<'_>) {
        self.waits = false;
        while !self.ended
            && let Some(say) = self.machine.poll(self.elapsed(out))
        {
            let done = match say {
                Say::Message(Body::Text(text)) => out.send(MessageKind::Text, text.as_bytes()),
                Say::Message(Body::Binary(bytes)) => out.send(MessageKind::Binary, bytes),
                Say::Ping(payload) => out.ping(&payload[..payload.len().min(MAX_PING)]),
                Say::Close(status) => {
                    self.ended = true;
                    // A code that must not be sent has none in its place.
                    let status = status.map(|(code, reason)| (CloseCode(code), cut_reason(reason)));
                    out.close(status.filter(|(code, _)| code.may_appear_on_the_wire()), End::Finished)
                }
                // Nothing that was said before may be lost with it.
                Say::Cut if out.queued_bytes() > 0 => Err(NotSent::QueueFull),
                Say::Cut => {
                    self.ended = true;
                    out.abort(
                        Abort::Fin,
                        End::Finished,
                        "the recorded connection ended here without a Close",
                    );
                    Ok(())
                }
            };
            match done {
                Ok(()) => self.machine.said(),
                Err(NotSent::QueueFull) => {
                    self.waits = true;
                    return out.wait_for_room();
                }
                // It closes.
                Err(_) => self.ended = true,
            }
        }
    }

    fn elapsed(&self, out: &Outgoing<'_>) -> Duration {
        out.now().since(self.opened)
    }

    fn report(&mut self, mismatch: &Mismatch, out: &mut Outgoing<'_>) {
        self.mismatches += 1;
        if self.mismatches <= LOGGED {
            let (message, difference) = (mismatch.number, mismatch.place());
            info!(peer = %self.client, replay = %self.name, message, difference, "not what the recorded client said");
        }
        let difference = mismatch.to_string();
        if self.machine.plan().on_mismatch == OnMismatch::Close {
            self.ended = true;
            // Refused only where it closes already.
            let _ = out.close(Some((MISMATCH, cut_reason(&difference))), End::Finished);
        }
        if let Some(scribe) = &self.scribe {
            scribe.write(Event::Mismatch { number: mismatch.number, difference });
        }
    }
}

impl Endpoint for Replay {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        if self.ended {
            return;
        }
        let body = match message.kind {
            MessageKind::Text => {
                std::str::from_utf8(message.payload).map_or(Body::Binary(message.payload), Body::Text)
            }
            MessageKind::Binary => Body::Binary(message.payload),
        };
        if let Err(mismatch) = self.machine.handle_message(body) {
            self.report(&mismatch, out);
        }
        self.go_on(out);
    }

    fn control(&mut self, control: Control<'_>, _: &mut Outgoing<'_>) {
        self.ended |= matches!(control, Control::Close(..));
    }

    fn opened(&mut self, _: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.opened = out.now();
        self.go_on(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.go_on(out);
    }

    fn deadline(&self) -> Option<Time> {
        let due = self.machine.next_timeout().filter(|_| !self.waits && !self.ended)?;
        Some(self.opened + due)
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.go_on(out);
    }

    fn ready(&self) -> bool {
        // What the recorded server said before it got a message is sent before the client's is looked at.
        !self.waits || self.ended
    }

    fn closed(&mut self, _: &Summary) {
        if self.mismatches > LOGGED {
            let mismatches = self.mismatches;
            info!(peer = %self.client, replay = %self.name, mismatches, "messages that the recorded client did not send");
        }
    }
}
