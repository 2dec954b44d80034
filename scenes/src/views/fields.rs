//! What a person is called, and where they are.

use page::markup::html;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::app::Stage;
use crate::model::address::{Params, is_name};
use crate::texts::Texts;

/// A room or an arena.
pub(super) struct Where {
    pub(super) label: &'static str,
    pub(super) name: String,
    pub(super) testid: &'static str,
    /// The page's address with another one in it.
    pub(super) choose: fn(Params, String) -> Params,
}

/// `max_name` is how many characters what they are called may have, as it stands in markup.
pub(super) fn fields(
    stage: &Stage,
    max_name: &'static str,
    rename: impl Fn(Event) + 'static,
    there: Where,
    t: &'static Texts,
) -> Html {
    let Where { label, name, testid, choose } = there;
    let join = {
        let stage = stage.clone();
        move |event: Event| {
            let field = event.target_unchecked_into::<HtmlInputElement>();
            let name = field.value();
            if is_name(&name) {
                field.set_custom_validity("");
                stage.set.emit(choose(stage.params.clone(), name));
            } else {
                field.set_custom_validity(t.room_rule);
                field.report_validity();
            }
        }
    };
    html! {
        <div class="fields">
            <label class="labelled">
                <span>{t.your_name}</span>
                <input class="field" value={stage.name()} maxlength={max_name} data-testid="name" onchange={rename} />
            </label>
            <label class="labelled">
                <span>{label}</span>
                <input
                    class="field"
                    value={name}
                    maxlength="64"
                    spellcheck="false"
                    title={t.room_rule}
                    data-testid={testid}
                    onchange={join}
                />
            </label>
        </div>
    }
}
