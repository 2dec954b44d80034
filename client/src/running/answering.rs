//! The answers of one connection: their rules at work, and a timer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use link::{Message, Time};
use workbench::answers::{Answers, Counts, Match, Rule};
use workbench::entry::Entry;
use workbench::view::Payload;

use super::outgoing::message;

/// Browsers fire timers of more than 24.8 days at once.
const LONGEST_TIMER_MILLIS: u64 = 60 * 60 * 1000;

/// Rules at work. `on_due` is called when an answer is.
pub(super) struct Answering {
    answers: RefCell<Answers>,
    on_due: Rc<dyn Fn()>,
    timer: RefCell<Option<Timeout>>,
    /// The person was told on this connection that not everything is answered.
    warned: Cell<bool>,
}

impl Answering {
    pub(super) fn new(on_due: impl Fn() + 'static) -> Answering {
        Answering {
            answers: RefCell::default(),
            on_due: Rc::new(on_due),
            timer: RefCell::default(),
            warned: Cell::new(false),
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.answers.borrow().is_idle()
    }

    pub(super) fn set_rules(&self, rules: &[Rule]) {
        self.answers.borrow_mut().set_rules(rules);
    }

    pub(super) fn counts(&self, rule: usize) -> Counts {
        self.answers.borrow().counts(rule)
    }

    /// A connection opened.
    pub(super) fn connected(&self) {
        self.answers.borrow_mut().connected();
        self.warned.set(false);
        self.timer.take();
    }

    pub(super) fn observe(&self, now: Time, entry: &Entry<'_>) -> Vec<Match> {
        self.answers.borrow_mut().observe(millis(now), entry)
    }

    pub(super) fn give(&self, now: Time, rule: usize, payload: Payload) {
        self.answers.borrow_mut().give(millis(now), rule, payload);
    }

    pub(super) fn fail(&self, rule: usize) {
        self.answers.borrow_mut().fail(rule);
    }

    /// Whether the person should be told of answers that are not given; once for each connection. `true` where none are
    /// given any more.
    pub(super) fn warn(&self) -> Option<bool> {
        let answers = self.answers.borrow();
        (answers.holds_back() && !self.warned.replace(true)).then(|| answers.is_stopped())
    }

    /// Sends what is due, and comes back for the rest.
    pub(super) fn send_due(&self, now: impl Fn() -> Time, send: impl Fn(Message) -> bool) {
        let next = loop {
            let at = millis(now());
            let due = self.answers.borrow_mut().take_due(at);
            let Some(due) = due else { break self.answers.borrow().next_due().map(|due| due - at) };
            // Nothing is borrowed meanwhile: what is sent may be answered at once.
            let sent = send(message(due.payload.clone()));
            let mut answers = self.answers.borrow_mut();
            match sent {
                true => answers.sent(at, due.rule, due.payload.body()),
                false => answers.fail(due.rule),
            }
        };
        let timer = next.map(|wait| {
            let on_due = self.on_due.clone();
            let wait = u32::try_from(wait.min(LONGEST_TIMER_MILLIS)).unwrap_or(u32::MAX);
            Timeout::new(wait, move || on_due())
        });
        self.timer.replace(timer);
    }
}

fn millis(now: Time) -> u64 {
    now.as_millis_f64() as u64
}
