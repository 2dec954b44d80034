//! Find in the log.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::components::icons::{Icon, picture};
use crate::i18n::log::Log as Texts;
use crate::i18n::{fill, plural, use_texts};
use crate::model::format::count;
use crate::model::list::{Found, Query};
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct FindBarProps {
    pub(super) session: Session,
    pub(super) revision: u64,
    pub(super) on_select: Callback<bool>,
}

#[component]
pub(super) fn FindBar(props: &FindBarProps) -> Html {
    let t = &use_texts().log;
    let field = use_node_ref();
    let session = &props.session;
    {
        let field = field.clone();
        use_effect_with((), move |()| {
            if let Some(field) = field.cast::<HtmlInputElement>() {
                let _ = field.focus();
                field.select();
            }
        });
    }
    let (query, found) =
        session.read(|log, list| (list.search_query().cloned().unwrap_or_default(), list.found(log.store())));
    let on_input = {
        let (session, case_sensitive) = (session.clone(), query.case_sensitive);
        move |event: InputEvent| {
            let Some(field) = event.target_dyn_into::<HtmlInputElement>() else { return };
            let query = Query { text: field.value(), case_sensitive };
            session.look(|list, log| list.set_search(Some(query), log.store()));
        }
    };
    let flip_case = {
        let (session, query) = (session.clone(), query.clone());
        move |_: MouseEvent| {
            let query = Query { case_sensitive: !query.case_sensitive, ..query.clone() };
            session.look(|list, log| list.set_search(Some(query), log.store()));
        }
    };
    let go = {
        let session = session.clone();
        move |forward: bool| session.look(|list, log| list.search_on(forward, log.store()))
    };
    let close = {
        let session = session.clone();
        move || session.look(|list, log| list.set_search(None, log.store()))
    };
    let on_key = {
        let (go, close) = (go.clone(), close.clone());
        move |event: KeyboardEvent| match event.key().as_str() {
            _ if event.is_composing() => {}
            "Enter" => {
                event.prevent_default();
                // The newest hit is where a search begins, so that on is back in time.
                go(event.shift_key());
            }
            "ArrowUp" | "ArrowDown" => {
                event.prevent_default();
                go(event.key() == "ArrowDown");
            }
            "Escape" => close(),
            _ => {}
        }
    };
    let (previous, next) = (go.clone(), go);
    html! {
        <div class="find-bar" role="search" aria-label={t.find}>
            <div class={classes!("filter-field", found.error.is_some().then_some("wrong"))}>
                {picture(Icon::Search)}
                <input
                    ref={field}
                    type="text"
                    data-testid="find"
                    aria-label={t.find}
                    placeholder={t.find_placeholder}
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    value={query.text.clone()}
                    oninput={on_input}
                    onkeydown={on_key}
                />
                <button
                    class="inner-button word"
                    type="button"
                    title={t.case_sensitive}
                    aria-label={t.case_sensitive}
                    aria-pressed={query.case_sensitive.to_string()}
                    onclick={flip_case}
                >
                    {"Aa"}
                </button>
            </div>
            <span class="find-count" role="status" data-testid="find-count">{state(&query, &found, t)}</span>
            <button
                class="button icon-button small"
                type="button"
                title={t.find_previous}
                aria-label={t.find_previous}
                data-testid="find-previous"
                disabled={found.count == 0}
                onclick={move |_: MouseEvent| previous(false)}
            >
                {picture(Icon::Up)}
            </button>
            <button
                class="button icon-button small"
                type="button"
                title={t.find_next}
                aria-label={t.find_next}
                data-testid="find-next"
                disabled={found.count == 0}
                onclick={move |_: MouseEvent| next(true)}
            >
                {picture(Icon::Down)}
            </button>
            <button
                class="button icon-button small"
                type="button"
                title={t.find_close}
                aria-label={t.find_close}
                data-testid="find-close"
                onclick={move |_: MouseEvent| close()}
            >
                {picture(Icon::Close)}
            </button>
        </div>
    }
}

fn state(query: &Query, found: &Found, t: &Texts) -> String {
    if let Some(error) = &found.error {
        return fill(t.error_pattern, &[error]);
    }
    match (query.text.is_empty(), found.count, found.ordinal) {
        (true, ..) => String::new(),
        (_, 0, _) if found.done => t.find_none.to_owned(),
        (_, hits, _) if !found.done => fill(t.find_searching, &[&count(hits as u64)]),
        (_, hits, Some(ordinal)) => fill(t.find_count, &[&count(ordinal as u64), &count(hits as u64)]),
        (_, hits, None) => plural(t.find_hits, hits as u64),
    }
}
