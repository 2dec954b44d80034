//! What went wrong and what to do about it.

use std::rc::Rc;

use yew::prelude::*;

use super::icons::{Icon, Picture};
use crate::model::store::Notice;
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct NoticeBarProps {
    pub(super) session: Session,
    pub(super) notice: Rc<Notice>,
    pub(super) on_suggestion: Callback<AttrValue>,
}

#[component]
pub(super) fn NoticeBar(props: &NoticeBarProps) -> Html {
    let notice = &props.notice;
    let dismiss = {
        let session = props.session.clone();
        move |_: MouseEvent| session.dismiss()
    };
    html! {
        <section class="notice-bar" role="alert" data-testid="error">
            <p class="notice-text">
                <strong>{format!("{}. ", notice.title)}</strong>
                {&notice.sentence}
            </p>
            if let Some(suggestion) = notice.suggestion.clone().map(AttrValue::from) {
                <button
                    class="button small"
                    type="button"
                    data-testid="use-suggestion"
                    onclick={props.on_suggestion.reform({
                        let suggestion = suggestion.clone();
                        move |_: MouseEvent| suggestion.clone()
                    })}
                >
                    {format!("Use {suggestion}")}
                </button>
            }
            <button
                class="button icon-button small"
                type="button"
                title="Dismiss"
                aria-label="Dismiss"
                data-testid="dismiss"
                onclick={dismiss}
            >
                <Picture icon={Icon::Close} />
            </button>
        </section>
    }
}
