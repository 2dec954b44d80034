//! The page's name, the tabs of its connections, and what concerns the page as a whole.

use std::rc::Rc;

use yew::prelude::*;

use super::tabs::TabStrip;
use super::theme::ThemeToggle;
use crate::workspace::{Tabs, Workspace};

#[derive(PartialEq, Properties)]
pub(super) struct TopBarProps {
    pub(super) workspace: Workspace,
    pub(super) tabs: Rc<Tabs>,
}

#[component]
pub(super) fn TopBar(props: &TopBarProps) -> Html {
    html! {
        <header class="top-bar">
            <h1 class="brand">
                <svg class="brand-mark" viewBox="0 0 32 20" aria-hidden="true">
                    <path d="M1 11h7l3-8 5 15 4-11 2 4h9" />
                </svg>
                <span class="brand-name">{"Heartwire"}</span>
            </h1>
            <TabStrip workspace={props.workspace.clone()} tabs={props.tabs.clone()} />
            <div class="top-actions">
                <ThemeToggle />
            </div>
        </header>
    }
}
