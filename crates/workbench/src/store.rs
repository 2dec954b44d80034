//! The log itself: entries appended at the end, dropped from the start, never moved in between.
//!
//! Entries lie in segments of at most 4,096 entries or 1 MiB of payload, each with one arena for text and
//! one for binary, so that no append ever copies more than one segment. The bounds drop whole segments from
//! the start; what was dropped is counted. A [`Connection`] is kept as long as it has entries.

mod wires;

use std::collections::VecDeque;
use std::ops::Range;

use self::wires::Wires;
use crate::connection::{Connection, Connections};
use crate::entry::{
    Body, ConnectionId, Delivery, Direction, Draft, Entry, EntryId, Fact, Kind, Origin, Wire,
};
use crate::time::Micros;

const SEGMENT_ENTRIES: usize = 4096;
const SEGMENT_BYTES: usize = 1 << 20;
/// Small bounds get small segments, so that one drop takes about a 64th of the log.
const SEGMENTS: usize = 64;

/// Bytes the store keeps per entry besides its payload.
pub const ENTRY_OVERHEAD: usize = size_of::<Meta>();

/// How much the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries; default 1,000,000, at least 1.
    pub entries: usize,
    /// Payload bytes plus [`ENTRY_OVERHEAD`] per entry, and what is known of frames; default 512 MiB. A single entry above it is kept
    /// until the next one arrives.
    pub bytes: usize,
}

/// What is no longer kept because of the [`Limits`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Entries since the store was created or last cleared.
    pub entries: u64,
    /// Their payload bytes.
    pub bytes: u64,
}

/// The bounded log.
#[derive(Debug)]
pub struct Store {
    limits: Limits,
    segments: VecDeque<Segment>,
    connections: Connections,
    next: EntryId,
    payload: usize,
    /// Bytes for how messages went over the wire.
    wires: usize,
    heartbeats: usize,
    dropped: Dropped,
    revision: u64,
    changed: Vec<EntryId>,
}

#[derive(Debug)]
struct Segment {
    first: EntryId,
    metas: Vec<Meta>,
    text: String,
    binary: Vec<u8>,
    /// What entries report that are no messages, by their index.
    facts: Vec<(u32, Fact)>,
    wires: Wires,
}

#[derive(Clone, Copy, Debug)]
struct Meta {
    time: Micros,
    offset: u32,
    len: u32,
    connection: ConnectionId,
    /// Distance to the other half of the pair, 0 for none.
    pair: i32,
    rtt_micros: u32,
    code: u16,
    direction: Direction,
    kind: Kind,
    delivery: Option<Delivery>,
    origin: Origin,
    bits: u8,
}

const BINARY: u8 = 1;
const CLEAN: u8 = 2;
const FACT: u8 = 4;
const WIRE: u8 = 8;

const _: () = assert!(ENTRY_OVERHEAD <= 40);

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 1_000_000, bytes: 512 << 20 }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Store {
    /// An empty log.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            segments: VecDeque::new(),
            connections: Connections::default(),
            next: 0,
            payload: 0,
            wires: 0,
            heartbeats: 0,
            dropped: Dropped::default(),
            revision: 0,
            changed: Vec::new(),
        }
    }

    /// Appends an entry and returns its id. May drop the oldest ones: compare [`Store::ids`] before and after.
    /// Amortised O(1).
    ///
    /// A payload is cut at 4 GiB, far above what a browser delivers in one message.
    pub fn append(&mut self, draft: Draft<'_>) -> EntryId {
        let size = draft.body.bytes().len();
        let fits = self.segments.back().is_some_and(|s| {
            let entries = (self.limits.entries / SEGMENTS).clamp(1, SEGMENT_ENTRIES);
            let bytes = (self.limits.bytes / SEGMENTS).clamp(1, SEGMENT_BYTES);
            s.metas.len() < entries && s.payload() + size <= bytes
        });
        if !fits {
            if let Some(last) = self.segments.back_mut() {
                last.seal();
            }
            self.segments.push_back(Segment {
                first: self.next,
                metas: Vec::new(),
                text: String::new(),
                binary: Vec::new(),
                facts: Vec::new(),
                wires: Wires::default(),
            });
        }
        let id = self.next;
        if let Some(segment) = self.segments.back_mut() {
            self.payload += segment.push(&draft);
            if let Some(wire) = draft.wire {
                let before = segment.wires.bytes();
                self.wires = self.wires - before + segment.set_wire(segment.metas.len() - 1, wire);
            }
            self.heartbeats += usize::from(draft.origin == Origin::Heartbeat);
            self.next += 1;
        }
        self.connections.used(draft.connection, id);
        self.revision += 1;
        self.enforce();
        id
    }

    /// Begins a connection, to which entries can then belong, and returns its name in this store; the one it has is
    /// not looked at.
    pub fn connect(&mut self, connection: Connection) -> ConnectionId {
        self.revision += 1;
        self.connections.add(connection, self.next)
    }

    /// The connection, as long as it has entries or is the newest.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> Option<&Connection> {
        self.connections.get(id)
    }

    /// The connection, to note what became of it.
    pub fn connection_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.revision += 1;
        self.connections.get_mut(id)
    }

    /// All connections that are kept, oldest first.
    pub fn connections(&self) -> impl DoubleEndedIterator<Item = &Connection> {
        self.connections.iter()
    }

    /// The ids that are kept, oldest first.
    #[must_use]
    pub fn ids(&self) -> Range<EntryId> {
        self.segments.front().map_or(self.next, |s| s.first)..self.next
    }

    /// Number of entries kept.
    #[must_use]
    pub fn len(&self) -> usize {
        let ids = self.ids();
        (ids.end - ids.start) as usize
    }

    /// How many of the kept entries are heartbeats or answers to one.
    #[must_use]
    pub fn heartbeats(&self) -> usize {
        self.heartbeats
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes that count against [`Limits::bytes`].
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.payload + self.wires + self.len() * ENTRY_OVERHEAD
    }

    /// What the limits cost so far.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// The limits in force.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// A number that changes with every change of the store: render again when it differs.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The entry, unless it was dropped, cleared or never existed. O(log segments).
    #[must_use]
    pub fn get(&self, id: EntryId) -> Option<Entry<'_>> {
        let segment = self.segments.get(self.segment_of(id)?)?;
        segment.entry((id - segment.first) as usize)
    }

    /// The kept entries of a range of ids, from either end. Cheaper per entry than [`Store::get`].
    pub fn range(&self, ids: Range<EntryId>) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        let kept = self.ids();
        let (start, end) = (ids.start.max(kept.start), ids.end.min(kept.end));
        let segments = if start < end {
            let last = self.segment_of(end - 1).unwrap_or(0);
            self.segment_of(start).unwrap_or(0)..last + 1
        } else {
            0..0
        };
        self.segments.range(segments).flat_map(move |segment| {
            let from = start.saturating_sub(segment.first) as usize;
            let to = ((end - segment.first) as usize).min(segment.metas.len());
            (from..to).filter_map(|i| segment.entry(i))
        })
    }

    /// Says what became of an outgoing message. Returns whether the entry is still kept; a filter index that
    /// tests delivery must [`retest`](crate::filter::Index::retest) it.
    pub fn set_delivery(&mut self, id: EntryId, delivery: Delivery) -> bool {
        self.change(id, |meta| meta.delivery = Some(delivery))
    }

    /// Says on which connection a message went out that had to wait for one. Returns whether the entry is still
    /// kept.
    pub fn set_connection(&mut self, id: EntryId, connection: ConnectionId) -> bool {
        let kept = self.change(id, |meta| meta.connection = connection);
        if kept {
            self.connections.used(connection, self.next - 1);
        }
        kept
    }

    /// Says how an outgoing message went over the wire. Returns whether the entry is still kept.
    pub fn set_wire(&mut self, id: EntryId, wire: &Wire) -> bool {
        let Some(segment) = self.segment_of(id).and_then(|at| self.segments.get_mut(at)) else {
            return false;
        };
        let (at, before) = ((id - segment.first) as usize, segment.wires.bytes());
        self.wires = self.wires - before + segment.set_wire(at, wire);
        self.change(id, |_| ())
    }

    /// The entries that have changed after they were appended, since this was last taken: their delivery, connection or
    /// pair. Whoever keeps something of entries elsewhere takes them now and then; they cost eight bytes each until then.
    pub fn take_changed(&mut self) -> Vec<EntryId> {
        std::mem::take(&mut self.changed)
    }

    /// Links a request with its response and returns the time between them in microseconds. `None` if either
    /// is not kept.
    pub fn pair(&mut self, request: EntryId, response: EntryId) -> Option<u32> {
        let elapsed = self.get(response)?.time.since(self.get(request)?.time);
        let rtt_micros = u32::try_from(elapsed.max(0)).unwrap_or(u32::MAX);
        let distance = i32::try_from(i128::from(response) - i128::from(request)).ok()?;
        for (id, pair) in [(request, distance), (response, -distance)] {
            self.change(id, |meta| {
                meta.pair = pair;
                meta.rtt_micros = rtt_micros;
            });
        }
        Some(rtt_micros)
    }

    /// Changes the limits, dropping the oldest entries if they are tighter.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.revision += 1;
        self.enforce();
    }

    /// Forgets everything, including the count of what was dropped. Ids go on where they were.
    pub fn clear(&mut self) {
        self.segments.clear();
        self.changed.clear();
        self.connections.drop_before(self.next);
        self.payload = 0;
        self.wires = 0;
        self.heartbeats = 0;
        self.dropped = Dropped::default();
        self.revision += 1;
    }

    fn enforce(&mut self) {
        while (self.len() > self.limits.entries || self.bytes() > self.limits.bytes)
            && self.segments.len() > 1
        {
            if let Some(oldest) = self.segments.pop_front() {
                let payload = oldest.payload();
                self.payload -= payload;
                self.wires -= oldest.wires.bytes();
                self.heartbeats -=
                    oldest.metas.iter().filter(|meta| meta.origin == Origin::Heartbeat).count();
                self.dropped.entries += oldest.metas.len() as u64;
                self.dropped.bytes += payload as u64;
                self.connections.drop_before(self.ids().start);
            }
        }
    }

    fn segment_of(&self, id: EntryId) -> Option<usize> {
        if !self.ids().contains(&id) {
            return None;
        }
        Some(self.segments.partition_point(|s| s.first <= id) - 1)
    }

    fn change(&mut self, id: EntryId, change: impl FnOnce(&mut Meta)) -> bool {
        let Some(segment) = self.segment_of(id).and_then(|at| self.segments.get_mut(at)) else {
            return false;
        };
        let at = (id - segment.first) as usize;
        segment.metas.get_mut(at).map(change).is_some_and(|()| {
            self.revision += 1;
            // Several changes of one entry in a row are one.
            if self.changed.last() != Some(&id) {
                self.changed.push(id);
            }
            true
        })
    }
}

impl Segment {
    fn payload(&self) -> usize {
        self.text.len() + self.binary.len()
    }

    /// Returns the payload bytes that were added.
    fn push(&mut self, draft: &Draft<'_>) -> usize {
        let limit = u32::MAX as usize;
        let (offset, len, binary) = match draft.body {
            Body::Text(text) => {
                let text = &text[..text.floor_char_boundary(limit)];
                self.text.push_str(text);
                (self.text.len() - text.len(), text.len(), 0)
            }
            Body::Binary(bytes) => {
                let bytes = &bytes[..bytes.len().min(limit)];
                self.binary.extend_from_slice(bytes);
                (self.binary.len() - bytes.len(), bytes.len(), BINARY)
            }
        };
        let clean = if draft.clean { CLEAN } else { 0 };
        let fact = if draft.fact == Fact::default() { 0 } else { FACT };
        if fact != 0 {
            self.facts.push((self.metas.len() as u32, draft.fact));
        }
        self.metas.push(Meta {
            time: draft.time,
            // A segment that holds more than 1 MiB holds one entry, at offset 0.
            offset: offset as u32,
            len: len as u32,
            connection: draft.connection,
            pair: 0,
            rtt_micros: 0,
            code: draft.code,
            direction: draft.direction,
            kind: draft.kind,
            delivery: draft.delivery,
            origin: draft.origin,
            bits: binary | clean | fact,
        });
        len
    }

    /// Nothing more is appended: give back what growing by doubling reserved.
    fn seal(&mut self) {
        self.metas.shrink_to_fit();
        self.text.shrink_to_fit();
        self.binary.shrink_to_fit();
        self.facts.shrink_to_fit();
        self.wires.shrink_to_fit();
    }

    /// Returns the bytes that all of them take.
    fn set_wire(&mut self, at: usize, wire: &Wire) -> usize {
        self.wires.set(at as u32, wire);
        if let Some(meta) = self.metas.get_mut(at) {
            meta.bits |= WIRE;
        }
        self.wires.bytes()
    }

    fn fact(&self, at: usize) -> Fact {
        let found = self.facts.binary_search_by_key(&(at as u32), |(at, _)| *at);
        found.map(|index| self.facts[index].1).unwrap_or_default()
    }

    fn entry(&self, at: usize) -> Option<Entry<'_>> {
        let meta = self.metas.get(at)?;
        let id = self.first + at as u64;
        let span = meta.offset as usize..meta.offset as usize + meta.len as usize;
        Some(Entry {
            id,
            time: meta.time,
            connection: meta.connection,
            direction: meta.direction,
            kind: meta.kind,
            body: if meta.bits & BINARY != 0 {
                Body::Binary(&self.binary[span])
            } else {
                Body::Text(&self.text[span])
            },
            code: meta.code,
            delivery: meta.delivery,
            origin: meta.origin,
            clean: meta.bits & CLEAN != 0,
            fact: if meta.bits & FACT != 0 { self.fact(at) } else { Fact::default() },
            wire: if meta.bits & WIRE != 0 { self.wires.get(at as u32) } else { None },
            pair: if meta.pair == 0 { None } else { id.checked_add_signed(meta.pair.into()) },
            rtt_micros: (meta.pair != 0).then_some(meta.rtt_micros),
        })
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
