//! A window over the page that keeps the keyboard until it is closed.
//!
//! The browser's own `<dialog>`: everything behind it is inert, Escape closes it, and the focus stays inside. Where
//! it was before is remembered here, since a dialog that leaves the document takes the focus with it.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlElement};
use yew::prelude::*;

use super::icons::{Icon, picture};
use crate::views::block::block;
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

#[derive(PartialEq)]
pub(super) struct Dialog {
    /// What it is called.
    pub(super) title: &'static str,
    /// Its `data-testid`, also its class.
    pub(super) name: &'static str,
    pub(super) on_close: Callback<()>,
    pub(super) children: Html,
}

block!(Dialog, use_dialog);

#[hook]
fn use_dialog(props: &Dialog) -> Html {
    let t = &use_texts().settings;
    let node = use_node_ref();
    let latest = use_mut_ref(|| props.on_close.clone());
    // The listener stays; what it calls is the newest.
    latest.replace(props.on_close.clone());
    {
        let node = node.clone();
        use_effect_on((), move |()| {
            let dialog = node.cast::<HtmlDialogElement>();
            let before = focused();
            let listener = dialog.as_ref().map(|dialog| {
                // Fails only for a dialog that is shown already or has left the document.
                let _ = dialog.show_modal();
                EventListener::new(dialog, "close", move |_| latest.borrow().clone().emit(()))
            });
            move || {
                drop(listener);
                if let Some(dialog) = dialog {
                    dialog.close();
                }
                if let Some(before) = before {
                    let _ = before.focus();
                }
            }
        });
    }
    let close = {
        let node = node.clone();
        move || {
            if let Some(dialog) = node.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        }
    };
    let on_pointer = {
        let (node, close) = (node.clone(), close.clone());
        move |event: PointerEvent| {
            // The content covers the whole dialog, so what hits the dialog itself hit its backdrop.
            if event.target().is_some_and(|target| node.get().is_some_and(|node| *node == target)) {
                close();
            }
        }
    };
    html! {
        <dialog
            ref={node}
            class={classes!("dialog", props.name)}
            aria-labelledby="dialog-title"
            data-testid={props.name}
            onpointerdown={on_pointer}
        >
            <div class="dialog-content">
                <header class="dialog-header">
                    <h2 class="dialog-title" id="dialog-title">{props.title}</h2>
                    <button
                        class="button icon-button"
                        type="button"
                        title={t.close}
                        aria-label={t.close}
                        data-testid="dialog-close"
                        onclick={move |_: MouseEvent| close()}
                    >
                        {picture(Icon::Close)}
                    </button>
                </header>
                {props.children.clone()}
            </div>
        </dialog>
    }
}

fn focused() -> Option<HtmlElement> {
    web_sys::window()?.document()?.active_element()?.dyn_into().ok()
}
