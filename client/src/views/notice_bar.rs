//! What went wrong and what to do about it.

use yew::prelude::*;

use super::buttons::{icon_button, word_button};
use crate::actions::Action;
use crate::actions::stage::Scene;
use crate::model::notice::Notice;
use crate::model::visible::foreign;
use crate::texts::{Texts, fill};

pub(super) fn notice_bar(scene: &Scene, notice: &Notice, texts: &'static Texts) -> Html {
    let t = &texts.common;
    html! {
        <section class="notice-bar" role="alert" data-testid="error">
            <p class="notice-text">
                <strong>{fill(t.notice_title, &[&notice.title])}</strong>
                {" "}
                {&notice.sentence}
            </p>
            if let Some(suggestion) = &notice.suggestion {
                {word_button(
                    scene,
                    Action::UseSuggestion,
                    "button small",
                    &fill(t.use_suggestion, &[&foreign(suggestion)]),
                )}
            }
            {icon_button(scene, Action::Dismiss, "button icon-button small", texts)}
        </section>
    }
}
