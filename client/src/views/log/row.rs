//! One line of the log.

use std::ops::Range;

use workbench::entry::{Body, Delivery, Direction, Entry, Kind, Origin};
use workbench::filter::TextMatch;
use workbench::small_map::sort_few;
use workbench::time::{Micros, duration};
use yew::prelude::*;

use crate::actions::stage::Scene;
use crate::model::format::{elapsed, hex_preview, preview, round_trip, size};
use crate::model::log::words;
use crate::model::owned::{delivery_slug, label, slug};
use crate::running::driver::clock::zone;
use crate::texts::log::Log as Texts;
use crate::texts::plural;
use crate::views::markup::html;

/// Marks in one row; more would only be a blur.
const MAX_MARKS: usize = 20;

/// What is the same for all rows of one drawing.
pub(super) struct Frame<'a> {
    pub(super) t: &'static Texts,
    /// When today began, at the reader's place.
    pub(super) today: Micros,
    pub(super) highlights: Vec<&'a TextMatch>,
    /// `aria-setsize`.
    pub(super) total: u64,
    pub(super) scene: &'a Scene,
}

/// What is particular to one row.
pub(super) struct Place {
    /// Where on screen. Rows are known by it, so that scrolling changes texts and moves no elements.
    pub(super) slot: usize,
    /// Counted from the first that was ever shown.
    pub(super) index: u64,
    pub(super) selected: bool,
    pub(super) is_hit: bool,
    pub(super) time: Time,
}

/// How the time of a row is written.
pub(super) enum Time {
    Clock,
    /// Signed microseconds since something else; `None` on the first row.
    Since(Option<i64>),
    /// Microseconds since the start.
    Elapsed(i64),
}

/// What brought a message about, where that was not the person.
fn cause(origin: Origin, t: &Texts) -> Option<&'static str> {
    match origin {
        Origin::Heartbeat => Some(t.heartbeat_mark),
        Origin::Opening => Some(t.opening_mark),
        Origin::Answer => Some(t.answer_mark),
        Origin::Plain | Origin::Repeat => None,
    }
}

pub(super) fn row(entry: &Entry<'_>, place: &Place, frame: &Frame<'_>) -> Html {
    let t = frame.t;
    let is_message = entry.kind == Kind::Message;
    let text = words::text(entry).map_or_else(|| hex_preview(entry.body.bytes()), |text| preview(&text));
    let mark = match entry.body {
        Body::Binary(_) => Some(t.mark_binary),
        Body::Text("") if is_message || matches!(entry.kind, Kind::Ping | Kind::Pong) => Some(t.mark_empty),
        Body::Text(_) => None,
    };
    let rtt = entry.rtt_micros.filter(|_| entry.direction == Direction::In);
    html! {
        <div
            key={place.slot}
            class={classes!("entry", place.is_hit.then_some("hit"), entry.is_heartbeat().then_some("beat"))}
            id={frame.scene.id(&row_id(place.index))}
            role="option"
            aria-selected={place.selected.to_string()}
            aria-setsize={frame.total.to_string()}
            aria-posinset={(place.index + 1).to_string()}
            data-testid="entry"
            data-index={place.index.to_string()}
            data-id={entry.id.to_string()}
            data-kind={slug(entry.kind, entry.direction)}
            data-delivery={entry.delivery.filter(|delivery| *delivery != Delivery::Sent).map(delivery_slug)}
        >
            <span class="entry-time">{time(entry.time, &place.time, frame.today)}</span>
            <span class="entry-label">{label(entry.kind, entry.direction, entry.delivery, t)}</span>
            if let Some(cause) = cause(entry.origin, t) {
                <span class="entry-mark">{cause}</span>
            }
            if let Some(mark) = mark {
                <span class="entry-mark">{mark}</span>
            }
            if let Some(wire) = entry.wire.filter(|wire| wire.frames > 1) {
                <span class="entry-mark entry-frames">{plural(t.frames, wire.frames)}</span>
            }
            <bdi class="entry-text">{marked(&text, &frame.highlights)}</bdi>
            if let Some(rtt) = rtt {
                <span class="entry-rtt">{round_trip(f64::from(rtt) / 1000.0)}</span>
            }
            if is_message {
                <span class="entry-size">{sizes(entry)}</span>
            }
        </div>
    }
}

/// The size of a message, behind that on the wire where it was compressed.
fn sizes(entry: &Entry<'_>) -> String {
    let payload = size(entry.size() as u64);
    match entry.wire {
        Some(wire) if wire.compressed => format!("{} → {payload}", size(wire.bytes)),
        _ => payload,
    }
}

pub(super) fn row_id(index: u64) -> String {
    format!("entry-{index}")
}

fn time(at: Micros, time: &Time, today: Micros) -> String {
    match time {
        Time::Clock if at.day_start(zone) == today => at.clock(zone),
        Time::Clock => format!("{} {}", at.date(zone), at.clock(zone)),
        Time::Since(None) => "–".to_owned(),
        Time::Since(Some(micros)) if *micros < 0 => duration(*micros),
        Time::Since(Some(micros)) => format!("+{}", duration(*micros)),
        Time::Elapsed(micros) => elapsed(*micros),
    }
}

/// The text with what was searched for marked.
fn marked(text: &str, highlights: &[&TextMatch]) -> Html {
    let ranges = merged(highlights.iter().flat_map(|pattern| pattern.ranges(text, MAX_MARKS)).collect());
    if ranges.is_empty() {
        return html! { {text} };
    }
    let mut at = 0;
    let mut parts = Vec::with_capacity(ranges.len() * 2 + 1);
    for Range { start, end } in ranges {
        parts.push(html! { {&text[at..start]} });
        parts.push(html! { <mark>{&text[start..end]}</mark> });
        at = end;
    }
    parts.push(html! { {&text[at..]} });
    parts.into_iter().collect()
}

/// Ranges in order without overlaps.
fn merged(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    sort_few(&mut ranges, |a, b| (a.start, a.end) < (b.start, b.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_marks_become_one() {
        assert_eq!(merged(vec![5..8, 0..2, 1..4, 8..9]), [0..4, 5..9]);
        assert!(merged(Vec::new()).is_empty());
    }
}
