//! Where a breakpoint is set.

use js_sys::encode_uri_component;
use web_sys::SubmitEvent;
use yew::prelude::*;

use super::rows::direction;
use super::{Places, outcome};
use crate::running::fetching;
use crate::views::block::block;
use crate::views::fields::{chosen_value, input_value, is_checked, select};
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// How long messages are held; the person has to read and write in that time.
const DEADLINES: [&str; 5] = ["30s", "1m", "5m", "30m", "1h"];

#[derive(PartialEq)]
pub(super) struct Setting {
    pub(super) places: Places,
}

#[derive(Clone, PartialEq)]
struct Form {
    place: String,
    label: String,
    direction: String,
    filter: String,
    deadline: String,
    heartbeats: bool,
}

block!(Setting, use_setting);

#[hook]
fn use_setting(props: &Setting) -> Html {
    let t = &use_texts().settings;
    let form = use_state_eq(|| Form {
        place: String::new(),
        label: String::new(),
        direction: "both".to_owned(),
        filter: String::new(),
        deadline: "5m".to_owned(),
        heartbeats: false,
    });
    let problem = use_state_eq(String::new);
    let change = |change: fn(&mut Form, String)| {
        let form = form.clone();
        Callback::from(move |value: String| {
            let mut changed = (*form).clone();
            change(&mut changed, value);
            form.set(changed);
        })
    };
    let on_heartbeats = change(|form, value| form.heartbeats = !value.is_empty())
        .reform(|event: Event| if is_checked(&event) { "on".to_owned() } else { String::new() });
    let submit = {
        let (form, problem) = (form.clone(), problem.setter());
        move |event: SubmitEvent| {
            event.prevent_default();
            let Form { place, label, direction, filter, deadline, heartbeats } = &*form;
            let heartbeats = if *heartbeats { "on" } else { "off" };
            let filter = encode_uri_component(filter);
            let label = match label.trim() {
                "" => String::new(),
                label => format!("&label={}", encode_uri_component(label)),
            };
            let address = format!(
                "api/breakpoints?{place}{label}&direction={direction}&filter={filter}&deadline={deadline}&heartbeats={heartbeats}"
            );
            let problem = problem.clone();
            fetching::ask("POST", address, None, move |told| problem.set(outcome(told, t)));
        }
    };
    let directions = ["both", "to-target", "to-client"].map(|word| (word, direction(word, t).into()));
    let deadlines = DEADLINES.map(|word| (word, word.into()));
    html! {
        <form class="hold-form" onsubmit={submit}>
            <label class="hold-field">
                <span>{t.hold_where}</span>
                {place_select("hold-place", &props.places, &form.place, change(|form, value| form.place = value))}
            </label>
            <label class="hold-field">
                <span>{t.hold_label}</span>
                {line("hold-label", t.hold_label_hint, &form.label, change(|form, value| form.label = value))}
            </label>
            <label class="hold-field" for="hold-direction">
                <span>{t.hold_direction}</span>
                {select(&"hold-direction".into(), &directions, &form.direction, change(|form, value| form.direction = value), None, None)}
            </label>
            <label class="hold-field wide">
                <span>{t.hold_filter}</span>
                {line("hold-filter", t.hold_filter_hint, &form.filter, change(|form, value| form.filter = value))}
            </label>
            <label class="hold-field" for="hold-deadline">
                <span>{t.hold_deadline}</span>
                {select(&"hold-deadline".into(), &deadlines, &form.deadline, change(|form, value| form.deadline = value), None, None)}
            </label>
            <label class="option">
                <input type="checkbox" data-testid="hold-heartbeats" checked={form.heartbeats} onchange={on_heartbeats} />
                <span>{t.hold_heartbeats}</span>
            </label>
            <button class="button primary" type="submit" data-testid="hold-set">{t.hold_set}</button>
            if !problem.is_empty() {
                <p class="setting-problem wide" role="alert" data-testid="hold-problem">{&*problem}</p>
            }
        </form>
    }
}

fn line(name: &'static str, hint: &'static str, value: &str, on_input: Callback<String>) -> Html {
    html! {
        <input
            class="field"
            type="text"
            data-testid={name}
            placeholder={hint}
            autocapitalize="off"
            autocomplete="off"
            spellcheck="false"
            value={value.to_owned()}
            oninput={on_input.reform(|event: InputEvent| input_value(&event))}
        />
    }
}

/// A choice of connections.
pub(super) fn place_select(
    name: &'static str,
    places: &Places,
    chosen: &str,
    on_change: Callback<String>,
) -> Html {
    html! {
        <select class="field select" data-testid={name} onchange={on_change.reform(|event: Event| chosen_value(&event))}>
            for (value, words) in places {
                <option key={value.to_string()} value={value.clone()} selected={**value == *chosen}>{words}</option>
            }
        </select>
    }
}
