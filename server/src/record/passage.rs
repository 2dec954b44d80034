//! One client's way to the server, and back.

use super::file::File;
use super::transcript::Transcript;
use super::{Shared, head};
use crate::lock::lock;
use http::StatusCode;
use socket::wire::handshake::HeadReader;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How long a client may take for its TLS handshake and for its request, and a server for taking the connection.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// What is read at once, in bytes: all that a direction has on its way.
const READ: usize = 64 << 10;
/// The longest request, in bytes.
const MAX_HEAD: usize = 64 << 10;

/// A connection that a client has made.
#[derive(Debug)]
pub(super) struct Passage {
    shared: Arc<Shared>,
    file: File,
    peer: SocketAddr,
    ending: CancellationToken,
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug)]
enum Way {
    ToServer,
    ToClient,
}

impl Passage {
    pub(super) fn new(shared: Arc<Shared>, file: File, peer: SocketAddr, ending: CancellationToken) -> Self {
        Self { shared, file, peer, ending }
    }

    /// Carries all that passes, until both ends are done, one of them fails, or the recorder stops.
    pub(super) async fn carry(self, mut client: impl AsyncRead + AsyncWrite + Send + Unpin) {
        let ending = self.ending.clone();
        let request = tokio::select! {
            request = timeout(PATIENCE, read_request(&mut client)) => request,
            () = ending.cancelled() => return,
        };
        let (bytes, end) = match request {
            Ok(Ok(read)) => read,
            Ok(Err(error)) => return info!(peer = %self.peer, %error, "a client without a request"),
            Err(_) => return info!(peer = %self.peer, "a client's request did not come in time"),
        };
        let (head, early) = bytes.split_at(end);
        let Ok(Some((request, _))) = HeadReader::new(MAX_HEAD).request(head) else {
            let status = StatusCode::BAD_REQUEST;
            return refuse(&mut client, self.peer, status, "what came is no HTTP request").await;
        };
        let to = &self.shared.to;
        let scheme = if to.secure() { "wss" } else { "ws" };
        let resource = if to.resource() == "/" { &request.target } else { to.resource() };
        let address = format!("{scheme}://{}{resource}", to.host_header());
        let mut transcript = Transcript::new(Arc::clone(&self.shared), self.file.clone(), address, request);
        let connected = tokio::select! {
            connected = socket::connect_stream(to, self.shared.trust.clone(), PATIENCE) => connected,
            () = ending.cancelled() => return,
        };
        let (mut server, _) = match connected {
            Ok(connected) => connected,
            Err(error) => {
                transcript.failed(&error.to_string());
                self.file.append(transcript.take()).await;
                let status = StatusCode::BAD_GATEWAY;
                return refuse(&mut client, self.peer, status, &error.to_string()).await;
            }
        };
        transcript.client(early);
        if let Err(error) = server.write_all(&[&head::readdress(head, to), early].concat()).await {
            transcript.failed(&format!("the server took no request: {error}"));
        }
        let transcript = Mutex::new(transcript);
        let ((from_client, to_client), (from_server, to_server)) =
            (tokio::io::split(client), tokio::io::split(server));
        let both = async {
            tokio::try_join!(
                self.pump(Way::ToServer, from_client, to_server, &transcript),
                self.pump(Way::ToClient, from_server, to_client, &transcript),
            )
        };
        let stopped = tokio::select! {
            outcome = both => {
                let error = outcome.err().map(|error| error.to_string());
                info!(peer = %self.peer, error, "connection ended");
                false
            }
            () = ending.cancelled() => true,
        };
        let lines = {
            let mut transcript = lock(&transcript);
            transcript.end(stopped);
            transcript.take()
        };
        self.file.append(lines).await;
    }

    /// Carries one direction to its end. What passes is written down before it goes on, so that a question stands before its
    /// answer.
    async fn pump<R: AsyncRead, W: AsyncWrite>(
        &self,
        way: Way,
        mut from: ReadHalf<R>,
        mut to: WriteHalf<W>,
        transcript: &Mutex<Transcript>,
    ) -> io::Result<()> {
        let mut buffer = vec![0; READ];
        loop {
            let count = from.read(&mut buffer).await?;
            if count == 0 {
                return to.shutdown().await;
            }
            let bytes = &buffer[..count];
            let lines = {
                let mut transcript = lock(transcript);
                match way {
                    Way::ToServer => transcript.client(bytes),
                    Way::ToClient => transcript.server(bytes),
                }
                transcript.take()
            };
            self.file.append(lines).await;
            to.write_all(bytes).await?;
            to.flush().await?;
        }
    }
}

/// Reads up to the end of a request's head and what came with it; tells where the head ends.
async fn read_request(client: &mut (impl AsyncRead + Unpin)) -> io::Result<(Vec<u8>, usize)> {
    let mut bytes = Vec::with_capacity(1024);
    loop {
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = head::end(&bytes) {
            return Ok((bytes, end));
        }
        if bytes.len() > MAX_HEAD {
            return Err(io::Error::other("its head is longer than 64 KiB"));
        }
    }
}

/// Says why a client is not carried on.
async fn refuse(client: &mut (impl AsyncWrite + Unpin), peer: SocketAddr, status: StatusCode, why: &str) {
    warn!(%peer, status = status.as_u16(), why, "refused");
    let answer = crate::reply::bare(status, why);
    // It may be gone.
    let _ = client.write_all(answer.as_bytes()).await;
    let _ = client.shutdown().await;
}
