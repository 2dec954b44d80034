//! What the person chose for the page as a whole, kept in the browser's storage. Where storage is forbidden or full
//! a choice lasts until the page is left.

pub use page::theme::Theme;
use web_sys::HtmlElement;
use workbench::profile::{Book, Options, Profile};
use workbench::store::Limits;

use super::storage::{self, Cached, Key};
use crate::model::list::TimeMode;
use crate::model::settings::keep_for_new;

/// Fewest entries a log can be limited to.
pub const MIN_ENTRIES: u64 = 100;

/// Most entries a log can be limited to.
pub const MAX_ENTRIES: u64 = 10_000_000;

/// Most MiB a log can be limited to: WebAssembly has 4 GiB in all.
pub const MAX_MIB: u64 = 2048;

/// How much room rows take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Density {
    /// 28 pixels a row.
    #[default]
    Normal,
    /// 22 pixels a row.
    Compact,
}

thread_local! {
    static DENSITY: Cached<Density> = const { Cached::new(Key::DENSITY) };
    static SINGLE_KEYS: Cached<bool> = const { Cached::new(Key::SINGLE_KEYS) };
}

impl Density {
    /// Every density.
    pub const ALL: [Density; 2] = [Density::Normal, Density::Compact];

    /// Its word in storage and in the document.
    pub fn slug(self) -> &'static str {
        match self {
            Density::Normal => "normal",
            Density::Compact => "compact",
        }
    }

    /// The density in use.
    pub fn current() -> Density {
        DENSITY.with(|cached| {
            cached.get(|stored| {
                let stored = stored.as_string().unwrap_or_default();
                Density::ALL.into_iter().find(|density| density.slug() == stored).unwrap_or_default()
            })
        })
    }

    /// Height of a row of the log, in pixels.
    pub fn row_px(self) -> f64 {
        match self {
            Density::Normal => 28.0,
            Density::Compact => 22.0,
        }
    }

    /// Remembers it and shows it, except in the logs, which have to be told.
    pub fn choose(self) {
        let _ = DENSITY.with(|cached| cached.set(self, Some(self.slug().into())));
        self.apply();
    }

    /// Shows it.
    pub fn apply(self) {
        if let Some(root) = root() {
            let _ = root.set_attribute("data-density", self.slug());
        }
    }
}

/// How new logs write times.
pub fn time_mode() -> TimeMode {
    let stored = storage::word(Key::TIMES);
    TIME_MODES.into_iter().find(|(_, slug)| *slug == stored).map(|(mode, _)| mode).unwrap_or_default()
}

/// Chooses how logs write times.
pub fn set_time_mode(mode: TimeMode) {
    if let Some((_, slug)) = TIME_MODES.iter().find(|(known, _)| *known == mode) {
        let _ = storage::set(Key::TIMES, *slug);
    }
}

/// Time formats that make sense for every log, with their words.
pub const TIME_MODES: [(TimeMode, &str); 3] =
    [(TimeMode::Clock, "clock"), (TimeMode::Relative, "relative"), (TimeMode::Delta, "delta")];

/// How much each log keeps.
pub fn limits() -> Limits {
    let default = Limits::default();
    let whole = |key| storage::value(key).as_f64().map(|number| number as u64);
    let entries = whole(Key::LOG_ENTRIES).filter(|entries| (MIN_ENTRIES..=MAX_ENTRIES).contains(entries));
    let mib = whole(Key::LOG_MIB).filter(|mib| (1..=MAX_MIB).contains(mib));
    Limits {
        entries: entries.and_then(|entries| usize::try_from(entries).ok()).unwrap_or(default.entries),
        bytes: mib.and_then(|mib| usize::try_from(mib << 20).ok()).unwrap_or(default.bytes),
    }
}

/// Remembers how much each log keeps. The logs there are have to be told.
pub fn set_limits(limits: Limits) {
    let _ = storage::set(Key::LOG_ENTRIES, limits.entries as f64);
    let _ = storage::set(Key::LOG_MIB, (limits.bytes >> 20) as f64);
}

/// Whether single keys are shortcuts. Some people's input devices press them by accident (WCAG 2.2, 2.1.4).
pub fn single_keys() -> bool {
    SINGLE_KEYS.with(|cached| cached.get(|stored| stored.as_bool().unwrap_or(true)))
}

/// Makes single keys shortcuts, or not.
pub fn set_single_keys(on: bool) {
    let _ = SINGLE_KEYS.with(|cached| cached.set(on, Some(on.into())));
}

/// The times of the heartbeat and the reconnect policy that new connections begin with. What belongs to one server is
/// not among them.
pub fn default_options() -> Options {
    let mut options = Options::default();
    let book = Book::from_json(&storage::word(Key::DEFAULTS)).ok();
    if let Some(kept) = book.as_ref().and_then(|book| book.profiles().first()) {
        keep_for_new(&mut options, &Options::default(), &kept.options);
    }
    options
}

/// Remembers for new connections what was changed for one; see [`keep_for_new`].
pub fn keep_defaults(before: &Options, after: &Options) {
    let defaults = default_options();
    let mut options = defaults.clone();
    keep_for_new(&mut options, before, after);
    if options != defaults {
        let mut book = Book::default();
        book.save(Profile { name: "defaults".to_owned(), options, ..Profile::default() });
        let _ = storage::set(Key::DEFAULTS, book.to_json(true));
    }
}

fn root() -> Option<HtmlElement> {
    let root = web_sys::window()?.document()?.document_element()?;
    wasm_bindgen::JsCast::dyn_into(root).ok()
}
