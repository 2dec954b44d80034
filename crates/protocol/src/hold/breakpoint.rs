use std::time::Duration;

use serde::Serialize;
use workbench::entry::{Body, ConnectionId, Direction, Draft, Kind as LineKind, Origin};
use workbench::filter::Filter;

use super::{Passing, Way, is_heartbeat};
use crate::fault::{Kind, Label};
use crate::journal::ConditionError;
use crate::journal::filter as read_filter;
use crate::units;

/// How long a message is held, unless its breakpoint says otherwise, and at most.
const DEADLINE: Duration = Duration::from_secs(60);
const MAX_DEADLINE: Duration = Duration::from_secs(3600);

/// Which messages are held.
#[derive(Clone, Debug)]
pub struct Breakpoint {
    /// Its number on its server.
    pub number: u64,
    /// Of which connections.
    pub scope: Scope,
    /// Of which direction; both without one.
    pub way: Option<Way>,
    /// Those that this shows.
    pub filter: Filter,
    /// As it was written.
    pub written: String,
    /// Heartbeats of applications too ([`is_heartbeat`]). Pings and Pongs are never held.
    pub heartbeats: bool,
    /// For how long: 60 s, unless it says otherwise, at most an hour.
    pub deadline: Duration,
    /// Whether any are.
    pub on: bool,
}

/// Which connections: those for which all of this holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// They are carried to the target that is mounted under this name.
    pub via: Option<Label>,
    /// They have this label.
    pub label: Option<Label>,
    /// The client's connection or the target's has this number.
    pub connection: Option<u64>,
}

/// A breakpoint that can't be read. The text says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BreakpointError {
    /// No filter.
    #[error(transparent)]
    Filter(#[from] ConditionError),
    /// A value that a parameter does not take.
    #[error("{name}={value} can't be read: use {allowed}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What it was given.
        value: String,
        /// What it takes.
        allowed: &'static str,
    },
    /// No such parameter.
    #[error(
        "{0} is no parameter here: use via, label, connection, direction, filter, heartbeats, deadline or on"
    )]
    Unknown(String),
}

impl Default for Breakpoint {
    fn default() -> Breakpoint {
        Breakpoint {
            number: 0,
            scope: Scope::default(),
            way: None,
            filter: Filter::all(),
            written: String::new(),
            heartbeats: false,
            deadline: DEADLINE,
            on: true,
        }
    }
}

impl Breakpoint {
    /// The same with what a query says: `via`, `label`, `connection`, `direction` (`to-target`, `to-client` or `both`),
    /// `filter`, `heartbeats` and `on` (`on` or `off`) and `deadline`. In the filter `dir:out` is what the client sent, as in
    /// the log of whoever watches its connection.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn with_query(mut self, query: &str) -> Result<Breakpoint, BreakpointError> {
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let wrong =
                |name, allowed| BreakpointError::Value { name, value: value.clone().into_owned(), allowed };
            let switch = |name| match &*value {
                "on" => Ok(true),
                "off" => Ok(false),
                _ => Err(wrong(name, "on or off")),
            };
            if self.scope.read(&name, &value)? {
                continue;
            }
            match &*name {
                "direction" if value == "both" => self.way = None,
                "direction" => {
                    let way = Way::named(&value);
                    self.way = Some(way.ok_or_else(|| wrong("direction", "to-target, to-client or both"))?);
                }
                "filter" => (self.filter, self.written) = (read_filter(&value)?, value.into_owned()),
                "heartbeats" => self.heartbeats = switch("heartbeats")?,
                "on" => self.on = switch("on")?,
                "deadline" => {
                    let time = units::parse_time(&value)
                        .filter(|time| (Duration::from_millis(1)..=MAX_DEADLINE).contains(time));
                    self.deadline = time.ok_or_else(|| {
                        wrong("deadline", "a time from 1ms to 1h with its unit, such as 30s")
                    })?;
                }
                _ => return Err(BreakpointError::Unknown(name.into_owned())),
            }
        }
        Ok(self)
    }

    /// Whether it holds this message, which is one of the `number`th connection of its host.
    #[must_use]
    pub fn stops(&self, passing: &Passing<'_>, number: u64) -> bool {
        if !self.on || self.way.is_some_and(|way| way != passing.way) {
            return false;
        }
        let direction = match passing.way {
            Way::ToTarget => Direction::Out,
            Way::ToClient => Direction::In,
        };
        let text = match passing.kind {
            Kind::Text => std::str::from_utf8(passing.payload).ok(),
            Kind::Binary => None,
        };
        let beats = text.is_some_and(is_heartbeat);
        if beats && !self.heartbeats {
            return false;
        }
        if self.filter.is_all() {
            return true;
        }
        let body = text.map_or(Body::Binary(passing.payload), Body::Text);
        let connection = ConnectionId(u32::try_from(number).unwrap_or(u32::MAX));
        let draft = Draft::new(passing.at, connection, direction, LineKind::Message, body);
        let origin = if beats { Origin::Heartbeat } else { Origin::Plain };
        self.filter.matches(&Draft { origin, ..draft }.entry(0))
    }
}

impl Scope {
    /// Reads `via`, `label` or `connection`. False: the parameter is none of these.
    ///
    /// # Errors
    /// The value is none for it.
    pub fn read(&mut self, name: &str, value: &str) -> Result<bool, BreakpointError> {
        let wrong = |name, allowed| BreakpointError::Value { name, value: value.to_owned(), allowed };
        let word = |name| Label::parse(value).ok_or_else(|| wrong(name, Label::RULE));
        match name {
            "via" => self.via = Some(word("via")?),
            "label" => self.label = Some(word("label")?),
            "connection" => {
                let number = value.parse();
                self.connection = Some(
                    number
                        .map_err(|_| wrong("connection", "a number, as GET /api/connections lists them"))?,
                );
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether a connection of this name, label and numbers is in it.
    #[must_use]
    pub fn contains(&self, via: Option<&Label>, label: Option<&Label>, numbers: &[u64]) -> bool {
        self.via.as_ref().is_none_or(|wanted| via == Some(wanted))
            && self.label.as_ref().is_none_or(|wanted| label == Some(wanted))
            && self.connection.is_none_or(|wanted| numbers.contains(&wanted))
    }
}

/// As `GET /api/breakpoints` lists it.
impl Serialize for Breakpoint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Listed<'a> {
            breakpoint: u64,
            #[serde(skip_serializing_if = "Option::is_none")]
            via: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            label: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            connection: Option<u64>,
            direction: &'static str,
            filter: &'a str,
            heartbeats: bool,
            deadline: String,
            on: bool,
        }
        Listed {
            breakpoint: self.number,
            via: self.scope.via.as_ref().map(Label::as_str),
            label: self.scope.label.as_ref().map(Label::as_str),
            connection: self.scope.connection,
            direction: self.way.map_or("both", Way::as_str),
            filter: &self.written,
            heartbeats: self.heartbeats,
            deadline: units::write_time(self.deadline),
            on: self.on,
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench::time::Micros;

    fn breakpoint(query: &str) -> Breakpoint {
        Breakpoint::default().with_query(query).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    fn stops(query: &str, way: Way, text: &str) -> bool {
        let passing = Passing { way, kind: Kind::Text, payload: text.as_bytes(), at: Micros(0) };
        breakpoint(query).stops(&passing, 7)
    }

    #[test]
    fn messages_are_chosen_by_filter_direction_and_connection() {
        let price = r#"{"price":120}"#;
        for (query, way, text, stopped) in [
            ("", Way::ToTarget, "x", true),
            ("on=off", Way::ToTarget, "x", false),
            ("direction=to-client", Way::ToTarget, "x", false),
            ("direction=to-client", Way::ToClient, "x", true),
            ("direction=both", Way::ToClient, "x", true),
            ("filter=dir:out", Way::ToTarget, "x", true),
            ("filter=dir:out", Way::ToClient, "x", false),
            ("filter=%24.price+%3E+100", Way::ToClient, price, true),
            ("filter=%24.price+%3E+200", Way::ToClient, price, false),
            ("filter=kind:binary", Way::ToClient, "x", false),
            ("filter=size%3E3", Way::ToClient, "four", true),
            ("filter=conn:7", Way::ToClient, "x", true),
            ("filter=conn:8", Way::ToClient, "x", false),
        ] {
            assert_eq!(stops(query, way, text), stopped, "{query} {text}");
        }
        let bytes = Passing { way: Way::ToClient, kind: Kind::Binary, payload: &[0xff, 0], at: Micros(0) };
        assert!(breakpoint("filter=kind:binary").stops(&bytes, 1));
    }

    #[test]
    fn heartbeats_are_left_out_unless_asked_for() {
        assert!(!stops("", Way::ToTarget, "ping"));
        assert!(stops("heartbeats=on", Way::ToTarget, "ping"));
        assert!(stops("heartbeats=on&filter=is:heartbeat", Way::ToTarget, "ping"));
        assert!(!stops("heartbeats=on&filter=is:heartbeat", Way::ToTarget, "price"));
    }

    #[test]
    fn a_scope_is_all_that_it_names() {
        let (api, other) = (Label::parse("api"), Label::parse("other"));
        let scope = breakpoint("via=api&connection=3").scope;
        assert!(scope.contains(api.as_ref(), None, &[2, 3]));
        assert!(!scope.contains(api.as_ref(), None, &[2]));
        assert!(!scope.contains(other.as_ref(), None, &[3]));
        assert!(!breakpoint("label=other").scope.contains(None, api.as_ref(), &[3]));
        assert!(Scope::default().contains(None, None, &[]));
    }

    #[test]
    fn changes_keep_the_rest_and_all_of_it_is_listed() {
        let before = breakpoint("label=a&direction=to-client&filter=x&deadline=5m");
        let after = before.with_query("on=off&filter=y").unwrap();
        assert_eq!(
            serde_json::to_string(&after).unwrap(),
            r#"{"breakpoint":0,"label":"a","direction":"to-client","filter":"y","heartbeats":false,"deadline":"5m","on":false}"#
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, hint) in [
            ("filter=%28", "condition is expected"),
            ("direction=in", "use to-target, to-client or both"),
            ("deadline=30", "such as 30s"),
            ("deadline=0s", "from 1ms"),
            ("deadline=2h", "to 1h"),
            ("on=1", "use on or off"),
            ("via=a/b", "letters, digits"),
            ("connection=x", "GET /api/connections"),
            ("fitler=x", "fitler is no parameter here"),
        ] {
            let error = Breakpoint::default().with_query(query).unwrap_err().to_string();
            assert!(error.contains(hint), "{query}: {error}");
        }
    }
}
