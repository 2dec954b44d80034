//! Which entries are shown.

use web_sys::HtmlInputElement;
use workbench::decimal;
use workbench::filter::{FilterError, FilterErrorKind, Options};
use yew::prelude::*;

use crate::actions::stage::{Scene, focus};
use crate::actions::{Action, Sort};
use crate::model::fault;
use crate::model::list::Query;
use crate::running::driver::clock::zone;
use crate::running::session::Session;
use crate::texts::log::Log;
use crate::texts::{Texts, fill, texts};
use crate::views::buttons::{act, icon};
use crate::views::icons::{Icon, picture};
use crate::views::markup::html;

/// `fraction` is how far the filter has come, while it works.
pub(super) fn filter_bar(scene: &Scene, fraction: Option<f64>, texts: &'static Texts) -> Html {
    let t = &texts.log;
    let session = scene.session();
    let (query, error) = session.read(|_, list| (list.filter_query().clone(), list.filter_error().cloned()));
    let error_id = scene.id("filter-error");
    let on_input = {
        let (session, case_sensitive) = (session.clone(), query.case_sensitive);
        move |event: InputEvent| {
            let Some(field) = event.target_dyn_into::<HtmlInputElement>() else { return };
            set_filter(&session, Query { text: field.value(), case_sensitive });
        }
    };
    let clear = {
        let (session, case_sensitive) = (session.clone(), query.case_sensitive);
        let field = scene.places().filter.clone();
        move |_: MouseEvent| {
            set_filter(&session, Query { text: String::new(), case_sensitive });
            focus(&field);
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
        let scene = scene.clone();
        move |_: MouseEvent| scene.set_filter_help(!scene.shows_filter_help())
    };
    html! {
        <div class="filter-bar" role="search" aria-label={t.filter}>
            <div class="filter-row">
                <div class={classes!("filter-field", error.is_some().then_some("wrong"))}>
                    {picture(Icon::Filter)}
                    <input
                        ref={scene.places().filter.clone()}
                        type="text"
                        data-testid="filter"
                        aria-keyshortcuts={Action::EditFilter.key()}
                        aria-label={t.filter}
                        aria-invalid={error.is_some().to_string()}
                        aria-describedby={error.is_some().then_some(error_id.clone())}
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
                        aria-expanded={scene.shows_filter_help().to_string()}
                        data-testid="filter-help"
                        onclick={flip_help}
                    >
                        {picture(Icon::Question)}
                    </button>
                </div>
                <div class="filter-toggles">
                    for sort in [Sort::Received, Sort::Sent, Sort::Events, Sort::Heartbeats] {
                        {toggle(scene, Action::Show(sort), sort, texts)}
                    }
                </div>
            </div>
            if let Some(error) = &error {
                {error_line(&query.text, error, error_id, t)}
            }
            if scene.shows_filter_help() {
                {help_sheet(t)}
            }
            if let Some(fraction) = fraction {
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

/// Reads times as those of the reader's place.
pub(crate) fn set_filter(session: &Session, query: Query) {
    let options = Options { zone, ..Options::default() };
    session.look(|list, log| list.set_filter(query, options, log.store()));
}

fn toggle(scene: &Scene, action: Action, sort: Sort, texts: &'static Texts) -> Html {
    let title = action.name(texts);
    html! {
        <button
            class="toggle"
            type="button"
            {title}
            aria-label={title}
            aria-pressed={(scene.state(action).on == Some(true)).to_string()}
            data-testid={action.spec().slug}
            data-kind={sort.slug()}
            onclick={act::<MouseEvent>(scene, action)}
        >
            {picture(icon(action))}
        </button>
    }
}

/// The filter as written with what is wrong marked, and the reason.
fn error_line(text: &str, error: &FilterError, id: String, t: &Log) -> Html {
    let start = text.floor_char_boundary(error.span.start.min(text.len()));
    let end = text.ceil_char_boundary(error.span.end.clamp(start, text.len()));
    html! {
        <p class="filter-error" {id} role="alert" data-testid="filter-error">
            <code>
                {&text[..start]}<mark>{if start == end { "\u{a0}" } else { &text[start..end] }}</mark>{&text[end..]}
            </code>
            <span>{reason(&error.kind, t)}</span>
        </p>
    }
}

pub(in crate::views) fn reason(kind: &FilterErrorKind, t: &Log) -> String {
    match kind {
        FilterErrorKind::UnclosedQuote => t.error_quote.to_owned(),
        FilterErrorKind::UnclosedPattern => t.error_pattern_open.to_owned(),
        FilterErrorKind::BadPattern(why) => fill(t.error_pattern, &[&fault::pattern(*why, t)]),
        FilterErrorKind::UnclosedParenthesis => t.error_open.to_owned(),
        FilterErrorKind::UnexpectedParenthesis => t.error_unopened.to_owned(),
        FilterErrorKind::MissingTerm => t.error_term.to_owned(),
        FilterErrorKind::MissingValue => t.error_value.to_owned(),
        FilterErrorKind::UnknownWord(words) => fill(t.error_word, &[words]),
        FilterErrorKind::BadOperator => t.error_operator.to_owned(),
        FilterErrorKind::BadNumber(units) => fill(t.error_number, &[units]),
        FilterErrorKind::BadTime => t.error_time.to_owned(),
        FilterErrorKind::BadPath(why) => fill(t.error_path, &[&fault::path(*why, &texts().health)]),
        FilterErrorKind::TooDeep => t.error_deep.to_owned(),
    }
}

fn help_sheet(t: &Log) -> Html {
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
