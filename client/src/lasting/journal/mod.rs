//! What survives a crash: the logs of all tabs, written to the browser's storage every second and offered again on
//! the next visit.
//!
//! A visit has a name that sorts by time. Each tab's log is a journal of JSON Lines (see [`workbench::export::jsonl`])
//! cut into pieces under the keys `visit/tab/number`; number 0 is its first lines. A visit holds a lock of its name
//! while it lives, or renews a lease where there are no locks, so that another tab of the browser does not take it for
//! one that crashed. Only the person removes what a visit has left: by discarding it, or by opening it, once it is
//! stored as part of this visit.

mod db;
mod lease;
mod pieces;
mod visits;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use gloo_timers::callback::{Interval, Timeout};
use workbench::small_map::SmallMap;

use self::db::{Change, Db, DbError};
use self::pieces::Pieces;
use self::visits::Presence;
pub use self::visits::Visit;
use super::files::{self, Opened};
use super::spawn;
use crate::model::notice::Matter;
use crate::running::chunks::Chunk;
use crate::running::workspace::{TabId, Workspace};

/// Between two looks at what is new, in milliseconds: what a crash can cost.
const EVERY_MILLIS: u32 = 1000;

/// Between two slices while there is more, in milliseconds.
const PAUSE_MILLIS: u32 = 4;

/// How much is written down in one slice, in bytes. It takes a few milliseconds.
const SLICE_BYTES: usize = 256 * 1024;

/// Writes down the logs of a workspace. Dropping it stops.
#[derive(Clone)]
pub struct Journal(Rc<Inner>);

struct Inner {
    workspace: Workspace,
    visit: String,
    db: RefCell<Option<Rc<Db>>>,
    tabs: RefCell<SmallMap<TabId, Pieces>>,
    /// A slice is being stored.
    busy: Cell<bool>,
    /// Visits whose logs were opened here, and are removed when all of it is stored again.
    reopened: RefCell<Vec<String>>,
    /// Logs that are being opened.
    opening: Cell<usize>,
    presence: RefCell<Option<Presence>>,
    interval: RefCell<Option<Interval>>,
    next: RefCell<Option<Timeout>>,
}

impl PartialEq for Journal {
    fn eq(&self, other: &Journal) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("visit", &self.0.visit).finish_non_exhaustive()
    }
}

impl Journal {
    /// Begins to write down the logs of a workspace, and tells of each visit that is over and has left something.
    pub fn start(workspace: Workspace, on_visit: impl Fn(Visit) + 'static) -> Journal {
        let visit = visits::name(js_sys::Date::now(), js_sys::Math::random());
        let journal = Journal(Rc::new(Inner {
            workspace,
            visit,
            db: RefCell::default(),
            tabs: RefCell::default(),
            busy: Cell::new(false),
            reopened: RefCell::default(),
            opening: Cell::new(0),
            presence: RefCell::default(),
            interval: RefCell::default(),
            next: RefCell::default(),
        }));
        let inner = Rc::downgrade(&journal.0);
        spawn(async move {
            let db = match Db::open().await {
                Ok(db) => Rc::new(db),
                // Without storage the page works as well, and says so once there is something to keep.
                Err(error) => return Inner::failed(&inner, &error),
            };
            let Some(own) = inner.upgrade().map(|inner| inner.visit.clone()) else { return };
            // Before anything is written: what is written must belong to somebody.
            let presence = Presence::announce(&own, &db).await;
            if let Some(inner) = inner.upgrade() {
                inner.presence.replace(Some(presence));
                inner.begin(db.clone());
            }
            // A storage that cannot be read is told of when it is written.
            let _ = visits::tell_of_left(db, own, on_visit).await;
        });
        journal
    }

    /// Opens the logs of an earlier visit in tabs of their own, where they are kept from now on.
    pub fn restore(&self, visit: &Visit) {
        let (inner, visit) = (self.0.clone(), visit.clone());
        let Some(db) = inner.db.borrow().clone() else { return };
        spawn(async move {
            if !Chunk::Files.fetch().await {
                return inner.workspace.active().notify(Matter::PartMissing.into());
            }
            let mut found = false;
            for log in &visit.logs {
                let Ok(pieces) = db.read(&log.prefix).await else { continue };
                if pieces.is_empty() {
                    continue;
                }
                found = true;
                inner.opening.set(inner.opening.get() + 1);
                let text = String::from_utf8_lossy(&pieces.concat()).into_owned();
                let weak = Rc::downgrade(&inner);
                files::open_text(&inner.workspace, None, text, move |_: Opened| {
                    if let Some(inner) = weak.upgrade() {
                        inner.opening.set(inner.opening.get() - 1);
                    }
                });
            }
            if found {
                inner.reopened.borrow_mut().push(visit.name);
            } else {
                inner.workspace.active().notify(Matter::RestoreGone.into());
            }
        });
    }

    /// Forgets the logs of an earlier visit.
    pub fn discard(&self, visit: &Visit) {
        let (db, visit) = (self.0.db.borrow().clone(), visit.clone());
        if let Some(db) = db {
            spawn(async move { visits::forget(&db, &visit.name).await });
        }
    }
}

impl Inner {
    fn begin(self: &Rc<Self>, db: Rc<Db>) {
        self.db.replace(Some(db));
        let weak = Rc::downgrade(self);
        let tick = move || {
            if let Some(inner) = weak.upgrade() {
                inner.slice();
            }
        };
        self.interval.replace(Some(Interval::new(EVERY_MILLIS, tick)));
    }

    /// Writes down a slice of what is new, and goes on soon if there is more.
    fn slice(self: &Rc<Self>) {
        let Some(db) = self.db.borrow().clone() else { return };
        if self.busy.get() {
            return;
        }
        let (changes, more) = self.collect();
        if changes.is_empty() {
            if self.opening.get() == 0 {
                // All that was opened is stored as part of this visit.
                for name in self.reopened.take() {
                    let db = db.clone();
                    spawn(async move { visits::forget(&db, &name).await });
                }
            }
            return;
        }
        self.busy.set(true);
        let weak = Rc::downgrade(self);
        spawn(async move {
            let result = db.change(&changes).await;
            let Some(inner) = weak.upgrade() else { return };
            inner.busy.set(false);
            match result {
                Ok(()) if more => {
                    let weak = Rc::downgrade(&inner);
                    let again = move || {
                        if let Some(inner) = weak.upgrade() {
                            inner.slice();
                        }
                    };
                    inner.next.replace(Some(Timeout::new(PAUSE_MILLIS, again)));
                }
                Ok(()) => {}
                Err(error) => Inner::failed(&Rc::downgrade(&inner), &error),
            }
        });
    }

    /// What is to be changed in the storage, and whether there is more than that.
    fn collect(&self) -> (Vec<Change>, bool) {
        let shown = self.workspace.tabs();
        let mut tabs = self.tabs.borrow_mut();
        let mut changes = Vec::new();
        tabs.retain(|id, pieces| {
            let keep = shown.tabs.iter().any(|tab| tab.id == *id);
            if !keep {
                changes.push(Change::DeleteAll(pieces.prefix().to_owned()));
            }
            keep
        });
        let mut budget = SLICE_BYTES;
        for tab in &shown.tabs {
            let pieces =
                tabs.get_or_insert_with(tab.id, || Pieces::new(format!("{}/{:06}/", self.visit, tab.id.0)));
            let (epoch, lines) = tab.session.journal(budget);
            if pieces.is_of(epoch) && lines.is_none() {
                continue;
            }
            budget = budget.saturating_sub(lines.as_ref().map_or(0, String::len));
            pieces.write(epoch, tab.session.wall(), lines.as_deref().unwrap_or_default(), &mut changes);
        }
        (changes, budget == 0)
    }

    /// Stops keeping, and says why.
    fn failed(inner: &Weak<Inner>, error: &DbError) {
        let Some(inner) = inner.upgrade() else { return };
        inner.interval.take();
        inner.db.take();
        let matter = match error {
            DbError::Quota => {
                let bytes: usize = inner.tabs.borrow().values().map(Pieces::bytes).sum();
                Matter::StorageFull(bytes as u64)
            }
            DbError::Other(words) => Matter::StorageRefused(words.clone()),
        };
        inner.workspace.active().notify(matter.into());
    }
}
