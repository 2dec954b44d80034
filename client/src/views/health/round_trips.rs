//! Round trips of the heartbeat: a chart and its figures.

use std::time::Duration;

use workbench::series::{Axis, Summary, columns};
use yew::prelude::*;

use super::super::plot::chart::{Canvas, Chart, Readout, Redraw};
use super::super::plot::paint::{Figure, Guide, Lane, Line, value_steps};
use super::super::plot::time_words;
use crate::running::session::Session;
use crate::texts::fill;
use crate::texts::health::Health as Texts;
use crate::views::block::{Block, block};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;
use crate::views::words;

/// Room above the greatest value, for the label of the guide that may lie there.
const HEADROOM: f64 = 1.1;

/// About what one pixel of the chart stands for, in milliseconds.
const PERIOD_MILLIS: u32 = 1000;

#[derive(PartialEq)]
pub(super) struct RoundTrips {
    pub(super) session: Session,
    /// The silence after which a heartbeat is sent; `None` when it is off.
    pub(super) heartbeat: Option<Duration>,
    /// Heartbeats missed, and heartbeats sent.
    pub(super) missed: (u64, u64),
    /// Grows with what is drawn, so that the figures are too.
    pub(super) total: u64,
}

block!(RoundTrips, use_round_trips);

#[hook]
fn use_round_trips(props: &RoundTrips) -> Html {
    let t = &use_texts().health;
    let redraw = use_memo((), |()| Redraw::default());
    let readout = use_state_eq(|| None::<Readout>);
    let figure =
        use_callback((props.session.clone(), t), |canvas: Canvas, (session, t)| figure(session, canvas, t));
    let on_readout = use_callback(readout.setter(), |value, readout| readout.set(value));
    {
        let redraw = redraw.clone();
        use_effect_on(props.total, move |_| redraw.request());
    }
    let summary = summary(&props.session);
    let Some(summary) = summary else {
        let text = match props.heartbeat {
            Some(interval) => fill(t.rtt_none, &[&words::duration(interval.as_micros() as u64, t)]),
            None => t.rtt_off.to_owned(),
        };
        return html! { <p class="health-hint" data-testid="health-rtt-empty">{text}</p> };
    };
    let text = |millis: f64| words::round_trip(millis, t);
    let (last, p50, p99) = (text(summary.last), text(summary.p50), text(summary.p99));
    let range = format!("{} – {}", text(summary.min), text(summary.max));
    let window_micros = props.session.health(|health, now| {
        let (from, to) = health.window(now);
        to.0 - from.0
    });
    let window = words::duration(window_micros, t);
    let label = fill(t.rtt_label, &[&window, &last, &p50, &p99, &summary.count]);
    html! {
        <>
            <dl class="figures rtt-figures" data-testid="health-rtt">
                {pair(t.rtt_latest, &last, "rtt-last")}
                {pair(t.rtt_p50, &p50, "rtt-p50")}
                {pair(t.rtt_p99, &p99, "rtt-p99")}
                {pair(t.rtt_range, &range, "rtt-range")}
                {pair(
                    t.rtt_missed,
                    &fill(t.rtt_missed_of, &[&props.missed.0, &props.missed.1]),
                    "rtt-missed",
                )}
            </dl>
            {Chart {
                class: "rtt-chart",
                figure,
                redraw: (*redraw).clone(),
                period_millis: PERIOD_MILLIS,
                on_readout,
                label: label.into(),
                testid: "health-rtt-chart",
            }.block()}
            <p class="chart-readout" data-testid="health-rtt-readout">
                {readout.as_ref().map(|readout| readout_text(readout, t)).unwrap_or_default()}
            </p>
        </>
    }
}

/// A name and its value.
pub(super) fn pair(name: &'static str, value: &str, testid: &'static str) -> Html {
    html! {
        <div class="figure">
            <dt>{name}</dt>
            <dd data-testid={format!("health-{testid}")}>{value.to_owned()}</dd>
        </div>
    }
}

fn summary(session: &Session) -> Option<Summary> {
    session.health(|health, now| {
        let (from, to) = health.window(now);
        health.round_trips().summary(from, to)
    })
}

fn figure(session: &Session, canvas: Canvas, t: &Texts) -> Figure {
    session.health(|health, now| {
        let (from, to) = health.window(now);
        let series = health.round_trips();
        let columns = columns(series, from, to, canvas.columns);
        let (_, max) = columns.range.unwrap_or((0.0, 1.0));
        let guides = series.summary(from, to).map(|summary| {
            vec![Guide { value: summary.p50, label: "p50" }, Guide { value: summary.p99, label: "p99" }]
        });
        Figure {
            from,
            to,
            lanes: vec![Lane {
                axis: Axis::around(0.0, max * HEADROOM, value_steps(canvas.height_px, 1)),
                lines: vec![Line { slot: 0, columns }],
                guides: guides.unwrap_or_default(),
            }],
            words: time_words(t),
        }
    })
}

fn readout_text(readout: &Readout, t: &Texts) -> String {
    let ago = fill(t.plot_at, &[&words::duration(readout.ago_micros, t)]);
    match readout.values.first() {
        Some((_, bucket)) if bucket.count > 1 => {
            let range =
                fill(t.plot_between, &[&words::round_trip(bucket.min, t), &words::round_trip(bucket.max, t)]);
            format!("{ago}: {range}")
        }
        Some((_, bucket)) => format!("{ago}: {}", words::round_trip(bucket.last, t)),
        None => ago,
    }
}
