//! What was sent from here, to be found and sent again.
//!
//! `data-testid`: `history-search`, `history-item` (one each), `history-clear`.

use workbench::draft::Draft;
use workbench::entry::Body;
use workbench::view::preview;
use yew::prelude::*;

use super::drawer::{drawer_head, use_first_focus};
use crate::lasting::storage::Key;
use crate::running::session::Session;
use crate::views::block::block;
use crate::views::fields::input_value;
use crate::views::hooks::use_stored;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// Characters shown of a message.
pub(super) const PREVIEW_CHARS: usize = 200;

#[derive(PartialEq)]
pub(super) struct HistoryDrawer {
    pub(super) session: Session,
    pub(super) on_pick: Callback<Draft>,
    pub(super) on_close: Callback<()>,
}

block!(HistoryDrawer, use_history_drawer);

#[hook]
fn use_history_drawer(props: &HistoryDrawer) -> Html {
    let t = &use_texts().composer;
    let query = use_state_eq(String::new);
    let search = use_first_focus();
    let update = use_force_update();
    let outgoing = props.session.outgoing();
    {
        let (outgoing, update) = (outgoing.clone(), update.clone());
        use_stored(&[Key::HISTORY], move || {
            outgoing.refresh_history();
            update.force_update();
        });
    }
    let found = outgoing.with_history(|history| history.search(&query));
    let on_query = {
        let query = query.setter();
        move |event: InputEvent| query.set(input_value(&event))
    };
    let clear = {
        let outgoing = outgoing.clone();
        move |_: MouseEvent| {
            outgoing.forget_history();
            update.force_update();
        }
    };
    let head = drawer_head(
        html! {
            <>
                <input
                    class="field drawer-search"
                    ref={search}
                    type="search"
                    data-testid="history-search"
                    placeholder={t.history_search}
                    aria-label={t.history_search}
                    autocomplete="off"
                    spellcheck="false"
                    oninput={on_query}
                />
                <button class="button small" type="button" data-testid="history-clear" onclick={clear}>
                    {t.history_clear}
                </button>
            </>
        },
        &props.on_close,
        t,
    );
    html! {
        <>
            {head}
            if found.is_empty() {
                <p class="drawer-empty">
                    {if query.trim().is_empty() { t.history_empty } else { t.history_none }}
                </p>
            } else {
                <ul class="drawer-list">
                    for (index, draft) in found.into_iter().enumerate() {
                        <li key={index}>
                            <button
                                class="drawer-item"
                                type="button"
                                data-testid="history-item"
                                onclick={
                                    let draft = draft.clone();
                                    props.on_pick.reform(move |_: MouseEvent| draft.clone())
                                }
                            >
                                <span class="drawer-badge">{draft.format.word()}</span>
                                <span class="drawer-text">{preview(Body::Text(&draft.text), PREVIEW_CHARS)}</span>
                            </button>
                        </li>
                    }
                </ul>
            }
        </>
    }
}
