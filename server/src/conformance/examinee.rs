//! What stands behind a connection to a case of the suite for sessions.

use crate::labels::Running;
use protocol::conformance::session::{Exam, Output, Said, Seat};
use socket::wire::close::cut_reason;
use socket::wire::{Abort, CloseCode, End, Message, MessageKind, Outgoing, Summary, Time};
use socket::{Control, Endpoint, Mailbox};
use std::sync::Arc;
use std::time::Duration;

/// One of the connections of a case.
#[derive(Debug)]
pub(crate) struct Examinee {
    running: Arc<Running>,
    /// Of the label's connections it is the so-manieth.
    number: u64,
    seat: Option<Seat>,
    due: Option<Time>,
    /// TCP is to end once all is out.
    cuts: bool,
}

impl Examinee {
    pub(crate) fn new(running: Arc<Running>, number: u64) -> Self {
        Self { running, number, seat: None, due: None, cuts: false }
    }

    /// Tells the exam something, and does what it wants done.
    fn tell(&mut self, out: &mut Outgoing<'_>, f: impl FnOnce(&mut Exam, &mut Seat, Duration)) {
        let Some(seat) = &mut self.seat else { return };
        let wait = self.running.with(|exam, now| {
            f(exam, seat, now);
            Some(exam.next_timeout(seat, now)?.saturating_sub(now))
        });
        self.due = wait.map(|wait| out.now() + wait);
        while let Some(output) = self.seat.as_mut().and_then(Seat::poll_output) {
            match output {
                // A script says less than a connection has room for, and where there is none the client reads nothing.
                Output::Send(text) => _ = out.send(MessageKind::Text, text.as_bytes()),
                Output::SendBinary(bytes) => _ = out.send(MessageKind::Binary, &bytes),
                Output::Close(code, reason) => {
                    // Refused only where it closes already.
                    let _ = out.close(Some((CloseCode(code), cut_reason(&reason))), End::Finished);
                }
                Output::Cut => self.cuts = true,
            }
        }
        self.cut(out);
    }

    fn cut(&mut self, out: &mut Outgoing<'_>) {
        if self.cuts && out.queued_bytes() > 0 {
            out.wait_for_room();
        } else if self.cuts {
            out.abort(Abort::Fin, End::Finished, "the case cuts the connection here");
        }
    }
}

impl Endpoint for Examinee {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        let said = match (message.kind, std::str::from_utf8(message.payload)) {
            (MessageKind::Text, Ok(text)) => Said::Text(text),
            _ => Said::Binary(message.payload),
        };
        self.tell(out, |exam, seat, now| exam.handle_message(seat, said, now));
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        if let Control::Close(code, _) = control {
            let code = code.map(|CloseCode(code)| code);
            self.tell(out, |exam, seat, now| exam.handle_closed(seat, code, now));
        }
    }

    fn opened(&mut self, _: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        let number = self.number;
        self.seat = Some(self.running.with(|exam, now| exam.handle_open(number, now)));
        self.tell(out, |exam, seat, now| exam.handle_timeout(seat, now));
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.cut(out);
    }

    fn deadline(&self) -> Option<Time> {
        self.due
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.due = None;
        self.tell(out, |exam, seat, now| exam.handle_timeout(seat, now));
    }

    fn closed(&mut self, _: &Summary) {
        if let Some(seat) = &mut self.seat {
            // Without effect behind a Close of the client's.
            self.running.with(|exam, now| exam.handle_closed(seat, None, now));
        }
    }
}
