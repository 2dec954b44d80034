//! Connects to a target that somebody has chosen, where the guard lets them.

use super::commanding::tell_failure;
use super::guarding::{NotAdmitted, admitted};
use super::leg::Leg;
use super::pipe::Pipe;
use super::reporting::Reporting;
use super::via::for_the_log;
use crate::behind::Behind;
use crate::journal::Entry;
use crate::mount::shown;
use crate::refusals::Reason;
use crate::resolver::Resolver;
use crate::seat::Seat;
use crate::sockets::Sockets;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::SEC_WEBSOCKET_EXTENSIONS;
use http::{HeaderMap, HeaderName, HeaderValue};
use protocol::guard::Guard;
use protocol::relay::{Connect, Event, Opened, ReadError, Step, Timings, TlsChoice, TlsSeen};
use socket::wire::deflate::Offer;
use socket::wire::handshake::Target;
use socket::{
    ConnectError, ConnectOptions, Connected, HttpProxy, Identity, TlsOptions, TlsOptionsError,
    certificates_from_pem, connect_to,
};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// How long connecting may take, unless the client says otherwise, and at most.
const WAIT: Duration = Duration::from_secs(10);
const MAX_WAIT: Duration = Duration::from_secs(60);

/// What it takes to connect for one client.
pub(super) struct Dialer {
    pub(super) sockets: Sockets,
    /// The target's place.
    pub(super) seat: Seat,
    pub(super) guard: Guard,
    /// The target's end of the pipe.
    pub(super) leg: Leg,
    /// The client's connection may be another thread's, which has no runtime.
    pub(super) runtime: Handle,
}

/// Why there is no target. The first is for the client, the second for the log, which has no secrets.
struct Failure {
    event: Event<'static>,
    log: String,
}

impl Dialer {
    /// Connects, and tells what came of it.
    pub(super) fn dial(self, connect: Connect, pipe: Arc<Pipe>) -> AbortHandle {
        let runtime = self.runtime.clone();
        runtime.spawn(async move { self.run(connect, &pipe).await }).abort_handle()
    }

    /// Tells the client that what it said is nothing to connect by.
    pub(super) fn refuse(self, error: &ReadError, pipe: &Pipe) {
        // Many refusals are counted for a while.
        let _runtime = self.runtime.enter();
        self.sockets.shard.refuse(Reason::Parameters, &self.seat.client, None, error);
        tell_failure(
            pipe,
            &Event::Failed { error: error.to_string(), step: Some(Step::Request), response: None },
        );
    }

    async fn run(self, connect: Connect, pipe: &Pipe) {
        let Self { sockets, seat, guard, leg, .. } = self;
        let known = sockets.shard.shared.deflate.is_some();
        let settings = Arc::clone(&sockets.shard.shared.target_settings);
        let base = ConnectOptions { settings, ..ConnectOptions::default() };
        let resolver = &sockets.shard.shared.config.resolver;
        match open(&connect, &guard, resolver, base, known).await {
            Ok((connected, opened, target)) => {
                pipe.tell(&Event::Open(Box::new(opened)));
                let host = shown(&target);
                let entry = Entry::open_target(seat.client, &host);
                pipe.target_is_numbered(entry.number());
                let behind = Behind::to_target(Reporting::new(leg, connect.auto_pong), &host);
                sockets.host_target(connected, seat, behind, entry);
            }
            Err(Failure { event, log }) => {
                sockets.shard.refuse(Reason::Target, &seat.client, None, &log);
                tell_failure(pipe, &event);
            }
        }
    }
}

async fn open(
    connect: &Connect,
    guard: &Guard,
    resolver: &Resolver,
    base: ConnectOptions,
    known: bool,
) -> Result<(Connected, Opened, Target), Failure> {
    let target: Target = connect.url.parse().map_err(Failure::wrong)?;
    let wait = connect.timeout_ms.map_or(WAIT, Duration::from_millis).min(MAX_WAIT);
    let options = options(connect, base, known, wait)?;
    let limited = timeout(wait, connect_guarded(&target, guard, resolver, options, connect));
    let (connected, name) = limited.await.unwrap_or_else(|_| Err(ConnectError::Timeout(wait).into()))?;
    let opened = describe(&connected, &target, name);
    Ok((connected, opened, target))
}

/// Resolves each name once, has what it resolves to judged, and connects to that.
async fn connect_guarded(
    target: &Target,
    guard: &Guard,
    resolver: &Resolver,
    mut options: ConnectOptions,
    connect: &Connect,
) -> Result<(Connected, Option<Duration>), Failure> {
    let began = Instant::now();
    if let Some(url) = &connect.proxy {
        let mut proxy = read_proxy(url, connect.proxy_authorization.as_deref())?;
        proxy.addresses = Some(admitted(guard, resolver, &proxy.host, proxy.port).await?);
        options.proxy = Some(proxy);
    }
    // Where anything goes, names behind a proxy are the proxy's to resolve.
    let by_name = options.proxy.is_some() && guard.lets_all_through();
    let mut name = None;
    if !by_name {
        options.addresses = Some(admitted(guard, resolver, target.host(), target.port()).await?);
        name = Some(began.elapsed());
    }
    Ok((connect_to(target.clone(), &options).await?, name))
}

fn options(
    connect: &Connect,
    base: ConnectOptions,
    known: bool,
    wait: Duration,
) -> Result<ConnectOptions, Failure> {
    let mut headers = Vec::with_capacity(connect.headers.len());
    for (name, value) in &connect.headers {
        let read = || Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_str(value).ok()?));
        let header = read().ok_or_else(|| {
            Failure::wrong(format_args!(
                "the header {} can't be sent: it has a character that none has",
                name.escape_debug()
            ))
        })?;
        headers.push(header);
    }
    let offers = if known && connect.compression { vec![Offer::BROWSER] } else { Vec::new() };
    let tls = match &connect.tls {
        choice if *choice == TlsChoice::default() => None,
        choice => Some(tls_options(choice).and_then(TlsOptions::config).map_err(Failure::wrong)?),
    };
    let protocols = connect.subprotocols.clone();
    Ok(ConnectOptions { headers, protocols, offers, tls, timeout: wait, ..base })
}

/// What is chosen, as far as it can be read.
pub(crate) fn tls_options(choice: &TlsChoice) -> Result<TlsOptions, TlsOptionsError> {
    let roots = choice.roots.as_deref().map(|pem| certificates_from_pem(pem.as_bytes()));
    let identity = choice.certificate.as_deref().zip(choice.key.as_deref());
    let identity = identity.map(|(chain, key)| Identity::from_pem(chain.as_bytes(), key.as_bytes()));
    Ok(TlsOptions {
        roots: roots.transpose()?.unwrap_or_default(),
        identity: identity.transpose()?,
        accept_invalid: choice.accept_invalid,
    })
}

/// `http://host:port`; the port of HTTP where there is none.
fn read_proxy(url: &str, authorization: Option<&str>) -> Result<HttpProxy, Failure> {
    let read = || {
        let (scheme, rest) = url.split_once("://")?;
        let target: Target = format!("ws://{rest}").parse().ok()?;
        (scheme.eq_ignore_ascii_case("http") && target.resource() == "/").then_some(target)
    };
    let target = read().ok_or_else(|| {
        Failure::wrong("proxy is the URL of an HTTP proxy, such as http://proxy.example:3128; its credentials go into proxyAuthorization")
    })?;
    let authorization = match authorization.map(HeaderValue::from_str).transpose() {
        Ok(mut value) => {
            value.iter_mut().for_each(|value| value.set_sensitive(true));
            value
        }
        Err(_) => {
            return Err(Failure::wrong(
                "proxyAuthorization can't be sent: it has a character that no header has",
            ));
        }
    };
    Ok(HttpProxy { host: target.host().to_owned(), port: target.port(), authorization, addresses: None })
}

fn describe(connected: &Connected, target: &Target, name: Option<Duration>) -> Opened {
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let socket::Timings { tcp, proxy, tls, upgrade, .. } = connected.timings;
    let response = &connected.response.headers;
    let extensions =
        response.get(SEC_WEBSOCKET_EXTENSIONS).filter(|_| connected.established.deflate.is_some());
    Opened {
        address: connected.peer.to_string(),
        subprotocol: connected.established.protocol.clone(),
        compression: extensions.map(text),
        request_line: format!("GET {} HTTP/1.1", target.resource()),
        request_headers: pairs(&connected.request),
        status: connected.response.status.as_u16(),
        response_headers: pairs(response),
        timings: Timings {
            name: name.map(micros),
            tcp: Some(micros(tcp)),
            proxy: proxy.map(micros),
            tls: tls.map(micros),
            upgrade: Some(micros(upgrade)),
        },
        tls: connected.stream.tls().map(|session| TlsSeen {
            version: format!("{:?}", session.version),
            cipher: format!("{:?}", session.cipher_suite),
            certificates: session.certificates.iter().map(|der| BASE64_STANDARD.encode(der)).collect(),
        }),
    }
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// What other ends send is told as far as it is text.
fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

impl Failure {
    /// What the client asked for can't be done, and saying why gives no secret away.
    fn wrong(error: impl fmt::Display) -> Self {
        Self::said(Step::Request, error)
    }

    /// The guard lets nobody connect there.
    fn denied(error: impl fmt::Display) -> Self {
        Self::said(Step::Guard, error)
    }

    fn said(step: Step, error: impl fmt::Display) -> Self {
        let error = error.to_string();
        Self { log: error.clone(), event: Event::Failed { error, step: Some(step), response: None } }
    }
}

impl From<NotAdmitted> for Failure {
    fn from(error: NotAdmitted) -> Self {
        match error {
            NotAdmitted::Denied(denied) => Self::denied(denied),
            NotAdmitted::Unknown(error) => error.into(),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        let log = for_the_log(&error);
        let response = match &error {
            ConnectError::Response { head, .. } => Some((head.status.as_u16(), pairs(&head.headers))),
            _ => None,
        };
        let step = match &error {
            ConnectError::Target(_) | ConnectError::Request(_) => Step::Request,
            ConnectError::Resolve { .. } => Step::Name,
            ConnectError::Tcp { .. } => Step::Tcp,
            ConnectError::Tls { .. } => Step::Tls,
            ConnectError::Proxy { .. } => Step::Proxy,
            ConnectError::Timeout(_) => Step::Timeout,
            // The connection broke, or the answer was no WebSocket server's.
            _ => Step::Upgrade,
        };
        Self { log, event: Event::Failed { error: error.to_string(), step: Some(step), response } }
    }
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("guard", &self.guard).finish_non_exhaustive()
    }
}
