//! The log of a connection, kept up to date from what its link reports.

use std::collections::VecDeque;
use std::time::Duration;

use link::{Close, DropReason, Event, Message, MessageId, MessageIds, MessageRef, Phase, SendError, Why};
use workbench::entry::{Body, ConnectionId, Delivery, Direction, Draft, EntryId, Kind};
use workbench::export::jsonl::Journal;
use workbench::filter::Progress;
use workbench::import::{Import, ImportError};
use workbench::pairing::Pairing;
use workbench::store::{Limits, Store};
use workbench::time::Micros;

use super::address::{Origin, unreachable_causes};
use super::close;
use super::format::countdown;
use super::notice::Notice;
use crate::i18n::common::Common;
use crate::i18n::{fill, form, plural, texts};

/// The entries, the fate of sent messages, and the present notice.
#[derive(Debug)]
pub struct Log {
    connection: ConnectionId,
    store: Store,
    pairing: Pairing,
    /// Sent messages whose fate is open, oldest first.
    pending: VecDeque<(MessageId, EntryId)>,
    /// The latest heartbeat, until it is answered.
    beat: Option<EntryId>,
    /// Entries that changed after they were appended, since this was last taken.
    changed: Vec<EntryId>,
    /// Grows when the log is cleared.
    epoch: u64,
    journal: Journal,
    notice: Option<Notice>,
    address: String,
    page: Origin,
}

/// What an event of the link's does not say itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The browser believes that there is no network.
    pub offline: bool,
    /// A missed heartbeat is only reported, and the connection kept.
    pub reports_missed: bool,
}

impl Log {
    /// An empty log of a page from `page`.
    pub fn new(connection: ConnectionId, page: Origin) -> Log {
        Log {
            connection,
            store: Store::default(),
            pairing: Pairing::default(),
            pending: VecDeque::new(),
            beat: None,
            changed: Vec::new(),
            epoch: 0,
            journal: Journal::default(),
            notice: None,
            address: String::new(),
            page,
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

    /// The address last connected to.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// How often it was cleared.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Takes the list of entries that changed after they were appended.
    pub fn take_changed(&mut self) -> Vec<EntryId> {
        std::mem::take(&mut self.changed)
    }

    /// What has been added since this was last asked, as lines of a journal of about `max_bytes` at most.
    pub fn journal(&mut self, max_bytes: usize) -> Option<String> {
        self.journal.take(&self.store, max_bytes)
    }

    /// How much to keep.
    pub fn set_limits(&mut self, limits: Limits) {
        self.store.set_limits(limits);
    }

    /// The person wants to connect to an address that passed its checks.
    pub fn opening(&mut self, address: &str) {
        address.clone_into(&mut self.address);
        self.notice = None;
    }

    /// Shows a notice in place of the present one.
    pub fn notify(&mut self, notice: Notice) {
        self.notice = Some(notice);
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
        let entry = self.sent(now, message, Delivery::Queued, false);
        self.pending.push_back((id, entry));
    }

    /// The link did not take a message.
    pub fn refused(&mut self, error: &SendError) {
        self.notify(Notice::of_send_error(error, &texts().common));
    }

    /// One of the messages that begin each connection was handed to the socket.
    pub fn opening_sent(&mut self, now: Micros, message: MessageRef<'_>) {
        self.sent(now, message, Delivery::Sent, false);
    }

    /// A heartbeat was handed to the socket.
    pub fn heartbeat_sent(&mut self, now: Micros, message: MessageRef<'_>) {
        self.beat = Some(self.sent(now, message, Delivery::Sent, true));
    }

    /// The answer to a heartbeat came in.
    pub fn heartbeat_answered(&mut self, now: Micros, message: MessageRef<'_>) {
        let draft = Draft { heartbeat: true, ..Draft::received(now, self.connection, body(message)) };
        let answer = self.store.append(draft);
        if let Some(beat) = self.beat.take()
            && self.store.pair(beat, answer).is_some()
        {
            self.changed.push(beat);
        }
    }

    /// A message came in that is not the answer to a heartbeat.
    pub fn received(&mut self, now: Micros, message: MessageRef<'_>) {
        let id = self.store.append(Draft::received(now, self.connection, body(message)));
        if let Some(pair) = self.pairing.observe(&mut self.store, id) {
            self.changed.push(pair.request);
        }
    }

    /// The link reports an event.
    pub fn event(&mut self, now: Micros, event: &Event, around: Surroundings) {
        let t = &texts().common;
        match event {
            Event::Connected { took, attempt, .. } => {
                self.notice = None;
                let took = millis(*took);
                let text = if *attempt > 1 {
                    fill(t.log_connected_attempt, &[&self.address, &took, attempt])
                } else {
                    fill(t.log_connected, &[&self.address, &took])
                };
                self.describe(now, Kind::Connected, &text);
            }
            Event::Disconnected { why, close, open_for, .. } => {
                self.disconnected(now, *why, close, *open_for, around.offline, t);
            }
            Event::MessageSent { id, .. } => self.set_delivery(*id, Delivery::Sent),
            Event::MessagesConfirmed(ids) => self.settle(ids, None),
            Event::MessagesUnknown(ids) => {
                self.settle(ids, Some(Delivery::Unknown));
                self.describe(now, Kind::Note, &plural(form(t.log_unknown, ids.count), ids.count));
            }
            Event::MessageDropped { id, why } => {
                self.set_delivery(*id, Delivery::Dropped);
                self.pending.retain(|(pending, _)| pending != id);
                if *why == DropReason::Overflow {
                    self.describe(now, Kind::Error, t.log_overflow);
                }
            }
            // Where the link lets go of the connection, that is what the log says.
            Event::HeartbeatMissed { silent_for } if around.reports_missed => {
                let text = fill(t.log_heartbeat_missed, &[&countdown(millis(*silent_for))]);
                self.describe(now, Kind::Error, &text);
            }
            Event::PhaseChanged(Phase::Closed(last)) => {
                if let Some(notice) = Notice::of_final(*last, t) {
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

    fn sent(&mut self, now: Micros, message: MessageRef<'_>, delivery: Delivery, heartbeat: bool) -> EntryId {
        let draft = Draft { heartbeat, ..Draft::sent(now, self.connection, body(message), delivery) };
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
        offline: bool,
        t: &Common,
    ) {
        self.beat = None;
        let failure = match why {
            Why::ConnectFailed => {
                Some((t.could_not_connect, unreachable_causes(&self.address, &self.page, offline, t)))
            }
            Why::ConnectTimedOut => Some((t.no_answer, t.no_answer_why.to_owned())),
            Why::Refused => Some((t.browser_refused, refusal(&close.reason, t))),
            _ => None,
        };
        if let Some((title, sentence)) = failure {
            self.describe(now, Kind::Error, &fill(t.log_failed, &[&title, &self.address]));
            self.notify(Notice::new(title, sentence));
            return;
        }
        // A socket that never opened and did not fail was called off by the person or the page.
        let Some(open_for) = open_for else { return };
        let how = match why {
            Why::HeartbeatMissed => t.how_heartbeat,
            Why::ClosedByUser => t.how_by_user,
            Why::CloseTimedOut => t.how_close_timeout,
            Why::PageHidden => t.how_page_hidden,
            Why::Replaced => t.how_replaced,
            Why::TransportFailed => t.how_transport,
            Why::PeerClosed if close.code == 1006 => t.how_lost,
            _ => t.how_by_server,
        };
        let name = close::explain(close.code).name;
        let lasted = countdown(millis(open_for));
        let text = fill(t.log_closed, &[&code_and_reason(close), &name, &how, &lasted]);
        let draft = Draft::new(now, self.connection, Direction::Local, Kind::Disconnected, Body::Text(&text));
        let id = self.store.append(Draft { code: close.code, clean: close.was_clean, ..draft });
        self.pairing.observe(&mut self.store, id);
    }

    fn describe(&mut self, now: Micros, kind: Kind, text: &str) {
        self.store.append(Draft::local(now, self.connection, kind, text));
    }

    fn set_delivery(&mut self, id: MessageId, delivery: Delivery) {
        if let Ok(index) = self.pending.binary_search_by_key(&id, |(pending, _)| *pending) {
            let entry = self.pending[index].1;
            self.store.set_delivery(entry, delivery);
            self.journal.delivery_changed(entry);
            self.changed.push(entry);
        }
    }

    /// Ends the wait for the fate of a run of messages. Runs come in order, so they stand at the front.
    fn settle(&mut self, ids: &MessageIds, delivery: Option<Delivery>) {
        while let Some(&(id, entry)) = self.pending.front() {
            if id > ids.last {
                break;
            }
            if let Some(delivery) = delivery.filter(|_| ids.contains(id)) {
                self.store.set_delivery(entry, delivery);
                self.journal.delivery_changed(entry);
                self.changed.push(entry);
            }
            self.pending.pop_front();
        }
    }
}

/// `4001 why`, or only the code.
pub fn code_and_reason(close: &Close) -> String {
    if close.reason.is_empty() { close.code.to_string() } else { format!("{} {}", close.code, close.reason) }
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

fn refusal(reason: &str, t: &Common) -> String {
    let reason = reason.trim_end_matches('.');
    if reason.is_empty() { t.browser_silent.to_owned() } else { fill(t.browser_says, &[&reason]) }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
