//! One connection of a label, from both sides: what others reach of it, and its own place.

use super::{Label, MAX_ENDED, MAX_ORDERS, Order, Running, lock};
use protocol::conformance::session::SessionCase;
use protocol::fault::Label as Name;
use protocol::journal::Event;
use serde::Serialize;
use socket::Mailbox;
use socket::wire::Counts;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::SystemTime;

/// A connection's place in its label. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Member {
    label: Arc<Label>,
    tap: Arc<Tap>,
}

/// Writes into the journal of a connection's label, for what is behind the connection.
#[derive(Clone, Debug)]
pub(crate) struct Scribe {
    label: Arc<Label>,
    number: u64,
}

/// A connection, as those reach it who steer it.
#[derive(Debug)]
pub(super) struct Tap {
    number: u64,
    peer: String,
    faults: Mutex<String>,
    counts: Mutex<Counts>,
    orders: Mutex<VecDeque<Order>>,
    mailbox: OnceLock<Mailbox>,
}

/// A connection, as it is listed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Shown {
    connection: u64,
    peer: String,
    faults: String,
    messages_in: u64,
    messages_out: u64,
    bytes_in: u64,
    bytes_out: u64,
    /// Why it ended; nothing while it is open.
    ended: Option<String>,
}

impl Member {
    pub(super) fn new(label: Arc<Label>, tap: Arc<Tap>) -> Self {
        Self { label, tap }
    }

    /// Of the label's connections it is the so-manieth.
    pub(crate) fn number(&self) -> u64 {
        self.tap.number
    }

    /// Notes how to wake it.
    pub(crate) fn settle(&self, mailbox: Mailbox) {
        // It opens once.
        let _ = self.tap.mailbox.set(mailbox);
    }

    /// Takes what it was told to do.
    pub(crate) fn take_orders(&self) -> VecDeque<Order> {
        self.tap.take_orders()
    }

    /// Notes which faults it has.
    pub(crate) fn has_faults(&self, faults: String) {
        *lock(&self.tap.faults) = faults;
    }

    /// Notes what it carried.
    pub(crate) fn carried(&self, carried: &Counts) {
        lock(&self.tap.counts).add(carried);
    }

    /// Writes down what happened.
    pub(crate) fn write(&self, event: Event) {
        self.label.write(self.tap.number, event);
    }

    /// Who may do so too.
    pub(crate) fn scribe(&self) -> Scribe {
        Scribe { label: Arc::clone(&self.label), number: self.tap.number }
    }

    /// Writes down how it ended. Nothing follows.
    pub(crate) fn end(&self, event: Event) {
        let reason = match &event {
            Event::Ended { reason, .. } => reason.clone(),
            Event::Refused { with } => with.clone(),
            other => other.name().to_owned(),
        };
        let mut state = self.label.state();
        if state.open.remove(&self.tap.number).is_some() {
            if state.ended.len() >= MAX_ENDED {
                state.ended.pop_front();
            }
            state.ended.push_back(self.tap.shown(Some(reason)));
            state.journal.push(now_us(), self.tap.number, event);
            drop(state);
            self.label.written.notify_waiters();
        }
    }
}

impl Scribe {
    /// Of the label's connections it is the so-manieth.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The run of a case that the connection belongs to.
    pub(crate) fn run(&self, case: &'static SessionCase) -> Arc<Running> {
        self.label.exams.get_or_begin(case)
    }

    /// The label that it writes for.
    pub(crate) fn label(&self) -> &Name {
        &self.label.name
    }

    /// Writes down what happened.
    pub(crate) fn write(&self, event: Event) {
        self.label.write(self.number, event);
    }
}

impl Label {
    fn write(&self, connection: u64, event: Event) {
        let mut state = self.state();
        state.journal.push(now_us(), connection, event);
        drop(state);
        self.written.notify_waiters();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // Without effect where its end is written down.
        self.end(Event::Ended {
            reason: "cut off".to_owned(),
            detail: String::new(),
            clean: false,
            code: None,
            messages_in: 0,
            messages_out: 0,
        });
    }
}

impl Tap {
    pub(super) fn new(number: u64, peer: String, orders: VecDeque<Order>) -> Self {
        Self {
            number,
            peer,
            faults: Mutex::default(),
            counts: Mutex::default(),
            orders: Mutex::new(orders),
            mailbox: OnceLock::new(),
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Whether its handshake is over.
    pub(super) fn is_open(&self) -> bool {
        self.mailbox.get().is_some()
    }

    /// Takes what it was told to do.
    fn take_orders(&self) -> VecDeque<Order> {
        std::mem::take(&mut *lock(&self.orders))
    }

    pub(super) fn order(&self, order: Order) -> bool {
        let mut orders = lock(&self.orders);
        if orders.len() >= MAX_ORDERS {
            return false;
        }
        orders.push_back(order);
        drop(orders);
        if let Some(mailbox) = self.mailbox.get() {
            mailbox.wake();
        }
        true
    }

    pub(super) fn shown(&self, ended: Option<String>) -> Shown {
        let counts = *lock(&self.counts);
        Shown {
            connection: self.number,
            peer: self.peer.clone(),
            faults: lock(&self.faults).clone(),
            messages_in: counts.messages_in,
            messages_out: counts.messages_out,
            bytes_in: counts.payload_in,
            bytes_out: counts.payload_out,
            ended,
        }
    }
}

fn now_us() -> u64 {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
