//! The signals that a serving process acts on.

use crate::tls::Certificate;
use std::io;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;
use tracing::{error, info, warn};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// To stop, by the signal of this name; a second one: to stop at once.
    Stop(&'static str),
    /// To read again what can be read again (SIGHUP).
    Reload,
}

/// All signals that matter, caught from the time this is made.
#[cfg(unix)]
#[derive(Debug)]
pub struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Catches them. The usual action of each would end the process, clients without a word.
    ///
    /// # Errors
    /// As the system says.
    pub fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next; `None` when none can come any more.
    pub async fn next(&mut self) -> Option<Signal> {
        tokio::select! {
            signal = self.interrupt.recv() => signal.map(|()| Signal::Stop("SIGINT")),
            signal = self.terminate.recv() => signal.map(|()| Signal::Stop("SIGTERM")),
            signal = self.hangup.recv() => signal.map(|()| Signal::Reload),
        }
    }
}

/// All signals that matter, caught from the time this is made.
#[cfg(windows)]
#[derive(Debug)]
pub struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    /// Catches them. The usual action of each would end the process, clients without a word.
    ///
    /// # Errors
    /// As the system says.
    pub fn install() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    /// Waits for the next; `None` when none can come any more.
    pub async fn next(&mut self) -> Option<Signal> {
        self.0.recv().await.map(|()| Signal::Stop("Ctrl-C"))
    }
}

/// Reads the certificate again on demand, on a thread of its own: files may hang, and signals must still be heard.
#[derive(Debug)]
pub struct Reloader {
    /// None where no certificate comes from files.
    certificate: Option<Certificate>,
    requests: Option<SyncSender<()>>,
}

impl Reloader {
    /// For the certificate that the server shows, if it shows one.
    pub fn new(certificate: Option<Certificate>) -> Self {
        let certificate = certificate.filter(|certificate| !certificate.is_self_signed());
        Self { certificate, requests: None }
    }

    /// Reads the files, after the reading at hand if there is one, and logs how it came out.
    pub fn reload(&mut self) {
        let Some(certificate) = &self.certificate else {
            return info!("SIGHUP changes nothing: there is no certificate file to read again (--tls-cert)");
        };
        match self.requests.as_ref().map(|requests| requests.try_send(())) {
            // A reading that has not begun will see the files as they are.
            Some(Ok(()) | Err(TrySendError::Full(()))) => return,
            Some(Err(TrySendError::Disconnected(()))) => {
                warn!("the thread that reads certificates ended, starting another");
            }
            None => {}
        }
        match start_reading(certificate.clone()) {
            Ok(requests) => self.requests = Some(requests),
            Err(error) => error!(%error, "certificate not reloaded, the old one stays"),
        }
    }
}

/// Reads once, and again at each request.
fn start_reading(certificate: Certificate) -> io::Result<SyncSender<()>> {
    let (sender, requests) = sync_channel(1);
    thread::Builder::new().name("certificate".to_owned()).spawn(move || {
        loop {
            match certificate.reload() {
                Ok(()) => info!(fingerprint = certificate.fingerprint(), "certificate reloaded"),
                Err(error) => error!(%error, "certificate not reloaded, the old one stays"),
            }
            if requests.recv().is_err() {
                return;
            }
        }
    })?;
    Ok(sender)
}
