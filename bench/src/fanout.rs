//! `bench fanout`: server CPU per delivery where one publishes and many listen, beside other servers' rooms.

use std::fmt;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::audience::{Audience, Size};
use crate::peers::{OURS, Server};
use crate::print;
use crate::stats::{Sample, median_of, median_ratio};
use crate::turns::{self, Contender, Timing};
use crate::verdict::Verdict;

/// The most that our CPU per delivery may be, over that of servers in JavaScript.
const SCRIPT_BAR: f64 = 0.5;
/// The same where messages are compressed, for us once and for them once a listener.
const COMPRESSED_BAR: f64 = 0.1;
/// The most over a native server's.
const NATIVE_BAR: f64 = 1.0;
/// Microseconds of CPU per delivery: 12,500 deliveries a second from one core, as Centrifugo published of itself with a
/// million connections.
const PUBLISHED_BAR: f64 = 80.0;
/// Bytes of private memory for each of many subscribers, beyond what an idle connection has.
const MEMORY_BAR: f64 = 256.0;
/// What is many.
const MANY: usize = 10_000;

/// What to measure and how thoroughly.
#[derive(Debug)]
pub struct Plan {
    /// Rooms, in order.
    pub sizes: Vec<Size>,
    /// Rounds over all servers at each size.
    pub rounds: usize,
    /// Per server, size and round.
    pub timing: Timing,
    /// The whole run ends, with what it has, when this much time has passed.
    pub max_total: Duration,
    /// JSON objects instead of a table.
    pub json: bool,
}

/// Medians over the rounds: what is printed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which server.
    pub server: String,
    /// Those who listen; one more publishes.
    pub subscribers: usize,
    /// Processes that the room is spread over.
    pub nodes: usize,
    /// Bytes of what is published, before compression and before what the server puts around it.
    pub bytes: usize,
    /// `none` or `permessage-deflate`.
    pub compression: &'static str,
    /// Messages that got to a listener, a second.
    pub deliveries_per_s: f64,
    /// Server CPU for each, microseconds; of all nodes together.
    pub cpu_us_per_delivery: f64,
    /// The median of the time from publishing to the listener, milliseconds.
    pub p50_ms: f64,
    /// Its 99th percentile.
    pub p99_ms: f64,
    /// Growth of the process's private memory for each listener beyond the first hundred, bytes; only where there are
    /// many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_subscriber: Option<f64>,
    /// What of that is beyond the same server's idle connections, which echo; only of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_beyond_idle: Option<f64>,
    /// CPU for each of NATS, by which several nodes share the room; beside the servers'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nats_cpu_us_per_delivery: Option<f64>,
    /// Median over the rounds of our CPU per delivery over this server's in the same round.
    #[serde(skip)]
    pub ours_to_this: Option<f64>,
    /// Mean size of a delivery on the wire.
    #[serde(skip)]
    pub wire_bytes: f64,
    /// Median share of the server's core that it used.
    #[serde(skip)]
    pub busy: f64,
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&place(self.subscribers, self.bytes, self.deflate, 1))
    }
}

/// Measures every size with every server, printing each as soon as it is done. Where `together` says that there are files
/// for all of them at once they take turns, and otherwise come one after the other.
///
/// # Errors
/// When the output can't be written; a server that fails is reported on standard error and left out there.
pub fn run(plan: &Plan, servers: &[Server], together: impl Fn(Size) -> bool) -> anyhow::Result<Vec<Row>> {
    let end = Instant::now() + plan.max_total;
    let mut all = Vec::new();
    if !plan.json {
        print_head()?;
    }
    for &size in &plan.sizes {
        let able: Vec<_> = servers.iter().filter(|server| !size.deflate || server.deflate).collect();
        let mut measured = Vec::new();
        let groups = if together(size) { able.len().max(1) } else { 1 };
        for group in able.chunks(groups) {
            let contenders =
                group.iter().map(|server| Contender::new(server, Audience::open(server, size), &size));
            let mut contenders = contenders.collect::<io::Result<Vec<_>>>()?;
            turns::take(&mut contenders, plan.rounds, end, &size, |audience, server| {
                audience.measure(server, plan.timing)
            })?;
            measured.extend(contenders.into_iter().filter_map(|contender| {
                let load = contender.load()?;
                let memory = (load.bytes_per_subscriber, load.bytes_per_idle);
                let Contender { server, samples, .. } = contender;
                Some(Measured { server: server.name.clone(), nodes: server.nodes().len(), samples, memory })
            }));
        }
        let rows = rows_of(size, &measured);
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

struct Measured {
    server: String,
    nodes: usize,
    samples: Vec<Option<Sample>>,
    /// For each subscriber, and for each idle connection.
    memory: (Option<f64>, Option<f64>),
}

fn rows_of(size: Size, measured: &[Measured]) -> Vec<Row> {
    let ours = measured.iter().find(|one| one.server == OURS && one.nodes == 1);
    let row = |Measured { server, nodes, samples, memory }: &Measured| {
        Some(Row {
            server: server.clone(),
            subscribers: size.subscribers,
            nodes: *nodes,
            bytes: size.bytes,
            compression: print::compression(size.deflate),
            deliveries_per_s: median_of(samples, |sample| sample.per_s)?,
            cpu_us_per_delivery: median_of(samples, |sample| sample.cpu_us)?,
            p50_ms: median_of(samples, |sample| sample.p50_ms)?,
            p99_ms: median_of(samples, |sample| sample.p99_ms)?,
            bytes_per_subscriber: memory.0,
            bytes_beyond_idle: memory.0.zip(memory.1).map(|(all, idle)| all - idle),
            nats_cpu_us_per_delivery: median_of(samples, |sample| sample.bus_us).filter(|_| *nodes > 1),
            ours_to_this: ours.and_then(|ours| median_ratio(&ours.samples, samples, |sample| sample.cpu_us)),
            wire_bytes: median_of(samples, |sample| sample.reply_bytes)?,
            busy: median_of(samples, |sample| sample.busy)?,
        })
    };
    measured.iter().filter_map(row).collect()
}

fn place(subscribers: usize, bytes: usize, compressed: bool, nodes: usize) -> String {
    let compressed = if compressed { " compressed" } else { "" };
    let nodes = if nodes > 1 { format!(" on {nodes} nodes") } else { String::new() };
    format!("{subscribers} subscribers × {bytes} B{compressed}{nodes}")
}

/// How Heartwire stands against the bars.
pub fn verdict(rows: &[Row]) -> Verdict {
    let mut verdict = Verdict::default();
    for row in rows {
        let Row { server, subscribers, bytes, nodes, .. } = row;
        let compressed = row.compression != "none";
        let place = place(*subscribers, *bytes, compressed, *nodes);
        if server == OURS {
            verdict.judge(&place, row.cpu_us_per_delivery, PUBLISHED_BAR, " µs a delivery");
            if let (Some(memory), true) = (row.bytes_beyond_idle, *subscribers >= MANY) {
                let what = format!("memory of {place} beyond idle connections");
                verdict.judge(&what, memory, MEMORY_BAR, " B each");
            }
            continue;
        }
        let bar = match (server.as_str(), compressed) {
            ("ws" | "socket.io", true) => COMPRESSED_BAR,
            ("ws" | "socket.io", false) => SCRIPT_BAR,
            _ => NATIVE_BAR,
        };
        if let Some(ratio) = row.ours_to_this {
            verdict.judge(&place, ratio, bar, &format!(" × {server}"));
        }
    }
    verdict
}

fn print_head() -> io::Result<()> {
    writeln!(
        io::stdout(),
        "{:<11} {:>6} {:>5} {:>6} {:>7} {:>12} {:>9} {:>9} {:>9} {:>8} {:>7} {:>5} {:>7} {:>7} {:>8}",
        "server",
        "subs",
        "nodes",
        "bytes",
        "deflate",
        "deliveries/s",
        "cpu µs",
        "p50 ms",
        "p99 ms",
        "ours ×",
        "wire B",
        "busy",
        "B each",
        "- idle",
        "nats µs"
    )
}

fn print_row(row: &Row) -> io::Result<()> {
    let deflate = if row.compression == "none" { "-" } else { "yes" };
    let or_dash =
        |value: Option<f64>, digits| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
    writeln!(
        io::stdout(),
        "{:<11} {:>6} {:>5} {:>6} {deflate:>7} {:>12.0} {:>9.3} {:>9.3} {:>9.3} {:>8} {:>7.0} {:>4.0}% {:>7} {:>7} {:>8}",
        row.server,
        row.subscribers,
        row.nodes,
        row.bytes,
        row.deliveries_per_s,
        row.cpu_us_per_delivery,
        row.p50_ms,
        row.p99_ms,
        or_dash(row.ours_to_this, 2),
        row.wire_bytes,
        row.busy * 100.0,
        or_dash(row.bytes_per_subscriber, 0),
        or_dash(row.bytes_beyond_idle, 0),
        or_dash(row.nats_cpu_us_per_delivery, 3),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(server: &str, subscribers: usize, compression: &'static str, ours_to_this: f64) -> Row {
        Row {
            server: server.to_owned(),
            subscribers,
            nodes: 1,
            bytes: 256,
            compression,
            deliveries_per_s: 1000.0,
            cpu_us_per_delivery: 1.5,
            p50_ms: 1.0,
            p99_ms: 2.5,
            bytes_per_subscriber: None,
            bytes_beyond_idle: (server == OURS && subscribers > 1000).then_some(300.0),
            nats_cpu_us_per_delivery: None,
            ours_to_this: Some(ours_to_this),
            wire_bytes: 300.0,
            busy: 1.0,
        }
    }

    #[test]
    fn each_server_has_its_bar() {
        let rows = [
            row(OURS, 10, "none", 1.0),
            row("ws", 10, "none", 0.5),
            row("socket.io", 10, "none", 0.52),
            row("socketify", 10, "none", 1.0),
            row(OURS, 10_000, "permessage-deflate", 1.0),
            row("ws", 10_000, "permessage-deflate", 0.2),
            row("uws", 10_000, "permessage-deflate", 1.2),
            Row { nodes: 3, cpu_us_per_delivery: 81.0, ..row(OURS, 10, "none", 0.9) },
        ];
        let found = verdict(&rows);
        assert!(!found.holds());
        assert_eq!(
            found.summary(),
            [
                "4 of 9 bars hold",
                "missed: 10 subscribers × 256 B: 0.52 × socket.io, the bar is 0.50",
                "missed: memory of 10000 subscribers × 256 B compressed beyond idle connections: 300.00 B each, the bar is 256.00",
                "missed: 10000 subscribers × 256 B compressed: 0.20 × ws, the bar is 0.10",
                "missed: 10000 subscribers × 256 B compressed: 1.20 × uws, the bar is 1.00",
                "missed: 10 subscribers × 256 B on 3 nodes: 81.00 µs a delivery, the bar is 80.00",
            ]
        );
    }

    #[test]
    fn json_rows_have_the_agreed_fields() {
        assert_eq!(
            serde_json::to_string(&row("ws", 10, "none", 0.5)).unwrap(),
            r#"{"server":"ws","subscribers":10,"nodes":1,"bytes":256,"compression":"none","deliveries_per_s":1000.0,"cpu_us_per_delivery":1.5,"p50_ms":1.0,"p99_ms":2.5}"#
        );
    }
}
