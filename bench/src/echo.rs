//! `bench echo`: server CPU per echoed message, beside other servers.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde::Serialize;
use wire::MessageKind;

use crate::config::Point;
use crate::load::Load;
use crate::payload::Cycle;
use crate::peers::{OURS, Server, TCP};
use crate::print;
use crate::stats::{Sample, median_of, median_ratio};
use crate::turns::{self, Contender, Timing};
use crate::verdict::Verdict;

/// What to measure and how thoroughly.
#[derive(Debug)]
pub struct Plan {
    /// Points of the grid, in order.
    pub points: Vec<Point>,
    /// Rounds over all servers at each point.
    pub rounds: usize,
    /// Per server, point and round.
    pub timing: Timing,
    /// Text messages instead of binary ones.
    pub text: bool,
    /// The whole run ends, with what it has, when this much time has passed.
    pub max_total: Duration,
    /// JSON objects instead of tables.
    pub json: bool,
}

/// Medians over the rounds: what is printed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which server.
    pub server: String,
    /// Connections open at once.
    pub connections: usize,
    /// Bytes of one message before compression.
    pub bytes: usize,
    /// Messages each connection keeps unanswered.
    pub in_flight: usize,
    /// `none` or `permessage-deflate`.
    pub compression: &'static str,
    /// Server CPU per message, microseconds.
    pub cpu_us_per_msg: f64,
    /// Messages per second.
    pub msgs_per_s: f64,
    /// 99th percentile of the round trip, milliseconds.
    pub p99_ms: f64,
    /// Median over the rounds of CPU per message over the bare TCP echo's of the same round; absent when the
    /// TCP echo was left out.
    pub ratio_to_tcp: Option<f64>,
    /// The same of the 99th percentile.
    pub p99_ratio_to_tcp: Option<f64>,
    /// Mean size of a reply on the wire.
    pub reply_bytes: f64,
    /// Median share of the server's core that it used.
    #[serde(skip)]
    pub busy: f64,
    /// Median share of the load generator's core that it used.
    #[serde(skip)]
    pub load_busy: f64,
}

/// The most that [`Row::ratio_to_tcp`] may be, where there is a bar: binary messages without compression.
fn cpu_bar(row: &Row) -> Option<f64> {
    match (row.compression, row.in_flight, row.bytes) {
        ("none", 1, 16..=65_536) => Some(1.0),
        ("none", 16, 16) => Some(1.02),
        ("none", 16, 1024) => Some(1.08),
        ("none", 16, 65_536) => Some(0.95),
        _ => None,
    }
}

/// The most that [`Row::p99_ratio_to_tcp`] may be, where there is a bar: many busy connections.
fn p99_bar(row: &Row) -> Option<f64> {
    (row.compression == "none" && row.connections >= 1000).then_some(1.0)
}

/// Measures every point with every server, printing each point as soon as it is done.
///
/// # Errors
/// When the output can't be written; a server that fails at a point is reported on standard error and left out there.
pub fn run(plan: &Plan, servers: &[Server]) -> anyhow::Result<Vec<Row>> {
    let end = Instant::now() + plan.max_total;
    let mut all = Vec::new();
    if !plan.json {
        print_head()?;
    }
    let kind = if plan.text { MessageKind::Text } else { MessageKind::Binary };
    for &point in &plan.points {
        let cycle = Cycle::new(point, kind);
        // The TCP echo is the yardstick for compressed points too: it echoes the same compressed bytes.
        let able = servers.iter().filter(|server| !point.deflate || server.deflate || server.name == TCP);
        let contenders = able.map(|server| Contender::new(server, Load::open(server, point, &cycle), &point));
        let mut contenders = contenders.collect::<io::Result<Vec<_>>>()?;
        turns::take(&mut contenders, plan.rounds, end, &point, |load, server| {
            load.measure(server, plan.timing)
        })?;
        let rows = rows_of(point, &contenders);
        for row in &rows {
            if plan.json { print::json(row)? } else { print_row(row)? }
        }
        if !plan.json {
            writeln!(io::stdout())?;
        }
        all.extend(rows);
        if print::time_is_up(end)? {
            break;
        }
    }
    Ok(all)
}

/// How Heartwire stands against the bars, unless messages were text, and against every peer.
pub fn verdict(rows: &[Row], text: bool) -> Verdict {
    let mut verdict = Verdict::default();
    let ours = || rows.iter().filter(|row| row.server == OURS);
    if text {
        verdict.say("the bars are for binary messages".to_owned());
    }
    for row in ours().filter(|_| !text) {
        if let (Some(bar), Some(ratio)) = (cpu_bar(row), row.ratio_to_tcp) {
            verdict.judge(&place(row), ratio, bar, " × TCP");
        }
        if let (Some(bar), Some(ratio)) = (p99_bar(row), row.p99_ratio_to_tcp) {
            verdict.judge(&format!("p99 of {}", place(row)), ratio, bar, " × TCP");
        }
    }
    let (mut ahead, mut compared) = (0, 0);
    for row in ours() {
        let other = |other: &&Row| other.server != OURS && other.server != TCP && place(other) == place(row);
        let by_cost = |a: &&Row, b: &&Row| a.cpu_us_per_msg.total_cmp(&b.cpu_us_per_msg);
        let Some(best) = rows.iter().filter(other).min_by(by_cost) else { continue };
        compared += 1;
        if row.cpu_us_per_msg < best.cpu_us_per_msg {
            ahead += 1;
        } else {
            let (mine, theirs) = (row.cpu_us_per_msg, best.cpu_us_per_msg);
            verdict.say(format!("behind {}: {}: {mine:.2} µs, theirs {theirs:.2}", best.server, place(row)));
        }
    }
    if compared > 0 {
        verdict.say(format!("ahead of every other WebSocket server at {ahead} of {compared} points"));
    }
    verdict
}

fn rows_of(point: Point, contenders: &[Contender<'_, Load<'_>>]) -> Vec<Row> {
    let tcp = contenders.iter().find(|contender| contender.server.name == TCP);
    let row = |contender: &Contender<'_, Load<'_>>| {
        let samples = contender.samples.as_slice();
        let to_tcp = |field: fn(&Sample) -> f64| median_ratio(samples, &tcp?.samples, field);
        Some(Row {
            server: contender.server.name.clone(),
            connections: point.connections,
            bytes: point.bytes,
            in_flight: point.in_flight,
            compression: point.compression(),
            cpu_us_per_msg: median_of(samples, |sample| sample.cpu_us)?,
            msgs_per_s: median_of(samples, |sample| sample.per_s)?,
            p99_ms: median_of(samples, |sample| sample.p99_ms)?,
            ratio_to_tcp: to_tcp(|sample| sample.cpu_us),
            p99_ratio_to_tcp: to_tcp(|sample| sample.p99_ms),
            reply_bytes: median_of(samples, |sample| sample.reply_bytes)?,
            busy: median_of(samples, |sample| sample.busy)?,
            load_busy: median_of(samples, |sample| sample.load_busy)?,
        })
    };
    contenders.iter().filter(|contender| contender.holds()).filter_map(row).collect()
}

fn place(row: &Row) -> String {
    let compression = if row.compression == "none" { "" } else { " compressed" };
    format!("{} × {} B, {} in flight{compression}", row.connections, row.bytes, row.in_flight)
}

fn print_head() -> io::Result<()> {
    writeln!(
        io::stdout(),
        "{:<18} {:>5} {:>6} {:>6} {:>7} {:>9} {:>10} {:>9} {:>7} {:>5} {:>5} {:>8}",
        "server",
        "conns",
        "bytes",
        "flight",
        "deflate",
        "cpu µs",
        "msgs/s",
        "p99 ms",
        "× TCP",
        "busy",
        "load",
        "reply B"
    )
}

fn print_row(row: &Row) -> io::Result<()> {
    let deflate = if row.compression == "none" { "-" } else { "yes" };
    let ratio = print::ratio(row.ratio_to_tcp);
    writeln!(
        io::stdout(),
        "{:<18} {:>5} {:>6} {:>6} {deflate:>7} {:>9.2} {:>10.0} {:>9.3} {ratio:>7} {:>4.0}% {:>4.0}% {:>8.0}",
        row.server,
        row.connections,
        row.bytes,
        row.in_flight,
        row.cpu_us_per_msg,
        row.msgs_per_s,
        row.p99_ms,
        row.busy * 100.0,
        row.load_busy * 100.0,
        row.reply_bytes,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(server: &str, in_flight: usize, compression: &'static str, cpu: f64, ratio: f64) -> Row {
        Row {
            server: server.to_owned(),
            connections: 100,
            bytes: 16,
            in_flight,
            compression,
            cpu_us_per_msg: cpu,
            msgs_per_s: 1.0,
            p99_ms: 1.0,
            ratio_to_tcp: Some(ratio),
            p99_ratio_to_tcp: Some(1.2),
            reply_bytes: 18.0,
            busy: 1.0,
            load_busy: 0.9,
        }
    }

    #[test]
    fn the_verdict_names_what_is_short_of_the_bar() {
        let rows = [
            row(TCP, 1, "none", 5.0, 1.0),
            row(OURS, 1, "none", 5.0, 1.0),
            row(OURS, 16, "none", 0.6, 1.2),
            row("ws", 16, "none", 10.0, 20.0),
        ];
        let found = verdict(&rows, false);
        assert!(!found.holds());
        assert_eq!(
            found.summary(),
            [
                "1 of 2 bars hold",
                "missed: 100 × 16 B, 16 in flight: 1.20 × TCP, the bar is 1.02",
                "ahead of every other WebSocket server at 1 of 1 points",
            ]
        );
        assert!(verdict(&rows, true).holds(), "the bars are for binary messages");
    }

    #[test]
    fn every_plain_point_of_the_grid_has_its_bar() {
        let at = |connections, bytes, in_flight| Row {
            connections,
            bytes,
            ..row(OURS, in_flight, "none", 1.0, 1.0)
        };
        let bars: Vec<_> = Point::plain()
            .iter()
            .map(|point| at(point.connections, point.bytes, point.in_flight))
            .map(|row| (cpu_bar(&row), p99_bar(&row)))
            .collect();
        let (one, busy) = ((Some(1.0), None), Some(1.0));
        let sixteen = [(Some(1.02), None), (Some(1.02), None), (Some(1.08), None), (Some(0.95), None)];
        assert_eq!(bars[..5], [one, one, one, one, (Some(1.0), busy)]);
        assert_eq!(bars[5..9], sixteen);
        assert_eq!(bars[9], (Some(1.02), busy));
        assert_eq!(cpu_bar(&row(OURS, 1, "permessage-deflate", 1.0, 1.0)), None);
    }

    #[test]
    fn the_99th_percentile_is_judged_where_many_are_busy() {
        let many = Row { connections: 1000, ..row(OURS, 1, "none", 5.0, 0.99) };
        let found = verdict(&[many], false);
        assert_eq!(
            found.summary(),
            ["1 of 2 bars hold", "missed: p99 of 1000 × 16 B, 1 in flight: 1.20 × TCP, the bar is 1.00"]
        );
    }

    #[test]
    fn peers_are_compared_at_the_same_point_only() {
        let rows = [
            row(OURS, 1, "permessage-deflate", 9.0, 1.5),
            row("gorilla", 1, "none", 1.0, 1.0),
            row("ws", 1, "permessage-deflate", 8.0, 1.4),
        ];
        assert_eq!(
            verdict(&rows, false).summary(),
            [
                "no bar was judged",
                "behind ws: 100 × 16 B, 1 in flight compressed: 9.00 µs, theirs 8.00",
                "ahead of every other WebSocket server at 0 of 1 points",
            ]
        );
        assert_eq!(verdict(&rows[1..], false).summary(), ["no bar was judged"]);
    }

    #[test]
    fn json_rows_have_the_agreed_fields() {
        let json = serde_json::to_string(&row(OURS, 1, "none", 5.25, 1.04)).unwrap();
        assert_eq!(
            json,
            r#"{"server":"heartwire","connections":100,"bytes":16,"in_flight":1,"compression":"none","cpu_us_per_msg":5.25,"msgs_per_s":1.0,"p99_ms":1.0,"ratio_to_tcp":1.04,"p99_ratio_to_tcp":1.2,"reply_bytes":18.0}"#
        );
    }
}
