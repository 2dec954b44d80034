//! Behind the connection of somebody who watches another one.

use super::lines::Lines;
use super::share::Turn;
use super::watcher::Batch;
use super::{Reader, Shown};
use socket::wire::{CloseCode, Counts, End, Message, MessageKind, Outgoing, Time};
use socket::{Endpoint, Mailbox};
use std::time::Duration;

/// So long what passes is gathered before it is sent: the watched connection is not to wake the watcher for each message.
const GATHER: Duration = Duration::from_millis(30);
/// Lines are sent together up to this length, in bytes. One alone may be longer.
const TOGETHER: usize = 64 << 10;
/// So long lines are made in one turn; with more of them, the thread does other things first.
const SLICE: Duration = Duration::from_millis(1);

/// Sends what passes on another connection, as lines.
#[derive(Debug)]
pub(crate) struct Watching {
    reader: Reader,
    shown: Box<Shown>,
    lines: Lines,
    /// What was taken and not sent.
    batch: Batch,
    /// Lines that are ready and have not gone out.
    ready: String,
    mailbox: Option<Mailbox>,
    /// When to look what has gathered, or to go on with it.
    due: Option<Time>,
    turn: Turn,
}

impl Watching {
    pub(crate) fn new(reader: Reader, shown: Shown) -> Self {
        Self {
            batch: reader.batch(),
            reader,
            shown: Box::new(shown),
            lines: Lines::default(),
            ready: String::new(),
            mailbox: None,
            due: None,
            turn: Turn::default(),
        }
    }

    /// Has its next turn after `pause`, or later where others come first.
    fn rest(&mut self, pause: Duration, out: &Outgoing<'_>) {
        if self.due.is_none() {
            self.due = Some(out.now() + self.turn.reserve(pause));
        }
    }

    /// Sends as much as there is room and time for.
    fn go_on(&mut self, out: &mut Outgoing<'_>) {
        if out.is_closing() {
            return;
        }
        loop {
            if self.ready.is_empty() {
                self.make_ready();
            }
            if self.ready.is_empty() {
                break;
            }
            // For want of room, `drained` goes on.
            if out.send(MessageKind::Text, self.ready.as_bytes()).is_err() {
                return;
            }
            self.ready.clear();
            if self.turn.so_far() >= SLICE {
                return self.rest(Duration::ZERO, out);
            }
        }
        if self.batch.ended {
            // Refused only where it closes already.
            let _ = out.close(Some((CloseCode::NORMAL, "the watched connection has ended")), End::Finished);
        } else {
            self.wait();
        }
    }

    /// Is woken by what passes.
    fn wait(&self) {
        if let Some(mailbox) = &self.mailbox {
            self.reader.wake_by(mailbox);
        }
    }

    fn make_ready(&mut self) {
        let Self { batch, lines, ready, .. } = self;
        if batch.passed.is_empty() && batch.lost == 0 {
            self.reader.take(batch);
        }
        while ready.len() < TOGETHER {
            if !batch.passed.pop(|at, passed| lines.passed(at, passed, ready)) {
                if batch.lost > 0 {
                    lines.lost(std::mem::take(&mut batch.lost), ready);
                }
                break;
            }
        }
    }
}

impl Endpoint for Watching {
    /// It only looks.
    fn message(&mut self, _: Message<'_>, _: &mut Outgoing<'_>) {}

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.mailbox = Some(mailbox());
        self.lines.begin(&self.shown, &mut self.ready);
        if out.send(MessageKind::Text, self.ready.as_bytes()).is_ok() {
            self.ready.clear();
            self.wait();
        }
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        // With lines that are ready, `drained` goes on.
        if self.ready.is_empty() {
            self.rest(GATHER, out);
        }
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        if !self.ready.is_empty() {
            self.rest(Duration::ZERO, out);
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.due
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.due = None;
        self.turn.begin();
        self.go_on(out);
    }

    /// What was sent is written by then.
    fn turned(&mut self, _: &Counts, _: usize, _: usize) {
        self.turn.end();
    }

    fn held(&self) -> usize {
        self.reader.held() + self.batch.passed.held() + self.ready.capacity()
    }
}
