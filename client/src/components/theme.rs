//! Light, dark, or as the system has it.

use yew::prelude::*;

use super::icons::{Icon, picture};
use crate::i18n::{fill, use_texts};
use crate::preferences::Theme;

#[derive(PartialEq, Properties)]
pub(super) struct ThemeToggleProps {
    pub(super) theme: Theme,
    pub(super) on_theme: Callback<Theme>,
}

/// Steps through the themes.
#[component]
pub(super) fn ThemeToggle(props: &ThemeToggleProps) -> Html {
    let t = &use_texts().common;
    let next = props.theme.next();
    let (icon, name) = match props.theme {
        Theme::System => (Icon::System, t.theme_system),
        Theme::Light => (Icon::Sun, t.theme_light),
        Theme::Dark => (Icon::Moon, t.theme_dark),
    };
    let label = fill(t.theme, &[&name]);
    html! {
        <button
            class="button icon-button theme-toggle"
            type="button"
            data-testid="theme"
            title={label.clone()}
            aria-label={label}
            onclick={props.on_theme.reform(move |_: MouseEvent| next)}
        >
            {picture(icon)}
        </button>
    }
}
