//! Light, dark, or as the system has it.

use gloo_storage::{LocalStorage, Storage};
use yew::prelude::*;

use super::icons::{Icon, Picture};

/// `start.js` reads the same key, so that a stored theme is there before the first paint.
const STORAGE_KEY: &str = "heartwire.theme";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    fn load() -> Theme {
        match LocalStorage::get::<String>(STORAGE_KEY).as_deref() {
            Ok("light") => Theme::Light,
            Ok("dark") => Theme::Dark,
            _ => Theme::System,
        }
    }

    fn next(self) -> Theme {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Shows the theme and remembers it. Where storage is forbidden or full it lasts until the page is left.
    fn apply(self) {
        let root =
            web_sys::window().and_then(|window| window.document()).and_then(|page| page.document_element());
        let Some(root) = root else { return };
        if self == Theme::System {
            let _ = root.remove_attribute("data-theme");
            LocalStorage::delete(STORAGE_KEY);
        } else {
            let _ = root.set_attribute("data-theme", self.name());
            let _ = LocalStorage::set(STORAGE_KEY, self.name());
        }
    }
}

/// Steps through the themes.
#[component]
pub(super) fn ThemeToggle() -> Html {
    let theme = use_state_eq(Theme::load);
    let step = {
        let theme = theme.clone();
        move |_: MouseEvent| {
            let next = theme.next();
            next.apply();
            theme.set(next);
        }
    };
    let icon = match *theme {
        Theme::System => Icon::System,
        Theme::Light => Icon::Sun,
        Theme::Dark => Icon::Moon,
    };
    let label = format!("Theme: {}", theme.name());
    html! {
        <button
            class="button icon-button"
            type="button"
            data-testid="theme"
            title={label.clone()}
            aria-label={label}
            onclick={step}
        >
            <Picture {icon} />
        </button>
    }
}
