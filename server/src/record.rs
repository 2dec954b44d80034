//! `heartwire record`: stands between any client and any server, and writes down what passes.
//!
//! ```text
//!  client ── bytes ──▶ passage ── bytes ──▶ server      nothing of them is changed but the request's Host and Origin (`head`)
//!                        │ a copy
//!                     transcript ── lines ──▶ file      follows the two directions as far as it can
//! ```

mod file;
mod head;
mod passage;
mod transcript;

use self::file::File;
pub use self::file::Output;
use self::passage::Passage;
use crate::tls::{Tls, TlsError};
use crate::trust::{TrustError, TrustFiles};
use crate::{RunError, Stop, TlsSource};
use rustls::ClientConfig;
use socket::wire::handshake::Target;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};
use workbench::secrets::Privacy;

/// Connections at a time; more wait to be accepted.
const MAX_CONNECTIONS: usize = 1024;
/// How long to wait when the system has no room for another connection.
const BREATHER: Duration = Duration::from_millis(100);
/// How long a stop waits for what passes to be written down.
const LAST_LINES: Duration = Duration::from_secs(5);

/// Everything a recorder is told before it starts.
#[derive(Debug)]
pub struct RecordConfig {
    /// Where clients connect.
    pub listen: SocketAddr,
    /// Where they are carried to.
    pub to: Target,
    /// Where the recording goes.
    pub output: Output,
    /// Whom the connections to the server trust, and as whom they show themselves.
    pub trust: TrustFiles,
    /// TLS for clients. None: plain TCP.
    pub tls: Option<TlsSource>,
    /// Whether secrets of the handshake are written down: header fields and parameters whose names sound like one.
    pub secrets: bool,
}

/// A recorder to which clients can already connect; [`run`](Self::run) carries them on.
#[derive(Debug)]
pub struct Recorder {
    listener: std::net::TcpListener,
    address: SocketAddr,
    tls: Option<Tls>,
    file: File,
    shared: Shared,
}

/// Why nothing is recorded. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// As for a server.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There is no certificate to show.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The file can't be made, or not be written to the end.
    #[error("can't write the recording: {0}")]
    Output(io::Error),
    /// TLS to the server can't be set up.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    to: Target,
    trust: Option<Arc<ClientConfig>>,
    privacy: Privacy,
    /// The connection that was last begun.
    connections: AtomicU32,
    /// Bytes that all transcripts hold.
    held: AtomicUsize,
}

impl Recorder {
    /// Binds the address and makes the file.
    ///
    /// # Errors
    /// [`RecordError`].
    pub fn bind(config: RecordConfig) -> Result<Self, RecordError> {
        let listen = |error| RecordError::Run(RunError::Listen { address: config.listen, error });
        let listener = std::net::TcpListener::bind(config.listen).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let tls = config.tls.map(|source| Tls::new(source, &[address], [])).transpose()?;
        let trust = if config.to.secure() { Some(config.trust.load()?) } else { None };
        let shared = Shared {
            to: config.to,
            trust,
            privacy: if config.secrets { Privacy::default() } else { Privacy::hiding([]) },
            connections: AtomicU32::new(0),
            held: AtomicUsize::new(0),
        };
        let file = File::start(config.output).map_err(RecordError::Output)?;
        Ok(Self { listener, address, tls, file, shared })
    }

    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Records until `stop` is called; connections that are open then are cut, and what passed is written.
    ///
    /// # Errors
    /// [`RecordError::Output`] if the recording is not whole, [`RecordError::Run`] if the system refuses the runtime.
    pub fn run(self, stop: &Stop) -> Result<(), RecordError> {
        let start = |error| RecordError::Run(RunError::Start(error));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start)?;
        let Self { listener, tls, file, shared, .. } = self;
        let (shared, tasks, ending) = (Arc::new(shared), TaskTracker::new(), CancellationToken::new());
        runtime.block_on(async {
            let listener = TcpListener::from_std(listener).map_err(start)?;
            tokio::select! {
                () = accept(&listener, tls.as_ref(), &file, &shared, &tasks, &ending) => {}
                () = stop.begun() => {}
            }
            ending.cancel();
            tasks.close();
            if tokio::time::timeout(LAST_LINES, tasks.wait()).await.is_err() {
                warn!(connections = tasks.len(), "connections that don't end are left behind");
            }
            Ok::<_, RecordError>(())
        })?;
        drop(runtime);
        file.finish().map_err(RecordError::Output)
    }
}

/// Accepts connections for ever.
async fn accept(
    listener: &TcpListener,
    tls: Option<&Tls>,
    file: &File,
    shared: &Arc<Shared>,
    tasks: &TaskTracker,
    ending: &CancellationToken,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // It is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "can't accept a connection");
                tokio::time::sleep(BREATHER).await;
                continue;
            }
        };
        let acceptor = tls.map(|tls| tls.acceptor.clone());
        let passage = Passage::new(Arc::clone(shared), file.clone(), peer, ending.clone());
        tasks.spawn(async move {
            let _place = place;
            // Small messages must not wait for the acknowledgement of earlier ones.
            let _ = stream.set_nodelay(true);
            match acceptor {
                None => passage.carry(stream).await,
                Some(acceptor) => match tls_of(stream, &acceptor).await {
                    Ok(stream) => passage.carry(stream).await,
                    Err(error) => info!(%peer, %error, "no TLS with a client"),
                },
            }
        });
    }
}

async fn tls_of(
    stream: TcpStream,
    acceptor: &tokio_rustls::TlsAcceptor,
) -> io::Result<tokio_rustls::server::TlsStream<TcpStream>> {
    tokio::time::timeout(passage::PATIENCE, acceptor.accept(stream))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}
