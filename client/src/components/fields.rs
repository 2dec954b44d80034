//! The rows of a form: a label, a control, a hint, and what is wrong.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use workbench::view::Format;
use yew::prelude::*;

use crate::i18n::settings::Settings;

/// What the rows for a message can be in.
pub(super) const FORMATS: [Format; 4] = [Format::Text, Format::Json, Format::Hex, Format::Base64];

/// What an input says.
pub(super) fn input_value(event: &InputEvent) -> String {
    event.target_dyn_into::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default()
}

/// Whether a box is ticked.
pub(super) fn is_checked(event: &Event) -> bool {
    event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked())
}

/// What is chosen from a list.
pub(super) fn chosen_value(event: &Event) -> String {
    event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default()
}

#[derive(PartialEq, Properties)]
pub(super) struct TextRowProps {
    /// Names the control, also as its `data-testid`.
    pub(super) name: AttrValue,
    pub(super) label: AttrValue,
    #[prop_or_default]
    pub(super) hint: AttrValue,
    pub(super) value: AttrValue,
    /// What is wrong with it.
    #[prop_or_default]
    pub(super) problem: Option<AttrValue>,
    /// Whether it is as wide as the form.
    #[prop_or_default]
    pub(super) wide: bool,
    #[prop_or_default]
    pub(super) placeholder: AttrValue,
    /// With every key.
    pub(super) on_input: Callback<String>,
    /// When the person is done with it.
    pub(super) on_done: Callback<()>,
}

/// A line of text.
#[component]
pub(super) fn TextRow(props: &TextRowProps) -> Html {
    let hint_id = format!("{}-hint", props.name);
    let on_input = props.on_input.reform(|event: InputEvent| input_value(&event));
    html! {
        <div class={classes!("setting", props.wide.then_some("wide"))}>
            <label class="setting-label" for={props.name.clone()}>{&props.label}</label>
            <input
                class="field"
                id={props.name.clone()}
                data-testid={props.name.clone()}
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder={props.placeholder.clone()}
                aria-invalid={props.problem.is_some().to_string()}
                aria-describedby={hint_id.clone()}
                value={props.value.clone()}
                oninput={on_input}
                onchange={props.on_done.reform(|_: Event| ())}
            />
            {below(hint_id, &props.hint, props.problem.as_ref())}
        </div>
    }
}

/// What is wrong, or else the hint.
pub(super) fn below(id: String, hint: &AttrValue, problem: Option<&AttrValue>) -> Html {
    match problem {
        Some(problem) => html! {
            <p class="setting-problem" {id} role="alert" data-testid="setting-problem">{problem}</p>
        },
        None => html! { <p class="setting-hint" {id}>{hint}</p> },
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct SwitchRowProps {
    pub(super) name: AttrValue,
    pub(super) label: AttrValue,
    #[prop_or_default]
    pub(super) hint: AttrValue,
    pub(super) checked: bool,
    pub(super) on_change: Callback<bool>,
}

/// On or off.
#[component]
pub(super) fn SwitchRow(props: &SwitchRowProps) -> Html {
    let hint_id = format!("{}-hint", props.name);
    let on_change = props.on_change.reform(|event: Event| is_checked(&event));
    html! {
        <div class="setting switch">
            <label class="setting-label">
                <input
                    type="checkbox"
                    data-testid={props.name.clone()}
                    aria-describedby={hint_id.clone()}
                    checked={props.checked}
                    onchange={on_change}
                />
                {&props.label}
            </label>
            <p class="setting-hint" id={hint_id}>{&props.hint}</p>
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(super) struct ChoiceRowProps {
    pub(super) name: AttrValue,
    pub(super) label: AttrValue,
    #[prop_or_default]
    pub(super) hint: AttrValue,
    /// Each value with its words.
    pub(super) choices: Vec<(&'static str, AttrValue)>,
    pub(super) chosen: &'static str,
    pub(super) on_change: Callback<String>,
}

/// One of several.
#[component]
pub(super) fn ChoiceRow(props: &ChoiceRowProps) -> Html {
    let hint_id = format!("{}-hint", props.name);
    html! {
        <div class="setting">
            <label class="setting-label" for={props.name.clone()}>{&props.label}</label>
            {select(&props.name, &props.choices, props.chosen, props.on_change.clone(), Some(hint_id.clone()), None)}
            <p class="setting-hint" id={hint_id}>{&props.hint}</p>
        </div>
    }
}

/// A list to choose from, by itself.
pub(super) fn select(
    name: &AttrValue,
    choices: &[(&'static str, AttrValue)],
    chosen: &str,
    on_change: Callback<String>,
    described_by: Option<String>,
    label: Option<AttrValue>,
) -> Html {
    let on_change = on_change.reform(|event: Event| chosen_value(&event));
    html! {
        <select
            class="field select"
            id={name.clone()}
            data-testid={name.clone()}
            aria-describedby={described_by}
            aria-label={label}
            onchange={on_change}
        >
            for (value, words) in choices {
                <option key={*value} value={*value} selected={*value == chosen}>{words}</option>
            }
        </select>
    }
}

/// The formats a message can be written in.
pub(super) fn formats(t: &Settings) -> Vec<(&'static str, AttrValue)> {
    let words = [t.format_text, t.format_json, t.format_hex, t.format_base64];
    FORMATS.iter().zip(words).map(|(format, words)| (format.word(), words.into())).collect()
}
