//! What is printed: a table to read, or one JSON object per line.

use std::io::{self, Write as _};

use anyhow::Result;
use serde_json::{Value, json};

use crate::board::{Board, SECONDS};
use crate::bundle::Bundle;
use crate::measure::{Filtering, Inspection, Line, Load, Run, Scrolling, Which};

/// The bars, as `README.md` of the package `bench` has them.
const SHOWN_TIMES: f64 = 1.05;
const CPU_TIMES: f64 = 1.10;
const TASK_MS: f64 = 50.0;
const CONNECTED_MS: f64 = 150.0;
const SLOW_CONNECTED_MS: f64 = 600.0;
const BROTLI_BYTES: usize = 370_000;

/// From how many messages on the page is held against the one that only counts: in smaller floods the start counts most.
const COMPARED_FROM: usize = 100_000;

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
    missed: bool,
}

impl Row {
    /// The run that took neither longest nor shortest.
    fn median(&self) -> Run {
        let mut runs = self.runs.clone();
        runs.sort_unstable_by(|a, b| a.shown_ms.total_cmp(&b.shown_ms));
        runs[runs.len() / 2]
    }

    /// The median of one figure of all runs.
    fn median_of(&self, figure: fn(&Run) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.runs.iter().map(figure).collect();
        figures.sort_unstable_by(f64::total_cmp);
        quantile(&figures, 0.5)
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
        Self { json, rows: Vec::new(), bars: Vec::new(), missed: false }
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
    pub(crate) fn loads(&mut self, line: Line, loads: &[Load]) -> Result<()> {
        let mut times: Vec<f64> = loads.iter().map(|load| load.connected_ms).collect();
        times.sort_unstable_by(f64::total_cmp);
        let (median, worst) = (quantile(&times, 0.5), quantile(&times, 1.0));
        let task = loads.iter().map(|load| load.longest_task_ms).fold(0.0, f64::max);
        let (measure, words, bar) = match line {
            Line::Local => ("connected", "in a warm browser", CONNECTED_MS),
            Line::Slow => ("connected_slow", "at 10 Mbit/s and 40 ms, nothing cached", SLOW_CONNECTED_MS),
        };
        self.object(&json!({
            "measure": measure, "loads": loads.len(), "median_ms": round(median), "worst_ms": round(worst),
            "longest_task_ms": round(task),
        }))?;
        self.line(&format!(
            "navigation to CONNECTED, {} loads {words}: median {median:.0} ms, worst {worst:.0} ms, \
             longest task {task:.0} ms",
            loads.len()
        ))?;
        self.bar(
            &format!("CONNECTED within {bar:.0} ms of navigation, {words}"),
            median <= bar,
            &format!("median {median:.0} ms"),
        );
        Ok(())
    }

    /// How the scenes' price board fares.
    pub(crate) fn board(&mut self, board: Board) -> Result<()> {
        let Board { longest_task_ms, long_tasks, frames_per_s, longest_frame_ms } = board;
        self.object(&json!({
            "page": "scenes", "symbols": 1000, "hz": 50, "seconds": SECONDS,
            "longest_task_ms": round(longest_task_ms), "long_tasks": long_tasks,
            "frames_per_s": round(frames_per_s), "longest_frame_ms": round(longest_frame_ms),
        }))?;
        self.line(&format!(
            "price board, 1,000 symbols at 50 Hz: {frames_per_s:.0} frames/s, {long_tasks} tasks over 50 ms in \
             {SECONDS} s, longest frame gap {longest_frame_ms:.0} ms"
        ))?;
        let figure = format!("{longest_task_ms:.0} ms");
        self.bar(&format!("price board: no task over {TASK_MS} ms"), longest_task_ms <= TASK_MS, &figure);
        Ok(())
    }

    /// What is downloaded.
    pub(crate) fn bundle(&mut self, [first, all]: [Bundle; 2]) -> Result<()> {
        for (measure, what, bundle) in
            [("bundle", "at first", first), ("bundle_whole", "with all that is fetched later", all)]
        {
            let Bundle { files, raw, gzip, brotli } = bundle;
            self.object(&json!({
                "measure": measure, "files": files, "raw_bytes": raw, "gzip_bytes": gzip, "brotli_bytes": brotli,
            }))?;
            self.line(&format!("bundle {what}, {files} files: {raw} bytes, gzip {gzip}, brotli {brotli}"))?;
        }
        self.bar("370 kB brotli at first", first.brotli <= BROTLI_BYTES, &format!("{} bytes", first.brotli));
        Ok(())
    }

    /// Which bars are met, as far as they were measured; says whether all of them are. Not among the objects on standard
    /// output.
    pub(crate) fn verdict(&mut self) -> Result<bool> {
        self.judge_floods();
        for bar in &self.bars {
            if self.json { writeln!(io::stderr(), "{bar}")? } else { writeln!(io::stdout(), "{bar}")? }
        }
        Ok(!self.missed)
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
        for own in ours.iter().filter(|row| row.messages >= COMPARED_FROM) {
            let Some(counter) = find(Which::Counter, own.messages) else { continue };
            let compare = |figure: fn(&Run) -> f64| {
                let (own, least) = (own.median_of(figure), counter.median_of(figure));
                (own / least, format!("{:.2} times, {own:.0} ms beside {least:.0} ms", own / least))
            };
            let (times, figure) = compare(|run| run.shown_ms);
            let what =
                format!("{} shown within {SHOWN_TIMES} times of a page that only counts", own.messages);
            self.bar(&what, own.finished() && times <= SHOWN_TIMES, &figure);
            let (times, figure) = compare(|run| run.cpu_ms);
            let what = format!("{} for {CPU_TIMES} times its CPU", own.messages);
            self.bar(&what, own.finished() && times <= CPU_TIMES, &figure);
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
        self.missed |= !met;
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

    fn judged(rows: Vec<Row>) -> (Vec<String>, bool) {
        let mut report = Report::new(true);
        report.rows = rows;
        report.judge_floods();
        let words = report.bars.iter().map(|bar| bar.split(' ').next().unwrap().to_owned());
        (words.collect(), report.missed)
    }

    #[test]
    fn bars_are_judged_by_medians_and_by_the_longest_task() {
        let rows = vec![
            row(Which::Heartwire, 100_000, &[1050.0, 900.0, 5000.0], 0.0),
            row(Which::Counter, 100_000, &[1000.0], 0.0),
            row(Which::Heartwire, 1_000_000, &[9000.0, 12_000.0], 51.0),
            row(Which::Counter, 1_000_000, &[9000.0], 0.0),
        ];
        // Linear; shown and CPU at each count; tasks.
        let (words, missed) = judged(rows);
        assert_eq!(words, ["met", "met", "met", "MISSED", "met", "MISSED"]);
        assert!(missed);
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let mut unfinished = row(Which::Counter, 100_000, &[120_000.0], 0.0);
        unfinished.runs[0].finished = false;
        let (words, missed) = judged(vec![row(Which::Heartwire, 100_000, &[1.0], 0.0), unfinished]);
        assert_eq!((words, missed), (vec!["met".to_owned()], false));
    }

    #[test]
    fn quantiles_of_few_values() {
        assert_eq!(
            [quantile(&[], 0.5), quantile(&[3.0], 0.99), quantile(&[1.0, 2.0, 9.0], 0.5)],
            [0.0, 3.0, 2.0]
        );
    }
}
