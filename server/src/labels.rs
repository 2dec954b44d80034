//! Connections with a label: found again, steered, and written down in a journal.

mod command;
mod member;
mod running;

pub(crate) use self::command::{Command, Given, Order};
pub(crate) use self::member::{Member, Scribe};
use self::member::{Shown, Tap};
use self::running::Exams;
pub(crate) use self::running::Running;
use crate::lock::lock;
use protocol::conformance::Report;
use protocol::conformance::session::SessionCase;
use protocol::fault::Label as Name;
use protocol::journal::{Condition, Journal};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, mpsc};

/// Labels at a time. One that has no connection makes room for a new one, the one that was used longest ago first.
const MAX_LABELS: usize = 128;
/// Ended connections that a label remembers.
const MAX_ENDED: usize = 256;
/// Orders that wait for one connection.
const MAX_ORDERS: usize = 256;
/// Orders of one label that hold for a while.
const MAX_STANDING: usize = 16;

/// All labels of a server.
#[derive(Debug, Default)]
pub(crate) struct Labels(Mutex<HashMap<Name, Arc<Label>>>);

/// There is a connection behind each of the labels that there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are {MAX_LABELS} labels with connections, and no room for another: end some first")]
pub(crate) struct LabelsFull;

/// One label.
#[derive(Debug)]
pub(crate) struct Label {
    name: Name,
    state: Mutex<State>,
    /// The journal has a new entry.
    written: Notify,
    exams: Exams,
}

#[derive(Debug)]
struct State {
    journal: Journal,
    /// Connections so far.
    count: u64,
    open: BTreeMap<u64, Arc<Tap>>,
    ended: VecDeque<Shown>,
    standing: Vec<Standing>,
    used: Instant,
}

/// A command that is for newcomers too, as long as it holds.
#[derive(Debug)]
struct Standing {
    command: Command,
    until: Instant,
}

/// A label, as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    name: String,
    /// Connections so far.
    count: u64,
    /// The number of the journal's latest entry.
    last: u64,
    connections: Vec<Shown>,
}

impl Labels {
    /// The label of this name, if there is one.
    pub(crate) fn get(&self, name: &Name) -> Option<Arc<Label>> {
        lock(&self.0).get(name).cloned()
    }

    /// The label of this name, made if need be.
    pub(crate) fn get_or_make(&self, name: &Name) -> Result<Arc<Label>, LabelsFull> {
        let mut labels = lock(&self.0);
        if let Some(label) = labels.get(name) {
            return Ok(Arc::clone(label));
        }
        if labels.len() >= MAX_LABELS {
            // Who has just got hold of one, and has no connection yet, shares it with the table.
            let idle = labels.values().filter(|label| Arc::strong_count(label) == 1);
            let oldest = idle.min_by_key(|label| label.state().used).map(|label| label.name.clone());
            labels.remove(&oldest.ok_or(LabelsFull)?);
        }
        let label = Arc::new(Label::new(name.clone()));
        labels.insert(name.clone(), Arc::clone(&label));
        Ok(label)
    }

    /// Every label, by name.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let labels: Vec<_> = lock(&self.0).values().cloned().collect();
        let mut list: Vec<_> = labels.iter().map(|label| label.list()).collect();
        list.sort_by(|a, b| a.name.cmp(&b.name));
        list
    }
}

impl Label {
    fn new(name: Name) -> Self {
        let state = State {
            journal: Journal::default(),
            count: 0,
            open: BTreeMap::new(),
            ended: VecDeque::new(),
            standing: Vec::new(),
            used: Instant::now(),
        };
        Self { name, state: Mutex::new(state), written: Notify::new(), exams: Exams::new() }
    }

    /// Counts another connection.
    pub(crate) fn enter(self: &Arc<Self>, peer: String) -> Member {
        let mut state = self.state();
        state.count += 1;
        let now = Instant::now();
        state.used = now;
        state.standing.retain(|standing| standing.until > now);
        let orders = state
            .standing
            .iter()
            .map(|Standing { command, until }| Order {
                command: command.clone(),
                until: Some(*until),
                given: None,
            })
            .collect();
        let tap = Arc::new(Tap::new(state.count, peer, orders));
        state.open.insert(tap.number(), Arc::clone(&tap));
        Member::new(Arc::clone(self), tap)
    }

    /// Its connections and counters.
    pub(crate) fn list(&self) -> Listed {
        let state = self.state();
        let open = state.open.values().map(|tap| tap.shown(None));
        Listed {
            name: self.name.to_string(),
            count: state.count,
            last: state.journal.last(),
            connections: state.ended.iter().cloned().chain(open).collect(),
        }
    }

    /// Has all its connections do something, or one of them; for a while, if it is one that can be undone. Within that
    /// while, newcomers do it too.
    pub(crate) fn order(&self, only: Option<u64>, command: &Command, lasting: Option<Duration>) -> Given {
        let until = lasting.map(|lasting| Instant::now() + lasting);
        let mut state = self.state();
        let now = Instant::now();
        state.used = now;
        state.standing.retain(|standing| standing.until > now);
        if let (Some(until), None) = (until, only) {
            if state.standing.len() >= MAX_STANDING {
                state.standing.remove(0);
            }
            state.standing.push(Standing { command: command.clone(), until });
        }
        if matches!(command, Command::Resume) {
            state.standing.retain(|standing| !matches!(standing.command, Command::Silence));
        }
        let taps: Vec<_> =
            state.open.values().filter(|tap| only.is_none_or(|only| only == tap.number())).cloned().collect();
        drop(state);
        let (given, orders) = mpsc::channel(1);
        let order = |tap: &Tap| {
            // Who is not open yet obeys once it is, which may take long.
            let given = tap.is_open().then(|| given.clone());
            tap.order(Order { command: command.clone(), until, given })
        };
        Given { connections: taps.iter().filter(|tap| order(tap)).count(), orders }
    }

    /// Asks the journal.
    pub(crate) fn ask<R>(&self, question: impl FnOnce(&Journal) -> R) -> R {
        question(&self.state().journal)
    }

    /// How the cases of sessions came out that were run under it.
    pub(crate) fn sessions(&self) -> Report<SessionCase> {
        self.exams.report()
    }

    /// Waits until the condition holds, and asks the journal then.
    pub(crate) async fn wait_for(&self, condition: &Condition) {
        loop {
            let mut written = std::pin::pin!(self.written.notified());
            // From here on nothing is missed.
            written.as_mut().enable();
            if self.ask(|journal| condition.find(journal).is_some()) {
                return;
            }
            written.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn a_label_without_connections_makes_room() {
        let labels = Labels::default();
        let kept = labels.get_or_make(&name("kept")).unwrap();
        let members: Vec<_> = (1..MAX_LABELS - 1)
            .map(|number| labels.get_or_make(&name(&number.to_string())).unwrap().enter(String::new()))
            .collect();
        labels.get_or_make(&name("idle")).unwrap();
        labels.get_or_make(&name("new")).unwrap();
        assert!(labels.get(&name("idle")).is_none());
        let member = labels.get(&name("new")).unwrap().enter(String::new());
        assert_eq!(labels.get_or_make(&name("more")).unwrap_err(), LabelsFull);
        drop((kept, member, members));
        assert!(labels.get_or_make(&name("more")).is_ok());
        assert_eq!(labels.list().len(), MAX_LABELS);
    }

    #[test]
    fn orders_reach_who_is_there_and_while_they_hold_who_comes() {
        let label = Arc::new(Label::new(name("a")));
        let (first, second) = (label.enter(String::new()), label.enter(String::new()));
        assert_eq!(label.order(Some(2), &Command::Silence, None).connections, 1);
        assert_eq!((first.take_orders().len(), second.take_orders().len()), (0, 1));
        assert_eq!(label.order(None, &Command::Silence, Some(Duration::from_secs(60))).connections, 2);
        assert_eq!(label.enter(String::new()).take_orders().len(), 1);
        assert_eq!(label.order(None, &Command::Resume, None).connections, 2);
        assert_eq!(label.enter(String::new()).take_orders().len(), 0);
        label.order(None, &Command::Silence, Some(Duration::ZERO));
        assert_eq!(label.enter(String::new()).take_orders().len(), 0);
    }

    #[test]
    fn what_waits_for_one_connection_is_bounded() {
        let label = Arc::new(Label::new(name("a")));
        let member = label.enter(String::new());
        let taken = (0..2 * MAX_ORDERS)
            .filter(|_| label.order(None, &Command::Resume, None).connections == 1)
            .count();
        assert_eq!(taken, MAX_ORDERS);
        assert_eq!(member.take_orders().len(), MAX_ORDERS);
        for _ in 0..2 * MAX_ENDED {
            label.enter(String::new());
        }
        assert_eq!(label.list().connections.len(), MAX_ENDED + 1);
        assert_eq!(label.list().count, 2 * MAX_ENDED as u64 + 1);
    }
}
