//! The recordings that can be played back: from the command line, and uploaded.

use crate::config::ReplayFile;
use protocol::fault::Label as Name;
use protocol::replay::{Conversation, Recording, RecordingError};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::warn;

/// The largest file that is uploaded, in bytes.
pub(crate) const MAX_FILE: usize = 16 << 20;
/// Uploaded recordings at a time.
const MAX_UPLOADS: usize = 64;
/// The memory that all of them may take, in bytes.
const MAX_MEMORY: usize = 256 << 20;
/// Where they are below `--data-dir`.
const FOLDER: &str = "replays";
/// How their files end. What is in them tells which format it is.
const EXTENSION: &str = "recording";

/// The recordings of a server.
#[derive(Debug, Default)]
pub(crate) struct Replays {
    all: Mutex<BTreeMap<String, Arc<Mounted>>>,
    /// Where uploaded ones are kept; `None`: in memory alone.
    folder: Option<PathBuf>,
}

/// A recording at `/ws/replay/NAME`.
#[derive(Debug)]
pub(crate) struct Mounted {
    pub(crate) name: Name,
    pub(crate) recording: Arc<Recording>,
    uploaded: bool,
    /// How many connections did not say which conversation they want.
    turn: AtomicUsize,
}

/// Why there is nothing to play back. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file can't be read.
    #[error("can't read {}: {error}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file holds nothing to play back.
    #[error("can't replay {}: {error}", path.display())]
    Recording {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: RecordingError,
    },
    /// Two files with the same name.
    #[error("two recordings are called {0}: give one of them another name with --replay NAME=FILE")]
    Twice(String),
    /// The folder can't be made or read.
    #[error("can't use {} as --data-dir: {error}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Why an upload or a removal did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the file can't be replayed: {0}")]
    Recording(#[from] RecordingError),
    #[error("{0} was given on the command line and stays as it is: use another name")]
    Fixed(String),
    #[error("no replay is called {0}: GET /api/replays lists those there are")]
    Unknown(String),
    #[error(
        "there is room for {MAX_UPLOADS} recordings that take {} MiB of memory together: delete some first",
        MAX_MEMORY >> 20
    )]
    Full,
    #[error("can't keep it in --data-dir: {0}")]
    Folder(#[from] io::Error),
}

/// A recording, as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    name: String,
    url: String,
    /// Whether it can be replaced and deleted.
    uploaded: bool,
    connections: Vec<Shown>,
    /// Lines of the file that made no sense.
    skipped: u64,
    /// The first of them.
    problems: Vec<String>,
}

/// A conversation, as it is listed.
#[derive(Debug, Serialize)]
struct Shown {
    connection: usize,
    address: String,
    protocol: String,
    messages: usize,
}

impl Replays {
    /// Those of the command line, and those that were uploaded before.
    ///
    /// # Errors
    /// A file of the command line that can't be played back, or the folder. An uploaded one that can't is left where it is,
    /// and the log says so.
    pub(crate) fn load(files: &[ReplayFile], data_dir: Option<&Path>) -> Result<Self, ReplayError> {
        let mut all = BTreeMap::new();
        for ReplayFile { name, path } in files {
            let bytes = fs::read(path).map_err(|error| ReplayError::Read { path: path.clone(), error })?;
            let recording = Recording::read(bytes)
                .map_err(|error| ReplayError::Recording { path: path.clone(), error })?;
            if let (skipped @ 1.., problems) = recording.problems() {
                let first = problems.first().map(ToString::to_string).unwrap_or_default();
                warn!(file = %path.display(), skipped, first, "lines of a recording make no sense and are left out");
            }
            let mounted = Mounted::new(name.clone(), recording, false);
            if all.insert(name.to_string(), Arc::new(mounted)).is_some() {
                return Err(ReplayError::Twice(name.to_string()));
            }
        }
        let folder = data_dir.map(|path| path.join(FOLDER));
        if let Some(folder) = &folder {
            load_uploads(folder, &mut all)
                .map_err(|error| ReplayError::Folder { path: folder.clone(), error })?;
        }
        Ok(Self { all: Mutex::new(all), folder })
    }

    /// The recording of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Mounted>> {
        self.all().get(name).cloned()
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        self.all().values().map(|mounted| mounted.listed()).collect()
    }

    /// Mounts a file, in place of an uploaded one of the same name. May take long: it reads the file, and writes it.
    pub(crate) fn upload(&self, name: &Name, file: Vec<u8>) -> Result<Listed, Refused> {
        let recording = Recording::read(file.clone())?;
        let mut all = self.all();
        if all.get(name.as_str()).is_some_and(|there| !there.uploaded) {
            return Err(Refused::Fixed(name.to_string()));
        }
        let others = all.values().filter(|there| there.uploaded && there.name != *name);
        let (count, bytes) =
            others.fold((0, 0), |(count, bytes), there| (count + 1, bytes + there.recording.bytes()));
        if count >= MAX_UPLOADS || bytes + recording.bytes() > MAX_MEMORY {
            return Err(Refused::Full);
        }
        if let Some(folder) = &self.folder {
            write(folder, name, &file)?;
        }
        let mounted = Arc::new(Mounted::new(name.clone(), recording, true));
        let listed = mounted.listed();
        all.insert(name.to_string(), mounted);
        Ok(listed)
    }

    /// Forgets an uploaded recording. Connections on which it is played back go on.
    pub(crate) fn delete(&self, name: &Name) -> Result<(), Refused> {
        let mut all = self.all();
        match all.get(name.as_str()) {
            None => return Err(Refused::Unknown(name.to_string())),
            Some(there) if !there.uploaded => return Err(Refused::Fixed(name.to_string())),
            Some(_) => {}
        }
        if let Some(folder) = &self.folder {
            match fs::remove_file(file_of(folder, name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
                _ => {}
            }
        }
        all.remove(name.as_str());
        Ok(())
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Mounted>>> {
        // No code that can panic half-way runs under this lock.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mounted {
    fn new(name: Name, recording: Recording, uploaded: bool) -> Self {
        Self { name, recording: Arc::new(recording), uploaded, turn: AtomicUsize::new(0) }
    }

    /// The conversation whose turn it is, from 0: the first, then the next, over and over.
    pub(crate) fn next(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed) % self.recording.conversations().len()
    }

    fn listed(&self) -> Listed {
        let (skipped, problems) = self.recording.problems();
        let shown = |(at, conversation): (usize, &Conversation)| {
            let connection = conversation.connection();
            Shown {
                connection: at + 1,
                address: connection.address.clone(),
                protocol: connection.protocol.clone(),
                messages: conversation.messages(),
            }
        };
        Listed {
            name: self.name.to_string(),
            url: format!("/ws/replay/{}", self.name),
            uploaded: self.uploaded,
            connections: self.recording.conversations().iter().enumerate().map(shown).collect(),
            skipped,
            problems: problems.iter().map(ToString::to_string).collect(),
        }
    }
}

fn file_of(folder: &Path, name: &Name) -> PathBuf {
    folder.join(format!("{name}.{EXTENSION}"))
}

/// Whole or not at all.
fn write(folder: &Path, name: &Name, file: &[u8]) -> io::Result<()> {
    let draft = folder.join(format!("{name}.{EXTENSION}.draft"));
    let written = fs::File::create(&draft).and_then(|mut draft| {
        draft.write_all(file)?;
        draft.sync_all()
    });
    let moved = written.and_then(|()| fs::rename(&draft, file_of(folder, name)));
    if moved.is_err() {
        // It may not be there.
        let _ = fs::remove_file(&draft);
    }
    moved
}

fn load_uploads(folder: &Path, all: &mut BTreeMap<String, Arc<Mounted>>) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut held = 0;
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == EXTENSION)) {
        let leave = |why: &dyn std::fmt::Display| {
            warn!(file = %path.display(), %why, "an uploaded recording is left out");
        };
        let Some(name) = path.file_stem().and_then(|stem| stem.to_str()).and_then(Name::parse) else {
            continue;
        };
        if all.contains_key(name.as_str()) {
            leave(&"--replay gives another of the same name");
            continue;
        }
        match fs::read(path).map(Recording::read) {
            Ok(Ok(recording)) if held + recording.bytes() <= MAX_MEMORY => {
                held += recording.bytes();
                all.insert(name.to_string(), Arc::new(Mounted::new(name, recording, true)));
            }
            Ok(Ok(_)) => leave(&Refused::Full),
            Ok(Err(error)) => leave(&error),
            Err(error) => leave(&error),
        }
    }
    Ok(())
}
