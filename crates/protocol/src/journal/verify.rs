use serde::{Deserialize, Serialize};
use workbench::filter::Filter;

use super::condition::{ConditionError, event, filter, shows};
use super::{Entry, Journal};

/// More questions than this at once are refused.
const MAX_CHECKS: usize = 256;

/// What should have happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// How often what.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// Filters whose first matches follow each other, others between them or not.
    #[serde(default)]
    pub order: Vec<String>,
    /// Only entries behind this number count.
    #[serde(default)]
    pub after: u64,
}

/// How often something should have happened: `count` times, or at least `min` and at most `max`; at least once, if none of
/// these is there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// Entries of this event alone.
    pub event: Option<String>,
    /// Entries that this filter shows.
    pub filter: Option<String>,
    /// Exactly so often.
    pub count: Option<u64>,
    /// At least so often.
    pub min: Option<u64>,
    /// At most so often.
    pub max: Option<u64>,
}

/// What came of a verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Everything is as it should be, and nothing is lost that could tell otherwise.
    pub passed: bool,
    /// Entries that are gone, because the journal keeps only so many.
    pub lost: u64,
    /// Each expectation, in order.
    pub checks: Vec<Check>,
    /// The order, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The number of the latest entry: what `after` can go on from.
    pub last: u64,
}

/// One expectation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Whether it is met.
    pub passed: bool,
    /// How often it was found.
    pub found: u64,
    /// In words, what was expected.
    pub wanted: String,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    /// Whether all were found one behind the other.
    pub passed: bool,
    /// The entries that were found.
    pub found: Vec<u64>,
    /// The first filter that found none behind the one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

impl Verification {
    /// Checks the journal.
    ///
    /// # Errors
    /// An event or filter that can't be read, more than 256 questions, or none, which would always pass.
    pub fn check(&self, journal: &Journal) -> Result<Report, ConditionError> {
        let entries: Vec<_> = journal.after(self.after).collect();
        let wrong =
            |value: &str, allowed| ConditionError::Value { name: "expect", value: value.to_owned(), allowed };
        match self.expect.len() + self.order.len() {
            0 => return Err(wrong("", "ask for something with expect, order or both")),
            1..=MAX_CHECKS => {}
            _ => return Err(wrong("…", "use at most 256 expectations and filters")),
        }
        let checks: Vec<_> =
            self.expect.iter().map(|expectation| expectation.check(&entries)).collect::<Result<_, _>>()?;
        let order = if self.order.is_empty() { None } else { Some(self.check_order(&entries)?) };
        let lost = journal.lost_after(self.after);
        let passed =
            checks.iter().all(|check| check.passed) && order.as_ref().is_none_or(|order| order.passed);
        Ok(Report { passed: passed && lost == 0, lost, checks, order, last: journal.last() })
    }

    fn check_order(&self, entries: &[&Entry]) -> Result<Order, ConditionError> {
        let filters: Vec<Filter> = self.order.iter().map(|text| filter(text)).collect::<Result<_, _>>()?;
        let mut found = Vec::new();
        let mut rest = entries.iter();
        for (wanted, text) in filters.iter().zip(&self.order) {
            match rest.find(|entry| shows(None, wanted, entry)) {
                Some(entry) => found.push(entry.seq),
                None => return Ok(Order { passed: false, found, missing: Some(text.clone()) }),
            }
        }
        Ok(Order { passed: true, found, missing: None })
    }
}

impl Expectation {
    fn check(&self, entries: &[&Entry]) -> Result<Check, ConditionError> {
        let name = self.event.as_deref().map(event).transpose()?;
        let shown = self.filter.as_deref().map(filter).transpose()?.unwrap_or_default();
        let found = entries.iter().filter(|entry| shows(name, &shown, entry)).count() as u64;
        let (min, max) = match (self.count, self.min, self.max) {
            (Some(count), None, None) => (count, Some(count)),
            (None, None, None) => (1, None),
            (None, min, max) => (min.unwrap_or(0), max),
            (Some(_), ..) => {
                return Err(ConditionError::Value {
                    name: "count",
                    value: "…".to_owned(),
                    allowed: "use count alone, or min and max",
                });
            }
        };
        let passed = found >= min && max.is_none_or(|max| found <= max);
        Ok(Check { passed, found, wanted: self.words(min, max) })
    }

    fn words(&self, min: u64, max: Option<u64>) -> String {
        let often = match max {
            Some(max) if max == min => format!("{min} times"),
            Some(max) => format!("{min} to {max} times"),
            None => format!("at least {min} times"),
        };
        let parts =
            [self.event.as_ref().map(|event| format!("event {event}")), self.filter.clone(), Some(often)];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::{Direction, Message};
    use crate::journal::{Event, MAX_ENTRIES};

    fn journal(said: &[&str]) -> Journal {
        let mut journal = Journal::default();
        journal.push(0, 1, Event::Open);
        for (number, text) in said.iter().enumerate() {
            journal.push(
                0,
                1,
                Event::message(Direction::In, &Message::text(*text), number as u64 + 1, Vec::new()),
            );
        }
        journal
    }

    fn check(json: &str, journal: &Journal) -> Report {
        serde_json::from_str::<Verification>(json).unwrap().check(journal).unwrap()
    }

    #[test]
    fn counts_are_exact_or_bounded() {
        let journal = journal(&["a", "b", "a"]);
        for (expectation, found, passed) in [
            (r#"{"filter":"kind:text a","count":2}"#, 2, true),
            (r#"{"filter":"kind:text a","count":1}"#, 2, false),
            (r#"{"filter":"kind:text a"}"#, 2, true),
            (r#"{"filter":"kind:text c"}"#, 0, false),
            (r#"{"filter":"kind:text c","max":0}"#, 0, true),
            (r#"{"event":"message","min":2,"max":3}"#, 3, true),
            (r#"{"event":"open","max":0}"#, 1, false),
        ] {
            let report = check(&format!(r#"{{"expect":[{expectation}]}}"#), &journal);
            assert_eq!((report.checks[0].found, report.passed), (found, passed), "{expectation}");
        }
    }

    #[test]
    fn order_is_looked_for_with_others_in_between() {
        let journal = journal(&["login", "noise", "subscribe", "bye"]);
        let report = check(r#"{"order":["kind:connected","login","subscribe"]}"#, &journal);
        assert_eq!(report.order.unwrap().found, [1, 2, 4]);
        assert!(report.passed);
        let report = check(r#"{"order":["subscribe","login"]}"#, &journal);
        assert_eq!(report.order.unwrap().missing.as_deref(), Some("login"));
        assert!(!report.passed);
        assert!(check(r#"{"order":["bye"],"after":4}"#, &journal).passed);
        assert!(!check(r#"{"order":["login"],"after":4}"#, &journal).passed);
    }

    #[test]
    fn what_is_lost_proves_nothing() {
        let mut journal = journal(&[]);
        for _ in 0..MAX_ENTRIES {
            journal.push(0, 1, Event::Open);
        }
        let report = check(r#"{"expect":[{"event":"open"}]}"#, &journal);
        assert_eq!((report.lost, report.passed), (1, false));
        assert!(check(r#"{"expect":[{"event":"open"}],"after":1}"#, &journal).passed);
    }

    #[test]
    fn what_can_not_be_read_is_said() {
        for json in [
            r#"{"expect":[{"event":"nothing"}]}"#,
            r#"{"expect":[{"filter":"("}]}"#,
            r#"{"expect":[{"count":1,"min":1}]}"#,
            r#"{"order":["kind:nothing"]}"#,
            // Nothing is asked, and would be met by anything.
            "{}",
            r#"{"expect":[],"order":[],"after":3}"#,
        ] {
            assert!(
                serde_json::from_str::<Verification>(json).unwrap().check(&journal(&[])).is_err(),
                "{json}"
            );
        }
        assert!(serde_json::from_str::<Verification>(r#"{"expects":[]}"#).is_err());
    }
}
