use workbench::connection::Connection;
use workbench::entry::{Body, ConnectionId, Delivery, Direction, Entry, EntryId, Kind, Origin, What};
use workbench::import::{Import, ImportError, Report};
use workbench::store::{Limits, Store};
use workbench::time::Micros;

/// A close code that never stands in a Close: the connection broke (RFC 6455 §7.4.1).
const ABNORMAL: u16 = 1006;
const TLS_FAILED: u16 = 1015;
/// Entries that are read at a time.
const STEP: usize = 1 << 16;
/// Stands for a Close without a code.
const NO_STATUS: u16 = 1005;

/// What a file holds, ready to be played back by any number of connections.
#[derive(Debug)]
pub struct Recording {
    store: Store,
    conversations: Vec<Conversation>,
    report: Report,
}

/// What was said on one connection.
#[derive(Debug)]
pub struct Conversation {
    connection: Connection,
    opened: Micros,
    steps: Vec<(Step, EntryId)>,
    messages: usize,
}

/// Something of a conversation that has to be done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The client said this.
    Client,
    /// The server said this.
    Server,
    /// The server pinged.
    Ping,
    /// The server closed. Nothing follows.
    ServerCloses,
    /// The client closed. Nothing follows.
    ClientCloses,
    /// The connection broke. Nothing follows.
    Cut,
}

/// Why a file can't be played back. The text says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// Not UTF-8.
    #[error("line {line} is not UTF-8 text: record it again, or repair that line")]
    NotText {
        /// From 1.
        line: usize,
    },
    /// Not a file of a known format, or one that breaks off where nothing can be made of it.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// No line of it makes sense.
    #[error("there is nothing to replay in it ({first}): record it again")]
    Damaged {
        /// What is wrong with the first line that makes no sense.
        first: ImportError,
    },
    /// No connection that opened is in it.
    #[error(
        "there is no connection in it that opened: record one with `heartwire record`, export one from the page, or a HAR \
         file with WebSocket messages from a browser or proxy"
    )]
    Empty,
}

impl Recording {
    /// Reads a file: JSON Lines as Heartwire writes it, CSV, or HAR. Lines that make no sense are left out, see
    /// [`problems`](Self::problems); a last line that is not whole is one of them.
    ///
    /// # Errors
    /// [`RecordingError`].
    pub fn read(file: Vec<u8>) -> Result<Recording, RecordingError> {
        let mut import = Import::new(text_of(file)?);
        let mut store = Store::new(Limits { entries: usize::MAX, bytes: usize::MAX });
        while !import.step(&mut store, STEP)?.done {}
        let report = import.report().clone();
        let mut conversations: Vec<Conversation> =
            store.connections().map(|connection| Conversation::new(connection.clone())).collect();
        let mut nobodys = Conversation::new(Connection::default());
        for entry in store.range(store.ids()) {
            let found = conversations.binary_search_by_key(&entry.connection, |known| known.connection.id);
            match found {
                Ok(at) => conversations[at].add(&entry),
                Err(_) if entry.connection == ConnectionId(0) => nobodys.add(&entry),
                Err(_) => {}
            }
        }
        conversations.retain(|known| known.messages > 0 || known.connection.opened.is_some());
        // A browser's HAR lists sockets on which nothing was said, too: somebody who asks for the first means another.
        if conversations.iter().any(|known| !known.steps.is_empty()) {
            conversations.retain(|known| !known.steps.is_empty());
        }
        if conversations.is_empty() && !nobodys.steps.is_empty() {
            conversations.push(nobodys);
        }
        match report.problems.first() {
            _ if !conversations.is_empty() => Ok(Recording { store, conversations, report }),
            Some(first) if report.entries == 0 => Err(RecordingError::Damaged { first: first.clone() }),
            _ => Err(RecordingError::Empty),
        }
    }

    /// Its connections, in the order in which they began. There is at least one.
    #[must_use]
    pub fn conversations(&self) -> &[Conversation] {
        &self.conversations
    }

    /// Lines that were left out, the first of them with what is wrong.
    #[must_use]
    pub fn problems(&self) -> (u64, &[ImportError]) {
        (self.report.skipped, &self.report.problems)
    }

    /// Bytes that it holds in memory, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let steps: usize = self.conversations.iter().map(|known| known.steps.len()).sum();
        self.store.bytes() + steps * size_of::<(Step, EntryId)>()
    }

    pub(super) fn entry(&self, id: EntryId) -> Option<Entry<'_>> {
        self.store.get(id)
    }
}

impl Conversation {
    fn new(connection: Connection) -> Conversation {
        Conversation { connection, opened: Micros(0), steps: Vec::new(), messages: 0 }
    }

    fn add(&mut self, entry: &Entry<'_>) {
        // What follows an end is its echo.
        if matches!(self.steps.last(), Some((Step::ServerCloses | Step::ClientCloses | Step::Cut, _))) {
            return;
        }
        let Some(step) = step_of(entry) else { return };
        if self.steps.is_empty() {
            self.opened = self.connection.opened.map_or(entry.time, |opened| opened.min(entry.time));
        }
        self.messages += usize::from(matches!(step, Step::Client | Step::Server));
        self.steps.push((step, entry.id));
    }

    /// What is known of the connection.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Messages in both directions.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.messages
    }

    /// When it opened.
    pub(super) fn opened(&self) -> Micros {
        self.opened
    }

    pub(super) fn steps(&self) -> &[(Step, EntryId)] {
        &self.steps
    }

    /// The subprotocol to choose among those that a client offers: what the recorded server chose, or any where nothing is
    /// known of that.
    #[must_use]
    pub fn choose_protocol(&self, offered: &[String]) -> Option<String> {
        let Connection { protocol, offered: recorded, .. } = &self.connection;
        match protocol.as_str() {
            "" if recorded.is_empty() => offered.first().cloned(),
            "" => None,
            chosen => offered.iter().find(|name| *name == chosen).cloned(),
        }
    }
}

/// What has to be done again of it. The page's heartbeats, which another client has no reason to send, have not.
fn step_of(entry: &Entry<'_>) -> Option<Step> {
    let never_left = matches!(entry.delivery, Some(Delivery::Queued | Delivery::Dropped));
    match (entry.kind, entry.direction) {
        _ if entry.origin == Origin::Heartbeat || never_left => None,
        (Kind::Message, Direction::In) => Some(Step::Server),
        (Kind::Message, Direction::Out) => Some(Step::Client),
        (Kind::Ping, Direction::In) => Some(Step::Ping),
        (Kind::Disconnected, direction) => Some(match (entry.fact.what, direction) {
            (What::Lost | What::Broken | What::Unanswered, _) => Step::Cut,
            (_, Direction::Out)
            | (What::ClosedHere | What::Unconfirmed | What::PageLeft | What::Replaced, _) => {
                Step::ClientCloses
            }
            _ if matches!(entry.code, ABNORMAL | TLS_FAILED) => Step::Cut,
            _ => Step::ServerCloses,
        }),
        _ => None,
    }
}

/// Code and reason of a Close; `None`: it had none.
pub(super) fn status_of<'e>(entry: &Entry<'e>) -> Option<(u16, &'e str)> {
    let reason = match entry.body {
        Body::Text(text) => text,
        Body::Binary(_) => "",
    };
    (entry.code != 0 && entry.code != NO_STATUS).then_some((entry.code, reason))
}

/// A file that breaks off within a character lacks no more than the line that it breaks off in.
fn text_of(file: Vec<u8>) -> Result<String, RecordingError> {
    String::from_utf8(file).or_else(|error| {
        let fault = error.utf8_error();
        let mut bytes = error.into_bytes();
        if fault.error_len().is_some() {
            let line = 1 + bytes[..fault.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            return Err(RecordingError::NotText { line });
        }
        bytes.truncate(fault.valid_up_to());
        Ok(String::from_utf8(bytes).unwrap_or_default())
    })
}
