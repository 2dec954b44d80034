//! What a connection still has to tell its client of the messages that it took.

use std::collections::VecDeque;

use super::message::{Reason, Refused, ServerMessage};
use super::sessions::{NotTaken, Progress};
use super::{Epoch, RETRY, WINDOW};

/// The answers of one connection, in order, whenever the fates of messages become known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// In which the messages came.
    epoch: Epoch,
    /// Up to this number the client was answered.
    told: u64,
    /// Up to this number something came over this connection.
    came: u64,
    /// Why those were refused that this connection refused.
    reasons: VecDeque<Refused>,
}

impl Answers {
    /// Those of a session of which nothing has come.
    #[must_use]
    pub fn none(epoch: Epoch) -> Answers {
        Answers::new(epoch, 0)
    }

    /// The client knows of all up to `told`.
    pub(super) fn new(epoch: Epoch, told: u64) -> Answers {
        Answers { epoch, told, came: told, reasons: VecDeque::new() }
    }

    /// A message came, and is to be answered.
    ///
    /// # Errors
    /// [`NotTaken::TooMany`]: the client does not wait for answers.
    pub fn take(&mut self, seq: u64) -> Result<(), NotTaken> {
        if seq > self.told.saturating_add(WINDOW) {
            return Err(NotTaken::TooMany);
        }
        self.came = self.came.max(seq);
        Ok(())
    }

    /// A message that came was refused, for this reason.
    pub fn refuse(&mut self, refused: Refused) {
        self.reasons.push_back(refused);
    }

    /// Whether there are answers to come.
    #[must_use]
    pub fn are_due(&self) -> bool {
        self.told < self.came
    }

    /// The next answer, given what became of the session's messages in this epoch.
    pub(super) fn next(&mut self, epoch: Epoch, progress: &Progress) -> Option<ServerMessage> {
        if epoch != self.epoch {
            return None;
        }
        let last = progress.last.min(self.came);
        let from = self.told + 1;
        if from > last {
            return None;
        }
        self.told = from;
        if progress.is_refused(from) {
            while self.reasons.front().is_some_and(|reason| reason.seq < from) {
                self.reasons.pop_front();
            }
            let own = self.reasons.pop_front_if(|reason| reason.seq == from);
            let other = || Refused {
                seq: from,
                reason: Reason::Unavailable(RETRY),
                error: "it could not be kept: publish it again".to_owned(),
            };
            return Some(ServerMessage::Refused(own.unwrap_or_else(other)));
        }
        while self.told < last && !progress.is_refused(self.told + 1) {
            self.told += 1;
        }
        Some(ServerMessage::Ack { from, to: self.told })
    }

    /// The client is told that it goes on in this epoch: if that is another, it takes all that came for known of.
    pub fn go_on_in(&mut self, epoch: Epoch) {
        if epoch != self.epoch {
            (self.epoch, self.told) = (epoch, self.came);
            self.reasons.clear();
        }
    }
}
