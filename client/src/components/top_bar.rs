//! The page's name, the tabs of its connections, and what concerns the page as a whole.

use std::rc::Rc;

use yew::prelude::*;

use super::app::Sheet;
use super::icons::{Icon, picture};
use super::tabs::TabStrip;
use super::theme::ThemeToggle;
use crate::i18n::use_texts;
use crate::preferences::Theme;
use crate::workspace::{Tabs, Workspace};

#[derive(PartialEq, Properties)]
pub(super) struct TopBarProps {
    pub(super) workspace: Workspace,
    pub(super) tabs: Rc<Tabs>,
    pub(super) theme: Theme,
    pub(super) on_theme: Callback<Theme>,
    pub(super) on_open: Callback<Sheet>,
}

#[component]
pub(super) fn TopBar(props: &TopBarProps) -> Html {
    let t = &use_texts().settings;
    let sheets = [
        (Sheet::Profiles, Icon::Folder, t.profiles, "open-profiles"),
        (Sheet::Settings, Icon::Gear, t.title, "open-settings"),
        (Sheet::Help, Icon::Question, t.help, "open-help"),
    ];
    html! {
        <header class="top-bar">
            <h1 class="brand" aria-label="Heartwire">
                <svg class="brand-mark" viewBox="0 0 32 20" aria-hidden="true">
                    <path d="M1 11h7l3-8 5 15 4-11 2 4h9" />
                </svg>
                <span class="brand-name">{"Heartwire"}</span>
            </h1>
            <TabStrip workspace={props.workspace.clone()} tabs={props.tabs.clone()} />
            <div class="top-actions">
                for (sheet, icon, label, testid) in sheets {
                    <button
                        key={testid}
                        class="button icon-button"
                        type="button"
                        title={label}
                        aria-label={label}
                        aria-haspopup="dialog"
                        data-testid={testid}
                        onclick={props.on_open.reform(move |_: MouseEvent| sheet)}
                    >
                        {picture(icon)}
                    </button>
                }
                <ThemeToggle theme={props.theme} on_theme={props.on_theme.clone()} />
            </div>
        </header>
    }
}
