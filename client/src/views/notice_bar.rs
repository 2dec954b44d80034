//! What went wrong and what to do about it.
//!
//! `data-testid`: `error` (the notice), `use-suggestion`, `give-leave`, `use-preset`, `dismiss`.

use yew::prelude::*;

use super::buttons::{icon_button, word_button};
use crate::actions::Action;
use crate::actions::stage::Scene;
use crate::model::notice::{Matter, Notice};
use crate::model::visible::foreign;
use crate::texts::common::Common;
use crate::texts::{Texts, fill};

pub(super) fn notice_bar(scene: &Scene, notice: &Notice, texts: &'static Texts) -> Html {
    let t = &texts.common;
    html! {
        <section class="notice-bar" role="alert" data-testid="error">
            <p class="notice-text">
                <strong>{fill(t.notice_title, &[&notice.title(texts)])}</strong>
                {" "}
                {notice.sentence(texts)}
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
    let (action, words) = match &notice.matter {
        Matter::Leave(leave) if leave.connects => (Action::GiveLeave, t.leave_connect.to_owned()),
        Matter::Leave(_) => (Action::GiveLeave, t.leave_agree.to_owned()),
        Matter::Preset(preset) => (Action::UsePreset, fill(t.preset_use, &[&preset.name()])),
        _ => return Html::default(),
    };
    word_button(scene, action, "button small", &words)
}
