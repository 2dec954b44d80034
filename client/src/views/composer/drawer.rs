//! What opens above the composer, one at a time.

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::texts::composer::Composer;
use crate::views::hooks::use_effect_on;
use crate::views::icons::{Icon, picture};
use crate::views::markup::html;

/// Calls back when Escape is pressed.
pub(super) fn escape(on_close: Callback<()>) -> Callback<KeyboardEvent> {
    Callback::from(move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() {
            event.prevent_default();
            event.stop_propagation();
            on_close.emit(());
        }
    })
}

/// Gives the focus to an element when it appears.
#[hook]
pub(super) fn use_first_focus() -> NodeRef {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_on((), move |()| {
            if let Some(element) = node.cast::<HtmlElement>() {
                let _ = element.focus();
            }
        });
    }
    node
}

/// The first line of a drawer; `left` stands at its left.
pub(super) fn drawer_head(left: Html, on_close: &Callback<()>, t: &'static Composer) -> Html {
    html! {
        <header class="drawer-head">
            {left}
            <button
                class="button icon-button small drawer-close"
                type="button"
                title={t.drawer_close}
                aria-label={t.drawer_close}
                data-testid="drawer-close"
                onclick={on_close.reform(|_: MouseEvent| ())}
            >
                {picture(Icon::Close)}
            </button>
        </header>
    }
}
