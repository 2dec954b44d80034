use std::sync::Arc;
use std::time::Duration;

use workbench::entry::{Body, Entry};
use workbench::time::Micros;

use super::difference::Mismatch;
use super::plan::{Mode, Plan};
use super::recording::{Conversation, Recording, Step, status_of};

/// One connection on which a recording is played back.
///
/// ```text
///            poll: what the server said ── said ──┐
///             ▲                                   ▼
///  timed:     └──────── the time has come ◀── next step (what the client said is passed over)
///  lockstep:  └──────────── at once ◀──────── next step ──▶ what the client said: waits for a message that matches
/// ```
#[derive(Clone, Debug)]
pub struct Machine {
    recording: Arc<Recording>,
    conversation: usize,
    plan: Plan,
    /// The step that is next.
    next: usize,
    /// When it is due, since the connection opened. [`Mode::Timed`] only.
    due: Duration,
    /// The recorded time of the step before.
    before: Micros,
    /// Messages from the client so far.
    received: u64,
}

/// What the recorded server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say<'r> {
    /// It sends a message.
    Message(Body<'r>),
    /// It sends a Ping.
    Ping(&'r [u8]),
    /// It sends a Close: code and reason, or an empty one.
    Close(Option<(u16, &'r str)>),
    /// The connection broke without a Close.
    Cut,
}

impl Machine {
    /// A connection that has just opened. `conversation` counts from 0.
    ///
    /// # Panics
    /// If the recording has no such conversation.
    #[must_use]
    pub fn new(recording: Arc<Recording>, conversation: usize, plan: Plan) -> Machine {
        let before = recording.conversations()[conversation].opened();
        let mut machine =
            Machine { recording, conversation, plan, next: 0, due: Duration::ZERO, before, received: 0 };
        machine.settle();
        machine
    }

    /// What the server does by now; [`said`](Self::said) goes on to what is next. `None`: it waits.
    #[must_use]
    pub fn poll(&self, now: Duration) -> Option<Say<'_>> {
        let (step, entry) = self.step()?;
        if self.is_timed() && now < self.due {
            return None;
        }
        Some(match step {
            Step::Server => Say::Message(entry.body),
            Step::Ping => Say::Ping(entry.body.bytes()),
            Step::ServerCloses => Say::Close(status_of(&entry)),
            Step::Cut => Say::Cut,
            Step::Client | Step::ClientCloses => return None,
        })
    }

    /// What [`poll`](Self::poll) gave is done.
    pub fn said(&mut self) {
        self.pass();
        self.settle();
    }

    /// When to poll next, since the connection opened.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        self.step().filter(|_| self.is_timed()).map(|_| self.due)
    }

    /// The client said something.
    ///
    /// # Errors
    /// In lockstep: it is not what the recorded client said at this point. The machine goes on waiting for that.
    pub fn handle_message(&mut self, body: Body<'_>) -> Result<(), Mismatch> {
        self.received += 1;
        let Mode::Lockstep(matching) = &self.plan.mode else { return Ok(()) };
        let expected = match self.step() {
            Some((Step::Client, entry)) => Some(entry.body),
            _ => None,
        };
        if let Some(mismatch) = Mismatch::between(self.received, expected, body, matching) {
            return Err(mismatch);
        }
        self.said();
        Ok(())
    }

    /// How it is played back.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    fn conversation(&self) -> &Conversation {
        &self.recording.conversations()[self.conversation]
    }

    fn is_timed(&self) -> bool {
        matches!(self.plan.mode, Mode::Timed { .. })
    }

    fn step(&self) -> Option<(Step, Entry<'_>)> {
        let (step, id) = self.conversation().steps().get(self.next)?;
        Some((*step, self.recording.entry(*id)?))
    }

    /// Leaves the next step behind.
    fn pass(&mut self) {
        if let Some((_, entry)) = self.step() {
            self.before = entry.time;
            self.next += 1;
        }
    }

    /// With time, goes to the next step of the server's, and finds when it is due.
    fn settle(&mut self) {
        while let Mode::Timed { speed, max_gap } = self.plan.mode
            && let Some((step, time)) = self.step().map(|(step, entry)| (step, entry.time))
        {
            let micros = u64::try_from(time.since(self.before)).unwrap_or(0);
            // In whole numbers, so that the times are the same on every machine.
            let gap = u128::from(micros) * 1_000_000 / u128::from(speed.get());
            let gap = Duration::from_micros(u64::try_from(gap).unwrap_or(u64::MAX));
            self.due = self.due.saturating_add(max_gap.map_or(gap, |most| gap.min(most)));
            self.before = time;
            match step {
                Step::Client => self.next += 1,
                // Who closed then has nothing more to hear.
                Step::ClientCloses => return self.next = self.conversation().steps().len(),
                _ => return,
            }
        }
    }
}
