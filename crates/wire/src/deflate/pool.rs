use std::fmt;

use flate2::{Compress, Compression, Decompress};

use super::WindowBits;
use super::encoder::Encoder;

/// What connections deflate and inflate with, kept so that a message need not allocate it.
///
/// Meant to live as long as its thread and to serve all its connections. A DEFLATE state belongs to a connection from
/// the first byte of a message to the last; in between it lies here, reset, so nothing of one message can reach another.
/// Taking a state costs no allocation as long as enough lie here; a new compressor allocates about 370 KiB, a new
/// decompressor about 47 KiB.
///
/// The compressor for whole messages (see [the module](super#compressors)) is one for all connections, as it is done
/// with a message before it returns. It takes at most 256 KiB and keeps no byte of what it compressed.
pub struct Pool {
    compressors: Vec<(Key, Box<Compress>)>,
    #[expect(
        clippy::vec_box,
        reason = "a state moves into and out of a connection, which then holds one pointer"
    )]
    decompressors: Vec<Box<Decompress>>,
    encoder: Option<Box<Encoder>>,
    capacity: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) window_bits: u8,
    pub(super) level: u8,
}

impl Pool {
    /// A pool that keeps at most `capacity` idle states of each direction, beside the compressor for whole messages. What is given back beyond that drops the
    /// one that was idle longest.
    #[must_use]
    pub const fn new(capacity: usize) -> Pool {
        Pool { compressors: Vec::new(), decompressors: Vec::new(), encoder: None, capacity }
    }

    /// How many compressors and decompressors lie idle.
    #[must_use]
    pub fn idle(&self) -> (usize, usize) {
        (self.compressors.len(), self.decompressors.len())
    }

    /// The thread's compressor for whole messages.
    pub(super) fn encoder(&mut self) -> &mut Encoder {
        self.encoder.get_or_insert_with(|| Box::new(Encoder::new()))
    }

    pub(super) fn compressor(&mut self, key: Key) -> Box<Compress> {
        match self.compressors.iter().rposition(|(other, _)| *other == key) {
            Some(at) => self.compressors.remove(at).1,
            None => Box::new(Compress::new_with_window_bits(
                Compression::new(u32::from(key.level)),
                false,
                key.window_bits,
            )),
        }
    }

    pub(super) fn give_back_compressor(&mut self, key: Key, mut compressor: Box<Compress>) {
        if self.capacity == 0 {
            return;
        }
        if self.compressors.len() >= self.capacity {
            self.compressors.remove(0);
        }
        compressor.reset();
        self.compressors.push((key, compressor));
    }

    /// A decompressor with a window of 15 bits, which decodes what any smaller window encoded. A smaller one would save
    /// memory only while a message is in progress, and this backend allocates a new state to reset a smaller one.
    pub(super) fn decompressor(&mut self) -> Box<Decompress> {
        self.decompressors
            .pop()
            .unwrap_or_else(|| Box::new(Decompress::new_with_window_bits(false, WindowBits::MAX.get())))
    }

    pub(super) fn give_back_decompressor(&mut self, mut decompressor: Box<Decompress>) {
        if self.decompressors.len() < self.capacity {
            decompressor.reset(false);
            self.decompressors.push(decompressor);
        }
    }
}

/// Four idle states of each direction: one suffices for messages that come whole, the others are for messages in
/// fragments and for connections that agreed on different windows.
impl Default for Pool {
    fn default() -> Pool {
        Pool::new(4)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (compressors, decompressors) = self.idle();
        f.debug_struct("Pool")
            .field("compressors", &compressors)
            .field("decompressors", &decompressors)
            .field("capacity", &self.capacity)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key { window_bits: 15, level: 1 };
    const OTHER: Key = Key { window_bits: 9, level: 6 };

    #[test]
    fn it_keeps_no_more_than_its_capacity() {
        let mut pool = Pool::new(2);
        let compressors: Vec<_> = (0..5).map(|_| pool.compressor(KEY)).collect();
        let decompressors: Vec<_> = (0..5).map(|_| pool.decompressor()).collect();
        compressors.into_iter().for_each(|state| pool.give_back_compressor(KEY, state));
        decompressors.into_iter().for_each(|state| pool.give_back_decompressor(state));
        assert_eq!(pool.idle(), (2, 2));
    }

    #[test]
    fn a_compressor_goes_only_to_who_needs_its_window_and_level() {
        let mut pool = Pool::new(2);
        let state = pool.compressor(KEY);
        pool.give_back_compressor(KEY, state);
        let _other = pool.compressor(OTHER);
        assert_eq!(pool.idle(), (1, 0));
        let _same = pool.compressor(KEY);
        assert_eq!(pool.idle(), (0, 0));
    }

    #[test]
    fn the_longest_idle_compressor_makes_room() {
        let mut pool = Pool::new(1);
        let (old, new) = (pool.compressor(OTHER), pool.compressor(KEY));
        pool.give_back_compressor(OTHER, old);
        pool.give_back_compressor(KEY, new);
        let _kept = pool.compressor(KEY);
        assert_eq!(pool.idle(), (0, 0));
    }

    #[test]
    fn a_pool_without_capacity_keeps_nothing() {
        let mut pool = Pool::new(0);
        let (compressor, decompressor) = (pool.compressor(KEY), pool.decompressor());
        pool.give_back_compressor(KEY, compressor);
        pool.give_back_decompressor(decompressor);
        assert_eq!(pool.idle(), (0, 0));
    }
}
