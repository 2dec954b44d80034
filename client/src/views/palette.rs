//! Every action by its name: type a part of it, press Enter.
//!
//! `data-testid`: `palette` (the dialog), `palette-query`, `palette-item` (one each, with `data-action`).

use web_sys::HtmlElement;
use workbench::lower::lower;
use yew::prelude::*;

use super::dialog::Dialog;
use super::fields::input_value;
use super::help::{combined, keys_of};
use crate::actions::stage::Scene;
use crate::actions::{Action, SPECS, Sheet, Spec};
use crate::texts::Texts;
use crate::views::block::{Block, block};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

#[derive(PartialEq)]
pub(super) struct Palette {
    pub(super) scene: Scene,
    pub(super) on_close: Callback<()>,
}

block!(Palette, use_palette);

#[hook]
fn use_palette(props: &Palette) -> Html {
    let texts = use_texts();
    let t = &texts.settings;
    let scene = &props.scene;
    let query = use_state_eq(String::new);
    let chosen = use_state_eq(|| 0_usize);
    let list = use_node_ref();
    let found = found(&query, scene, texts);
    let at = (*chosen).min(found.len().saturating_sub(1));
    {
        let list = list.clone();
        use_effect_on(at, move |at| {
            let items = list.cast::<HtmlElement>().map(|list| list.children());
            if let Some(item) = items.and_then(|items| items.item(u32::try_from(*at).ok()?)) {
                item.scroll_into_view_with_scroll_into_view_options(&nearest());
            }
        });
    }
    let run = {
        let (scene, on_close) = (scene.clone(), props.on_close.clone());
        Callback::from(move |action: Action| {
            // First: what is done may lay something else over the page, and the focus goes where the action leads.
            on_close.emit(());
            scene.perform_later(action);
        })
    };
    let on_input = {
        let (query, chosen) = (query.setter(), chosen.setter());
        move |event: InputEvent| {
            query.set(input_value(&event));
            chosen.set(0);
        }
    };
    let on_key = {
        let (run, chosen, count) = (run.clone(), chosen.setter(), found.len());
        let action = found.get(at).map(|spec| spec.action);
        move |event: KeyboardEvent| {
            match event.key().as_str() {
                _ if event.is_composing() => return,
                "ArrowDown" if count > 0 => chosen.set((at + 1) % count),
                "ArrowUp" if count > 0 => chosen.set((at + count - 1) % count),
                "Enter" => {
                    if let Some(action) = action {
                        run.emit(action);
                    }
                }
                _ => return,
            }
            event.prevent_default();
        }
    };
    Dialog {
        title: t.palette,
        name: "palette",
        on_close: props.on_close.clone(),
        children: html! {
            <div class="palette-body">
                <input
                    class="field palette-query"
                    type="text"
                    role="combobox"
                    aria-expanded="true"
                    aria-controls="palette-list"
                    aria-activedescendant={found.get(at).map(|spec| format!("palette-{}", spec.slug))}
                    aria-label={t.palette_query}
                    placeholder={t.palette_query}
                    autofocus=true
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    data-testid="palette-query"
                    value={(*query).clone()}
                    oninput={on_input}
                    onkeydown={on_key}
                />
                <ul class="palette-list" id="palette-list" role="listbox" aria-label={t.palette} ref={list}>
                    for (index, spec) in found.iter().enumerate() {
                        {item(spec, index == at, scene, &run, texts)}
                    }
                </ul>
                if found.is_empty() {
                    <p class="palette-none" role="status">{t.palette_none}</p>
                }
            </div>
        },
    }
    .block()
}

fn item(
    spec: &'static Spec,
    is_chosen: bool,
    scene: &Scene,
    run: &Callback<Action>,
    texts: &'static Texts,
) -> Html {
    let action = spec.action;
    let on = scene.state(action).on;
    html! {
        <li
            key={spec.slug}
            class="palette-item"
            id={format!("palette-{}", spec.slug)}
            role="option"
            aria-selected={is_chosen.to_string()}
            data-testid="palette-item"
            data-action={spec.slug}
            onclick={run.reform(move |_: MouseEvent| action)}
        >
            <span class="palette-group">{spec.group.name(texts)}</span>
            <span class="palette-name">{(spec.name)(texts)}</span>
            if let Some(on) = on {
                <span class="palette-state">
                    {if on { texts.settings.palette_on } else { texts.settings.palette_off }}
                </span>
            }
            if !spec.key.is_empty() {
                {combined(&keys_of(spec.key))}
            }
        </li>
    }
}

/// What the query may mean, those that begin with it first.
fn found(query: &str, scene: &Scene, texts: &Texts) -> Vec<&'static Spec> {
    let begins = |spec: &&Spec| lower((spec.name)(texts)).starts_with(&lower(query.trim()));
    let offered = || SPECS.iter().filter(|spec| is_offered(spec, scene) && matches(spec, query, texts));
    offered().filter(begins).chain(offered().filter(|spec| !begins(spec))).collect()
}

/// What can be done at present, but for opening what is open.
fn is_offered(spec: &Spec, scene: &Scene) -> bool {
    let is_itself = matches!(spec.action, Action::Open(Sheet::Palette) | Action::ShowTab(_));
    !is_itself && scene.state(spec.action).possible
}

/// Whether every word of the query is in the action's name or in that of its group.
fn matches(spec: &Spec, query: &str, texts: &Texts) -> bool {
    let name = lower(&format!("{} {}", spec.group.name(texts), (spec.name)(texts)));
    lower(query).split_whitespace().all(|word| name.contains(word))
}

fn nearest() -> web_sys::ScrollIntoViewOptions {
    let options = web_sys::ScrollIntoViewOptions::new();
    options.set_block(web_sys::ScrollLogicalPosition::Nearest);
    options
}
