//! The log: what is filtered, found and shown, and what can be done with all of it.
//!
//! `data-testid`: `log` (the scroll container, with `data-count`), `entry` (a row), `follow`, `clear`, `dropped`,
//! `filter`, `filter-error`, `filter-clear`, `filter-case`, `filter-help`, `filter-progress`,
//! `show-received|sent|events|heartbeats`, `show-all`, `find-toggle`, `find`, `find-next`, `find-previous`,
//! `find-count`, `find-close`, `time-mode`, `pause`, `line-count`.

mod files;
mod filter_bar;
mod find_bar;
mod row;
mod rows;
mod tools;

use yew::prelude::*;

use self::filter_bar::filter_bar;
pub(super) use self::filter_bar::{reason as filter_reason, set_filter};
use self::find_bar::find_bar;
use self::rows::Rows;
use self::tools::tools;
use super::buttons::{act, word_button};
use super::icons::{Icon, picture};
use crate::actions::Action;
use crate::actions::stage::Scene;
use crate::model::format::count;
use crate::texts::{Texts, fill, plural};
use crate::views::block::Block;
use crate::views::markup::html;

/// What is said around the rows.
struct Around {
    shown: usize,
    kept: usize,
    unseen: usize,
    fraction: Option<f64>,
    is_finding: bool,
    is_filtered: bool,
}

/// Drawn again with each revision: whenever something in the log may have changed.
pub(super) fn log_pane(scene: &Scene, revision: u64, texts: &'static Texts) -> Html {
    let t = &texts.log;
    let Around { shown, kept, unseen, fraction, is_finding, is_filtered } =
        scene.session().read(|log, list| Around {
            shown: list.rows(log.store()).len(),
            kept: log.store().len(),
            unseen: list.window().unseen(),
            fraction: Some(list.progress())
                .filter(|progress| !progress.done)
                .map(|progress| progress.fraction),
            is_finding: list.search_query().is_some(),
            is_filtered: list.is_filtered(),
        });
    html! {
        <section class="log-pane" aria-label={t.title}>
            {filter_bar(scene, fraction, texts)}
            {tools(scene, texts)}
            if is_finding {
                {find_bar(scene, texts)}
            }
            <div class="log-body">
                {Rows { scene: scene.clone(), revision }.block()}
                if shown == 0 && fraction.is_none() {
                    <div class="log-empty">
                        if kept > 0 && is_filtered {
                            <p class="log-empty-title">{t.no_match_title}</p>
                            <p>{plural(t.no_match, kept as u64)}</p>
                            {word_button(scene, Action::ShowAll, "button small", t.show_all)}
                        } else {
                            <p class="log-empty-title">{t.empty_title}</p>
                            <p>{t.empty_first}</p>
                            <p>{t.empty_second}</p>
                        }
                    </div>
                }
                if unseen > 0 {
                    <button
                        class="button log-follow"
                        type="button"
                        data-testid="follow"
                        onclick={act::<MouseEvent>(scene, Action::Follow)}
                    >
                        {picture(Icon::Down)}
                        {fill(t.new_lines, &[&count(unseen as u64)])}
                    </button>
                }
            </div>
        </section>
    }
}
