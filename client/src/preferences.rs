//! What the person chose for the page as a whole, kept in the browser's storage. Where storage is forbidden or full
//! a choice lasts until the page is left.

use std::cell::Cell;

use web_sys::HtmlElement;
use workbench::profile::{Book, Options, Profile};
use workbench::store::Limits;

use crate::model::list::TimeMode;
use crate::storage;

/// `start.js` reads it, so that a stored theme is there before the first paint.
const THEME_KEY: &str = "heartwire.theme";
const DENSITY_KEY: &str = "heartwire.density";
const TIME_KEY: &str = "heartwire.time";
const ENTRIES_KEY: &str = "heartwire.log-entries";
const MIB_KEY: &str = "heartwire.log-mib";
const KEYS_KEY: &str = "heartwire.single-keys";
const DEFAULTS_KEY: &str = "heartwire.defaults";

/// Fewest entries a log can be limited to.
pub const MIN_ENTRIES: u64 = 100;

/// Most entries a log can be limited to.
pub const MAX_ENTRIES: u64 = 10_000_000;

/// Most MiB a log can be limited to: WebAssembly has 4 GiB in all.
pub const MAX_MIB: u64 = 2048;

/// Colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

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
    static DENSITY: Cell<Option<Density>> = const { Cell::new(None) };
    static SINGLE_KEYS: Cell<Option<bool>> = const { Cell::new(None) };
}

impl Theme {
    /// Every theme.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// Its word in storage and in the document.
    pub fn slug(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// What was chosen on an earlier visit.
    pub fn load() -> Theme {
        let stored = storage::word(THEME_KEY);
        Theme::ALL.into_iter().find(|theme| theme.slug() == stored).unwrap_or_default()
    }

    /// The next one in turn.
    pub fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }

    /// Shows and remembers it.
    pub fn choose(self) {
        let Some(root) = root() else { return };
        if self == Theme::System {
            let _ = root.remove_attribute("data-theme");
            storage::remove(THEME_KEY);
        } else {
            let _ = root.set_attribute("data-theme", self.slug());
            let _ = storage::set(THEME_KEY, self.slug());
        }
    }
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
        DENSITY.get().unwrap_or_else(|| {
            let stored = storage::word(DENSITY_KEY);
            let density =
                Density::ALL.into_iter().find(|density| density.slug() == stored).unwrap_or_default();
            DENSITY.set(Some(density));
            density
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
        DENSITY.set(Some(self));
        let _ = storage::set(DENSITY_KEY, self.slug());
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
    let stored = storage::word(TIME_KEY);
    TIME_MODES.into_iter().find(|(_, slug)| *slug == stored).map(|(mode, _)| mode).unwrap_or_default()
}

/// Chooses how logs write times.
pub fn set_time_mode(mode: TimeMode) {
    if let Some((_, slug)) = TIME_MODES.iter().find(|(known, _)| *known == mode) {
        let _ = storage::set(TIME_KEY, *slug);
    }
}

/// Time formats that make sense for every log, with their words.
pub const TIME_MODES: [(TimeMode, &str); 3] =
    [(TimeMode::Clock, "clock"), (TimeMode::Relative, "relative"), (TimeMode::Delta, "delta")];

/// How much each log keeps.
pub fn limits() -> Limits {
    let default = Limits::default();
    let whole = |key| storage::value(key).as_f64().map(|number| number as u64);
    let entries = whole(ENTRIES_KEY).filter(|entries| (MIN_ENTRIES..=MAX_ENTRIES).contains(entries));
    let mib = whole(MIB_KEY).filter(|mib| (1..=MAX_MIB).contains(mib));
    Limits {
        entries: entries.and_then(|entries| usize::try_from(entries).ok()).unwrap_or(default.entries),
        bytes: mib.and_then(|mib| usize::try_from(mib << 20).ok()).unwrap_or(default.bytes),
    }
}

/// Remembers how much each log keeps. The logs there are have to be told.
pub fn set_limits(limits: Limits) {
    let _ = storage::set(ENTRIES_KEY, limits.entries as f64);
    let _ = storage::set(MIB_KEY, (limits.bytes >> 20) as f64);
}

/// Whether single keys are shortcuts. Some people's input devices press them by accident (WCAG 2.2, 2.1.4).
pub fn single_keys() -> bool {
    SINGLE_KEYS.get().unwrap_or_else(|| {
        let on = storage::value(KEYS_KEY).as_bool().unwrap_or(true);
        SINGLE_KEYS.set(Some(on));
        on
    })
}

/// Makes single keys shortcuts, or not.
pub fn set_single_keys(on: bool) {
    SINGLE_KEYS.set(Some(on));
    let _ = storage::set(KEYS_KEY, on);
}

/// The heartbeat and the reconnect policy that new connections begin with. Opening messages belong to one server and
/// are not among them.
pub fn default_options() -> Options {
    let book = Book::from_json(&storage::word(DEFAULTS_KEY)).ok();
    book.and_then(|book| book.profiles().first().map(|profile| profile.options.clone())).unwrap_or_default()
}

/// Remembers what new connections begin with.
pub fn set_default_options(options: &Options) {
    let mut book = Book::default();
    let options = Options { opening: Vec::new(), ..options.clone() };
    book.save(Profile { name: "defaults".to_owned(), options, ..Profile::default() });
    let _ = storage::set(DEFAULTS_KEY, book.to_json(true));
}

fn root() -> Option<HtmlElement> {
    let root = web_sys::window()?.document()?.document_element()?;
    wasm_bindgen::JsCast::dyn_into(root).ok()
}
