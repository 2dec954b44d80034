use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wire::deflate::Offer;
use wire::handshake::{ClientHandshake, Established, ResponseHead, Target};
use wire::{ConnectionSettings, Role};

use crate::connect_error::ConnectError;
use crate::head::read_head;
use crate::proxy::HttpProxy;
use crate::stream::MaybeTls;
use crate::tls::TlsOptions;
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
    /// A proxy that the connection goes through. None by default.
    pub proxy: Option<HttpProxy>,
    /// The addresses to try, for whoever has resolved the name and chosen among what came of it: no resolver is asked then,
    /// and a proxy is asked for the first of these instead of the name. `None` by default.
    pub addresses: Option<Vec<SocketAddr>>,
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
    /// The request's headers as they were sent.
    pub request: HeaderMap,
    /// The answer as it came.
    pub response: ResponseHead,
    /// Whom it came from: the server, or the proxy in between.
    pub peer: SocketAddr,
    /// How long each step took.
    pub timings: Timings,
    settings: Arc<ConnectionSettings>,
}

/// How long each step of connecting took; `None` for one that there was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Resolving the name.
    pub name: Option<Duration>,
    /// Until TCP was open, whatever addresses were tried.
    pub tcp: Duration,
    /// Until the proxy had connected.
    pub proxy: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the request to the whole head of the answer.
    pub upgrade: Duration,
}

impl Connected {
    /// The connection with an endpoint behind it.
    #[must_use]
    pub fn socket<E: Endpoint>(self, endpoint: E) -> Socket<MaybeTls, E> {
        let Connected { stream, early, established, settings, .. } = self;
        Socket::new(stream, &early, Role::Client, established.deflate, settings, endpoint)
    }

    /// How the connection is to behave: what [`ConnectOptions::settings`] was.
    #[must_use]
    pub fn settings(&self) -> &Arc<ConnectionSettings> {
        &self.settings
    }

    /// The connection as calls.
    #[must_use]
    pub fn channel(self) -> Channel<MaybeTls> {
        let Connected { stream, early, established, settings, .. } = self;
        Channel::new(stream, &early, Role::Client, established.deflate, settings)
    }
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
            proxy: None,
            addresses: None,
            settings: Arc::default(),
        }
    }
}

/// Connects to a ws or wss URL. Redirects are not followed.
///
/// # Errors
/// [`ConnectError`]. The connection attempt is over in any case.
pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Connected, ConnectError> {
    connect_to(url.parse()?, options).await
}

/// The same for a URL that was read before.
///
/// # Errors
/// [`ConnectError`].
pub async fn connect_to(target: Target, options: &ConnectOptions) -> Result<Connected, ConnectError> {
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
    let reach = async {
        let (host, port) = (target.host(), target.port());
        let (stream, peer) = dial(host, port, resolve(host, port).await?).await?;
        stream.set_nodelay(true).map_err(ConnectError::Broken)?;
        let stream = if target.secure() {
            MaybeTls::Tls(Box::new(secure(stream, host, tls).await?))
        } else {
            MaybeTls::Plain(stream)
        };
        Ok((stream, peer))
    };
    timeout(limit, reach).await.unwrap_or(Err(ConnectError::Timeout(limit)))
}

async fn open(handshake: &ClientHandshake, options: &ConnectOptions) -> Result<Connected, ConnectError> {
    let target = handshake.target();
    let mut timings = Timings::default();
    let mut since = Instant::now();
    let mut lap = || {
        let before = std::mem::replace(&mut since, Instant::now());
        since.duration_since(before)
    };
    let own_addresses = options.proxy.is_none().then_some(options.addresses.as_ref()).flatten();
    let (host, port, given) = match &options.proxy {
        Some(proxy) => (&*proxy.host, proxy.port, proxy.addresses.as_ref()),
        None => (target.host(), target.port(), own_addresses),
    };
    let addresses = match given {
        Some(given) => given.clone(),
        None => {
            let found = resolve(host, port).await?;
            timings.name = Some(lap());
            found
        }
    };
    let (mut stream, peer) = dial(host, port, addresses).await?;
    timings.tcp = lap();
    // Small messages must not wait for the acknowledgement of earlier ones.
    stream.set_nodelay(true).map_err(ConnectError::Broken)?;
    if let Some(proxy) = &options.proxy {
        let chosen = options.addresses.as_ref().and_then(|addresses| addresses.first());
        let authority = chosen.map_or_else(|| target.authority(), ToString::to_string);
        proxy.pass(&mut stream, &authority, options.head_len).await?;
        timings.proxy = Some(lap());
    }
    let mut stream = if target.secure() {
        let stream = secure(stream, target.host(), options.tls.clone()).await?;
        timings.tls = Some(lap());
        MaybeTls::Tls(Box::new(stream))
    } else {
        MaybeTls::Plain(stream)
    };
    stream.write_all(&handshake.request()).await.map_err(ConnectError::Broken)?;
    stream.flush().await.map_err(ConnectError::Broken)?;

    let (response, early) = read_head(&mut stream, options.head_len).await?;
    timings.upgrade = lap();
    let established = match handshake.check_response(response.status, response.version, &response.headers) {
        Ok(established) => established,
        Err(error) => return Err(ConnectError::Response { error, head: Box::new(response) }),
    };
    let (request, settings) = (handshake.request_headers(), Arc::clone(&options.settings));
    Ok(Connected { stream, early, established, request, response, peer, timings, settings })
}

/// The addresses of a host, as the system's resolver has them. An address in any of the forms that the system reads, such
/// as `127.1` or `0x7f000001`, is itself.
///
/// # Errors
/// [`ConnectError::Resolve`].
pub async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
    match lookup_host((host, port)).await {
        Ok(found) => Ok(found.collect()),
        Err(error) => Err(ConnectError::Resolve { host: host.to_owned(), error }),
    }
}

/// Tries a host's addresses, the families in turn, each one a little after the one before; the first to answer wins
/// (RFC 8305).
async fn dial(
    host: &str,
    port: u16,
    addresses: Vec<SocketAddr>,
) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let mut addresses = interleaved(addresses).into_iter();
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
) -> Result<TlsStream<TcpStream>, ConnectError> {
    let failed = |error| ConnectError::Tls { host: host.to_owned(), error };
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(io::Error::other(error)))?;
    let config = match config {
        Some(config) => config,
        None => TlsOptions::default().config().map_err(|error| failed(io::Error::other(error)))?,
    };
    TlsConnector::from(config).connect(name, stream).await.map_err(failed)
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
