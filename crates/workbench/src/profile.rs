//! Connections that a person keeps: where to, and how.
//!
//! A [`Profile`] is plain data. It travels as JSON in three ways: in the browser's storage and in a file (a
//! [`Book`]), and in a link ([`Profile::to_link`]), which never carries a secret. Members that are missing have
//! their defaults and unknown ones are left alone by the reader, so that files of other versions can be read.

mod book;
mod codes;
mod json;
mod relay;
mod secrets;
#[cfg(test)]
mod tests;

use std::ops::RangeInclusive;

use thiserror::Error;

pub use self::book::{Book, Conflict, Merge, Part, Plan, RenameError};
pub use self::codes::{CodesError, format_codes, parse_codes};
pub use self::relay::{HeaderError, Need, Relay, format_headers, parse_headers};
pub use self::secrets::Shared;
use crate::answers::Rule;
use crate::connection::TransportKind;
use crate::draft::Draft;
use crate::json::JsonError;
use crate::library::Library;
use crate::template::Template;

/// The version of the format that is written. Only a change that older readers would misunderstand raises it.
pub const VERSION: u64 = 1;

/// What begins a link's fragment.
pub const LINK_PREFIX: &str = "#p=";

/// Shortest delay, interval or deadline, in milliseconds.
pub const MIN_MILLIS: u64 = 10;

/// Longest delay, interval or deadline, in milliseconds: a day.
pub const MAX_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// A connection under a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// What it is called; unique within its group.
    pub name: String,
    /// The group; empty for none.
    pub group: String,
    /// The address as written, perhaps with placeholders.
    pub url: String,
    /// Subprotocols to offer, the preferred one first.
    pub protocols: Vec<String>,
    /// How to keep the connection.
    pub options: Options,
    /// The person's placeholders.
    pub variables: Vec<Variable>,
    /// Messages that belong to it.
    pub messages: Library,
}

/// How to keep a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Is anybody still there?
    pub heartbeat: Heartbeat,
    /// What to do when a connection ends.
    pub reconnect: Reconnect,
    /// Messages sent first on every new connection, in order. Default none.
    pub opening: Vec<Draft>,
    /// What is answered by rule, at most [`MAX_RULES`](crate::answers::MAX_RULES). Default nothing.
    pub answers: Vec<Rule>,
    /// What carries the messages. Default the browser's WebSocket.
    pub transport: TransportKind,
    /// What only a relay can do for it.
    pub relay: Relay,
}

/// Whether something is done that is right for some servers and wrong for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// Decided for each address when it is connected to.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl Switch {
    /// Whether it is done where `auto` is what suits the address.
    #[must_use]
    pub fn is_on(self, auto: bool) -> bool {
        match self {
            Switch::Auto => auto,
            Switch::On => true,
            Switch::Off => false,
        }
    }
}

impl From<bool> for Switch {
    fn from(on: bool) -> Switch {
        if on { Switch::On } else { Switch::Off }
    }
}

/// The heartbeat, a message like any other: no browser lets a page send pings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Whether there is one. By itself it is on at the page's own echo, which answers it, and off at other servers,
    /// which would only see a message that they do not expect.
    pub enabled: Switch,
    /// What is sent; `{token}` in a text differs each time. Default `heartwire-ping {token}`.
    pub payload: Draft,
    /// What counts as its answer. Default [`Answer::Echo`].
    pub answer: Answer,
    /// Milliseconds of silence before one is sent, [`MIN_MILLIS`] to [`MAX_MILLIS`]. Default 20,000.
    pub interval_millis: u64,
    /// Milliseconds the answer may take, [`MIN_MILLIS`] to [`MAX_MILLIS`]. Default 10,000.
    pub deadline_millis: u64,
    /// Whether to send one every interval even while messages come in. Default off.
    pub even_when_busy: bool,
    /// Whether a missed deadline ends the connection; otherwise it is only reported. Default on.
    pub reconnect_when_missed: bool,
}

/// What counts as the answer to a heartbeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    /// Its own payload coming back.
    #[default]
    Echo,
    /// A text message equal to this.
    Exact(String),
    /// A text message that contains this.
    Contains(String),
    /// A JSON object with this member.
    JsonField {
        /// The member's name.
        name: String,
        /// Its value.
        value: String,
    },
    /// Any message.
    AnyMessage,
    /// None is expected.
    None,
}

/// What to do when a connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconnect {
    /// Whether to reconnect at all. Default on.
    pub enabled: bool,
    /// Shortest delay in milliseconds, [`MIN_MILLIS`] to [`MAX_MILLIS`]. Default 500.
    pub min_delay_millis: u64,
    /// Longest delay in milliseconds, at least the shortest, at most [`MAX_MILLIS`]. Default 30,000.
    pub max_delay_millis: u64,
    /// How many attempts in a row may fail, at least 1; `None` never gives up. Default `None`.
    pub max_attempts: Option<u32>,
    /// Close codes after which not to retry. Default 1002-1003, 1007-1010, 4000-4999.
    pub stop_codes: Vec<RangeInclusive<u16>>,
}

/// A placeholder of the person's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub value: String,
    /// Whether the value stays out of links, and out of files unless asked for.
    pub secret: bool,
}

/// Why a text holds no profiles. Show it; what was there before is untouched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON, but not of profiles. Perhaps another program's file.
    #[error("this is not a file of profiles")]
    Kind,
    /// Written by a later Heartwire in a way this one would misunderstand. Update, or export again over there.
    #[error("version {0} of the format is newer than {VERSION}")]
    Newer(u64),
    /// A member has a value that it cannot have.
    #[error("{field} of profile {number} has a value it cannot have")]
    Field {
        /// Which profile of the file, from 1.
        number: usize,
        /// The member, such as `heartbeat.interval_ms`.
        field: &'static str,
    },
    /// The link was cut off or changed on its way. Ask for it again.
    #[error("the link is damaged")]
    Link,
}

impl Profile {
    /// Names of the variables that its address and messages need, sorted. What is no template needs none.
    #[must_use]
    pub fn needs(&self) -> Vec<String> {
        let drafts = self.options.opening.iter().chain([&self.options.heartbeat.payload]);
        let saved = self.messages.messages().iter().map(|saved| &saved.draft);
        let texts = drafts.chain(saved).map(|draft| draft.text.as_str()).chain([self.url.as_str()]);
        let texts = texts.chain(self.options.relay.texts());
        let mut names = Vec::new();
        for text in texts {
            collect(&mut names, variables(text));
        }
        for rule in &self.options.answers {
            collect(&mut names, rule.variables());
        }
        names
    }
}

impl Options {
    /// Names of the variables whose values go to the server at `url` by themselves, sorted: those of the address, of
    /// the opening messages, of the answers that are on, and of the heartbeat if it is on there.
    #[must_use]
    pub fn gives(&self, url: &str, auto: bool) -> Vec<String> {
        let mut names = Vec::new();
        collect(&mut names, variables(url));
        if self.heartbeat.enabled.is_on(auto) {
            collect(&mut names, variables(&self.heartbeat.payload.text));
        }
        for opening in &self.opening {
            collect(&mut names, variables(&opening.text));
        }
        for rule in self.answers.iter().filter(|rule| rule.enabled) {
            collect(&mut names, rule.variables());
        }
        collect(&mut names, self.relay.gives());
        names
    }

    /// What carries the messages: a relay where nothing else can.
    #[must_use]
    pub fn carrier(&self) -> TransportKind {
        if self.relay.need().is_some() { TransportKind::Relay } else { self.transport }
    }
}

/// The variables that a text names; none if it is no template.
#[must_use]
pub fn variables(text: &str) -> Vec<String> {
    Template::parse(text)
        .map_or_else(|_| Vec::new(), |template| template.variables().map(str::to_owned).collect())
}

fn collect(names: &mut Vec<String>, more: Vec<String>) {
    for name in more {
        if let Err(at) = names.binary_search(&name) {
            names.insert(at, name);
        }
    }
}

impl Default for Heartbeat {
    fn default() -> Heartbeat {
        Heartbeat {
            enabled: Switch::Auto,
            payload: Draft { text: "heartwire-ping {token}".to_owned(), ..Draft::default() },
            answer: Answer::Echo,
            interval_millis: 20_000,
            deadline_millis: 10_000,
            even_when_busy: false,
            reconnect_when_missed: true,
        }
    }
}

impl Default for Reconnect {
    fn default() -> Reconnect {
        Reconnect {
            enabled: true,
            min_delay_millis: 500,
            max_delay_millis: 30_000,
            max_attempts: None,
            stop_codes: vec![1002..=1003, 1007..=1010, 4000..=4999],
        }
    }
}
