//! The `heartwire` command: reads the flags, binds, serves until it is told to stop.

use server::assets::Bundle;
use server::cli::Cli;
use server::signals::{Reloader, Signal, Signals};
use server::{Certificate, RunError, Server, Stop, log};
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;
use tracing::{error, info, warn};

/// The system's allocator keeps about twice as much for each idle connection.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long the end waits for a reader of the log. One that sleeps must not keep the process alive.
const LAST_WORDS: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let args = Cli::from_process().into_serve();
    #[cfg(target_os = "linux")]
    memory_goes_back_at_once();
    let log = match log::start(args.log_filter(), args.log_format()) {
        Ok(log) => log,
        Err(error) => {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(io::stderr(), "error: can't start the log: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut config = server::Config::from(args);
    config.limits.max_open_files = server::raise_file_limit();
    #[cfg(target_os = "linux")]
    use_small_pages();
    let code = match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Through the log, in whose order it belongs, and which waits for no reader.
            let _ = writeln!(&*log, "error: {error}");
            ExitCode::FAILURE
        }
    };
    log.flush(LAST_WORDS);
    code
}

/// Has the allocator give freed pages back when they are freed, and not when it happens to be used a second later: after
/// their clients have come, most of a server's connections are idle, and so is it. It reads that from its environment, before
/// `main`, so the process starts itself anew, with the same id.
#[cfg(target_os = "linux")]
fn memory_goes_back_at_once() {
    use std::os::unix::process::CommandExt as _;
    const DELAY: &str = "MIMALLOC_PURGE_DELAY";
    if std::env::var_os(DELAY).is_some() {
        return;
    }
    let mut args = std::env::args_os();
    let mut again = std::process::Command::new("/proc/self/exe");
    if let Some(name) = args.next() {
        again.arg0(name);
    }
    // It returns only where it failed. Then all is as before, and idle connections take more memory.
    let _ = again.args(args).env(DELAY, "0").exec();
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
    runtime.block_on(serve(config))
}

/// Serves, and does what signals ask for.
async fn serve(config: server::Config) -> Result<(), RunError> {
    // Before anything listens: who sees the address may send a signal at once.
    let mut signals = Signals::install().map_err(RunError::Start)?;
    let bundle = Bundle::embedded();
    if !bundle.has_page() {
        warn!("built without the page: / says how to build it");
    }
    let server = Server::bind(config, bundle)?;
    let mut reloader = Reloader::new(server.certificate());
    greet(&server).map_err(RunError::Start)?;

    let stop = Stop::new();
    let server_stop = stop.clone();
    let mut server = tokio::task::spawn_blocking(move || server.run(&server_stop));
    loop {
        tokio::select! {
            ended = &mut server => return ended.unwrap_or(Err(RunError::Panic)),
            signal = signals.next() => match signal {
                Some(Signal::Stop(signal)) if stop.has_begun() => {
                    info!(signal, "stopping at once");
                    stop.at_once();
                }
                Some(Signal::Stop(signal)) => {
                    info!(signal, "stopping; a second signal stops at once");
                    stop.begin();
                }
                Some(Signal::Reload) => reloader.reload(),
                None => {
                    error!("signals can't be received any more, stopping");
                    stop.begin();
                    return server.await.unwrap_or(Err(RunError::Panic)).and(Err(RunError::Signals));
                }
            }
        }
    }
}

/// Says where the server is. Scripts wait for these lines, people click on them; serving goes on when nobody reads them,
/// hence the thread.
fn greet(server: &Server) -> io::Result<()> {
    let certificate = server.certificate();
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let mut lines = String::new();
    for address in server.addresses() {
        lines += &format!("heartwire listening on {scheme}://{address}\n");
    }
    for address in server.metrics_addresses() {
        lines += &format!("heartwire metrics on http://{address}/metrics\n");
    }
    if let Some(certificate) = certificate.filter(Certificate::is_self_signed) {
        lines += &format!("self-signed certificate, SHA-256 {}\n", certificate.fingerprint());
    }
    std::thread::Builder::new().name("greeting".to_owned()).spawn(move || {
        let mut out = io::stdout();
        let _ = out.write_all(lines.as_bytes());
        let _ = out.flush();
    })?;
    Ok(())
}
