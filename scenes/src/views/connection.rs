//! A scene's connection: how it stands, the button that cuts it, and what became of each loss.

use std::rc::Rc;

use gloo_timers::callback::Interval;
use page::block::block;
use page::hooks::use_effect_on;
use page::icons::{Icon, picture};
use page::markup::html;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::app::Stage;
use super::says;
use crate::model::address::{self, Params, Scene};
use crate::model::recovery::{Outage, Span, State};
use crate::running::Line;
use crate::texts::{Texts, texts};

/// So often it is drawn anew: time passes on it.
const TICK_MILLIS: u32 = 250;
/// So many losses are shown.
const SHOWN: usize = 5;
/// The width of the timeline, of its own units.
const WIDTH: f64 = 600.0;

/// Faults that are offered, as the server's parameters.
const NETWORKS: [&str; 4] = ["", "delay=100..200ms", "reset-after=8s", "delay=100..200ms&reset-after=8s"];

#[derive(PartialEq)]
pub(super) struct Connection {
    pub(super) stage: Stage,
    pub(super) scene: Scene,
    pub(super) line: Held,
}

/// A line, equal to itself alone.
#[derive(Clone)]
pub(super) struct Held(pub(super) Rc<Line>);

impl PartialEq for Held {
    fn eq(&self, other: &Held) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

block!(Connection, use_connection);

#[hook]
fn use_connection(props: &Connection) -> Html {
    let t = texts();
    let update = use_force_update();
    {
        let update = update.clone();
        use_effect_on((), move |()| {
            let ticks = Interval::new(TICK_MILLIS, move || update.force_update());
            move || drop(ticks)
        });
    }
    let Connection { stage, scene, line } = props;
    let view = line.0.view();
    let is_over = view.phase.is_final();
    let press = {
        let (line, is_away) = (line.clone(), view.is_cut || is_over);
        move |_: MouseEvent| {
            if is_away {
                line.0.mend();
            } else {
                line.0.cut();
            }
            update.force_update();
        }
    };
    let action = match (view.is_cut, is_over) {
        (true, _) => t.mend,
        (false, true) => t.again,
        (false, false) => t.cut,
    };
    let target = stage.params.target(*scene, &stage.base);
    html! {
        <section class="connection" aria-label={t.connection} data-testid="connection">
            <div class="connection-row">
                <p
                    class="phase"
                    role="status"
                    data-testid="phase"
                    data-phase={if view.is_cut { "cut" } else { view.phase.name() }}
                >
                    <span class="phase-dot" aria-hidden="true" />
                    <span>{says::phase(&view, t)}</span>
                </p>
                <button
                    class={classes!("button", "small", "cut", (view.is_cut || is_over).then_some("primary"))}
                    type="button"
                    data-testid="cut"
                    aria-pressed={if view.is_cut { "true" } else { "false" }}
                    onclick={press}
                >
                    {action}
                </button>
            </div>
            <svg
                class="timeline"
                viewBox="0 0 600 10"
                preserveAspectRatio="none"
                role="img"
                aria-label={t.timeline}
            >
                for span in view.spans.iter() {
                    {bar(span)}
                }
            </svg>
            <div class="connection-row">
                {networks(stage, t)}
                <a class="to-workbench" href={address::workbench(&target)} title={target} data-testid="to-workbench">
                    {picture(Icon::Link)}<span>{t.open_in_workbench}</span>
                </a>
            </div>
            <h2 class="small-title" id="recovery">{t.recovery}</h2>
            <ol class="recovery" aria-labelledby="recovery" data-testid="recovery">
                if view.outages.is_empty() {
                    <li class="recovery-none">{t.recovery_none}</li>
                }
                for outage in view.outages.iter().take(SHOWN) {
                    {loss(outage, *scene, view.now, t)}
                }
            </ol>
        </section>
    }
}

fn loss(outage: &Outage, scene: Scene, now: std::time::Duration, t: &Texts) -> Html {
    let state = match (outage.back, outage.whole) {
        (None, _) => "away",
        (Some(_), None) => "catching",
        (Some(_), Some(_)) => "whole",
    };
    html! {
        <li class="loss" key={outage.began.as_micros().to_string()} data-state={state}>
            for said in says::outage(outage, scene, now, t) {
                <span class="loss-part">{said}</span>
            }
        </li>
    }
}

fn bar(span: &Span) -> Html {
    let class = match span.state {
        State::Open => "bar-open",
        State::Away => "bar-away",
        State::Catching => "bar-catching",
    };
    let place = |part: f64| workbench::decimal::fixed(part * WIDTH, 1);
    html! {
        <rect class={class} x={place(span.from)} y="0" width={place(span.to - span.from)} height="10" />
    }
}

/// The choice of faults on the way.
fn networks(stage: &Stage, t: &'static Texts) -> Html {
    let stage = stage.clone();
    let present = stage.params.faults.clone();
    let names = [t.network_fine, t.network_slow, t.network_resets, t.network_both];
    // What the page's address asks for may be something else.
    let other = Some(present.clone()).filter(|faults| !NETWORKS.contains(&faults.as_str()));
    let choose = move |event: Event| {
        let faults = event.target_unchecked_into::<HtmlSelectElement>().value();
        stage.set.emit(Params { faults, ..stage.params.clone() });
    };
    html! {
        <label class="labelled">
            <span>{t.network}</span>
            <select class="field select" data-testid="network" onchange={choose}>
                for (faults, name) in NETWORKS.into_iter().zip(names) {
                    <option value={faults} selected={faults == present}>{name}</option>
                }
                if let Some(faults) = other {
                    <option value={faults.clone()} selected={true}>{faults}</option>
                }
            </select>
        </label>
    }
}
