//! How the page fares when messages come in by the hundred thousand, beside the echo test page that people know.
//! Called by `cargo xtask bench page`, which builds what is measured.

mod board;
mod bundle;
mod flood;
mod measure;
mod message;
mod report;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser;
use e2e::Server;

use crate::bundle::Bundle;
use crate::flood::Flood;
use crate::measure::{Bench, Line, Which};
use crate::report::{Report, Row};

/// The classic page gets larger floods only once: it needs minutes for them.
const ONCE_ABOVE: usize = 100_000;

/// Floods the page and the classic echo test page with messages of 97 bytes in a headless Chromium; and, to tell what is
/// the browser's and the machine's own share, a page that only counts them.
///
/// shown_ms: from the socket's making to the frame after the one that shows the last message. longest_task_ms: of the
/// page's main thread from the socket's opening on, as the Long Tasks API reports it; 0 when none took over 50 ms.
/// heap_mb: JavaScript and DOM after a garbage collection, and WebAssembly memory. cpu_ms: of the page's process since
/// it began.
#[derive(Debug, Parser)]
#[command(name = "page-bench")]
struct Cli {
    /// Messages per flood, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000", value_name = "COUNTS",
          value_parser = clap::value_parser!(u32).range(1..=5_000_000))]
    counts: Vec<u32>,
    /// Rounds of each flood, all pages in turn; the classic page has one above 100,000 messages
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// Loads of the page in a warm browser, and on a slow line with nothing cached
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(0..=100))]
    loads: u16,
    /// Seconds that a page gets to show a flood
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    limit: u64,
    /// A short run: 10,000 and 100,000 messages, one round, three loads
    #[arg(long, conflicts_with_all = ["counts", "rounds", "loads"])]
    quick: bool,
    /// Watch the price board of the scenes instead, at 1,000 symbols and 50 Hz for ten seconds
    #[arg(long, conflicts_with_all = ["counts", "rounds", "loads", "limit", "quick", "only_own"])]
    board: bool,
    /// Leave the other pages out
    #[arg(long)]
    only_own: bool,
    /// One JSON object per line on standard output
    #[arg(long)]
    json: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut cli = Cli::parse();
    if cli.quick {
        (cli.counts, cli.rounds, cli.loads) = (vec![10_000, 100_000], 1, 3);
    }
    match run(&cli).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            drop(writeln!(io::stderr(), "page-bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Says whether every bar was met.
async fn run(cli: &Cli) -> Result<bool> {
    let mut report = Report::new(cli.json);
    if cli.board {
        report.board(board::watch(&Server::start(&[])?).await?)?;
        return report.verdict();
    }
    let counts: Vec<usize> = cli.counts.iter().map(|&count| count as usize).collect();
    let most = counts.iter().copied().max().context("no counts")?;
    let bench = Bench {
        server: Server::start(&[])?,
        flood: Flood::start(most)?,
        limit: Duration::from_secs(cli.limit),
    };
    let mut full_log = None;
    for &messages in &counts {
        let pages = if cli.only_own { &Which::ALL[..1] } else { &Which::ALL[..] };
        let mut rows: Vec<Row> =
            pages.iter().map(|&which| Row { which, messages, runs: Vec::new() }).collect();
        let rounds = cli.rounds;
        for round in 1..=rounds {
            let again = |row: &&mut Row| round == 1 || row.which != Which::Classic || messages <= ONCE_ABOVE;
            for row in rows.iter_mut().filter(again) {
                let inspect = row.which == Which::Heartwire && messages == most && round == rounds;
                let (run, inspection) = bench
                    .flood(row.which, messages, inspect)
                    .await
                    .with_context(|| format!("{} with {messages} messages", row.which.name()))?;
                full_log = full_log.or(inspection);
                row.runs.push(run);
            }
        }
        report.floods(rows)?;
    }
    if let Some(inspection) = &full_log {
        report.inspection(inspection)?;
    }
    if cli.loads > 0 {
        for line in [Line::Local, Line::Slow] {
            report.loads(line, &bench.loads(line, cli.loads).await?)?;
        }
    }
    if let Some(dist) = std::env::var_os("HEARTWIRE_DIST") {
        report.bundle(Bundle::weigh(Path::new(&dist))?)?;
    }
    report.verdict()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
