//! The fields on the chart and their values.

use workbench::decimal::shortest;
use workbench::series::{Bucket, columns};
use workbench::time::Micros;
use yew::prelude::*;

use super::super::icons::{Icon, picture};
use crate::i18n::health::Health as Texts;
use crate::i18n::{fill, plural, use_texts};
use crate::model::plot::PlotState;
use crate::session::Session;

/// One field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) name: AttrValue,
    slot: usize,
    /// Messages looked at.
    messages: u64,
    /// The latest value of all.
    last: Option<f64>,
    /// Least and greatest in the window.
    range: Option<(f64, f64)>,
}

#[derive(PartialEq, Properties)]
pub(super) struct LegendProps {
    pub(super) session: Session,
    pub(super) rows: Vec<Row>,
    /// What lies under the crosshair, by slot; `None` shows the latest.
    pub(super) values: Option<Vec<(usize, Bucket)>>,
    pub(super) on_change: Callback<()>,
}

#[component]
pub(super) fn Legend(props: &LegendProps) -> Html {
    let t = &use_texts().health;
    html! {
        <ul class="plot-legend">
            for row in &props.rows {
                <li
                    key={row.name.to_string()}
                    class="plot-trace"
                    data-testid="plot-trace"
                    data-path={row.name.clone()}
                    data-slot={row.slot.to_string()}
                >
                    <span class="plot-swatch" aria-hidden="true">{row.slot + 1}</span>
                    <code class="plot-name">{&row.name}</code>
                    <span class="plot-value" data-testid="plot-value">{value(row, props.values.as_deref(), t)}</span>
                    <button
                        class="button icon-button small"
                        type="button"
                        title={fill(t.plot_remove, &[&row.name])}
                        aria-label={fill(t.plot_remove, &[&row.name])}
                        data-testid="plot-remove"
                        onclick={remove(props, row.name.clone())}
                    >
                        {picture(Icon::Close)}
                    </button>
                    <span class="plot-range" data-testid="plot-range">{row.range_text(t)}</span>
                </li>
            }
        </ul>
    }
}

/// The fields as they are, with their range from `from` to `to`.
pub(super) fn rows(state: &PlotState, from: Micros, to: Micros) -> Vec<Row> {
    state
        .plot
        .traces()
        .iter()
        .map(|trace| Row {
            name: trace.name().to_owned().into(),
            slot: trace.slot(),
            messages: trace.messages(),
            last: trace.series().last(),
            range: columns(trace.series(), from, to, 1).range,
        })
        .collect()
}

impl Row {
    /// The field for those who do not see the chart.
    pub(super) fn sentence(&self, t: &Texts) -> String {
        match (self.last, self.range) {
            (Some(last), Some((min, max))) => {
                fill(t.plot_trace, &[&self.name, &shortest(last), &shortest(min), &shortest(max)])
            }
            _ => self.range_text(t),
        }
    }

    fn range_text(&self, t: &Texts) -> String {
        match self.range {
            _ if self.last.is_none() => plural(t.plot_waiting, self.messages),
            Some((min, max)) => fill(t.plot_between, &[&shortest(min), &shortest(max)]),
            None => String::new(),
        }
    }
}

/// The value under the crosshair, or the latest.
fn value(row: &Row, values: Option<&[(usize, Bucket)]>, t: &Texts) -> String {
    let Some(values) = values else { return row.last.map(shortest).unwrap_or_default() };
    match values.iter().find(|(slot, _)| *slot == row.slot) {
        Some((_, bucket)) if bucket.min < bucket.max => {
            fill(t.plot_between, &[&shortest(bucket.min), &shortest(bucket.max)])
        }
        Some((_, bucket)) => shortest(bucket.last),
        None => "–".to_owned(),
    }
}

fn remove(props: &LegendProps, name: AttrValue) -> Callback<MouseEvent> {
    let (session, on_change) = (props.session.clone(), props.on_change.clone());
    Callback::from(move |_| {
        session.plot(|state, _, _| state.plot.remove(&name));
        on_change.emit(());
    })
}
