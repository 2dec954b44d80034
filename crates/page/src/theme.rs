//! Light or dark: as the system has it, or as the person chose, which is kept in the browser's storage. Where storage is
//! forbidden the choice lasts until the page is left.

use web_sys::Element;

use crate::storage::{self, Key};

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
        let stored = storage::word(Key::THEME);
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
        if self == Theme::System {
            storage::remove(Key::THEME);
        } else {
            let _ = storage::set(Key::THEME, self.slug());
        }
        self.apply();
    }

    /// Shows it.
    pub fn apply(self) {
        let Some(root) = root() else { return };
        let _ = match self {
            Theme::System => root.remove_attribute("data-theme"),
            Theme::Light | Theme::Dark => root.set_attribute("data-theme", self.slug()),
        };
    }
}

fn root() -> Option<Element> {
    web_sys::window()?.document()?.document_element()
}
