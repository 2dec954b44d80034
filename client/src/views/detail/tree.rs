//! JSON as a tree that folds.

use std::ops::Range;
use std::rc::Rc;

use web_sys::HtmlElement;
use workbench::json::{Token, Tree, TreeRow};
use yew::prelude::*;

use super::document::Document;
use crate::actions::stage::Scene;
use crate::model::list::Query;
use crate::model::visible;
use crate::texts::log::Log as Texts;
use crate::texts::plural;
use crate::views::icons::{Icon, picture};
use crate::views::lang::use_texts;
use crate::views::log::set_filter;
use crate::views::virtual_list::VirtualList;

const ROW_PX: f64 = 22.0;

/// Characters shown of a value; its copy is whole.
const MAX_VALUE_CHARS: usize = 2_000;

/// Levels that are indented further; below them the tree stays where it is.
const MAX_INDENT: usize = 12;

#[derive(PartialEq, Properties)]
pub(super) struct TreeViewProps {
    pub(super) scene: Scene,
    pub(super) document: Rc<Document>,
}

#[component]
pub(super) fn TreeView(props: &TreeViewProps) -> Html {
    let t = &use_texts().log;
    let tree = use_mut_ref(|| props.document.tree.clone());
    let version = use_state(|| 0_u32);
    let chosen = use_state_eq(|| None::<usize>);
    let change = {
        let (tree, version) = (tree.clone(), version.clone());
        Callback::from(move |change: Change| {
            if let Some(tree) = tree.borrow_mut().as_mut() {
                match change {
                    Change::Toggle(node) => tree.toggle(node),
                    Change::FoldFrom(depth) => tree.fold_from(depth),
                }
            }
            version.set(*version + 1);
        })
    };
    let rows = tree.borrow().as_ref().map_or(0, Tree::visible_len);
    let draw = {
        let (document, tree) = (props.document.clone(), tree.clone());
        use_callback((*version, *chosen), move |range: Range<usize>, (_, chosen)| {
            let tree = tree.borrow();
            let Some(tree) = tree.as_ref() else { return Html::default() };
            let text = document.text();
            range.filter_map(|at| Some(tree_row(&tree.row(text, at)?, *chosen, t))).collect::<Html>()
        })
    };
    let on_click = {
        let (change, chosen) = (change.clone(), chosen.setter());
        move |event: MouseEvent| {
            let row = event
                .target_dyn_into::<HtmlElement>()
                .and_then(|target| target.closest("[data-node]").ok()?);
            let Some(row) = row else { return };
            let Some(node) = row.get_attribute("data-node").and_then(|node| node.parse().ok()) else {
                return;
            };
            chosen.set(Some(node));
            if row.has_attribute("aria-expanded") {
                change.emit(Change::Toggle(node));
            }
        }
    };
    let on_key = {
        let (tree, change, chosen) = (tree.clone(), change.clone(), chosen.clone());
        let document = props.document.clone();
        move |event: KeyboardEvent| {
            let moved = {
                let tree = tree.borrow();
                let Some(tree) = tree.as_ref() else { return };
                step(tree, document.text(), *chosen, &event.key())
            };
            match moved {
                Some(Step::To(node)) => chosen.set(Some(node)),
                Some(Step::Toggle(node)) => change.emit(Change::Toggle(node)),
                None => return,
            }
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let value = {
        let (tree, document) = (tree, props.document.clone());
        move |node: usize| {
            let tree = tree.borrow();
            let tree = tree.as_ref()?;
            let text = document.text();
            Some((tree.path(text, node), tree.raw(text, node).to_owned()))
        }
    };
    let footer = chosen.and_then(&value).map(|(path, raw)| {
        let copy_raw = {
            let (raw, scene) = (raw.clone(), props.scene.clone());
            move |_: MouseEvent| scene.copy(raw.clone())
        };
        let filter = {
            let (scene, path, raw) = (props.scene.clone(), path.clone(), raw);
            move |_: MouseEvent| {
                let is_scalar = !raw.starts_with(['{', '[']);
                let text = if is_scalar { format!("{path} == {raw}") } else { path.clone() };
                set_filter(scene.session(), Query { text, case_sensitive: false });
            }
        };
        html! {
            <div class="tree-footer">
                <code class="tree-path">{visible::foreign(&visible::line(&path, MAX_VALUE_CHARS))}</code>
                <button class="button small" type="button" data-testid="copy-value" onclick={copy_raw}>
                    {t.copy_value}
                </button>
                <button class="button small" type="button" data-testid="filter-value" onclick={filter}>
                    {t.filter_value}
                </button>
            </div>
        }
    });
    let fold = |depth: usize| {
        let change = change.clone();
        move |_: MouseEvent| change.emit(Change::FoldFrom(depth))
    };
    html! {
        <div class="tree" data-testid="detail-tree">
            <div class="tree-tools">
                <button class="link-button" type="button" data-testid="fold-all" onclick={fold(1)}>{t.fold_all}</button>
                <button class="link-button" type="button" data-testid="unfold-all" onclick={fold(usize::MAX)}>
                    {t.unfold_all}
                </button>
            </div>
            <div class="tree-body" onclick={on_click} onkeydown={on_key}>
                <VirtualList class="tree-list" {rows} row_px={ROW_PX} {draw} testid="detail" role="tree" label={t.view_tree} />
            </div>
            {footer}
        </div>
    }
}

enum Change {
    Toggle(usize),
    FoldFrom(usize),
}

enum Step {
    To(usize),
    Toggle(usize),
}

/// What a key does, as in any tree: up and down move, left folds or goes to the parent, right unfolds.
fn step(tree: &Tree, text: &str, chosen: Option<usize>, key: &str) -> Option<Step> {
    let rows = tree.visible_len();
    let at = (0..rows).find(|at| tree.row(text, *at).is_some_and(|row| Some(row.node) == chosen));
    let node = |at: usize| tree.row(text, at).map(|row| Step::To(row.node));
    let row = at.and_then(|at| tree.row(text, at));
    match (key, at, row) {
        ("ArrowDown" | "ArrowUp", None, _) => node(0),
        ("ArrowDown", Some(at), _) => node((at + 1).min(rows - 1)),
        ("ArrowUp", Some(at), _) => node(at.saturating_sub(1)),
        ("ArrowRight", _, Some(row)) if row.folded => Some(Step::Toggle(row.node)),
        ("ArrowLeft", _, Some(row)) if row.children > 0 && !row.folded => Some(Step::Toggle(row.node)),
        ("ArrowLeft", Some(at), Some(row)) => (0..at)
            .rev()
            .find(|above| tree.row(text, *above).is_some_and(|above| above.depth < row.depth))
            .and_then(node),
        ("Enter" | " ", _, Some(row)) if row.children > 0 => Some(Step::Toggle(row.node)),
        _ => None,
    }
}

fn tree_row(row: &TreeRow<'_>, chosen: Option<usize>, t: &'static Texts) -> Html {
    let is_container = matches!(row.token, Token::ObjectStart | Token::ArrayStart);
    let kind = match row.token {
        Token::String => "string",
        Token::Number => "number",
        Token::True | Token::False => "boolean",
        Token::Null => "null",
        _ => "container",
    };
    let expanded = (row.children > 0).then(|| (!row.folded).to_string());
    html! {
        <div
            key={row.node}
            class={classes!("tree-row", format!("indent-{}", row.depth.min(MAX_INDENT)))}
            role="treeitem"
            aria-level={(row.depth + 1).to_string()}
            aria-expanded={expanded}
            aria-selected={(chosen == Some(row.node)).to_string()}
            data-testid="tree-row"
            data-node={row.node.to_string()}
        >
            <span class="tree-fold">
                if row.children > 0 {
                    {picture(Icon::Fold)}
                }
            </span>
            if let Some(key) = &row.key {
                <bdi class="tree-key">{visible::line(key, MAX_VALUE_CHARS)}</bdi>
            } else if let Some(index) = row.index {
                <span class="tree-index">{index}</span>
            }
            if is_container {
                <span class="tree-summary">
                    {if row.token == Token::ObjectStart { "{ } " } else { "[ ] " }}
                    {plural(if row.token == Token::ObjectStart { t.members } else { t.items }, row.children as u64)}
                </span>
            } else {
                <bdi class={classes!("tree-value", kind)}>{visible::line(row.raw, MAX_VALUE_CHARS)}</bdi>
            }
        </div>
    }
}
