//! Where a part of the page stands that is fetched when it is first wanted.
//!
//! `data-testid`: `part` (the dialog of one that is not there yet), `part-coming`, `part-missing` with `part-again`.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::dialog::Dialog;
use crate::running::chunks::Chunk;
use crate::views::block::{Block, block};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// A part of the page.
pub(super) struct Part {
    pub(super) chunk: Chunk,
    /// Draws it, once it is there.
    pub(super) draw: Rc<dyn Fn() -> Html>,
    /// What is a dialog has its frame from the beginning: its title, and what closes it.
    pub(super) dialog: Option<(&'static str, Callback<()>)>,
}

impl PartialEq for Part {
    // What it draws is its parent's, and is drawn with it.
    fn eq(&self, _: &Part) -> bool {
        false
    }
}

block!(Part, use_part);

#[hook]
fn use_part(props: &Part) -> Html {
    let texts = use_texts();
    let chunk = props.chunk;
    let attempt = use_state_eq(|| 0);
    // Whether the latest attempt is over.
    let is_over = use_state(|| false);
    {
        let is_over = is_over.setter();
        use_effect_on(*attempt, move |_| {
            if !chunk.is_here() {
                is_over.set(false);
                #[expect(clippy::disallowed_methods, reason = "it ends with the part or with its patience")]
                spawn_local(async move {
                    chunk.fetch().await;
                    is_over.set(true);
                });
            }
        });
    }
    if chunk.is_here() {
        return (props.draw)();
    }
    let state = if *is_over {
        let again = move |_: MouseEvent| attempt.set(*attempt + 1);
        html! {
            <div class="panel-empty" role="alert" data-testid="part-missing">
                <p>{texts.common.part_missing_why}</p>
                <button class="button small" type="button" data-testid="part-again" onclick={again}>
                    {texts.settings.language_again}
                </button>
            </div>
        }
    } else {
        html! { <p class="panel-empty" role="status" data-testid="part-coming">{texts.common.part_coming}</p> }
    };
    match &props.dialog {
        Some((title, on_close)) => {
            Dialog { title, name: "part", on_close: on_close.clone(), children: state }.block()
        }
        None => state,
    }
}
