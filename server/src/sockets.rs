//! The WebSockets of one thread: who drives them, and what reaches all of them.

use crate::config::Driver;
use crate::echo::Echo;
use crate::hosted::{Hosted, OVER_BUDGET};
use crate::state::Shard;
use crate::upgrade::{Raw, Transport};
use socket::Socket;
use socket::wire::deflate::Params;
use socket::wire::{End, Role};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tracing::warn;

/// The longest time between two sockets that are told to close.
const SPACING: Duration = Duration::from_millis(50);

#[cfg(unix)]
mod plain {
    //! Plain TCP connections have a reactor.

    use super::*;
    use socket::{Arrival, Reactor};
    use std::cell::RefCell;

    type Plain = Reactor<Hosted<Echo>>;

    thread_local! {
        /// Upgrades are tasks that could move to another thread as far as their type tells, and the reactor could not.
        static REACTOR: RefCell<Option<Plain>> = const { RefCell::new(None) };
    }

    pub(super) fn start() -> io::Result<impl Future<Output = io::Result<()>>> {
        let reactor = Plain::new()?;
        REACTOR.set(Some(reactor.clone()));
        Ok(async move { reactor.run().await })
    }

    /// Drops the connections that are left, while there is still a thread around them.
    pub(super) fn end() {
        drop(REACTOR.take());
    }

    /// Takes a connection over. Without a reactor it comes back.
    pub(super) fn host(
        raw: Raw,
        compression: Option<Params>,
        shard: &Shard,
        endpoint: Hosted<Echo>,
    ) -> io::Result<Option<(Raw, Hosted<Echo>)>> {
        let stream = match raw.transport {
            Transport::Plain(stream) if shard.shared.config.driver == Driver::Reactor => stream,
            _ => return Ok(Some((raw, endpoint))),
        };
        let settings = Arc::clone(&shard.shared.settings);
        let stream = stream.into_std()?;
        let arrival = Arrival { stream, early: raw.early, compression, settings, endpoint };
        REACTOR.with_borrow(|reactor| reactor.as_ref().map(|reactor| reactor.add(arrival)));
        Ok(None)
    }

    fn ask<R>(ask: impl FnOnce(&Plain) -> R) -> Option<R> {
        REACTOR.with_borrow(|reactor| reactor.as_ref().map(ask))
    }

    pub(super) fn len() -> usize {
        ask(Plain::len).unwrap_or(0)
    }

    pub(super) fn tell_next() -> bool {
        ask(|reactor| reactor.tell(1)).unwrap_or(false)
    }

    pub(super) fn heaviest() -> usize {
        ask(Plain::heaviest).unwrap_or(0)
    }

    pub(super) fn cut_heaviest() {
        ask(|reactor| reactor.cut_heaviest(End::LimitExceeded, OVER_BUDGET));
    }

    pub(super) async fn emptied() {
        if let Some(reactor) = REACTOR.with_borrow(Option::clone) {
            reactor.emptied().await;
        }
    }
}

#[cfg(not(unix))]
mod plain {
    //! Plain TCP connections are tasks like all others.

    use super::*;

    pub(super) fn start() -> io::Result<impl Future<Output = io::Result<()>>> {
        Ok(std::future::pending())
    }

    pub(super) fn end() {}

    pub(super) fn host(
        raw: Raw,
        _: Option<Params>,
        _: &Shard,
        endpoint: Hosted<Echo>,
    ) -> io::Result<Option<(Raw, Hosted<Echo>)>> {
        Ok(Some((raw, endpoint)))
    }

    pub(super) fn len() -> usize {
        0
    }

    pub(super) fn tell_next() -> bool {
        false
    }

    pub(super) fn heaviest() -> usize {
        0
    }

    pub(super) fn cut_heaviest() {}

    pub(super) async fn emptied() {}
}

/// Makes this thread ready for sockets. The future serves them and does not end by itself.
///
/// # Errors
/// The system refused.
pub(crate) fn start() -> io::Result<impl Future<Output = io::Result<()>>> {
    plain::start()
}

/// Drops what is left, with a line in the log for each.
pub(crate) fn end() {
    plain::end();
}

/// Serves a connection from its 101 to its end.
pub(crate) fn host(raw: Raw, compression: Option<Params>, shard: &Arc<Shard>, endpoint: Hosted<Echo>) {
    match plain::host(raw, compression, shard, endpoint) {
        Ok(None) => {}
        Ok(Some((raw, endpoint))) => match raw.transport {
            Transport::Plain(stream) => {
                spawn(stream, reset, &raw.early, compression, shard, endpoint);
            }
            Transport::Tls(stream) => {
                spawn(*stream, |stream| reset(stream.get_ref().0), &raw.early, compression, shard, endpoint);
            }
        },
        Err(error) => warn!(%error, "can't take a connection over"),
    }
}

fn spawn<S: AsyncRead + AsyncWrite + Send + Unpin + 'static>(
    stream: S,
    reset: fn(&S),
    early: &[u8],
    compression: Option<Params>,
    shard: &Arc<Shard>,
    endpoint: Hosted<Echo>,
) {
    let settings = Arc::clone(&shard.shared.settings);
    let endpoint = endpoint.into_task();
    let socket = Socket::new(stream, early, Role::Server, compression, settings, endpoint).with_reset(reset);
    tokio::spawn(socket);
}

fn reset(stream: &TcpStream) {
    // Closing it then resets it. Where that can't be had it is closed in order.
    let _ = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
}

/// How many there are on this thread.
pub(crate) fn len(shard: &Shard) -> usize {
    plain::len() + shard.registry.len()
}

/// Tells all of this thread's sockets to close, one after the other and evenly, within at most `spread`, so that
/// their clients don't all come back at the same moment.
pub(crate) async fn close_all(shard: &Shard, spread: Duration) {
    let open = len(shard);
    let spacing = (spread / u32::try_from(open.max(1)).unwrap_or(u32::MAX)).min(SPACING);
    let began = Instant::now();
    let mut told = 0_u32;
    while plain::tell_next() || shard.registry.tell_next() {
        told += 1;
        sleep_until(began + spacing * told).await;
    }
}

/// Waits until all of this thread's sockets are gone.
pub(crate) async fn emptied(shard: &Shard) {
    plain::emptied().await;
    shard.registry.emptied().await;
}

/// Keeps this thread's part of the memory budget. Runs as long as the thread.
pub(crate) async fn keep_budget(shard: &Shard) {
    let (memory, thread) = (&shard.shared.memory, shard.number);
    loop {
        memory.exceeded(thread).await;
        loop {
            let (plain, tasks) = (plain::heaviest(), shard.registry.heaviest());
            if !memory.must_cut(thread, plain.max(tasks)) {
                break;
            }
            shard.shared.metrics.over_budget();
            if plain >= tasks {
                plain::cut_heaviest();
            } else {
                shard.registry.cut_heaviest();
            }
            // A task is cut when it next runs.
            tokio::task::yield_now().await;
        }
    }
}
