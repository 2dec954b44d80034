//! What stands behind a connection to a room.

use super::frame::Frame;
use super::names;
use super::pace::Pace;
use super::post::Post;
use super::rooms::Room;
use super::roster::Place;
use crate::admission::Client;
use protocol::room::{Command, Member, write_page};
use protocol::session::json::{self, write_server};
use protocol::session::{
    Answers, Attached, Author, ClientMessage, Cursor, GAP, Hello, Lost, MISUSED, NotTaken, Public, RETRY,
    Read, Reason, Refused, SUPERSEDED, ServerMessage, Ticket,
};
use socket::wire::close::cut_reason;
use socket::wire::{CloseCode, End, Message, MessageKind, Outgoing, Time};
use socket::{Endpoint, Mailbox};
use std::cell::RefCell;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tracing::info;

/// Data of a message, in bytes. More is refused.
const MAX_DATA: usize = 16 << 10;
/// How deep it may nest: whoever reads it builds that, with limits of its own.
const MAX_DEPTH: usize = 64;
/// So long news of who is there are gathered.
const GATHER: Duration = Duration::from_millis(250);
/// So long a server may be behind others, and how often it looks whether it is.
const MAX_BEHIND: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);
/// The code of a Close for now.
const FULL: u16 = 1013;
/// Messages that are taken from history at once.
const BATCH: usize = 64;

thread_local! {
    /// What is on its way from a channel to a connection.
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

/// In place of a time that nothing is due at.
const NEVER: Time = Time::from_micros(u64::MAX);

/// A connection to a room. There are thousands that only listen, so nothing here is larger than it has to be.
#[derive(Debug)]
pub(crate) struct Visitor {
    room: Arc<Room>,
    client: Client,
    /// When to tell what is new of who is there, or to look whether what was early is known.
    due: Time,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// It has to say hello.
    Outside(Option<Mailbox>),
    Early(Box<Early>),
    Inside(Joined),
}

/// What one said first that knows of messages which have not come here, and until when they may.
#[derive(Debug)]
struct Early {
    mailbox: Mailbox,
    hello: Hello,
    patience: Time,
    came: Instant,
}

/// What it has once it has said hello.
#[derive(Debug)]
struct Joined {
    ticket: Ticket,
    cursor: Cursor,
    place: Place,
    /// What others see of its client.
    client: Public,
    /// None as long as it has no name and has published nothing: many only listen.
    voice: Option<Box<Voice>>,
    /// What it has seen of the room's changes, and its next notice, as far as 32 bits tell.
    seen: u32,
    notice: u32,
    compresses: bool,
}

/// What who speaks has.
#[derive(Debug)]
struct Voice {
    answers: Answers,
    /// Messages up to this number may have been sent before.
    sent: u64,
    pace: Pace,
    /// Empty where there is none.
    name: String,
    refused: u32,
}

impl Joined {
    fn name(&self) -> Option<&str> {
        Some(self.voice.as_ref()?.name.as_str()).filter(|name| !name.is_empty())
    }

    fn voice(&mut self) -> &mut Voice {
        let answers = || Answers::none(self.cursor.epoch());
        self.voice.get_or_insert_with(|| Box::new(Voice::new(answers())))
    }
}

impl Voice {
    fn new(answers: Answers) -> Self {
        Self { answers, sent: 0, pace: Pace::new(), name: String::new(), refused: 0 }
    }

    /// Why a message is not taken.
    fn objection(&mut self, room: &Room, seq: u64, data: &[u8], now: Time) -> Option<(Reason, String)> {
        if data.is_empty() {
            return Some((Reason::Invalid, "publish needs data".to_owned()));
        }
        if data.len() > MAX_DATA {
            let error = format!("data has {} bytes: at most {MAX_DATA} are taken", data.len());
            return Some((Reason::Size, error));
        }
        if json::depth(data) > MAX_DEPTH {
            return Some((Reason::Invalid, format!("data nests deeper than {MAX_DEPTH}")));
        }
        if seq <= self.sent {
            // It may be published by now, over another connection: nobody may be told that it is not.
            return None;
        }
        if let Some(rate) = room.config.messages_per_second
            && let Err(wait) = self.pace.spend(rate, now)
        {
            let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) + 1;
            let error = format!("more than {rate} messages a second: publish it again in {millis} ms");
            return Some((Reason::Rate(millis), error));
        }
        room.bus.ready().err().map(|error| (Reason::Unavailable(RETRY), error.to_string()))
    }
}

impl Visitor {
    pub(crate) fn new(room: Arc<Room>, client: Client) -> Self {
        Self { room, client, due: NEVER, phase: Phase::Outside(None) }
    }

    fn obey(&mut self, command: Command, out: &mut Outgoing<'_>) -> Result<(), String> {
        match (command, &mut self.phase) {
            (Command::Session(ClientMessage::Hello(hello)), Phase::Outside(mailbox)) => {
                if let Some(mailbox) = mailbox.take() {
                    let (patience, came) = (out.now() + MAX_BEHIND, Instant::now());
                    self.hello(Early { mailbox, hello, patience, came }, out);
                }
                return Ok(());
            }
            (Command::Session(ClientMessage::Hello(_)), _) => {
                return Err("hello comes once, and first".to_owned());
            }
            (Command::Session(ClientMessage::Ping), _) => say(out, &write_server(&ServerMessage::Pong)),
            (Command::Session(ClientMessage::Publish { seq, data }), Phase::Inside(_)) => {
                self.publish(seq, data, out);
            }
            (Command::Typing, Phase::Inside(joined)) => {
                let Some(name) = joined.name().map(ToOwned::to_owned) else {
                    return Err("who has no name is not told to be typing: say one first".to_owned());
                };
                self.room.tell_typing(&Member { client: joined.client, name }, out.now());
            }
            (Command::Name(name), Phase::Inside(joined)) => {
                let before = joined.name().map(ToOwned::to_owned);
                self.room.rename(joined.client, before.as_deref(), name.as_deref());
                joined.voice().name = name.unwrap_or_default();
            }
            (Command::History { before, limit }, Phase::Inside(_)) => {
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let (frames, first) = self.room.channel.page(before, limit);
                say(out, &write_page(frames.iter().map(Frame::as_text), first));
            }
            (_, Phase::Outside(_) | Phase::Early(_)) => {
                return Err("hello comes first: it says who you are".to_owned());
            }
        }
        self.go_on(out);
        Ok(())
    }

    fn hello(&mut self, early: Early, out: &mut Outgoing<'_>) {
        let Early { mailbox, hello, patience, came } = early;
        let (bus, channel) = (&self.room.bus, &self.room.channel);
        if hello.position.is_some_and(|position| bus.may_have(channel, position, came)) {
            if out.now() < patience {
                self.phase = Phase::Early(Box::new(Early { mailbox, hello, patience, came }));
                self.due = out.now() + LOOK;
                return;
            }
            if bus.ready().is_err() {
                return close(
                    out,
                    FULL,
                    "this server has not got the messages that you have: come back later",
                );
            }
        }
        let (client, session) = (names::of_client(hello.client), names::of_session(hello.session));
        let attached = self.room.channel.attach(&hello, client, session);
        let Attached { ticket, answers, cursor, welcome } = match attached {
            Ok(attached) => attached,
            Err(error) => return give_up(out, error),
        };
        self.count_lost(&welcome.lost);
        say(out, &write_server(&ServerMessage::Welcome(welcome)));
        let compresses = out.compresses();
        let name = hello.name.filter(|name| !name.is_empty());
        let (present, seen, notice) = self.room.come(client, name.as_deref(), compresses);
        let _ = out.send_shared(present.message());
        let place = self.room.channel.roster.enter(mailbox);
        let speaks = name.is_some() || hello.sent > 0 || answers != Answers::none(cursor.epoch());
        let name = name.unwrap_or_default();
        let voice = speaks.then(|| Box::new(Voice { sent: hello.sent, name, ..Voice::new(answers) }));
        self.phase = Phase::Inside(Joined { ticket, cursor, place, client, voice, seen, notice, compresses });
        self.go_on(out);
    }

    fn publish(&mut self, seq: u64, data: Vec<u8>, out: &mut Outgoing<'_>) {
        // Their number is bounded, and what became of those before is known as far back as they reach.
        self.answer(out);
        let Phase::Inside(joined) = &mut self.phase else { return };
        if let Err(error) = joined.voice().answers.take(seq) {
            return give_up(out, error);
        }
        let room = &*self.room;
        let refusal = joined.voice().objection(room, seq, &data, out.now());
        let taken = match refusal {
            Some((reason, error)) => room.channel.refuse(&joined.ticket, seq).map(|()| {
                joined.voice().answers.refuse(Refused { seq, reason, error });
            }),
            None => {
                let (client, name) = (joined.client, joined.voice().name.clone());
                let author = Author { client, session: joined.ticket.public, seq, name };
                let (connection, at) = (joined.ticket.connection, millis_since_1970());
                let post = Post { author, connection, at, data };
                room.channel.publish(&*room.bus, &joined.ticket, post)
            }
        };
        match taken {
            // What came before is answered when its fate is known.
            Ok(()) | Err(NotTaken::Again) => {}
            Err(error) => give_up(out, error),
        }
    }

    /// Tells what became of the client's messages.
    fn answer(&mut self, out: &mut Outgoing<'_>) {
        let Phase::Inside(Joined { ticket, voice: Some(voice), .. }) = &mut self.phase else { return };
        while voice.answers.are_due() && !out.is_closing() {
            let answer = match self.room.channel.answer(ticket, &mut voice.answers) {
                Ok(Some(answer)) => answer,
                Ok(None) => return,
                Err(error) => return give_up(out, error),
            };
            if let ServerMessage::Refused(Refused { reason, error, .. }) = &answer {
                voice.refused = voice.refused.saturating_add(1);
                self.room.counters.refused.inc();
                if voice.refused == 1 {
                    let (room, reason) = (&self.room.name, reason.as_str());
                    info!(peer = %self.client, %room, reason, error, "message refused");
                }
            }
            say(out, &write_server(&answer));
        }
    }

    /// Sends what there is and room for.
    fn go_on(&mut self, out: &mut Outgoing<'_>) {
        self.answer(out);
        let Phase::Inside(joined) = &mut self.phase else { return };
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
                    joined.voice.iter_mut().for_each(|voice| voice.answers.go_on_in(position.epoch));
                    count_lost(&self.room, &lost);
                }
            }
        }
        FRAMES.set(frames);
        if keeps {
            self.due = out.now() + GATHER;
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
        self.phase = Phase::Outside(Some(mailbox()));
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        self.go_on(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.go_on(out);
    }

    fn deadline(&self) -> Option<Time> {
        (self.due != NEVER).then_some(self.due)
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.due = NEVER;
        match std::mem::replace(&mut self.phase, Phase::Outside(None)) {
            Phase::Early(early) => self.hello(*early, out),
            phase => {
                self.phase = phase;
                self.room.tell_news();
                self.go_on(out);
            }
        }
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        let Phase::Inside(joined) = std::mem::replace(&mut self.phase, Phase::Outside(None)) else { return };
        if self.due != NEVER {
            self.room.tell_news();
        }
        self.room.channel.detach(&joined.ticket);
        let Joined { place, client, voice, compresses, .. } = joined;
        // It is off the roster before somebody is asked to tell the others.
        drop(place);
        let (name, refused) = voice.map_or((String::new(), 0), |voice| (voice.name, voice.refused));
        self.room.go(client, Some(name.as_str()).filter(|name| !name.is_empty()), compresses);
        if refused > 1 {
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

/// Ends a connection over which messages can't be taken.
fn give_up(out: &mut Outgoing<'_>, error: NotTaken) {
    let code = match error {
        NotTaken::Superseded => SUPERSEDED,
        NotTaken::Gap { .. } | NotTaken::Again | NotTaken::Missed => GAP,
        NotTaken::TooMany => MISUSED,
    };
    close(out, code, &error.to_string());
}

fn close(out: &mut Outgoing<'_>, code: u16, reason: &str) {
    let end = if code == MISUSED { End::LimitExceeded } else { End::Finished };
    // Refused only where it closes already.
    let _ = out.close(Some((CloseCode(code), cut_reason(reason))), end);
}

fn count_lost(room: &Room, lost: &[Lost]) {
    let lost: u64 = lost.iter().filter_map(|lost| Some(lost.to?.saturating_sub(lost.from) + 1)).sum();
    room.counters.lost.inc_by(lost);
}

fn millis_since_1970() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_is_small() {
        let size = size_of::<Visitor>();
        assert!(size <= 128, "{size}");
    }
}
