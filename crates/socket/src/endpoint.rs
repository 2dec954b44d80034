use std::time::Duration;

use wire::{CloseCode, Counts, End, Message, Outgoing, Summary, Time};

use crate::Mailbox;

/// What is behind a connection: it is given messages and sends some.
///
/// Everything runs inside the connection's turn, on buffers the thread lends: take what must outlive the call as a copy.
/// All but [`message`](Endpoint::message) may be left out.
pub trait Endpoint {
    /// A whole message came.
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>);

    /// A control frame came. It has been dealt with as the protocol demands, unless that was turned off.
    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        let _ = (control, out);
    }

    /// Called once, before anything else. An endpoint that is to speak when something happens elsewhere asks for its
    /// `mailbox`; one that only answers needs none, and then it costs nothing.
    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        let _ = (mailbox, out);
    }

    /// The [`Mailbox`] was used, or something else happened: look whether there is something to send.
    fn woken(&mut self, out: &mut Outgoing<'_>) {
        let _ = out;
    }

    /// All that had to wait is with the transport, after something had to wait or was refused for want of room: more can be
    /// sent.
    fn drained(&mut self, out: &mut Outgoing<'_>) {
        let _ = out;
    }

    /// When [`timeout`](Endpoint::timeout) is to be called, if at all. Asked after every turn.
    fn deadline(&self) -> Option<Time> {
        None
    }

    /// The [`deadline`](Endpoint::deadline) has come.
    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        let _ = out;
    }

    /// Whether another message can be taken. While not, nothing is read, and the peer's sending stalls.
    fn ready(&self) -> bool {
        true
    }

    /// The host wants the connection to end, because it shuts down.
    fn leave(&mut self, out: &mut Outgoing<'_>) {
        // Refused only where it closes already.
        let _ = out.close(Some((CloseCode::SERVICE_RESTART, "service restart")), End::Shutdown);
    }

    /// A turn ended that carried this much. The connection has `queued` bytes waiting for its peer, and holds `held` bytes of
    /// memory, those and the endpoint's [`held`](Endpoint::held) included.
    fn turned(&mut self, carried: &Counts, queued: usize, held: usize) {
        let _ = (carried, queued, held);
    }

    /// Memory that the endpoint holds beside itself for this connection, in bytes: it counts with the connection's own.
    fn held(&self) -> usize {
        0
    }

    /// The connection has ended. Nothing follows.
    fn closed(&mut self, summary: &Summary) {
        let _ = summary;
    }
}

/// A control frame.
#[derive(Clone, Copy, Debug)]
pub enum Control<'a> {
    /// With this payload.
    Ping(&'a [u8]),
    /// With its payload, and the round-trip time where it answers the heartbeat's latest Ping.
    Pong(&'a [u8], Option<Duration>),
    /// With its code, if it had one, and its reason.
    Close(Option<CloseCode>, &'a str),
}
