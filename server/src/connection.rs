//! One WebSocket as a task of its thread, and all that this server keeps of it.

use crate::journal::Entry;
use crate::registry::PlaceId;
use crate::seat::Seat;
use crate::state::Shard;
use socket::wire::{CloseCode, Role};
use socket::{End, Endpoint, Message, Negotiated, Outgoing, Socket};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

/// A socket with its endpoint, from the 101 to its end. The future is what an idle connection costs, so nothing
/// here is larger than it has to be.
#[derive(Debug)]
pub(crate) struct Connection<S: AsyncRead + AsyncWrite + Unpin, E> {
    socket: Socket<S>,
    endpoint: E,
    seat: Seat,
    entry: Entry,
    place: PlaceId,
    /// When the registry wakes it, unless that has passed.
    armed: Option<Instant>,
    /// The registry knows how to wake it.
    settled: bool,
    /// The end is logged.
    ended: bool,
}

/// Stands between a socket and its endpoint while the connection is polled.
struct Hosted<'a, E> {
    endpoint: &'a mut E,
    shard: &'a Shard,
    place: PlaceId,
    armed: &'a mut Option<Instant>,
    /// The server shuts down and it is this connection's turn.
    told: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin, E> Connection<S, E> {
    /// A connection whose 101 is sent. `early` are the bytes that arrived behind the handshake.
    pub(crate) fn new(
        transport: S,
        early: &[u8],
        negotiated: &Negotiated,
        endpoint: E,
        seat: Seat,
        entry: Entry,
    ) -> Self {
        let settings = Arc::clone(&seat.shard.shared.settings);
        let socket = Socket::new(transport, early, Role::Server, negotiated, settings);
        seat.shard.traffic.add(&Default::default(), socket.counts());
        let place = seat.shard.registry.enter();
        Self { socket, endpoint, seat, entry, place, armed: None, settled: false, ended: false }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, E: Endpoint + Unpin> Future for Connection<S, E> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        let shard = &*this.seat.shard;
        if !this.settled {
            shard.registry.settle(this.place, cx);
            this.settled = true;
        }
        let told = shard.registry.is_told(this.place);
        let mut hosted =
            Hosted { endpoint: &mut this.endpoint, shard, place: this.place, armed: &mut this.armed, told };
        let (counts, queued) = (*this.socket.counts(), this.socket.queued_bytes());
        let polled = this.socket.poll_run(cx, &mut hosted);
        shard.traffic.add(&counts, this.socket.counts());
        shard.traffic.queue(queued, this.socket.queued_bytes());
        let summary = ready!(polled);
        this.ended = true;
        this.entry.ended(this.seat.client, &summary);
        shard.shared.metrics.closed(&summary);
        Poll::Ready(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, E> Drop for Connection<S, E> {
    fn drop(&mut self) {
        let shard = &*self.seat.shard;
        let queued = self.socket.queued_bytes();
        shard.traffic.queue(queued, 0);
        shard.traffic.dropped(queued);
        shard.registry.leave(self.place);
        if !self.ended {
            let end = self.entry.cut_off(self.seat.client, self.socket.counts());
            shard.shared.metrics.cut_off(end);
        }
    }
}

impl<E: Endpoint> Endpoint for Hosted<'_, E> {
    #[inline]
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        self.endpoint.message(message, out);
    }

    fn pong(&mut self, payload: &[u8], rtt: Option<Duration>) {
        if let Some(rtt) = rtt {
            self.shard.traffic.rtt(rtt);
        }
        self.endpoint.pong(payload, rtt);
    }

    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>, out: &mut Outgoing<'_>) {
        if !self.told {
            self.endpoint.poll(cx, out);
        } else if !out.is_closing() {
            // Refused only after a Close.
            let _ = out.close(Some((CloseCode::SERVICE_RESTART, "service restart")), End::Shutdown);
        }
    }

    /// Deadlines mostly move away with every byte that arrives. What is set stays, and is set anew once it has passed.
    #[inline]
    fn wake_at(&mut self, due: Instant, now: Instant) -> bool {
        if self.armed.is_none_or(|armed| due < armed || armed <= now) {
            self.shard.registry.wake_at(self.place, due);
            *self.armed = Some(due);
        }
        true
    }

    #[inline]
    fn ready(&self) -> bool {
        self.endpoint.ready()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::echo::Echo;
    use tokio::net::TcpStream;

    #[test]
    fn an_idle_connection_is_small() {
        // With what the runtime adds to it, the task then takes 512 bytes.
        let size = size_of::<Connection<TcpStream, Echo>>();
        assert!(size <= 416, "{size}");
    }
}
