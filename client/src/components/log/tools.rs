//! How much there is, how it is written, and what can be done with all of it.

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::files::Files;
use crate::components::icons::{Icon, picture};
use crate::i18n::{fill, plural, use_texts};
use crate::model::format::count;
use crate::model::list::{Query, TimeMode};
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct ToolsProps {
    pub(super) session: Session,
    pub(super) revision: u64,
    pub(super) on_select: Callback<bool>,
}

struct State {
    shown: u64,
    kept: u64,
    dropped: u64,
    held_back: u64,
    is_filtered: bool,
    is_paused: bool,
    is_finding: bool,
    time_mode: TimeMode,
}

const TIME_MODES: [(TimeMode, &str); 4] = [
    (TimeMode::Clock, "clock"),
    (TimeMode::Relative, "relative"),
    (TimeMode::Delta, "delta"),
    (TimeMode::Selected, "selected"),
];

#[component]
pub(super) fn Tools(props: &ToolsProps) -> Html {
    let t = &use_texts().log;
    let session = &props.session;
    let state = session.read(|log, list| State {
        shown: list.rows(log.store()).len() as u64,
        kept: log.store().len() as u64,
        dropped: log.store().dropped().entries,
        held_back: list.held_back(log.store()),
        is_filtered: list.is_filtered(),
        is_paused: list.is_paused(),
        is_finding: list.search_query().is_some(),
        time_mode: list.time_mode,
    });
    let clear = {
        let (session, on_select) = (session.clone(), props.on_select.clone());
        move |_: MouseEvent| {
            on_select.emit(false);
            session.clear();
        }
    };
    let pause = {
        let (session, is_paused) = (session.clone(), state.is_paused);
        move |_: MouseEvent| session.look(|list, log| list.set_paused(!is_paused, log.store()))
    };
    let find = {
        let (session, is_finding) = (session.clone(), state.is_finding);
        move |_: MouseEvent| {
            let query = (!is_finding).then(Query::default);
            session.look(|list, log| list.set_search(query, log.store()));
        }
    };
    let on_time = {
        let session = session.clone();
        move |event: Event| {
            let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else { return };
            let chosen = TIME_MODES.iter().find(|(_, name)| *name == select.value());
            session.look(|list, _| list.time_mode = chosen.map_or_else(TimeMode::default, |(mode, _)| *mode));
        }
    };
    let lines = if state.is_filtered {
        fill(t.of_all, &[&count(state.shown), &count(state.kept)])
    } else {
        plural(t.lines, state.shown)
    };
    let pause_title = if state.is_paused { t.resume } else { t.pause };
    html! {
        <div class="log-tools">
            <span class="log-count" data-testid="line-count">{lines}</span>
            if state.dropped > 0 {
                <span class="log-dropped" data-testid="dropped">{fill(t.dropped, &[&count(state.dropped)])}</span>
            }
            if state.is_paused && state.held_back > 0 {
                <span class="log-dropped" role="status">{fill(t.held_back, &[&count(state.held_back)])}</span>
            }
            <span class="log-actions">
                <select class="small-select" aria-label={t.times} title={t.times} data-testid="time-mode" onchange={on_time}>
                    for (mode, name) in TIME_MODES {
                        <option value={name} selected={mode == state.time_mode}>{time_name(mode, t)}</option>
                    }
                </select>
                <button
                    class="button icon-button small"
                    type="button"
                    title={t.find}
                    aria-label={t.find}
                    aria-pressed={state.is_finding.to_string()}
                    data-testid="find-toggle"
                    aria-keyshortcuts="f"
                    onclick={find}
                >
                    {picture(Icon::Search)}
                </button>
                <button
                    class="button icon-button small"
                    type="button"
                    title={pause_title}
                    aria-label={pause_title}
                    aria-pressed={state.is_paused.to_string()}
                    data-testid="pause"
                    aria-keyshortcuts="s"
                    onclick={pause}
                >
                    {picture(if state.is_paused { Icon::Play } else { Icon::Pause })}
                </button>
                <Files session={session.clone()} is_empty={state.kept == 0} is_filtered={state.is_filtered} />
                <button
                    class="button icon-button small"
                    type="button"
                    title={t.clear}
                    aria-label={t.clear}
                    data-testid="clear"
                    disabled={state.kept == 0}
                    onclick={clear}
                >
                    {picture(Icon::Trash)}
                </button>
            </span>
        </div>
    }
}

fn time_name(mode: TimeMode, t: &crate::i18n::log::Log) -> &'static str {
    match mode {
        TimeMode::Clock => t.time_clock,
        TimeMode::Relative => t.time_relative,
        TimeMode::Delta => t.time_delta,
        TimeMode::Selected => t.time_selected,
    }
}
