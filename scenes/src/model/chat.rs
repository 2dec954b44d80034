//! A room as one of those in it sees it: what was said, what of one's own is on its way, who is there.

mod line;
mod notice;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use link::{Message, MessageRef};
use protocol::room::Member;
use protocol::session::{
    Client, ClientConfig, ClientId, ClientMessage, Event, Lost, Output, Public, Reason, ServerMessage,
    SessionId, json,
};

pub use self::line::{Line, Mark, Pending, Said};
use self::notice::Notice;
use super::recovery::Tally;
use super::talk::{Does, Talk};

/// So many lines are kept.
pub const MOST_LINES: usize = 1000;
/// So many are asked for at once.
const PAGE: usize = 50;
/// Somebody is no longer about to say something after so long.
const TYPING: Duration = Duration::from_secs(5);
/// Others are told so often that somebody is.
const TYPING_AGAIN: Duration = Duration::from_secs(2);

/// A room.
#[derive(Debug)]
pub struct Chat {
    session: Client,
    /// What others see of this client.
    you: Option<Public>,
    name: String,
    lines: VecDeque<Line>,
    pending: VecDeque<Pending>,
    members: Vec<Member>,
    here: usize,
    typing: Vec<(Member, Duration)>,
    told_typing: Option<Duration>,
    /// What is said beside the session.
    out: VecDeque<String>,
    earlier: Earlier,
    /// Counts epochs: offsets begin anew in each.
    epoch: u32,
    /// Messages up to this offset were missed.
    missed_to: u64,
    offset: u64,
    head: u64,
    /// Messages up to this number were sent, over any connection.
    sent: u64,
    is_live: bool,
    has_ended: bool,
    has_been_live: bool,
    tally: Tally,
    error: Option<String>,
}

/// What was said before the first line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earlier {
    /// There may be more.
    More,
    /// It is on its way.
    Coming,
    /// There is none, or none that can be had.
    None,
}

impl Chat {
    /// Somebody who comes to a room. Both ids are random bits, drawn for this visit.
    pub fn new(client: u128, session: u128, name: &str) -> Chat {
        let mut config = ClientConfig::new(ClientId(client), SessionId(session));
        config.name = Some(name.to_owned()).filter(|name| !name.is_empty());
        Chat {
            session: Client::new(config),
            you: None,
            name: name.to_owned(),
            lines: VecDeque::new(),
            pending: VecDeque::new(),
            members: Vec::new(),
            here: 0,
            typing: Vec::new(),
            told_typing: None,
            out: VecDeque::new(),
            earlier: Earlier::None,
            epoch: 0,
            missed_to: 0,
            offset: 0,
            head: 0,
            sent: 0,
            is_live: false,
            has_ended: false,
            has_been_live: false,
            tally: Tally::default(),
            error: None,
        }
    }

    /// What was said, in the order of the channel.
    pub fn lines(&self) -> &VecDeque<Line> {
        &self.lines
    }

    /// One's own messages that have not come back from the channel, in their order.
    pub fn pending(&self) -> impl Iterator<Item = &Pending> {
        self.pending.iter()
    }

    /// Those with a name, and how many are there in all.
    pub fn present(&self) -> (&[Member], usize) {
        (&self.members, self.here)
    }

    /// Whether this is oneself.
    pub fn is_own(&self, member: &Member) -> bool {
        self.you == Some(member.client)
    }

    /// The names of those who are about to say something.
    pub fn typing(&self) -> impl Iterator<Item = &str> {
        self.typing.iter().map(|(member, _)| member.name.as_str())
    }

    /// Whether there is more before the first line.
    pub fn earlier(&self) -> Earlier {
        if self.lines.len() >= MOST_LINES || !self.is_live { Earlier::None } else { self.earlier }
    }

    /// Whether the session goes on elsewhere, so that this one has to begin anew.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// What the server had against something, until something else is said.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }

    /// How one is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says something. False where too much waits already: then nothing was taken.
    pub fn say(&mut self, text: &str, now: Duration) -> bool {
        let data = format!("{{\"text\":{}}}", workbench::json::quote(text));
        let Ok(seq) = self.session.publish(data.into_bytes()) else { return false };
        self.pending.push_back(Pending { seq, text: text.to_owned(), mark: Mark::Queued, said: now });
        (self.told_typing, self.error) = (None, None);
        true
    }

    /// Says again what may not have arrived, or was refused.
    pub fn say_again(&mut self, seq: u64, now: Duration) {
        if let Some(pending) = self.forget(seq) {
            self.say(&pending.text, now);
        }
    }

    /// No longer shows what may not have arrived, or was refused.
    pub fn forget(&mut self, seq: u64) -> Option<Pending> {
        let place = self.pending.iter().position(|pending| pending.seq == seq && pending.mark.is_open())?;
        self.pending.remove(place)
    }

    /// Is called something else from here on; nothing is without a name.
    pub fn rename(&mut self, name: &str) {
        name.clone_into(&mut self.name);
        if self.is_live {
            self.tell_name();
        }
    }

    /// Is about to say something.
    pub fn types(&mut self, now: Duration) {
        let again = self.told_typing.is_none_or(|told| now.saturating_sub(told) >= TYPING_AGAIN);
        if self.is_live && again {
            self.told_typing = Some(now);
            self.out.push_back(notice::TYPING.to_owned());
        }
    }

    /// Asks for what was said before the first line.
    pub fn ask_for_earlier(&mut self) {
        if self.earlier() == Earlier::More
            && let Some(first) = self.first()
        {
            self.earlier = Earlier::Coming;
            self.out.push_back(notice::history(first, PAGE.min(MOST_LINES - self.lines.len())));
        }
    }

    /// The offset of the first line of the present epoch.
    fn first(&self) -> Option<u64> {
        self.lines.iter().find_map(|line| match line {
            Line::Said(said) if said.epoch == self.epoch => Some(said.offset),
            _ => None,
        })
    }

    fn tell_name(&mut self) {
        self.out.push_back(notice::name(&self.name));
    }

    fn take_events(&mut self) {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Welcomed { position, head } => {
                    self.is_live = true;
                    self.missed_to = if self.has_been_live { head } else { 0 };
                    (self.offset, self.head) = (position.offset, head);
                    if !self.has_been_live && position.offset > 0 {
                        self.earlier = Earlier::More;
                    }
                    // What the hello said may be long ago.
                    if self.has_been_live {
                        self.tell_name();
                    }
                    if self.earlier == Earlier::Coming {
                        self.earlier = Earlier::More;
                    }
                    self.has_been_live = true;
                }
                Event::Message { message, own } => {
                    self.offset = message.offset;
                    if message.offset <= self.missed_to {
                        self.tally.replayed += 1;
                    }
                    if let Some(author) = &message.author {
                        self.typing.retain(|(member, _)| member.client != author.client);
                    }
                    if let Some(seq) = own {
                        self.pending.retain(|pending| pending.seq != seq);
                    }
                    let is_replayed = message.offset <= self.missed_to;
                    let mut said = Said::of(message, self.epoch);
                    let is_you = self.you.is_some() && said.by == self.you;
                    (said.is_own, said.is_replayed) = (is_you, is_replayed);
                    self.put(Line::Said(Rc::new(said)));
                }
                Event::Lost(Lost { from, to, .. }) => {
                    let count = to.map(|to| to - from + 1);
                    self.tally.lost += count.unwrap_or(1);
                    if to.is_none() {
                        self.epoch += 1;
                        self.earlier = Earlier::None;
                    }
                    self.put(Line::Gap(self.tally.lost, count));
                }
                Event::Published(seq) => self.mark(seq, Mark::Delivered),
                Event::Unknown(seq) => {
                    self.tally.unknown += 1;
                    self.mark(seq, Mark::Unknown);
                }
                Event::Refused(refused) => {
                    let is_final = matches!(refused.reason, Reason::Size | Reason::Invalid);
                    self.mark(refused.seq, if is_final { Mark::Refused } else { Mark::TooFast });
                    self.error = Some(refused.error);
                }
                Event::NotSent(seq) => self.mark(seq, Mark::Unknown),
                Event::Error(error) => self.error = Some(error),
                Event::Ended => self.has_ended = true,
            }
        }
    }

    fn mark(&mut self, seq: u64, mark: Mark) {
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.seq == seq) {
            pending.mark = mark;
        }
    }

    fn put(&mut self, line: Line) {
        if self.lines.len() >= MOST_LINES {
            self.lines.pop_front();
            self.earlier = if self.epoch == 0 { Earlier::More } else { self.earlier };
        }
        self.lines.push_back(line);
    }

    fn take_notice(&mut self, notice: Notice, now: Duration) {
        match notice {
            Notice::Present { members, here } => (self.members, self.here) = (members, here),
            Notice::Presence { joined, left, here } => {
                let is_gone = |client: Public| {
                    left.contains(&client) || joined.iter().any(|member| member.client == client)
                };
                self.members.retain(|member| !is_gone(member.client));
                self.typing.retain(|(member, _)| !left.contains(&member.client));
                self.members.extend(joined);
                self.members.sort_unstable_by_key(|member| member.client);
                self.here = here;
            }
            Notice::Typing(member) if self.you != Some(member.client) => {
                self.typing.retain(|(known, _)| known.client != member.client);
                self.typing.push((member, now + TYPING));
            }
            Notice::Typing(_) => {}
            Notice::History { messages, first } => {
                let oldest = self.first();
                let new =
                    messages.into_iter().filter(|message| oldest.is_none_or(|known| message.offset < known));
                for message in new.collect::<Vec<_>>().into_iter().rev() {
                    let mut said = Said::of(message, self.epoch);
                    said.is_own = self.you.is_some() && said.by == self.you;
                    self.lines.push_front(Line::Said(Rc::new(said)));
                }
                let has_more = self.first().is_some_and(|known| known > first);
                self.earlier = if has_more { Earlier::More } else { Earlier::None };
            }
        }
    }
}

impl Talk for Chat {
    fn opened(&mut self, _: Duration) {
        self.session.handle_open();
    }

    fn closed(&mut self, code: u16) {
        self.is_live = false;
        self.session.handle_closed(Some(code));
        self.typing.clear();
        self.out.clear();
        self.told_typing = None;
        // They go over the next connection, unless the server has them.
        for pending in self.pending.iter_mut().filter(|pending| pending.mark == Mark::Sent) {
            pending.mark = Mark::Queued;
        }
        self.take_events();
    }

    fn received(&mut self, message: MessageRef<'_>, now: Duration) {
        let MessageRef::Text(text) = message else { return };
        match json::read_server(text) {
            Ok(message) => {
                if let ServerMessage::Welcome(welcome) = &message {
                    self.you = Some(welcome.client);
                }
                self.session.handle_message(message, now);
                self.take_events();
            }
            // Of the room, or of a later version.
            Err(_) => {
                if let Some(notice) = Notice::read(text) {
                    self.take_notice(notice, now);
                }
            }
        }
    }

    fn timeout(&mut self, now: Duration) {
        self.session.handle_timeout(now);
        self.typing.retain(|(_, until)| *until > now);
        self.take_events();
    }

    fn poll(&mut self, now: Duration) -> Option<Does> {
        let text = match self.session.poll_output(now) {
            Some(Output::Close(code, reason)) => return Some(Does::Close(code, reason)),
            Some(Output::Send(message)) => {
                if let ClientMessage::Publish { seq, .. } = message {
                    let waited = self.pending.iter().any(|pending| {
                        pending.seq == seq && pending.mark == Mark::Queued && pending.said < now
                    });
                    self.mark(seq, Mark::Sent);
                    if seq <= self.sent || waited {
                        self.tally.resent += 1;
                    }
                    self.sent = self.sent.max(seq);
                }
                json::write_client(&message)
            }
            None => self.out.pop_front().filter(|_| self.is_live)?,
        };
        Some(Does::Send(Message::Text(text)))
    }

    fn next_timeout(&self) -> Option<Duration> {
        let typing = self.typing.iter().map(|(_, until)| *until).min();
        self.session.next_timeout().into_iter().chain(typing).min()
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn is_caught_up(&self) -> bool {
        let waits = |pending: &Pending| matches!(pending.mark, Mark::Queued | Mark::Sent);
        self.is_live && self.offset >= self.head && !self.pending.iter().any(waits)
    }
}
