use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use wire::deflate::Offer;
use wire::handshake::{
    ClientHandshake, Established, HeadError, HeadReader, RequestError, ResponseError, ResponseHead, Target,
    TargetError,
};
use wire::{ConnectionSettings, Role};

use crate::{Channel, Endpoint, Socket};

/// Between one address and the next, where the one before has not answered yet (RFC 8305 §5).
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// How to connect.
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    /// Sent with the request, each on a line of its own: `Origin`, `Authorization`, `Cookie`. None by default.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Subprotocols to ask for, the favourite first. None by default.
    pub protocols: Vec<String>,
    /// Offers of permessage-deflate, the favourite first. None by default: nothing is compressed.
    pub offers: Vec<Offer>,
    /// For everything up to the server's answer: name, TCP, TLS, HTTP. 10 s by default.
    pub timeout: Duration,
    /// The most bytes the answer's head may have. 64 KiB by default.
    pub head_len: usize,
    /// For wss. `None`, the default: the system's certificate authorities.
    pub tls: Option<Arc<ClientConfig>>,
    /// How the connection behaves afterwards.
    pub settings: Arc<ConnectionSettings>,
}

/// An open connection and what the server answered.
#[derive(Debug)]
pub struct Connected {
    /// The transport.
    pub stream: MaybeTls,
    /// What arrived behind the answer.
    pub early: Vec<u8>,
    /// What was agreed on.
    pub established: Established,
    /// The answer as it came.
    pub response: ResponseHead,
    /// Whom it came from.
    pub peer: SocketAddr,
    settings: Arc<ConnectionSettings>,
}

/// A transport with or without TLS.
pub type MaybeTls = Box<dyn ByteStream>;

/// Anything that carries bytes both ways.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + std::fmt::Debug> ByteStream for T {}

impl Connected {
    /// The connection with an endpoint behind it.
    #[must_use]
    pub fn socket<E: Endpoint>(self, endpoint: E) -> Socket<MaybeTls, E> {
        let Connected { stream, early, established, settings, .. } = self;
        Socket::new(stream, &early, Role::Client, established.deflate, settings, endpoint)
    }

    /// The connection as calls.
    #[must_use]
    pub fn channel(self) -> Channel<MaybeTls> {
        let Connected { stream, early, established, settings, .. } = self;
        Channel::new(stream, &early, Role::Client, established.deflate, settings)
    }
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is none. Correct it.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A header or subprotocol can't be sent. Correct it.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The host's name has no address.
    #[error("{host} has no address: {error}")]
    Resolve {
        /// The name.
        host: String,
        /// The resolver's word.
        error: io::Error,
    },
    /// No address of the host took the connection; the last one's reason.
    #[error("can't connect to {host}:{port}: {error}")]
    Tcp {
        /// The name or address.
        host: String,
        /// The port.
        port: u16,
        /// The system's word.
        error: io::Error,
    },
    /// The server's certificate is not trusted, or it speaks no TLS.
    #[error("TLS with {host} failed: {error}")]
    Tls {
        /// The name or address.
        host: String,
        /// What went wrong.
        error: io::Error,
    },
    /// The connection broke before the answer was whole.
    #[error("the connection broke during the opening handshake: {0}")]
    Broken(io::Error),
    /// The answer is no HTTP.
    #[error("{0}: is this a web server?")]
    Head(#[from] HeadError),
    /// The answer is not what RFC 6455 §4.1 asks for.
    #[error("{error}")]
    Response {
        /// What is wrong with it.
        error: ResponseError,
        /// The answer.
        head: Box<ResponseHead>,
    },
    /// It took longer than [`ConnectOptions::timeout`].
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}

impl Default for ConnectOptions {
    fn default() -> ConnectOptions {
        ConnectOptions {
            headers: Vec::new(),
            protocols: Vec::new(),
            offers: Vec::new(),
            timeout: Duration::from_secs(10),
            head_len: 64 << 10,
            tls: None,
            settings: Arc::default(),
        }
    }
}

/// Connects to a ws or wss URL. Redirects are not followed.
///
/// # Errors
/// [`ConnectError`]. The connection attempt is over in any case.
pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Connected, ConnectError> {
    let target: Target = url.parse()?;
    let mut handshake = ClientHandshake::new(target, rand::random())
        .protocols(options.protocols.iter().cloned())?
        .offers(options.offers.iter().copied());
    for (name, value) in &options.headers {
        handshake = handshake.header(name.clone(), value.clone())?;
    }
    timeout(options.timeout, open(&handshake, options))
        .await
        .unwrap_or(Err(ConnectError::Timeout(options.timeout)))
}

/// Connects to where a ws or wss URL leads and goes no further: a byte stream, for who brings a request along. `tls` as in
/// [`ConnectOptions`].
///
/// # Errors
/// [`ConnectError`]. The connection attempt is over in any case.
pub async fn connect_stream(
    target: &Target,
    tls: Option<Arc<ClientConfig>>,
    limit: Duration,
) -> Result<(MaybeTls, SocketAddr), ConnectError> {
    timeout(limit, reach(target, tls)).await.unwrap_or(Err(ConnectError::Timeout(limit)))
}

async fn reach(
    target: &Target,
    tls: Option<Arc<ClientConfig>>,
) -> Result<(MaybeTls, SocketAddr), ConnectError> {
    let (stream, peer) = dial(target.host(), target.port()).await?;
    // Small messages must not wait for the acknowledgement of earlier ones.
    stream.set_nodelay(true).map_err(ConnectError::Broken)?;
    let stream: MaybeTls =
        if target.secure() { Box::new(secure(stream, target.host(), tls).await?) } else { Box::new(stream) };
    Ok((stream, peer))
}

async fn open(handshake: &ClientHandshake, options: &ConnectOptions) -> Result<Connected, ConnectError> {
    let (mut stream, peer) = reach(handshake.target(), options.tls.clone()).await?;
    stream.write_all(&handshake.request()).await.map_err(ConnectError::Broken)?;
    stream.flush().await.map_err(ConnectError::Broken)?;

    let mut reader = HeadReader::new(options.head_len);
    let mut buffer = vec![0; 4096];
    loop {
        let count = stream.read(&mut buffer).await.map_err(ConnectError::Broken)?;
        if count == 0 {
            return Err(ConnectError::Broken(io::ErrorKind::UnexpectedEof.into()));
        }
        let Some((response, used)) = reader.response(&buffer[..count])? else { continue };
        let established = match handshake.check_response(response.status, response.version, &response.headers)
        {
            Ok(established) => established,
            Err(error) => return Err(ConnectError::Response { error, head: Box::new(response) }),
        };
        let early = buffer[used..count].to_vec();
        let settings = Arc::clone(&options.settings);
        return Ok(Connected { stream, early, established, response, peer, settings });
    }
}

/// Tries a host's addresses, the families in turn, each one a little after the one before; the first to answer wins
/// (RFC 8305).
async fn dial(host: &str, port: u16) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let found = lookup_host((host, port)).await;
    let found = found.map_err(|error| ConnectError::Resolve { host: host.to_owned(), error })?;
    let mut addresses = interleaved(found.collect()).into_iter();
    let mut attempts = JoinSet::new();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "no address");
    loop {
        match addresses.next() {
            Some(address) => {
                attempts.spawn(async move { (TcpStream::connect(address).await, address) });
            }
            None if attempts.is_empty() => {
                return Err(ConnectError::Tcp { host: host.to_owned(), port, error: last });
            }
            None => {}
        }
        tokio::select! {
            Some(result) = attempts.join_next() => match result {
                Ok((Ok(stream), address)) => return Ok((stream, address)),
                Ok((Err(error), _)) => last = error,
                Err(error) => last = io::Error::other(error),
            },
            () = sleep(NEXT_ADDRESS), if addresses.len() > 0 => {}
        }
    }
}

/// IPv6 and IPv4 in turn, beginning with the resolver's favourite.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut a, mut b): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let mut result = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.drain(..), b.drain(..));
    loop {
        let (x, y) = (a.next(), b.next());
        if x.is_none() && y.is_none() {
            return result;
        }
        result.extend(x);
        result.extend(y);
    }
}

async fn secure(
    stream: TcpStream,
    host: &str,
    config: Option<Arc<ClientConfig>>,
) -> Result<tokio_rustls::client::TlsStream<TcpStream>, ConnectError> {
    let failed = |error| ConnectError::Tls { host: host.to_owned(), error };
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(io::Error::other(error)))?;
    let config = match config {
        Some(config) => config,
        None => trust_system_and([]).map_err(failed)?,
    };
    TlsConnector::from(config).connect(name, stream).await.map_err(failed)
}

/// TLS that trusts what the system trusts, and these certificate authorities beside it.
///
/// # Errors
/// One of them can't vouch for anybody, or there is nobody to trust.
pub fn trust_system_and(
    more: impl IntoIterator<Item = CertificateDer<'static>>,
) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for root in more {
        roots.add(root).map_err(io::Error::other)?;
    }
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        return Err(io::Error::other("the system has no certificate authorities: install ca-certificates"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|address| address.parse().unwrap()).collect()
    }

    #[test]
    fn address_families_take_turns() {
        let found = addresses(&["[::1]:1", "[::2]:1", "1.1.1.1:1", "[::3]:1"]);
        let expected = addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
        assert_eq!(interleaved(found), expected);
    }
}
