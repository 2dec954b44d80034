//! How repeated sending is doing.
//!
//! `data-testid`: `run` (with `data-state` = `running|held|over`), `run-progress`, `run-stop`, `run-dismiss`.

use gloo_timers::callback::Interval;
use web_sys::HtmlProgressElement;
use yew::prelude::*;

use crate::model::fault;
use crate::model::format::count;
use crate::running::outgoing::{Run, RunState, RunStatus};
use crate::texts::composer::Composer;
use crate::texts::fill;
use crate::views::block::block;
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// How often the progress is drawn, in milliseconds: far fewer times than messages may be sent.
const REFRESH_MILLIS: u32 = 100;

#[derive(PartialEq)]
pub(super) struct RunBar {
    pub(super) run: Run,
    pub(super) on_dismiss: Callback<()>,
}

block!(RunBar, use_run_bar);

#[hook]
fn use_run_bar(props: &RunBar) -> Html {
    let t = &use_texts().composer;
    let status = use_state_eq(|| props.run.status());
    let is_over = status.state.is_over();
    {
        let status = status.setter();
        use_effect_on((props.run.clone(), is_over), move |(run, is_over)| {
            status.set(run.status());
            let run = run.clone();
            let interval =
                (!is_over).then(|| Interval::new(REFRESH_MILLIS, move || status.set(run.status())));
            move || drop(interval)
        });
    }
    let bar = use_node_ref();
    {
        let bar = bar.clone();
        use_effect_on(status.progress, move |progress| {
            if let Some(bar) = bar.cast::<HtmlProgressElement>()
                && let Some(total) = progress.total
            {
                bar.set_max(total as f64);
                bar.set_value(progress.sent as f64);
            }
        });
    }
    let stop = {
        let (run, status) = (props.run.clone(), status.setter());
        move |_: MouseEvent| {
            run.stop();
            status.set(run.status());
        }
    };
    let state = match status.state {
        RunState::Running => "running",
        RunState::Held => "held",
        _ => "over",
    };
    html! {
        <div class="run" data-testid="run" data-state={state}>
            // Announced when the state changes, not with every message.
            <p class="visually-hidden" role="status">
                {if status.state == RunState::Running { String::new() } else { sentence(&status, t) }}
            </p>
            <p class="run-progress" data-testid="run-progress">{sentence(&status, t)}</p>
            if status.progress.total.is_some() {
                <progress class="run-bar" ref={bar} aria-label={t.repeat} />
            }
            if is_over {
                <button
                    class="button small"
                    type="button"
                    data-testid="run-dismiss"
                    onclick={props.on_dismiss.reform(|_: MouseEvent| ())}
                >
                    {t.run_dismiss}
                </button>
            } else {
                <button class="button small" type="button" data-testid="run-stop" onclick={stop}>
                    {t.repeat_stop}
                </button>
            }
        </div>
    }
}

fn sentence(status: &RunStatus, t: &Composer) -> String {
    let progress = &status.progress;
    let sent = match progress.total {
        Some(total) => fill(t.run_of, &[&count(progress.sent), &count(total)]),
        None => fill(t.run_endless, &[&count(progress.sent)]),
    };
    let sent = match progress.skipped {
        0 => sent,
        skipped => fill(t.run_skipped, &[&sent, &count(skipped)]),
    };
    let template = match &status.state {
        RunState::Running => t.run_running,
        RunState::Held => t.run_held,
        RunState::Finished => t.run_finished,
        RunState::Stopped => t.run_stopped,
        RunState::Closed => t.run_closed,
        RunState::Refused => t.run_refused,
        RunState::Faulty(wrong) => {
            return fill(t.run_faulty, &[&sent, &fault::problem(&wrong.problem, t)]);
        }
    };
    fill(template, &[&sent])
}
