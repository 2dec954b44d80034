//! `bench echo`: server CPU per echoed message, beside other servers.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crate::config::Point;
use crate::load::{self, Timing};
use crate::payload::{Cycle, opcode_of};
use crate::peers::{NAMES, OURS, Server, TCP};
use crate::stats::{Row, Sample, median_of, median_ratio};

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

/// The bar on [`Row::ratio_to_tcp`] for messages of 16 B to 64 KiB without compression, by messages in flight.
fn bar(row: &Row) -> Option<f64> {
    match (row.compression, row.in_flight) {
        ("none", 1) => Some(1.05),
        ("none", 16) => Some(1.15),
        _ => None,
    }
}

/// Measures every point with every server, printing each point as soon as it is done.
///
/// Servers take turns within a round, starting one further each time, so that noise of the machine meets all of
/// them alike.
///
/// # Errors
/// When the output can't be written or a server's end can't be told; a server that fails at a point is reported
/// on standard error and left out there.
pub fn run(plan: &Plan, servers: &[Server]) -> anyhow::Result<Vec<Row>> {
    let started = Instant::now();
    let mut all = Vec::new();
    if !plan.json {
        print_head()?;
    }
    for &point in &plan.points {
        let cycle = Cycle::new(point, opcode_of(plan.text));
        // The TCP echo is the yardstick for compressed points too: it echoes the same compressed bytes.
        let mut runners: Vec<Runner<'_>> = servers
            .iter()
            .filter(|server| !point.deflate || server.deflate || server.name == TCP)
            .map(|server| Runner { server, samples: Vec::new(), failed: false })
            .collect();
        for round in 0..plan.rounds {
            if started.elapsed() > plan.max_total {
                break;
            }
            let count = runners.len();
            for turn in 0..count {
                runners[(round + turn) % count].measure(point, &cycle, plan.timing)?;
            }
        }
        let rows = rows_of(point, &runners);
        for row in &rows {
            if plan.json { print_json(row)? } else { print_row(row)? }
        }
        if !plan.json {
            writeln!(io::stdout())?;
        }
        all.extend(rows);
        if started.elapsed() > plan.max_total {
            writeln!(io::stderr(), "the time is up: the rest is left out (--max-seconds)")?;
            break;
        }
    }
    Ok(all)
}

/// Says in a few lines how Heartwire stands against the bars and against every peer.
pub fn verdict(rows: &[Row]) -> Vec<String> {
    let ours = || rows.iter().filter(|row| row.server == OURS);
    let mut lines = Vec::new();
    let (mut held, mut judged) = (0, 0);
    for row in ours() {
        let (Some(bar), Some(ratio)) = (bar(row), row.ratio_to_tcp) else { continue };
        judged += 1;
        if ratio <= bar {
            held += 1;
        } else {
            lines.push(format!("over the bar: {}: {ratio:.3} × TCP, at most {bar:.2}", place(row)));
        }
    }
    if judged > 0 {
        lines.insert(0, format!("{held} of {judged} points without compression are within the bar"));
    }
    let peers = |ours: &Row| {
        let place = place(ours);
        let other = |row: &&Row| row.server != OURS && row.server != TCP && self::place(row) == place;
        rows.iter().filter(other).min_by(|a, b| a.cpu_us_per_msg.total_cmp(&b.cpu_us_per_msg))
    };
    let (mut ahead, mut compared) = (0, 0);
    for row in ours() {
        let Some(best) = peers(row) else { continue };
        compared += 1;
        if row.cpu_us_per_msg < best.cpu_us_per_msg {
            ahead += 1;
        } else {
            let (mine, theirs) = (row.cpu_us_per_msg, best.cpu_us_per_msg);
            lines.push(format!("behind {}: {}: {mine:.2} µs, theirs {theirs:.2}", best.server, place(row)));
        }
    }
    if compared > 0 {
        lines.push(format!("ahead of every other WebSocket server at {ahead} of {compared} points"));
    }
    if lines.is_empty() {
        lines.push(format!("nothing to judge: {OURS} was not measured"));
    }
    lines
}

struct Runner<'a> {
    server: &'a Server,
    samples: Vec<Option<Sample>>,
    failed: bool,
}

impl Runner<'_> {
    fn measure(&mut self, point: Point, cycle: &Cycle, timing: Timing) -> io::Result<()> {
        let result = if self.failed { None } else { Some(load::measure(self.server, point, cycle, timing)) };
        self.samples.push(match result {
            None => None,
            Some(Ok(sample)) => Some(sample),
            Some(Err(error)) => {
                self.failed = true;
                let name = self.server.name;
                writeln!(io::stderr(), "{name} fails at {point}: {error:#} {}", self.server.last_words())?;
                None
            }
        });
        Ok(())
    }
}

fn rows_of(point: Point, runners: &[Runner<'_>]) -> Vec<Row> {
    let tcp = runners.iter().find(|runner| runner.server.name == TCP);
    let row = |runner: &Runner<'_>| {
        let samples = runner.samples.as_slice();
        Some(Row {
            server: runner.server.name.to_owned(),
            connections: point.connections,
            bytes: point.bytes,
            in_flight: point.in_flight,
            compression: point.compression(),
            cpu_us_per_msg: median_of(samples, |sample| sample.cpu_us_per_msg)?,
            msgs_per_s: median_of(samples, |sample| sample.msgs_per_s)?,
            p99_ms: median_of(samples, |sample| sample.p99_ms)?,
            ratio_to_tcp: tcp.and_then(|tcp| median_ratio(samples, &tcp.samples)),
            reply_bytes: median_of(samples, |sample| sample.reply_bytes)?,
            busy: median_of(samples, |sample| sample.busy)?,
            load_busy: median_of(samples, |sample| sample.load_busy)?,
        })
    };
    let order = |name: &str| NAMES.iter().position(|known| *known == name);
    let mut rows: Vec<Row> = runners.iter().filter(|runner| !runner.failed).filter_map(row).collect();
    rows.sort_by_key(|row| order(&row.server));
    rows
}

fn place(row: &Row) -> String {
    let compression = if row.compression == "none" { "" } else { " compressed" };
    format!("{} × {} B, {} in flight{compression}", row.connections, row.bytes, row.in_flight)
}

fn print_json(row: &Row) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, row)?;
    writeln!(out)?;
    Ok(out.flush()?)
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
    let ratio = row.ratio_to_tcp.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
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
            reply_bytes: 18.0,
            busy: 1.0,
            load_busy: 0.9,
        }
    }

    #[test]
    fn the_verdict_names_what_is_short_of_the_bar() {
        let rows = [
            row(TCP, 1, "none", 5.0, 1.0),
            row(OURS, 1, "none", 5.2, 1.04),
            row(OURS, 16, "none", 0.6, 1.2),
            row("ws", 16, "none", 10.0, 20.0),
        ];
        assert_eq!(
            verdict(&rows),
            [
                "1 of 2 points without compression are within the bar",
                "over the bar: 100 × 16 B, 16 in flight: 1.200 × TCP, at most 1.15",
                "ahead of every other WebSocket server at 1 of 1 points",
            ]
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
            verdict(&rows),
            [
                "behind ws: 100 × 16 B, 1 in flight compressed: 9.00 µs, theirs 8.00",
                "ahead of every other WebSocket server at 0 of 1 points",
            ]
        );
        assert_eq!(verdict(&rows[1..]), ["nothing to judge: heartwire was not measured"]);
    }

    #[test]
    fn json_rows_have_the_agreed_fields() {
        let json = serde_json::to_string(&row(OURS, 1, "none", 5.25, 1.04)).unwrap();
        assert_eq!(
            json,
            r#"{"server":"heartwire","connections":100,"bytes":16,"in_flight":1,"compression":"none","cpu_us_per_msg":5.25,"msgs_per_s":1.0,"p99_ms":1.0,"ratio_to_tcp":1.04}"#
        );
    }
}
