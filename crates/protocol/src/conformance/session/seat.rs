//! What an exam knows of one connection.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

/// A connection to an exam.
#[derive(Debug)]
pub struct Seat {
    pub(super) id: u64,
    pub(super) opened: Duration,
    /// It said hello.
    pub(super) greeted: bool,
    /// Nothing more is said to it.
    pub(super) over: bool,
    pub(super) outputs: VecDeque<Output>,
}

/// What is to be done with a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send this text.
    Send(String),
    /// Close it with this code and reason.
    Close(u16, String),
    /// End TCP without a Close, once all that was sent is out.
    Cut,
}

impl Seat {
    pub(super) fn new(id: u64, opened: Duration) -> Seat {
        Seat { id, opened, greeted: false, over: false, outputs: VecDeque::new() }
    }

    /// What to do next.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn close(&mut self, code: u16, reason: impl Into<String>) {
        if !mem::replace(&mut self.over, true) {
            self.outputs.push_back(Output::Close(code, reason.into()));
        }
    }
}
