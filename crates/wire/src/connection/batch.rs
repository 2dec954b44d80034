use std::io::IoSlice;
use std::ops::Range;

use bytes::Bytes;

use super::backlog::Backlog;

/// What a buffer keeps of its memory between turns, in bytes: one large message must not hold it for good.
pub(super) const KEPT: usize = 1 << 20;

/// So much output, in bytes, is copied into one piece where it lies in several: the system takes as long to be told of four
/// pieces as to be given one of this length.
const JOINED: usize = 8 << 10;

/// The output of one turn, in order: ranges of the input buffer, copies, and whole buffers.
#[derive(Debug, Default)]
pub(super) struct Batch {
    segments: Vec<Segment>,
    /// What [`Segment::Copied`] points into.
    copied: Vec<u8>,
    /// What the transport was offered last, where it lay in several short pieces.
    joined: Vec<u8>,
    /// Bytes of all segments.
    len: usize,
    /// Bytes of [`Segment::Shared`].
    shared: usize,
    /// Of all, the transport has taken so many.
    written: usize,
    /// There are control frames among them.
    control: bool,
}

#[derive(Debug)]
enum Segment {
    /// A range of the input buffer.
    InPlace(Range<usize>),
    /// A range of [`Batch::copied`].
    Copied(Range<usize>),
    /// A buffer of its own; `whole` where it holds whole frames and not the payload of one.
    Shared { buffer: Bytes, whole: bool },
}

impl Batch {
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes that the transport has not taken.
    #[inline]
    pub(super) fn pending(&self) -> usize {
        self.len - self.written
    }

    /// Bytes of copies and whole buffers: memory that is not the input's.
    #[inline]
    pub(super) fn beside_input(&self) -> usize {
        self.copied.len() + self.shared
    }

    pub(super) fn clear(&mut self) {
        self.segments.clear();
        if self.copied.capacity() > KEPT {
            self.copied = Vec::new();
        }
        self.copied.clear();
        (self.len, self.shared, self.written, self.control) = (0, 0, 0, false);
    }

    /// There is a control frame among what was appended.
    #[inline]
    pub(super) fn note_control(&mut self) {
        self.control = true;
    }

    /// Appends a frame that lies in the input buffer.
    #[inline]
    pub(super) fn push_in_place(&mut self, range: Range<usize>) {
        self.len += range.len();
        if let Some(Segment::InPlace(last)) = self.segments.last_mut()
            && last.end == range.start
        {
            last.end = range.end;
            return;
        }
        self.segments.push(Segment::InPlace(range));
    }

    /// Appends whatever `write` puts behind its buffer's end.
    #[inline]
    pub(super) fn push_copied<R>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let start = self.copied.len();
        let result = write(&mut self.copied);
        let end = self.copied.len();
        self.len += end - start;
        match self.segments.last_mut() {
            _ if start == end => {}
            Some(Segment::Copied(last)) if last.end == start => last.end = end,
            _ => self.segments.push(Segment::Copied(start..end)),
        }
        result
    }

    /// Appends a buffer without copying it: `whole` frames, or the payload that the header before it announced.
    pub(super) fn push_shared(&mut self, buffer: Bytes, whole: bool) {
        if !buffer.is_empty() {
            self.len += buffer.len();
            self.shared += buffer.len();
            self.segments.push(Segment::Shared { buffer, whole });
        }
    }

    /// Leaves a place for a payload of this length that is still lent out; [`fill`](Batch::fill) follows.
    pub(super) fn push_later(&mut self, len: usize) -> usize {
        self.len += len;
        self.shared += len;
        self.segments.push(Segment::Shared { buffer: Bytes::new(), whole: false });
        self.segments.len() - 1
    }

    /// Fills the place that [`push_later`](Batch::push_later) left.
    pub(super) fn fill(&mut self, place: usize, payload: Bytes) {
        if let Some(Segment::Shared { buffer, .. }) = self.segments.get_mut(place) {
            *buffer = payload;
        }
    }

    /// What the transport has not taken, if it lies in one piece or is short enough to be put together.
    #[inline]
    pub(super) fn only_slice<'a>(&'a mut self, input: &'a [u8]) -> Option<&'a [u8]> {
        let Batch { segments, copied, joined, len, written, .. } = self;
        match &segments[..] {
            [] => None,
            [only] => Some(&only.bytes(input, copied)[*written..]),
            several if *len - *written <= JOINED => {
                joined.clear();
                let mut skip = *written;
                for segment in several {
                    let bytes = segment.bytes(input, copied);
                    let from = skip.min(bytes.len());
                    joined.extend_from_slice(&bytes[from..]);
                    skip -= from;
                }
                Some(joined)
            }
            _ => None,
        }
    }

    /// What the transport has not taken, as at most as many slices as `slices` holds.
    #[inline]
    pub(super) fn slices<'a>(&'a self, input: &'a [u8], slices: &mut [IoSlice<'a>]) -> usize {
        let mut skip = self.written;
        let mut count = 0;
        for segment in &self.segments {
            let bytes = segment.bytes(input, &self.copied);
            if skip >= bytes.len() {
                skip -= bytes.len();
                continue;
            }
            let Some(slot) = slices.get_mut(count) else { break };
            *slot = IoSlice::new(&bytes[skip..]);
            skip = 0;
            count += 1;
        }
        count
    }

    /// The transport has taken this many bytes more.
    #[inline]
    pub(super) fn advance(&mut self, count: usize) {
        self.written += count;
        debug_assert!(self.written <= self.len, "more was taken than was there");
        if self.written == self.len {
            self.clear();
        }
    }

    /// Moves what the transport has not taken behind what waits already. Only what lies in buffers of the thread is
    /// copied.
    pub(super) fn move_to(&mut self, input: &[u8], backlog: &mut Backlog) {
        let mut skip = self.written;
        // A frame of which the transport has taken a part comes to its end before anything else.
        let mut joined = skip > 0;
        let mut copy = Vec::new();
        for segment in self.segments.drain(..) {
            let len = segment.bytes(input, &self.copied).len();
            let from = skip.min(len);
            skip -= from;
            if from == len {
                continue;
            }
            if let Segment::Shared { buffer, whole } = segment {
                let follows = joined && copy.is_empty();
                backlog.push(std::mem::take(&mut copy).into(), joined);
                backlog.push(buffer.slice(from..), follows || !whole);
                joined = false;
            } else {
                copy.extend_from_slice(&segment.bytes(input, &self.copied)[from..]);
            }
        }
        backlog.push(copy.into(), joined);
        if self.control {
            backlog.keep_order();
        }
        self.clear();
    }
}

impl Segment {
    #[inline]
    fn bytes<'a>(&'a self, input: &'a [u8], copied: &'a [u8]) -> &'a [u8] {
        match self {
            Segment::InPlace(range) => &input[range.clone()],
            Segment::Copied(range) => &copied[range.clone()],
            Segment::Shared { buffer, .. } => buffer,
        }
    }
}
