//! Placeholders, closing with a code, and frames by hand.
//!
//! `data-testid`: `placeholders-on`, `placeholder` (one each, inserts it).

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::closing::ClosingForm;
use super::drawer::{drawer_head, use_first_focus};
use super::frames::FramesForm;
use super::variables::VariablesForm;
use crate::actions::stage::Scene;
use crate::lasting::variables;
use crate::texts::fill;
use crate::views::block::{Block, block};
use crate::views::lang::use_texts;
use crate::views::markup::html;

#[derive(PartialEq)]
pub(super) struct MoreDrawer {
    pub(super) scene: Scene,
    pub(super) on_close: Callback<()>,
}

block!(MoreDrawer, use_more_drawer);

#[hook]
fn use_more_drawer(props: &MoreDrawer) -> Html {
    let t = &use_texts().composer;
    let editor = props.scene.editor();
    let fills = use_state_eq(variables::fills_placeholders);
    let first = use_first_focus();
    let toggle = {
        let (fills, editor) = (fills.setter(), editor.clone());
        move |event: Event| {
            let Some(input) = event.target_dyn_into::<HtmlInputElement>() else { return };
            variables::set_fills_placeholders(input.checked());
            fills.set(input.checked());
            editor.check();
        }
    };
    let known = [
        ("{{n}}", t.placeholder_n),
        ("{{uuid}}", t.placeholder_uuid),
        ("{{now}}", t.placeholder_now),
        ("{{now ms}}", t.placeholder_millis),
        ("{{random 1 100}}", t.placeholder_random),
        ("{{char 0d}}", t.placeholder_char),
        ("{{{{", t.placeholder_braces),
    ];
    let head = drawer_head(
        html! {
            <>
                <h2 class="drawer-title">{t.placeholders}</h2>
                <label class="option">
                    <input
                        ref={first}
                        type="checkbox"
                        data-testid="placeholders-on"
                        checked={*fills}
                        onchange={toggle}
                    />
                    <span>{t.placeholders_on}</span>
                </label>
            </>
        },
        &props.on_close,
        t,
    );
    html! {
        <>
            {head}
            <div class="drawer-columns">
                <ul class="placeholders">
                    for (written, meaning) in known {
                        <li key={written}>
                            <button
                                class="placeholder"
                                type="button"
                                title={fill(t.placeholder_insert, &[&written])}
                                data-testid="placeholder"
                                onclick={
                                    let editor = editor.clone();
                                    move |_: MouseEvent| editor.insert(written)
                                }
                            >
                                <code>{written}</code>
                            </button>
                            <span>{meaning}</span>
                        </li>
                    }
                </ul>
                {VariablesForm { editor: editor.clone() }.block()}
                {ClosingForm { session: props.scene.session().clone() }.block()}
                {FramesForm { scene: props.scene.clone() }.block()}
            </div>
        </>
    }
}
