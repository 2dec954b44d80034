use thiserror::Error;

use super::{Bounds, Series};
use crate::entry::{Body, Direction, Entry, EntryId, Kind};
use crate::json::{Path, PathError, numeric_fields};
use crate::small_map::sort_few;
use crate::store::Store;

/// How far back in the log a new trace begins to read, in entries.
const MAX_BACKLOG: u64 = 200_000;

/// Longer messages, in bytes, are read as having no number: each is read in one go.
const MAX_PLOTTED_BYTES: usize = 4 << 20;

/// How many of the latest messages suggestions are taken from, and the longest that is looked into, in bytes.
const SUGGEST_MESSAGES: usize = 12;
const SUGGEST_BYTES: usize = 32 * 1024;

/// How many entries are looked at in search of those messages.
const SUGGEST_ENTRIES: u64 = 2000;

/// One JSON field of the messages received, over time.
#[derive(Clone, Debug)]
pub struct Trace {
    path: Path,
    name: String,
    slot: usize,
    series: Series,
    next: EntryId,
    messages: u64,
    hits: u64,
}

/// Why a field cannot be plotted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlotError {
    /// Not a path. Show where.
    #[error(transparent)]
    Path(#[from] PathError),
    /// It is on the chart already.
    #[error("this field is on the chart already")]
    Duplicate,
    /// There are [`Plot::MAX_TRACES`] already: take one away first.
    #[error("the chart is full")]
    Full,
}

/// JSON fields on one chart.
///
/// A plot is fed from the log and not from the socket: it remembers up to where it has read, and
/// [`Plot::advance`] reads on. So a message costs nothing while nobody looks, and a field chosen late shows what the
/// log still holds.
#[derive(Clone, Debug, Default)]
pub struct Plot {
    traces: Vec<Trace>,
}

impl Trace {
    /// The path, as [`Path`] writes it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its place among the chart's colours, from 0; kept while other traces come and go.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// The values.
    #[must_use]
    pub fn series(&self) -> &Series {
        &self.series
    }

    /// Received messages looked at.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// How many of these had a number here.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.hits
    }

    fn read(&mut self, entry: &Entry<'_>) {
        self.next = entry.id + 1;
        match (entry.kind, entry.direction, entry.body) {
            (Kind::Disconnected, ..) => self.series.interrupt(),
            (Kind::Message, Direction::In, body) if !entry.is_heartbeat() => {
                self.messages += 1;
                let Body::Text(text) = body else { return };
                if text.len() > MAX_PLOTTED_BYTES {
                    return;
                }
                let mut hit = false;
                // A path with `*` may find several, all of which count.
                self.path.any(text, |found| {
                    hit |= found.number().is_some_and(|value| self.series.push(entry.time, value));
                    false
                });
                self.hits += u64::from(hit);
            }
            _ => {}
        }
    }
}

impl Plot {
    /// The most fields on one chart: as many as can be told apart by colour.
    pub const MAX_TRACES: usize = 4;

    /// The fields, in the order in which they were added.
    #[must_use]
    pub fn traces(&self) -> &[Trace] {
        &self.traces
    }

    /// Adds a field, given as a path. [`Plot::advance`] then reads what the log holds of it, at most the latest
    /// 200,000 entries.
    ///
    /// # Errors
    /// What to tell the person.
    pub fn add(&mut self, path: &str, store: &Store) -> Result<(), PlotError> {
        let path = Path::parse(path.trim())?;
        let name = path.to_string();
        if self.traces.iter().any(|trace| trace.name == name) {
            return Err(PlotError::Duplicate);
        }
        let is_free = |slot: &usize| self.traces.iter().all(|trace| trace.slot != *slot);
        let slot = (0..Self::MAX_TRACES).find(is_free).ok_or(PlotError::Full)?;
        let kept = store.ids();
        self.traces.push(Trace {
            path,
            name,
            slot,
            series: Series::new(Bounds::default()),
            next: kept.start.max(kept.end.saturating_sub(MAX_BACKLOG)),
            messages: 0,
            hits: 0,
        });
        Ok(())
    }

    /// Takes a field off the chart.
    pub fn remove(&mut self, name: &str) {
        self.traces.retain(|trace| trace.name != name);
    }

    /// Reads on in the log, at most `limit` entries for each field. Returns how many are left to read for the field
    /// that is furthest behind. Call again until it is 0, and when the log has grown.
    pub fn advance(&mut self, store: &Store, limit: u64) -> u64 {
        let kept = store.ids();
        for trace in &mut self.traces {
            if trace.next < kept.start {
                // What was dropped from the log before it was read is missing here as well.
                trace.series.interrupt();
                trace.next = kept.start;
            }
            let end = kept.end.min(trace.next.saturating_add(limit));
            for entry in store.range(trace.next..end) {
                trace.read(&entry);
            }
            trace.next = trace.next.max(end);
        }
        self.traces.iter().map(|trace| kept.end.saturating_sub(trace.next)).max().unwrap_or(0)
    }

    /// The numeric fields of the latest messages received, with the newest value of each, most frequent first; at
    /// most `max`, without those on the chart.
    #[must_use]
    pub fn suggestions(&self, store: &Store, max: usize) -> Vec<(String, f64)> {
        let kept = store.ids();
        let latest = kept.start.max(kept.end.saturating_sub(SUGGEST_ENTRIES))..kept.end;
        let texts = store.range(latest).rev().filter_map(|entry| match entry.body {
            Body::Text(text)
                if entry.kind == Kind::Message
                    && entry.direction == Direction::In
                    && !entry.is_heartbeat()
                    && text.len() <= SUGGEST_BYTES =>
            {
                Some(text)
            }
            _ => None,
        });
        let mut fields: Vec<(String, f64, usize)> = Vec::new();
        for text in texts.take(SUGGEST_MESSAGES) {
            for (name, value) in numeric_fields(text, max * 2) {
                if let Some((.., count)) = fields.iter_mut().find(|(known, ..)| *known == name) {
                    *count += 1;
                } else if fields.len() < max * 2 {
                    fields.push((name, value, 1));
                }
            }
        }
        fields.retain(|(name, ..)| self.traces.iter().all(|trace| trace.name != *name));
        sort_few(&mut fields, |(.., a), (.., b)| a > b);
        fields.into_iter().take(max).map(|(name, value, _)| (name, value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{ConnectionId, Delivery, Draft, Origin};
    use crate::store::Limits;
    use crate::time::Micros;

    const C: ConnectionId = ConnectionId(1);

    fn receive(store: &mut Store, texts: &[&str]) {
        for text in texts {
            let time = Micros(store.ids().end * 1000);
            store.append(Draft::received(time, C, Body::Text(text)));
        }
    }

    fn values(trace: &Trace) -> Vec<f64> {
        trace.series().window(Micros(0), Micros(u64::MAX)).map(|bucket| bucket.last).collect()
    }

    #[test]
    fn reads_what_the_log_holds_and_then_what_comes() {
        let (mut store, mut plot) = (Store::default(), Plot::default());
        receive(&mut store, &[r#"{"p":1}"#, "hello", r#"{"p":"2.5"}"#, r#"{"p":null}"#]);
        plot.add("p", &store).unwrap();
        assert_eq!(plot.advance(&store, 2), 2);
        assert_eq!(values(&plot.traces()[0]), [1.0]);
        assert_eq!(plot.advance(&store, 100), 0);
        receive(&mut store, &[r#"{"p":3}"#]);
        assert_eq!(plot.advance(&store, 100), 0);
        let trace = &plot.traces()[0];
        assert_eq!((values(trace), trace.messages(), trace.hits()), (vec![1.0, 2.5, 3.0], 5, 3));
        assert_eq!(trace.name(), "$.p");
    }

    #[test]
    fn only_messages_that_came_in_count() {
        let (mut store, mut plot) = (Store::default(), Plot::default());
        let text = Body::Text(r#"{"p":1}"#);
        plot.add("$.p", &store).unwrap();
        store.append(Draft::sent(Micros(1), C, text, Delivery::Sent));
        store.append(Draft { origin: Origin::Heartbeat, ..Draft::received(Micros(2), C, text) });
        store.append(Draft::local(Micros(3), C, Kind::Note, r#"{"p":1}"#));
        store.append(Draft::received(Micros(4), C, Body::Binary(br#"{"p":1}"#)));
        assert_eq!(plot.advance(&store, 100), 0);
        assert_eq!((values(&plot.traces()[0]), plot.traces()[0].messages()), (vec![], 1));
    }

    #[test]
    fn no_line_across_a_lost_connection_or_lost_entries() {
        let mut store = Store::new(Limits { entries: 64, bytes: usize::MAX });
        let mut plot = Plot::default();
        plot.add("p", &store).unwrap();
        receive(&mut store, &[r#"{"p":1}"#]);
        store.append(Draft::new(Micros(9), C, Direction::In, Kind::Disconnected, Body::Text("")));
        receive(&mut store, &[r#"{"p":2}"#, r#"{"p":3}"#]);
        plot.advance(&store, 100);
        receive(&mut store, &[r#"{"p":4}"#; 300]);
        plot.advance(&store, 1000);
        let series = plot.traces()[0].series();
        let gaps: Vec<bool> = series.window(Micros(0), Micros(u64::MAX)).map(|bucket| bucket.gap).collect();
        assert_eq!(gaps[..5], [false, true, false, true, false]);
        assert_eq!(gaps.len(), 3 + store.len());
    }

    #[test]
    fn every_item_of_a_list_counts() {
        let (mut store, mut plot) = (Store::default(), Plot::default());
        receive(&mut store, &[r#"{"d":[{"v":1},{"v":"x"},{"v":3}]}"#]);
        plot.add("d[*].v", &store).unwrap();
        plot.advance(&store, 100);
        assert_eq!((values(&plot.traces()[0]), plot.traces()[0].hits()), (vec![1.0, 3.0], 1));
    }

    #[test]
    fn four_different_fields_keep_their_colours() {
        let (store, mut plot) = (Store::default(), Plot::default());
        for name in ["a", "b", "c", "d"] {
            plot.add(name, &store).unwrap();
        }
        assert_eq!(plot.add("e", &store), Err(PlotError::Full));
        assert_eq!(plot.add(" $.a ", &store), Err(PlotError::Duplicate));
        assert!(matches!(plot.add("a..", &store), Err(PlotError::Path(_))));
        plot.remove("$.b");
        plot.add("e", &store).unwrap();
        let slots: Vec<(&str, usize)> =
            plot.traces().iter().map(|trace| (trace.name(), trace.slot())).collect();
        assert_eq!(slots, [("$.a", 0), ("$.c", 2), ("$.d", 3), ("$.e", 1)]);
    }

    #[test]
    fn suggestions_are_frequent_fields_with_their_newest_value() {
        let (mut store, mut plot) = (Store::default(), Plot::default());
        receive(&mut store, &[r#"{"p":1,"q":"2"}"#, "[]", "x", r#"{"once":5,"p":3}"#]);
        assert_eq!(plot.suggestions(&store, 9), [("$.p", 3.0), ("$.once", 5.0), ("$.q", 2.0)].map(own));
        plot.add("p", &store).unwrap();
        assert_eq!(plot.suggestions(&store, 1), [own(("$.once", 5.0))]);
    }

    fn own((name, value): (&str, f64)) -> (String, f64) {
        (name.to_owned(), value)
    }
}
