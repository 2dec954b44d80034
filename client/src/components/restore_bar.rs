//! Offers the logs of an earlier visit.
//!
//! `data-testid`: `restore` (the bar), `restore-open`, `restore-discard`.

use wasm_bindgen::JsValue;
use yew::prelude::*;

use crate::i18n::{fill, use_lang, use_texts};
use crate::keep::{Keeper, Visit};
use crate::model::address::short;
use crate::workspace::Workspace;

#[derive(PartialEq, Properties)]
pub(super) struct RestoreBarProps {
    pub(super) workspace: Workspace,
}

/// Keeps the logs as long as it is there, and shows itself while there is something to offer.
#[component]
pub(super) fn RestoreBar(props: &RestoreBarProps) -> Html {
    let t = &use_texts().common;
    let lang = use_lang();
    let visit = use_state_eq(|| None::<Visit>);
    let keeper = use_state_eq(|| None::<Keeper>);
    {
        let (visit, keeper) = (visit.setter(), keeper.setter());
        use_effect_with(props.workspace.clone(), move |workspace| {
            keeper.set(Some(Keeper::start(workspace.clone(), move |left| visit.set(Some(left)))));
        });
    }
    let (Some(left), Some(keeper)) = (&*visit, &*keeper) else { return Html::default() };
    let names: Vec<&str> =
        left.logs.iter().map(|log| short(&log.url)).filter(|name| !name.is_empty()).collect();
    let tag = lang.map_or("en", |context| context.lang.tag());
    let began = js_sys::Date::new(&JsValue::from_f64(left.began_millis as f64));
    let began = String::from(began.to_locale_string(tag, &JsValue::UNDEFINED));
    let open = {
        let (keeper, left, visit) = (keeper.clone(), left.clone(), visit.setter());
        move |_: MouseEvent| {
            keeper.restore(&left);
            visit.set(None);
        }
    };
    let discard = {
        let (keeper, left, visit) = (keeper.clone(), left.clone(), visit.setter());
        move |_: MouseEvent| {
            keeper.discard(&left);
            visit.set(None);
        }
    };
    html! {
        <section class="restore-bar" aria-label={t.restore} data-testid="restore">
            <p class="restore-text">
                {fill(t.restore_text, &[&began])}
                if !names.is_empty() {
                    {" "}<code>{names.join(", ")}</code>
                }
            </p>
            <button class="button small" type="button" data-testid="restore-open" onclick={open}>{t.restore_open}</button>
            <button class="button small quiet" type="button" data-testid="restore-discard" onclick={discard}>
                {t.restore_discard}
            </button>
        </section>
    }
}
