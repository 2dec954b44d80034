//! The heartbeat of one connection, and what is done when it ends: each a table of the rows of its form.
//!
//! `data-testid`: `heartbeat-on`, `heartbeat-payload`, `heartbeat-format`, `heartbeat-answer`,
//! `heartbeat-answer-name`, `heartbeat-answer-text`, `heartbeat-interval`, `heartbeat-deadline`, `heartbeat-busy`,
//! `heartbeat-missed`; `reconnect-on`, `reconnect-min`, `reconnect-max`, `reconnect-attempts`, `reconnect-codes`;
//! `restore-defaults`; `way` (the sentence), `settings-transport`, `relay-headers`, `relay-roots`, `relay-certificate`,
//! `relay-key`, `relay-accept`, `relay-proxy`, `relay-proxy-authorization`, `relay-compression`, `relay-auto-pong`,
//! `relay-fragment`.

use workbench::connection::TransportKind;
use workbench::profile::{Need, Options};
use workbench::view::Format;
use yew::prelude::*;

use super::editor::{Editor, problem};
use crate::model::relayed::{Failure, Trouble};
use crate::model::settings::{AnswerKind, Field, Form, Problems};
use crate::running::transport::has_streams;
use crate::texts::settings::Settings;
use crate::texts::{Texts, fill};
use crate::views::fields::{AreaRow, ChoiceRow, SwitchRow, TextRow, formats};
use crate::views::markup::html;

/// A row of the form.
struct Row {
    /// Names the control.
    name: &'static str,
    label: fn(&Settings) -> &'static str,
    hint: fn(&Settings) -> &'static str,
    is_shown: fn(&Form) -> bool,
    control: Control,
}

/// How a row is filled in, and its place in the form.
enum Control {
    Switch(fn(&mut Form) -> &mut bool),
    Line(fn(&mut Form) -> &mut String, Field),
    Area(fn(&mut Form) -> &mut String, Field),
    Choice(fn(&Settings) -> Vec<(&'static str, AttrValue)>, fn(&Form) -> &'static str, fn(&mut Form, &str)),
}

use Control::{Area, Choice, Line, Switch};

const HEARTBEAT: &[Row] = &[
    Row {
        name: "heartbeat-on",
        label: |t| t.heartbeat,
        hint: |t| t.heartbeat_hint,
        is_shown: |_| true,
        control: Switch(|form| &mut form.heartbeat),
    },
    Row {
        name: "heartbeat-payload",
        label: |t| t.payload,
        hint: |t| t.payload_hint,
        is_shown: |form| form.heartbeat,
        control: Line(|form| &mut form.payload.text, Field::Payload),
    },
    Row {
        name: "heartbeat-format",
        label: |t| t.format,
        hint: |_| "",
        is_shown: |form| form.heartbeat,
        control: Choice(
            formats,
            |form| form.payload.format.word(),
            |form, word| form.payload.format = Format::named(word).unwrap_or_default(),
        ),
    },
    Row {
        name: "heartbeat-answer",
        label: |t| t.answer,
        hint: |t| t.answer_hint,
        is_shown: |form| form.heartbeat,
        control: Choice(
            answers,
            |form| ANSWERS.iter().find(|(kind, _)| *kind == form.answer).map_or("echo", |(_, slug)| *slug),
            |form, word| {
                if let Some((kind, _)) = ANSWERS.iter().find(|(_, slug)| *slug == word) {
                    form.answer = *kind;
                }
            },
        ),
    },
    Row {
        name: "heartbeat-answer-name",
        label: |t| t.answer_name,
        hint: |_| "",
        is_shown: |form| form.heartbeat && form.answer == AnswerKind::Json,
        control: Line(|form| &mut form.answer_name, Field::AnswerName),
    },
    Row {
        name: "heartbeat-answer-text",
        label: |t| t.answer_value,
        hint: |_| "",
        is_shown: |form| form.heartbeat && form.answer == AnswerKind::Json,
        control: Line(|form| &mut form.answer_text, Field::Answer),
    },
    Row {
        name: "heartbeat-answer-text",
        label: |t| t.answer_text,
        hint: |_| "",
        is_shown: |form| form.heartbeat && matches!(form.answer, AnswerKind::Exact | AnswerKind::Contains),
        control: Line(|form| &mut form.answer_text, Field::Answer),
    },
    Row {
        name: "heartbeat-interval",
        label: |t| t.interval,
        hint: |t| t.interval_hint,
        is_shown: |form| form.heartbeat,
        control: Line(|form| &mut form.interval, Field::Interval),
    },
    Row {
        name: "heartbeat-deadline",
        label: |t| t.deadline,
        hint: |t| t.deadline_hint,
        is_shown: expects_an_answer,
        control: Line(|form| &mut form.deadline, Field::Deadline),
    },
    Row {
        name: "heartbeat-busy",
        label: |t| t.even_when_busy,
        hint: |t| t.even_when_busy_hint,
        is_shown: |form| form.heartbeat,
        control: Switch(|form| &mut form.even_when_busy),
    },
    Row {
        name: "heartbeat-missed",
        label: |t| t.reconnect_when_missed,
        hint: |t| t.reconnect_when_missed_hint,
        is_shown: expects_an_answer,
        control: Switch(|form| &mut form.reconnect_when_missed),
    },
];

const RECONNECT: &[Row] = &[
    Row {
        name: "reconnect-on",
        label: |t| t.reconnect,
        hint: |t| t.reconnect_hint,
        is_shown: |_| true,
        control: Switch(|form| &mut form.reconnect),
    },
    Row {
        name: "reconnect-min",
        label: |t| t.min_delay,
        hint: |_| "",
        is_shown: |form| form.reconnect,
        control: Line(|form| &mut form.min_delay, Field::MinDelay),
    },
    Row {
        name: "reconnect-max",
        label: |t| t.max_delay,
        hint: |t| t.delay_hint,
        is_shown: |form| form.reconnect,
        control: Line(|form| &mut form.max_delay, Field::MaxDelay),
    },
    Row {
        name: "reconnect-attempts",
        label: |t| t.attempts,
        hint: |t| t.attempts_hint,
        is_shown: |form| form.reconnect,
        control: Line(|form| &mut form.attempts, Field::Attempts),
    },
    Row {
        name: "reconnect-codes",
        label: |t| t.stop_codes,
        hint: |t| t.stop_codes_hint,
        is_shown: |form| form.reconnect,
        control: Line(|form| &mut form.stop_codes, Field::StopCodes),
    },
];

const RELAY: &[Row] = &[
    Row {
        name: "relay-headers",
        label: |t| t.headers,
        hint: |t| t.headers_hint,
        is_shown: |_| true,
        control: Area(|form| &mut form.headers, Field::Headers),
    },
    Row {
        name: "relay-roots",
        label: |t| t.roots,
        hint: |t| t.roots_hint,
        is_shown: |_| true,
        control: Area(|form| &mut form.relay.roots, Field::Pem),
    },
    Row {
        name: "relay-certificate",
        label: |t| t.certificate,
        hint: |t| t.certificate_hint,
        is_shown: |_| true,
        control: Area(|form| &mut form.relay.certificate, Field::Pem),
    },
    Row {
        name: "relay-key",
        label: |t| t.key,
        hint: |t| t.key_hint,
        is_shown: |form| !form.relay.certificate.is_empty() || !form.relay.key.is_empty(),
        control: Area(|form| &mut form.relay.key, Field::Key),
    },
    Row {
        name: "relay-accept",
        label: |t| t.accept_invalid,
        hint: |t| t.accept_invalid_hint,
        is_shown: |_| true,
        control: Switch(|form| &mut form.relay.accept_invalid),
    },
    Row {
        name: "relay-proxy",
        label: |t| t.proxy,
        hint: |t| t.proxy_hint,
        is_shown: |_| true,
        control: Line(|form| &mut form.relay.proxy, Field::Proxy),
    },
    Row {
        name: "relay-proxy-authorization",
        label: |t| t.proxy_authorization,
        hint: |t| t.proxy_authorization_hint,
        is_shown: |form| !form.relay.proxy.is_empty(),
        control: Line(|form| &mut form.relay.proxy_authorization, Field::ProxyAuthorization),
    },
    Row {
        name: "relay-compression",
        label: |t| t.compression,
        hint: |t| t.compression_hint,
        is_shown: |_| true,
        control: Switch(|form| &mut form.relay.compression),
    },
    Row {
        name: "relay-auto-pong",
        label: |t| t.auto_pong,
        hint: |t| t.auto_pong_hint,
        is_shown: |_| true,
        control: Switch(|form| &mut form.relay.auto_pong),
    },
    Row {
        name: "relay-fragment",
        label: |t| t.fragment,
        hint: |t| t.fragment_hint,
        is_shown: |_| true,
        control: Line(|form| &mut form.fragment, Field::Fragment),
    },
];

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
    html! {
        <>
            {rows(HEARTBEAT, editor, t)}
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
                    relay: kept.relay,
                    headers: kept.headers,
                    fragment: kept.fragment,
                    ..default
                };
            })}
        </>
    }
}

/// What to do when the connection ends.
pub(super) fn reconnect(editor: &Editor, t: &'static Settings) -> Html {
    html! {
        <>
            {rows(RECONNECT, editor, t)}
            {restore(editor, t, |form, default| {
                (form.min_delay, form.max_delay) = (default.min_delay, default.max_delay);
                (form.attempts, form.stop_codes) = (default.attempts, default.stop_codes);
            })}
        </>
    }
}

/// How to connect, and what only a relay can do. `trouble` keeps this page from using one.
pub(super) fn relay(editor: &Editor, trouble: Option<Trouble>, t: &'static Texts) -> Html {
    let (form, options, s) = (editor.form(), editor.session().options(), &t.settings);
    let is_relayed = options.carrier() == TransportKind::Relay;
    let ways = [
        (TransportKind::Browser, s.way_direct),
        (TransportKind::Stream, s.way_stream),
        (TransportKind::Relay, s.way_relay),
    ];
    let is_there = |kind| kind != TransportKind::Stream || has_streams() || form.transport == kind;
    html! {
        <>
            <p class="setting wide" role="status" data-testid="way">
                {way(&options, s)}
                if let Some(trouble) = trouble.filter(|_| is_relayed) {
                    {" "}
                    <strong>{Failure::new(trouble).sentence(&t.common)}</strong>
                }
            </p>
            if options.relay.need().is_none() {
                {ChoiceRow {
                    name: "settings-transport".into(),
                    label: s.transport.into(),
                    hint: s.transport_hint.into(),
                    choices: ways
                        .into_iter()
                        .filter(|(kind, _)| is_there(*kind))
                        .map(|(kind, words)| (kind.word(), words.into()))
                        .collect(),
                    chosen: form.transport.word(),
                    on_change: editor.on_change(|form, word: String| {
                        form.transport = TransportKind::named(&word).unwrap_or_default();
                    }),
                }.view()}
            }
            {rows(RELAY, editor, s)}
        </>
    }
}

/// How the next connection goes, and why.
pub(in crate::views) fn way(options: &Options, t: &Settings) -> String {
    match options.relay.need() {
        Some(Need::Header(name)) => fill(t.way_needs_header, &[&name]),
        Some(Need::Tls) => t.way_needs_tls.to_owned(),
        Some(Need::Proxy) => t.way_needs_proxy.to_owned(),
        Some(Need::Frames) => t.way_needs_frames.to_owned(),
        None if options.carrier() == TransportKind::Relay => t.way_is_chosen.to_owned(),
        None => t.way_is_direct.to_owned(),
    }
}

/// Whether a heartbeat can be missed.
fn expects_an_answer(form: &Form) -> bool {
    form.heartbeat && form.answer != AnswerKind::None
}

fn answers(t: &Settings) -> Vec<(&'static str, AttrValue)> {
    let words =
        [t.answer_echo, t.answer_exact, t.answer_contains, t.answer_json, t.answer_any, t.answer_none];
    ANSWERS.iter().zip(words).map(|((_, slug), words)| (*slug, words.into())).collect()
}

/// The rows that are shown. One that is not keeps its place, so that those behind it stay the elements that they are.
fn rows(rows: &'static [Row], editor: &Editor, t: &'static Settings) -> Html {
    let mut form = editor.form();
    let problems = editor.problems();
    let view = |row: &'static Row| match (row.is_shown)(&form) {
        true => row.view(&mut form, editor, &problems, t),
        false => Html::default(),
    };
    rows.iter().map(view).collect()
}

impl Row {
    fn view(
        &'static self,
        form: &mut Form,
        editor: &Editor,
        problems: &Problems,
        t: &'static Settings,
    ) -> Html {
        let (name, label, hint) = (self.name.into(), (self.label)(t).into(), (self.hint)(t).into());
        match self.control {
            Switch(place) => SwitchRow {
                name,
                label,
                hint,
                checked: *place(form),
                on_change: editor.on_change(move |form, on| *place(form) = on),
            }
            .view(),
            Line(place, field) => TextRow {
                name,
                label,
                hint,
                value: place(form).clone().into(),
                problem: problem(problems, field),
                wide: matches!(field, Field::Payload | Field::StopCodes),
                placeholder: placeholder(field).into(),
                on_input: editor.on_input(move |form, text| *place(form) = text),
                on_done: editor.on_done(),
                secret: false,
            }
            .view(),
            Area(place, field) => AreaRow {
                name,
                label,
                hint,
                value: place(form).clone().into(),
                problem: problem(problems, field),
                on_input: editor.on_input(move |form, text| *place(form) = text),
                on_done: editor.on_done(),
            }
            .view(),
            Choice(choices, read, write) => ChoiceRow {
                name,
                label,
                hint,
                choices: choices(t),
                chosen: read(form),
                on_change: editor.on_change(move |form, word: String| write(form, &word)),
            }
            .view(),
        }
    }
}

/// What many servers use.
fn placeholder(field: Field) -> &'static str {
    match field {
        Field::AnswerName => "type",
        Field::Answer => "pong",
        Field::Proxy => "http://proxy.example:3128",
        _ => "",
    }
}

fn restore(editor: &Editor, t: &'static Settings, change: fn(&mut Form, Form)) -> Html {
    let editor = editor.clone();
    let click = move |_: MouseEvent| editor.change(|form| change(form, Form::new(&Options::default(), true)));
    html! {
        <button class="button small" type="button" data-testid="restore-defaults" onclick={click}>{t.restore}</button>
    }
}
