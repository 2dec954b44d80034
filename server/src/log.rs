//! The log: what is written where, and that writing it never holds anything up.
//!
//! Whoever reads standard error may be slow, asleep or gone, and its disk may be full. None of that may reach those who
//! serve: a line is put into a bounded buffer, a thread of its own writes it out, and what finds no room or can't be
//! written is counted (`heartwire_log_lines_lost_total`) and made known once writing works again.
//!
//! `tracing-appender` does the first half of this. Its guard however reports a late writer on standard error, which is
//! to wait for the very reader that is late.

mod writer;

pub use writer::LogWriter;

use crate::cli::LogFormat;
use std::io::{self, IsTerminal as _, Write as _};
use std::panic::PanicHookInfo;
use std::sync::{Arc, OnceLock};
use tracing::{Level, enabled, error};
use tracing_subscriber::EnvFilter;

static WRITER: OnceLock<Arc<LogWriter>> = OnceLock::new();

/// Logs to standard error from here on, panics included. To be called once in a process.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when it was called before, else what the system says about the thread.
pub fn start(filter: EnvFilter, format: LogFormat) -> io::Result<Arc<LogWriter>> {
    let stderr = io::stderr();
    let colour = stderr.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let writer = Arc::new(LogWriter::start(stderr)?);
    let again = || io::Error::from(io::ErrorKind::AlreadyExists);
    WRITER.set(Arc::clone(&writer)).map_err(|_| again())?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Arc::clone(&writer))
        // The alternative panics once standard error is gone.
        .log_internal_errors(false);
    // Set directly rather than with `init`, which would also take in the records of the `log` crate: no library's
    // words about what it carries belong here.
    match format {
        LogFormat::Text => tracing::subscriber::set_global_default(logs.with_ansi(colour).finish()),
        LogFormat::Json => tracing::subscriber::set_global_default(logs.json().flatten_event(true).finish()),
    }
    .map_err(|_| again())?;
    // The usual hook writes to standard error itself, and so waits for its reader.
    let panics = Arc::clone(&writer);
    std::panic::set_hook(Box::new(move |panic| log_panic(panic, &panics)));
    Ok(writer)
}

/// Lines of this process's log that nobody got.
pub(crate) fn lost_lines() -> u64 {
    WRITER.get().map_or(0, |writer| writer.lost_lines())
}

fn log_panic(panic: &PanicHookInfo<'_>, mut writer: &LogWriter) {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let message = panic.payload_as_str().unwrap_or("no message");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    if enabled!(Level::ERROR) {
        error!(thread, place, panic = message, "panicked");
    } else {
        // Said even where nothing else is, as the usual hook would. It can't fail.
        let _ = writeln!(writer, "thread {thread} panicked at {place}: {message}");
    }
}
