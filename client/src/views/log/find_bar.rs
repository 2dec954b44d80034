//! Find in the log.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::actions::Action;
use crate::actions::stage::Scene;
use crate::model::fault;
use crate::model::format::count;
use crate::model::list::{Found, Query};
use crate::texts::log::Log;
use crate::texts::{Texts, fill, plural};
use crate::views::buttons::icon_button;
use crate::views::icons::{Icon, picture};
use crate::views::markup::html;

pub(super) fn find_bar(scene: &Scene, texts: &'static Texts) -> Html {
    let t = &texts.log;
    let session = scene.session();
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
    let on_key = {
        let scene = scene.clone();
        move |event: KeyboardEvent| {
            let action = match event.key().as_str() {
                _ if event.is_composing() => return,
                // The newest hit is where a search begins, so that on is back in time.
                "Enter" if event.shift_key() => Action::FindNext,
                "Enter" | "ArrowUp" => Action::FindPrevious,
                "ArrowDown" => Action::FindNext,
                "Escape" => Action::CloseFind,
                _ => return,
            };
            event.prevent_default();
            scene.perform(action);
        }
    };
    html! {
        <div class="find-bar" role="search" aria-label={t.find}>
            <div class={classes!("filter-field", found.error.is_some().then_some("wrong"))}>
                {picture(Icon::Search)}
                <input
                    ref={scene.places().find.clone()}
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
            for action in [Action::FindPrevious, Action::FindNext, Action::CloseFind] {
                {icon_button(scene, action, "button icon-button small", texts)}
            }
        </div>
    }
}

fn state(query: &Query, found: &Found, t: &Log) -> String {
    if let Some(error) = &found.error {
        return fill(t.error_pattern, &[&fault::pattern(*error, t)]);
    }
    match (query.text.is_empty(), found.count, found.ordinal) {
        (true, ..) => String::new(),
        (_, 0, _) if found.done => t.find_none.to_owned(),
        (_, hits, _) if !found.done => fill(t.find_searching, &[&count(hits as u64)]),
        (_, hits, Some(ordinal)) => fill(t.find_count, &[&count(ordinal as u64), &count(hits as u64)]),
        (_, hits, None) => plural(t.find_hits, hits as u64),
    }
}
