//! How much there is, how it is written, and what can be done with all of it.

use yew::prelude::*;

use super::files::Files;
use crate::actions::Action;
use crate::actions::perform::selection_sentence;
use crate::actions::stage::Scene;
use crate::model::format::count;
use crate::model::list::TimeMode;
use crate::texts::log::Log;
use crate::texts::{Texts, fill, plural};
use crate::views::buttons::icon_button;
use crate::views::fields::chosen_value;

struct State {
    shown: u64,
    kept: u64,
    all: u64,
    dropped: u64,
    held_back: u64,
    is_filtered: bool,
    is_paused: bool,
    time_mode: TimeMode,
}

const TIME_MODES: [(TimeMode, &str); 4] = [
    (TimeMode::Clock, "clock"),
    (TimeMode::Relative, "relative"),
    (TimeMode::Delta, "delta"),
    (TimeMode::Selected, "selected"),
];

pub(super) fn tools(scene: &Scene, texts: &'static Texts) -> Html {
    let t = &texts.log;
    let session = scene.session();
    let state = session.read(|log, list| State {
        shown: list.rows(log.store()).len() as u64,
        kept: log.store().len() as u64,
        // What is hidden by habit is not counted as filtered out.
        all: (log.store().len() - if list.toggles().heartbeats { 0 } else { log.store().heartbeats() })
            as u64,
        dropped: log.store().dropped().entries,
        held_back: list.held_back(log.store()),
        is_filtered: list.is_filtered(),
        is_paused: list.is_paused(),
        time_mode: list.time_mode,
    });
    let on_time = {
        let scene = scene.clone();
        move |event: Event| {
            let chosen = chosen_value(&event);
            if let Some((mode, _)) = TIME_MODES.iter().find(|(_, name)| *name == chosen) {
                scene.perform(Action::Times(*mode));
            }
        }
    };
    let lines = if state.is_filtered {
        fill(t.of_all, &[&count(state.shown), &count(state.all)])
    } else {
        plural(t.lines, state.shown)
    };
    html! {
        <div class="log-tools">
            <span class="log-count" data-testid="line-count">{lines}</span>
            if state.dropped > 0 {
                <span class="log-dropped" data-testid="dropped">{fill(t.dropped, &[&count(state.dropped)])}</span>
            }
            if state.is_paused && state.held_back > 0 {
                <span class="log-dropped" role="status">{fill(t.held_back, &[&count(state.held_back)])}</span>
            }
            if let Some(selected) = selection_sentence(scene.selected()) {
                <span class="log-selection" data-testid="selection">
                    {selected}
                    {icon_button(scene, Action::Copy, "button icon-button small", texts)}
                    {icon_button(scene, Action::Resend, "button icon-button small", texts)}
                </span>
            }
            <span class="log-actions">
                <select class="small-select" aria-label={t.times} title={t.times} data-testid="time-mode" onchange={on_time}>
                    for (mode, name) in TIME_MODES {
                        <option value={name} selected={mode == state.time_mode}>{time_name(mode, t)}</option>
                    }
                </select>
                {icon_button(scene, Action::Find, "button icon-button small", texts)}
                {icon_button(scene, Action::Pause, "button icon-button small", texts)}
                <Files
                    session={session.clone()}
                    is_empty={state.kept == 0}
                    is_filtered={state.is_filtered}
                    selected={scene.selected()}
                />
                {icon_button(scene, Action::Clear, "button icon-button small", texts)}
            </span>
        </div>
    }
}

fn time_name(mode: TimeMode, t: &Log) -> &'static str {
    match mode {
        TimeMode::Clock => t.time_clock,
        TimeMode::Relative => t.time_relative,
        TimeMode::Delta => t.time_delta,
        TimeMode::Selected => t.time_selected,
    }
}
