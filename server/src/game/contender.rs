//! What stands behind a connection to an arena.

use super::arenas::{Due, Hall, Told};
use crate::admission::Client;
use crate::channels::Place;
use protocol::game::{ClientMessage, MISUSED, MemberId, News, SUPERSEDED, ServerMessage};
use socket::wire::close::cut_reason;
use socket::wire::{CloseCode, End, Message, MessageKind, Outgoing, Time};
use socket::{Endpoint, Mailbox};
use std::sync::Arc;
use std::time::Duration;
use tracing::info;

/// How long a client may take to say hello.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to an arena.
#[derive(Debug)]
pub(crate) struct Contender {
    hall: Arc<Hall>,
    client: Client,
    mailbox: Option<Mailbox>,
    joined: Option<Joined>,
    /// When it is to have said hello.
    due: Option<Time>,
}

/// What it has once it has said hello.
#[derive(Debug)]
struct Joined {
    member: MemberId,
    place: Place,
    told: Told,
}

impl Contender {
    pub(crate) fn new(hall: Arc<Hall>, client: Client) -> Self {
        Self { hall, client, mailbox: None, joined: None, due: None }
    }

    fn obey(&mut self, message: ClientMessage, out: &mut Outgoing<'_>) {
        match (&self.joined, message) {
            (Some(joined), message) => match self.hall.receive(joined.member, message) {
                Ok(None) => {}
                Ok(Some(answer)) => send(&answer, out),
                Err(misuse) => self.dismiss(CloseCode::POLICY, &misuse.to_string(), out),
            },
            (None, ClientMessage::Hello(hello)) => {
                let Some(mailbox) = self.mailbox.take() else { return };
                match self.hall.join(hello) {
                    Ok(member) => {
                        let place = self.hall.roster.enter(mailbox);
                        self.joined = Some(Joined { member, place, told: Told::default() });
                        self.due = None;
                        self.go_on(out);
                    }
                    Err(full) => self.dismiss(CloseCode::TRY_AGAIN_LATER, &full.to_string(), out),
                }
            }
            // A hello that was dropped on the way is said again.
            (None, _) => {}
        }
    }

    /// Sends what is new, unless something waits already: then the next tick has what is newer.
    fn go_on(&mut self, out: &mut Outgoing<'_>) {
        let Some(Joined { member, place, told }) = &mut self.joined else { return };
        place.pass_on();
        if out.is_closing() || out.queued_bytes() > 0 {
            return;
        }
        let Due { news, players, snapshot } = self.hall.due(*member, told);
        match news {
            Some(News::Seat(seat)) => send(&ServerMessage::Seat(seat), out),
            Some(News::Superseded) => {
                return close(
                    CloseCode(SUPERSEDED),
                    "a newer connection has this player",
                    End::Finished,
                    out,
                );
            }
            None => {}
        }
        for message in players.into_iter().chain(snapshot) {
            // What there is no room for comes again, or something newer.
            let _ = out.send_shared(&message);
        }
    }

    /// Has the client leave for what it did.
    fn dismiss(&self, code: CloseCode, reason: &str, out: &mut Outgoing<'_>) {
        info!(peer = %self.client, arena = %self.hall.name, code = code.0, reason, "dismissed from a game");
        close(code, reason, End::LimitExceeded, out);
    }
}

impl Endpoint for Contender {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        if out.is_closing() {
            return;
        }
        let read = match message.kind {
            MessageKind::Binary => ClientMessage::read(message.payload).map_err(|error| error.to_string()),
            MessageKind::Text => Err("the game speaks in binary messages".to_owned()),
        };
        match read {
            Ok(message) => self.obey(message, out),
            Err(error) => self.dismiss(CloseCode(MISUSED), &error, out),
        }
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.mailbox = Some(mailbox());
        self.due = Some(out.now() + PATIENCE);
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        self.go_on(out);
    }

    fn deadline(&self) -> Option<Time> {
        self.due
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.due = None;
        let reason = format!("no hello within {} s", PATIENCE.as_secs());
        self.dismiss(CloseCode::POLICY, &reason, out);
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        if let Some(joined) = self.joined.take() {
            self.hall.leave(joined.member);
        }
    }
}

fn send(message: &ServerMessage, out: &mut Outgoing<'_>) {
    // What there is no room for is said again, or asked for again.
    let _ = out.send(MessageKind::Binary, &message.to_bytes());
}

fn close(code: CloseCode, reason: &str, end: End, out: &mut Outgoing<'_>) {
    // Refused only where it closes already.
    let _ = out.close(Some((code, cut_reason(reason))), end);
}
