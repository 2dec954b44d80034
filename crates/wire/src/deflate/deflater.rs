use std::fmt;

use flate2::{Compress, FlushCompress};

use super::encoder::Encoder;
use super::inflater::remember;
use super::pool::Key;
use super::{Params, Pool, TAIL, WindowBits};
use crate::Role;

/// What a state takes beside four bytes for each byte of its window.
const STATE_LEN: usize = 243 << 10;

/// How a [`Deflater`] works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// 1 (fastest) to 9 (smallest); other values are brought into that range. 2 by default: from there on bytes are dear.
    /// JSON of 1 KiB gets 4 percent shorter at level 6 for a third more CPU, 64 KiB 12 percent for two and a half times as
    /// much (docs/compression.md has the curve).
    pub level: u8,
    /// Messages of fewer bytes go out uncompressed. 128 by default: what is shorter loses some 20 bytes at most, less
    /// than the headers of its packet, and takes as long to deflate as to send.
    /// [`Deflater::deflate_message`] applies it; a caller of [`Deflater::deflate`] does so itself.
    pub threshold: usize,
    /// What is kept from message to message with context takeover. [`Retain::State`] by default.
    pub retain: Retain,
}

/// What a [`Deflater`] with context takeover keeps between messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Retain {
    /// The whole state: about 370 KiB at 15 bits, 245 KiB at 9. Nothing to prepare for the next message.
    #[default]
    State,
    /// The last bytes that were deflated, at most the window: 32 KiB at 15 bits. The next message reads them in again,
    /// which takes about 30 µs for 32 KiB and 5 µs for the 4 KiB of 12 bits.
    Window,
}

/// Deflates the messages of one connection (RFC 7692 §7.2.1).
pub struct Deflater {
    /// From the first byte of a message to its last; with context takeover and [`Retain::State`] from then on.
    state: Option<Box<Compress>>,
    /// With context takeover and [`Retain::Window`]: the last bytes of the messages so far.
    history: Vec<u8>,
    settings: Settings,
    window_bits: WindowBits,
    context_takeover: bool,
    /// The message in progress had a byte so far.
    begun: bool,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { level: 2, threshold: 128, retain: Retain::State }
    }
}

impl Deflater {
    /// For the endpoint in `role`, which deflates what it sends.
    #[must_use]
    pub fn new(params: &Params, role: Role, settings: Settings) -> Deflater {
        Deflater {
            state: None,
            history: Vec::new(),
            settings: Settings { level: settings.level.clamp(1, 9), ..settings },
            window_bits: params.window_bits(role),
            context_takeover: params.context_takeover(role),
            begun: false,
        }
    }

    /// The settings this was made with, the level brought into its range.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether a whole message of so many bytes takes no longer than some milliseconds, so that it need not be deflated in
    /// pieces.
    pub(crate) fn is_quick(&self, len: usize) -> bool {
        !self.context_takeover && Encoder::suits(len, self.settings.level)
    }

    /// Bytes held besides the value itself: the window of the messages before, and the state from the first byte of a message
    /// to the last, or with [`Retain::State`] from then on.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let state = self.state.as_ref().map_or(0, |_| STATE_LEN + (4 << self.key().window_bits));
        self.history.capacity() + state
    }

    /// Deflates a piece of a message and appends what comes out to `out`; `last` says that the message ends with it.
    /// What one message puts there, over all calls up to the one with `last`, is the payload of its frames, the first
    /// with RSV1. A piece that is not the last may put nothing there: the compressor waits for more.
    ///
    /// A call's work is bounded by its piece, so a long message can be deflated over several turns. Without context
    /// takeover a message that comes in one call is the cheapest: see [the module](super#compressors).
    pub fn deflate(&mut self, pool: &mut Pool, input: &[u8], last: bool, out: &mut Vec<u8>) {
        if input.is_empty() && !self.begun {
            if last {
                // An empty message is one zero byte (§7.2.3.6). The compressor isn't asked: a flush right behind another
                // one puts out nothing.
                out.push(0x00);
            }
            return;
        }
        if input.is_empty() && !last {
            return;
        }
        let level = self.settings.level;
        if last && !self.begun && !self.context_takeover && Encoder::suits(input.len(), level) {
            pool.encoder().encode(input, level, self.window_bits.window_len(), out);
            return;
        }
        let mut state = self.state.take().unwrap_or_else(|| self.begin(pool));
        self.begun = !last;
        let flush = if last { FlushCompress::Sync } else { FlushCompress::None };
        run(&mut state, input, flush, out);
        if last {
            debug_assert!(out.ends_with(&TAIL));
            out.truncate(out.len() - TAIL.len());
        }
        let keeps_window = self.context_takeover && self.settings.retain == Retain::Window;
        if keeps_window {
            remember(&mut self.history, input, self.window_bits.window_len());
        }
        if !last || (self.context_takeover && !keeps_window) {
            self.state = Some(state);
        } else {
            pool.give_back_compressor(self.key(), state);
        }
    }

    /// Deflates a whole message into `out`, unless it had better go as it is: then this says `false` and leaves `out`
    /// alone. That is so below the threshold, and without context takeover also where deflating made it no shorter.
    /// With context takeover the peer must see whatever went through the compressor.
    #[must_use = "whether the message goes compressed, with RSV1, or as it is"]
    pub fn deflate_message(&mut self, pool: &mut Pool, message: &[u8], out: &mut Vec<u8>) -> bool {
        if message.len() < self.settings.threshold {
            return false;
        }
        let start = out.len();
        self.deflate(pool, message, true, out);
        if !self.context_takeover && out.len() - start >= message.len() {
            out.truncate(start);
            return false;
        }
        true
    }

    fn key(&self) -> Key {
        // zlib can't make a window of 8 bits. With one of 9 its distances stay within 512 - 262 = 250 bytes, and so
        // within the 256 of 8 bits.
        Key { window_bits: self.window_bits.get().max(9), level: self.settings.level }
    }

    fn begin(&self, pool: &mut Pool) -> Box<Compress> {
        let mut state = pool.compressor(self.key());
        if !self.history.is_empty() && state.set_dictionary(&self.history).is_err() {
            // Without its dictionary a compressor only refers to less than it might.
            state.reset();
        }
        state
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater")
            .field("in_message", &self.begun)
            .field("settings", &self.settings)
            .field("window_bits", &self.window_bits)
            .field("context_takeover", &self.context_takeover)
            .finish_non_exhaustive()
    }
}

fn run(state: &mut Compress, mut input: &[u8], flush: FlushCompress, out: &mut Vec<u8>) {
    // Enough for what doesn't compress: 5 bytes for each stored block and for the flush.
    out.reserve(input.len() + input.len() / 1024 + 32);
    loop {
        let (consumed_before, len_before) = (state.total_in(), out.len());
        state
            .compress_vec(input, out, flush)
            .expect("a raw stream that is never finished takes input in every state");
        let consumed = (state.total_in() - consumed_before) as usize;
        input = &input[consumed..];
        let full = out.len() == out.capacity();
        if input.is_empty() && !full || (consumed == 0 && out.len() == len_before && !full) {
            return;
        }
        if full {
            // A flush that finds fewer than 6 bytes of room would be put out twice.
            out.reserve(64.max(input.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_small_where_nothing_is_in_progress() {
        assert!(size_of::<Deflater>() <= 72, "{}", size_of::<Deflater>());
    }
}
