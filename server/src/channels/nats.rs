//! Channels in NATS JetStream, shared by any number of servers.
//!
//! Each channel is a stream, whose sequence numbers are the offsets: so all servers agree on them, and on nothing else. A
//! server [follows](follow) the stream, and [delivers](deliver) what its clients publish: one message of a session at a time,
//! each only behind the one before. Two servers with the same session can't both publish its next message.

mod deliver;
mod follow;
mod presence;
mod streams;
#[cfg(test)]
mod tests;

use self::streams::Idle;
use super::bus::{Bus, Gathering, NoRoom, Opening, Unavailable};
use super::channel::{Channel, Held, State, Terms};
use super::post::Post;
use crate::lock::lock;
use crate::nats::NatsConfig;
use async_nats::connection;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;
use protocol::fault::Label as Name;
use protocol::session::{Position, Public};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;
use tracing::{info, warn};

/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often what failed is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// Bytes that may wait for NATS. Beyond that publishing is refused.
const MAX_WAITING: usize = 64 << 20;

/// NATS can't be used.
#[derive(Debug, thiserror::Error)]
pub enum NatsError {
    /// It can't be reached, or does not let this server in.
    #[error("can't connect to NATS at {servers}: {error}{hint}")]
    Connect {
        /// Who was asked.
        servers: String,
        /// What came of it.
        error: String,
        /// What helps, if that is known.
        hint: &'static str,
    },
    /// It has no JetStream, or not for this user.
    #[error(
        "NATS keeps no streams for this server: {0}; start it with -js, and allow this user to use JetStream"
    )]
    JetStream(String),
    /// A file can't be read.
    #[error("can't read {}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The system refused a thread.
    #[error("can't start the thread that speaks with NATS: {0}")]
    Thread(io::Error),
}

/// A connection to NATS. Dropped, it ends.
#[derive(Debug)]
pub(super) struct Nats {
    shared: Arc<Shared>,
    handle: Handle,
    /// Dropped to end the thread.
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    client: Client,
    context: Context,
    terms: Terms,
    replicas: usize,
    /// So long other servers are believed about who is in a room.
    believed: Duration,
    /// This server, among those that share its rooms: as good as random.
    node: u64,
    held: tokio::sync::Mutex<Held>,
    /// So many rooms are kept. Of more than that one that nobody is in goes: one that nothing was ever said in, or else the
    /// one that was silent for longest.
    rooms: usize,
    /// Those that may make way next.
    idle: tokio::sync::Mutex<VecDeque<Idle>>,
    /// What waits to be published, by channel and session: the first of each is on its way.
    queues: Mutex<HashMap<(Name, Public), VecDeque<Post>>>,
    waiting: AtomicUsize,
    /// Something failed, and nothing has gone well since.
    fails: AtomicBool,
    /// When it was last told that a room can't be opened.
    told: Mutex<Option<Instant>>,
}

impl Nats {
    /// Connects.
    ///
    /// # Errors
    /// It can't, or can't keep streams there.
    pub(super) fn connect(config: &NatsConfig, terms: Terms) -> Result<Self, NatsError> {
        let (config, (sender, connected)) = (config.clone(), mpsc::channel());
        let (end, ended) = oneshot::channel();
        let run = move || {
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let _ = sender.send(Err(NatsError::Thread(error)));
                    return;
                }
            };
            runtime.block_on(async move {
                let connected = connect(&config, terms).await.map(|shared| (shared, Handle::current()));
                if sender.send(connected).is_ok() {
                    let _ = ended.await;
                }
            });
        };
        let thread = thread::Builder::new().name("nats".to_owned()).spawn(run).map_err(NatsError::Thread)?;
        let gone = |_| NatsError::Thread(io::Error::other("it ended"));
        let (shared, handle) = connected.recv().map_err(gone)??;
        Ok(Self { shared, handle, end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.end = None;
        // What runs there may be the last to hold this.
        let elsewhere = |thread: &JoinHandle<()>| thread.thread().id() != thread::current().id();
        if let Some(thread) = self.thread.take().filter(elsewhere) {
            // Its panic is in the log.
            let _ = thread.join();
        }
    }
}

impl Bus for Nats {
    fn open<'a>(&'a self, name: &'a Name) -> Opening<'a> {
        let (shared, name) = (Arc::clone(&self.shared), name.clone());
        // It is finished for those who come later, also where this one leaves.
        let opening = self.handle.spawn(async move { shared.open(&name).await });
        Box::pin(async move { opening.await.unwrap_or(Err(NoRoom::Unavailable)) })
    }

    fn ready(&self) -> Result<(), Unavailable> {
        self.shared.ready()
    }

    fn keeps_on(&self) -> bool {
        true
    }

    fn may_have(&self, channel: &Channel, position: Position, came: Instant) -> bool {
        let head = channel.head();
        if head.epoch == position.epoch {
            return head.offset < position.offset;
        }
        // Which of the two is over, the stream knows.
        let is_sure = channel.counts_since(came);
        if !is_sure {
            channel.look.notify_one();
        }
        !is_sure
    }

    fn gather(&self, name: &Name, hall: Weak<dyn Gathering>) {
        self.handle.spawn(Arc::clone(&self.shared).gather(name.clone(), hall));
    }

    fn append(&self, channel: &Arc<Channel>, _: &mut State, post: Post) {
        self.shared.waiting.fetch_add(post.data.len(), Ordering::Relaxed);
        let session = post.author.session;
        let mut queues = lock(&self.shared.queues);
        let queue = queues.entry((channel.name.clone(), session)).or_default();
        queue.push_back(post);
        if queue.len() == 1 {
            let (shared, channel) = (Arc::clone(&self.shared), Arc::clone(channel));
            self.handle.spawn(async move { shared.deliver(&channel, session).await });
        }
    }
}

impl Shared {
    fn ready(&self) -> Result<(), Unavailable> {
        let is_ready = self.client.connection_state() == connection::State::Connected
            && !self.fails.load(Ordering::Relaxed)
            && self.waiting.load(Ordering::Relaxed) <= MAX_WAITING;
        if is_ready { Ok(()) } else { Err(Unavailable) }
    }

    /// Something did not go well: until something does, messages are refused.
    fn has_failed(self: &Arc<Self>, error: &(dyn fmt::Display + Sync)) {
        if self.fails.swap(true, Ordering::Relaxed) {
            return;
        }
        warn!(%error, "NATS does not answer: messages are refused until it does");
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            while shared.fails.load(Ordering::Relaxed) {
                tokio::time::sleep(AGAIN).await;
                if shared.context.query_account().await.is_ok() {
                    shared.goes_well();
                }
            }
        });
    }

    fn goes_well(&self) {
        if self.fails.swap(false, Ordering::Relaxed) {
            info!("NATS answers again");
        }
    }
}

async fn connect(config: &NatsConfig, terms: Terms) -> Result<Arc<Shared>, NatsError> {
    let mut options = ConnectOptions::new()
        .name("heartwire")
        .connection_timeout(PATIENCE)
        .request_timeout(Some(PATIENCE))
        // Told once a connection is lost, and not only once requests time out.
        .ping_interval(Duration::from_secs(2))
        .reconnect_delay_callback(|attempts| AGAIN.mul_f64(attempts.clamp(1, 4) as f64 / 2.0))
        .event_callback(|event| async move { info!(%event, "NATS") });
    if let Some(path) = &config.credentials {
        let error = |error| NatsError::File { path: path.clone(), error };
        options = options.credentials(&std::fs::read_to_string(path).map_err(error)?).map_err(error)?;
    }
    if let Some(path) = &config.roots {
        options = options.add_root_certificates(path.clone());
    }
    if let Some((certificate, key)) = &config.identity {
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    if let Some((user, password)) = config.servers.iter().find_map(login) {
        options = match password {
            Some(password) => options.user_and_password(user, password),
            None => options.token(user),
        };
    }
    let client = options.connect(&config.servers[..]).await.map_err(|error| {
        let address = |server: &ServerAddr| format!("{}:{}", server.host(), server.port());
        let servers: Vec<_> = config.servers.iter().map(address).collect();
        NatsError::Connect { servers: servers.join(", "), error: error.to_string(), hint: hint(&error) }
    })?;
    let mut context = jetstream::new(client.clone());
    context.set_timeout(PATIENCE);
    context.query_account().await.map_err(|error| NatsError::JetStream(error.to_string()))?;
    Ok(Arc::new(Shared {
        client,
        context,
        terms,
        replicas: config.replicas,
        believed: config.believed,
        node: RandomState::new().hash_one("node"),
        held: tokio::sync::Mutex::default(),
        rooms: config.rooms,
        idle: tokio::sync::Mutex::default(),
        queues: Mutex::default(),
        waiting: AtomicUsize::new(0),
        fails: AtomicBool::new(false),
        told: Mutex::default(),
    }))
}

/// A user and a password of the URL; a name alone is a token.
fn login(server: &ServerAddr) -> Option<(String, Option<String>)> {
    let plain = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((plain(server.username()?), server.password().map(plain)))
}

/// What an operator can do. Secrets are in none of the errors: those of NATS name who is not let in, and not with what.
fn hint(error: &ConnectError) -> &'static str {
    let text = error.to_string();
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            "; give a user and a password that it knows in the URL (nats://USER:PASSWORD@HOST), or a token (nats://TOKEN@HOST), or a file of credentials with --nats-creds"
        }
        _ if text.contains("UnknownIssuer") || text.contains("BadSignature") => {
            "; give the authority that signed its certificate with --nats-ca"
        }
        _ if text.contains("NotValidForName") => "; name it as its certificate does",
        // An alert is what NATS says of the certificate that it was shown, or not shown.
        _ if text.contains("received fatal alert") => {
            "; give a certificate that it trusts with --nats-cert and --nats-key"
        }
        ConnectErrorKind::Tls => {
            "; give the authority that signed its certificate with --nats-ca, and what it wants to see with --nats-cert and --nats-key"
        }
        _ => "",
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
