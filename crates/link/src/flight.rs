//! What became of the messages handed to one socket.

use std::collections::VecDeque;
use std::time::Duration;

use crate::{MessageId, MessageIds};

/// How soon after a send the buffered amount is looked at.
const FLUSH_POLL: Duration = Duration::from_millis(20);
/// How far the looks spread out while nothing moves.
const FLUSH_POLL_MAX: Duration = Duration::from_secs(1);
/// How many positions in the byte stream are remembered. Beyond that the newest are merged, which only delays
/// the knowledge that a message was flushed.
const MAX_CHECKPOINTS: usize = 1024;

/// A point in the sequence of messages handed to a socket: this one and all before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    id: MessageId,
    /// How many user messages the socket had been handed up to here.
    count: u64,
}

/// What became of the messages handed to one socket. Constant memory, however many there are.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    /// Bytes handed to the socket.
    handed_bytes: u64,
    /// Bytes known to have been put on the network.
    flushed_bytes: u64,
    /// The newest message handed over.
    handed: Option<Mark>,
    /// The newest message known to be on the network as a whole.
    flushed: Option<Mark>,
    /// The oldest message not confirmed.
    first_unconfirmed: Option<MessageId>,
    /// Messages up to this count are confirmed.
    confirmed_count: u64,
    /// Messages not known to be flushed, each with the position in the byte stream at which it ends.
    checkpoints: VecDeque<(u64, Mark)>,
    poll_after: Duration,
}

impl Flight {
    pub(crate) fn new() -> Flight {
        Flight {
            handed_bytes: 0,
            flushed_bytes: 0,
            handed: None,
            flushed: None,
            first_unconfirmed: None,
            confirmed_count: 0,
            checkpoints: VecDeque::new(),
            poll_after: FLUSH_POLL,
        }
    }

    /// Notes that `len` bytes were handed to the socket; `id` tells the user's messages from the link's own.
    pub(crate) fn hand(&mut self, id: Option<MessageId>, len: usize) {
        self.handed_bytes += len as u64;
        let Some(id) = id else { return };
        let mark = Mark { id, count: self.handed.map_or(0, |mark| mark.count) + 1 };
        self.handed = Some(mark);
        self.first_unconfirmed.get_or_insert(id);
        if self.checkpoints.len() == MAX_CHECKPOINTS {
            self.checkpoints.pop_back();
        }
        self.checkpoints.push_back((self.handed_bytes, mark));
    }

    /// Notes how much the socket still holds back.
    pub(crate) fn set_buffered(&mut self, buffered: u64) {
        let flushed_bytes = self.handed_bytes.saturating_sub(buffered);
        // A larger amount than before cannot take back what was on the network.
        if flushed_bytes > self.flushed_bytes {
            self.flushed_bytes = flushed_bytes;
            self.poll_after = FLUSH_POLL;
        }
        while let Some((end, mark)) = self.checkpoints.front()
            && *end <= self.flushed_bytes
        {
            self.flushed = Some(*mark);
            self.checkpoints.pop_front();
        }
    }

    /// Whether something handed over is not known to be on the network, an empty message included.
    pub(crate) fn is_flushing(&self) -> bool {
        self.buffered_bytes() > 0 || !self.checkpoints.is_empty()
    }

    /// How long to wait before the next look at the buffered amount; longer each time nothing moved.
    pub(crate) fn next_poll(&mut self) -> Duration {
        let wait = self.poll_after;
        self.poll_after = (wait * 2).min(FLUSH_POLL_MAX);
        wait
    }

    /// Everything handed over so far.
    pub(crate) fn handed(&self) -> Option<Mark> {
        self.handed
    }

    /// Everything known to be on the network.
    pub(crate) fn flushed(&self) -> Option<Mark> {
        self.flushed
    }

    /// Confirms everything up to `mark` and returns what that settles.
    pub(crate) fn confirm(&mut self, mark: Mark) -> Option<MessageIds> {
        let count = mark.count.checked_sub(self.confirmed_count).filter(|count| *count > 0)?;
        let first = self.first_unconfirmed?;
        self.confirmed_count = mark.count;
        let all = self.handed == Some(mark);
        self.first_unconfirmed = (!all).then_some(MessageId(mark.id.0 + 1));
        Some(MessageIds { first, last: mark.id, count })
    }

    /// What is left unconfirmed at the end of the socket.
    pub(crate) fn into_unknown(mut self) -> Option<MessageIds> {
        let handed = self.handed?;
        self.confirm(handed)
    }

    /// User messages not confirmed.
    pub(crate) fn unconfirmed_count(&self) -> u64 {
        self.handed.map_or(0, |mark| mark.count) - self.confirmed_count
    }

    /// Bytes not known to be on the network.
    pub(crate) fn buffered_bytes(&self) -> u64 {
        self.handed_bytes - self.flushed_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(first: u64, last: u64, count: u64) -> Option<MessageIds> {
        Some(MessageIds { first: MessageId(first), last: MessageId(last), count })
    }

    #[test]
    fn a_message_is_flushed_once_all_of_it_is_on_the_network() {
        let mut flight = Flight::new();
        flight.hand(Some(MessageId(1)), 10);
        flight.hand(None, 5);
        flight.hand(Some(MessageId(2)), 10);
        flight.set_buffered(1);
        assert_eq!(flight.flushed().map(|mark| mark.id), Some(MessageId(1)));
        flight.set_buffered(20);
        assert_eq!(flight.buffered_bytes(), 1, "what is on the network stays there");
        flight.set_buffered(0);
        assert_eq!(flight.flushed(), flight.handed());
        assert!(!flight.is_flushing());
    }

    #[test]
    fn every_message_is_settled_once() {
        let mut flight = Flight::new();
        for id in [1, 2, 5] {
            flight.hand(Some(MessageId(id)), 1);
        }
        flight.set_buffered(1);
        let flushed = flight.flushed().expect("two of three bytes");
        assert_eq!(flight.confirm(flushed), ids(1, 2, 2));
        assert_eq!(flight.confirm(flushed), None);
        assert_eq!(flight.unconfirmed_count(), 1);
        flight.hand(Some(MessageId(6)), 1);
        assert_eq!(flight.into_unknown(), ids(3, 6, 2));
    }

    #[test]
    fn memory_stays_constant_and_the_merge_errs_on_the_safe_side() {
        let mut flight = Flight::new();
        for id in 0..5000 {
            flight.hand(Some(MessageId(id)), 1);
        }
        assert_eq!(flight.checkpoints.len(), MAX_CHECKPOINTS);
        flight.set_buffered(1);
        assert!(flight.flushed().expect("most are").id < MessageId(4999));
        flight.set_buffered(0);
        assert_eq!(flight.flushed(), flight.handed());
    }
}
