//! What survives a crash: the logs of all tabs, written to the browser's storage every second and offered again on
//! the next visit.
//!
//! A visit has a name that sorts by time. Each tab's log is a journal of JSON Lines (see [`workbench::export::jsonl`])
//! cut into pieces under the keys `visit/tab/number`; number 0 is its first line. A visit holds a lock of its name
//! while it lives, so that another tab of the browser does not take it for one that crashed.

mod db;
mod pieces;
mod visit;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use gloo_timers::callback::{Interval, Timeout};
use workbench::entry::ConnectionId;
use workbench::small_map::SmallMap;

use self::db::{Change, Db, DbError};
use self::pieces::Pieces;
pub use self::visit::Visit;
use crate::i18n::{fill, texts};
use crate::model::format::size;
use crate::model::notice::Notice;
use crate::workspace::Workspace;

/// Between two looks at what is new, in milliseconds: what a crash can cost.
const EVERY_MILLIS: u32 = 1000;

/// Between two slices while there is more, in milliseconds.
const PAUSE_MILLIS: u32 = 4;

/// How much is written down in one slice, in bytes. It takes a few milliseconds.
const SLICE_BYTES: usize = 256 * 1024;

/// Keeps the logs of a workspace. Dropping it stops.
#[derive(Clone)]
pub struct Keeper(Rc<Inner>);

struct Inner {
    workspace: Workspace,
    visit: String,
    db: RefCell<Option<Rc<Db>>>,
    tabs: RefCell<SmallMap<ConnectionId, Pieces>>,
    /// A slice is being stored.
    busy: Cell<bool>,
    interval: RefCell<Option<Interval>>,
    next: RefCell<Option<Timeout>>,
}

impl PartialEq for Keeper {
    fn eq(&self, other: &Keeper) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").field("visit", &self.0.visit).finish_non_exhaustive()
    }
}

impl Keeper {
    /// Begins to keep the logs of a workspace, and tells what an earlier visit has left.
    pub fn start(workspace: Workspace, on_visit: impl FnOnce(Visit) + 'static) -> Keeper {
        let visit = visit::name(js_sys::Date::now(), js_sys::Math::random());
        visit::hold(&visit);
        let keeper = Keeper(Rc::new(Inner {
            workspace,
            visit,
            db: RefCell::default(),
            tabs: RefCell::default(),
            busy: Cell::new(false),
            interval: RefCell::default(),
            next: RefCell::default(),
        }));
        let inner = Rc::downgrade(&keeper.0);
        spawn(async move {
            let db = match Db::open().await {
                Ok(db) => Rc::new(db),
                // Without storage the page works as well, and says so once there is something to keep.
                Err(error) => return Inner::failed(&inner, &error),
            };
            if let Some(inner) = inner.upgrade() {
                inner.begin(db.clone());
            }
            let Some(own) = inner.upgrade().map(|inner| inner.visit.clone()) else { return };
            if let Ok(Some(visit)) = visit::left(&db, &own).await {
                on_visit(visit);
            }
        });
        keeper
    }

    /// Opens the logs of an earlier visit in tabs of their own, where they are kept from now on.
    pub fn restore(&self, visit: &Visit) {
        let (inner, visit) = (self.0.clone(), visit.clone());
        let Some(db) = inner.db.borrow().clone() else { return };
        spawn(async move {
            for log in &visit.logs {
                let Ok(pieces) = db.read(&log.prefix).await else { continue };
                let text = String::from_utf8_lossy(&pieces.concat()).into_owned();
                let tab = inner.workspace.add(None);
                if !log.url.is_empty() {
                    tab.session.set_draft(crate::session::Draft {
                        address: log.url.clone().into(),
                        ..tab.session.draft()
                    });
                }
                crate::components::load_log(tab.session, text);
            }
            visit::forget(&db, &visit).await;
        });
    }

    /// Forgets the logs of an earlier visit.
    pub fn discard(&self, visit: &Visit) {
        let (db, visit) = (self.0.db.borrow().clone(), visit.clone());
        if let Some(db) = db {
            spawn(async move { visit::forget(&db, &visit).await });
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
            let (epoch, url, lines) = tab.session.journal(budget);
            if pieces.is_of(epoch) && lines.is_none() {
                continue;
            }
            budget = budget.saturating_sub(lines.as_ref().map_or(0, String::len));
            pieces.write(epoch, &url, tab.session.wall(), lines.as_deref().unwrap_or_default(), &mut changes);
        }
        (changes, budget == 0)
    }

    /// Stops keeping, and says why.
    fn failed(inner: &Weak<Inner>, error: &DbError) {
        let Some(inner) = inner.upgrade() else { return };
        inner.interval.take();
        inner.db.take();
        let t = &texts().common;
        let why = match error {
            DbError::Quota => {
                let bytes: usize = inner.tabs.borrow().values().map(Pieces::bytes).sum();
                fill(t.keep_quota, &[&size(bytes as u64)])
            }
            DbError::Other(words) => fill(t.keep_other, &[words]),
        };
        inner.workspace.active().notify(Notice::new(t.keep_failed, why));
    }
}

/// Runs to its end with the browser's answers; what it needs it holds itself.
fn spawn(task: impl Future<Output = ()> + 'static) {
    #[expect(clippy::disallowed_methods, reason = "ends with the browser's answers to a few requests")]
    wasm_bindgen_futures::spawn_local(task);
}
