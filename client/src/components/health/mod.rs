//! How the connection is doing, in depth.

use yew::prelude::*;

use crate::i18n::use_texts;
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct HealthPanelProps {
    pub(super) session: Session,
}

#[component]
pub(super) fn HealthPanel(_props: &HealthPanelProps) -> Html {
    let t = &use_texts().health;
    html! { <h2 class="panel-title">{t.title}</h2> }
}
