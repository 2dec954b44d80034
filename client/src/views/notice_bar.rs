//! What went wrong and what to do about it.
//!
//! `data-testid`: `error` (the notice), `use-suggestion`, `give-leave`, `use-preset`, `dismiss`.

use yew::prelude::*;

use super::buttons::{icon_button, word_button};
use crate::actions::Action;
use crate::actions::stage::Scene;
use crate::model::notice::{Notice, Offer};
use crate::model::visible::foreign;
use crate::texts::common::Common;
use crate::texts::{Texts, fill};
use crate::views::markup::html;

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
            {offer(scene, notice, t)}
            {icon_button(scene, Action::Dismiss, "button icon-button small", texts)}
        </section>
    }
}

/// What else the notice offers to do.
fn offer(scene: &Scene, notice: &Notice, t: &Common) -> Html {
    let (action, words) = match notice.offer.as_deref() {
        None => return Html::default(),
        Some(Offer::Leave(leave)) if leave.connects => (Action::GiveLeave, t.leave_connect.to_owned()),
        Some(Offer::Leave(_)) => (Action::GiveLeave, t.leave_agree.to_owned()),
        Some(Offer::Preset(preset)) => (Action::UsePreset, fill(t.preset_use, &[&preset.name()])),
    };
    word_button(scene, action, "button small", &words)
}
