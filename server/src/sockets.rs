//! The WebSockets of one thread: who drives them, and what reaches all of them.

use self::plain::Plain;
use crate::behind::Behind;
#[cfg(unix)]
use crate::hosted::Hosted;
use crate::hosted::Tasked;
use crate::journal::Entry;
use crate::pace::Abort;
use crate::seat::Seat;
use crate::state::Shard;
use crate::upgrade::Agreed;
use crate::visit::{Raw, Transport};
use crate::watch::{Question, Thread};
#[cfg(unix)]
use socket::MaybeTls;
use socket::wire::Role;
use socket::{Connected, Socket};
use socket2::{SockRef, TcpKeepalive};
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Quiet time after which TCP asks whether the other end is still there.
const QUIET: Duration = Duration::from_secs(60);

/// The longest time between two sockets that are told to close.
const SPACING: Duration = Duration::from_millis(50);

#[cfg(unix)]
pub(crate) mod plain {
    //! Sockets over plain TCP have a thread of their own beside each serving thread.

    use crate::behind::Behind;
    use crate::hosted::{Hosted, OVER_BUDGET};
    use crate::watch::Question;
    use socket::wire::End;
    use socket::{Reactor, Run};
    use std::io;
    use std::sync::Arc;

    /// The handle of such a thread.
    pub(crate) type Plain = Reactor<Hosted<Behind>>;

    /// What that thread runs.
    pub(crate) type Work = Run<Hosted<Behind>>;

    pub(crate) fn new() -> io::Result<(Plain, Work)> {
        Reactor::new()
    }

    pub(super) fn cut_heaviest(plain: &Plain) {
        plain.cut_heaviest(End::LimitExceeded, OVER_BUDGET);
    }

    pub(super) fn ask(plain: &Plain, question: &Question) {
        let question = Arc::clone(question);
        plain.each(move |hosted, counts| question(hosted, counts));
    }
}

#[cfg(not(unix))]
pub(crate) mod plain {
    //! Sockets over plain TCP are tasks like all others.

    use crate::watch::Question;
    use std::io;

    /// There is none.
    #[derive(Clone, Debug)]
    pub(crate) enum Plain {}

    /// There is nothing to run.
    #[derive(Debug)]
    pub(crate) enum Work {}

    pub(crate) fn new() -> io::Result<(Plain, Work)> {
        Err(io::ErrorKind::Unsupported.into())
    }

    impl Plain {
        pub(super) fn len(&self) -> usize {
            match *self {}
        }

        pub(super) async fn tell_next(&self) -> bool {
            match *self {}
        }

        pub(super) async fn heaviest(&self) -> usize {
            match *self {}
        }

        pub(super) async fn emptied(&self) {
            match *self {}
        }

        pub(super) fn wake(&self) {
            match *self {}
        }

        pub(crate) fn end(&self) {
            match *self {}
        }
    }

    impl Work {
        pub(crate) fn run(self) -> io::Result<()> {
            match self {}
        }
    }

    pub(super) fn cut_heaviest(plain: &Plain) {
        match *plain {}
    }

    pub(super) fn ask(plain: &Plain, _: &Question) {
        match *plain {}
    }
}

/// All sockets of a serving thread: those that are its tasks, and those of the thread beside it.
#[derive(Clone, Debug)]
pub(crate) struct Sockets {
    pub(crate) shard: Arc<Shard>,
    /// The thread beside it, where sockets over plain TCP have one.
    plain: Option<Plain>,
    /// That thread has got one, and is to be told.
    handed_over: Arc<Notify>,
}

impl Sockets {
    /// None yet.
    pub(crate) fn new(shard: Arc<Shard>, plain: Option<Plain>) -> Self {
        Self { shard, plain, handed_over: Arc::default() }
    }

    /// Serves a connection from its 101 to its end.
    pub(crate) fn host(&self, raw: Raw, agreed: Agreed, endpoint: Behind, entry: Entry) {
        let Agreed { seat, settings, compression, carried } = agreed;
        if carried {
            notice_loss(raw.transport.tcp());
        }
        match raw.transport {
            Transport::Plain(stream) => {
                #[cfg(unix)]
                if let Some(plain) = &self.plain {
                    let endpoint = Hosted::new(endpoint, seat, entry);
                    return match stream.into_std() {
                        Ok(stream) => {
                            let (role, early) = (Role::Server, raw.early);
                            plain.add(socket::Arrival {
                                stream,
                                role,
                                early,
                                compression,
                                settings,
                                endpoint,
                            });
                            self.handed_over.notify_one();
                        }
                        Err(error) => lost(&error),
                    };
                }
                let endpoint = Tasked::new(endpoint, seat, entry);
                match stream.into_tokio() {
                    Ok(stream) => {
                        let role = Role::Server;
                        spawn(Socket::new(stream, &raw.early, role, compression, settings, endpoint));
                    }
                    Err(error) => lost(&error),
                }
            }
            Transport::Tls(stream) => {
                let endpoint = Tasked::new(endpoint, seat, entry);
                spawn(Socket::new(*stream, &raw.early, Role::Server, compression, settings, endpoint));
            }
        }
    }

    /// The same for a connection that this server has opened.
    pub(crate) fn host_target(&self, connected: Connected, seat: Seat, endpoint: Behind, entry: Entry) {
        let settings = Arc::clone(connected.settings());
        let Connected { stream, early, established, .. } = connected;
        let (role, compression) = (Role::Client, established.deflate);
        notice_loss(Some(SockRef::from(stream.tcp())));
        match (stream, &self.plain) {
            #[cfg(unix)]
            (MaybeTls::Plain(stream), Some(plain)) => {
                let endpoint = Hosted::new(endpoint, seat, entry);
                match stream.into_std() {
                    Ok(stream) => {
                        let early = early.into();
                        plain.add(socket::Arrival { stream, role, early, compression, settings, endpoint });
                        self.handed_over.notify_one();
                    }
                    Err(error) => lost(&error),
                }
            }
            (stream, _) => {
                let endpoint = Tasked::new(endpoint, seat, entry);
                spawn(Socket::new(stream, &early, role, compression, settings, endpoint));
            }
        }
    }

    /// Has the thread beside this one look at the sockets that it was handed. Other tasks have had their turn by then, so
    /// that it is woken once for those that come together. Runs as long as the thread.
    pub(crate) async fn announce(&self) {
        let Some(plain) = &self.plain else { return pending().await };
        loop {
            self.handed_over.notified().await;
            plain.wake();
        }
    }

    /// How many there are on this thread.
    pub(crate) fn len(&self) -> usize {
        self.plain.as_ref().map_or(0, Plain::len) + self.shard.registry.len()
    }

    /// Tells all of this thread's sockets to close, one after the other and evenly, within at most `spread`, so that
    /// their clients don't all come back at the same moment.
    pub(crate) async fn close_all(&self, spread: Duration) {
        let open = self.len();
        let spacing = (spread / u32::try_from(open.max(1)).unwrap_or(u32::MAX)).min(SPACING);
        let began = Instant::now();
        let mut told = 0_u32;
        if let Some(plain) = &self.plain {
            while plain.tell_next().await {
                told += 1;
                sleep_until(began + spacing * told).await;
            }
        }
        while self.shard.registry.tell_next() {
            told += 1;
            sleep_until(began + spacing * told).await;
        }
    }

    /// Waits until all of this thread's sockets are gone.
    pub(crate) async fn emptied(&self) {
        if let Some(plain) = &self.plain {
            plain.emptied().await;
        }
        self.shard.registry.emptied().await;
    }

    /// Keeps this thread's part of the memory budget. Runs as long as the thread.
    pub(crate) async fn keep_budget(&self) {
        let (memory, thread) = (&self.shard.shared.memory, self.shard.number);
        loop {
            memory.exceeded(thread).await;
            loop {
                let tasks = self.shard.registry.heaviest();
                let plain = match &self.plain {
                    Some(plain) => plain.heaviest().await,
                    None => 0,
                };
                if !memory.must_cut(thread, plain.max(tasks)) {
                    break;
                }
                self.shard.shared.metrics.over_budget();
                match &self.plain {
                    Some(handle) if plain >= tasks => plain::cut_heaviest(handle),
                    _ => self.shard.registry.cut_heaviest().await,
                }
            }
        }
    }
}

/// Has the system find out that the other end is gone, on a connection where nobody sends a Ping but who stands at its ends.
fn notice_loss(tcp: Option<SockRef<'_>>) {
    let keepalive = TcpKeepalive::new().with_time(QUIET).with_interval(QUIET / 4);
    // Where the system refuses, it is noticed by sending.
    let _ = tcp.map(|tcp| tcp.set_tcp_keepalive(&keepalive));
}

impl Thread for Sockets {
    fn ask(&self, question: &Question) {
        if let Some(plain) = &self.plain {
            plain::ask(plain, question);
        }
        self.shard.registry.ask(question);
    }
}

/// The system has no room for it. Its end is logged as it is dropped.
fn lost(error: &io::Error) {
    tracing::warn!(%error, "can't take a connection over");
}

fn spawn<S: AsyncRead + AsyncWrite + Abort + Send + Unpin + 'static>(socket: Socket<S, Tasked>) {
    tokio::spawn(socket.with_reset(S::abort));
}
