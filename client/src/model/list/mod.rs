//! The log as it is looked at: which entries are shown, which part of them is on screen, what is selected and what
//! is searched for.

mod search;

use std::rc::Rc;

use workbench::entry::{Direction, EntryId};
use workbench::filter::{Expr, Filter, FilterError, Index, Options, Progress, TextMatch};
use workbench::ids::IdList;
use workbench::rows::{Rows, Snapshot};
use workbench::selection::Selection;
use workbench::store::Store;
use workbench::window::Window;

use self::search::Search;
pub use self::search::{Found, Query};
use super::log::{Log, words};
use super::owned::OwnedEntry;
use crate::texts::{Lang, lang};

/// Height of a row in pixels, unless set otherwise.
pub const ROW_PX: f64 = 28.0;

/// How the log writes times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeMode {
    /// The time of day.
    #[default]
    Clock,
    /// Since the first entry.
    Relative,
    /// Since the row above.
    Delta,
    /// Since the selected entry; negative before it.
    Selected,
}

/// Which sorts of entries are shown at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Toggles {
    /// Messages from the server.
    pub received: bool,
    /// Messages to the server.
    pub sent: bool,
    /// What happened to the connection.
    pub events: bool,
    /// Heartbeats and their answers.
    pub heartbeats: bool,
}

/// A part of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything that is kept.
    All,
    /// What is shown of it.
    Shown,
    /// What is selected of that.
    Selected,
}

/// The state of a log on screen.
#[derive(Debug)]
pub struct List {
    index: Index,
    window: Window,
    selection: Selection,
    toggles: Toggles,
    query: Query,
    text: Filter,
    error: Option<FilterError>,
    options: Options,
    /// The language in which texts were looked for.
    lang: Lang,
    search: Option<Search>,
    paused: Option<EntryId>,
    /// Scrolled to as soon as the index has come that far.
    reveal: Option<EntryId>,
    progress: Progress,
    epoch: u64,
    detail: Option<Rc<OwnedEntry>>,
    /// How times are written.
    pub time_mode: TimeMode,
}

impl Default for Toggles {
    fn default() -> Toggles {
        Toggles { received: true, sent: true, events: true, heartbeats: false }
    }
}

impl Toggles {
    fn apply(self, mut filter: Filter) -> Filter {
        let kinds =
            [(self.received, Direction::In), (self.sent, Direction::Out), (self.events, Direction::Local)];
        for (shown, direction) in kinds {
            if !shown {
                filter = filter.and(Expr::Not(Box::new(Expr::Direction(direction))));
            }
        }
        let filter = if self.heartbeats { filter } else { filter.without_heartbeats() };
        filter.with_words(words::searched)
    }
}

impl List {
    /// The list of a log, following its end.
    pub fn new(log: &Log) -> List {
        let toggles = Toggles::default();
        List {
            index: Index::new(toggles.apply(Filter::all()), log.store()),
            window: Window::new(ROW_PX, 0.0),
            selection: Selection::default(),
            toggles,
            query: Query::default(),
            text: Filter::all(),
            error: None,
            options: Options::default(),
            lang: lang(),
            search: None,
            paused: None,
            reveal: None,
            progress: Progress { fraction: 1.0, done: true },
            epoch: log.epoch(),
            detail: None,
            time_mode: TimeMode::default(),
        }
    }

    /// The rows.
    pub fn rows<'a>(&'a self, store: &'a Store) -> Rows<'a> {
        Rows::Filtered(store, &self.index)
    }

    /// How many rows were dropped from the start, as the log drops its oldest entries.
    pub fn trimmed(&self) -> u64 {
        self.index.trimmed()
    }

    /// Makes rows another height, in pixels.
    pub fn set_row_px(&mut self, row_px: f64) {
        self.window.resized(row_px, self.window.viewport_px());
    }

    /// The part on screen.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// The part on screen, to be changed.
    pub fn window_mut(&mut self) -> &mut Window {
        &mut self.window
    }

    /// What is selected.
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// The selected entries that are shown, in order.
    pub fn selected<'a>(&'a self, store: &'a Store) -> impl Iterator<Item = EntryId> + 'a {
        let rows = self.rows(store);
        let range = self.selection.range().or_else(|| {
            let focus = self.selection.focus(&rows)?;
            Some(focus..=focus)
        });
        let (start, end) = match &range {
            Some(range) => (rows.position(*range.start()), *range.end()),
            None => (rows.len(), 0),
        };
        (start..rows.len()).map_while(move |position| rows.id(position)).take_while(move |id| *id <= end)
    }

    /// A part of the log, as it is now.
    pub fn part(&self, part: Part, store: &Store) -> Snapshot {
        match part {
            Part::All => Rows::All(store).snapshot(),
            Part::Shown => self.rows(store).snapshot(),
            Part::Selected => {
                let mut ids = IdList::default();
                self.selected(store).for_each(|id| ids.push_back(id));
                Snapshot::List(ids)
            }
        }
    }

    /// Which sorts are shown.
    pub fn toggles(&self) -> Toggles {
        self.toggles
    }

    /// What the filter bar says.
    pub fn filter_query(&self) -> &Query {
        &self.query
    }

    /// What is wrong with it.
    pub fn filter_error(&self) -> Option<&FilterError> {
        self.error.as_ref()
    }

    /// Whether entries may be hidden that are usually shown.
    pub fn is_filtered(&self) -> bool {
        !self.text.is_all()
            || self.toggles != Toggles { heartbeats: self.toggles.heartbeats, ..Toggles::default() }
    }

    /// How far the filter has come.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// What to mark in the text of a row.
    pub fn highlights(&self) -> Vec<&TextMatch> {
        let search = self.search.as_ref().and_then(|search| search.pattern.as_ref().ok());
        search.into_iter().chain(self.index.filter().highlights()).collect()
    }

    /// Whether new entries are kept out of sight.
    pub fn is_paused(&self) -> bool {
        self.paused.is_some()
    }

    /// How many entries came in since it was paused.
    pub fn held_back(&self, store: &Store) -> u64 {
        self.paused.map_or(0, |end| store.ids().end - end)
    }

    /// Keeps new entries out of sight, or shows them.
    pub fn set_paused(&mut self, paused: bool, store: &Store) {
        self.paused = paused.then(|| self.paused.unwrap_or(store.ids().end));
    }

    /// Shows and hides sorts of entries.
    pub fn set_toggles(&mut self, toggles: Toggles, store: &Store) {
        if self.toggles != toggles {
            self.toggles = toggles;
            self.refilter(store);
        }
    }

    /// Reads what the filter bar says. While that is wrong the last right filter stays.
    pub fn set_filter(&mut self, query: Query, options: Options, store: &Store) {
        let options = Options { case_sensitive: query.case_sensitive, ..options };
        if self.query == query {
            return;
        }
        match Filter::parse(&query.text, &options) {
            Ok(filter) => {
                self.error = None;
                self.text = filter;
                self.refilter(store);
            }
            Err(error) => self.error = Some(error),
        }
        self.query = query;
        self.options = options;
    }

    /// Selects an entry, or with `extend` all from the first selected one to it.
    pub fn select(&mut self, id: Option<EntryId>, extend: bool, store: &Store) {
        match id {
            Some(id) if extend => self.selection.extend(id),
            Some(id) => self.selection.select(id),
            None => self.selection.clear(),
        }
        if let Some(id) = id {
            self.show(id, store);
        }
    }

    /// Scrolls to an entry if it is shown.
    pub fn reveal(&mut self, id: EntryId, store: &Store) {
        self.show(id, store);
    }

    /// Moves the selection by rows and brings it on screen.
    pub fn step(&mut self, by: isize, extend: bool, store: &Store) {
        let mut selection = self.selection.clone();
        if let Some(position) = selection.step(&self.rows(store), by, extend) {
            self.window.reveal(position);
        }
        self.selection = selection;
    }

    /// Shows the newest entry in full from now on, or stays with the present one.
    pub fn set_pinned(&mut self, pinned: bool, store: &Store) {
        let mut selection = self.selection.clone();
        selection.set_pinned(pinned, &self.rows(store));
        self.selection = selection;
        if pinned {
            self.window.set_following(true);
        }
    }

    /// The selected entry in full. The same `Rc` as long as it does not change.
    pub fn detail(&mut self, store: &Store) -> Option<Rc<OwnedEntry>> {
        let entry = self.selection.focus(&self.rows(store)).and_then(|id| store.get(id));
        match entry {
            Some(entry) => {
                if self.detail.as_ref().is_none_or(|detail| !detail.is_current(&entry)) {
                    self.detail = Some(Rc::new(OwnedEntry::new(&entry)));
                }
            }
            None => self.detail = None,
        }
        self.detail.clone()
    }

    /// Takes up what changed in the log, as long as `more` says so. Returns whether there is nothing left to do.
    pub fn sync(&mut self, log: &mut Log, mut more: impl FnMut() -> bool) -> bool {
        if self.epoch != log.epoch() {
            self.epoch = log.epoch();
            self.selection.clear();
            self.paused = self.paused.map(|_| log.store().ids().end);
            self.refilter(log.store());
            self.window.set_following(true);
        }
        if self.lang != lang() {
            self.lang = lang();
            // What is no message has other words.
            if !self.text.is_all() || self.search.is_some() {
                self.refilter(log.store());
            }
        }
        let changed = log.take_changed();
        let store = log.store();
        let before = self.index.matches().len();
        for id in changed {
            self.index.retest(store, id);
            if let Some(find) = self.search.as_mut().and_then(|search| search.find.as_mut()) {
                find.retest(store, id);
            }
        }
        if self.index.matches().len() != before {
            let top = self.window.visible(0).start;
            self.window.replaced(self.index.matches().len(), top);
        }
        if self.paused.is_some() {
            return true;
        }
        self.take_up(store, &mut more);
        let searched = self.search_further(store, &mut more);
        self.progress.done && searched
    }

    fn take_up(&mut self, store: &Store, more: &mut impl FnMut() -> bool) {
        let (rows, trimmed, prepended) =
            (self.index.matches().len() as u64, self.index.trimmed(), self.index.prepended());
        self.progress = self.index.step_while(store, more);
        let trimmed = self.index.trimmed() - trimmed;
        let prepended = self.index.prepended() - prepended;
        let appended = self.index.matches().len() as u64 + trimmed - rows - prepended;
        if trimmed > 0 {
            self.window.trimmed(trimmed as usize);
        }
        if prepended > 0 {
            self.window.prepended(prepended as usize);
        }
        if appended > 0 {
            self.window.appended(appended as usize);
        }
        if let Some(id) = self.reveal {
            if self.rows(store).contains(id) {
                self.show(id, store);
            } else if self.progress.done {
                self.reveal = None;
            }
        }
    }

    fn refilter(&mut self, store: &Store) {
        // What was selected stays in view where it is still shown.
        self.reveal = if self.window.following() { None } else { self.selection.focus(&self.rows(store)) };
        let filter = self.toggles.apply(self.text.clone());
        self.index = Index::new(filter, store);
        self.window.replaced(0, 0);
        self.progress = self.index.progress(store);
        if let Some(search) = &mut self.search {
            search.begin_again(self.index.filter(), store);
        }
    }

    fn show(&mut self, id: EntryId, store: &Store) {
        let rows = self.rows(store);
        if rows.contains(id) {
            let position = rows.position(id);
            self.window.reveal(position);
            self.reveal = None;
        }
    }
}

#[cfg(test)]
mod tests;
