use std::fmt;

use flate2::{Decompress, DecompressError, FlushDecompress, Status};

use super::{Params, Pool, WindowBits};
use crate::{Failure, FailureKind, Role};

/// What is read behind a message: the tail that its sender removed (§7.2.2), then an empty block with BFINAL. Read at a
/// block boundary that block ends the DEFLATE stream; read anywhere else it doesn't.
const CLOSING: [u8; 9] = [0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff];

/// The smallest room made in the output, in bytes.
const MIN_ROOM: usize = 128;

/// Inflates the messages of one connection's peer (RFC 7692 §7.2.2).
///
/// Between messages it holds no DEFLATE state; with context takeover it keeps the end of what it inflated, at most
/// the peer's window. A peer's window bounds what must be kept, not what is accepted: a distance that is longer than
/// the window but stays inside the message is decoded, as the RFC doesn't ask for more.
pub struct Inflater {
    /// Only from the first byte of a message to its last.
    state: Option<Box<Decompress>>,
    /// With context takeover: the last bytes of the messages so far.
    history: Vec<u8>,
    /// Bytes that the message in progress inflated to so far.
    produced: usize,
    window_bits: WindowBits,
    context_takeover: bool,
    /// The stream ended with a BFINAL block; a byte that follows begins a new one (RFC 7692 §7.2.3.4).
    ended: bool,
    /// How much of [`CLOSING`] the message in progress took so far.
    closed: u8,
}

/// How far [`Inflater::inflate_within`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a message whose budget ran out has to be continued"]
pub enum Progress {
    /// All of the input went in and all that it holds came out. With `last` the message is complete.
    Done,
    /// The budget is used up. The next call takes the input from `consumed` on, maybe nothing, and the same `last`.
    OutOfBudget {
        /// How many bytes of the input are done with.
        consumed: usize,
    },
}

impl Inflater {
    /// For the endpoint in `role`, which inflates what its peer deflates.
    #[must_use]
    pub fn new(params: &Params, role: Role) -> Inflater {
        Inflater {
            state: None,
            history: Vec::new(),
            produced: 0,
            window_bits: params.window_bits(role.peer()),
            context_takeover: params.context_takeover(role.peer()),
            ended: false,
            closed: 0,
        }
    }

    /// Inflates a piece of a message and appends what comes out to `out`. `input` is the unmasked payload of a frame or
    /// of a part of one, `last` says that the message ends with it. Every message takes at least the call with `last`.
    ///
    /// `limit` is the most bytes that the message may inflate to, over all calls since the last `last`. The room that
    /// this makes in `out` is never more than what is left of it and one byte.
    ///
    /// A message without any compressed byte counts as empty: §7.2.3.6 wants one zero byte there, but some senders leave
    /// it out.
    ///
    /// # Errors
    /// [`FailureKind::InvalidDeflate`] where the data is no DEFLATE stream or stops inside a block, and
    /// [`FailureKind::MessageTooLarge`] past the limit. The connection must then be failed: this value can't inflate
    /// another message.
    pub fn inflate(
        &mut self,
        pool: &mut Pool,
        input: &[u8],
        last: bool,
        out: &mut Vec<u8>,
        limit: usize,
    ) -> Result<(), Failure> {
        self.inflate_within(pool, input, last, out, limit, usize::MAX).map(|_| ())
    }

    /// The same, but appends at most `budget` bytes to `out` and then says how to go on. DEFLATE makes up to 1,032 bytes
    /// of one, so a bound on what is read is none on the work: with a budget for each turn, one peer's messages can't
    /// hold up the others of a thread.
    ///
    /// Between two calls the value holds a DEFLATE state of the pool; `limit` stands for the message as a whole. A call
    /// that ends with [`Progress::OutOfBudget`] appended exactly `budget` bytes, and the next one may find that nothing
    /// was left to come.
    ///
    /// # Errors
    /// As for [`inflate`](Inflater::inflate).
    pub fn inflate_within(
        &mut self,
        pool: &mut Pool,
        input: &[u8],
        last: bool,
        out: &mut Vec<u8>,
        limit: usize,
        budget: usize,
    ) -> Result<Progress, Failure> {
        let start = out.len();
        let end = start.saturating_add(budget);
        let progress = match self.state.take() {
            // Nothing of the message so far, and nothing now.
            None if input.is_empty() => Progress::Done,
            state => {
                let mut state = match state {
                    Some(state) => state,
                    None => self.begin(pool)?,
                };
                let progress = self.run(&mut state, input, last, out, limit, end)?;
                if last && progress == Progress::Done {
                    pool.give_back_decompressor(state);
                } else {
                    self.state = Some(state);
                }
                progress
            }
        };
        if last && progress == Progress::Done {
            self.produced = 0;
            self.ended = false;
            self.closed = 0;
        }
        if self.context_takeover {
            remember(&mut self.history, &out[start..], self.window_bits.window_len());
        }
        Ok(progress)
    }

    /// Bytes held between messages, besides the value itself.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.history.capacity()
    }

    fn begin(&self, pool: &mut Pool) -> Result<Box<Decompress>, Failure> {
        let mut state = pool.decompressor();
        if !self.history.is_empty() {
            state.set_dictionary(&self.history).map_err(|_| FailureKind::Internal)?;
        }
        Ok(state)
    }

    fn run(
        &mut self,
        state: &mut Decompress,
        input: &[u8],
        last: bool,
        out: &mut Vec<u8>,
        limit: usize,
        end: usize,
    ) -> Result<Progress, Failure> {
        let consumed = self.feed(state, input, out, limit, end)?;
        if consumed < input.len() || out.len() == end {
            return Ok(Progress::OutOfBudget { consumed });
        }
        // A message may stop right behind a BFINAL block. The RFC wants one zero byte behind it (§7.2.3.4); without it
        // the message is complete all the same.
        if last && (self.closed > 0 || !self.ended) {
            let closing = &CLOSING[usize::from(self.closed)..];
            self.closed += self.feed(state, closing, out, limit, end)? as u8;
            if usize::from(self.closed) < CLOSING.len() || (out.len() == end && !self.ended) {
                return Ok(Progress::OutOfBudget { consumed });
            }
            // Not at a block's end, the message was cut short: it must not pass as a shorter one.
            if !self.ended {
                return Err(FailureKind::InvalidDeflate.into());
            }
        }
        Ok(Progress::Done)
    }

    /// Inflates until the input is used up and nothing more comes of it, or `out` is `end` bytes long. Says how much of
    /// the input it took.
    fn feed(
        &mut self,
        state: &mut Decompress,
        input: &[u8],
        out: &mut Vec<u8>,
        limit: usize,
        end: usize,
    ) -> Result<usize, Failure> {
        let mut taken = 0;
        while out.len() < end {
            let input = &input[taken..];
            if self.ended {
                if input.is_empty() {
                    break;
                }
                // What follows is a new stream, which can't refer to anything before it.
                state.reset(false);
                self.ended = false;
            }
            if out.len() == out.capacity() {
                // One byte more than the limit tells a message that ends there from one that goes on.
                let left = limit.saturating_sub(self.produced).saturating_add(1);
                let wanted = input.len().saturating_mul(3).max(self.produced).max(MIN_ROOM);
                out.reserve_exact(wanted.min(left));
            }
            let (consumed_before, len_before) = (state.total_in(), out.len());
            let status = decompress(state, input, out, end).map_err(|_| FailureKind::InvalidDeflate)?;
            let consumed = (state.total_in() - consumed_before) as usize;
            let produced = out.len() - len_before;
            taken += consumed;
            self.produced += produced;
            if self.produced > limit {
                return Err(FailureKind::MessageTooLarge.into());
            }
            self.ended = status == Status::StreamEnd;
            if self.ended {
                continue;
            }
            let stuck = consumed == 0 && produced == 0;
            if stuck && !input.is_empty() {
                return Err(FailureKind::InvalidDeflate.into());
            }
            // With room left in the output the backend stops only for want of input.
            if stuck || (consumed == input.len() && out.len() < out.capacity().min(end)) {
                break;
            }
        }
        Ok(taken)
    }
}

/// Inflates into the spare room of `out`, as far as `end`.
fn decompress(
    state: &mut Decompress,
    input: &[u8],
    out: &mut Vec<u8>,
    end: usize,
) -> Result<Status, DecompressError> {
    if out.capacity() <= end {
        return state.decompress_vec(input, out, FlushDecompress::None);
    }
    // A part of the spare room can be lent only once it has values.
    let start = out.len();
    out.resize(end, 0);
    let before = state.total_out();
    let status = state.decompress(input, &mut out[start..], FlushDecompress::None);
    out.truncate(start + (state.total_out() - before) as usize);
    status
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater")
            .field("in_message", &self.state.is_some())
            .field("history", &self.history.len())
            .field("window_bits", &self.window_bits)
            .field("context_takeover", &self.context_takeover)
            .finish_non_exhaustive()
    }
}

/// Appends `new` to `history` and drops from its front what no longer fits `window` bytes.
pub(super) fn remember(history: &mut Vec<u8>, new: &[u8], window: usize) {
    let new = &new[new.len().saturating_sub(window)..];
    let kept = history.len().min(window - new.len());
    history.drain(..history.len() - kept);
    let len = kept + new.len();
    if len > history.capacity() {
        // Doubling, but never past the window: the capacity is what an idle connection costs.
        history.reserve_exact(len.max(history.capacity() * 2).min(window) - kept);
    }
    history.extend_from_slice(new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflate::{Deflater, Settings};

    #[test]
    fn history_holds_the_last_window_and_no_more_memory() {
        let window = 256;
        let (mut history, mut all) = (Vec::new(), Vec::new());
        for len in [0usize, 1, 100, 3, 200, 256, 7, 255, 1000, 0, 13] {
            let new: Vec<u8> = (0..len).map(|i| (i * 7 + all.len()) as u8).collect();
            remember(&mut history, &new, window);
            all.extend_from_slice(&new);
            assert_eq!(history, all[all.len().saturating_sub(window)..]);
            assert!(history.capacity() <= window, "{}", history.capacity());
        }
    }

    #[test]
    fn a_message_over_many_turns_is_moved_few_times() {
        let params = Params::default();
        let mut pool = Pool::default();
        let (mut payload, mut out) = (Vec::new(), Vec::new());
        Deflater::new(&params, Role::Client, Settings::default()).deflate(
            &mut pool,
            &vec![0; 4 << 20],
            true,
            &mut payload,
        );
        let mut inflater = Inflater::new(&params, Role::Server);
        let (mut input, mut grown, mut turns) = (&payload[..], 0, 0);
        loop {
            let capacity = out.capacity();
            let progress = inflater.inflate_within(&mut pool, input, true, &mut out, 16 << 20, 8 << 10);
            grown += usize::from(out.capacity() != capacity);
            turns += 1;
            match progress {
                Ok(Progress::OutOfBudget { consumed }) => input = &input[consumed..],
                other => break assert_eq!(other, Ok(Progress::Done)),
            }
        }
        assert!(out.len() == 4 << 20 && turns > 512, "{turns}");
        assert!(grown < 20, "{grown}");
    }

    #[test]
    fn it_is_small_where_nothing_is_in_progress() {
        assert!(size_of::<Inflater>() <= 56, "{}", size_of::<Inflater>());
    }
}
