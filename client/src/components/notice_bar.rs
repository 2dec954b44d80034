//! What went wrong and what to do about it.

use std::rc::Rc;

use yew::prelude::*;

use super::icons::{Icon, picture};
use crate::i18n::{fill, use_texts};
use crate::model::notice::Notice;
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct NoticeBarProps {
    pub(super) session: Session,
    pub(super) notice: Rc<Notice>,
    pub(super) on_suggestion: Callback<AttrValue>,
}

#[component]
pub(super) fn NoticeBar(props: &NoticeBarProps) -> Html {
    let t = &use_texts().common;
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
                    {fill(t.use_suggestion, &[&suggestion])}
                </button>
            }
            <button
                class="button icon-button small"
                type="button"
                title={t.dismiss}
                aria-label={t.dismiss}
                data-testid="dismiss"
                onclick={dismiss}
            >
                {picture(Icon::Close)}
            </button>
        </section>
    }
}
