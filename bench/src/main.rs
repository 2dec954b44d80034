//! The command line of the benchmarks, called by `cargo xtask bench`.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench::config::Point;
use bench::idle::Settling;
use bench::load::Timing;
use bench::peers::{Kitchen, NAMES, OURS, Recipe};
use bench::{echo, idle, process, servers};
use clap::{Args, Parser, Subcommand};

/// What a process opens besides its connections, generously.
const FILES_BESIDE_SOCKETS: u64 = 100;

/// Measures WebSocket echo servers beside a bare TCP echo, on loopback.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Server CPU per echoed message, messages per second and latency
    Echo(EchoArgs),
    /// Process memory per idle connection
    Idle(IdleArgs),
    /// Be one of the servers written in Rust; ends with standard input
    #[command(hide = true)]
    Serve {
        kind: servers::Kind,
        #[arg(long)]
        listen: SocketAddr,
    },
}

#[derive(Debug, Args)]
struct Common {
    /// Heartwire's server, a release build; left out of the comparison when absent
    #[arg(long, value_name = "PATH")]
    server_bin: Option<PathBuf>,
    /// One more argument for Heartwire's server; repeatable
    #[arg(long = "server-arg", value_name = "ARG", allow_hyphen_values = true)]
    server_args: Vec<String>,
    /// Only these servers, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = NAMES)]
    only_servers: Vec<String>,
    /// Where peers from other languages are installed [default: bench-peers in the target folder]
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// One JSON object per line on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct EchoArgs {
    #[command(flatten)]
    common: Common,
    /// Rounds over all servers at each point
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Seconds measured per server, point and round
    #[arg(long, default_value_t = 0.5, value_parser = seconds)]
    seconds: f64,
    /// Points as CONNECTIONSxBYTESxIN_FLIGHT, with +deflate for compressed, or all, plain, deflate
    #[arg(long, default_value = "all", value_name = "LIST")]
    configs: String,
    /// Text messages instead of binary ones, which servers must check for valid UTF-8
    #[arg(long)]
    text: bool,
    /// Ends the whole run, with the points done so far, after this many seconds
    #[arg(long, default_value_t = 900.0, value_parser = seconds)]
    max_seconds: f64,
}

#[derive(Debug, Args)]
struct IdleArgs {
    #[command(flatten)]
    common: Common,
    /// Connections, separated by commas; each count gets a fresh server
    #[arg(long, default_value = "5000,20000", value_delimiter = ',', value_name = "COUNTS",
          value_parser = clap::value_parser!(u32).range(200..=200_000))]
    connections: Vec<u32>,
    /// Seconds without traffic before memory is read
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    settle: f64,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Echo(args) => echo(&args),
        Command::Idle(args) => idle(&args),
        Command::Serve { kind, listen } => servers::serve(kind, listen).map_err(Into::into),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            drop(writeln!(io::stderr(), "bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn echo(args: &EchoArgs) -> anyhow::Result<()> {
    let points = Point::list(&args.configs).map_err(anyhow::Error::msg)?;
    let bench = Bench::new(&args.common)?;
    let sockets = points.iter().map(|point| point.connections as u64).max().unwrap_or(0);
    let files = process::allow_open_files(sockets + FILES_BESIDE_SOCKETS)?;
    if files < sockets + FILES_BESIDE_SOCKETS {
        anyhow::bail!("{sockets} connections need more than the {files} open files allowed (ulimit -Hn)");
    }
    let mut servers = Vec::new();
    for recipe in &bench.recipes {
        match recipe.start(&bench.kitchen.cache, bench.server_core, bench.own_core) {
            Ok(server) => servers.push(server),
            Err(error) => writeln!(io::stderr(), "without {}: {error:#}", recipe.name)?,
        }
    }
    let window = Duration::from_secs_f64(args.seconds);
    let plan = echo::Plan {
        points,
        rounds: args.rounds.into(),
        timing: Timing { warm_up: window.mul_f64(0.2), window },
        text: args.text,
        max_total: Duration::from_secs_f64(args.max_seconds),
        json: args.common.json,
    };
    let rows = echo::run(&plan, &servers)?;
    print_verdict(&echo::verdict(&rows), args.common.json)
}

fn idle(args: &IdleArgs) -> anyhow::Result<()> {
    let bench = Bench::new(&args.common)?;
    let at_least = Duration::from_secs_f64(args.settle);
    let settling = Settling { at_least, at_most: at_least + Duration::from_secs(10) };
    let most = args.connections.iter().copied().max().unwrap_or(0);
    let files = process::allow_open_files(u64::from(most) + FILES_BESIDE_SOCKETS)?;
    let possible = u32::try_from(files.saturating_sub(FILES_BESIDE_SOCKETS)).unwrap_or(u32::MAX);
    let mut rows = Vec::new();
    for &wanted in &args.connections {
        let connections = wanted.min(possible);
        if connections < wanted {
            writeln!(
                io::stderr(),
                "{connections} connections instead of {wanted}: {files} open files are allowed"
            )?;
        }
        for recipe in &bench.recipes {
            let measured = recipe
                .start(&bench.kitchen.cache, bench.server_core, bench.own_core)
                .and_then(|server| idle::measure(&server, connections as usize, settling));
            match measured {
                Ok(row) => {
                    idle::print(&row, args.common.json)?;
                    rows.push(row);
                }
                Err(error) => {
                    writeln!(io::stderr(), "{} fails at {connections}: {error:#}", recipe.name)?;
                }
            }
        }
    }
    print_verdict(&idle::verdict(&rows), args.common.json)
}

/// What both benchmarks need first.
struct Bench {
    kitchen: Kitchen,
    recipes: Vec<Recipe>,
    server_core: usize,
    own_core: usize,
}

impl Bench {
    /// Finds the servers that can run here and binds the load to its core.
    fn new(common: &Common) -> anyhow::Result<Self> {
        let cache = match &common.cache {
            Some(cache) => cache.clone(),
            None => default_cache()?,
        };
        let server_bin = common.server_bin.clone();
        let kitchen = Kitchen { cache, server_bin, server_args: common.server_args.clone() };
        let mut recipes = Vec::new();
        for name in NAMES {
            if !common.only_servers.is_empty() && !common.only_servers.iter().any(|only| only == name) {
                continue;
            }
            match kitchen.recipe(name) {
                Ok(recipe) => recipes.push(recipe),
                Err(error) if name == OURS && common.server_bin.is_some() => return Err(error),
                Err(error) => writeln!(io::stderr(), "without {name}: {error:#}")?,
            }
        }
        let (server_core, own_core) = process::two_cores()?;
        if server_core == own_core {
            writeln!(io::stderr(), "only one core: the load disturbs the server, figures are rough")?;
        }
        process::pin_to(own_core)?;
        Ok(Self { kitchen, recipes, server_core, own_core })
    }
}

/// Beside the build's other products, found from where this program lies: `target/release/bench`.
fn default_cache() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2);
    let target = target.ok_or_else(|| anyhow::anyhow!("no target folder, use --cache"))?;
    Ok(target.join("bench-peers"))
}

/// Standard output is for objects alone when they were asked for.
fn print_verdict(lines: &[String], as_json: bool) -> anyhow::Result<()> {
    for line in lines {
        if as_json { writeln!(io::stderr(), "{line}")? } else { writeln!(io::stdout(), "{line}")? }
    }
    Ok(())
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds, 0.01 to 86400".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
