use std::fmt;
use std::ops::Range;

use super::Counts;
use super::assembly::Frames;
use super::batch::{Batch, KEPT};
use super::diversion::Diversion;
use crate::deflate::Pool;

/// How much is read at once, in bytes. Large enough that many messages share a read: with sixteen of 64 KiB in flight an
/// echo takes a tenth more CPU at half of it.
const INPUT_LEN: usize = 512 << 10;

/// What a thread lends to the connection whose turn it is, so that no connection owns a read buffer, a window or a
/// batch of output: input is read into it, decoded in place, and what is to be sent is put together there.
///
/// One is enough for all connections of a thread. Between two turns it holds nothing of either.
pub struct Turn {
    pub(super) input: Box<[u8]>,
    /// Of the input, so many bytes are there.
    pub(super) filled: usize,
    /// Of these, so many are decoded.
    pub(super) from: usize,
    /// Where in the input the next frame that goes back as it is may begin.
    pub(super) to: usize,
    /// What is left of the input is the beginning of a frame.
    pub(super) starved: bool,
    /// The latest read was offered so much room.
    pub(super) offered: usize,
    /// It took all of it: there is more to read.
    pub(super) brimming: bool,
    /// How long the frame is, header included, of which there is only the beginning while more is to be read.
    pub(super) held: Option<usize>,
    /// How long the latest such frame was: the next ones may be as long.
    pub(super) stride: usize,
    /// The message that was lent last, if it was put together or inflated.
    pub(super) message: Vec<u8>,
    /// The frames of that message.
    pub(super) made_of: Frames,
    pub(super) out: Output,
}

/// The part of a [`Turn`] that a connection speaks with while it is lent a message.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) batch: Batch,
    pub(super) codec: Codec,
    /// What became of the message that was lent last.
    pub(super) taken: Taken,
    /// What this turn has carried.
    pub(super) counts: Counts,
    /// Bytes that this turn has read.
    pub(super) read: usize,
    /// Bytes that it has inflated and deflated.
    pub(super) worked: usize,
    pub(super) masks: fn() -> [u8; 4],
    /// Where output goes instead, during [`Outgoing::divert`](super::Outgoing::divert).
    pub(super) diversion: Option<Box<Diversion>>,
    /// To whom messages of the input are lent.
    pub(super) lent_to: Option<u32>,
    /// Counts how often input was taken back: what was lent before lies there no more.
    pub(super) loan: u64,
    /// The input is another turn's, with this loan.
    pub(super) borrows: Option<u64>,
}

/// The states of compressors, and where their output goes.
#[derive(Debug, Default)]
pub(super) struct Codec {
    pub(super) pool: Pool,
    pub(super) deflated: Vec<u8>,
}

/// Where a message's bytes lie, and so whether they can be sent back without a copy.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// In the input, with a header for the way back in front: the whole frame.
    Input(Range<usize>),
    /// In [`Turn::message`].
    Message,
    /// Elsewhere: it was made by [`Message::new`](super::Message::new).
    Elsewhere,
}

/// How an endpoint took the bytes of the message that it was lent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Taken {
    #[default]
    Nothing,
    /// The frame goes back from where it lies in the input, which is in use up to here.
    InPlace(usize),
    /// [`Turn::message`] goes back whole, to this place in the batch.
    Whole(usize),
    /// It stays where it is, whatever is sent: see [`Outgoing::divert`](super::Outgoing::divert).
    Diverted,
}

impl Turn {
    /// What a thread needs for any number of connections: 512 KiB, and a few hundred more once messages are compressed.
    ///
    /// `masks` makes a client's keys. They must be unpredictable (RFC 6455 §5.3, §10.3): take them from the system's
    /// generator or one seeded by it. For a server it is never called.
    #[must_use]
    pub fn new(masks: fn() -> [u8; 4]) -> Turn {
        Turn::with_input(vec![0; INPUT_LEN].into_boxed_slice(), masks)
    }

    pub(super) fn with_input(input: Box<[u8]>, masks: fn() -> [u8; 4]) -> Turn {
        Turn {
            input,
            filled: 0,
            from: 0,
            to: 0,
            starved: false,
            offered: 0,
            brimming: false,
            held: None,
            stride: 0,
            message: Vec::new(),
            made_of: Frames::default(),
            out: Output {
                batch: Batch::default(),
                codec: Codec::default(),
                taken: Taken::Nothing,
                counts: Counts::default(),
                read: 0,
                worked: 0,
                masks,
                diversion: None,
                lent_to: None,
                loan: 0,
                borrows: None,
            },
        }
    }

    /// What the connection has carried since its turn began.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.out.counts
    }

    /// Bytes that the turn has cost so far: read, inflated and deflated. A driver that has spent more than is fair to the
    /// others reads no more.
    #[must_use]
    pub fn spent(&self) -> usize {
        self.out.read + self.out.worked
    }

    /// Bytes of these that were inflated and deflated. A driver takes messages until it is too much of that, and all of
    /// them where they cost nothing of the kind: what is left undecoded has to be copied, and copied back in the next
    /// turn. [`Connection::wants_turn`](super::Connection::wants_turn) tells whether that is due.
    #[must_use]
    pub fn worked(&self) -> usize {
        self.out.worked
    }

    /// Whether nothing that was read is left, not even the beginning of a frame.
    #[inline]
    #[must_use]
    pub fn is_decoded(&self) -> bool {
        self.from == self.filled
    }

    /// Bytes of input that are not decoded.
    pub(super) fn undecoded(&self) -> &[u8] {
        &self.input[self.from..self.filled]
    }

    pub(super) fn discard_input(&mut self) {
        (self.filled, self.from, self.to) = (0, 0, 0);
        self.held = None;
    }

    /// How much to read at once into `room` bytes behind what is there: where messages are large and alike, as much as
    /// ends where one of them does, so that none has to be moved or put together.
    pub(super) fn read_len(&self, room: usize) -> usize {
        let missing = self.held.map_or(0, |len| len - (self.filled - self.from));
        if self.stride == 0 || missing + self.stride > room {
            return if missing > 0 { missing.min(room) } else { room };
        }
        missing + (room - missing) / self.stride * self.stride
    }

    /// Ready for the next connection.
    pub(super) fn clear(&mut self) {
        self.discard_input();
        self.out.batch.clear();
        for buffer in [&mut self.message, &mut self.out.codec.deflated] {
            if buffer.capacity() > KEPT {
                *buffer = Vec::new();
            }
        }
        self.made_of.ends = Vec::new();
        self.out.taken = Taken::Nothing;
        if self.out.lent_to.take().is_some() {
            self.out.loan += 1;
        }
        (self.starved, self.brimming, self.stride) = (false, false, 0);
        self.out.counts = Counts::default();
        (self.out.read, self.out.worked) = (0, 0);
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("undecoded", &(self.filled - self.from))
            .field("pending", &self.out.batch.pending())
            .field("counts", &self.out.counts)
            .field("spent", &self.spent())
            .finish_non_exhaustive()
    }
}
