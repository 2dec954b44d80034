//! The connections as tabs.
//!
//! `data-testid`: `tabs` (the strip), `tab` (each, with `data-tab`, `data-phase` and `aria-selected`), `tab-close`,
//! `tab-name` (the field while renaming), `tab-add`.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};
use yew::prelude::*;

use super::buttons::icon_button;
use super::hooks::{use_effect_on, use_selected};
use super::icons::{Icon, picture};
use crate::actions::Action;
use crate::actions::stage::{Scene, Stage};
use crate::model::address::short;
use crate::model::visible::foreign;
use crate::running::workspace::{Tab, TabId, Tabs, Workspace};
use crate::texts::{Texts, fill};
use crate::views::block::{Block, block};
use crate::views::lang::use_texts;
use crate::views::markup::html;

pub(super) fn tab_strip(stage: &Stage, scene: &Scene, tabs: &Tabs, texts: &'static Texts) -> Html {
    let workspace = stage.workspace();
    let on_key = {
        let workspace = workspace.clone();
        move |event: KeyboardEvent| {
            let forward = match event.key().as_str() {
                "ArrowRight" => true,
                "ArrowLeft" => false,
                _ => return,
            };
            // Arrows in the field of a name move its caret.
            if event.target_dyn_into::<HtmlInputElement>().is_some() {
                return;
            }
            event.prevent_default();
            workspace.step(forward);
            let selector = format!("[data-tab='{}'] .tab-main", workspace.tabs().active.0);
            let strip = event.current_target().and_then(|strip| strip.dyn_into::<HtmlElement>().ok());
            let tab = strip.and_then(|strip| strip.query_selector(&selector).ok()?);
            if let Some(tab) = tab.and_then(|tab| tab.dyn_into::<HtmlElement>().ok()) {
                let _ = tab.focus();
            }
        }
    };
    html! {
        <div class="tabs" data-testid="tabs" onkeydown={on_key}>
            <div class="tab-list" role="group" aria-label={texts.common.connections}>
                for tab in &tabs.tabs {
                    {TabItem {
                        workspace: workspace.clone(),
                        shown: tab.id == tabs.active,
                        closable: tabs.tabs.len() > 1,
                        tab: tab.clone(),
                    }.keyed(tab.id.0)}
                }
            </div>
            {icon_button(scene, Action::NewTab, "button icon-button small", texts)}
        </div>
    }
}

#[derive(PartialEq)]
struct TabItem {
    workspace: Workspace,
    tab: Tab,
    shown: bool,
    closable: bool,
}

block!(TabItem, use_tab_item);

#[hook]
fn use_tab_item(props: &TabItem) -> Html {
    let t = &use_texts().common;
    let renaming = use_state_eq(|| false);
    let (element, field) = (use_node_ref(), use_node_ref());
    let state = use_selected(&props.tab.session, |view| {
        (view.link.phase, view.address.clone(), view.draft.address.clone())
    });
    let (phase, address, draft) = &*state;
    let label: AttrValue = match &props.tab.name {
        Some(name) => foreign(name).into(),
        None if !address.is_empty() => short(address).into(),
        None if !draft.is_empty() => short(draft).into(),
        None => t.tab_unnamed.into(),
    };
    {
        let field = field.clone();
        use_effect_on(*renaming, move |renaming| {
            if let Some(field) = field.cast::<HtmlInputElement>().filter(|_| *renaming) {
                let _ = field.focus();
                field.select();
            }
        });
    }
    {
        let element = element.clone();
        use_effect_on(props.shown, move |shown| {
            // Among many it may lie beyond the edge.
            if let Some(element) = element.cast::<HtmlElement>().filter(|_| *shown) {
                element.scroll_into_view();
            }
        });
    }
    let id = props.tab.id;
    let with = |action: fn(&Workspace, TabId)| {
        let workspace = props.workspace.clone();
        move |_: MouseEvent| action(&workspace, id)
    };
    let on_name = {
        let (workspace, renaming) = (props.workspace.clone(), renaming.setter());
        move |event: Event| {
            if let Some(field) = event.target_dyn_into::<HtmlInputElement>() {
                workspace.rename(id, &field.value());
            }
            renaming.set(false);
        }
    };
    let on_name_key = {
        let renaming = renaming.setter();
        move |event: KeyboardEvent| match event.key().as_str() {
            "Escape" => renaming.set(false),
            // Blur reports the change.
            "Enter" if !event.is_composing() => {
                if let Some(field) = event.target_dyn_into::<HtmlInputElement>() {
                    let _ = field.blur();
                }
            }
            _ => {}
        }
    };
    let stop = {
        let renaming = renaming.setter();
        move |_: FocusEvent| renaming.set(false)
    };
    let rename = {
        let renaming = renaming.setter();
        move |_: MouseEvent| renaming.set(true)
    };
    html! {
        <div
            ref={element}
            class={classes!("tab", props.shown.then_some("shown"))}
            data-testid="tab"
            data-tab={id.0.to_string()}
            data-phase={phase.name()}
        >
            if *renaming {
                <input
                    class="tab-name"
                    ref={field}
                    data-testid="tab-name"
                    aria-label={t.tab_name}
                    value={props.tab.name.clone().unwrap_or_else(|| label.clone())}
                    onchange={on_name}
                    onkeydown={on_name_key}
                    onblur={stop}
                />
            } else {
                <button
                    class="tab-main"
                    type="button"
                    aria-pressed={props.shown.to_string()}
                    title={format!("{} · {}", foreign(address), t.tab_rename)}
                    onclick={with(Workspace::activate)}
                    ondblclick={rename}
                >
                    <span class="tab-dot" aria-hidden="true"></span>
                    <bdi class="tab-label">{label.clone()}</bdi>
                </button>
            }
            if props.closable {
                <button
                    class="tab-close"
                    type="button"
                    aria-label={fill(t.tab_close, &[&label])}
                    title={t.close}
                    data-testid="tab-close"
                    onclick={with(Workspace::close)}
                >
                    {picture(Icon::Close)}
                </button>
            }
        </div>
    }
}
