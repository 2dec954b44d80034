//! What a connection and the answers to its requests know of each other, and what becomes of it behind a 101.

use crate::lazy::Lazy;
use crate::pace::Seen;
use bytes::Bytes;
use socket2::SockRef;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, io};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What a connection and the answers to its requests know of each other.
pub(crate) struct Visit {
    /// Answers that are on their way.
    answering: AtomicUsize,
    successor: Mutex<Option<Successor>>,
    /// The stream that the answers are written to.
    pub(crate) stream: Arc<Seen>,
}

/// Takes over a connection that is no longer HTTP, once the 101 is sent or can't be sent any more.
pub(crate) type Successor = Box<dyn FnOnce(io::Result<Raw>) + Send>;

/// The connection once the 101 is sent.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) transport: Transport,
    /// What arrived behind the handshake: the first bytes to read.
    pub(crate) early: Bytes,
}

/// A connection as it was accepted.
#[derive(Debug)]
pub(crate) enum Transport {
    Plain(Lazy),
    /// Its state is some 2 KiB: on the heap while it is passed around, and later in the connection's own task.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Visit {
    /// On this stream.
    pub(crate) fn new(stream: Arc<Seen>) -> Self {
        Self { answering: AtomicUsize::new(0), successor: Mutex::default(), stream }
    }

    /// Says who takes over the connection behind an answer of 101.
    pub(crate) fn hand_over(&self, successor: impl FnOnce(io::Result<Raw>) + Send + 'static) {
        *self.slot() = Some(Box::new(successor));
    }

    /// Who does, if anybody. It is told once.
    pub(crate) fn successor(&self) -> Option<Successor> {
        self.slot().take()
    }

    pub(crate) fn answer_begins(&self) {
        self.answering.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn answer_ends(&self) {
        self.answering.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether an answer is on its way.
    pub(crate) fn is_answering(&self) -> bool {
        self.answering.load(Ordering::Relaxed) > 0
    }

    fn slot(&self) -> MutexGuard<'_, Option<Successor>> {
        // Nothing that can panic runs under the lock.
        self.successor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit").field("answering", &self.answering).finish_non_exhaustive()
    }
}

impl Transport {
    /// The TCP connection underneath, if it is there.
    pub(crate) fn tcp(&self) -> Option<SockRef<'_>> {
        match self {
            Self::Plain(stream) => stream.tcp(),
            Self::Tls(stream) => Some(SockRef::from(stream.get_ref().0)),
        }
    }
}

impl From<Lazy> for Transport {
    fn from(stream: Lazy) -> Self {
        Self::Plain(stream)
    }
}

impl From<TlsStream<TcpStream>> for Transport {
    fn from(stream: TlsStream<TcpStream>) -> Self {
        Self::Tls(Box::new(stream))
    }
}
