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

pub(crate) use self::files::load;
use self::filter_bar::FilterBar;
pub(super) use self::filter_bar::set_filter;
use self::find_bar::FindBar;
use self::rows::Rows;
use self::tools::Tools;
use super::icons::{Icon, picture};
use crate::i18n::{plural, use_texts};
use crate::model::format::count;
use crate::model::list::{Query, Toggles};
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct LogPaneProps {
    pub(super) session: Session,
    /// Changes whenever something in the log may have.
    pub(super) revision: u64,
    /// An entry was selected, or none any more.
    pub(super) on_select: Callback<bool>,
}

/// What is said around the rows.
struct Around {
    shown: usize,
    kept: usize,
    unseen: usize,
    fraction: Option<f64>,
    is_finding: bool,
}

#[component]
pub(super) fn LogPane(props: &LogPaneProps) -> Html {
    let t = &use_texts().log;
    let session = &props.session;
    let Around { shown, kept, unseen, fraction, is_finding } = session.read(|log, list| Around {
        shown: list.rows(log.store()).len(),
        kept: log.store().len(),
        unseen: list.window().unseen(),
        fraction: Some(list.progress()).filter(|progress| !progress.done).map(|progress| progress.fraction),
        is_finding: list.search_query().is_some(),
    });
    let follow = {
        let session = session.clone();
        move |_: MouseEvent| session.look(|list, _| list.window_mut().set_following(true))
    };
    let show_all = {
        let session = session.clone();
        move |_: MouseEvent| {
            session.look(|list, log| {
                list.set_filter(Query::default(), Default::default(), log.store());
                let heartbeats = list.toggles().heartbeats;
                list.set_toggles(Toggles { heartbeats, ..Toggles::default() }, log.store());
            });
        }
    };
    let is_filtered = session.read(|_, list| list.is_filtered());
    html! {
        <section class="log-pane" aria-label={t.title}>
            <FilterBar session={session.clone()} revision={props.revision} {fraction} />
            <Tools session={session.clone()} revision={props.revision} on_select={props.on_select.clone()} />
            if is_finding {
                <FindBar session={session.clone()} revision={props.revision} on_select={props.on_select.clone()} />
            }
            <div class="log-body">
                <Rows session={session.clone()} revision={props.revision} on_select={props.on_select.clone()} />
                if shown == 0 && fraction.is_none() {
                    <div class="log-empty">
                        if kept > 0 && is_filtered {
                            <p class="log-empty-title">{t.no_match_title}</p>
                            <p>{plural(t.no_match, kept as u64)}</p>
                            <button class="button small" type="button" data-testid="show-all" onclick={show_all}>
                                {t.show_all}
                            </button>
                        } else {
                            <p class="log-empty-title">{t.empty_title}</p>
                            <p>{t.empty_first}</p>
                            <p>{t.empty_second}</p>
                        }
                    </div>
                }
                if unseen > 0 {
                    <button class="button log-follow" type="button" data-testid="follow" onclick={follow}>
                        {picture(Icon::Down)}
                        {crate::i18n::fill(t.new_lines, &[&count(unseen as u64)])}
                    </button>
                }
            </div>
        </section>
    }
}
