//! `bench connect`: server CPU per connection that is opened, upgraded with a browser's headers, and closed.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::churn::Churn;
use crate::peers::{OURS, Server, TCP, TUNGSTENITE};
use crate::print;
use crate::stats::{Sample, median_of, median_ratio};
use crate::turns::{self, Contender, Timing};
use crate::verdict::Verdict;

/// The most that our CPU per connection may be, over tokio-tungstenite's.
const BAR: f64 = 1.0;

/// What to measure and how thoroughly.
#[derive(Debug)]
pub struct Plan {
    /// Connections that are open at a time.
    pub at_a_time: usize,
    /// Rounds over all servers.
    pub rounds: usize,
    /// Per server and round.
    pub timing: Timing,
    /// The whole run ends, with what it has, when this much time has passed.
    pub max_total: Duration,
}

/// Medians over the rounds: what is printed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConnectRow {
    /// Which server.
    pub server: String,
    /// Connections open at a time.
    pub at_a_time: usize,
    /// Server CPU per connection, microseconds.
    pub cpu_us_per_connection: f64,
    /// Connections per second.
    pub connections_per_s: f64,
    /// 99th percentile of the time from connecting to the end of TCP, milliseconds.
    pub p99_ms: f64,
    /// Median over the rounds of CPU per connection over the bare TCP echo's of the same round, which gets the same
    /// bytes; absent when it was left out.
    pub ratio_to_tcp: Option<f64>,
    /// The same over tokio-tungstenite's.
    pub ratio_to_tungstenite: Option<f64>,
    /// Bytes that came back, the answer to the handshake and the Close.
    pub reply_bytes: f64,
    /// Median share of the server's core that it used.
    #[serde(skip)]
    pub busy: f64,
    /// Median share of the load generator's core that it used.
    #[serde(skip)]
    pub load_busy: f64,
}

/// Measures every server in turn.
///
/// # Errors
/// When standard error is closed; a server that fails is reported there and left out.
pub fn run(plan: &Plan, servers: &[Server]) -> anyhow::Result<Vec<ConnectRow>> {
    let end = Instant::now() + plan.max_total;
    let place = "connecting";
    let contenders = servers
        .iter()
        .map(|server| Contender::new(server, Churn::new(&server.target, plan.at_a_time), &place));
    let mut contenders = contenders.collect::<io::Result<Vec<_>>>()?;
    turns::take(&mut contenders, plan.rounds, end, &place, |churn, server| {
        churn.measure(server, plan.timing)
    })?;
    Ok(rows_of(plan.at_a_time, &contenders))
}

/// How Heartwire stands against the bar and against every peer.
pub fn verdict(rows: &[ConnectRow]) -> Verdict {
    let mut verdict = Verdict::default();
    let Some(ours) = rows.iter().find(|row| row.server == OURS) else { return verdict };
    if let Some(ratio) = ours.ratio_to_tungstenite {
        verdict.judge("a connection", ratio, BAR, &format!(" × {TUNGSTENITE}"));
    }
    for row in rows.iter().filter(|row| row.server != OURS && row.server != TCP) {
        let (mine, theirs) = (ours.cpu_us_per_connection, row.cpu_us_per_connection);
        if mine > theirs {
            verdict.say(format!("behind {}: {mine:.1} µs, theirs {theirs:.1}", row.server));
        }
    }
    verdict
}

/// Prints all rows.
///
/// # Errors
/// When standard output is closed.
pub fn print(rows: &[ConnectRow], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return rows.iter().try_for_each(print::json);
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:<18} {:>9} {:>9} {:>9} {:>9} {:>7} {:>8} {:>5} {:>5} {:>8}",
        "server", "at a time", "cpu µs", "conns/s", "p99 ms", "× TCP", "× tungst", "busy", "load", "reply B"
    )?;
    for row in rows {
        writeln!(
            out,
            "{:<18} {:>9} {:>9.1} {:>9.0} {:>9.3} {:>7} {:>8} {:>4.0}% {:>4.0}% {:>8.0}",
            row.server,
            row.at_a_time,
            row.cpu_us_per_connection,
            row.connections_per_s,
            row.p99_ms,
            print::ratio(row.ratio_to_tcp),
            print::ratio(row.ratio_to_tungstenite),
            row.busy * 100.0,
            row.load_busy * 100.0,
            row.reply_bytes,
        )?;
    }
    Ok(out.flush()?)
}

fn rows_of(at_a_time: usize, contenders: &[Contender<'_, Churn>]) -> Vec<ConnectRow> {
    let of = |name: &str| contenders.iter().find(|contender| contender.server.name == name);
    let (tcp, tungstenite) = (of(TCP), of(TUNGSTENITE));
    let cpu = |sample: &Sample| sample.cpu_us;
    let row = |contender: &Contender<'_, Churn>| {
        let samples = contender.samples.as_slice();
        Some(ConnectRow {
            server: contender.server.name.clone(),
            at_a_time,
            cpu_us_per_connection: median_of(samples, cpu)?,
            connections_per_s: median_of(samples, |sample| sample.per_s)?,
            p99_ms: median_of(samples, |sample| sample.p99_ms)?,
            ratio_to_tcp: tcp.and_then(|tcp| median_ratio(samples, &tcp.samples, cpu)),
            ratio_to_tungstenite: tungstenite.and_then(|other| median_ratio(samples, &other.samples, cpu)),
            reply_bytes: median_of(samples, |sample| sample.reply_bytes)?,
            busy: median_of(samples, |sample| sample.busy)?,
            load_busy: median_of(samples, |sample| sample.load_busy)?,
        })
    };
    contenders.iter().filter(|contender| contender.holds()).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(server: &str, cpu_us_per_connection: f64, ratio_to_tungstenite: f64) -> ConnectRow {
        ConnectRow {
            server: server.to_owned(),
            at_a_time: 16,
            cpu_us_per_connection,
            connections_per_s: 1000.0,
            p99_ms: 1.5,
            ratio_to_tcp: Some(2.5),
            ratio_to_tungstenite: Some(ratio_to_tungstenite),
            reply_bytes: 170.0,
            busy: 0.9,
            load_busy: 0.5,
        }
    }

    #[test]
    fn the_bar_is_tokio_tungstenite() {
        let rows = [row(TCP, 20.0, 0.4), row(OURS, 68.0, 1.17), row(TUNGSTENITE, 58.0, 1.0)];
        let found = verdict(&rows);
        assert!(!found.holds());
        assert_eq!(
            found.summary(),
            [
                "0 of 1 bars hold",
                "missed: a connection: 1.17 × tokio-tungstenite, the bar is 1.00",
                "behind tokio-tungstenite: 68.0 µs, theirs 58.0",
            ]
        );
        assert!(verdict(&[row(OURS, 58.0, 1.0), row("ws", 200.0, 3.4)]).holds());
        assert_eq!(verdict(&rows[..1]).summary(), ["no bar was judged"]);
    }

    #[test]
    fn json_rows_have_the_agreed_fields() {
        assert_eq!(
            serde_json::to_string(&row(OURS, 58.5, 1.0)).unwrap(),
            r#"{"server":"heartwire","at_a_time":16,"cpu_us_per_connection":58.5,"connections_per_s":1000.0,"p99_ms":1.5,"ratio_to_tcp":2.5,"ratio_to_tungstenite":1.0,"reply_bytes":170.0}"#
        );
    }
}
