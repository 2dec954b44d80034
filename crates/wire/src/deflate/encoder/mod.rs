//! A DEFLATE compressor for whole messages that start with an empty window.

mod block;
mod huffman;
mod matches;

use block::{Block, Rest, write_end};
use matches::{Effort, MIN_MATCH, Match, Matcher};

/// The longest message that an [`Encoder`] takes, in bytes. Beyond, its time would be felt by others of the thread.
const MAX_MESSAGE: usize = 1 << 20;

/// Bytes without a match after which every other place is tried, then every third, and so on.
const PATIENCE: usize = 128;

/// From level 4 on, the longest message for which an [`Encoder`] is faster than zlib-rs.
const MAX_LAZY_MESSAGE: usize = 16 << 10;

/// Compresses one message after the other, each by itself.
#[derive(Debug)]
pub(super) struct Encoder {
    matcher: Matcher,
    block: Block,
}

impl Encoder {
    pub(super) fn new() -> Encoder {
        Encoder { matcher: Matcher::new(), block: Block::new() }
    }

    /// Whether this is the best there is for a message of `len` bytes.
    pub(super) fn suits(len: usize, level: u8) -> bool {
        len <= if Effort::of(level).lazy { MAX_LAZY_MESSAGE } else { MAX_MESSAGE }
    }

    /// Appends to `out` the payload that stands for `message` (RFC 7692 §7.2.1): it refers to nothing before the message
    /// and at most `window` bytes back. `level` is 1 to 9.
    pub(super) fn encode(&mut self, message: &[u8], level: u8, window: usize, out: &mut Vec<u8>) {
        debug_assert!(Encoder::suits(message.len(), level));
        self.matcher.begin(message.len() as u32, window);
        let effort = Effort::of(level);
        let rest =
            if effort.lazy { self.lazy(message, effort, out) } else { self.greedy(message, effort, out) };
        write_end(rest, out);
    }

    /// Takes the longest match at each place.
    fn greedy(&mut self, message: &[u8], effort: &Effort, out: &mut Vec<u8>) -> Rest {
        let (mut at, mut written, mut rest) = (0, 0, Rest::default());
        let mut misses = 0;
        while at < message.len() {
            match self.matcher.longest(message, at, MIN_MATCH - 1, effort) {
                Some(found) => {
                    misses = 0;
                    self.block.repetition(found.length, found.distance);
                    if found.length <= effort.max_lazy {
                        self.matcher.insert(message, at + 1..at + found.length);
                    }
                    at += found.length;
                }
                None => {
                    // The longer nothing is found, the less is tried: that is how what was compressed before passes.
                    let run = (1 + misses / PATIENCE).min(message.len() - at).min(self.block.room());
                    message[at..at + run].iter().for_each(|byte| self.block.literal(*byte));
                    misses += run;
                    at += run;
                }
            }
            if self.block.room() == 0 {
                rest = self.block.write(&message[written..at], rest, out);
                written = at;
            }
        }
        self.last(message, written, rest, out)
    }

    /// Takes a match only where the next place has no longer one.
    fn lazy(&mut self, message: &[u8], effort: &Effort, out: &mut Vec<u8>) -> Rest {
        let (mut at, mut written, mut rest) = (0, 0, Rest::default());
        // What was found one byte before, which is not in the block yet.
        let mut before: Option<Option<Match>> = None;
        while at < message.len() {
            let held = before.flatten();
            let held_length = held.map_or(MIN_MATCH - 1, |held| held.length);
            let found = if held_length < effort.max_lazy {
                self.matcher.longest(message, at, held_length, effort)
            } else {
                self.matcher.insert(message, at..at + 1);
                None
            };
            match (held, found) {
                (Some(held), None) => {
                    self.block.repetition(held.length, held.distance);
                    let end = at - 1 + held.length;
                    self.matcher.insert(message, at + 1..end);
                    at = end;
                    before = None;
                }
                _ => {
                    if before.is_some() {
                        self.block.literal(message[at - 1]);
                    }
                    before = Some(found);
                    at += 1;
                }
            }
            if self.block.room() == 0 {
                let end = at - usize::from(before.is_some());
                rest = self.block.write(&message[written..end], rest, out);
                written = end;
            }
        }
        if before.is_some() {
            self.block.literal(message[at - 1]);
        }
        self.last(message, written, rest, out)
    }

    fn last(&mut self, message: &[u8], written: usize, rest: Rest, out: &mut Vec<u8>) -> Rest {
        if self.block.is_empty() { rest } else { self.block.write(&message[written..], rest, out) }
    }
}
