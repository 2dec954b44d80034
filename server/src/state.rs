//! What connections share: with all of the server, and with their thread.

use crate::admission::Admission;
use crate::assets::Bundle;
use crate::breakpoints::Breakpoints;
use crate::channels::{Keeper, Rooms, RoomsError, Tickers};
use crate::config::Config;
use crate::files::FileBudget;
use crate::game::Arenas;
use crate::labels::Labels;
use crate::lock::lock;
use crate::memory::Memory;
use crate::metrics::{Metrics, Traffic};
use crate::mounts::Mounts;
use crate::refusals::{Reason, Refusals};
use crate::registry::Registry;
use crate::replay::Replays;
use crate::stop::Stop;
use crate::tls::Tls;
use crate::watch::{Room, Threads};
use http::StatusCode;
use socket::wire::deflate::ServerPolicy;
use socket::wire::{ConnectionSettings, Limits};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tracing::info;

/// What all threads share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    /// [`Config::socket`] in the protocol's terms.
    pub(crate) settings: Arc<ConnectionSettings>,
    /// How connections to targets behave: they are held to what others are, but for what their client is held to.
    pub(crate) target_settings: Arc<ConnectionSettings>,
    /// Those of endpoints that take smaller messages, by how large: shared by all of their connections.
    smaller: Mutex<BTreeMap<u64, Arc<ConnectionSettings>>>,
    /// How offers of compression are answered.
    pub(crate) deflate: Option<ServerPolicy>,
    pub(crate) tls: Option<Tls>,
    pub(crate) bundle: Bundle,
    pub(crate) admission: Admission,
    pub(crate) metrics: Metrics,
    pub(crate) memory: Memory,
    pub(crate) labels: Labels,
    pub(crate) breakpoints: Arc<Breakpoints>,
    pub(crate) replays: Replays,
    pub(crate) rooms: Rooms,
    pub(crate) tickers: Tickers,
    pub(crate) arenas: Arc<Arenas>,
    pub(crate) mounts: Mounts,
    pub(crate) threads: Threads,
    /// What waits for those who watch.
    pub(crate) watching: Arc<Room>,
    pub(crate) refusals: Arc<Refusals>,
    /// Places for those who are refused and not gone yet.
    pub(crate) refused: Semaphore,
}

/// One thread's part. It is used by that thread alone, so its locks are never waited for and its counters need no atomic
/// addition.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) shared: Arc<Shared>,
    /// Of the thread, from 0.
    pub(crate) number: usize,
    /// What its tasks carry.
    pub(crate) traffic: Arc<Traffic>,
    /// What the thread beside it carries.
    pub(crate) plain_traffic: Arc<Traffic>,
    pub(crate) registry: Registry,
    /// Whether the server is about to stop: it still serves, but says that it is not ready.
    pub(crate) stop: Stop,
    /// Accepting ends, and HTTP connections do after the request at hand.
    pub(crate) draining: CancellationToken,
}

impl Shared {
    /// The settings of connections that take messages of at most so many bytes.
    pub(crate) fn settings_up_to(&self, bytes: u64) -> Arc<ConnectionSettings> {
        let mut smaller = lock(&self.smaller);
        let settings = smaller.entry(bytes).or_insert_with(|| {
            let all = &*self.settings;
            let (message_len, frame_len) =
                (all.limits.message_len.min(bytes), all.limits.frame_len.min(bytes));
            let limits = Limits { message_len, frame_len, ..all.limits };
            Arc::new(ConnectionSettings { limits, ..all.clone() })
        });
        Arc::clone(settings)
    }

    pub(crate) fn new(
        config: Config,
        bundle: Bundle,
        tls: Option<Tls>,
        replays: Replays,
        mounts: Mounts,
    ) -> Result<Self, RoomsError> {
        let files = FileBudget::of(&config);
        if files.connections < config.limits.max_connections.get() {
            info!(connections = files.connections, "fewer than --max-connections, for want of open files");
        }
        let settings = config.socket.settings();
        let target_settings = ConnectionSettings {
            ping_interval: None,
            idle_timeout: None,
            messages_per_second: None,
            ..settings
        };
        let deflate = config.socket.compression.policy();
        let metrics = Metrics::new(2 * config.threads.get());
        let compression = deflate.is_some().then_some(settings.deflate);
        let (counters, keeper) = (metrics.channels().clone(), Keeper::of(&config));
        Ok(Self {
            arenas: Arc::default(),
            rooms: Rooms::new(config.rooms, compression, counters, keeper)?,
            tickers: Tickers::new(compression),
            settings: Arc::new(settings),
            target_settings: Arc::new(target_settings),
            smaller: Mutex::default(),
            deflate,
            tls,
            bundle,
            admission: Admission::new(config.limits.clone(), files.connections),
            metrics,
            memory: Memory::new(config.limits.max_memory, config.threads.get()),
            labels: Labels::default(),
            breakpoints: Arc::new(Breakpoints::new(config.limits.max_memory)),
            replays,
            mounts,
            threads: Threads::default(),
            watching: Arc::default(),
            refusals: Arc::default(),
            refused: Semaphore::new(files.refusals),
            config,
        })
    }
}

impl Shard {
    /// The part of the thread with this number.
    pub(crate) fn new(shared: Arc<Shared>, number: usize, stop: Stop) -> Self {
        Self {
            traffic: shared.metrics.traffic(2 * number),
            plain_traffic: shared.metrics.traffic(2 * number + 1),
            shared,
            number,
            registry: Registry::default(),
            stop,
            draining: CancellationToken::new(),
        }
    }

    /// Counts and logs that `peer` is turned away; `answer` is what it is told, unless it just gets hung up on.
    pub(crate) fn refuse(
        &self,
        reason: Reason,
        peer: &dyn fmt::Display,
        answer: Option<StatusCode>,
        explanation: &dyn fmt::Display,
    ) {
        self.shared.metrics.refused(reason);
        self.shared.refusals.log(reason, peer, answer, explanation);
    }

    /// The same for a request for a WebSocket.
    pub(crate) fn refuse_handshake(
        &self,
        reason: Reason,
        peer: &dyn fmt::Display,
        answer: StatusCode,
        explanation: &dyn fmt::Display,
    ) {
        self.shared.metrics.handshake_refused(reason);
        self.refuse(reason, peer, Some(answer), explanation);
    }
}
