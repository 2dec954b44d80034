//! Numbers in messages as a live chart.

use yew::prelude::*;

use crate::i18n::use_texts;
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct PlotPanelProps {
    pub(super) session: Session,
}

#[component]
pub(super) fn PlotPanel(_props: &PlotPanelProps) -> Html {
    let t = &use_texts().health;
    html! { <h2 class="panel-title">{t.plot_title}</h2> }
}
