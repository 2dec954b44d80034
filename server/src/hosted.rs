//! All that this server keeps of a socket beside the protocol's state.

use crate::behind::Behind;
use crate::journal::Entry;
use crate::metrics::Traffic;
use crate::registry::{Orders, PlaceId};
use crate::seat::Seat;
use crate::watch::{About, NotWatched, Shown, Watchable, Watcher};
use socket::wire::End;
use socket::wire::{Abort, Counts, Message, Outgoing, Summary, Time};
use socket::{Control, Endpoint, Mailbox};
use std::sync::Arc;

/// Why a connection is cut to give its memory back.
pub(crate) const OVER_BUDGET: &str = "connections hold more than --max-memory, and this one held the most";

/// An endpoint with its seat, its place in the log and its part of the counters. Every idle connection has one, so
/// nothing here is larger than it has to be. `TASK` tells whether its socket is a task of the runtime.
#[derive(Debug)]
pub(crate) struct Hosted<E, const TASK: bool = false> {
    endpoint: E,
    seat: Seat,
    /// Until its end is logged.
    entry: Option<Entry>,
    /// Bytes that wait for the peer, at most 4 GiB.
    queued: u32,
    /// Bytes of memory held, those included.
    held: u32,
}

/// A [`Hosted`] endpoint whose socket is a task, and has a place in the thread's registry.
#[derive(Debug)]
pub(crate) struct Tasked {
    hosted: Hosted<Behind, true>,
    place: PlaceId,
}

impl Tasked {
    pub(crate) fn new(endpoint: Behind, seat: Seat, entry: Entry) -> Self {
        let place = seat.shard.registry.enter();
        Self { hosted: Hosted::new(endpoint, seat, entry), place }
    }
}

impl<E, const TASK: bool> Hosted<E, TASK> {
    pub(crate) fn new(endpoint: E, seat: Seat, entry: Entry) -> Self {
        Self { endpoint, seat, entry: Some(entry), queued: 0, held: 0 }
    }

    /// The counters of the thread that drives the socket.
    #[inline]
    fn traffic(&self) -> &Traffic {
        let shard = &*self.seat.shard;
        if TASK { &shard.traffic } else { &shard.plain_traffic }
    }

    fn note(&mut self, queued: usize, held: usize) {
        if (self.queued as usize, self.held as usize) != (queued, held) {
            let narrow = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
            let (queued, held) = (narrow(queued), narrow(held));
            self.traffic().queue(self.queued as usize, queued as usize);
            self.seat.shard.shared.memory.changed(self.held as usize, held as usize);
            (self.queued, self.held) = (queued, held);
        }
    }
}

impl<E, const TASK: bool> Drop for Hosted<E, TASK> {
    fn drop(&mut self) {
        self.traffic().queue(self.queued as usize, 0);
        let shared = &self.seat.shard.shared;
        shared.memory.changed(self.held as usize, 0);
        if let Some(entry) = self.entry.take().filter(|_| !self.seat.is_targets()) {
            self.traffic().dropped(self.queued as usize);
            shared.metrics.cut_off(entry.cut_off(self.seat.client));
        }
    }
}

impl<E: Endpoint, const TASK: bool> Endpoint for Hosted<E, TASK> {
    #[inline]
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        self.endpoint.message(message, out);
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        if let Control::Pong(_, Some(rtt)) = control {
            self.traffic().rtt(rtt);
        }
        self.endpoint.control(control, out);
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.endpoint.opened(mailbox, out);
    }

    #[inline]
    fn woken(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint.woken(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint.drained(out);
    }

    #[inline]
    fn deadline(&self) -> Option<Time> {
        self.endpoint.deadline()
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint.timeout(out);
    }

    #[inline]
    fn ready(&self) -> bool {
        self.endpoint.ready()
    }

    fn leave(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint.leave(out);
    }

    #[inline]
    fn turned(&mut self, carried: &Counts, queued: usize, held: usize) {
        // What a target's connection carries is what its client's does, and counts once.
        if !self.seat.is_targets() {
            self.traffic().add(carried);
        }
        self.note(queued, held);
        self.endpoint.turned(carried, queued, held);
    }

    #[inline]
    fn held(&self) -> usize {
        self.endpoint.held()
    }

    fn closed(&mut self, summary: &Summary) {
        self.endpoint.closed(summary);
        if self.seat.is_targets() {
            if let Some(entry) = self.entry.take() {
                entry.target_ended(self.seat.client, summary);
            }
            return;
        }
        self.traffic().dropped(summary.unsent);
        self.seat.shard.shared.metrics.closed(summary);
        if let Some(entry) = self.entry.take() {
            entry.ended(self.seat.client, summary);
        }
    }
}

impl<const TASK: bool> Watchable for Hosted<Behind, TASK> {
    fn number(&self) -> u64 {
        self.entry.as_ref().map_or(0, Entry::number)
    }

    fn shown(&self, counts: &Counts) -> Shown {
        let (about, watchers) = self.endpoint.about();
        Shown {
            connection: self.number(),
            peer: self.seat.client.to_string(),
            seconds: self.entry.as_ref().map_or(0.0, |entry| entry.age().as_secs_f64()),
            about: About::clone(&about),
            messages_in: counts.messages_in,
            messages_out: counts.messages_out,
            bytes_in: counts.payload_in,
            bytes_out: counts.payload_out,
            wire_bytes_in: counts.wire_in,
            wire_bytes_out: counts.wire_out,
            watchers,
        }
    }

    fn watch(&mut self, watcher: &Arc<Watcher>) -> Result<(), NotWatched> {
        self.endpoint.watch(watcher)
    }
}

impl Drop for Tasked {
    fn drop(&mut self) {
        self.hosted.seat.shard.registry.leave(self.place);
    }
}

impl Endpoint for Tasked {
    #[inline]
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        self.hosted.message(message, out);
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        self.hosted.control(control, out);
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.hosted.seat.shard.registry.settle(self.place, mailbox());
        self.hosted.opened(mailbox, out);
    }

    #[inline]
    fn woken(&mut self, out: &mut Outgoing<'_>) {
        for question in self.hosted.seat.shard.registry.take_questions(self.place) {
            question(&mut self.hosted, out.counts());
        }
        match self.hosted.seat.shard.registry.take_orders(self.place) {
            Orders { cut: true, .. } => out.abort(Abort::Reset, End::LimitExceeded, OVER_BUDGET),
            Orders { leave: true, .. } if !out.is_closing() => self.hosted.leave(out),
            _ => self.hosted.woken(out),
        }
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.hosted.drained(out);
    }

    #[inline]
    fn deadline(&self) -> Option<Time> {
        self.hosted.deadline()
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.hosted.timeout(out);
    }

    #[inline]
    fn ready(&self) -> bool {
        self.hosted.ready()
    }

    fn leave(&mut self, out: &mut Outgoing<'_>) {
        self.hosted.leave(out);
    }

    #[inline]
    fn turned(&mut self, carried: &Counts, queued: usize, held: usize) {
        if held != self.hosted.held as usize {
            self.hosted.seat.shard.registry.hold(self.place, held);
        }
        self.hosted.turned(carried, queued, held);
    }

    #[inline]
    fn held(&self) -> usize {
        self.hosted.held()
    }

    fn closed(&mut self, summary: &Summary) {
        self.hosted.closed(summary);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_idle_socket_keeps_is_small() {
        let size = size_of::<Hosted<Behind>>();
        assert!(size <= 64, "{size}");
    }
}
