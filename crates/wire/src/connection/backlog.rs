use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Bytes, BytesMut};

/// Output that the peer has not taken: whole frames, but for the first block, which may have been taken in part.
#[derive(Debug, Default)]
pub(super) struct Backlog {
    blocks: VecDeque<Block>,
    /// Of the first block, so many bytes are gone.
    written: usize,
    /// So many blocks at the front end with one that holds control frames: no later one may pass them.
    ordered: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Block {
    bytes: Bytes,
    /// It goes on with a frame that the block before it began: nothing may come in between.
    joined: bool,
    /// Control frames that went ahead of what waited.
    urgent: bool,
}

impl Backlog {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Bytes that wait.
    #[inline]
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends a block; `joined` where it goes on with a frame that was begun before.
    pub(super) fn push(&mut self, bytes: Bytes, joined: bool) {
        if !bytes.is_empty() {
            self.bytes += bytes.len();
            self.blocks.push_back(Block { bytes, joined, urgent: false });
        }
    }

    /// There are control frames in what was pushed: those that come later stay behind it.
    pub(super) fn keep_order(&mut self) {
        self.ordered = self.blocks.len();
    }

    /// Puts a control frame ahead of all data that has not begun, and behind the control frames that are there already.
    pub(super) fn push_urgent(&mut self, frame: &[u8]) {
        self.bytes += frame.len();
        let first = self.ordered.max(usize::from(self.written > 0));
        let may_stand_at =
            |at: &usize| self.blocks.get(*at).is_none_or(|block| !block.joined && !block.urgent);
        let at = (first..=self.blocks.len()).find(may_stand_at).unwrap_or(self.blocks.len());
        // Many small blocks would make many small writes.
        let before = at.checked_sub(1).filter(|before| *before >= first);
        match before.and_then(|before| self.blocks.get_mut(before)) {
            Some(before) if before.urgent => {
                let mut frames = BytesMut::from(std::mem::take(&mut before.bytes));
                frames.extend_from_slice(frame);
                before.bytes = frames.freeze();
            }
            _ => self
                .blocks
                .insert(at, Block { bytes: Bytes::copy_from_slice(frame), joined: false, urgent: true }),
        }
    }

    /// What waits, as at most as many slices as `slices` holds.
    pub(super) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut skip = self.written;
        let count = slices.len().min(self.blocks.len());
        for (slot, block) in slices.iter_mut().zip(&self.blocks) {
            *slot = IoSlice::new(&block.bytes[std::mem::take(&mut skip)..]);
        }
        count
    }

    /// The transport has taken up to `count` bytes more. Tells how many of them were not from here.
    pub(super) fn advance(&mut self, count: usize) -> usize {
        let mut left = count.min(self.bytes);
        let beyond = count - left;
        self.bytes -= left;
        while let Some(first) = self.blocks.front() {
            let rest = first.bytes.len() - self.written;
            if left < rest {
                self.written += left;
                break;
            }
            left -= rest;
            self.written = 0;
            self.blocks.pop_front();
            self.ordered = self.ordered.saturating_sub(1);
        }
        beyond
    }

    /// Forgets it all and tells how much it was.
    pub(super) fn clear(&mut self) -> usize {
        self.blocks.clear();
        (self.written, self.ordered) = (0, 0);
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(backlog: &Backlog) -> String {
        let mut slices = [IoSlice::new(&[]); 16];
        let count = backlog.slices(&mut slices);
        slices[..count].iter().map(|slice| std::str::from_utf8(slice).unwrap()).collect::<Vec<_>>().join("|")
    }

    fn backlog(blocks: &[(&'static str, bool)]) -> Backlog {
        let mut backlog = Backlog::default();
        for (bytes, joined) in blocks {
            backlog.push(Bytes::from_static(bytes.as_bytes()), *joined);
        }
        backlog
    }

    #[test]
    fn control_frames_pass_data_and_keep_their_order() {
        let mut backlog = backlog(&[("data", false), ("more", false)]);
        backlog.push_urgent(b"1");
        backlog.push_urgent(b"2");
        assert_eq!(all(&backlog), "12|data|more");
        assert_eq!(backlog.bytes(), 10);
        assert_eq!(backlog.advance(1), 0);
        backlog.push_urgent(b"3");
        assert_eq!(all(&backlog), "2|3|data|more");
        backlog.push_urgent(b"4");
        assert_eq!(all(&backlog), "2|34|data|more");
    }

    #[test]
    fn nothing_comes_into_a_frame_that_has_begun() {
        let mut backlog = backlog(&[("he", false), ("ader", true), ("payload", true), ("next", false)]);
        backlog.advance(1);
        backlog.push_urgent(b"!");
        assert_eq!(all(&backlog), "e|ader|payload|!|next");
        let mut cut = self::backlog(&[("rest", true), ("next", false)]);
        cut.push_urgent(b"!");
        assert_eq!(all(&cut), "rest|!|next");
    }

    #[test]
    fn a_control_frame_among_data_is_not_passed_by_a_later_one() {
        let mut backlog = backlog(&[("data1", false), ("data", false)]);
        backlog.keep_order();
        backlog.push(Bytes::from_static(b"more"), false);
        backlog.push_urgent(b"2");
        backlog.push_urgent(b"3");
        assert_eq!(all(&backlog), "data1|data|23|more");
        assert_eq!(backlog.advance(9), 0);
        backlog.push_urgent(b"4");
        assert_eq!(all(&backlog), "234|more");
    }

    #[test]
    fn taking_counts_what_is_left_and_what_is_beyond() {
        let mut backlog = backlog(&[("abc", false), ("de", false)]);
        assert_eq!(backlog.advance(4), 0);
        assert_eq!((all(&backlog).as_str(), backlog.bytes()), ("e", 1));
        assert_eq!(backlog.advance(3), 2);
        assert!(backlog.is_empty());
        assert_eq!(backlog.bytes(), 0);
    }
}
