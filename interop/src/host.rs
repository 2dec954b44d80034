//! Our server's end: the codec and the handshake rules with an echo behind them, every choice of compression, and every
//! driver.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use anyhow::Context as _;
use server::Driver;
use socket::{Endpoint, OwnedMessage, Socket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use wire::deflate::{Params, ServerPolicy};
use wire::handshake::{Accepted, HeadReader, check_request};
use wire::{CloseCode, ConnectionSettings, Counts, End, Message, MessageKind, Outgoing, Role, Summary};

use crate::fragmenter::Fragmenter;
use crate::visitor::Style;
use crate::{PATIENCE, close_request};

/// What drives connections that are not tasks.
#[cfg(unix)]
type Plain = socket::Reactor<Echo>;
/// Elsewhere all are tasks.
#[cfg(not(unix))]
#[derive(Clone, Debug)]
enum Plain {}

/// How the server behaves.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// How offers of compression are answered; none: they are declined.
    pub policy: Option<ServerPolicy>,
    /// Limits, timers, and how messages are compressed.
    pub settings: Arc<ConnectionSettings>,
    /// Whether messages go back whole or in fragments.
    pub style: Style,
    /// Of cuts and Pings.
    pub seed: u64,
    /// What moves the bytes.
    pub driver: Driver,
}

/// A running server. It ends with this value.
#[derive(Debug)]
pub struct Host {
    /// Where it listens.
    pub address: SocketAddr,
    ended: mpsc::Receiver<Ended>,
    stop: Option<oneshot::Sender<()>>,
    plain: Option<Plain>,
    threads: Vec<JoinHandle<()>>,
}

/// A connection that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The compression that was agreed on.
    pub params: Option<Params>,
    /// Why it ended.
    pub end: End,
    /// More about it.
    pub cause: Option<String>,
    /// The code of our Close. `Some(None)`: a Close without a code.
    pub close_sent: Option<Option<CloseCode>>,
    /// The code of the peer's Close.
    pub close_received: Option<Option<CloseCode>>,
    /// What it carried.
    pub counts: Counts,
}

impl Default for HostOptions {
    fn default() -> HostOptions {
        let settings = Arc::new(ConnectionSettings::default());
        HostOptions {
            policy: Some(ServerPolicy::TAKEOVER),
            settings,
            style: Style::Calls,
            seed: 1,
            driver: Driver::default(),
        }
    }
}

impl Host {
    /// Starts a server on a thread of its own and a free port of the loopback interface.
    ///
    /// # Errors
    /// Whatever the system refuses.
    pub fn start(options: HostOptions) -> anyhow::Result<Host> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (report, ended) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let mut threads = Vec::new();
        let plain = match options.driver {
            Driver::Reactor => start_plain(&mut threads)?,
            Driver::Tokio => None,
        };
        let hand_over = plain.clone();
        threads.push(std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener, Arc::new(options), report, hand_over) => {}
                    _ = stopped => {}
                }
            });
        }));
        Ok(Host { address, ended, stop: Some(stop), plain, threads })
    }

    /// The URL of the echo.
    #[must_use]
    pub fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }

    /// How the next connection ended; waits for it.
    ///
    /// # Errors
    /// None has ended in time.
    pub fn ended(&self) -> anyhow::Result<Ended> {
        self.ended.recv_timeout(PATIENCE).context("no connection has ended in time")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(plain) = &self.plain {
            end_plain(plain);
        }
        for thread in self.threads.drain(..) {
            // What panicked on it has been reported as a connection that never ended.
            drop(thread.join());
        }
    }
}

#[cfg(unix)]
fn start_plain(threads: &mut Vec<JoinHandle<()>>) -> anyhow::Result<Option<Plain>> {
    let (plain, work) = Plain::new()?;
    // A poll that fails leaves connections that never end.
    threads.push(std::thread::spawn(move || drop(work.run())));
    Ok(Some(plain))
}

#[cfg(not(unix))]
fn start_plain(_: &mut Vec<JoinHandle<()>>) -> anyhow::Result<Option<Plain>> {
    anyhow::bail!("there is no reactor on this system")
}

#[cfg(unix)]
fn end_plain(plain: &Plain) {
    plain.end();
}

#[cfg(not(unix))]
fn end_plain(plain: &Plain) {
    match *plain {}
}

async fn serve(
    listener: std::net::TcpListener,
    options: Arc<HostOptions>,
    report: mpsc::Sender<Ended>,
    plain: Option<Plain>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    // Dropped, and so ended, together with this future.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (options, report, plain) = (Arc::clone(&options), report.clone(), plain.clone());
        connections.spawn(async move {
            // Nobody waits for a connection that never was.
            drop(connection(stream, &options, report, plain).await);
        });
    }
}

async fn connection(
    mut stream: TcpStream,
    options: &HostOptions,
    report: mpsc::Sender<Ended>,
    plain: Option<Plain>,
) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = HeadReader::new(16 << 10);
    let mut buffer = vec![0; 16 << 10];
    let (head, early) = loop {
        let count = stream.read(&mut buffer).await?;
        anyhow::ensure!(count > 0, "the client hung up");
        if let Some((head, used)) = reader.request(&buffer[..count])? {
            break (head, buffer[used..count].to_vec());
        }
    };
    drop(buffer);
    let mut accepted = check_request(&head.method, head.version, &head.headers)?;
    let params = options.policy.as_ref().and_then(|policy| accepted.choose_deflate(policy));
    let mut answer = format!("HTTP/1.1 {}\r\n", Accepted::STATUS).into_bytes();
    for (name, value) in &accepted.response_headers() {
        answer.extend_from_slice(name.as_str().as_bytes());
        answer.extend_from_slice(b": ");
        answer.extend_from_slice(value.as_bytes());
        answer.extend_from_slice(b"\r\n");
    }
    answer.extend_from_slice(b"\r\n");
    stream.write_all(&answer).await?;
    let settings = Arc::clone(&options.settings);
    let fragmenter = (options.style == Style::Frames)
        .then(|| Fragmenter::new(Role::Server, params, settings.deflate, options.seed));
    let endpoint = Echo { fragmenter, params, report };
    match plain {
        #[cfg(unix)]
        Some(plain) => {
            let stream = stream.into_std()?;
            plain.add(socket::Arrival {
                stream,
                role: Role::Server,
                early: early.into(),
                compression: params,
                settings,
                endpoint,
            });
            plain.wake();
        }
        #[cfg(not(unix))]
        Some(plain) => match plain {},
        None => drop(Socket::new(stream, &early, Role::Server, params, settings, endpoint).run().await),
    }
    Ok(())
}

/// Sends every message back, but for a request to close.
#[derive(Debug)]
struct Echo {
    fragmenter: Option<Fragmenter>,
    params: Option<Params>,
    report: mpsc::Sender<Ended>,
}

impl Endpoint for Echo {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        if let Some(status) = close_request(message.payload) {
            // Refused only where the connection closes already.
            let _ = out.close(Some(status), End::Finished);
            return;
        }
        let Some(fragmenter) = &mut self.fragmenter else {
            let _ = out.echo(&message);
            return;
        };
        let owned = match message.kind {
            MessageKind::Text => OwnedMessage::Text(String::from_utf8_lossy(message.payload).into_owned()),
            MessageKind::Binary => OwnedMessage::Binary(message.payload.to_vec()),
        };
        let mut frames = Vec::new();
        fragmenter.message(&owned, &mut frames);
        // Refused where the peer reads too slowly: then messages are missing, which the test finds.
        let _ = out.raw(&frames);
    }
    fn closed(&mut self, summary: &Summary) {
        let Summary { end, close_sent, close_received, counts, .. } = *summary;
        let cause = summary.cause.as_ref().map(ToString::to_string);
        // Nobody may be interested any more.
        let _ =
            self.report.send(Ended { params: self.params, end, cause, close_sent, close_received, counts });
    }
}
