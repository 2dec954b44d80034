use std::time::Duration;

use workbench::filter::{Filter, Options};

use super::{Entry, Event, Journal};
use crate::units;

/// Something to have happened so often.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Entries of this event alone.
    pub event: Option<&'static str>,
    /// Entries that the filter shows.
    pub filter: Filter,
    /// Entries behind this number.
    pub after: u64,
    /// So many.
    pub count: usize,
    /// No longer apart than this, from the first to the last.
    pub within: Option<Duration>,
}

/// A condition that can't be read. The text says what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// No event of that name.
    #[error("event={0} is none: use one of {list}", list = Event::NAMES.join(", "))]
    Event(String),
    /// No filter.
    #[error("filter={filter} can't be read: {error}")]
    Filter {
        /// What was written.
        filter: String,
        /// What is wrong with it.
        error: String,
    },
    /// No number or time.
    #[error("{name}={value} can't be read: {allowed}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What it was given.
        value: String,
        /// What it takes.
        allowed: &'static str,
    },
    /// No such parameter.
    #[error("{0} is no parameter here: use event, filter, count, within, after or timeout")]
    Unknown(String),
}

impl Default for Condition {
    fn default() -> Condition {
        Condition { event: None, filter: Filter::all(), after: 0, count: 1, within: None }
    }
}

impl Condition {
    /// Reads a condition from the parameters `event`, `filter`, `count` (1 without it), `within` and `after`, and the time to
    /// wait for it from `timeout`.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn from_query(query: &str) -> Result<(Condition, Option<Duration>), ConditionError> {
        let mut condition = Condition::default();
        let mut timeout = None;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let wrong =
                |name, allowed| ConditionError::Value { name, value: value.clone().into_owned(), allowed };
            let time = |name| units::parse_time(&value).ok_or_else(|| wrong(name, "use a time, such as 5s"));
            match &*name {
                "event" => condition.event = Some(event(&value)?),
                "filter" => condition.filter = filter(&value)?,
                "count" => {
                    let count = value.parse().ok().filter(|count| (1..=super::MAX_ENTRIES).contains(count));
                    condition.count = count.ok_or_else(|| wrong("count", "use a number from 1 to 4096"))?;
                }
                "after" => {
                    condition.after = value
                        .parse()
                        .map_err(|_| wrong("after", "use the number of an entry, such as 12"))?;
                }
                "within" => condition.within = Some(time("within")?),
                "timeout" => timeout = Some(time("timeout")?),
                _ => return Err(ConditionError::Unknown(name.into_owned())),
            }
        }
        Ok((condition, timeout))
    }

    /// The entries that fulfil it, the first time that they did; none: not yet.
    #[must_use]
    pub fn find<'a>(&self, journal: &'a Journal) -> Option<Vec<&'a Entry>> {
        let matching: Vec<_> = journal.after(self.after).filter(|entry| self.matches(entry)).collect();
        let near = |run: &&[&Entry]| match (self.within, run) {
            (Some(within), [first, .., last]) => {
                Duration::from_micros(last.at_us.saturating_sub(first.at_us)) <= within
            }
            _ => true,
        };
        matching.windows(self.count).find(near).map(<[_]>::to_vec)
    }

    /// Whether an entry is one of those that are counted, wherever it stands.
    #[must_use]
    pub fn matches(&self, entry: &Entry) -> bool {
        shows(self.event, &self.filter, entry)
    }
}

/// Whether an entry is of the event and shown by the filter.
pub(super) fn shows(event: Option<&str>, filter: &Filter, entry: &Entry) -> bool {
    event.is_none_or(|event| event == entry.event.name()) && entry.with_line(|line| filter.matches(line))
}

/// The event of this name.
pub(super) fn event(name: &str) -> Result<&'static str, ConditionError> {
    let known = Event::NAMES.into_iter().find(|known| *known == name);
    known.ok_or_else(|| ConditionError::Event(name.to_owned()))
}

/// The filter of this text.
pub(crate) fn filter(text: &str) -> Result<Filter, ConditionError> {
    Filter::parse(text, &Options::default())
        .map_err(|error| ConditionError::Filter { filter: text.to_owned(), error: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Direction, Message};

    fn journal(events: &[(u64, Event)]) -> Journal {
        let mut journal = Journal::default();
        for (millis, event) in events {
            journal.push(millis * 1000, 1, event.clone());
        }
        journal
    }

    fn found(query: &str, journal: &Journal) -> Option<Vec<u64>> {
        let (condition, _) = Condition::from_query(query).unwrap();
        condition.find(journal).map(|entries| entries.iter().map(|entry| entry.seq).collect())
    }

    #[test]
    fn three_reconnects_within_a_time() {
        let opens =
            |times: &[u64]| journal(&times.iter().map(|millis| (*millis, Event::Open)).collect::<Vec<_>>());
        let query = "event=open&count=3&within=5s";
        assert_eq!(found(query, &opens(&[0, 1_000])), None);
        assert_eq!(found(query, &opens(&[0, 1_000, 5_000])), Some(vec![1, 2, 3]));
        assert_eq!(found(query, &opens(&[0, 1_000, 5_001])), None);
        assert_eq!(found(query, &opens(&[0, 3_000, 6_000, 7_000])), Some(vec![2, 3, 4]));
        assert_eq!(found("event=open&after=2", &opens(&[0, 3_000, 6_000])), Some(vec![3]));
    }

    #[test]
    fn filters_are_those_of_the_page() {
        let said = |text: &str| Event::message(Direction::In, &Message::text(text), 1, Vec::new());
        let sent = Event::message(Direction::Out, &Message::text(r#"{"price":120}"#), 1, Vec::new());
        let ended = Event::Ended {
            reason: "peer closed".into(),
            detail: String::new(),
            clean: true,
            code: Some(1000),
            messages_in: 2,
            messages_out: 1,
        };
        let journal = journal(&[(0, said("subscribe a")), (1, sent), (2, said("bye")), (3, ended)]);
        for (filter, seqs) in [
            ("dir:in", vec![1]),
            ("dir:out", vec![2]),
            ("%24.price+%3E+100", vec![2]),
            ("kind:text+bye", vec![3]),
            ("code:1000", vec![4]),
            ("kind:disconnected+%22peer+closed%22", vec![4]),
        ] {
            assert_eq!(found(&format!("filter={filter}"), &journal), Some(seqs), "{filter}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, hint) in [
            ("event=opened", "one of handshake, refused, open"),
            ("filter=%28", "condition is expected"),
            ("count=0", "from 1 to 4096"),
            ("within=5", "such as 5s"),
            ("timeout=x", "such as 5s"),
            ("after=x", "such as 12"),
            ("evnt=open", "evnt is no parameter here"),
        ] {
            let error = Condition::from_query(query).unwrap_err().to_string();
            assert!(error.contains(hint), "{error}");
        }
    }
}
