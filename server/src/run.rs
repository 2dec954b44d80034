//! The running server: one thread with a runtime and an accept loop per core.

use crate::accept::accept;
use crate::assets::Bundle;
use crate::config::Config;
use crate::listen;
use crate::routes::{Context, routes};
use crate::stop::Stop;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use tokio::runtime;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

/// A server whose sockets are bound and which clients can already connect to; [`run`](Self::run) answers them.
#[derive(Debug)]
pub struct Server {
    config: Arc<Config>,
    bundle: Arc<Bundle>,
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
    /// [`RunError::Listen`] for the first address that can't be bound.
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
        Ok(Self { config: Arc::new(config), bundle: Arc::new(bundle), addresses, listeners })
    }

    /// The bound addresses in the order of [`Config::listen`], ports of 0 replaced by real ones.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves until `stop` is called and the drain is over. Blocks the calling thread.
    ///
    /// # Errors
    /// [`RunError::Start`] or [`RunError::Panic`]; either way all threads have ended.
    pub fn run(self, stop: &Stop) -> Result<(), RunError> {
        let mut threads = Vec::new();
        let mut outcome = Ok(());
        for (index, listeners) in self.listeners.into_iter().enumerate() {
            let (config, bundle) = (Arc::clone(&self.config), Arc::clone(&self.bundle));
            let stop = stop.clone();
            let spawned = thread::Builder::new().name(format!("serve-{index}")).spawn(move || {
                // A thread that ends, for whatever reason, takes the others with it: half a server would only
                // answer some of its clients.
                let _last = StopOnDrop(&stop);
                serve(config, bundle, listeners, &stop)
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
fn serve(
    config: Arc<Config>,
    bundle: Arc<Bundle>,
    listeners: Vec<TcpListener>,
    stop: &Stop,
) -> io::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let tasks = TaskTracker::new();
    let stop = stop.child();
    let context = Context { config, bundle, tasks: tasks.clone(), stop: stop.clone() };
    let (header_timeout, drain) = (context.config.header_timeout, context.config.drain);
    let routes = routes(&context);
    runtime.block_on(async {
        let loops = TaskTracker::new();
        for listener in listeners {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            loops.spawn(accept(listener, routes.clone(), header_timeout, tasks.clone(), stop.clone()));
        }
        loops.close();
        loops.wait().await;

        tasks.close();
        if !tasks.is_empty() {
            info!(connections = tasks.len(), "closing connections");
        }
        tokio::select! {
            () = tasks.wait() => {}
            () = stop.cut() => {}
            () = tokio::time::sleep(drain) => warn!(connections = tasks.len(), "drain is over, cutting off"),
        }
        Ok(())
    })
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
