//! Behind the connection of somebody who chooses the target: their first message says which, the others what to do there.

use super::dial::Dialer;
use super::leg::Leg;
use super::pipe::{Item, Pipe, Side};
use crate::kinds::to_wire;
use protocol::relay::{Command, Connect, Event, Frame, NO_TARGET};
use socket::wire::{CloseCode, Message, MessageKind, Outgoing, Summary, Time};
use socket::{Endpoint, Mailbox};
use std::sync::Arc;
use tokio::task::AbortHandle;

/// A message is cut into no more fragments than this.
const MAX_FRAGMENTS: usize = 100_000;

/// What is behind the client's connection.
#[derive(Debug)]
pub(super) struct Commanding {
    leg: Leg,
    /// Until the client has said where to connect to.
    dialer: Option<Dialer>,
    /// Connects.
    connecting: Option<AbortHandle>,
}

impl Commanding {
    pub(super) fn new(leg: Leg, dialer: Dialer) -> Self {
        Self { leg, dialer: Some(dialer), connecting: None }
    }

    fn pipe(&self) -> &Arc<Pipe> {
        self.leg.pipe()
    }

    fn obey(&self, frame: Frame<'_>) {
        let pipe = self.pipe();
        let item = match Command::read(frame) {
            Ok(Command::Send { kind, fragment, payload }) => {
                let kind = to_wire(kind);
                let len = payload.len();
                let piece = fragment.map_or(usize::MAX, |bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
                if len / piece > MAX_FRAGMENTS {
                    let error = format!("a message is cut into at most {MAX_FRAGMENTS} fragments");
                    return pipe.tell(&Event::Refused { error });
                }
                let mut frames: Vec<_> = (1..len.div_ceil(piece)).map(|number| number * piece).collect();
                if !frames.is_empty() {
                    frames.push(len);
                }
                return pipe.put_message(Side::Target, kind, payload, &frames);
            }
            Ok(Command::Ping(payload)) => {
                return pipe.put(Side::Target, Item::Ping(payload.len()), payload);
            }
            Ok(Command::Pong(payload)) => {
                return pipe.put(Side::Target, Item::Pong(payload.len()), payload);
            }
            Ok(Command::AutoPong(on)) => Item::AutoPong(on),
            Ok(Command::Close(status)) => {
                let close = Item::Close(status.map(|(code, reason)| (CloseCode(code), reason)));
                return pipe.put_in_turn(Side::Target, close, b"");
            }
            Err(error) => return pipe.tell(&Event::Refused { error: error.to_string() }),
        };
        pipe.put(Side::Target, item, b"");
    }
}

/// Tells the client that there is no target, and that this is all.
pub(super) fn tell_failure(pipe: &Pipe, failure: &Event<'_>) {
    pipe.tell(failure);
    let status = (CloseCode(NO_TARGET), "there is no target".to_owned());
    pipe.put(Side::Client, Item::Close(Some(status)), b"");
}

impl Endpoint for Commanding {
    fn message(&mut self, message: Message<'_>, _: &mut Outgoing<'_>) {
        let frame = match message.kind {
            // It has been checked.
            MessageKind::Text => Frame::Text(std::str::from_utf8(message.payload).unwrap_or_default()),
            MessageKind::Binary => Frame::Binary(message.payload),
        };
        let Some(dialer) = self.dialer.take() else { return self.obey(frame) };
        match Connect::read(frame) {
            Ok(connect) => self.connecting = Some(dialer.dial(connect, Arc::clone(self.pipe()))),
            Err(error) => dialer.refuse(&error, self.pipe()),
        }
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
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
        // What it does wrong is answered, so that there has to be room for that too.
        self.leg.ready() && self.pipe().has_room(Side::Client)
    }

    fn held(&self) -> usize {
        self.leg.held()
    }

    fn closed(&mut self, summary: &Summary) {
        // Only if there is no target yet.
        if let Some(connecting) = self.connecting.take() {
            connecting.abort();
        }
        let left = (CloseCode::GOING_AWAY, "the relay's client has left".to_owned());
        self.pipe().put_in_turn(Side::Target, Item::Close(Some(left)), b"");
        self.leg.closed(summary);
    }
}
