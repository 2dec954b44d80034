//! Offers the logs of an earlier visit.
//!
//! `data-testid`: `restore` (the bar), `restore-visit` (one each) with `restore-open` and `restore-discard`.

use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::lasting::journal::{Journal, Visit};
use crate::model::address::short;
use crate::running::workspace::Workspace;
use crate::texts::fill;
use crate::views::block::block;
use crate::views::hooks::use_effect_on;
use crate::views::lang::{use_lang, use_texts};
use crate::views::markup::html;

/// Writes down the logs as long as it is there, and shows itself while there is something to offer: each visit that is
/// over, the latest first.
#[derive(PartialEq)]
pub(super) struct RestoreBar {
    pub(super) workspace: Workspace,
}

block!(RestoreBar, use_restore_bar);

#[hook]
fn use_restore_bar(props: &RestoreBar) -> Html {
    let t = &use_texts().common;
    let lang = use_lang();
    let visits = use_mut_ref(Vec::<Visit>::new);
    let update = use_force_update();
    let journal = use_state_eq(|| None::<Journal>);
    {
        let (visits, update, journal) = (visits.clone(), update.clone(), journal.setter());
        use_effect_on(props.workspace.clone(), move |workspace| {
            let on_visit = move |left: Visit| {
                visits.borrow_mut().insert(0, left);
                update.force_update();
            };
            journal.set(Some(Journal::start(workspace.clone(), on_visit)));
        });
    }
    let Some(journal) = (*journal).clone() else { return Html::default() };
    let left = visits.borrow().clone();
    if left.is_empty() {
        return Html::default();
    }
    let settle = move |visit: &Visit, act: fn(&Journal, &Visit)| {
        let (journal, visit, visits, update) =
            (journal.clone(), visit.clone(), visits.clone(), update.clone());
        move |_: MouseEvent| {
            act(&journal, &visit);
            visits.borrow_mut().retain(|other| *other != visit);
            update.force_update();
        }
    };
    let tag = lang.map_or("en", |context| context.lang.tag());
    html! {
        <section class="restore-bar" aria-label={t.restore} data-testid="restore">
            for visit in left.iter() {
                <div class="restore-visit" key={visit.began_millis.to_string()} data-testid="restore-visit">
                    <p class="restore-text">
                        {fill(t.restore_text, &[&began(visit, tag)])}
                        for name in names(visit) {
                            {" "}<code>{name}</code>
                        }
                    </p>
                    <button
                        class="button small"
                        type="button"
                        data-testid="restore-open"
                        onclick={settle(visit, Journal::restore)}
                    >
                        {t.restore_open}
                    </button>
                    <button
                        class="button small quiet"
                        type="button"
                        data-testid="restore-discard"
                        onclick={settle(visit, Journal::discard)}
                    >
                        {t.restore_discard}
                    </button>
                </div>
            }
        </section>
    }
}

/// When a visit began, as people write it.
fn began(visit: &Visit, tag: &str) -> String {
    let began = js_sys::Date::new(&JsValue::from_f64(visit.began_millis as f64));
    String::from(began.to_locale_string(tag, &JsValue::UNDEFINED))
}

/// What its logs were connected to.
fn names(visit: &Visit) -> Vec<String> {
    let names = visit.logs.iter().map(|log| short(&log.address));
    names.filter(|name| !name.is_empty()).collect()
}
