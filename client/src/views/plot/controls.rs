//! What is plotted and how: the field for a path, suggestions, and the chart's controls.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use workbench::series::PlotError;
use yew::prelude::*;

use crate::model::fault;
use crate::model::format::number;
use crate::model::plot::Window;
use crate::running::session::Session;
use crate::texts::health::Health as Texts;
use crate::texts::{fill, plural};
use crate::views::lang::use_texts;

#[derive(PartialEq, Properties)]
pub(super) struct AddFieldProps {
    pub(super) session: Session,
    /// Fields of the latest messages, with their newest values.
    pub(super) suggestions: Vec<(String, f64)>,
    /// Nothing is plotted yet.
    pub(super) is_empty: bool,
    /// After each attempt to add a field.
    pub(super) on_change: Callback<()>,
    /// A suggestion was taken, and its button goes away.
    pub(super) on_taken: Callback<()>,
}

#[component]
pub(super) fn AddField(props: &AddFieldProps) -> Html {
    let t = &use_texts().health;
    let input = use_node_ref();
    let problem_id = format!("plot-problem-{}", props.session.id().0);
    let problem = use_state_eq(|| None::<PlotError>);
    let add = {
        let (session, problem) = (props.session.clone(), problem.setter());
        let on_change = props.on_change.clone();
        move |path: &str| {
            let result = session.plot(|state, log, _| state.plot.add(path, log.store()));
            problem.set(result.err());
            on_change.emit(());
            result.is_ok()
        }
    };
    let on_submit = {
        let (add, input) = (add.clone(), input.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if let Some(input) = input.cast::<HtmlInputElement>()
                && add(&input.value())
            {
                input.set_value("");
            }
        }
    };
    let on_input = {
        let problem = problem.setter();
        move |_: InputEvent| problem.set(None)
    };
    html! {
        <>
            if props.is_empty {
                <div class="plot-empty" data-testid="plot-empty">
                    <h2>{t.plot_empty_title}</h2>
                    <p>{t.plot_empty}</p>
                </div>
            }
            <form class="plot-form" onsubmit={on_submit}>
                <input
                    ref={input}
                    class="field plot-path"
                    type="text"
                    aria-label={t.plot_field}
                    aria-invalid={problem.is_some().to_string()}
                    aria-describedby={problem_id.clone()}
                    placeholder={t.plot_placeholder}
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    data-testid="plot-path"
                    oninput={on_input}
                />
                <button class="button" type="submit" data-testid="plot-add">{t.plot_add}</button>
            </form>
            <p id={problem_id} class="plot-problem" role="alert" data-testid="plot-problem">
                {problem.map(|problem| problem_text(problem, t)).unwrap_or_default()}
            </p>
            if !props.suggestions.is_empty() {
                <h2 class="plot-subtitle">{t.plot_suggestions}</h2>
                <ul class="plot-suggestions">
                    for (path, value) in &props.suggestions {
                        <li key={path.clone()}>
                            <button
                                class="plot-suggestion"
                                type="button"
                                title={fill(t.plot_suggestion, &[path, &number(*value)])}
                                data-testid="plot-suggestion"
                                data-path={path.clone()}
                                onclick={{
                                    let (add, path) = (add.clone(), path.clone());
                                    let on_taken = props.on_taken.clone();
                                    move |_: MouseEvent| {
                                        if add(&path) {
                                            on_taken.emit(());
                                        }
                                    }
                                }}
                            >
                                <code>{path}</code>{" "}<span>{number(*value)}</span>
                            </button>
                        </li>
                    }
                </ul>
            } else if props.is_empty {
                <p class="plot-none">{t.plot_no_numbers}</p>
            }
        </>
    }
}

pub(super) fn controls(
    session: &Session,
    (shown, lanes, paused): (Window, bool, bool),
    on_change: &Callback<()>,
    t: &'static Texts,
) -> Html {
    let on_window = {
        let (session, on_change) = (session.clone(), on_change.clone());
        move |event: Event| {
            let chosen = event.target_dyn_into::<HtmlSelectElement>();
            if let Some(window) = chosen.and_then(|select| Window::from_slug(&select.value())) {
                session.plot(|state, _, _| state.window = window);
                on_change.emit(());
            }
        }
    };
    let on_pause = {
        let (session, on_change) = (session.clone(), on_change.clone());
        move |_: MouseEvent| {
            session.plot(|state, _, now| state.set_paused(!paused, now));
            on_change.emit(());
        }
    };
    let on_lanes = {
        let (session, on_change) = (session.clone(), on_change.clone());
        move |_: Event| {
            session.plot(|state, _, _| state.lanes = !lanes);
            on_change.emit(());
        }
    };
    let name = |window: Window| match window {
        Window::Minutes(minutes) => plural(t.plot_minutes, u64::from(minutes)),
        Window::Values(count) => plural(t.plot_values, u64::from(count)),
    };
    html! {
        <div class="plot-controls">
            <select class="field plot-window" aria-label={t.plot_window} data-testid="plot-window" onchange={on_window}>
                for window in Window::ALL {
                    <option value={window.slug()} selected={window == shown}>{name(window)}</option>
                }
            </select>
            <label class="plot-lanes">
                <input type="checkbox" checked={lanes} data-testid="plot-lanes" onchange={on_lanes} />
                {t.plot_lanes}
            </label>
            <button
                class="button small plot-pause"
                type="button"
                aria-pressed={paused.to_string()}
                data-testid="plot-pause"
                onclick={on_pause}
            >
                {if paused { t.plot_resume } else { t.plot_pause }}
            </button>
        </div>
    }
}

fn problem_text(problem: PlotError, t: &Texts) -> String {
    let error = match problem {
        PlotError::Duplicate => return t.plot_duplicate.to_owned(),
        PlotError::Full => return t.plot_full.to_owned(),
        PlotError::Path(error) => error,
    };
    fill(t.plot_bad_path, &[&fault::path(error, t), &(error.at() + 1)])
}
