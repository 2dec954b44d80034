//! Messages and bytes per second, each way.

use std::fmt::Write as _;

use workbench::decimal;
use workbench::series::Totals;
use yew::prelude::*;

use crate::texts::fill;
use crate::texts::health::Health;
use crate::views::markup::html;
use crate::views::words::{self, Counter};

const WIDTH: u32 = 120;
const HEIGHT: u32 = 28;

/// One of `seconds` for each of the last seconds, oldest first; `totals` since the beginning.
pub(super) fn traffic(seconds: &[Totals], totals: Totals, t: &'static Health) -> Html {
    let window = words::duration(seconds.len() as u64 * 1_000_000, t);
    let newest = seconds.last().copied().unwrap_or_default();
    html! {
        <>
            <dl class="traffic" data-testid="health-traffic">
                for counter in Counter::ALL {
                    {spark(counter, newest, seconds, totals, t)}
                }
            </dl>
            <p class="health-hint">{fill(t.traffic_hint, &[&window])}</p>
        </>
    }
}

fn spark(counter: Counter, newest: Totals, seconds: &[Totals], totals: Totals, t: &'static Health) -> Html {
    let values: Vec<u64> = seconds.iter().map(|second| counter.of(*second)).collect();
    let peak = values.iter().copied().max().unwrap_or(0);
    let figures = fill(t.rate_figures, &[&counter.text(peak), &counter.text(counter.of(totals))]);
    let (line, area) = paths(&values, peak);
    html! {
        <div class="traffic-counter" data-counter={counter.slug()}>
            <dt>{counter.name(t)}</dt>
            <dd class="traffic-rate">{fill(t.per_second, &[&counter.text(counter.of(newest))])}</dd>
            <dd class="traffic-figures">{figures}</dd>
            <dd class="traffic-spark" aria-hidden="true">
                <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} preserveAspectRatio="none">
                    <path class="traffic-area" d={area} />
                    <path class="traffic-line" d={line} />
                </svg>
            </dd>
        </div>
    }
}

/// The line and the area below it. Nothing at all is a line at the bottom.
fn paths(values: &[u64], peak: u64) -> (String, String) {
    let mut line = String::with_capacity(values.len() * 12);
    let (width, height) = (f64::from(WIDTH), f64::from(HEIGHT));
    let step = width / values.len().saturating_sub(1).max(1) as f64;
    for (index, value) in values.iter().enumerate() {
        let x = index as f64 * step;
        // The stroke keeps clear of the edges.
        let y = height - 1.0 - (*value as f64 / peak.max(1) as f64) * (height - 3.0);
        let letter = if index == 0 { 'M' } else { 'L' };
        // Writing to a String cannot fail.
        let _ = write!(line, "{letter}{} {}", decimal::fixed(x, 1), decimal::fixed(y, 1));
    }
    let area = if line.is_empty() { String::new() } else { format!("{line}V{HEIGHT}H0z") };
    (line, area)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_reaches_the_top_and_nothing_stays_at_the_bottom() {
        assert_eq!(paths(&[0, 5, 10], 10).0, "M0.0 27.0L60.0 14.5L120.0 2.0");
        assert_eq!(paths(&[0, 0], 0).1, "M0.0 27.0L120.0 27.0V28H0z");
        assert_eq!(paths(&[], 0), (String::new(), String::new()));
    }
}
