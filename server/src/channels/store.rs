//! Channels whose messages outlive the process, in a file.
//!
//! One thread writes: what comes while the disk is busy is written together and made durable by one sync. Only then it is
//! published and acknowledged.

mod tables;
#[cfg(test)]
mod tests;

use self::tables::{Group, Tables};
use super::bus::{Bus, Gathering, NoRoom, Opening, Unavailable};
use super::channel::{Channel, Held, State, Terms};
use super::post::Post;
use protocol::fault::Label as Name;
use protocol::session::Position;
use redb::{Database, DatabaseError};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tracing::{error, info, warn};

/// In `--data-dir`.
const FILE: &str = "channels.redb";
/// What the database may keep in memory, in bytes.
const CACHE: usize = 8 << 20;
/// Messages that are made durable together.
const BATCH: usize = 4096;
/// Bytes that may wait for the disk. Beyond that publishing is refused.
const MAX_WAITING: usize = 64 << 20;
/// How often a file that failed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder can't be made.
    #[error("can't use {} as --data-dir: {error}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Another process has it.
    #[error("another process uses {}: stop it, or choose another --data-dir", .0.display())]
    InUse(PathBuf),
    /// It can't be opened, or is none of this program's.
    #[error("can't use {}, which keeps the history of rooms: {error}; move it away to begin without", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: String,
    },
    /// The system refused a thread.
    #[error("can't start the thread that writes the history of rooms: {0}")]
    Thread(io::Error),
}

/// A file with channels in it. Dropped, it finishes what it has in hand.
#[derive(Debug)]
pub(super) struct Store {
    shared: Arc<Shared>,
    /// `None` once it ends.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

/// What its thread and all others know.
#[derive(Debug, Default)]
struct Shared {
    /// Bytes that wait for the disk.
    waiting: AtomicUsize,
    /// The file failed and is not open again.
    is_broken: AtomicBool,
}

enum Job {
    Open(Name, oneshot::Sender<Result<Arc<Channel>, NoRoom>>),
    Append(Arc<Channel>, Post),
}

/// The thread that writes.
struct Writer {
    open: Box<dyn Fn() -> Result<Database, DatabaseError> + Send>,
    /// `None` once it has failed.
    tables: Option<Tables>,
    /// When it was opened last after it had failed.
    tried: Option<Instant>,
    terms: Terms,
    channels: Held,
    jobs: Receiver<Job>,
    shared: Arc<Shared>,
}

impl Store {
    /// The file in this folder, as it is or new.
    ///
    /// # Errors
    /// It can't be used.
    pub(super) fn open(folder: &Path, terms: Terms) -> Result<Self, StoreError> {
        let unusable = |error| StoreError::Folder { path: folder.to_owned(), error };
        std::fs::create_dir_all(folder).map_err(unusable)?;
        let path = folder.join(FILE);
        let file = path.clone();
        let open = move || Database::builder().set_cache_size(CACHE).create(&file);
        let store = Self::over(open, terms, &path)?;
        // The file's name is to last as well.
        #[cfg(unix)]
        std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(unusable)?;
        Ok(store)
    }

    fn over(
        open: impl Fn() -> Result<Database, DatabaseError> + Send + 'static,
        terms: Terms,
        path: &Path,
    ) -> Result<Self, StoreError> {
        let path = path.to_owned();
        let tables = open().map_err(|error| error.into()).and_then(Tables::new);
        let tables = tables.map_err(|error| match error {
            redb::Error::DatabaseAlreadyOpen => StoreError::InUse(path),
            error => StoreError::File { path, error: error.to_string() },
        })?;
        let (sender, jobs) = channel();
        let shared = Arc::<Shared>::default();
        let writer = Writer {
            open: Box::new(open),
            tables: Some(tables),
            tried: None,
            terms,
            channels: Held::default(),
            jobs,
            shared: Arc::clone(&shared),
        };
        let thread = thread::Builder::new().name("store".to_owned()).spawn(move || writer.run());
        Ok(Self { shared, jobs: Some(sender), thread: Some(thread.map_err(StoreError::Thread)?) })
    }

    /// False: its thread is gone.
    fn send(&self, job: Job) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // Its panic is in the log.
            let _ = thread.join();
        }
    }
}

impl Bus for Store {
    fn open<'a>(&'a self, name: &'a Name) -> Opening<'a> {
        Box::pin(async move {
            let (sender, opened) = oneshot::channel();
            self.send(Job::Open(name.clone(), sender));
            opened.await.unwrap_or(Err(NoRoom::Unavailable))
        })
    }

    fn ready(&self) -> Result<(), Unavailable> {
        let Shared { waiting, is_broken } = &*self.shared;
        let is_ready = !is_broken.load(Ordering::Relaxed) && waiting.load(Ordering::Relaxed) <= MAX_WAITING;
        if is_ready { Ok(()) } else { Err(Unavailable) }
    }

    fn keeps_on(&self) -> bool {
        true
    }

    fn may_have(&self, _: &Channel, _: Position, _: Instant) -> bool {
        false
    }

    /// There is no other server.
    fn gather(&self, _: &Name, _: Weak<dyn Gathering>) {}

    fn append(&self, channel: &Arc<Channel>, state: &mut State, post: Post) {
        let (session, seq) = (post.author.session, post.author.seq);
        self.shared.waiting.fetch_add(post.data.len(), Ordering::Relaxed);
        if !self.send(Job::Append(Arc::clone(channel), post)) {
            state.fail(session, seq);
        }
    }
}

impl Writer {
    fn run(mut self) {
        while let Ok(job) = self.jobs.recv() {
            let mut batch = Vec::new();
            let mut count = self.take(job, &mut batch);
            while count < BATCH
                && let Ok(job) = self.jobs.try_recv()
            {
                count += self.take(job, &mut batch);
            }
            if count > 0 {
                let bytes = size(&batch);
                self.write(batch);
                self.shared.waiting.fetch_sub(bytes, Ordering::Relaxed);
            }
        }
    }

    /// Opens a channel, or adds a message to those that are to be written. Gives how many it has added.
    fn take(&mut self, job: Job, batch: &mut Vec<Group>) -> usize {
        match job {
            Job::Open(name, reply) => {
                // Who asked may have gone.
                let _ = reply.send(self.open(&name));
                0
            }
            Job::Append(channel, post) => {
                match batch.iter_mut().find(|group| Arc::ptr_eq(&group.channel, &channel)) {
                    Some(group) => group.posts.push(post),
                    None => batch.push(Group { channel, posts: vec![post] }),
                }
                1
            }
        }
    }

    fn open(&mut self, name: &Name) -> Result<Arc<Channel>, NoRoom> {
        if let Some(channel) = self.channels.get(name) {
            return Ok(channel);
        }
        let tables = self.tables.as_ref().ok_or(Unavailable)?;
        let loaded = tables.load(name.as_str(), self.terms.limits).map_err(|error| {
            error!(room = %name, %error, "the history of a room can't be read");
            Unavailable
        })?;
        let state = State::resumed(loaded.epoch, loaded.first, self.terms.limits);
        let channel = Arc::new(Channel::new(name.clone(), state, self.terms.clone()));
        channel.restore(loaded.posts);
        self.channels.add(&channel);
        Ok(channel)
    }

    fn write(&mut self, batch: Vec<Group>) {
        let Some(tables) = &self.tables else { return fail(&batch) };
        match tables.append(&batch, &self.terms.limits) {
            Ok(()) => publish(batch),
            Err(error) => {
                error!(%error, "the history of rooms can't be written: messages are refused until it can");
                self.shared.is_broken.store(true, Ordering::Relaxed);
                // Nobody may use it any more, and what was on its way may have got there.
                self.tables = None;
                self.repair(batch);
                self.shared.is_broken.store(false, Ordering::Relaxed);
            }
        }
    }

    /// Opens the file again, as soon as that is possible, and sees what has become of `unsure`.
    fn repair(&mut self, unsure: Vec<Group>) {
        let now = Instant::now();
        // At once, but not again and again: a disk that is full has files opened, and nothing written.
        let mut due = self.tried.map_or(now, |tried| now.max(tried + AGAIN));
        loop {
            let wait = due.saturating_duration_since(Instant::now());
            // Once it is due, whoever asks for rooms meanwhile does not put it off.
            if !wait.is_zero() {
                match self.jobs.recv_timeout(wait) {
                    Ok(job) => {
                        let mut batch = Vec::new();
                        self.take(job, &mut batch);
                        fail(&batch);
                        self.shared.waiting.fetch_sub(size(&batch), Ordering::Relaxed);
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {}
                }
            }
            let now = Instant::now();
            (self.tried, due) = (Some(now), now + AGAIN);
            let opened = (self.open)().map_err(Into::into).and_then(Tables::new);
            match opened.and_then(|tables| self.settle(&tables, &unsure).map(|()| tables)) {
                Ok(tables) => {
                    info!("the history of rooms can be written again");
                    self.tables = Some(tables);
                    return;
                }
                Err(error) => warn!(%error, "the history of rooms can't be opened again yet"),
            }
        }
    }

    /// Publishes what the file has, and lets the rest fail.
    fn settle(&self, tables: &Tables, unsure: &[Group]) -> Result<(), redb::Error> {
        let heads: Vec<_> = self
            .channels
            .all()
            .map(|channel| tables.head(channel.name.as_str()).map(|head| (channel, head)))
            .collect::<Result<_, _>>()?;
        for (channel, there) in heads {
            let head = channel.head();
            let group = unsure.iter().find(|group| Arc::ptr_eq(&group.channel, &channel));
            let posts = group.map_or(&[][..], |group| &group.posts);
            if there.epoch == head.epoch && there.offset >= head.offset {
                let kept = usize::try_from(there.offset - head.offset).unwrap_or(usize::MAX);
                let (kept, failed) = posts.split_at(kept.min(posts.len()));
                channel.keep(kept.iter().cloned());
                channel.fail(failed);
            } else if head.offset > 0 {
                error!(room = %channel.name, "messages that were acknowledged are not in the file any more");
                channel.renew(there.epoch, there.offset + 1);
            } else {
                channel.fail(posts);
            }
        }
        Ok(())
    }
}

fn size(batch: &[Group]) -> usize {
    batch.iter().flat_map(|group| &group.posts).map(|post| post.data.len()).sum()
}

fn publish(batch: Vec<Group>) {
    for Group { channel, posts } in batch {
        channel.keep(posts);
    }
}

fn fail(batch: &[Group]) {
    for Group { channel, posts } in batch {
        channel.fail(posts);
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open(..) => "Open",
            Self::Append(..) => "Append",
        })
    }
}
