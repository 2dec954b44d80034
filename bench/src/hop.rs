//! `bench hop`: what a message costs more where something stands between it and its echo: a relay, a watcher, faults.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use wire::MessageKind;

use crate::api;
use crate::config::Point;
use crate::load::Load;
use crate::payload::Cycle;
use crate::peers::{Recipe, Server};
use crate::print;
use crate::stats::{Sample, median_of, median_ratio};
use crate::turns::{self, Contender, Timing};
use crate::verdict::Verdict;

/// The mounted target's name.
const MOUNT: &str = "echo";
const WATCH_PROTOCOL: &str = "heartwire.watch.v1";
/// How long the server may take to list the connections that were just opened.
const LISTED_WITHIN: Duration = Duration::from_secs(10);

/// What stands between a message and its echo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Between {
    /// The yardstick.
    Nothing,
    /// Faults that never come.
    IdlePlan,
    /// Somebody who watches each of the connections.
    Watcher,
    /// A relay to another server, which echoes.
    Hop,
    /// The same, and a breakpoint that is for none of its connections.
    HopBesideBreakpoint,
    /// Nothing, and a bare TCP echo in our echo's place.
    TcpEcho,
    /// A bare TCP relay to such an echo: what a hop can't do without.
    TcpHop,
}

/// What to measure and how thoroughly.
#[derive(Debug)]
pub struct Plan {
    /// Points of the grid, in order.
    pub points: Vec<Point>,
    /// Rounds over all that may stand between, at each point.
    pub rounds: usize,
    /// Per round and point.
    pub timing: Timing,
    /// The whole run ends, with what it has, when this much time has passed.
    pub max_total: Duration,
}

/// Where everything runs.
#[derive(Debug)]
pub struct Place<'a> {
    /// How to run Heartwire.
    pub recipe: &'a Recipe,
    /// The same of the bare TCP echo.
    pub tcp: &'a Recipe,
    /// And of the bare TCP relay.
    pub tcp_hop: &'a Recipe,
    /// For logs.
    pub cache: &'a Path,
    /// What is measured runs here.
    pub server_core: usize,
    /// The load, watchers and the relay's target run here.
    pub own_core: usize,
}

/// Medians over the rounds: what is printed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HopRow {
    /// What stands between.
    pub between: String,
    /// Connections open at once.
    pub connections: usize,
    /// Bytes of one message.
    pub bytes: usize,
    /// Messages each connection keeps unanswered.
    pub in_flight: usize,
    /// Server CPU per message, microseconds.
    pub cpu_us_per_msg: f64,
    /// Median over the rounds of CPU per message over the plain echo's of the same round: for bare TCP its own echo's.
    pub ratio_to_echo: Option<f64>,
    /// The same over the hop's without a breakpoint, where there is one.
    pub ratio_to_hop: Option<f64>,
    /// Messages per second.
    pub msgs_per_s: f64,
}

impl Between {
    const ALL: [Self; 7] = [
        Self::Nothing,
        Self::IdlePlan,
        Self::Watcher,
        Self::Hop,
        Self::HopBesideBreakpoint,
        Self::TcpEcho,
        Self::TcpHop,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "echo",
            Self::IdlePlan => "idle faults",
            Self::Watcher => "watched",
            Self::Hop => "hop",
            Self::HopBesideBreakpoint => "hop, breakpoint",
            Self::TcpEcho => "tcp echo",
            Self::TcpHop => "tcp hop",
        }
    }

    /// `None`: there is no WebSocket.
    fn path(self) -> Option<String> {
        match self {
            Self::Nothing | Self::Watcher => Some("/ws".to_owned()),
            Self::IdlePlan => Some("/ws?drop=10%25&from=1000000000msg".to_owned()),
            Self::Hop | Self::HopBesideBreakpoint => Some(format!("/ws/via/{MOUNT}")),
            Self::TcpEcho | Self::TcpHop => None,
        }
    }

    /// What its messages are compared with.
    fn echo(self) -> Self {
        match self {
            Self::TcpEcho | Self::TcpHop => Self::TcpEcho,
            _ => Self::Nothing,
        }
    }

    /// The most that [`HopRow::ratio_to_echo`] may be, with one message in flight.
    fn bar(self) -> Option<f64> {
        match self {
            Self::IdlePlan | Self::Watcher => Some(1.15),
            Self::Hop => Some(2.2),
            Self::Nothing | Self::HopBesideBreakpoint | Self::TcpEcho | Self::TcpHop => None,
        }
    }
}

/// Measures every point with everything that may stand between.
///
/// # Errors
/// When a server can't be started or asked, or standard error is closed.
pub fn run(plan: &Plan, place: &Place<'_>) -> anyhow::Result<Vec<HopRow>> {
    let end = Instant::now() + plan.max_total;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let target = |recipe: &Recipe, name: &str| {
        recipe.variant(name.to_owned(), &[]).start(place.cache, place.own_core, place.own_core)
    };
    let (ours, tcp) = (target(place.recipe, "target")?, target(place.tcp, "tcp-target")?);
    let mount = format!("{MOUNT}=ws://{}/ws", ours.target.address);
    let tcp_target = tcp.target.address.to_string();
    let mut servers = Vec::new();
    for between in Between::ALL {
        let name = between.name().replace(", ", "-").replace(' ', "-");
        let recipe = match (between, between.path()) {
            (_, Some(path)) => place.recipe.variant(name, &["--via", &mount]).at(&path),
            (Between::TcpHop, None) => place.tcp_hop.variant(name, &["--to", &tcp_target]),
            (_, None) => place.tcp.variant(name, &[]),
        };
        servers.push(recipe.start(place.cache, place.server_core, place.own_core)?);
    }
    let beside =
        servers.iter().zip(Between::ALL).find(|(_, between)| *between == Between::HopBesideBreakpoint);
    if let Some((server, _)) = beside {
        let set = api::request(server.target.address, "POST", "/api/breakpoints?via=elsewhere");
        let set = runtime.block_on(set)?;
        anyhow::ensure!(set["breakpoint"].is_u64(), "no breakpoint was set: {set}");
    }
    let mut all = Vec::new();
    for &point in &plan.points {
        let cycle = Cycle::new(point, MessageKind::Binary);
        let mut contenders = Vec::new();
        for (server, between) in servers.iter().zip(Between::ALL) {
            let load = Load::open(server, point, &cycle).and_then(|load| {
                if between == Between::Watcher {
                    watch(&runtime, server.target.address, point.connections)?;
                }
                Ok(load)
            });
            contenders.push(Contender::new(server, load, &point)?);
        }
        turns::take(&mut contenders, plan.rounds, end, &point, |load, server: &Server| {
            load.measure(server, plan.timing)
        })?;
        all.extend(rows_of(point, &contenders));
        if print::time_is_up(end)? {
            break;
        }
    }
    Ok(all)
}

/// How the rows stand against the bars, which are for one message in flight.
pub fn verdict(rows: &[HopRow]) -> Verdict {
    let mut verdict = Verdict::default();
    for row in rows.iter().filter(|row| row.in_flight == 1) {
        let between = Between::ALL.into_iter().find(|between| between.name() == row.between);
        if let (Some(bar), Some(ratio)) = (between.and_then(Between::bar), row.ratio_to_echo) {
            let what = format!("{}: {} × {} B", row.between, row.connections, row.bytes);
            verdict.judge(&what, ratio, bar, " × the echo");
        }
    }
    verdict
}

/// Prints all rows.
///
/// # Errors
/// When standard output is closed.
pub fn print(rows: &[HopRow], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return rows.iter().try_for_each(print::json);
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:<18} {:>5} {:>6} {:>6} {:>9} {:>7} {:>7} {:>10}",
        "between", "conns", "bytes", "flight", "cpu µs", "× echo", "× hop", "msgs/s"
    )?;
    for row in rows {
        writeln!(
            out,
            "{:<18} {:>5} {:>6} {:>6} {:>9.2} {:>7} {:>7} {:>10.0}",
            row.between,
            row.connections,
            row.bytes,
            row.in_flight,
            row.cpu_us_per_msg,
            print::ratio(row.ratio_to_echo),
            print::ratio(row.ratio_to_hop),
            row.msgs_per_s,
        )?;
    }
    Ok(out.flush()?)
}

fn rows_of(point: Point, contenders: &[Contender<'_, Load<'_>>]) -> Vec<HopRow> {
    let cpu = |sample: &Sample| sample.cpu_us;
    let of = |wanted: Between| {
        let mut all = contenders.iter().zip(Between::ALL);
        all.find(|(_, between)| *between == wanted).map(|(contender, _)| contender.samples.as_slice())
    };
    let row = |(contender, between): (&Contender<'_, Load<'_>>, Between)| {
        let samples = contender.samples.as_slice();
        let over = |other| median_ratio(samples, of(other)?, cpu);
        Some(HopRow {
            between: between.name().to_owned(),
            connections: point.connections,
            bytes: point.bytes,
            in_flight: point.in_flight,
            cpu_us_per_msg: median_of(samples, cpu)?,
            ratio_to_echo: over(between.echo()),
            ratio_to_hop: over(Between::Hop).filter(|_| between == Between::HopBesideBreakpoint),
            msgs_per_s: median_of(samples, |sample| sample.per_s)?,
        })
    };
    contenders.iter().zip(Between::ALL).filter(|(contender, _)| contender.holds()).filter_map(row).collect()
}

/// Watches all connections of the server, of which there are to be so many, on a thread of its own until they have ended.
fn watch(runtime: &Runtime, address: SocketAddr, connections: usize) -> anyhow::Result<()> {
    let numbers = runtime.block_on(numbers(address, connections))?;
    let (ready, are_ready) = channel();
    thread::spawn(move || {
        let watched = listen(address, &numbers, &ready);
        // Who waits for it has the error then.
        drop(ready.send(watched));
    });
    are_ready.recv().context("the watchers have ended")?
}

/// Of the connections to a server, once there are so many.
async fn numbers(address: SocketAddr, connections: usize) -> anyhow::Result<Vec<u64>> {
    let began = Instant::now();
    loop {
        let list = api::get(address, &format!("/api/connections?limit={connections}")).await?;
        let list = list["connections"].as_array().context("no list of connections")?;
        let plain = list.iter().filter(|shown| shown["path"] == "/ws");
        let numbers: Vec<_> = plain.filter_map(|shown| shown["connection"].as_u64()).collect();
        if numbers.len() >= connections {
            return Ok(numbers);
        }
        anyhow::ensure!(began.elapsed() < LISTED_WITHIN, "{} connections are listed", numbers.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Reads what all of them tell, and says `ready` when all are watched.
fn listen(address: SocketAddr, numbers: &[u64], ready: &Sender<anyhow::Result<()>>) -> anyhow::Result<()> {
    Builder::new_current_thread().enable_all().build()?.block_on(async {
        let mut watchers = JoinSet::new();
        for number in numbers {
            let mut request = format!("ws://{address}/ws/watch/{number}").into_client_request()?;
            request.headers_mut().insert("sec-websocket-protocol", WATCH_PROTOCOL.parse()?);
            let (mut socket, _) = client_async(request, TcpStream::connect(address).await?).await?;
            // It ends with the watched connection, and answers Pings meanwhile.
            watchers.spawn(async move { while let Some(Ok(_)) = socket.next().await {} });
        }
        // Nobody waits for it where the benchmark has been given up.
        drop(ready.send(Ok(())));
        watchers.join_all().await;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(between: Between, in_flight: usize, ratio: f64) -> HopRow {
        HopRow {
            between: between.name().to_owned(),
            connections: 100,
            bytes: 16,
            in_flight,
            cpu_us_per_msg: 5.0,
            ratio_to_echo: Some(ratio),
            ratio_to_hop: None,
            msgs_per_s: 1.0,
        }
    }

    #[test]
    fn the_bars_are_for_one_message_in_flight() {
        let rows = [
            row(Between::Nothing, 1, 1.0),
            row(Between::IdlePlan, 1, 1.15),
            row(Between::IdlePlan, 16, 9.0),
            row(Between::Watcher, 1, 1.16),
            row(Between::Hop, 1, 2.2),
            row(Between::Hop, 16, 9.0),
        ];
        let summary = verdict(&rows).summary();
        assert_eq!(
            summary,
            ["2 of 3 bars hold", "missed: watched: 100 × 16 B: 1.16 × the echo, the bar is 1.15"]
        );
    }
}
