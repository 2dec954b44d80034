//! Settings of one connection.
//!
//! `data-testid`: `heartbeat-on`, `heartbeat-payload`, `heartbeat-format`, `heartbeat-answer`,
//! `heartbeat-answer-name`, `heartbeat-answer-text`, `heartbeat-interval`, `heartbeat-deadline`, `heartbeat-busy`,
//! `heartbeat-missed`; `reconnect-on`, `reconnect-min`, `reconnect-max`, `reconnect-attempts`, `reconnect-codes`;
//! `settings-protocols`, `settings-transport`, `opening-add`, and per message `opening-<n>`, `opening-<n>-format`, `opening-<n>-up`,
//! `opening-<n>-remove`; `restore-defaults`.

use wasm_bindgen::JsCast;
use workbench::connection::TransportKind;
use workbench::draft::Draft;
use workbench::profile::Options;
use workbench::view::Format;
use yew::prelude::*;

use super::editor::{Editor, problem};
use crate::model::settings::{AnswerKind, Field, Form};
use crate::running::transport::has_streams;
use crate::texts::fill;
use crate::texts::settings::Settings;
use crate::views::fields::{ChoiceRow, SwitchRow, TextRow, below, formats, select};
use crate::views::icons::{Icon, picture};
use crate::views::markup::html;

const ANSWERS: [(AnswerKind, &str); 6] = [
    (AnswerKind::Echo, "echo"),
    (AnswerKind::Exact, "exact"),
    (AnswerKind::Contains, "contains"),
    (AnswerKind::Json, "json"),
    (AnswerKind::Any, "any"),
    (AnswerKind::None, "none"),
];

/// When to send heartbeats and what answers them.
pub(super) fn heartbeat(editor: &Editor, t: &'static Settings) -> Html {
    let form = editor.form();
    let problems = editor.problems();
    let problem = |field| problem(&problems, field);
    let done = editor.on_done();
    let answers =
        [t.answer_echo, t.answer_exact, t.answer_contains, t.answer_json, t.answer_any, t.answer_none];
    let slug = ANSWERS.iter().find(|(kind, _)| *kind == form.answer).map_or("echo", |(_, slug)| *slug);
    let on_answer = editor.on_change(|form, value: String| {
        if let Some((kind, _)) = ANSWERS.iter().find(|(_, slug)| *slug == value) {
            form.answer = *kind;
        }
    });
    let needs_text = matches!(form.answer, AnswerKind::Exact | AnswerKind::Contains | AnswerKind::Json);
    html! {
        <>
            {SwitchRow {
                name: "heartbeat-on".into(),
                label: t.heartbeat.into(),
                hint: t.heartbeat_hint.into(),
                checked: form.heartbeat,
                on_change: editor.on_change(|form, on| form.heartbeat = on),
            }.view()}
            if form.heartbeat {
                {TextRow {
                    name: "heartbeat-payload".into(),
                    label: t.payload.into(),
                    hint: t.payload_hint.into(),
                    wide: true,
                    value: form.payload.text.clone().into(),
                    problem: problem(Field::Payload),
                    on_input: editor.on_input(|form, text| form.payload.text = text),
                    on_done: done.clone(),
                    ..TextRow::default()
                }.view()}
                {ChoiceRow {
                    name: "heartbeat-format".into(),
                    label: t.format.into(),
                    choices: formats(t),
                    chosen: form.payload.format.word(),
                    on_change: editor.on_change(|form, word: String| {
                        form.payload.format = Format::named(&word).unwrap_or_default();
                    }),
                    ..ChoiceRow::default()
                }.view()}
                {ChoiceRow {
                    name: "heartbeat-answer".into(),
                    label: t.answer.into(),
                    hint: t.answer_hint.into(),
                    choices: ANSWERS.iter().zip(answers).map(|((_, slug), words)| (*slug, words.into())).collect::<Vec<_>>(),
                    chosen: slug,
                    on_change: on_answer,
                }.view()}
                if form.answer == AnswerKind::Json {
                    {TextRow {
                        name: "heartbeat-answer-name".into(),
                        label: t.answer_name.into(),
                        placeholder: "type".into(),
                        value: form.answer_name.clone().into(),
                        problem: problem(Field::AnswerName),
                        on_input: editor.on_input(|form, text| form.answer_name = text),
                        on_done: done.clone(),
                        ..TextRow::default()
                    }.view()}
                }
                if needs_text {
                    {TextRow {
                        name: "heartbeat-answer-text".into(),
                        label: (if form.answer == AnswerKind::Json { t.answer_value } else { t.answer_text }).into(),
                        placeholder: "pong".into(),
                        value: form.answer_text.clone().into(),
                        problem: problem(Field::Answer),
                        on_input: editor.on_input(|form, text| form.answer_text = text),
                        on_done: done.clone(),
                        ..TextRow::default()
                    }.view()}
                }
                {TextRow {
                    name: "heartbeat-interval".into(),
                    label: t.interval.into(),
                    hint: t.interval_hint.into(),
                    value: form.interval.clone().into(),
                    problem: problem(Field::Interval),
                    on_input: editor.on_input(|form, text| form.interval = text),
                    on_done: done.clone(),
                    ..TextRow::default()
                }.view()}
                if form.answer != AnswerKind::None {
                    {TextRow {
                        name: "heartbeat-deadline".into(),
                        label: t.deadline.into(),
                        hint: t.deadline_hint.into(),
                        value: form.deadline.clone().into(),
                        problem: problem(Field::Deadline),
                        on_input: editor.on_input(|form, text| form.deadline = text),
                        on_done: done,
                        ..TextRow::default()
                    }.view()}
                }
                {SwitchRow {
                    name: "heartbeat-busy".into(),
                    label: t.even_when_busy.into(),
                    hint: t.even_when_busy_hint.into(),
                    checked: form.even_when_busy,
                    on_change: editor.on_change(|form, on| form.even_when_busy = on),
                }.view()}
                if form.answer != AnswerKind::None {
                    {SwitchRow {
                        name: "heartbeat-missed".into(),
                        label: t.reconnect_when_missed.into(),
                        hint: t.reconnect_when_missed_hint.into(),
                        checked: form.reconnect_when_missed,
                        on_change: editor.on_change(|form, on| form.reconnect_when_missed = on),
                    }.view()}
                }
            }
            {restore(editor, t, |form, default| {
                let kept = form.clone();
                *form = Form {
                    heartbeat: kept.heartbeat,
                    reconnect: kept.reconnect,
                    min_delay: kept.min_delay,
                    max_delay: kept.max_delay,
                    attempts: kept.attempts,
                    stop_codes: kept.stop_codes,
                    opening: kept.opening,
                    answers: kept.answers,
                    transport: kept.transport,
                    ..default
                };
            })}
        </>
    }
}

/// What to do when the connection ends.
pub(super) fn reconnect(editor: &Editor, t: &'static Settings) -> Html {
    let form = editor.form();
    let problems = editor.problems();
    let problem = |field| problem(&problems, field);
    let done = editor.on_done();
    html! {
        <>
            {SwitchRow {
                name: "reconnect-on".into(),
                label: t.reconnect.into(),
                hint: t.reconnect_hint.into(),
                checked: form.reconnect,
                on_change: editor.on_change(|form, on| form.reconnect = on),
            }.view()}
            if form.reconnect {
                {TextRow {
                    name: "reconnect-min".into(),
                    label: t.min_delay.into(),
                    value: form.min_delay.clone().into(),
                    problem: problem(Field::MinDelay),
                    on_input: editor.on_input(|form, text| form.min_delay = text),
                    on_done: done.clone(),
                    ..TextRow::default()
                }.view()}
                {TextRow {
                    name: "reconnect-max".into(),
                    label: t.max_delay.into(),
                    hint: t.delay_hint.into(),
                    value: form.max_delay.clone().into(),
                    problem: problem(Field::MaxDelay),
                    on_input: editor.on_input(|form, text| form.max_delay = text),
                    on_done: done.clone(),
                    ..TextRow::default()
                }.view()}
                {TextRow {
                    name: "reconnect-attempts".into(),
                    label: t.attempts.into(),
                    hint: t.attempts_hint.into(),
                    value: form.attempts.clone().into(),
                    problem: problem(Field::Attempts),
                    on_input: editor.on_input(|form, text| form.attempts = text),
                    on_done: done.clone(),
                    ..TextRow::default()
                }.view()}
                {TextRow {
                    name: "reconnect-codes".into(),
                    label: t.stop_codes.into(),
                    hint: t.stop_codes_hint.into(),
                    wide: true,
                    value: form.stop_codes.into(),
                    problem: problem(Field::StopCodes),
                    on_input: editor.on_input(|form, text| form.stop_codes = text),
                    on_done: done,
                    ..TextRow::default()
                }.view()}
            }
            {restore(editor, t, |form, default| {
                (form.min_delay, form.max_delay) = (default.min_delay, default.max_delay);
                (form.attempts, form.stop_codes) = (default.attempts, default.stop_codes);
            })}
        </>
    }
}

/// What to offer and what to send first.
pub(super) fn opening(editor: &Editor, t: &'static Settings) -> Html {
    let form = editor.form();
    let session = editor.session();
    let on_protocols = {
        let session = session.clone();
        let redraw = editor.on_done();
        Callback::from(move |protocols: String| {
            session
                .set_draft(crate::running::session::Draft { protocols: protocols.into(), ..session.draft() });
            redraw.emit(());
        })
    };
    let add = {
        let editor = editor.clone();
        move |_: MouseEvent| editor.change(|form| form.opening.push(Draft::default()))
    };
    html! {
        <>
            {TextRow {
                name: "settings-protocols".into(),
                label: t.protocols.into(),
                hint: t.protocols_hint.into(),
                wide: true,
                placeholder: "graphql-transport-ws, mqtt".into(),
                value: session.draft().protocols,
                problem: protocols_problem(session),
                on_input: on_protocols,
                on_done: Callback::noop(),
            }.view()}
            if has_streams() || form.transport != TransportKind::default() {
                {ChoiceRow {
                    name: "settings-transport".into(),
                    label: t.transport.into(),
                    hint: t.transport_hint.into(),
                    choices: [TransportKind::Browser, TransportKind::Stream]
                        .map(|kind| (kind.word(), name(kind).into()))
                        .to_vec(),
                    chosen: form.transport.word(),
                    on_change: editor.on_change(|form, word: String| {
                        form.transport = TransportKind::named(&word).unwrap_or_default();
                    }),
                }.view()}
            }
            <div class="setting wide">
                <h3 class="setting-label">{t.opening}</h3>
                <p class="setting-hint">{t.opening_hint}</p>
                if form.opening.is_empty() {
                    <p class="setting-empty">{t.opening_none}</p>
                }
                for (index, draft) in form.opening.iter().enumerate() {
                    <div class="opening-item" key={index}>{message(editor, index, draft, t)}</div>
                }
                <button class="button small" type="button" id="opening-add" data-testid="opening-add" onclick={add}>
                    {picture(Icon::Plus)}
                    {t.opening_add}
                </button>
            </div>
        </>
    }
}

/// What the web's standards call a transport.
fn name(kind: TransportKind) -> &'static str {
    if kind == TransportKind::Stream { "WebSocketStream" } else { "WebSocket" }
}

fn message(editor: &Editor, index: usize, draft: &Draft, t: &'static Settings) -> Html {
    let number = index + 1;
    let name: AttrValue = format!("opening-{number}").into();
    let problem = problem(&editor.problems(), Field::Opening(index));
    let (up, remove) = (fill(t.opening_up, &[&number]), fill(t.opening_remove, &[&number]));
    let on_input = editor.on_input(move |form, text| {
        if let Some(draft) = form.opening.get_mut(index) {
            draft.text = text;
        }
    });
    let on_input = on_input.reform(|event: InputEvent| {
        event.target_dyn_into::<web_sys::HtmlTextAreaElement>().map(|area| area.value()).unwrap_or_default()
    });
    let on_format = editor.on_change(move |form, word: String| {
        if let Some(draft) = form.opening.get_mut(index) {
            draft.format = Format::named(&word).unwrap_or_default();
        }
    });
    let move_up = {
        let editor = editor.clone();
        move |_: MouseEvent| {
            editor.change(|form| form.opening.swap(index - 1, index));
            focus(&format!("opening-{index}"));
        }
    };
    let take_away = {
        let editor = editor.clone();
        move |_: MouseEvent| {
            editor.change(|form| drop(form.opening.remove(index)));
            // The button that had the focus goes with its message.
            focus("opening-add");
        }
    };
    let hint_id = format!("{name}-hint");
    html! {
        <>
            <div class="opening-tools">
                {select(
                    &format!("{name}-format").into(),
                    &formats(t),
                    draft.format.word(),
                    on_format,
                    None,
                    Some(t.format.into()),
                )}
                if index > 0 {
                    <button
                        class="button icon-button small"
                        type="button"
                        title={up.clone()}
                        aria-label={up}
                        data-testid={format!("{name}-up")}
                        onclick={move_up}
                    >
                        {picture(Icon::Up)}
                    </button>
                }
                <button
                    class="button icon-button small"
                    type="button"
                    title={remove.clone()}
                    aria-label={remove}
                    data-testid={format!("{name}-remove")}
                    onclick={take_away}
                >
                    {picture(Icon::Trash)}
                </button>
            </div>
            <textarea
                class="field opening-text"
                id={name.clone()}
                data-testid={name}
                rows="2"
                autocapitalize="off"
                spellcheck="false"
                aria-label={fill(t.opening_nth, &[&number])}
                aria-invalid={problem.is_some().to_string()}
                aria-describedby={hint_id.clone()}
                value={draft.text.clone()}
                oninput={on_input}
                onchange={editor.on_done().reform(|_: Event| ())}
            />
            {below(hint_id, &AttrValue::default(), problem.as_ref())}
        </>
    }
}

fn restore(editor: &Editor, t: &'static Settings, change: fn(&mut Form, Form)) -> Html {
    let editor = editor.clone();
    let click = move |_: MouseEvent| editor.change(|form| change(form, Form::new(&Options::default(), true)));
    html! {
        <button class="button small" type="button" data-testid="restore-defaults" onclick={click}>{t.restore}</button>
    }
}

pub(super) fn focus(id: &str) {
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id))
        .and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(element) = element {
        let _ = element.focus();
    }
}

fn protocols_problem(session: &crate::running::session::Session) -> Option<AttrValue> {
    let checked = crate::model::protocols::parse(&session.draft().protocols, &crate::texts::texts().common);
    checked.err().map(|problem| problem.sentence.into())
}
