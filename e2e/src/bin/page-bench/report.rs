//! What is printed: a table to read, or one JSON object per line.

use std::io::{self, Write as _};

use anyhow::Result;
use serde_json::{Value, json};

use crate::bundle::Bundle;
use crate::measure::{Filtering, Inspection, Load, Run, Scrolling, Which};

/// The bars, as `README.md` of the package `bench` has them.
const TIMES_FASTER: f64 = 6.0;
const TASK_MS: f64 = 50.0;
const CONNECTED_MS: f64 = 300.0;
const BROTLI_BYTES: usize = 220_000;

/// A page may take so many times as long per message at the highest count as at the lowest and still count as linear:
/// a small flood is mostly over before the first few frames.
const LINEAR_WITHIN: f64 = 1.5;

/// All rounds of a page at a count.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) which: Which,
    pub(crate) messages: usize,
    pub(crate) runs: Vec<Run>,
}

/// Prints as results come in, and remembers them for the verdict.
#[derive(Debug)]
pub(crate) struct Report {
    json: bool,
    rows: Vec<Row>,
    bars: Vec<String>,
}

impl Row {
    /// The run that took neither longest nor shortest.
    fn median(&self) -> Run {
        let mut runs = self.runs.clone();
        runs.sort_unstable_by(|a, b| a.shown_ms.total_cmp(&b.shown_ms));
        runs[runs.len() / 2]
    }

    fn longest_task_ms(&self) -> f64 {
        self.runs.iter().map(|run| run.longest_task_ms).fold(0.0, f64::max)
    }

    fn finished(&self) -> bool {
        self.runs.iter().all(|run| run.finished)
    }
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, rows: Vec::new(), bars: Vec::new() }
    }

    /// What a flood did, `rows` of one count together.
    pub(crate) fn floods(&mut self, rows: Vec<Row>) -> Result<()> {
        if self.rows.is_empty() {
            self.line(&format!(
                "{:<12}{:>10}{:>12}{:>12}{:>13}{:>9}{:>9}{:>11}",
                "page", "messages", "shown", "longest", "longest", "CPU", "heap", "DOM nodes"
            ))?;
            self.line(&format!(
                "{:<12}{:>10}{:>12}{:>12}{:>13}{:>9}{:>9}",
                "", "", "ms", "task ms", "frame gap ms", "ms", "MB"
            ))?;
        }
        for row in &rows {
            let run = row.median();
            let (page, messages, task) = (row.which.name(), row.messages, row.longest_task_ms());
            let shown = if row.finished() { Some(round(run.shown_ms)) } else { None };
            self.object(&json!({
                "page": page, "messages": messages, "shown_ms": shown, "longest_task_ms": round(task),
                "longest_frame_ms": round(run.longest_frame_ms), "cpu_ms": round(run.cpu_ms),
                "heap_mb": round(run.heap_mb), "dom_nodes": run.dom_nodes, "rounds": row.runs.len(),
                "finished": row.finished(), "entries": run.count,
            }))?;
            let word = shown.map_or_else(|| format!("> {:.0}", run.shown_ms), |ms| format!("{ms:.0}"));
            self.line(&format!(
                "{page:<12}{messages:>10}{word:>12}{task:>12.0}{:>13.0}{:>9.0}{:>9.1}{:>11}",
                run.longest_frame_ms, run.cpu_ms, run.heap_mb, run.dom_nodes
            ))?;
            if !row.finished() {
                self.line(&format!("{:<12}not finished: {} entries were shown", "", run.count))?;
            }
        }
        self.rows.extend(rows);
        Ok(())
    }

    /// How the page is to use when its log is full.
    pub(crate) fn inspection(&mut self, Inspection { filtering, scrolling }: &Inspection) -> Result<()> {
        for Filtering { kind, text, entries, matches, first_ms, all_ms, longest_task_ms } in filtering {
            self.object(&json!({
                "measure": "filter", "kind": kind, "filter": text, "entries": entries, "matches": matches,
                "first_ms": first_ms.map(round), "all_ms": round(*all_ms), "longest_task_ms": round(*longest_task_ms),
            }))?;
            let first = first_ms.map_or_else(String::new, |ms| format!("first hits after {ms:.0} ms, "));
            self.line(&format!(
                "filter by {kind:<10}{entries} entries, {matches} hits: {first}all after {all_ms:.0} ms, \
                 longest task {longest_task_ms:.0} ms   {text}"
            ))?;
        }
        for way in scrolling {
            let Scrolling { way: name, entries, gaps, blank, longest_task_ms } = way;
            let (median, p99) = (quantile(gaps, 0.5), quantile(gaps, 0.99));
            self.object(&json!({
                "measure": "scroll", "way": name, "entries": entries, "frames": gaps.len(),
                "median_ms": round(median), "p99_ms": round(p99), "blank_frames": blank,
                "longest_task_ms": round(*longest_task_ms),
            }))?;
            self.line(&format!(
                "scroll, {name:<8}{entries} entries, {} frames: median {median:.1} ms, p99 {p99:.1} ms, {blank} blank, \
                 longest task {longest_task_ms:.0} ms",
                gaps.len()
            ))?;
        }
        let tasks = filtering.iter().map(|one| one.longest_task_ms).fold(0.0, f64::max);
        self.bar(
            "no task over 50 ms while filtering",
            tasks <= TASK_MS,
            &format!("the longest took {tasks:.0} ms"),
        );
        Ok(())
    }

    /// From navigation to CONNECTED.
    pub(crate) fn loads(&mut self, loads: &[Load]) -> Result<()> {
        let mut times: Vec<f64> = loads.iter().map(|load| load.connected_ms).collect();
        times.sort_unstable_by(f64::total_cmp);
        let (median, worst) = (quantile(&times, 0.5), quantile(&times, 1.0));
        let task = loads.iter().map(|load| load.longest_task_ms).fold(0.0, f64::max);
        self.object(&json!({
            "measure": "connected", "loads": loads.len(), "median_ms": round(median), "worst_ms": round(worst),
            "longest_task_ms": round(task),
        }))?;
        self.line(&format!(
            "navigation to CONNECTED, {} cold loads: median {median:.0} ms, worst {worst:.0} ms, \
             longest task {task:.0} ms",
            loads.len()
        ))?;
        self.bar(
            "CONNECTED within 300 ms of navigation",
            median < CONNECTED_MS,
            &format!("median {median:.0} ms"),
        );
        Ok(())
    }

    /// What is downloaded.
    pub(crate) fn bundle(&mut self, bundle: Bundle) -> Result<()> {
        let Bundle { files, raw, gzip, brotli } = bundle;
        self.object(&json!({
            "measure": "bundle", "files": files, "raw_bytes": raw, "gzip_bytes": gzip, "brotli_bytes": brotli,
        }))?;
        self.line(&format!("bundle, {files} files: {raw} bytes, gzip {gzip}, brotli {brotli}"))?;
        self.bar("220 kB brotli in all", brotli <= BROTLI_BYTES, &format!("{brotli} bytes"));
        Ok(())
    }

    /// Which bars are met, as far as they were measured. Not among the objects on standard output.
    pub(crate) fn verdict(&mut self) -> Result<()> {
        self.judge_floods();
        for bar in &self.bars {
            if self.json { writeln!(io::stderr(), "{bar}")? } else { writeln!(io::stdout(), "{bar}")? }
        }
        Ok(())
    }

    fn judge_floods(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let find = |which, messages| {
            rows.iter().find(|row: &&Row| row.which == which && row.messages == messages && row.finished())
        };
        let ours: Vec<&Row> = rows.iter().filter(|row| row.which == Which::Heartwire).collect();
        let each = |row: &Row| row.median().shown_ms / row.messages as f64 * 1000.0;
        if let [first, .., last] = ours[..] {
            let (few, many) = (each(first), each(last));
            self.bar(
                "linear in messages",
                last.finished() && many <= few * LINEAR_WITHIN,
                &format!("{few:.1} µs each of {}, {many:.1} of {}", first.messages, last.messages),
            );
        }
        if let (Some(own), Some(classic)) = (find(Which::Heartwire, 100_000), find(Which::Classic, 100_000)) {
            let times = classic.median().shown_ms / own.median().shown_ms;
            self.bar(
                "6 times as fast as the classic page at 100,000",
                times >= TIMES_FASTER,
                &format!("{times:.1} times"),
            );
        }
        if let Some(row) = ours.last() {
            let task = row.longest_task_ms();
            let mut figure = format!("the longest of {} messages took {task:.0} ms", row.messages);
            if let Some(counter) = find(Which::Counter, row.messages) {
                figure.push_str(&format!(", {:.0} on a page that only counts", counter.longest_task_ms()));
            }
            self.bar("no task over 50 ms while messages arrive", task <= TASK_MS, &figure);
        }
        self.rows = rows;
    }

    fn bar(&mut self, what: &str, met: bool, figure: &str) {
        let word = if met { "met" } else { "MISSED" };
        self.bars.push(format!("{word:<8}{what}: {figure}"));
    }

    fn object(&self, object: &Value) -> Result<()> {
        if self.json {
            writeln!(io::stdout(), "{object}")?;
        }
        Ok(())
    }

    fn line(&self, line: &str) -> Result<()> {
        if !self.json {
            writeln!(io::stdout(), "{line}")?;
        }
        Ok(())
    }
}

/// Of ascending values; 0 of none.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
}

/// To tenths: the browser's clock is no finer.
fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(which: Which, messages: usize, times: &[f64], task: f64) -> Row {
        let run = |&shown_ms: &f64| Run {
            finished: true,
            count: messages + 1,
            shown_ms,
            longest_task_ms: task,
            longest_frame_ms: 0.0,
            dom_nodes: 100,
            heap_mb: 1.0,
            cpu_ms: 1.0,
        };
        Row { which, messages, runs: times.iter().map(run).collect() }
    }

    fn verdict(rows: Vec<Row>) -> Vec<String> {
        let mut report = Report::new(true);
        report.rows = rows;
        report.judge_floods();
        report.bars
    }

    #[test]
    fn bars_are_judged_by_medians_and_by_the_longest_task() {
        let rows = vec![
            row(Which::Heartwire, 100_000, &[1000.0, 900.0, 5000.0], 0.0),
            row(Which::Classic, 100_000, &[7000.0], 300.0),
            row(Which::Heartwire, 1_000_000, &[9000.0], 51.0),
        ];
        let words: Vec<String> =
            verdict(rows).iter().map(|bar| bar.split(' ').next().unwrap().to_owned()).collect();
        assert_eq!(words, ["met", "met", "MISSED"]);
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let mut unfinished = row(Which::Classic, 100_000, &[120_000.0], 300.0);
        unfinished.runs[0].finished = false;
        let bars = verdict(vec![row(Which::Heartwire, 100_000, &[1.0], 0.0), unfinished]);
        assert_eq!(bars.len(), 1, "{bars:?}");
    }

    #[test]
    fn quantiles_of_few_values() {
        assert_eq!(
            [quantile(&[], 0.5), quantile(&[3.0], 0.99), quantile(&[1.0, 2.0, 9.0], 0.5)],
            [0.0, 3.0, 2.0]
        );
    }
}
