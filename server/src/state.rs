//! What connections share: with all of the server, and with their thread.

use crate::admission::Admission;
use crate::assets::Bundle;
use crate::config::Config;
use crate::memory::Memory;
use crate::metrics::{Metrics, Traffic};
use crate::registry::Registry;
use crate::stop::Stop;
use crate::tls::Tls;
use socket::wire::ConnectionSettings;
use socket::wire::deflate::ServerPolicy;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Refusals in progress on one thread. Beyond this, who is refused gets no answer.
const REFUSALS: usize = 64;

/// What all threads share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// [`Config::socket`] in the protocol's terms.
    pub(crate) settings: Arc<ConnectionSettings>,
    /// How offers of compression are answered.
    pub(crate) deflate: Option<ServerPolicy>,
    pub(crate) tls: Option<Tls>,
    pub(crate) bundle: Bundle,
    pub(crate) admission: Admission,
    pub(crate) metrics: Metrics,
    pub(crate) memory: Memory,
}

/// One thread's part. It is used by that thread alone, so its locks are never waited for and its counters need no atomic
/// addition.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) shared: Arc<Shared>,
    /// Of the thread, from 0.
    pub(crate) number: usize,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) registry: Registry,
    pub(crate) refusals: Semaphore,
    /// Whether the server is about to stop: it still serves, but says that it is not ready.
    pub(crate) stop: Stop,
    /// Accepting ends, and HTTP connections do after the request at hand.
    pub(crate) draining: CancellationToken,
}

impl Shared {
    pub(crate) fn new(config: Config, bundle: Bundle, tls: Option<Tls>) -> Self {
        Self {
            settings: Arc::new(config.socket.settings()),
            deflate: config.socket.compression.policy(),
            tls,
            bundle,
            admission: Admission::new(config.limits.clone()),
            metrics: Metrics::new(config.threads.get()),
            memory: Memory::new(config.limits.max_memory, config.threads.get()),
            config,
        }
    }
}

impl Shard {
    /// The part of the thread with this number.
    pub(crate) fn new(shared: Arc<Shared>, number: usize, stop: Stop) -> Self {
        Self {
            traffic: shared.metrics.traffic(number),
            shared,
            number,
            registry: Registry::default(),
            refusals: Semaphore::new(REFUSALS),
            stop,
            draining: CancellationToken::new(),
        }
    }
}
