//! Messages that wait for a socket, bounded by count and bytes.

use std::collections::VecDeque;

use crate::{Message, MessageId, Overflow, Queue, SendError};

/// Messages that wait for a socket, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outbox {
    messages: VecDeque<(MessageId, Message)>,
    bytes: usize,
}

impl Outbox {
    /// Makes room for a message of `size` bytes, and returns what had to go.
    ///
    /// An error changes nothing.
    pub(crate) fn make_room(&mut self, limits: &Queue, size: usize) -> Result<Vec<MessageId>, SendError> {
        if size > limits.max_bytes {
            return Err(SendError::TooLarge { size, limit: limits.max_bytes });
        }
        let full = |outbox: &Outbox| {
            outbox.messages.len() >= limits.max_messages || outbox.bytes + size > limits.max_bytes
        };
        if limits.overflow == Overflow::Refuse && full(self) {
            return Err(SendError::Full { messages: self.messages.len(), bytes: self.bytes });
        }
        let mut dropped = Vec::new();
        while full(self)
            && let Some((id, _)) = self.pop()
        {
            dropped.push(id);
        }
        Ok(dropped)
    }

    /// Appends a message for which there is room.
    pub(crate) fn push(&mut self, id: MessageId, message: Message) {
        self.bytes += message.len();
        self.messages.push_back((id, message));
    }

    /// Takes the oldest message.
    pub(crate) fn pop(&mut self) -> Option<(MessageId, Message)> {
        let (id, message) = self.messages.pop_front()?;
        self.bytes -= message.len();
        Some((id, message))
    }

    /// Shrinks to new limits: the oldest go where the newest matter most, else the newest. Returns what went, in
    /// the order of ids.
    pub(crate) fn shrink(&mut self, limits: &Queue) -> Vec<MessageId> {
        let mut dropped = Vec::new();
        while self.messages.len() > limits.max_messages || self.bytes > limits.max_bytes {
            let gone = match limits.overflow {
                Overflow::DropOldest => self.messages.pop_front(),
                Overflow::Refuse => self.messages.pop_back(),
            };
            let Some((id, message)) = gone else { break };
            self.bytes -= message.len();
            dropped.push(id);
        }
        if limits.overflow == Overflow::Refuse {
            dropped.reverse();
        }
        dropped
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(sizes: &[usize]) -> Outbox {
        let mut outbox = Outbox::default();
        for (id, size) in sizes.iter().enumerate() {
            outbox.push(MessageId(id as u64), Message::Binary(vec![0; *size]));
        }
        outbox
    }

    fn limits(max_messages: usize, max_bytes: usize, overflow: Overflow) -> Queue {
        Queue { max_messages, max_bytes, overflow, ..Queue::default() }
    }

    fn ids(ids: &[u64]) -> Vec<MessageId> {
        ids.iter().copied().map(MessageId).collect()
    }

    #[test]
    fn a_full_queue_refuses_and_keeps_what_it_has() {
        let mut outbox = filled(&[4, 4]);
        let limits = limits(9, 10, Overflow::Refuse);
        assert_eq!(outbox.make_room(&limits, 3), Err(SendError::Full { messages: 2, bytes: 8 }));
        assert_eq!(outbox.make_room(&limits, 11), Err(SendError::TooLarge { size: 11, limit: 10 }));
        assert_eq!(outbox.make_room(&limits, 2), Ok(vec![]));
        assert_eq!((outbox.len(), outbox.bytes()), (2, 8));
    }

    #[test]
    fn the_oldest_make_room_and_no_more_of_them_than_needed() {
        let mut outbox = filled(&[1, 5, 4]);
        let limits = limits(3, 10, Overflow::DropOldest);
        assert_eq!(outbox.make_room(&limits, 6), Ok(ids(&[0, 1])));
        assert_eq!((outbox.len(), outbox.bytes()), (1, 4));
    }

    #[test]
    fn lower_limits_take_from_the_end_that_matters_less() {
        let mut outbox = filled(&[3, 3, 3]);
        assert_eq!(outbox.shrink(&limits(9, 4, Overflow::DropOldest)), ids(&[0, 1]));
        let mut outbox = filled(&[3, 3, 3]);
        assert_eq!(outbox.shrink(&limits(1, 9, Overflow::Refuse)), ids(&[1, 2]));
        assert_eq!(outbox.pop().map(|(id, _)| id), Some(MessageId(0)));
    }
}
