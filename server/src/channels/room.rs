//! What stands behind a connection to a room.

use super::frame::Frame;
use super::names;
use super::pace::Pace;
use super::rooms::Room;
use super::roster::Place;
use crate::admission::Client;
use protocol::room::{Command, Member, write_page};
use protocol::session::json::write_server;
use protocol::session::{
    Attached, Author, ClientMessage, Cursor, GAP, Hello, Lost, MISUSED, Message as Published, NotTaken, Read,
    Reason, Refused, SUPERSEDED, ServerMessage, Ticket,
};
use socket::wire::close::MAX_REASON_LEN;
use socket::wire::{CloseCode, End, Message, MessageKind, Outgoing, Time};
use socket::{Endpoint, Mailbox};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tracing::info;

/// Data of a message, in bytes. More is refused.
const MAX_DATA: usize = 16 << 10;
/// So long news of who is there are gathered.
const GATHER: Duration = Duration::from_millis(250);
/// Messages that are taken from history at once.
const BATCH: usize = 64;

thread_local! {
    /// What is on its way from a channel to a connection.
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

/// A connection to a room.
#[derive(Debug)]
pub(crate) struct Visitor {
    room: Arc<Room>,
    client: Client,
    mailbox: Option<Mailbox>,
    joined: Option<Box<Joined>>,
    /// When to tell what is new of who is there.
    due: Option<Time>,
    refused: u32,
}

/// What it has once it has said hello.
#[derive(Debug)]
struct Joined {
    ticket: Ticket,
    cursor: Cursor,
    place: Place,
    member: Member,
    pace: Pace,
    compresses: bool,
    /// What it has seen of the room's changes, and its next notice.
    seen: u64,
    notice: u64,
}

impl Joined {
    fn name(&self) -> Option<&str> {
        Some(self.member.name.as_str()).filter(|name| !name.is_empty())
    }
}

impl Visitor {
    pub(crate) fn new(room: Arc<Room>, client: Client) -> Self {
        Self { room, client, mailbox: None, joined: None, due: None, refused: 0 }
    }

    fn obey(&mut self, command: Command, out: &mut Outgoing<'_>) -> Result<(), String> {
        match (command, &mut self.joined) {
            (Command::Session(ClientMessage::Hello(hello)), None) => {
                self.hello(hello, out);
                return Ok(());
            }
            (Command::Session(ClientMessage::Hello(_)), Some(_)) => {
                return Err("hello comes once, and first".to_owned());
            }
            (Command::Session(ClientMessage::Ping), _) => say(out, &write_server(&ServerMessage::Pong)),
            (_, None) => return Err("hello comes first: it says who you are".to_owned()),
            (Command::Session(ClientMessage::Publish { seq, data }), Some(_)) => self.publish(seq, data, out),
            (Command::Typing, Some(joined)) => {
                if joined.name().is_none() {
                    return Err("who has no name is not told to be typing: say one first".to_owned());
                }
                self.room.tell_typing(&joined.member, out.now());
            }
            (Command::Name(name), Some(joined)) => {
                let before = joined.name().map(ToOwned::to_owned);
                self.room.rename(joined.member.client, before.as_deref(), name.as_deref());
                joined.member.name = name.unwrap_or_default();
            }
            (Command::History { before, limit }, Some(_)) => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let (frames, first) = self.room.channel.page(before, limit);
                say(out, &write_page(frames.iter().map(Frame::as_text), first));
            }
        }
        self.go_on(out);
        Ok(())
    }

    fn hello(&mut self, hello: Hello, out: &mut Outgoing<'_>) {
        let Some(mailbox) = self.mailbox.take() else { return };
        let (client, session) = (names::of_client(hello.client), names::of_session(hello.session));
        let Attached { ticket, cursor, welcome } = match self.room.channel.attach(&hello, client, session) {
            Ok(attached) => attached,
            Err(error) => return close(out, SUPERSEDED, &error.to_string()),
        };
        self.count_lost(&welcome.lost);
        say(out, &write_server(&ServerMessage::Welcome(welcome)));
        let member = Member { client, name: hello.name.unwrap_or_default() };
        let compresses = out.compresses();
        let name = Some(member.name.as_str()).filter(|name| !name.is_empty());
        let (present, notice) = self.room.come(client, name, compresses);
        let _ = out.send_shared(present.message());
        let place = self.room.roster.enter(mailbox);
        let (pace, seen) = (Pace::new(), u64::MAX);
        self.joined =
            Some(Box::new(Joined { ticket, cursor, place, member, pace, compresses, seen, notice }));
        self.go_on(out);
    }

    fn publish(&mut self, seq: u64, data: Vec<u8>, out: &mut Outgoing<'_>) {
        let Some(joined) = &mut self.joined else { return };
        let room = &*self.room;
        let refusal = if data.is_empty() {
            Some((Reason::Invalid, "publish needs data".to_owned()))
        } else if data.len() > MAX_DATA {
            Some((Reason::Size, format!("data has {} bytes: at most {MAX_DATA} are taken", data.len())))
        } else {
            let rate = room.config.messages_per_second;
            rate.and_then(|rate| joined.pace.spend(rate, out.now()).err().map(|wait| (rate, wait))).map(
                |(rate, wait)| {
                    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) + 1;
                    let error =
                        format!("more than {rate} messages a second: publish it again in {millis} ms");
                    (Reason::Rate(millis), error)
                },
            )
        };
        let taken = match refusal {
            Some((reason, error)) => room.channel.refuse(&joined.ticket, seq).map(|()| {
                self.refused = self.refused.saturating_add(1);
                room.counters.refused.inc();
                if self.refused == 1 {
                    info!(peer = %self.client, room = %room.name, reason = reason.as_str(), error, "message refused");
                }
                ServerMessage::Refused(Refused { seq, reason, error })
            }),
            None => {
                let Member { client, name } = &joined.member;
                let (at, compression) = (millis_since_1970(), room.compression());
                let frame = |offset| {
                    let author =
                        Author { client: *client, session: joined.ticket.public, seq, name: name.clone() };
                    let message = Published { offset, author: Some(author), at, data: data.clone() };
                    Frame::text(write_server(&ServerMessage::Message(message)), compression)
                };
                room.channel.publish(&joined.ticket, seq, &frame).map(|()| {
                    room.counters.published.inc();
                    room.roster.ring();
                    ServerMessage::Ack { from: seq, to: seq }
                })
            }
        };
        match taken {
            Ok(answer) => say(out, &write_server(&answer)),
            // It was answered before.
            Err(NotTaken::Again) => {}
            Err(error @ NotTaken::Superseded) => close(out, SUPERSEDED, &error.to_string()),
            Err(error @ NotTaken::Gap { .. }) => close(out, GAP, &error.to_string()),
        }
    }

    /// Sends what there is and room for.
    fn go_on(&mut self, out: &mut Outgoing<'_>) {
        let Some(joined) = &mut self.joined else { return };
        joined.place.pass_on();
        let mut frames = FRAMES.take();
        let keeps = self.room.notices(&mut joined.seen, &mut joined.notice, &mut frames);
        for notice in frames.drain(..) {
            // What there is no room for is made up for by a later one.
            let _ = out.send_shared(notice.message());
        }
        while !out.is_closing() {
            let before = joined.cursor;
            match self.room.channel.read(&mut joined.cursor, BATCH, &mut frames) {
                Read::Entries(0) => break,
                Read::Entries(count) => {
                    let sent =
                        frames.iter().take_while(|frame| out.send_shared(frame.message()).is_ok()).count();
                    frames.clear();
                    if sent < count {
                        joined.cursor.rewind(count - sent);
                        break;
                    }
                }
                Read::Jump(position, lost) => {
                    let jump = write_server(&ServerMessage::Jump { position, lost: lost.clone() });
                    if out.send(MessageKind::Text, jump.as_bytes()).is_err() {
                        joined.cursor = before;
                        break;
                    }
                    count_lost(&self.room, &lost);
                }
            }
        }
        FRAMES.set(frames);
        if keeps {
            self.due = Some(out.now() + GATHER);
        }
    }

    fn count_lost(&self, lost: &[Lost]) {
        count_lost(&self.room, lost);
    }
}

impl Endpoint for Visitor {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        let text = match message.kind {
            MessageKind::Text => std::str::from_utf8(message.payload).ok(),
            MessageKind::Binary => None,
        };
        let done = match text {
            Some(text) => Command::read(text).map_err(|error| error.to_string()),
            None => Err("a room speaks JSON in text messages".to_owned()),
        }
        .and_then(|command| self.obey(command, out));
        if let Err(error) = done {
            say(out, &write_server(&ServerMessage::Error { error }));
        }
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, _: &mut Outgoing<'_>) {
        self.mailbox = Some(mailbox());
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        self.go_on(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.go_on(out);
    }

    fn deadline(&self) -> Option<Time> {
        self.due
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.due = None;
        self.room.tell_news();
        self.go_on(out);
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        if self.due.is_some() {
            self.room.tell_news();
        }
        let Some(joined) = self.joined.take() else { return };
        self.room.channel.detach(&joined.ticket);
        let (client, compresses) = (joined.member.client, joined.compresses);
        let name = joined.name().map(ToOwned::to_owned);
        // It is off the roster before somebody is asked to tell the others.
        drop(joined);
        self.room.go(client, name.as_deref(), compresses);
        if self.refused > 1 {
            let refused = self.refused;
            info!(peer = %self.client, room = %self.room.name, refused, "messages refused");
        }
    }
}

/// Says something that is not to be lost. Where there is no room, the client does not read its answers: it comes back and is
/// told what it missed.
fn say(out: &mut Outgoing<'_>, text: &str) {
    if out.send(MessageKind::Text, text.as_bytes()).is_err() && !out.is_closing() {
        close(out, GAP, "answers are not read");
    }
}

fn close(out: &mut Outgoing<'_>, code: u16, reason: &str) {
    let reason = &reason[..reason.floor_char_boundary(MAX_REASON_LEN)];
    let end = if code == MISUSED { End::LimitExceeded } else { End::Finished };
    // Refused only where it closes already.
    let _ = out.close(Some((CloseCode(code), reason)), end);
}

fn count_lost(room: &Room, lost: &[Lost]) {
    let lost: u64 = lost.iter().filter_map(|lost| Some(lost.to?.saturating_sub(lost.from) + 1)).sum();
    room.counters.lost.inc_by(lost);
}

fn millis_since_1970() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
