//! Numbers in messages as a live chart.
//!
//! `data-testid`: `plot` (the panel), `plot-path` (the field for a path), `plot-add`, `plot-problem`,
//! `plot-suggestion` (with `data-path`), `plot-empty`, `plot-window`, `plot-pause`, `plot-lanes`, `plot-trace` (with
//! `data-path`; inside `plot-value`, `plot-range`, `plot-remove`), `plot-chart` (`data-drawings`), `plot-readout`,
//! `plot-reading`.

pub(super) mod chart;
mod controls;
mod legend;
pub(super) mod paint;
mod watch;

use std::cell::Cell;

use gloo_timers::callback::Interval;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Performance};
use workbench::series::{Axis, columns};
use workbench::time::Micros;
use yew::prelude::*;

use self::chart::{Canvas, Chart, Mounted, Readout, Redraw};
use self::controls::{AddField, controls};
use self::legend::{legend, rows};
use self::paint::{Figure, Lane, Line, TimeWords, value_steps};
use crate::model::plot::{PlotState, Window};
use crate::running::driver::clock::zone;
use crate::running::frame::FrameLoop;
use crate::running::session::{Session, Subscription};
use crate::texts::health::Health as Texts;
use crate::texts::{fill, plural};
use crate::views::block::{Block, block};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;
use crate::views::words;

/// Between two looks at the legend and the suggestions.
const TICK_MILLIS: u32 = 500;

/// How long the log may be read for in one animation frame, in milliseconds, and how many entries at a time.
const SLICE_MILLIS: f64 = 5.0;
const SLICE_ENTRIES: u64 = 500;

/// Fields that are offered.
const SUGGESTIONS: usize = 8;

/// About as wide as the chart is in a narrow panel, in pixels: a chart that moves by less is not drawn again.
const CHART_PX: u32 = 300;

/// The panel. While it is open it reads on in the log, a slice in each animation frame that brought messages;
/// closed, it costs nothing.
#[derive(PartialEq)]
pub(super) struct PlotPanel {
    pub(super) session: Session,
}

block!(PlotPanel, use_plot_panel);

#[hook]
fn use_plot_panel(props: &PlotPanel) -> Html {
    let t = &use_texts().health;
    let session = &props.session;
    let redraw = use_memo((), |()| Redraw::default());
    let feed = use_memo((), |()| Redraw::default());
    let left = use_state_eq(|| 0u64);
    let readout = use_state_eq(|| None::<Readout>);
    let update = use_force_update();
    let root = use_node_ref();
    let taken = use_memo((), |()| Cell::new(false));
    {
        let (feed, redraw, left) = (feed.clone(), redraw.clone(), left.setter());
        use_effect_on(session.clone(), move |session| {
            let guard = start_feed(session, &feed, &redraw, left);
            move || drop(guard)
        });
    }
    {
        let update = update.clone();
        use_effect_on((), move |()| {
            let interval = Interval::new(TICK_MILLIS, move || update.force_update());
            move || drop(interval)
        });
    }
    // After whatever the person changed: read what is new, draw, and show it in the legend.
    let on_change = use_callback((feed, redraw.clone()), move |(), (feed, redraw)| {
        feed.request();
        redraw.request();
        update.force_update();
    });
    let figure = use_callback((session.clone(), t), |canvas: Canvas, (session, t)| {
        session.plot(|state, _, now| figure(state, now, canvas, t))
    });
    let on_taken = use_callback(taken.clone(), |(), taken| taken.set(true));
    let on_readout = use_callback(readout.setter(), |value, readout| readout.set(value));

    let (window, lanes, paused, rows) = session.plot(|state, _, now| {
        let (from, to) = state.bounds(now);
        (state.window, state.lanes, state.is_paused(), rows(state, from, to))
    });
    let suggestions = session.plot(|state, log, _| state.plot.suggestions(log.store(), SUGGESTIONS));
    let is_empty = rows.is_empty();
    {
        let root = root.clone();
        use_effect_on(rows.len(), move |_| {
            if taken.take() {
                focus_chart(&root);
            }
        });
    }
    let names: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
    let sentences: Vec<String> = rows.iter().map(|row| row.sentence(t)).collect();
    let label = fill(t.plot_label, &[&names.join(", "), &sentences.join(". ")]);
    html! {
        <div ref={root} class="plot" data-testid="plot">
            if !is_empty {
                {controls(session, (window, lanes, paused), &on_change, t)}
                {Chart {
                    class: "plot-chart",
                    figure,
                    redraw: (*redraw).clone(),
                    period_millis: period_millis(window, paused),
                    on_readout,
                    label: label.into(),
                    testid: "plot-chart",
                }.block()}
                <p
                    class={classes!("chart-readout", readout.is_none().then_some("chart-hint"))}
                    data-testid="plot-readout"
                >
                    {readout.as_ref().map_or_else(|| t.plot_keys.to_owned(), |readout| readout_text(readout, t))}
                </p>
                {legend(
                    session,
                    &rows,
                    readout.as_ref().map(|readout| &*readout.values),
                    &on_change,
                    t,
                )}
            }
            {AddField { session: session.clone(), suggestions, is_empty, on_change, on_taken }.block()}
            if *left > 0 {
                <p class="plot-reading" data-testid="plot-reading">{plural(t.plot_reading, *left)}</p>
            }
        </div>
    }
}

/// The words of the time axis.
pub(super) fn time_words(t: &Texts) -> TimeWords {
    TimeWords { now: t.now, millis: t.millis, seconds: t.seconds, minutes: t.minutes }
}

/// What a person sees and steers next after the button they pressed is gone; being focused brings it into view.
fn focus_chart(root: &NodeRef) {
    let chart = root.cast::<Element>().and_then(|root| root.query_selector(".plot-chart").ok().flatten());
    if let Some(chart) = chart.and_then(|chart| chart.dyn_into::<HtmlElement>().ok()) {
        // Focus is a convenience here.
        let _ = chart.focus();
    }
}

/// Reads the log for the plot whenever the session has something new, until the answer is dropped.
fn start_feed(
    session: &Session,
    feed: &Redraw,
    redraw: &Redraw,
    left: UseStateSetter<u64>,
) -> Mounted<Subscription> {
    let frame = {
        let (session, feed, redraw) = (session.clone(), feed.clone(), redraw.clone());
        FrameLoop::new(move || {
            let behind = read_on(&session);
            redraw.request();
            left.set(behind);
            if behind > 0 {
                feed.request();
            }
        })
    };
    frame.request();
    let on_view = frame.clone();
    let subscription = session.subscribe(move |_| on_view.request());
    feed.mount(frame, subscription)
}

/// Reads a slice of the log. Returns how many entries are left.
fn read_on(session: &Session) -> u64 {
    let performance = web_sys::window().and_then(|window| window.performance());
    let now = || performance.as_ref().map_or_else(js_sys::Date::now, Performance::now);
    let deadline = now() + SLICE_MILLIS;
    session.plot(|state, log, _| {
        loop {
            let left = state.plot.advance(log.store(), SLICE_ENTRIES);
            if left == 0 || now() >= deadline {
                return left;
            }
        }
    })
}

fn figure(state: &PlotState, now: Micros, canvas: Canvas, t: &Texts) -> Figure {
    let (from, to) = state.bounds(now);
    let lines: Vec<Line> = state
        .plot
        .traces()
        .iter()
        .map(|trace| Line { slot: trace.slot(), columns: columns(trace.series(), from, to, canvas.columns) })
        .collect();
    let groups: Vec<Vec<Line>> =
        if state.lanes { lines.into_iter().map(|line| vec![line]).collect() } else { vec![lines] };
    let steps = value_steps(canvas.height_px, groups.len());
    let lanes = groups
        .into_iter()
        .map(|lines| {
            let ranges = lines.iter().filter_map(|line| line.columns.range);
            let range = ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0.0, 1.0));
            Lane { axis: Axis::around(range.0, range.1, steps), lines, guides: Vec::new() }
        })
        .collect();
    Figure { from, to, lanes, words: time_words(t) }
}

/// How long it takes a chart to move by about a pixel.
fn period_millis(window: Window, paused: bool) -> u32 {
    match window {
        Window::Minutes(minutes) if !paused => (minutes * 60_000 / CHART_PX).min(1000),
        _ => 60_000,
    }
}

fn readout_text(readout: &Readout, t: &Texts) -> String {
    let ago = fill(t.plot_at, &[&words::duration(readout.ago_micros, t)]);
    format!("{} · {ago}", readout.time.clock(zone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use workbench::decimal::shortest;

    #[test]
    fn a_chart_is_drawn_when_it_has_moved_by_a_pixel() {
        assert_eq!(period_millis(Window::Minutes(1), false), 200);
        assert_eq!(period_millis(Window::Minutes(15), false), 1000);
        assert_eq!(period_millis(Window::Minutes(1), true), 60_000);
        assert_eq!(period_millis(Window::Values(100), false), 60_000);
    }

    #[test]
    fn numbers_are_written_as_short_as_they_can_be() {
        assert_eq!(
            [shortest(0.1), shortest(67_123.5), shortest(-2.0), shortest(0.0)],
            ["0.1", "67123.5", "-2", "0"]
        );
        assert_eq!([shortest(1e20), shortest(1.5e-9)], ["1e20", "1.5e-9"]);
    }
}
