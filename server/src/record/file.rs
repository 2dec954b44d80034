//! The recording as it is written: by a thread of its own, so that a slow disk holds up the traffic and nothing else.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;
use tokio::sync::mpsc;
use tracing::error;
use workbench::export::jsonl;
use workbench::time::Micros;

/// Pieces that wait for the disk; behind them the traffic waits.
const WAITING: usize = 64;

/// Where a recording goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// A file that is not there yet.
    File(PathBuf),
}

/// A handle of the recording. All are of the same.
#[derive(Clone, Debug)]
pub(super) struct File {
    pieces: mpsc::Sender<String>,
    entries: Arc<AtomicU64>,
    writer: Arc<Mutex<Option<JoinHandle<io::Result<()>>>>>,
}

impl File {
    /// Makes it and writes its first line.
    pub(super) fn start(output: Output) -> io::Result<Self> {
        let mut out: Box<dyn Write + Send> = match output {
            Output::Stdout => Box::new(io::stdout()),
            Output::File(path) => {
                let made = std::fs::File::create_new(&path).map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => {
                        let text =
                            format!("{} is there already: take another name, or remove it", path.display());
                        io::Error::new(error.kind(), text)
                    }
                    kind => io::Error::new(kind, format!("{}: {error}", path.display())),
                });
                Box::new(made?)
            }
        };
        let mut header = String::new();
        jsonl::write_header(&mut header, now());
        out.write_all(header.as_bytes())?;
        out.flush()?;
        let (pieces, waiting) = mpsc::channel(WAITING);
        let writer = thread::Builder::new().name("recording".to_owned()).spawn(|| write(out, waiting))?;
        Ok(Self { pieces, entries: Arc::default(), writer: Arc::new(Mutex::new(Some(writer))) })
    }

    /// A number for an entry.
    pub(super) fn next_entry(&self) -> u64 {
        self.entries.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Appends lines. Waits while the disk is behind.
    pub(super) async fn append(&self, lines: String) {
        if !lines.is_empty() {
            // Its thread ends behind all handles.
            let _ = self.pieces.send(lines).await;
        }
    }

    /// Waits until all is written.
    pub(super) fn finish(self) -> io::Result<()> {
        let Self { pieces, writer, .. } = self;
        drop(pieces);
        let writer = writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        match writer.map(JoinHandle::join) {
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) => Err(io::Error::other("its thread failed")),
            None => Ok(()),
        }
    }
}

/// Writes what comes, and has it leave the process whenever nothing more waits. Once that fails, the traffic goes on, unwritten.
fn write(mut out: Box<dyn Write + Send>, mut waiting: mpsc::Receiver<String>) -> io::Result<()> {
    let mut outcome = Ok(());
    while let Some(first) = waiting.blocking_recv() {
        if outcome.is_err() {
            continue;
        }
        outcome = out.write_all(first.as_bytes());
        while let (Ok(()), Ok(more)) = (&outcome, waiting.try_recv()) {
            outcome = out.write_all(more.as_bytes());
        }
        outcome = outcome.and_then(|()| out.flush());
        if let Err(error) = &outcome {
            error!(%error, "the recording can't be written any more: what passes from here on is lost");
        }
    }
    outcome
}

/// The time of day.
pub(super) fn now() -> Micros {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    Micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
