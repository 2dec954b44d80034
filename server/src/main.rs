//! The `heartwire` command: reads the flags, binds, serves until it is told to stop.

use server::assets::Bundle;
use server::cli::{Cli, RecordArgs, Task};
use server::signals::{Reloader, Signal, Signals};
use server::{Certificate, RecordError, Recorder, RunError, Server, Stop, log};
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
    let task = Cli::from_process().into_task();
    let flags = match &task {
        Task::Serve(args) => {
            #[cfg(target_os = "linux")]
            memory_goes_back_at_once();
            args.log()
        }
        Task::Record(args) => args.log(),
    };
    let log = match log::start(flags.filter(), flags.format()) {
        Ok(log) => log,
        Err(error) => {
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(io::stderr(), "error: can't start the log: {error}");
            return ExitCode::FAILURE;
        }
    };
    let files = server::raise_file_limit();
    let done = match task {
        Task::Serve(args) => {
            let mut config = server::Config::from(*args);
            config.limits.max_open_files = files;
            #[cfg(target_os = "linux")]
            use_small_pages();
            run(serve(config)).map_err(|error| error.to_string())
        }
        Task::Record(args) => run(record(*args)).map_err(|error| error.to_string()),
    };
    let code = match done {
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

fn run<E: From<RunError>>(task: impl Future<Output = Result<(), E>>) -> Result<(), E> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(RunError::Start)?.block_on(task)
}

/// Records until a signal ends it.
async fn record(args: RecordArgs) -> Result<(), RecordError> {
    let mut signals = Signals::install().map_err(RunError::Start)?;
    let takes_stdout = args.takes_stdout();
    let recorder = Recorder::bind(args.into())?;
    let line = format!("heartwire recording what connects to {}\n", recorder.address());
    // Nobody may be left to tell.
    let _ = if takes_stdout {
        io::stderr().write_all(line.as_bytes())
    } else {
        io::stdout().write_all(line.as_bytes())
    };
    let stop = Stop::new();
    let recorder_stop = stop.clone();
    let mut recorder = tokio::task::spawn_blocking(move || recorder.run(&recorder_stop));
    loop {
        tokio::select! {
            ended = &mut recorder => return ended.unwrap_or(Err(RunError::Panic.into())),
            signal = signals.next() => match signal {
                Some(Signal::Reload) => {}
                Some(Signal::Stop(signal)) => {
                    info!(signal, "stopping");
                    stop.begin();
                }
                None => {
                    stop.begin();
                    return recorder.await.unwrap_or(Err(RunError::Panic.into()));
                }
            },
        }
    }
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
