//! Decisions that follow from a seed.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::side::LARGEST;

#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// True once in so many times.
    pub(super) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(super) fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Mostly short, often one, seldom long.
    pub(super) fn length(&mut self) -> usize {
        let scale = self.choose(&[1, 2, 10, 150, 150, 3000]);
        1 + self.below(scale)
    }

    pub(super) fn millis(&mut self, most: usize) -> Duration {
        Duration::from_millis(self.below(most) as u64)
    }

    pub(super) fn fragment_len(&mut self) -> NonZeroUsize {
        // So that a message has no more than a few hundred of them.
        NonZeroUsize::MIN.saturating_add(self.length() + LARGEST / 300)
    }

    /// A payload that no other message has: text of its number and some more.
    pub(super) fn message(&mut self, number: usize) -> Vec<u8> {
        let len = match self.below(300) {
            0 => self.below(LARGEST - 20),
            1..6 => 4000 + self.below(2000),
            6..20 => return Vec::new(),
            _ => self.length(),
        };
        let mut payload = format!("{number}:").into_bytes();
        let word = format!("{:x} ", self.next() >> self.below(60));
        payload.extend(word.bytes().cycle().take(len));
        payload
    }
}
