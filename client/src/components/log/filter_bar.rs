//! Which entries are shown.

use web_sys::HtmlInputElement;
use workbench::decimal;
use workbench::filter::{FilterError, FilterErrorKind, Options};
use yew::prelude::*;

use crate::components::icons::{Icon, picture};
use crate::driver::clock::utc_offset_minutes;
use crate::i18n::log::Log as Texts;
use crate::i18n::{fill, use_texts};
use crate::model::list::{Query, Toggles};
use crate::session::Session;

#[derive(PartialEq, Properties)]
pub(super) struct FilterBarProps {
    pub(super) session: Session,
    pub(super) revision: u64,
    /// How far the filter has come, while it works.
    pub(super) fraction: Option<f64>,
}

/// A sort of entries that can be shown and hidden.
struct Toggle {
    name: &'static str,
    title: &'static str,
    icon: Icon,
    is_on: bool,
    flipped: Toggles,
}

#[component]
pub(super) fn FilterBar(props: &FilterBarProps) -> Html {
    let t = &use_texts().log;
    let help = use_state_eq(|| false);
    let field = use_node_ref();
    let session = &props.session;
    let (query, toggles, error) =
        session.read(|_, list| (list.filter_query().clone(), list.toggles(), list.filter_error().cloned()));

    let on_input = {
        let (session, case_sensitive) = (session.clone(), query.case_sensitive);
        move |event: InputEvent| {
            let Some(field) = event.target_dyn_into::<HtmlInputElement>() else { return };
            set_filter(&session, Query { text: field.value(), case_sensitive });
        }
    };
    let clear = {
        let (session, case_sensitive, field) = (session.clone(), query.case_sensitive, field.clone());
        move |_: MouseEvent| {
            set_filter(&session, Query { text: String::new(), case_sensitive });
            if let Some(field) = field.cast::<HtmlInputElement>() {
                let _ = field.focus();
            }
        }
    };
    let on_key = {
        let (session, case_sensitive) = (session.clone(), query.case_sensitive);
        move |event: KeyboardEvent| {
            if event.key() == "Escape" && !event.is_composing() {
                set_filter(&session, Query { text: String::new(), case_sensitive });
            }
        }
    };
    let flip_case = {
        let (session, query) = (session.clone(), query.clone());
        move |_: MouseEvent| {
            set_filter(&session, Query { case_sensitive: !query.case_sensitive, ..query.clone() });
        }
    };
    let flip_help = {
        let help = help.clone();
        move |_: MouseEvent| help.set(!*help)
    };
    html! {
        <div class="filter-bar" role="search" aria-label={t.filter}>
            <div class="filter-row">
                <div class={classes!("filter-field", error.is_some().then_some("wrong"))}>
                    {picture(Icon::Filter)}
                    <input
                        ref={field}
                        type="text"
                        data-testid="filter"
                        aria-keyshortcuts="/"
                        aria-label={t.filter}
                        aria-invalid={error.is_some().to_string()}
                        aria-describedby={error.is_some().then_some("filter-error")}
                        placeholder={t.filter_placeholder}
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        value={query.text.clone()}
                        oninput={on_input}
                        onkeydown={on_key}
                    />
                    if !query.text.is_empty() {
                        <button
                            class="inner-button"
                            type="button"
                            title={t.filter_clear}
                            aria-label={t.filter_clear}
                            data-testid="filter-clear"
                            onclick={clear}
                        >
                            {picture(Icon::Close)}
                        </button>
                    }
                    <button
                        class="inner-button word"
                        type="button"
                        title={t.case_sensitive}
                        aria-label={t.case_sensitive}
                        aria-pressed={query.case_sensitive.to_string()}
                        data-testid="filter-case"
                        onclick={flip_case}
                    >
                        {"Aa"}
                    </button>
                    <button
                        class="inner-button"
                        type="button"
                        title={t.filter_help}
                        aria-label={t.filter_help}
                        aria-expanded={help.to_string()}
                        data-testid="filter-help"
                        onclick={flip_help}
                    >
                        {picture(Icon::Question)}
                    </button>
                </div>
                <div class="filter-toggles">
                    for toggle in toggles_of(toggles, t) {
                        <button
                            class="toggle"
                            type="button"
                            title={toggle.title}
                            aria-label={toggle.title}
                            aria-pressed={toggle.is_on.to_string()}
                            data-testid={format!("show-{}", toggle.name)}
                            data-kind={toggle.name}
                            onclick={{
                                let session = session.clone();
                                move |_: MouseEvent| {
                                    session.look(|list, log| list.set_toggles(toggle.flipped, log.store()));
                                }
                            }}
                        >
                            {picture(toggle.icon)}
                        </button>
                    }
                </div>
            </div>
            if let Some(error) = &error {
                {error_line(&query.text, error, t)}
            }
            if *help {
                {help_sheet(t)}
            }
            if let Some(fraction) = props.fraction {
                <progress
                    class="filter-progress"
                    data-testid="filter-progress"
                    aria-label={t.filtering}
                    max="1"
                    value={decimal::fixed(fraction, 3)}
                />
            }
        </div>
    }
}

/// Reads times of day as today's, where the reader is.
pub(crate) fn set_filter(session: &Session, query: Query) {
    let day_start = session.wall().day_start(utc_offset_minutes());
    let options = Options { day_start, ..Options::default() };
    session.look(|list, log| list.set_filter(query, options, log.store()));
}

fn toggles_of(on: Toggles, t: &Texts) -> [Toggle; 4] {
    [
        Toggle {
            name: "received",
            title: t.show_received,
            icon: Icon::Down,
            is_on: on.received,
            flipped: Toggles { received: !on.received, ..on },
        },
        Toggle {
            name: "sent",
            title: t.show_sent,
            icon: Icon::Up,
            is_on: on.sent,
            flipped: Toggles { sent: !on.sent, ..on },
        },
        Toggle {
            name: "events",
            title: t.show_events,
            icon: Icon::Plug,
            is_on: on.events,
            flipped: Toggles { events: !on.events, ..on },
        },
        Toggle {
            name: "heartbeats",
            title: t.show_heartbeats,
            icon: Icon::Heart,
            is_on: on.heartbeats,
            flipped: Toggles { heartbeats: !on.heartbeats, ..on },
        },
    ]
}

/// The filter as written with what is wrong marked, and the reason.
fn error_line(text: &str, error: &FilterError, t: &Texts) -> Html {
    let start = text.floor_char_boundary(error.span.start.min(text.len()));
    let end = text.ceil_char_boundary(error.span.end.clamp(start, text.len()));
    html! {
        <p class="filter-error" id="filter-error" role="alert" data-testid="filter-error">
            <code>
                {&text[..start]}<mark>{if start == end { "\u{a0}" } else { &text[start..end] }}</mark>{&text[end..]}
            </code>
            <span>{reason(&error.kind, t)}</span>
        </p>
    }
}

fn reason(kind: &FilterErrorKind, t: &Texts) -> String {
    match kind {
        FilterErrorKind::UnclosedQuote => t.error_quote.to_owned(),
        FilterErrorKind::UnclosedPattern => t.error_pattern_open.to_owned(),
        FilterErrorKind::BadPattern(why) => fill(t.error_pattern, &[why]),
        FilterErrorKind::UnclosedParenthesis => t.error_open.to_owned(),
        FilterErrorKind::UnexpectedParenthesis => t.error_unopened.to_owned(),
        FilterErrorKind::MissingTerm => t.error_term.to_owned(),
        FilterErrorKind::MissingValue => t.error_value.to_owned(),
        FilterErrorKind::UnknownWord(words) => fill(t.error_word, &[words]),
        FilterErrorKind::BadOperator => t.error_operator.to_owned(),
        FilterErrorKind::BadNumber(units) => fill(t.error_number, &[units]),
        FilterErrorKind::BadTime => t.error_time.to_owned(),
        FilterErrorKind::BadPath(why) => fill(t.error_path, &[why]),
        FilterErrorKind::TooDeep => t.error_deep.to_owned(),
    }
}

fn help_sheet(t: &Texts) -> Html {
    let rows = [
        ("error  \"two words\"", t.help_text),
        ("/^\\{.*\\}$/i", t.help_pattern),
        ("dir:in", t.help_direction),
        ("kind:binary,error", t.help_kind),
        ("size>1kb  size:10..200", t.help_size),
        ("rtt>50ms", t.help_rtt),
        ("time:12:30..12:35", t.help_time),
        ("code>=4000", t.help_code),
        ("$.price > 100  $.user ~ ann", t.help_json),
        ("is:paired", t.help_state),
        ("-ping  a or b  (a b)", t.help_logic),
    ];
    html! {
        <dl class="filter-sheet">
            for (code, words) in rows {
                <dt><code>{code}</code></dt>
                <dd>{words}</dd>
            }
        </dl>
    }
}
