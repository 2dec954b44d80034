//! The fields on the chart and their values.

use workbench::series::{Bucket, columns};
use workbench::time::Micros;
use yew::prelude::*;

use super::super::icons::{Icon, picture};
use crate::model::format::number;
use crate::model::plot::PlotState;
use crate::running::session::Session;
use crate::texts::health::Health as Texts;
use crate::texts::{fill, plural};
use crate::views::markup::html;

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

/// `values` is what lies under the crosshair, by slot; `None` shows the latest.
pub(super) fn legend(
    session: &Session,
    rows: &[Row],
    values: Option<&[(usize, Bucket)]>,
    on_change: &Callback<()>,
    t: &'static Texts,
) -> Html {
    html! {
        <ul class="plot-legend">
            for row in rows {
                <li
                    key={row.name.to_string()}
                    class="plot-trace"
                    data-testid="plot-trace"
                    data-path={row.name.clone()}
                    data-slot={row.slot.to_string()}
                >
                    <span class="plot-swatch" aria-hidden="true">{row.slot + 1}</span>
                    <code class="plot-name">{&row.name}</code>
                    <span class="plot-value" data-testid="plot-value">{value(row, values, t)}</span>
                    <button
                        class="button icon-button small"
                        type="button"
                        title={fill(t.plot_remove, &[&row.name])}
                        aria-label={fill(t.plot_remove, &[&row.name])}
                        data-testid="plot-remove"
                        onclick={remove(session, on_change, row.name.clone())}
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
                fill(t.plot_trace, &[&self.name, &number(last), &number(min), &number(max)])
            }
            _ => self.range_text(t),
        }
    }

    fn range_text(&self, t: &Texts) -> String {
        match self.range {
            _ if self.last.is_none() => plural(t.plot_waiting, self.messages),
            Some((min, max)) => fill(t.plot_between, &[&number(min), &number(max)]),
            None => String::new(),
        }
    }
}

/// The value under the crosshair, or the latest.
fn value(row: &Row, values: Option<&[(usize, Bucket)]>, t: &Texts) -> String {
    let Some(values) = values else { return row.last.map(number).unwrap_or_default() };
    match values.iter().find(|(slot, _)| *slot == row.slot) {
        Some((_, bucket)) if bucket.min < bucket.max => {
            fill(t.plot_between, &[&number(bucket.min), &number(bucket.max)])
        }
        Some((_, bucket)) => number(bucket.last),
        None => "–".to_owned(),
    }
}

fn remove(session: &Session, on_change: &Callback<()>, name: AttrValue) -> Callback<MouseEvent> {
    let (session, on_change) = (session.clone(), on_change.clone());
    Callback::from(move |_| {
        session.plot(|state, _, _| state.plot.remove(&name));
        on_change.emit(());
    })
}
