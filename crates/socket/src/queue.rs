use std::collections::VecDeque;

use tokio::time::Instant;

/// Output the peer has not taken yet. It exists only while there is some.
#[derive(Debug)]
pub(crate) struct Queue {
    /// Whole frames, but for the first block, of which `written` bytes are gone.
    blocks: VecDeque<Vec<u8>>,
    written: usize,
    bytes: usize,
    /// When the peer last took something, or the queue began.
    pub(crate) progress: Instant,
}

impl Queue {
    pub(crate) fn new(block: Vec<u8>, now: Instant) -> Queue {
        Queue { bytes: block.len(), blocks: VecDeque::from([block]), written: 0, progress: now }
    }

    /// Bytes that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn push(&mut self, block: Vec<u8>) {
        self.bytes += block.len();
        self.blocks.push_back(block);
    }

    /// Puts a control frame in front of all that has not been begun. The first block may be half written, and so
    /// half a frame: nothing may come before its end.
    pub(crate) fn push_urgent(&mut self, frame: Vec<u8>) {
        self.bytes += frame.len();
        let at = self.blocks.len().min(1);
        self.blocks.insert(at, frame);
    }

    pub(crate) fn front(&self) -> &[u8] {
        self.blocks.front().map_or(&[], |block| &block[self.written..])
    }

    pub(crate) fn advance(&mut self, count: usize, now: Instant) {
        self.written += count;
        self.bytes -= count;
        self.progress = now;
        if self.blocks.front().is_some_and(|block| block.len() <= self.written) {
            self.blocks.pop_front();
            self.written = 0;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}
