//! The page's name, the tabs of its connections, and what concerns the page as a whole.

use yew::prelude::*;

use super::buttons::{act, icon_button};
use super::icons::{Icon, picture};
use super::tabs::tab_strip;
use crate::actions::stage::{Scene, Stage};
use crate::actions::{Action, Sheet};
use crate::lasting::preferences::Theme;
use crate::running::workspace::Tabs;
use crate::texts::{Texts, fill};
use crate::views::markup::html;

pub(super) fn top_bar(stage: &Stage, scene: &Scene, tabs: &Tabs, texts: &'static Texts) -> Html {
    html! {
        <header class="top-bar">
            <h1 class="brand" aria-label="Heartwire">
                <svg class="brand-mark" viewBox="0 0 32 20" aria-hidden="true">
                    <path d="M1 11h7l3-8 5 15 4-11 2 4h9" />
                </svg>
                <span class="brand-name">{"Heartwire"}</span>
            </h1>
            {tab_strip(stage, scene, tabs, texts)}
            <div class="top-actions">
                for sheet in [Sheet::Palette, Sheet::Profiles, Sheet::Settings, Sheet::Help] {
                    {icon_button(scene, Action::Open(sheet), "button icon-button", texts)}
                }
                <a
                    class="button icon-button scenes-link"
                    href="scenes.html"
                    title={texts.common.scenes}
                    aria-label={texts.common.scenes}
                    data-testid="scenes"
                >
                    {picture(Icon::Play)}
                </a>
                {theme_button(stage.theme(), scene, texts)}
            </div>
        </header>
    }
}

/// Steps through the themes and says which one there is.
fn theme_button(theme: Theme, scene: &Scene, texts: &'static Texts) -> Html {
    let t = &texts.common;
    let (icon, name) = match theme {
        Theme::System => (Icon::System, t.theme_system),
        Theme::Light => (Icon::Sun, t.theme_light),
        Theme::Dark => (Icon::Moon, t.theme_dark),
    };
    let label = fill(t.theme, &[&name]);
    html! {
        <button
            class="button icon-button theme-toggle"
            type="button"
            data-testid={Action::Theme.spec().slug}
            title={label.clone()}
            aria-label={label}
            onclick={act::<MouseEvent>(scene, Action::Theme)}
        >
            {picture(icon)}
        </button>
    }
}
