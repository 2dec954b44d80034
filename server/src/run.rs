//! The running server: one thread with a runtime and an accept loop per core.

use crate::accept::{Service, accept};
use crate::assets::Bundle;
use crate::channels::RoomsError;
use crate::config::{Config, Driver};
use crate::lazy;
use crate::listen::{self, Overlap};
use crate::mounts::Mounts;
use crate::replay::{ReplayError, Replays};
use crate::routes::{metrics_routes, routes};
use crate::sockets::Sockets;
use crate::sockets::plain::{self, Plain};
use crate::state::{Shard, Shared};
use crate::stop::Stop;
use crate::tls::{Certificate, Tls, TlsError};
use crate::trust::{TrustError, TrustFiles};
use crate::watch::Thread;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::runtime;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};

/// A server whose sockets are bound and which clients can already connect to; [`run`](Self::run) answers them.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    addresses: Vec<SocketAddr>,
    metrics_addresses: Vec<SocketAddr>,
    /// For each thread its listeners.
    listeners: Vec<Vec<Listener>>,
}

#[derive(Debug)]
struct Listener {
    socket: TcpListener,
    purpose: Purpose,
}

/// What a listener is there for.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    /// Everything.
    Serving,
    /// [`Config::metrics_listen`].
    Metrics {
        /// It is reached from this machine alone.
        only_this_machine: bool,
    },
}

/// Why a server did not start or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An address can't be listened on. The text says what to do about it.
    #[error("can't listen on {address}: {}", advice(.error))]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// Two addresses can't be listened on together.
    #[error("{}", overlap_advice(.wider, .narrower))]
    Overlap {
        /// An address that was asked for.
        wider: SocketAddr,
        /// The same, or one that it covers.
        narrower: SocketAddr,
    },
    /// There is no certificate to show.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// TLS to targets can't be set up.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// There is a recording that can't be played back.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// What is said in rooms can't be kept.
    #[error(transparent)]
    Rooms(#[from] RoomsError),
    /// The system refused a thread or its event loop.
    #[error("can't start: {0}")]
    Start(io::Error),
    /// A thread panicked; the others were stopped.
    #[error("a server thread failed; its panic message is above")]
    Panic,
    /// A task that serving depends on ended, most likely by a panic; the server was stopped.
    #[error("a part of the server failed that has to run as long as it; the log says more")]
    Task,
    /// The system's signals no longer reach this process; it was stopped while it could still be done in order.
    #[error("signals can't be received any more")]
    Signals,
}

impl Server {
    /// Binds all addresses of `config`.
    ///
    /// # Errors
    /// [`RunError::Listen`] for the first address that can't be bound, [`RunError::Overlap`] for two that exclude each other,
    /// [`RunError::Tls`] for the certificate, [`RunError::Trust`] for those of targets, [`RunError::Replay`] for a recording,
    /// [`RunError::Rooms`] for where rooms are kept.
    pub fn bind(config: Config, bundle: Bundle) -> Result<Self, RunError> {
        let replays = Replays::load(&config.replays, config.data_dir.as_deref())?;
        let trust = config.via_tls.as_ref().map(TrustFiles::load).transpose()?;
        let mounts = Mounts::of(&config, trust.as_ref());
        let threads = config.threads.get();
        let all: Vec<_> = config.listen.iter().chain(&config.metrics_listen).copied().collect();
        if let Some(Overlap { wider, narrower }) = listen::overlap(&all) {
            return Err(RunError::Overlap { wider, narrower });
        }
        let mut listeners: Vec<Vec<Listener>> = (0..threads).map(|_| Vec::new()).collect();
        let mut bind = |address: SocketAddr, threads, purpose| {
            let failed = |error| RunError::Listen { address, error };
            let bound = listen::bind(address, threads, listen::is_only_v6(address, &all)).map_err(failed)?;
            let address = bound[0].local_addr().map_err(failed)?;
            for (thread, socket) in listeners.iter_mut().zip(bound) {
                thread.push(Listener { socket, purpose });
            }
            Ok::<_, RunError>(address)
        };
        let mut addresses = Vec::new();
        for &address in &config.listen {
            addresses.push(bind(address, threads, Purpose::Serving)?);
        }
        let mut metrics_addresses = Vec::new();
        for &address in &config.metrics_listen {
            let purpose = Purpose::Metrics { only_this_machine: address.ip().to_canonical().is_loopback() };
            metrics_addresses.push(bind(address, 1, purpose)?);
        }
        let names = config.origins.names().map(ToString::to_string);
        let tls = config.tls.clone().map(|source| Tls::new(source, &addresses, names)).transpose()?;
        Ok(Self {
            shared: Arc::new(Shared::new(config, bundle, tls, replays, mounts)?),
            addresses,
            metrics_addresses,
            listeners,
        })
    }

    /// The bound addresses in the order of [`Config::listen`], ports of 0 replaced by real ones.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The same for [`Config::metrics_listen`].
    pub fn metrics_addresses(&self) -> &[SocketAddr] {
        &self.metrics_addresses
    }

    /// The certificate that clients are shown, if they are shown one.
    pub fn certificate(&self) -> Option<Certificate> {
        self.shared.tls.as_ref().map(|tls| tls.certificate.clone())
    }

    /// Serves until `stop` is called and the drain is over. Blocks the calling thread.
    ///
    /// # Errors
    /// [`RunError::Start`], [`RunError::Panic`] or [`RunError::Task`]; in each case all threads have ended.
    pub fn run(self, stop: &Stop) -> Result<(), RunError> {
        let mut threads = Vec::new();
        let mut outcome = Ok(());
        for (index, listeners) in self.listeners.into_iter().enumerate() {
            match start(&self.shared, index, listeners, stop, &mut threads) {
                Ok(()) => {}
                Err(error) => {
                    stop_for(&mut outcome, RunError::Start(error));
                    stop.at_once();
                    break;
                }
            }
        }
        for thread in threads {
            match thread.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => stop_for(&mut outcome, error),
                Err(_) => stop_for(&mut outcome, RunError::Panic),
            }
        }
        outcome
    }
}

type Handle = thread::JoinHandle<Result<(), RunError>>;

/// Starts a serving thread and, where sockets over plain TCP have one, the thread beside it.
fn start(
    shared: &Arc<Shared>,
    index: usize,
    listeners: Vec<Listener>,
    stop: &Stop,
    threads: &mut Vec<Handle>,
) -> io::Result<()> {
    let mut spawn = |name: String, run: Box<dyn FnOnce() -> Result<(), RunError> + Send>| {
        let stop = stop.clone();
        let thread = thread::Builder::new().name(name).spawn(move || {
            // A thread that ends, for whatever reason, takes the others with it: half a server would only answer
            // some of its clients.
            let _last = StopOnDrop(&stop);
            run()
        });
        threads.push(thread?);
        io::Result::Ok(())
    };
    let plain = match shared.config.driver {
        Driver::Reactor if cfg!(unix) => {
            let (plain, work) = plain::new()?;
            let run = move || work.run().map_err(RunError::Start);
            spawn(format!("sockets-{index}"), Box::new(run))?;
            Some(plain)
        }
        Driver::Reactor | Driver::Tokio => None,
    };
    let (shared, stopped) = (Arc::clone(shared), stop.clone());
    spawn(
        format!("serve-{index}"),
        Box::new(move || {
            let _end = EndOnDrop(plain.clone());
            let shard = Arc::new(Shard::new(shared, index, stopped));
            serve(&Sockets::new(shard, plain), listeners)
        }),
    )
}

/// Ends the thread beside this one.
struct EndOnDrop(Option<Plain>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        if let Some(plain) = &self.0 {
            plain.end();
        }
    }
}

struct StopOnDrop<'a>(&'a Stop);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.begin();
    }
}

/// Keeps the first error.
fn stop_for(outcome: &mut Result<(), RunError>, error: RunError) {
    if outcome.is_ok() {
        *outcome = Err(error);
    }
}

/// One thread's share: its accept loops, then its part of the drain.
fn serve(sockets: &Sockets, listeners: Vec<Listener>) -> Result<(), RunError> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Start)?;
    let shard = &sockets.shard;
    let asked: Arc<dyn Thread> = Arc::new(sockets.clone());
    shard.shared.threads.add(&asked);
    let tasks = TaskTracker::new();
    let serving =
        Service { routes: routes(sockets), tls: shard.shared.tls.as_ref().map(|tls| tls.acceptor.clone()) };
    let config = &shard.shared.config;
    runtime.block_on(async {
        let mut essential = JoinSet::new();
        for Listener { socket, purpose } in listeners {
            let listener = lazy::Listener::new(socket).map_err(RunError::Start)?;
            let service = match purpose {
                Purpose::Serving => serving.clone(),
                Purpose::Metrics { only_this_machine } => {
                    Service { routes: metrics_routes(shard, only_this_machine), tls: None }
                }
            };
            essential.spawn(accept(listener, service, tasks.clone(), Arc::clone(shard)));
        }
        let keeper = sockets.clone();
        essential.spawn(async move { keeper.keep_budget().await });
        if shard.number == 0 {
            let shared = Arc::clone(&shard.shared);
            essential.spawn(async move { shared.rooms.close_idle().await });
        }
        let announcer = sockets.clone();
        essential.spawn(async move { announcer.announce().await });
        let outcome = watch(&mut essential, shard.stop.begun()).await;
        if outcome.is_err() {
            shard.stop.begin();
        }
        tokio::select! {
            () = tokio::time::sleep(config.shutdown_delay) => {}
            () = shard.stop.cut() => return outcome,
        }
        tokio::select! {
            () = drain(sockets, &tasks, config.drain / 2) => {}
            () = shard.stop.cut() => {}
            () = tokio::time::sleep(config.drain) => {
                warn!(connections = sockets.len() + tasks.len(), "drain is over, cutting off");
            }
        }
        outcome
    })
}

/// Waits until the server is to stop.
///
/// # Errors
/// [`RunError::Task`] once a task ends that has to run until then: without it this thread would serve no more, and nobody
/// would know.
async fn watch(essential: &mut JoinSet<()>, stopped: impl Future<Output = ()>) -> Result<(), RunError> {
    tokio::select! {
        () = stopped => Ok(()),
        Some(ended) = essential.join_next() => {
            let cause = ended.err().map_or_else(|| "it ended".to_owned(), |error| error.to_string());
            error!(cause, "a task that serving depends on is gone, stopping");
            Err(RunError::Task)
        }
    }
}

/// Stops accepting, then closes what there is, sockets over `spread`, and waits until all are gone.
async fn drain(sockets: &Sockets, tasks: &TaskTracker, spread: Duration) {
    sockets.shard.draining.cancel();
    let connections = sockets.len();
    if connections > 0 {
        info!(connections, "closing connections");
    }
    sockets.close_all(spread).await;
    // Upgrades in progress become sockets, so these are waited for last.
    tasks.close();
    tasks.wait().await;
    sockets.emptied().await;
}

fn overlap_advice(wider: &SocketAddr, narrower: &SocketAddr) -> String {
    if wider == narrower {
        format!("can't listen on {wider} twice; leave one of them out")
    } else {
        format!("can't listen on {narrower} beside {wider}, which covers it; leave one of them out")
    }
}

fn advice(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the port is in use; stop the other program or choose another port with --listen".to_owned()
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine does not have that address; choose one of its own with --listen".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "not permitted; choose a port from 1024 up with --listen".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    #[tokio::test]
    async fn a_task_that_serving_depends_on_is_missed() {
        for panics in [true, false] {
            let mut essential = JoinSet::new();
            essential.spawn(pending());
            essential.spawn(async move { assert!(!panics, "on purpose") });
            assert!(matches!(watch(&mut essential, pending()).await, Err(RunError::Task)));
        }
        let mut essential = JoinSet::new();
        essential.spawn(pending());
        assert!(watch(&mut essential, async {}).await.is_ok());
    }
}
