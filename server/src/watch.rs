//! Connections as others than their peers see them: listed with what they carried, and watched while they go on.
//!
//! What is asked of connections travels as a [`Question`] to the threads that own them. A watched one tells a [`Watcher`] what
//! passes, which costs it a copy; the watcher's own connection makes [`lines`] of it, [`watching`].

mod lines;
mod passed;
mod share;
mod watcher;
pub(crate) mod watching;

pub(crate) use self::passed::{Overhearing, Passed, Side};
pub(crate) use self::watcher::{Reader, Room, Watcher};
pub(crate) use workbench::connection::WATCH_PROTOCOL as PROTOCOL;

use serde::Serialize;
use socket::wire::Counts;
use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// What the paths of their URLs begin with.
pub(crate) const PATH: &str = "/ws/watch/";
/// Connections that are listed, unless told otherwise, and at most.
pub(crate) const LISTED: usize = 200;
pub(crate) const MAX_LISTED: usize = 10_000;
/// Watchers that one connection may have.
pub(crate) const MAX_WATCHERS: usize = 8;
/// How long threads are given to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection that can be asked.
pub(crate) trait Watchable {
    /// Its number, as in the log.
    fn number(&self) -> u64;

    /// What is told of it, having carried so much.
    fn shown(&self, counts: &Counts) -> Shown;

    /// Tells this watcher what passes from here on.
    fn watch(&mut self, watcher: &Arc<Watcher>) -> Result<(), NotWatched>;
}

/// Something to ask of every connection, in its own thread.
pub(crate) type Question = Arc<dyn Fn(&mut dyn Watchable, &Counts) + Send + Sync>;

/// A thread with connections.
pub(crate) trait Thread: fmt::Debug + Send + Sync {
    /// Has each of them answer, soon. The question is dropped then.
    fn ask(&self, question: &Question);
}

/// The threads of a server.
#[derive(Debug, Default)]
pub(crate) struct Threads(Mutex<Vec<Weak<dyn Thread>>>);

/// What a connection is, beside what it carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct About {
    /// The path of its URL.
    pub(crate) path: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
    /// The plan that it opened with; empty without one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) faults: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) protocol: Option<String>,
}

/// A connection, as it is listed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Shown {
    /// Its number, as in the log.
    pub(crate) connection: u64,
    pub(crate) peer: String,
    /// How long it has been open.
    pub(crate) seconds: f64,
    #[serde(flatten)]
    pub(crate) about: About,
    pub(crate) messages_in: u64,
    pub(crate) messages_out: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) wire_bytes_in: u64,
    pub(crate) wire_bytes_out: u64,
    pub(crate) watchers: usize,
}

/// Why a connection is not watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotWatched {
    #[error("it has {MAX_WATCHERS} watchers already")]
    Crowded,
    #[error("it watches another connection itself")]
    Watches,
}

impl About {
    /// The plain echo's.
    pub(crate) fn echo() -> Arc<Self> {
        static ECHO: LazyLock<Arc<About>> = LazyLock::new(Arc::default);
        Arc::clone(&ECHO)
    }

    /// The same in memory that is shared with the one before, if that is equal: most that come one after the other are alike.
    pub(crate) fn shared(self) -> Arc<Self> {
        thread_local! {
            static LATEST: RefCell<Arc<About>> = RefCell::default();
        }
        LATEST.with_borrow_mut(|latest| {
            if **latest != self {
                *latest = Arc::new(self);
            }
            Arc::clone(latest)
        })
    }
}

impl Default for About {
    /// The plain echo's.
    fn default() -> Self {
        Self { path: Cow::Borrowed("/ws"), label: None, faults: String::new(), protocol: None }
    }
}

impl Threads {
    /// Knows this thread as long as it is there.
    pub(crate) fn add(&self, thread: &Arc<dyn Thread>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::downgrade(thread));
    }

    /// The connections that opened last, newest first, at most `limit`, and how many there are.
    pub(crate) async fn list(&self, limit: usize) -> (Vec<Shown>, usize) {
        // Of a hundred thousand only the numbers are asked for: what is told of one takes memory and its thread's time.
        let mut numbers = self.ask(|connection, _| Some(connection.number())).await;
        let total = numbers.len();
        numbers.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
        numbers.truncate(limit);
        let oldest = numbers.last().copied().unwrap_or_default();
        let told = self
            .ask(move |connection, counts| (connection.number() >= oldest).then(|| connection.shown(counts)));
        let mut list = told.await;
        list.sort_unstable_by_key(|shown| std::cmp::Reverse(shown.connection));
        list.truncate(limit);
        (list, total)
    }

    /// Has the connection of this number tell `watcher` what passes. `None`: there is none.
    pub(crate) async fn watch(
        &self,
        number: u64,
        watcher: &Arc<Watcher>,
    ) -> Option<Result<Shown, NotWatched>> {
        let watcher = Arc::clone(watcher);
        let answers = self.ask(move |connection, counts| {
            (connection.number() == number)
                .then(|| connection.watch(&watcher).map(|()| connection.shown(counts)))
        });
        answers.await.pop()
    }

    async fn ask<R: Send + 'static>(
        &self,
        question: impl Fn(&mut dyn Watchable, &Counts) -> Option<R> + Send + Sync + 'static,
    ) -> Vec<R> {
        let (answer, mut answers) = mpsc::unbounded_channel();
        let question: Question = Arc::new(move |connection, counts| {
            if let Some(said) = question(connection, counts) {
                // Who asked may have lost patience.
                let _ = answer.send(said);
            }
        });
        {
            let mut threads = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            threads.retain(|thread| {
                thread.upgrade().is_some_and(|thread| {
                    thread.ask(&question);
                    true
                })
            });
        }
        drop(question);
        let mut all = Vec::new();
        let _ = timeout(PATIENCE, async {
            while let Some(said) = answers.recv().await {
                all.push(said);
            }
        })
        .await;
        all
    }
}
