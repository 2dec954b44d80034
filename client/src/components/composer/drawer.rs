//! What opens above the composer, one at a time.

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::components::icons::{Icon, picture};
use crate::i18n::composer::Composer;
use crate::i18n::use_texts;

/// Which drawer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drawer {
    History,
    Saved,
    Repeat,
    More,
}

impl Drawer {
    pub(super) const ALL: [Drawer; 4] = [Drawer::History, Drawer::Saved, Drawer::Repeat, Drawer::More];

    pub(super) fn slug(self) -> &'static str {
        match self {
            Drawer::History => "history",
            Drawer::Saved => "saved",
            Drawer::Repeat => "repeat",
            Drawer::More => "more",
        }
    }

    pub(super) fn icon(self) -> Icon {
        match self {
            Drawer::History => Icon::History,
            Drawer::Saved => Icon::Saved,
            Drawer::Repeat => Icon::Repeat,
            Drawer::More => Icon::More,
        }
    }

    pub(super) fn name(self, t: &Composer) -> &'static str {
        match self {
            Drawer::History => t.history,
            Drawer::Saved => t.saved,
            Drawer::Repeat => t.repeat,
            Drawer::More => t.more,
        }
    }
}

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
        use_effect_with((), move |()| {
            if let Some(element) = node.cast::<HtmlElement>() {
                let _ = element.focus();
            }
        });
    }
    node
}

#[derive(PartialEq, Properties)]
pub(super) struct DrawerHeadProps {
    pub(super) on_close: Callback<()>,
    /// What stands at the left.
    pub(super) children: Html,
}

/// The first line of a drawer.
#[component]
pub(super) fn DrawerHead(props: &DrawerHeadProps) -> Html {
    let t = &use_texts().composer;
    html! {
        <header class="drawer-head">
            {props.children.clone()}
            <button
                class="button icon-button small drawer-close"
                type="button"
                title={t.drawer_close}
                aria-label={t.drawer_close}
                data-testid="drawer-close"
                onclick={props.on_close.reform(|_: MouseEvent| ())}
            >
                {picture(Icon::Close)}
            </button>
        </header>
    }
}
