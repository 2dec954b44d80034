//! The rows of a form: a label, a control, a hint, and what is wrong.

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use workbench::view::Format;
use yew::prelude::*;

use crate::texts::settings::Settings;
use crate::views::markup::html;

/// What the rows for a message can be in.
pub(super) const FORMATS: [Format; 4] = [Format::Text, Format::Json, Format::Hex, Format::Base64];

/// What an input says.
pub(super) fn input_value(event: &InputEvent) -> String {
    event.target_dyn_into::<HtmlInputElement>().map(|input| input.value()).unwrap_or_default()
}

/// What lines of text say.
pub(super) fn area_value(event: &InputEvent) -> String {
    event.target_dyn_into::<HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default()
}

/// Whether a box is ticked.
pub(super) fn is_checked(event: &Event) -> bool {
    event.target_dyn_into::<HtmlInputElement>().is_some_and(|input| input.checked())
}

/// What is chosen from a list.
pub(super) fn chosen_value(event: &Event) -> String {
    event.target_dyn_into::<HtmlSelectElement>().map(|select| select.value()).unwrap_or_default()
}

#[derive(Default)]
pub(super) struct TextRow {
    /// Names the control, also as its `data-testid`.
    pub(super) name: AttrValue,
    pub(super) label: AttrValue,
    pub(super) hint: AttrValue,
    pub(super) value: AttrValue,
    /// What is wrong with it.
    pub(super) problem: Option<AttrValue>,
    /// Whether it is as wide as the form.
    pub(super) wide: bool,
    /// Whether nobody is to read it over the person's shoulder.
    pub(super) secret: bool,
    pub(super) placeholder: AttrValue,
    /// With every key.
    pub(super) on_input: Callback<String>,
    /// When the person is done with it.
    pub(super) on_done: Callback<()>,
}

impl TextRow {
    /// A line of text.
    pub(super) fn view(&self) -> Html {
        let hint_id = format!("{}-hint", self.name);
        let on_input = self.on_input.reform(|event: InputEvent| input_value(&event));
        html! {
            <div class={classes!("setting", self.wide.then_some("wide"))}>
                <label class="setting-label" for={self.name.clone()}>{&self.label}</label>
                <input
                    class="field"
                    id={self.name.clone()}
                    data-testid={self.name.clone()}
                    type={if self.secret { "password" } else { "text" }}
                    autocomplete={if self.secret { "new-password" } else { "off" }}
                    autocapitalize="off"
                    spellcheck="false"
                    placeholder={self.placeholder.clone()}
                    aria-invalid={self.problem.is_some().to_string()}
                    aria-describedby={hint_id.clone()}
                    value={self.value.clone()}
                    oninput={on_input}
                    onchange={self.on_done.reform(|_: Event| ())}
                />
                {below(hint_id, &self.hint, self.problem.as_ref())}
            </div>
        }
    }
}

#[derive(Default)]
pub(super) struct AreaRow {
    /// Names the control, also as its `data-testid`.
    pub(super) name: AttrValue,
    pub(super) label: AttrValue,
    pub(super) hint: AttrValue,
    pub(super) value: AttrValue,
    /// What is wrong with it.
    pub(super) problem: Option<AttrValue>,
    /// With every key.
    pub(super) on_input: Callback<String>,
    /// When the person is done with it.
    pub(super) on_done: Callback<()>,
}

impl AreaRow {
    /// Lines of text.
    pub(super) fn view(&self) -> Html {
        let hint_id = format!("{}-hint", self.name);
        html! {
            <div class="setting wide">
                <label class="setting-label" for={self.name.clone()}>{&self.label}</label>
                <textarea
                    class="field opening-text"
                    id={self.name.clone()}
                    data-testid={self.name.clone()}
                    rows="2"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid={self.problem.is_some().to_string()}
                    aria-describedby={hint_id.clone()}
                    value={self.value.clone()}
                    oninput={self.on_input.reform(|event: InputEvent| area_value(&event))}
                    onchange={self.on_done.reform(|_: Event| ())}
                />
                {below(hint_id, &self.hint, self.problem.as_ref())}
            </div>
        }
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

#[derive(Default)]
pub(super) struct SwitchRow {
    pub(super) name: AttrValue,
    pub(super) label: AttrValue,
    pub(super) hint: AttrValue,
    pub(super) checked: bool,
    pub(super) on_change: Callback<bool>,
}

impl SwitchRow {
    /// On or off.
    pub(super) fn view(&self) -> Html {
        let hint_id = format!("{}-hint", self.name);
        let on_change = self.on_change.reform(|event: Event| is_checked(&event));
        html! {
            <div class="setting switch">
                <label class="setting-label">
                    <input
                        type="checkbox"
                        data-testid={self.name.clone()}
                        aria-describedby={hint_id.clone()}
                        checked={self.checked}
                        onchange={on_change}
                    />
                    {&self.label}
                </label>
                <p class="setting-hint" id={hint_id}>{&self.hint}</p>
            </div>
        }
    }
}

#[derive(Default)]
pub(super) struct ChoiceRow {
    pub(super) name: AttrValue,
    pub(super) label: AttrValue,
    pub(super) hint: AttrValue,
    /// Each value with its words.
    pub(super) choices: Vec<(&'static str, AttrValue)>,
    pub(super) chosen: &'static str,
    pub(super) on_change: Callback<String>,
}

impl ChoiceRow {
    /// One of several.
    pub(super) fn view(&self) -> Html {
        let hint_id = format!("{}-hint", self.name);
        html! {
            <div class="setting">
                <label class="setting-label" for={self.name.clone()}>{&self.label}</label>
                {select(&self.name, &self.choices, self.chosen, self.on_change.clone(), Some(hint_id.clone()), None)}
                <p class="setting-hint" id={hint_id}>{&self.hint}</p>
            </div>
        }
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
