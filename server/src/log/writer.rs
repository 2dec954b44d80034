use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use tracing::warn;

/// What may wait to be written, in bytes: some thousand lines.
const CAPACITY: usize = 1 << 20;
/// What a buffer keeps of its memory once it is empty.
const KEPT: usize = 16 << 10;
/// The wait before a sink that would block is tried again: standard error may be set to that by whoever shares it.
const RETRY: Duration = Duration::from_millis(20);

/// Takes lines without ever waiting for their reader, and writes them out from a thread of its own.
///
/// Each `write` is taken or lost as a whole, and never fails. At most 1 MiB waits.
#[derive(Debug)]
pub struct LogWriter(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// There is something to write.
    filled: Condvar,
    /// Everything is written.
    emptied: Condvar,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct Queue {
    lines: Vec<u8>,
    /// Lines taken out of the queue are on their way.
    writing: bool,
}

impl LogWriter {
    /// Writes to `sink`, for as long as the process lives.
    ///
    /// # Errors
    /// As the system says when there can be no thread.
    pub fn start(sink: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let writing = Arc::clone(&shared);
        thread::Builder::new().name("log".to_owned()).spawn(move || writing.write_out(sink))?;
        Ok(Self(shared))
    }

    /// Waits until everything is written, but no longer than `patience`. To be called before the process ends.
    pub fn flush(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut queue = self.0.queue();
        while queue.writing || !queue.lines.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            queue = self.0.emptied.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Lines that found no room, or that the sink did not take.
    pub fn lost_lines(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }
}

impl Write for &LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut queue = self.0.queue();
        if queue.lines.len() + bytes.len() > CAPACITY {
            drop(queue);
            self.0.lost.fetch_add(lines(bytes), Ordering::Relaxed);
        } else {
            queue.lines.extend_from_slice(bytes);
            drop(queue);
            self.0.filled.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn write_out(&self, mut sink: impl Write) {
        let mut batch = Vec::new();
        let mut told = 0;
        loop {
            self.take(&mut batch);
            let unwritten = lines(deliver(&mut sink, &batch));
            batch.clear();
            batch.shrink_to(KEPT);
            let lost = self.lost.fetch_add(unwritten, Ordering::Relaxed) + unwritten;
            if unwritten == 0 && lost > told {
                warn!(lines = lost - told, "lines of the log were lost: they could not be written in time");
                told = lost;
            }
        }
    }

    /// Waits for lines and moves them to `batch`, which is empty. What it held before counts as dealt with.
    fn take(&self, batch: &mut Vec<u8>) {
        let mut queue = self.queue();
        queue.writing = false;
        if queue.lines.is_empty() {
            self.emptied.notify_all();
        }
        while queue.lines.is_empty() {
            queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut queue.lines, batch);
        queue.writing = true;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole between any two statements that can panic.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes as much as the sink takes; gives back what it doesn't take.
fn deliver<'a>(sink: &mut impl Write, mut bytes: &'a [u8]) -> &'a [u8] {
    while !bytes.is_empty() {
        match sink.write(bytes) {
            Ok(0) => break,
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::sleep(RETRY),
            Err(_) => break,
        }
    }
    bytes
}

/// Lines that end in `bytes`.
fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Only failing tests wait for it.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// A sink that takes a write when it is told to, and says what it took.
    struct Reader {
        may_take: Receiver<io::Result<()>>,
        took: Sender<Vec<u8>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Without its other end it sleeps for good.
            let answer = self.may_take.recv().unwrap_or_else(|_| {
                loop {
                    thread::park();
                }
            });
            answer?;
            let taken = bytes.len().min(100);
            self.took.send(bytes[..taken].to_vec()).map_err(io::Error::other)?;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn writer() -> (LogWriter, Sender<io::Result<()>>, Receiver<Vec<u8>>) {
        let (allow, may_take) = channel();
        let (took, taken) = channel();
        (LogWriter::start(Reader { may_take, took }).unwrap(), allow, taken)
    }

    #[test]
    fn lines_arrive_whole_and_in_order() {
        let (log, allow, taken) = writer();
        (0..20).for_each(|_| allow.send(Ok(())).unwrap());
        let lines: Vec<_> = (0..40).map(|number| format!("line {number}\n")).collect();
        lines.iter().for_each(|line| (&log).write_all(line.as_bytes()).unwrap());
        log.flush(PATIENCE);
        assert_eq!(taken.try_iter().flatten().collect::<Vec<_>>(), lines.concat().into_bytes());
        assert_eq!(log.lost_lines(), 0);
    }

    #[test]
    fn a_reader_that_sleeps_holds_up_nobody_and_costs_what_has_no_room() {
        let (log, allow, _taken) = writer();
        let line = [&[b'x'; 1023][..], b"\n"].concat();
        let written = 3 * CAPACITY / line.len();
        (0..written).for_each(|_| (&log).write_all(&line).unwrap());
        // One buffer waits, another may be on its way.
        let lost = usize::try_from(log.lost_lines()).unwrap();
        assert!((written / 3..=written * 2 / 3).contains(&lost), "{lost} of {written}");
        log.flush(Duration::ZERO);
        drop(allow);
    }

    #[test]
    fn what_the_sink_refuses_is_counted_and_the_next_line_is_tried() {
        let (log, allow, taken) = writer();
        for error in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
            allow.send(Err(error.into())).unwrap();
            (&log).write_all(b"lost\n").unwrap();
            log.flush(PATIENCE);
        }
        assert_eq!(log.lost_lines(), 2);
        for error in [ErrorKind::WouldBlock, ErrorKind::Interrupted] {
            allow.send(Err(error.into())).unwrap();
        }
        allow.send(Ok(())).unwrap();
        (&log).write_all(b"kept\n").unwrap();
        log.flush(PATIENCE);
        assert_eq!(taken.try_iter().collect::<Vec<_>>(), [b"kept\n"]);
        assert_eq!(log.lost_lines(), 2);
    }
}
