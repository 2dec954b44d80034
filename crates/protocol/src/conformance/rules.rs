//! A client's run through every rule that it has to enforce, judged by the journal of the run's label.
//!
//! The client opens the URL of each [`Case`] in turn and waits until the connection ends; it hands in nothing. What it did
//! is in the journal, and [`Report::of`] reads it there.

use std::collections::BTreeMap;

use serde::Serialize;

use super::report::{Judged, Named, Report, Verdict};
use crate::fault::{Asked, Direction, Label, Violation};
use crate::journal::{Event, Journal};

/// How long a client may take until its connection is closed in order and counts as having carried on.
const PATIENCE: &str = "3s";
/// Faults of the handshake that a client has to fail the connection for (RFC 6455 §4.1).
const HANDSHAKES: [(&str, &str, &str); 3] = [
    ("handshake-accept", "handshake-accept=wrong", "a Sec-WebSocket-Accept for another key"),
    ("handshake-protocol", "handshake-protocol=unrequested", "a subprotocol that was not asked for"),
    ("handshake-extension", "handshake-extension=unrequested", "an extension that was not asked for"),
];

/// One rule to break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Case {
    /// Its name: that of the violation, or of the handshake's parameter.
    pub name: String,
    /// What is sent.
    pub sends: &'static str,
    /// The section that forbids it.
    pub section: &'static str,
    /// The code of the Close that belongs to it. 0: any, or none.
    pub code: u16,
    /// The client's own limits decide, so that taking it is fine.
    pub optional: bool,
    /// What the query asks for.
    #[serde(skip)]
    fault: String,
}

impl Case {
    /// Every case, in order.
    #[must_use]
    pub fn all() -> Vec<Case> {
        let handshakes = HANDSHAKES.into_iter().map(|(name, fault, sends)| Case {
            name: name.to_owned(),
            sends,
            section: "RFC 6455 §4.1",
            code: 0,
            optional: false,
            fault: fault.to_owned(),
        });
        let rules = Violation::all().map(|violation| {
            let rule = violation.rule();
            let fault = format!("violate={}", rule.name);
            let optional = rule.code == 0;
            Case {
                name: rule.name,
                sends: rule.sends,
                section: rule.section,
                code: rule.code,
                optional,
                fault,
            }
        });
        handshakes.chain(rules).collect()
    }

    /// Where to connect for it in the run of this label: a path and a query, behind `ws://HOST`.
    #[must_use]
    pub fn target(&self, label: &Label) -> String {
        format!("/ws?label={label}&{}&close-after={PATIENCE}", self.fault)
    }
}

impl Report<Case> {
    /// Judges the run that is in this journal. Of a case that was run again, the last time counts.
    #[must_use]
    pub fn of(journal: &Journal) -> Report<Case> {
        let mut connections: BTreeMap<u64, (String, Vec<&Event>)> = BTreeMap::new();
        for entry in journal.after(0) {
            match &entry.event {
                Event::Handshake { faults, .. } => {
                    connections.insert(entry.connection, (faults.clone(), Vec::new()));
                }
                event => {
                    if let Some((_, events)) = connections.get_mut(&entry.connection) {
                        events.push(event);
                    }
                }
            }
        }
        let is_of = |case: &Case, faults: &str| {
            let plan = |query: &str| {
                Asked::from_query(query).map(|asked| (asked.plan.handshake, asked.plan.violations))
            };
            plan(&case.fault) == plan(faults)
        };
        let judge = |case: Case| {
            let latest = connections.values().rev().find(|(faults, _)| is_of(&case, faults));
            let (verdict, did) = match latest {
                Some((_, events)) => case.judge(events),
                None => (Verdict::Missing, "was not run".to_owned()),
            };
            Judged { case, verdict, did }
        };
        Report::new(Case::all().into_iter().map(judge).collect())
    }
}

impl Named for Case {
    fn name(&self) -> &str {
        &self.name
    }

    fn section(&self) -> &str {
        self.section
    }
}

impl Case {
    /// What came behind the broken rule decides.
    fn judge(&self, events: &[&Event]) -> (Verdict, String) {
        let carried_on = if self.optional { Verdict::Passed } else { Verdict::Failed };
        for event in events {
            match event {
                Event::Close { direction: Direction::In, code, .. } => return self.judge_code(*code),
                Event::Close { direction: Direction::Out, .. } => {
                    return (carried_on, "carried on until the server closed in order".to_owned());
                }
                Event::Message { direction: Direction::In, .. } => {
                    return (carried_on, "carried on and sent a message".to_owned());
                }
                Event::Ended { reason, detail, .. } => {
                    // The server's own failure of the client names the section that the client broke.
                    return if detail.contains("(RFC ") {
                        (Verdict::Failed, format!("broke a rule itself: {detail}"))
                    } else {
                        (Verdict::Passed, format!("ended TCP without a Close ({reason}: {detail})"))
                    };
                }
                _ => {}
            }
        }
        (Verdict::Missing, "has not ended".to_owned())
    }

    fn judge_code(&self, code: Option<u16>) -> (Verdict, String) {
        let did = code.map_or("sent an empty Close".to_owned(), |code| format!("sent a Close with {code}"));
        let verdict = match code {
            _ if self.code == 0 => Verdict::Passed,
            Some(code) if code == self.code => Verdict::Passed,
            // Behind a Close that is in order, an empty one is as good.
            None if self.code == 1000 => Verdict::Passed,
            Some(1002 | 1003 | 1007..=1010) if self.code != 1000 => Verdict::OtherCode,
            _ => Verdict::Failed,
        };
        (verdict, did)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(runs: &[(&str, &[Event])]) -> Journal {
        let mut journal = Journal::default();
        for (number, (fault, events)) in runs.iter().enumerate() {
            let number = number as u64 + 1;
            let query = format!("label=run&{fault}&close-after=3s");
            let faults = Asked::from_query(&query).unwrap().plan.to_query();
            let handshake = Event::Handshake {
                path: "/ws".into(),
                peer: "192.0.2.1:5".into(),
                number,
                faults,
                seed: 1,
                others: Vec::new(),
            };
            journal.push(0, number, handshake);
            journal.push(0, number, Event::Open);
            for event in *events {
                journal.push(0, number, event.clone());
            }
        }
        journal
    }

    fn close(direction: Direction, code: Option<u16>) -> Event {
        Event::Close { direction, code, reason: String::new() }
    }

    fn ended(reason: &str, detail: &str) -> Event {
        Event::Ended {
            reason: reason.into(),
            detail: detail.into(),
            clean: false,
            code: None,
            messages_in: 0,
            messages_out: 0,
        }
    }

    fn verdict(fault: &str, events: &[Event]) -> Verdict {
        let report = Report::of(&journal(&[(fault, events)]));
        let judged: Vec<_> =
            report.cases.iter().filter(|judged| judged.verdict != Verdict::Missing).collect();
        assert!(judged.len() <= 1, "{judged:?}");
        judged.first().map_or(Verdict::Missing, |judged| judged.verdict)
    }

    #[test]
    fn what_the_client_did_decides() {
        let eof = ended("receive failed", "the peer closed TCP without a Close frame");
        for (fault, event, judged) in [
            ("violate=rsv1", close(Direction::In, Some(1002)), Verdict::Passed),
            ("violate=rsv1", close(Direction::In, Some(1007)), Verdict::OtherCode),
            ("violate=rsv1", close(Direction::In, Some(1000)), Verdict::Failed),
            ("violate=rsv1", close(Direction::In, None), Verdict::Failed),
            ("violate=rsv1", close(Direction::Out, Some(1000)), Verdict::Failed),
            ("violate=rsv1", eof.clone(), Verdict::Passed),
            (
                "violate=rsv1",
                ended("receive failed", "code 999 is not allowed in a Close (RFC 6455 §7.4)"),
                Verdict::Failed,
            ),
            ("violate=rsv1", Event::Open, Verdict::Missing),
            ("violate=data-after-close", close(Direction::In, Some(1000)), Verdict::Passed),
            ("violate=data-after-close", close(Direction::In, None), Verdict::Passed),
            ("violate=data-after-close", close(Direction::In, Some(1002)), Verdict::Failed),
            ("violate=deflate-bomb", close(Direction::In, Some(1009)), Verdict::Passed),
            ("violate=deflate-bomb", close(Direction::Out, Some(1000)), Verdict::Passed),
            ("handshake-accept=wrong", eof, Verdict::Passed),
            ("handshake-accept=wrong", close(Direction::Out, Some(1000)), Verdict::Failed),
        ] {
            assert_eq!(verdict(fault, std::slice::from_ref(&event)), judged, "{fault} {event:?}");
        }
    }

    #[test]
    fn each_case_is_found_and_the_last_time_counts() {
        let (bad, good) = ([close(Direction::Out, Some(1000))], [close(Direction::In, Some(1002))]);
        let report =
            Report::of(&journal(&[("violate=rsv1", &bad), ("violate=rsv2", &bad), ("violate=rsv1", &good)]));
        assert_eq!((report.passed, report.failed), (1, 1));
        assert_eq!(report.missing, Case::all().len() - 2);
        let label = Label::parse("run").unwrap();
        for case in Case::all() {
            let target = case.target(&label);
            let query =
                target.strip_prefix("/ws?label=run&").and_then(|query| query.strip_suffix("&close-after=3s"));
            let expected = match case.code {
                0 | 1002 => Verdict::Passed,
                1000 => Verdict::Failed,
                _ => Verdict::OtherCode,
            };
            assert_eq!(verdict(query.unwrap(), &good), expected, "{target}");
        }
    }

    #[test]
    fn junit_is_xml() {
        let bad = [close(Direction::Out, Some(1000))];
        let junit = Report::of(&journal(&[("violate=rsv1", &bad)])).to_junit("a<b>&\"c\"");
        assert!(junit.contains("<testsuite name=\"a&lt;b&gt;&amp;&quot;c&quot;\" tests=\""), "{junit}");
        assert!(junit.contains(
            "name=\"rsv1\"><failure message=\"carried on until the server closed in order\"/></testcase>"
        ));
        assert_eq!(junit.matches("<skipped/>").count(), Case::all().len() - 1);
    }
}
