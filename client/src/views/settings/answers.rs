//! What is answered by rule, and protocols that are known.
//!
//! `data-testid`: `preset` (the choice), `answer-add`, and per rule `answer-<n>` (what is sent), `answer-<n>-on`,
//! `answer-<n>-filter`, `answer-<n>-format`, `answer-<n>-delay`, `answer-<n>-limit`, `answer-<n>-count`,
//! `answer-<n>-remove`.

use workbench::answers::{MAX_RULES, Rule, RuleError};
use workbench::preset::Preset;
use workbench::view::Format;
use yew::prelude::*;

use super::editor::Editor;
use super::opening::focus;
use crate::lasting::variables;
use crate::model::fault;
use crate::model::format::count;
use crate::model::settings::rules::RuleForm;
use crate::texts::settings::Settings;
use crate::texts::{fill, texts};
use crate::views::fields::{TextRow, below, chosen_value, formats, is_checked, select};
use crate::views::icons::{Icon, picture};
use crate::views::log::filter_reason;
use crate::views::markup::html;

/// What is answered, and how.
pub(super) fn answers(editor: &Editor, t: &'static Settings) -> Html {
    let form = editor.form();
    let on_preset = {
        let editor = editor.clone();
        move |event: Event| {
            let word = chosen_value(&event);
            if let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.word() == word) {
                editor.change(|_| ());
                editor.session().use_preset(preset);
                editor.reload();
            }
        }
    };
    let add = {
        let editor = editor.clone();
        move |_: MouseEvent| editor.change(|form| form.answers.push(RuleForm::new(&Rule::default())))
    };
    html! {
        <>
            <div class="setting wide">
                <label class="setting-label" for="preset">{t.presets}</label>
                <select class="field select" id="preset" data-testid="preset" onchange={on_preset} aria-describedby="preset-hint">
                    <option value="" selected=true>{t.preset_choose}</option>
                    for preset in Preset::ALL {
                        <option key={preset.word()} value={preset.word()}>{preset.name()}</option>
                    }
                </select>
                <p class="setting-hint" id="preset-hint">{t.presets_hint}</p>
            </div>
            <div class="setting wide">
                <h3 class="setting-label">{t.pane_answers}</h3>
                <p class="setting-hint">{t.answers_hint}{" "}{t.answers_parts}</p>
                if form.answers.is_empty() {
                    <p class="setting-empty">{t.answers_none}</p>
                }
                for (index, rule) in form.answers.iter().enumerate() {
                    <div class="opening-item" key={index}>{item(editor, index, rule, t)}</div>
                }
                if form.answers.len() < MAX_RULES {
                    <button class="button small" type="button" id="answer-add" data-testid="answer-add" onclick={add}>
                        {picture(Icon::Plus)}
                        {t.answer_add}
                    </button>
                }
            </div>
        </>
    }
}

fn item(editor: &Editor, index: usize, form: &RuleForm, t: &'static Settings) -> Html {
    let number = index + 1;
    let name = format!("answer-{number}");
    let part = |part: &str| AttrValue::from(format!("{name}-{part}"));
    let rule = form.read(None);
    let (filter_problem, reply_problem) = problems(&rule, t);
    let delay_problem =
        form.delay_millis().is_none().then(|| AttrValue::from(fill(t.answer_delay_wrong, &[&form.delay])));
    let limit_problem = form.limit().is_none().then(|| AttrValue::from(t.attempts_wrong));
    let (on, remove) = (fill(t.answer_on, &[&number]), fill(t.answer_remove, &[&number]));
    let counts = editor.session().answered(index);
    let on_input = editor
        .on_input(move |form, text| change(form, index, |rule| rule.reply.text = text))
        .reform(|event: InputEvent| {
            event
                .target_dyn_into::<web_sys::HtmlTextAreaElement>()
                .map(|area| area.value())
                .unwrap_or_default()
        });
    let on_format = editor.on_change(move |form, word: String| {
        change(form, index, |rule| rule.reply.format = Format::named(&word).unwrap_or_default());
    });
    let on_enabled = editor
        .on_change(move |form, on| change(form, index, |rule| rule.enabled = on))
        .reform(|event: Event| is_checked(&event));
    let take_away = {
        let editor = editor.clone();
        move |_: MouseEvent| {
            editor.change(|form| drop(form.answers.remove(index)));
            // The button that had the focus goes with its rule.
            focus("answer-add");
        }
    };
    let done = editor.on_done();
    let hint_id = format!("{name}-hint");
    html! {
        <>
            <div class="opening-tools">
                <label class="setting-label">
                    <input
                        type="checkbox"
                        data-testid={part("on")}
                        aria-label={on}
                        checked={form.enabled}
                        onchange={on_enabled}
                    />
                    {fill(t.answer_nth, &[&number])}
                </label>
                {select(&part("format"), &formats(t), form.reply.format.word(), on_format, None, Some(t.format.into()))}
                <button
                    class="button icon-button small"
                    type="button"
                    title={remove.clone()}
                    aria-label={remove}
                    data-testid={part("remove")}
                    onclick={take_away}
                >
                    {picture(Icon::Trash)}
                </button>
            </div>
            {TextRow {
                name: part("filter"),
                label: t.answer_filter.into(),
                wide: true,
                placeholder: "$.type == \"ping\"".into(),
                value: form.filter.clone().into(),
                problem: filter_problem,
                on_input: editor.on_input(move |form, text| change(form, index, |rule| rule.filter = text)),
                on_done: done.clone(),
                ..TextRow::default()
            }.view()}
            <label class="setting-label" for={name.clone()}>{t.answer_send}</label>
            <textarea
                class="field opening-text"
                id={name.clone()}
                data-testid={name.clone()}
                rows="2"
                autocapitalize="off"
                spellcheck="false"
                aria-invalid={reply_problem.is_some().to_string()}
                aria-describedby={hint_id.clone()}
                value={form.reply.text.clone()}
                oninput={on_input}
                onchange={done.reform(|_: Event| ())}
            />
            {below(hint_id, &AttrValue::default(), reply_problem.as_ref())}
            {TextRow {
                name: part("delay"),
                label: t.answer_delay.into(),
                value: form.delay.clone().into(),
                problem: delay_problem,
                on_input: editor.on_input(move |form, text| change(form, index, |rule| rule.delay = text)),
                on_done: done.clone(),
                ..TextRow::default()
            }.view()}
            {TextRow {
                name: part("limit"),
                label: t.answer_limit.into(),
                placeholder: t.answer_limit_hint.into(),
                value: form.limit.clone().into(),
                problem: limit_problem,
                on_input: editor.on_input(move |form, text| change(form, index, |rule| rule.limit = text)),
                on_done: done,
                ..TextRow::default()
            }.view()}
            <p class="setting-hint" data-testid={part("count")}>
                {fill(t.answer_counts, &[&count(counts.given), &count(counts.held), &count(counts.failed)])}
            </p>
        </>
    }
}

fn change(form: &mut crate::model::settings::Form, index: usize, change: impl FnOnce(&mut RuleForm)) {
    if let Some(rule) = form.answers.get_mut(index) {
        change(rule);
    }
}

/// What is wrong with the filter and with the reply. A variable without a value is wrong too.
fn problems(rule: &Rule, t: &Settings) -> (Option<AttrValue>, Option<AttrValue>) {
    let all = texts();
    match rule.check() {
        Err(RuleError::NoFilter) => (Some(t.answer_no_filter.into()), None),
        Err(RuleError::Filter(error)) => (Some(filter_reason(&error.kind, &all.log).into()), None),
        Err(RuleError::Reply(error)) => {
            (None, Some(fault::sentence(&error.into(), &rule.reply.text, &all.composer).into()))
        }
        Ok(()) => {
            let known = variables::variables();
            let unknown = rule.variables().into_iter().find(|name| !known.contains_key(name));
            (None, unknown.map(|name| fill(all.composer.fault_unknown, &[&name]).into()))
        }
    }
}
