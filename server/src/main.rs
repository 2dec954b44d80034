//! The `heartwire` command: reads the flags, binds, serves until it is told to stop.

use server::assets::Bundle;
use server::cli::Cli;
use server::{RunError, Server, Stop};
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;
use tracing::{info, warn};

fn main() -> ExitCode {
    let args = Cli::from_process().into_serve();
    // Set directly rather than with `init`, which would also take in the records of the `log` crate: the
    // WebSocket library writes whole messages there.
    let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let logs = tracing_subscriber::fmt()
        .with_env_filter(args.log_filter())
        .with_writer(io::stderr)
        .with_ansi(colour)
        .finish();
    tracing::subscriber::set_global_default(logs).expect("nothing set a subscriber before");

    match run(args.into()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
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
        // Scripts wait for this line, people click on it; serving goes on when nobody reads it.
        for address in server.addresses() {
            let _ = writeln!(io::stdout(), "heartwire listening on http://{address}");
        }
        let _ = io::stdout().flush();

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
