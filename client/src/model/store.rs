//! What a session shows, kept up to date from what the link reports.

use std::collections::VecDeque;
use std::time::Duration;

use link::{Close, DropReason, Event, Final, Message, MessageId, MessageIds, Phase, SendError, Why};

use super::address::{Origin, Problem, unreachable_causes};
use super::close;
use super::format::{countdown, plural, size};
use super::journal::{Body, Delivery, Entry, Journal, Kind};

/// Something the person should know or decide, shown above the log until it no longer holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is the matter, in a few words.
    pub title: String,
    /// Why, and what to do about it.
    pub sentence: String,
    /// An address to offer instead.
    pub suggestion: Option<String>,
}

/// The log, the fate of sent messages, and the present notice.
#[derive(Debug)]
pub struct Store {
    journal: Journal,
    /// Sent messages whose fate is open, oldest first, with their positions in the journal.
    pending: VecDeque<(MessageId, usize)>,
    notice: Option<Notice>,
    address: String,
    page: Origin,
}

impl From<Message> for Body {
    fn from(message: Message) -> Body {
        match message {
            Message::Text(text) => Body::Text(text.into()),
            Message::Binary(bytes) => Body::Binary(bytes.into()),
        }
    }
}

impl From<Problem> for Notice {
    fn from(problem: Problem) -> Notice {
        Notice {
            title: "This address cannot be connected to".to_owned(),
            sentence: problem.sentence,
            suggestion: problem.suggestion,
        }
    }
}

impl Store {
    /// An empty store of a page from `page`.
    pub fn new(page: Origin) -> Store {
        Store {
            journal: Journal::default(),
            pending: VecDeque::new(),
            notice: None,
            address: String::new(),
            page,
        }
    }

    /// The log.
    pub fn journal(&self) -> &Journal {
        &self.journal
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
        self.journal.clear();
        self.pending.clear();
    }

    /// The link took a message of the person's.
    pub fn accepted(&mut self, local_millis: u64, id: MessageId, message: Message) {
        let entry = Entry {
            local_millis,
            kind: Kind::Sent,
            body: message.into(),
            delivery: Some(Delivery::Queued),
            close_code: None,
        };
        let position = self.journal.push(entry);
        self.pending.push_back((id, position));
    }

    /// The link did not take a message.
    pub fn refused(&mut self, error: &SendError) {
        let (title, sentence) = match error {
            SendError::Closed => {
                ("Not connected", "Connect first. The message is still in the composer.".to_owned())
            }
            SendError::Full { messages, bytes } => (
                "The queue is full",
                format!(
                    "{} ({}) wait for a connection already. The message is still in the composer.",
                    plural(*messages as u64, "message"),
                    size(*bytes as u64)
                ),
            ),
            SendError::TooLarge { size: bytes, limit } => (
                "The message is too large",
                format!("It has {}, and at most {} are sent.", size(*bytes as u64), size(*limit as u64)),
            ),
        };
        self.notify(Notice { title: title.to_owned(), sentence, suggestion: None });
    }

    /// A message came in that is not the answer to a heartbeat.
    pub fn received(&mut self, local_millis: u64, message: Message) {
        self.journal.push(Entry {
            local_millis,
            kind: Kind::Response,
            body: message.into(),
            delivery: None,
            close_code: None,
        });
    }

    /// The link reports an event. `offline` is the browser's own idea of the network.
    pub fn event(&mut self, local_millis: u64, event: &Event, offline: bool) {
        match event {
            Event::Connected { took, attempt, .. } => {
                self.notice = None;
                let nth = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
                let text = format!("{} in {} ms{nth}", self.address, took.as_millis());
                self.describe(local_millis, Kind::Connected, text);
            }
            Event::Disconnected { why, close, open_for, .. } => {
                self.disconnected(local_millis, *why, close, *open_for, offline);
            }
            Event::MessageSent { id, .. } => self.set_delivery(*id, Delivery::Sent),
            Event::MessagesConfirmed(ids) => self.settle(ids, None),
            Event::MessagesUnknown(ids) => {
                self.settle(ids, Some(Delivery::Unknown));
                let was = if ids.count == 1 { "was" } else { "were" };
                let text = format!(
                    "{} {was} sent, but nothing shows whether the server got {}",
                    plural(ids.count, "message"),
                    if ids.count == 1 { "it" } else { "them" }
                );
                self.describe(local_millis, Kind::Note, text);
            }
            Event::MessageDropped { id, why } => {
                self.set_delivery(*id, Delivery::Lost);
                self.pending.retain(|(pending, _)| pending != id);
                if *why == DropReason::Overflow {
                    let text = "The queue was full: its oldest message was dropped".to_owned();
                    self.describe(local_millis, Kind::Error, text);
                }
            }
            Event::PhaseChanged(Phase::Closed(last)) => self.closed(*last),
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

    fn disconnected(
        &mut self,
        local_millis: u64,
        why: Why,
        close: &Close,
        open_for: Option<Duration>,
        offline: bool,
    ) {
        let failure = match why {
            Why::ConnectFailed => {
                Some(("Could not connect", unreachable_causes(&self.address, &self.page, offline)))
            }
            Why::ConnectTimedOut => Some((
                "The server did not answer in time",
                "Nothing came back, neither an answer nor a refusal. Likely a wrong host or a firewall that drops \
                 packets in silence."
                    .to_owned(),
            )),
            Why::Refused => Some(("The browser refused to connect", refusal(&close.reason))),
            _ => None,
        };
        if let Some((title, sentence)) = failure {
            self.describe(local_millis, Kind::Error, format!("{title} to {}", self.address));
            self.notify(Notice { title: title.to_owned(), sentence, suggestion: None });
            return;
        }
        // A socket that never opened and did not fail was called off by the person or the page.
        let Some(open_for) = open_for else { return };
        let lasted = countdown(u64::try_from(open_for.as_millis()).unwrap_or(u64::MAX));
        let how = match why {
            Why::HeartbeatMissed => "the heartbeat went unanswered",
            Why::ClosedByUser => "closed from here",
            Why::CloseTimedOut => "closed from here, the server never confirmed",
            Why::PageHidden => "the page was left",
            Why::Replaced => "replaced by a new connection",
            Why::TransportFailed => "the connection failed",
            Why::PeerClosed if close.code == 1006 => "the connection was lost",
            _ => "closed by the server",
        };
        let text = format!(
            "{} · {} · {how}, open for {lasted}",
            code_and_reason(close),
            close::explain(close.code).name
        );
        let kind = Kind::Disconnected;
        let body = Body::Text(text.into());
        self.journal.push(Entry { local_millis, kind, body, delivery: None, close_code: Some(close.code) });
    }

    fn closed(&mut self, last: Final) {
        let (title, sentence) = match last {
            Final::StopCode(code) => (
                format!("The server closed the connection with {code}"),
                format!(
                    "{} Heartwire does not reconnect by itself after this code.",
                    close::explain(code).sentence
                ),
            ),
            Final::AttemptsExhausted => {
                ("Gave up reconnecting".to_owned(), "As many attempts as allowed came to nothing.".to_owned())
            }
            // The person's own doing, or explained already by the event before.
            Final::ByUser | Final::ReconnectOff | Final::Refused => return,
        };
        self.notify(Notice { title, sentence, suggestion: None });
    }

    fn describe(&mut self, local_millis: u64, kind: Kind, text: String) {
        self.journal.push(Entry {
            local_millis,
            kind,
            body: Body::Text(text.into()),
            delivery: None,
            close_code: None,
        });
    }

    fn set_delivery(&mut self, id: MessageId, delivery: Delivery) {
        if let Ok(index) = self.pending.binary_search_by_key(&id, |(pending, _)| *pending) {
            self.journal.set_delivery(self.pending[index].1, delivery);
        }
    }

    /// Ends the wait for the fate of a run of messages. Runs come in order, so they stand at the front.
    fn settle(&mut self, ids: &MessageIds, delivery: Option<Delivery>) {
        while let Some(&(id, position)) = self.pending.front() {
            if id > ids.last {
                break;
            }
            if let Some(delivery) = delivery.filter(|_| ids.contains(id)) {
                self.journal.set_delivery(position, delivery);
            }
            self.pending.pop_front();
        }
    }
}

/// `4001 why`, or only the code.
pub fn code_and_reason(close: &Close) -> String {
    if close.reason.is_empty() { close.code.to_string() } else { format!("{} {}", close.code, close.reason) }
}

fn refusal(reason: &str) -> String {
    let reason = reason.trim_end_matches('.');
    if reason.is_empty() {
        return "It gave no reason. Check the address.".to_owned();
    }
    format!("It says: {reason}.")
}

#[cfg(test)]
mod tests;
