//! The log of a connection, kept up to date from what its link reports.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use link::{Close, DropReason, Event, Message, MessageId, MessageIds, MessageRef, Phase, SendError, Why};
use protocol::relay::Opened;
use workbench::connection::{Connection, WATCH_PROTOCOL};
use workbench::entry::{
    Body, ConnectionId, Delivery, Draft, EntryId, Fact, Kind, Origin as Cause, What, Wire,
};
use workbench::export::jsonl::Journal;
use workbench::filter::Progress;
use workbench::import::{Import, ImportError, Lines};
use workbench::pairing::Pairing;
use workbench::store::{Limits, Store};
use workbench::time::Micros;

use super::address::Origin;
use super::diagnosis::{self, Facts};
use super::notice::{Matter, Notice};
use super::relayed::{self, Failure};

mod frames;
pub mod words;

/// The entries, the fate of sent messages, and the present notice.
#[derive(Debug)]
pub struct Log {
    /// The present connection, or the latest one.
    connection: ConnectionId,
    /// What each attempt to connect begins with.
    target: Connection,
    store: Store,
    pairing: Pairing,
    /// Sent messages whose fate is open, oldest first.
    pending: VecDeque<(MessageId, EntryId)>,
    /// The latest heartbeat, until it is answered.
    beat: Option<EntryId>,
    /// Entries that changed after they were appended, for the list.
    changed: Vec<EntryId>,
    /// Grows when the log is cleared.
    epoch: u64,
    journal: Journal,
    notice: Option<Notice>,
    page: Origin,
    /// Where the server tells what passes on another connection: what that was so far.
    watched: Option<Lines>,
}

/// What an event of the link's does not say itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// What is known of an attempt that failed.
    pub facts: Facts,
    /// A missed heartbeat is only reported, and the connection kept.
    pub reports_missed: bool,
    /// The subprotocol the server chose; empty if none.
    pub protocol: String,
    /// The extensions the server agreed to; empty if none.
    pub extensions: String,
    /// The whole handshake, where a relay has told it.
    pub opened: Option<Rc<Opened>>,
    /// Why the relay did not connect.
    pub failure: Option<Failure>,
}

impl Log {
    /// An empty log of a page from `page`.
    pub fn new(page: Origin) -> Log {
        Log {
            connection: ConnectionId::default(),
            target: Connection::default(),
            store: Store::default(),
            pairing: Pairing::default(),
            pending: VecDeque::new(),
            beat: None,
            changed: Vec::new(),
            epoch: 0,
            journal: Journal::default(),
            notice: None,
            page,
            watched: None,
        }
    }

    /// The entries.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What to show above the log.
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }

    /// Where the page came from.
    pub fn page(&self) -> &Origin {
        &self.page
    }

    /// The address last connected to, as it was written.
    pub fn address(&self) -> &str {
        &self.target.address
    }

    /// How often it was cleared.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Takes the list of entries that changed after they were appended.
    pub fn take_changed(&mut self) -> Vec<EntryId> {
        self.collect_changes();
        std::mem::take(&mut self.changed)
    }

    /// What has been added since this was last asked, as lines of a journal of about `max_bytes` at most.
    pub fn journal(&mut self, max_bytes: usize) -> Option<String> {
        self.collect_changes();
        self.journal.take(&self.store, max_bytes)
    }

    /// How much to keep.
    pub fn set_limits(&mut self, limits: Limits) {
        self.store.set_limits(limits);
    }

    /// The person wants to connect to an address that passed its checks: what is known of connections from now on,
    /// before they are tried.
    pub fn opening(&mut self, target: Connection) {
        self.target = target;
        self.notice = None;
    }

    /// Shows a notice in place of the present one.
    pub fn notify(&mut self, notice: Notice) {
        self.notice = Some(notice);
    }

    /// Shows a notice that can wait if there is none.
    pub fn offer(&mut self, notice: Notice) {
        self.notice.get_or_insert(notice);
    }

    /// Takes the notice away.
    pub fn dismiss(&mut self) {
        self.notice = None;
    }

    /// Empties the log. Messages still queued or unconfirmed are sent all the same, but no longer shown.
    pub fn clear(&mut self) {
        self.store.clear();
        self.pending.clear();
        self.changed.clear();
        self.beat = None;
        self.epoch += 1;
        self.journal = Journal::new(self.store.ids().start);
    }

    /// Reads on in a file, as long as `more` says so.
    ///
    /// # Errors
    /// The file makes no sense from here on.
    pub fn import(
        &mut self,
        import: &mut Import,
        more: impl FnMut() -> bool,
    ) -> Result<Progress, ImportError> {
        import.step_while(&mut self.store, more)
    }

    /// The link took a message of the person's.
    pub fn accepted(&mut self, now: Micros, id: MessageId, message: MessageRef<'_>) {
        let entry = self.sent(now, message, Delivery::Queued, Cause::Plain);
        self.pending.push_back((id, entry));
    }

    /// The link did not take a message.
    pub fn refused(&mut self, error: &SendError) {
        self.notify(Matter::NotSent(error.clone()).into());
    }

    /// Whether what comes in is what passes on another connection.
    pub fn watches(&self) -> bool {
        self.watched.is_some()
    }

    /// Something passed on the connection that is watched.
    pub fn passed(&mut self, lines: &str) {
        let Some(watched) = &mut self.watched else { return };
        let new = self.store.ids().end;
        if let Err(error) = watched.read(lines, &mut self.store) {
            self.notify(Matter::Unreadable(Some(error)).into());
        }
        for id in new..self.store.ids().end {
            self.pairing.observe(&mut self.store, id);
        }
    }

    /// One of the messages that begin each connection was handed to the socket.
    pub fn opening_sent(&mut self, now: Micros, message: MessageRef<'_>) {
        self.sent(now, message, Delivery::Sent, Cause::Opening);
    }

    /// An answer that a rule gave was handed to the socket.
    pub fn answer_sent(&mut self, now: Micros, message: MessageRef<'_>) {
        self.sent(now, message, Delivery::Sent, Cause::Answer);
    }

    /// A heartbeat was handed to the socket.
    pub fn heartbeat_sent(&mut self, now: Micros, message: MessageRef<'_>) {
        self.beat = Some(self.sent(now, message, Delivery::Sent, Cause::Heartbeat));
    }

    /// The answer to a heartbeat came in.
    pub fn heartbeat_answered(&mut self, now: Micros, message: MessageRef<'_>, wire: Option<&Wire>) {
        let draft = Draft::received(now, self.connection, body(message));
        let draft = Draft { origin: Cause::Heartbeat, wire, ..draft };
        let answer = self.store.append(draft);
        if let Some(beat) = self.beat.take() {
            self.store.pair(beat, answer);
        }
    }

    /// A message came in that is not the answer to a heartbeat; `wire` is how, where that is seen.
    pub fn received(&mut self, now: Micros, message: MessageRef<'_>, wire: Option<&Wire>) -> EntryId {
        let draft = Draft::received(now, self.connection, body(message));
        let id = self.store.append(Draft { wire, ..draft });
        self.pairing.observe(&mut self.store, id);
        id
    }

    /// The link reports an event.
    pub fn event(&mut self, now: Micros, event: &Event, around: Surroundings) {
        match event {
            Event::PhaseChanged(Phase::Connecting { .. }) => {
                self.connection = self.store.connect(Connection { began: now, ..self.target.clone() });
            }
            Event::Connected { took, attempt, .. } => {
                self.notice = None;
                self.watched = (around.protocol == WATCH_PROTOCOL).then(Lines::default);
                if let Some(connection) = self.store.connection_mut(self.connection) {
                    connection.opened = Some(now);
                    connection.protocol = around.protocol;
                    connection.extensions = around.extensions;
                    if let Some(opened) = &around.opened {
                        relayed::note(opened, connection);
                    }
                }
                let fact = Fact { what: What::Opened, millis: millis(*took), count: (*attempt).into() };
                let address = self.target.address.clone();
                self.note(now, Kind::Connected, fact, &address);
            }
            Event::Disconnected { why, close, open_for, .. } => {
                if let Some(connection) = self.store.connection_mut(self.connection) {
                    connection.ended = Some(now);
                    if let Some(failure) = &around.failure {
                        failure.note(connection);
                    }
                }
                self.disconnected(now, *why, close, *open_for, around);
            }
            Event::MessageSent { id, .. } => {
                if let Some(entry) = self.set_delivery(*id, Delivery::Sent) {
                    // It may have waited since before this connection.
                    self.store.set_connection(entry, self.connection);
                }
            }
            Event::MessagesConfirmed(ids) => self.settle(ids, None),
            Event::MessagesUnknown(ids) => {
                self.settle(ids, Some(Delivery::Unknown));
                let fact = Fact { count: ids.count, ..Fact::new(What::FateUnknown) };
                self.note(now, Kind::Note, fact, "");
            }
            Event::MessageDropped { id, why } => {
                let _ = self.set_delivery(*id, Delivery::Dropped);
                self.pending.retain(|(pending, _)| pending != id);
                if *why == DropReason::Overflow {
                    self.note(now, Kind::Error, Fact::new(What::Overflow), "");
                }
            }
            // Where the link lets go of the connection, that is what the log says.
            Event::HeartbeatMissed { silent_for } if around.reports_missed => {
                let fact = Fact { millis: millis(*silent_for), ..Fact::new(What::Silent) };
                self.note(now, Kind::Error, fact, "");
            }
            Event::PhaseChanged(Phase::Closed(last)) => {
                // A protocol that is offered is the advice, where its server does not wait for long.
                let is_advised =
                    self.notice.as_ref().is_some_and(|notice| matches!(notice.matter, Matter::Preset(_)));
                if let Some(notice) = Notice::of_final(*last).filter(|_| !is_advised) {
                    self.notify(notice);
                }
            }
            Event::PhaseChanged(_)
            | Event::TransportError { .. }
            | Event::OpeningSent { .. }
            | Event::HeartbeatSent { .. }
            | Event::HeartbeatAnswered { .. }
            | Event::HeartbeatLate
            | Event::HeartbeatMissed { .. }
            | Event::TimerLate { .. } => {}
        }
    }

    fn sent(&mut self, now: Micros, message: MessageRef<'_>, delivery: Delivery, origin: Cause) -> EntryId {
        let draft = Draft { origin, ..Draft::sent(now, self.connection, body(message), delivery) };
        let id = self.store.append(draft);
        self.pairing.observe(&mut self.store, id);
        id
    }

    fn disconnected(
        &mut self,
        now: Micros,
        why: Why,
        close: &Close,
        open_for: Option<Duration>,
        around: Surroundings,
    ) {
        self.beat = None;
        if let Some(failure) = around.failure {
            self.note(now, Kind::Error, Fact::new(What::Unrelayed), &failure.said);
            return self.notify(Matter::Unrelayed(failure).into());
        }
        let address = self.target.address.clone();
        let failure = match why {
            Why::ConnectFailed => {
                let causes = diagnosis::causes(self.target.target(), &self.page, &around.facts);
                Some((What::Unreachable, Matter::Unreachable(causes)))
            }
            Why::ConnectTimedOut => Some((What::NoAnswer, Matter::NoAnswer)),
            Why::Refused => Some((What::Refused, Matter::Refused(close.reason.clone()))),
            _ => None,
        };
        if let Some((what, matter)) = failure {
            let body = if what == What::Refused { &close.reason } else { &address };
            self.note(now, Kind::Error, Fact::new(what), body);
            self.notify(matter.into());
            return;
        }
        // A socket that never opened and did not fail was called off by the person or the page.
        let Some(open_for) = open_for else { return };
        let what = match why {
            Why::HeartbeatMissed => What::Unanswered,
            Why::ClosedByUser => What::ClosedHere,
            Why::CloseTimedOut => What::Unconfirmed,
            Why::PageHidden => What::PageLeft,
            Why::Replaced => What::Replaced,
            Why::TransportFailed => What::Broken,
            Why::PeerClosed if close.code == 1006 => What::Lost,
            _ => What::ClosedByServer,
        };
        let fact = Fact { millis: millis(open_for), ..Fact::new(what) };
        let draft = Draft::local(now, self.connection, Kind::Disconnected, &close.reason);
        let id = self.store.append(Draft { code: close.code, clean: close.was_clean, fact, ..draft });
        self.pairing.observe(&mut self.store, id);
    }

    fn note(&mut self, now: Micros, kind: Kind, fact: Fact, body: &str) {
        self.store.append(Draft { fact, ..Draft::local(now, self.connection, kind, body) });
    }

    /// What the store has changed, an import included, is news to the list and to the journal.
    fn collect_changes(&mut self) {
        for id in self.store.take_changed() {
            self.journal.changed(id);
            self.changed.push(id);
        }
    }

    fn set_delivery(&mut self, id: MessageId, delivery: Delivery) -> Option<EntryId> {
        let index = self.pending.binary_search_by_key(&id, |(pending, _)| *pending).ok()?;
        let entry = self.pending[index].1;
        self.store.set_delivery(entry, delivery);
        Some(entry)
    }

    /// Ends the wait for the fate of a run of messages. Runs come in order, so they stand at the front.
    fn settle(&mut self, ids: &MessageIds, delivery: Option<Delivery>) {
        while let Some(&(id, entry)) = self.pending.front() {
            if id > ids.last {
                break;
            }
            if let Some(delivery) = delivery.filter(|_| ids.contains(id)) {
                self.store.set_delivery(entry, delivery);
            }
            self.pending.pop_front();
        }
    }
}

/// A message of the link's as the content of an entry.
pub fn body(message: MessageRef<'_>) -> Body<'_> {
    match message {
        MessageRef::Text(text) => Body::Text(text),
        MessageRef::Binary(bytes) => Body::Binary(bytes),
    }
}

/// A message of the link's from the content of an entry.
pub fn message(body: Body<'_>) -> Message {
    match body {
        Body::Text(text) => Message::Text(text.to_owned()),
        Body::Binary(bytes) => Message::Binary(bytes.to_vec()),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
