//! The `heartwire` command: reads the flags, binds, serves until it is told to stop.

use server::assets::Bundle;
use server::cli::{Cli, LogFormat, ServeArgs};
use server::{Certificate, RunError, Server, Stop};
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use tracing::{info, warn};

/// The system's allocator keeps about twice as much for each idle connection.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Open files that are no connections that stay: listeners, event loops, and clients who are told that there is no room.
#[cfg(unix)]
const OTHER_FILES: usize = 64;

fn main() -> ExitCode {
    let args = Cli::from_process().into_serve();
    start_logging(&args);
    let mut config = args.into();
    #[cfg(unix)]
    fit_into_file_limit(&mut config);
    #[cfg(target_os = "linux")]
    use_small_pages();
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start_logging(args: &ServeArgs) {
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let logs = tracing_subscriber::fmt().with_env_filter(args.log_filter()).with_writer(io::stderr);
    // Set directly rather than with `init`, which would also take in the records of the `log` crate: no library's
    // words about what it carries belong here.
    let set = match args.log_format() {
        LogFormat::Text => tracing::subscriber::set_global_default(logs.with_ansi(colour).finish()),
        LogFormat::Json => tracing::subscriber::set_global_default(logs.json().flatten_event(true).finish()),
    };
    set.expect("nothing set a subscriber before");
}

/// Allows as many open files as the system lets this process have, and no more connections than that. The usual soft
/// limit of 1,024 is for programs that use `select`.
#[cfg(unix)]
fn fit_into_file_limit(config: &mut server::Config) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use std::num::NonZeroUsize;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, ..limit };
        match setrlimit(Resource::Nofile, raised) {
            Ok(()) => limit = raised,
            Err(error) => warn!(%error, "can't raise the number of open files"),
        }
    }
    let files = limit.current.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
    let room = NonZeroUsize::new(files.saturating_sub(OTHER_FILES)).unwrap_or(NonZeroUsize::MIN);
    if config.limits.max_connections > room {
        info!(max_connections = room, open_files = files, "fewer connections, for want of open files");
        config.limits.max_connections = room;
    }
}

/// Huge pages make the memory of idle connections come in steps of 2 MiB, for each size of allocation.
#[cfg(target_os = "linux")]
fn use_small_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "can't do without huge pages");
    }
}

fn run(config: server::Config) -> Result<(), RunError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RunError::Start)?;
    runtime.block_on(async {
        // Before anything listens: who sees the address may send a signal at once.
        let mut signals = Signals::install().map_err(RunError::Start)?;
        let bundle = Bundle::embedded();
        if !bundle.has_page() {
            warn!("built without the page: / says how to build it");
        }
        let server = Server::bind(config, bundle)?;
        let certificate = server.certificate();
        greet(&server, certificate.as_ref());
        #[cfg(unix)]
        if let Some(certificate) = certificate.filter(|certificate| !certificate.is_self_signed()) {
            let reloads = reload_on_hangup(certificate).map_err(RunError::Start)?;
            tokio::spawn(reloads);
        }

        let stop = Stop::new();
        let server_stop = stop.clone();
        let mut server = tokio::task::spawn_blocking(move || server.run(&server_stop));
        loop {
            tokio::select! {
                ended = &mut server => return ended.unwrap_or(Err(RunError::Panic)),
                signal = signals.next() => {
                    if stop.has_begun() {
                        info!(signal, "stopping at once");
                        stop.at_once();
                    } else {
                        info!(signal, "stopping; a second signal stops at once");
                        stop.begin();
                    }
                }
            }
        }
    })
}

/// Says where the server is. Scripts wait for these lines, people click on them; serving goes on when nobody reads them.
fn greet(server: &Server, certificate: Option<&Certificate>) {
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let mut out = io::stdout().lock();
    for address in server.addresses() {
        let _ = writeln!(out, "heartwire listening on {scheme}://{address}");
    }
    if let Some(certificate) = certificate.filter(|certificate| certificate.is_self_signed()) {
        let _ = writeln!(out, "self-signed certificate, SHA-256 {}", certificate.fingerprint());
    }
    let _ = out.flush();
}

/// Reads the certificate again at each SIGHUP, from now on.
#[cfg(unix)]
fn reload_on_hangup(certificate: Certificate) -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = signal(SignalKind::hangup())?;
    Ok(async move {
        while hangups.recv().await.is_some() {
            match certificate.reload() {
                Ok(()) => info!(fingerprint = certificate.fingerprint(), "certificate reloaded"),
                Err(error) => tracing::error!(%error, "certificate not reloaded, the old one stays"),
            }
        }
    })
}

/// The signals that ask for a shutdown.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// The signals that ask for a shutdown.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn install() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> &'static str {
        self.0.recv().await;
        "Ctrl-C"
    }
}
