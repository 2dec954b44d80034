//! The stages of the last minutes as a coloured band and as a list.

use workbench::decimal;
use workbench::series::Span;
use workbench::time::Micros;
use yew::prelude::*;

use crate::model::health::Stage;
use crate::texts::health::Health;
use crate::texts::{fill, plural};
use crate::views::markup::html;
use crate::views::words;

/// Stages in the list; the band shows them all.
const LISTED: usize = 5;

/// The least width of a stage in the band, and the least width with a name in it, in percent.
const LEAST_PERCENT: f64 = 0.5;
const NAMED_PERCENT: f64 = 20.0;

/// More stages than this are not drawn: nobody could tell them apart.
const DRAWN: usize = 300;

/// The stages of `spans`, oldest first, in a band from `from` to `now`.
pub(super) fn phases(spans: &[Span<Stage>], (from, now): (Micros, Micros), t: &'static Health) -> Html {
    let (start, now) = (from.0, now.0);
    let window_micros = now.saturating_sub(start);
    let window = words::duration(window_micros, t);
    let percent = |micros: u64| micros as f64 * 100.0 / window_micros.max(1) as f64;
    let css_percent = |percent| decimal::fixed(percent, 3) + "%";
    let drawn = &spans[spans.len().saturating_sub(DRAWN)..];
    let listed = spans.iter().rev().take(LISTED);
    let left = spans.len().saturating_sub(LISTED);
    let shares: Vec<String> = Stage::ALL
        .into_iter()
        .filter_map(|stage| {
            let spans = spans.iter().filter(|span| span.state == stage);
            let micros: u64 = spans.map(Span::micros).sum();
            (micros > 0)
                .then(|| fill(t.timeline_part, &[&words::stage(stage, t), &words::duration(micros, t)]))
        })
        .collect();
    html! {
        <>
            <svg
                class="phases"
                role="img"
                aria-label={fill(t.timeline_label, &[&window, &shares.join(", ")])}
                data-testid="health-timeline"
            >
                for span in drawn {
                    <svg
                        key={span.start.0}
                        class="phases-span"
                        x={css_percent(percent(span.start.0.saturating_sub(start)))}
                        width={css_percent(percent(span.micros()).max(LEAST_PERCENT))}
                        height="100%"
                        data-phase={span.state.slug()}
                    >
                        <title>
                            {fill(
                                t.timeline_part,
                                &[&words::stage(span.state, t), &words::duration(span.micros(), t)],
                            )}
                        </title>
                        <rect width="100%" height="100%" />
                        if percent(span.micros()) >= NAMED_PERCENT {
                            <text x="6" y="50%" dy="0.35em">{words::stage(span.state, t)}</text>
                        }
                    </svg>
                }
            </svg>
            <div class="phases-scale" aria-hidden="true">
                <span>{format!("\u{2212}{window}")}</span>
                <span>{t.now}</span>
            </div>
            <ol class="phases-list">
                for span in listed {
                    <li key={span.start.0} data-phase={span.state.slug()}>
                        <span class="phases-dot" aria-hidden="true"></span>
                        <span class="phases-name">{words::stage(span.state, t)}</span>
                        <span class="phases-duration">{words::duration(span.micros(), t)}</span>
                        <span class="phases-ago">
                            if span.end.0 < now {
                                {fill(t.ago, &[&words::duration(now - span.end.0, t)])}
                            } else {
                                {t.now}
                            }
                        </span>
                    </li>
                }
                if left > 0 {
                    <li class="phases-more">{plural(t.timeline_earlier, left as u64)}</li>
                }
            </ol>
        </>
    }
}
