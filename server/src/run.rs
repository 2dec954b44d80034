//! The running server: one thread with a runtime and an accept loop per core.

use crate::accept::accept;
use crate::assets::Bundle;
use crate::config::Config;
use crate::listen;
use crate::routes::routes;
use crate::state::{Shard, Shared};
use crate::stop::Stop;
use crate::tls::{Certificate, Tls, TlsError};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::runtime;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// A server whose sockets are bound and which clients can already connect to; [`run`](Self::run) answers them.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    addresses: Vec<SocketAddr>,
    /// For each thread its listeners, one per address.
    listeners: Vec<Vec<TcpListener>>,
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
    /// There is no certificate to show.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system refused a thread or its event loop.
    #[error("can't start: {0}")]
    Start(io::Error),
    /// A thread panicked; the others were stopped.
    #[error("a server thread failed; its panic message is above")]
    Panic,
}

impl Server {
    /// Binds all addresses of `config`.
    ///
    /// # Errors
    /// [`RunError::Listen`] for the first address that can't be bound, [`RunError::Tls`] for the certificate.
    pub fn bind(config: Config, bundle: Bundle) -> Result<Self, RunError> {
        let threads = config.threads.get();
        let mut addresses = Vec::new();
        let mut listeners: Vec<Vec<TcpListener>> = (0..threads).map(|_| Vec::new()).collect();
        for &address in &config.listen {
            let failed = |error| RunError::Listen { address, error };
            let bound = listen::bind(address, threads).map_err(failed)?;
            addresses.push(bound[0].local_addr().map_err(failed)?);
            for (thread, listener) in listeners.iter_mut().zip(bound) {
                thread.push(listener);
            }
        }
        let tls = config.tls.clone().map(|source| Tls::new(source, &addresses)).transpose()?;
        Ok(Self { shared: Arc::new(Shared::new(config, bundle, tls)), addresses, listeners })
    }

    /// The bound addresses in the order of [`Config::listen`], ports of 0 replaced by real ones.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The certificate that clients are shown, if they are shown one.
    pub fn certificate(&self) -> Option<Certificate> {
        self.shared.tls.as_ref().map(|tls| tls.certificate.clone())
    }

    /// Serves until `stop` is called and the drain is over. Blocks the calling thread.
    ///
    /// # Errors
    /// [`RunError::Start`] or [`RunError::Panic`]; either way all threads have ended.
    pub fn run(self, stop: &Stop) -> Result<(), RunError> {
        let mut threads = Vec::new();
        let mut outcome = Ok(());
        for (index, listeners) in self.listeners.into_iter().enumerate() {
            let shared = Arc::clone(&self.shared);
            let stop = stop.clone();
            let spawned = thread::Builder::new().name(format!("serve-{index}")).spawn(move || {
                // A thread that ends, for whatever reason, takes the others with it: half a server would only
                // answer some of its clients.
                let _last = StopOnDrop(&stop);
                serve(&Arc::new(Shard::new(shared, index, stop.clone())), listeners)
            });
            match spawned {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    stop_for(&mut outcome, RunError::Start(error));
                    break;
                }
            }
        }
        if outcome.is_err() {
            stop.at_once();
        }
        for thread in threads {
            match thread.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => stop_for(&mut outcome, RunError::Start(error)),
                Err(_) => stop_for(&mut outcome, RunError::Panic),
            }
        }
        outcome
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
fn serve(shard: &Arc<Shard>, listeners: Vec<TcpListener>) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = TaskTracker::new();
    let routes = routes(shard, &tasks);
    let config = &shard.shared.config;
    runtime.block_on(async {
        for listener in listeners {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tasks.spawn(accept(listener, routes.clone(), tasks.clone(), Arc::clone(shard)));
        }
        let timekeeper = Arc::clone(shard);
        tokio::spawn(async move { timekeeper.registry.keep_time().await });
        shard.stop.begun().await;
        tokio::select! {
            () = tokio::time::sleep(config.shutdown_delay) => {}
            () = shard.stop.cut() => return Ok(()),
        }
        tokio::select! {
            () = drain(shard, &tasks, config.drain / 2) => {}
            () = shard.stop.cut() => {}
            () = tokio::time::sleep(config.drain) => {
                warn!(connections = shard.registry.len() + tasks.len(), "drain is over, cutting off");
            }
        }
        Ok(())
    })
}

/// Stops accepting, then closes what there is, sockets over `spread`, and waits until all are gone.
async fn drain(shard: &Shard, tasks: &TaskTracker, spread: Duration) {
    shard.draining.cancel();
    if !shard.registry.is_empty() {
        info!(connections = shard.registry.len(), "closing connections");
    }
    shard.registry.close_all(spread).await;
    // Upgrades in progress become sockets, so these are waited for last.
    tasks.close();
    tasks.wait().await;
    shard.registry.wait_until_empty().await;
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
