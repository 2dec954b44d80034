use std::cell::Cell;
use std::io::IoSlice;
use std::ops::Range;

use wire::deflate::Pool;

/// How much is read at once. Large enough that a 64 KiB message with its header arrives in one read, and that many small
/// messages share one.
pub(crate) const READ_LEN: usize = 256 << 10;
/// Scratch buffers that grew beyond this are not kept: one large message must not hold memory for good.
const KEEP_LEN: usize = 1 << 20;

/// What a thread lends to the connection it polls: no connection owns a read buffer, a window or a batch.
pub(crate) struct Work {
    /// Input is read into this, and frames that go back are put together in it.
    pub(crate) input: Box<[u8]>,
    pub(crate) batch: Batch,
    pub(crate) codec: Codec,
}

/// Compressors and the buffers between them and the wire.
#[derive(Debug, Default)]
pub(crate) struct Codec {
    pub(crate) pool: Pool,
    pub(crate) inflated: Vec<u8>,
    pub(crate) deflated: Vec<u8>,
}

/// Output of one poll, in order: ranges of the input buffer, copies, and whole buffers taken over.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    segments: Vec<Segment>,
    /// What [`Segment::Copied`] points into.
    pub(crate) copied: Vec<u8>,
}

#[derive(Debug)]
pub(crate) enum Segment {
    /// A range of the input buffer.
    InPlace(Range<usize>),
    /// A range of [`Batch::copied`].
    Copied(Range<usize>),
    /// A buffer of its own.
    Owned(Vec<u8>),
}

thread_local! {
    /// Taken out while a connection is polled, so that a poll within a poll finds none and makes its own.
    static WORK: Cell<Option<Box<Work>>> = const { Cell::new(None) };
}

impl Work {
    /// Lends this thread's work area for the duration of `f`.
    pub(crate) fn lend<R>(f: impl FnOnce(&mut Work) -> R) -> R {
        let mut work = WORK.take().unwrap_or_else(|| {
            Box::new(Work {
                input: vec![0; READ_LEN].into_boxed_slice(),
                batch: Batch::default(),
                codec: Codec::default(),
            })
        });
        let result = f(&mut work);
        work.batch.clear();
        work.codec.trim();
        WORK.set(Some(work));
        result
    }
}

impl Codec {
    fn trim(&mut self) {
        for buffer in [&mut self.inflated, &mut self.deflated] {
            if buffer.capacity() > KEEP_LEN {
                *buffer = Vec::new();
            }
        }
    }
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.segments.clear();
        if self.copied.capacity() > KEEP_LEN {
            self.copied = Vec::new();
        }
        self.copied.clear();
    }

    /// Appends a frame that lies in the input buffer.
    #[inline]
    pub(crate) fn push_in_place(&mut self, range: Range<usize>) {
        if let Some(Segment::InPlace(last)) = self.segments.last_mut()
            && last.end == range.start
        {
            last.end = range.end;
            return;
        }
        self.segments.push(Segment::InPlace(range));
    }

    /// Appends whatever `write` puts behind [`Batch::copied`].
    pub(crate) fn push_copied(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.copied.len();
        write(&mut self.copied);
        let end = self.copied.len();
        if start == end {
            return;
        }
        if let Some(Segment::Copied(last)) = self.segments.last_mut()
            && last.end == start
        {
            last.end = end;
            return;
        }
        self.segments.push(Segment::Copied(start..end));
    }

    /// Leaves a place for a buffer that the caller still borrows; [`fill_owned`](Batch::fill_owned) follows.
    pub(crate) fn push_owned_later(&mut self) {
        self.segments.push(Segment::Owned(Vec::new()));
    }

    /// Fills the latest place that [`push_owned_later`](Batch::push_owned_later) left.
    pub(crate) fn fill_owned(&mut self, buffer: Vec<u8>) {
        if let Some(Segment::Owned(place)) =
            self.segments.iter_mut().rev().find(|segment| matches!(segment, Segment::Owned(_)))
        {
            *place = buffer;
        }
    }

    /// The output from `offset` bytes on, as at most as many slices as `slices` holds.
    pub(crate) fn slices<'a>(
        &'a self,
        input: &'a [u8],
        mut offset: usize,
        slices: &mut [IoSlice<'a>],
    ) -> usize {
        let mut count = 0;
        for segment in &self.segments {
            let bytes = segment.bytes(input, &self.copied);
            if offset >= bytes.len() {
                offset -= bytes.len();
                continue;
            }
            let Some(slot) = slices.get_mut(count) else { break };
            *slot = IoSlice::new(&bytes[offset..]);
            offset = 0;
            count += 1;
        }
        count
    }

    /// The bytes from `offset` on, in one buffer: what the peer did not take at once.
    pub(crate) fn rest(&self, input: &[u8], mut offset: usize) -> Vec<u8> {
        let mut rest = Vec::with_capacity(self.len(input).saturating_sub(offset));
        for segment in &self.segments {
            let bytes = segment.bytes(input, &self.copied);
            rest.extend_from_slice(bytes.get(offset..).unwrap_or_default());
            offset = offset.saturating_sub(bytes.len());
        }
        rest
    }

    pub(crate) fn len(&self, input: &[u8]) -> usize {
        self.segments.iter().map(|segment| segment.bytes(input, &self.copied).len()).sum()
    }
}

impl Segment {
    fn bytes<'a>(&'a self, input: &'a [u8], copied: &'a [u8]) -> &'a [u8] {
        match self {
            Segment::InPlace(range) => &input[range.clone()],
            Segment::Copied(range) => &copied[range.clone()],
            Segment::Owned(buffer) => buffer,
        }
    }
}
