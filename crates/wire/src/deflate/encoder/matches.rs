//! Where bytes of a message occurred before in it: hash chains as in zlib, over the message itself.

use std::ops::Range;

use super::block::MAX_MATCH;

/// Shorter matches seldom pay for their distance.
pub(super) const MIN_MATCH: usize = 4;

/// Places whose predecessor is remembered: the largest window.
const PLACES: usize = 32 * 1024;

/// The entries of the hash table. A short message uses as many of them as it has places, so that few have to come into
/// the cache.
const HEADS: usize = 32 * 1024;

/// The fewest entries that are used, as a power of two.
const MIN_HASH_BITS: u32 = 9;

/// How hard matches are looked for: what zlib's levels 1 to 9 do, with its names.
#[derive(Debug)]
pub(super) struct Effort {
    /// Whether a match waits for the next place.
    pub(super) lazy: bool,
    /// Lazy: a match of that length doesn't wait. Else: the places in a longer one are not remembered.
    pub(super) max_lazy: usize,
    /// With a match of that length at hand, a quarter of the chain suffices.
    good: usize,
    /// A match of that length ends the search.
    nice: usize,
    /// Places that are tried.
    chain: usize,
}

/// A repetition of what stands `distance` bytes before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Match {
    pub(super) length: usize,
    pub(super) distance: usize,
}

/// The places of one message by the hash of their first four bytes.
///
/// A place is entered with its number in the sequence of all messages so far. What belongs to an earlier message is thus
/// told by its number, and nothing has to be cleared between messages.
#[derive(Debug)]
pub(super) struct Matcher {
    heads: Box<[u32; HEADS]>,
    /// For a place, modulo [`PLACES`], how far before it the last one with its hash is; 0 for none.
    steps: Box<[u16; PLACES]>,
    /// The number of the message's first place, at least 1.
    base: u32,
    shift: u32,
    window: usize,
    /// The message's length: what `base` moves on by.
    len: u32,
}

impl Effort {
    pub(super) fn of(level: u8) -> &'static Effort {
        const fn effort(lazy: bool, good: usize, max_lazy: usize, nice: usize, chain: usize) -> Effort {
            Effort { lazy, max_lazy, good, nice, chain }
        }
        static LEVELS: [Effort; 9] = [
            effort(false, 4, 4, 8, 4),
            effort(false, 4, 5, 16, 8),
            effort(false, 4, 6, 32, 32),
            effort(true, 4, 4, 16, 16),
            effort(true, 8, 16, 32, 32),
            effort(true, 8, 16, 128, 128),
            effort(true, 8, 32, 128, 256),
            effort(true, 32, 128, 258, 1024),
            effort(true, 32, 258, 258, 4096),
        ];
        &LEVELS[usize::from(level.clamp(1, 9)) - 1]
    }
}

impl Matcher {
    pub(super) fn new() -> Matcher {
        Matcher { heads: zeroed(), steps: zeroed(), base: 1, shift: 0, window: 0, len: 0 }
    }

    /// Forgets the message before and gets ready for one of `len` bytes.
    pub(super) fn begin(&mut self, len: u32, window: usize) {
        let next = self.base.checked_add(self.len);
        self.base = match next.filter(|next| next.checked_add(len).is_some()) {
            Some(next) => next,
            None => {
                self.heads.fill(0);
                1
            }
        };
        let bits = (u32::BITS - len.leading_zeros()).clamp(MIN_HASH_BITS, HEADS.ilog2());
        self.shift = u32::BITS - bits;
        self.window = window.min(PLACES - 1);
        self.len = len;
    }

    /// Enters the places of a range; those without four bytes behind them have no hash.
    #[inline(always)]
    pub(super) fn insert(&mut self, message: &[u8], places: Range<usize>) {
        for at in places {
            self.enter(message, at);
        }
    }

    /// Enters a place and says how far before it the last one with its hash is; 0 for none.
    #[inline(always)]
    fn enter(&mut self, message: &[u8], at: usize) -> usize {
        let Some(four) = read::<4>(message, at) else { return 0 };
        let hash = u32::from_le_bytes(four).wrapping_mul(0x9e37_79b1) >> self.shift;
        let number = self.base + at as u32;
        let before = std::mem::replace(&mut self.heads[hash as usize % HEADS], number);
        let step = (number - before) as usize;
        // Farther back than the message's start is an earlier one.
        let step = if step <= self.window.min(at) { step } else { 0 };
        self.steps[at % PLACES] = step as u16;
        step
    }

    /// Enters a place and finds the longest match there that is longer than `length`.
    #[inline(always)]
    pub(super) fn longest(
        &mut self,
        message: &[u8],
        at: usize,
        length: usize,
        effort: &Effort,
    ) -> Option<Match> {
        let step = self.enter(message, at);
        if step == 0 { None } else { self.search(message, at, step, length, effort) }
    }

    fn search(
        &self,
        message: &[u8],
        at: usize,
        step: usize,
        length: usize,
        effort: &Effort,
    ) -> Option<Match> {
        let here = &message[at..];
        let most = here.len().min(MAX_MATCH);
        if length >= most {
            return None;
        }
        let first = read::<4>(here, 0);
        let (mut best, mut found) = (length, None);
        let mut last = read::<4>(here, best - 3);
        let mut chain = if length >= effort.good { effort.chain / 4 } else { effort.chain };
        let mut distance = step;
        loop {
            let there = &message[at - distance..];
            if read::<4>(there, best - 3) == last && read::<4>(there, 0) == first {
                let length = common(here, there, most);
                if length > best {
                    best = length;
                    found = Some(Match { length, distance });
                    if length >= effort.nice || length == most {
                        break;
                    }
                    last = read::<4>(here, best - 3);
                }
            }
            chain -= 1;
            let step = usize::from(self.steps[(at - distance) % PLACES]);
            distance += step;
            if chain == 0 || step == 0 || distance > self.window {
                break;
            }
        }
        found
    }
}

fn zeroed<T: Copy + Default, const N: usize>() -> Box<[T; N]> {
    match vec![T::default(); N].into_boxed_slice().try_into() {
        Ok(array) => array,
        Err(_) => unreachable!("it has that many"),
    }
}

#[inline(always)]
fn read<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

/// How many bytes two slices have in common from their start, at most `most`.
#[inline(always)]
fn common(left: &[u8], right: &[u8], most: usize) -> usize {
    let (left, right) = (&left[..most], &right[..most]);
    let mut at = 0;
    while let (Some(a), Some(b)) = (read::<8>(left, at), read::<8>(right, at)) {
        let difference = u64::from_le_bytes(a) ^ u64::from_le_bytes(b);
        if difference != 0 {
            return at + difference.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < most && left[at] == right[at] {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_of_an_earlier_message_is_found() {
        // Nothing in it repeats itself, but each message is the one before over again.
        let message: Vec<u8> =
            (0..500_u16).flat_map(|number| [(number >> 8) as u8 | 0x80, number as u8]).collect();
        for base in [1, u32::MAX - 2500] {
            let mut matcher = Matcher::new();
            matcher.base = base;
            for _ in 0..4 {
                matcher.begin(message.len() as u32, 1 << 15);
                for at in 0..message.len() {
                    assert!(matcher.longest(&message, at, MIN_MATCH - 1, Effort::of(9)).is_none(), "{at}");
                }
            }
        }
    }

    #[test]
    fn the_longest_match_is_found_up_to_the_window_and_no_farther() {
        let message = [&b"abcdefgh"[..], &[0; 300], b"abcdef", &[1; 300], b"abcdefgh"].concat();
        let last = message.len() - 8;
        for (window, expected) in
            [(200, None), (306, Some((6, 306))), (613, Some((6, 306))), (614, Some((8, 614)))]
        {
            let mut matcher = Matcher::new();
            matcher.begin(message.len() as u32, window);
            matcher.insert(&message, 0..last);
            let found = matcher.longest(&message, last, MIN_MATCH - 1, Effort::of(9));
            assert_eq!(found.map(|found| (found.length, found.distance)), expected, "{window}");
        }
    }

    #[test]
    fn a_match_is_at_most_as_long_as_deflate_can_say() {
        let message = [7; 1000];
        let mut matcher = Matcher::new();
        matcher.begin(1000, 1 << 15);
        matcher.insert(&message, 0..1);
        for at in 1..1000 {
            let found = matcher.longest(&message, at, MIN_MATCH - 1, Effort::of(6));
            let most = (1000 - at).min(MAX_MATCH);
            assert_eq!(found.map(|found| (found.length, found.distance)), (most > 3).then_some((most, 1)));
        }
    }
}
