//! The command line.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use bench::audience::{self, Size};
use bench::config::Point;
use bench::idle::Settling;
use bench::peers::{Guest, Kitchen, NAMES, OURS, ROOMS, Recipe, Server, TCP, TCP_HOP};
use bench::turns::Timing;
use bench::verdict::Verdict;
use bench::{bus, connect, echo, fanout, hop, idle, process, servers, soak};
use clap::{Args, Parser, Subcommand};

/// What a process opens besides its connections, generously.
const FILES_BESIDE_SOCKETS: u64 = 100;

/// Measures WebSocket servers beside each other and beside a bare TCP echo, on loopback.
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
    /// Server CPU per connection opened, upgraded and closed
    Connect(ConnectArgs),
    /// Heartwire alone: what a relay, a watcher and idle faults cost per message, beside its plain echo
    Hop(HopArgs),
    /// Server CPU per delivery where one publishes and many listen
    Fanout(FanoutArgs),
    /// Heartwire alone, under random faults for a while: memory, ends, and the same seeds doing the same
    Soak(SoakArgs),
    /// Be one of the servers written in Rust; ends with standard input
    #[command(hide = true)]
    Serve {
        kind: servers::Kind,
        #[arg(long)]
        listen: SocketAddr,
        /// Where a hop goes
        #[arg(long)]
        to: Option<SocketAddr>,
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
    /// Only these servers, and those of --peer, separated by commas
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only_servers: Vec<String>,
    /// One more server: 'NAME=COMMAND {port}', or 'NAME/PATH=COMMAND {port}' for an echo that is not at /; repeatable
    #[arg(long = "peer", value_name = "PEER")]
    guests: Vec<Guest>,
    /// Where peers from other languages are installed [default: bench-peers in the target folder]
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
    /// One JSON object per line on standard output
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct Rounds {
    /// Rounds over all servers, at each point
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Seconds measured per server and round, at each point
    #[arg(long, default_value_t = 0.2, value_parser = seconds)]
    seconds: f64,
    /// Ends the whole run, with what is done so far, after this many seconds
    #[arg(long, default_value_t = 900.0, value_parser = seconds)]
    max_seconds: f64,
}

#[derive(Debug, Args)]
struct EchoArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    rounds: Rounds,
    /// Points as CONNECTIONSxBYTESxIN_FLIGHT, with +deflate for compressed, or all, plain, deflate
    #[arg(long, default_value = "all", value_name = "LIST")]
    configs: String,
    /// Text messages instead of binary ones, which servers must check for valid UTF-8
    #[arg(long)]
    text: bool,
    /// Heartwire once with each of these compression levels, instead of with its default
    #[arg(long = "level", value_name = "LEVELS", value_delimiter = ',',
          value_parser = clap::value_parser!(u8).range(1..=9))]
    levels: Vec<u8>,
}

#[derive(Debug, Args)]
struct ConnectArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    rounds: Rounds,
    /// Connections open at a time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    at_a_time: u16,
}

#[derive(Debug, Args)]
struct HopArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    rounds: Rounds,
    /// Points as CONNECTIONSxBYTESxIN_FLIGHT
    #[arg(long, default_value = "1x16x1,100x16x1,100x1024x1,100x65536x1,100x16x16", value_name = "LIST")]
    configs: String,
}

#[derive(Debug, Args)]
struct FanoutArgs {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    rounds: Rounds,
    /// Those who listen, separated by commas
    #[arg(long, default_value = "10,1000,10000", value_delimiter = ',', value_name = "COUNTS",
          value_parser = clap::value_parser!(u32).range(1..=50_000))]
    subscribers: Vec<u32>,
    /// Bytes of a message before compression
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u16).range(100..=16_000))]
    bytes: u16,
    /// Processes that Heartwire's room is spread over, by NATS where it is more than one, separated by commas; other servers
    /// have one
    #[arg(long, default_value = "1,3", value_delimiter = ',', value_name = "COUNTS",
          value_parser = clap::value_parser!(u8).range(1..=9))]
    nodes: Vec<u8>,
    /// Messages that are published and not yet with everybody
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    in_flight: u8,
    /// Only `none`, or only `deflate` [default: both]
    #[arg(long, value_parser = ["none", "deflate"])]
    compression: Option<String>,
}

#[derive(Debug, Args)]
struct SoakArgs {
    #[command(flatten)]
    common: Common,
    /// Clients at a time
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    connections: u16,
    /// Seconds with traffic
    #[arg(long = "for", default_value_t = 60.0, value_parser = seconds)]
    time: f64,
    /// What clients and faults are made from [default: another one each time, which is said]
    #[arg(long)]
    seed: Option<u64>,
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

/// Runs the command that the arguments name.
pub(crate) fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Echo(args) => echo(&args),
        Command::Idle(args) => idle(&args),
        Command::Connect(args) => connect(&args),
        Command::Hop(args) => hop(&args),
        Command::Fanout(args) => fanout(&args),
        Command::Soak(args) => soak(&args),
        Command::Serve { kind, listen, to } => {
            servers::serve(kind, listen, to).map(|()| ExitCode::SUCCESS).map_err(Into::into)
        }
    };
    result.unwrap_or_else(|error| {
        drop(writeln!(io::stderr(), "bench: {error:#}"));
        ExitCode::FAILURE
    })
}

fn echo(args: &EchoArgs) -> anyhow::Result<ExitCode> {
    let points = Point::list(&args.configs).map_err(anyhow::Error::msg)?;
    let mut bench = Bench::echoes(&args.common)?;
    bench.choose_levels(&args.levels);
    let most = points.iter().map(|point| point.connections as u64).max().unwrap_or(0);
    let sockets = most * bench.recipes.len() as u64;
    let files = process::allow_open_files(sockets + FILES_BESIDE_SOCKETS)?;
    if files < sockets + FILES_BESIDE_SOCKETS {
        anyhow::bail!(
            "{most} connections to each server need more than the {files} open files allowed (ulimit -Hn); choose \
             fewer with --configs or --only-servers"
        );
    }
    let plan = echo::Plan {
        points,
        rounds: args.rounds.rounds.into(),
        timing: args.rounds.timing(),
        text: args.text,
        max_total: args.rounds.max_total(),
        json: args.common.json,
    };
    let rows = echo::run(&plan, &bench.start()?)?;
    conclude(echo::verdict(&rows, args.text), args.common.json)
}

fn connect(args: &ConnectArgs) -> anyhow::Result<ExitCode> {
    let bench = Bench::echoes(&args.common)?;
    let plan = connect::Plan {
        at_a_time: args.at_a_time.into(),
        rounds: args.rounds.rounds.into(),
        timing: args.rounds.timing(),
        max_total: args.rounds.max_total(),
    };
    process::allow_open_files(u64::from(args.at_a_time) + FILES_BESIDE_SOCKETS)?;
    let rows = connect::run(&plan, &bench.start()?)?;
    connect::print(&rows, args.common.json)?;
    conclude(connect::verdict(&rows), args.common.json)
}

fn hop(args: &HopArgs) -> anyhow::Result<ExitCode> {
    let points = Point::list(&args.configs).map_err(anyhow::Error::msg)?;
    if points.iter().any(|point| point.deflate) {
        anyhow::bail!("hops are measured without compression");
    }
    let bench = Bench::echoes(&args.common)?;
    let most = points.iter().map(|point| point.connections as u64).max().unwrap_or(0);
    // Each of the seven servers has as many connections, and one of them as many watchers.
    process::allow_open_files(8 * most + FILES_BESIDE_SOCKETS)?;
    let plan = hop::Plan {
        points,
        rounds: args.rounds.rounds.into(),
        timing: args.rounds.timing(),
        max_total: args.rounds.max_total(),
    };
    let place = hop::Place {
        recipe: bench.ours()?,
        tcp: &bench.kitchen.recipe(TCP)?,
        tcp_hop: &bench.kitchen.recipe(TCP_HOP)?,
        cache: &bench.kitchen.cache,
        server_core: bench.server_core,
        own_core: bench.own_core,
    };
    let rows = hop::run(&plan, &place)?;
    hop::print(&rows, args.common.json)?;
    conclude(hop::verdict(&rows), args.common.json)
}

fn fanout(args: &FanoutArgs) -> anyhow::Result<ExitCode> {
    let bench = Bench::new(&args.common, &ROOMS, Kitchen::room)?;
    let asked = |deflate| args.compression.as_deref().is_none_or(|only| (only == "deflate") == deflate);
    let sizes = [false, true].into_iter().filter(|&deflate| asked(deflate)).flat_map(|deflate| {
        args.subscribers.iter().map(move |&subscribers| Size {
            subscribers: subscribers as usize,
            bytes: args.bytes.into(),
            in_flight: args.in_flight.into(),
            deflate,
        })
    });
    let plan = fanout::Plan {
        sizes: sizes.collect(),
        rounds: args.rounds.rounds.into(),
        timing: args.rounds.timing(),
        max_total: args.rounds.max_total(),
        json: args.common.json,
    };
    let most = plan.sizes.iter().map(|size| size.subscribers as u64).max().unwrap_or(0);
    let mut servers = if args.nodes.contains(&1) { bench.start()? } else { Vec::new() };
    for &nodes in args.nodes.iter().filter(|&&nodes| nodes > 1) {
        let Bench { kitchen, server_core, own_core, .. } = &bench;
        let started = bench
            .ours()
            .and_then(|ours| bus::start(ours, nodes.into(), &kitchen.cache, *server_core, *own_core));
        match started {
            Ok(server) => servers.push(server),
            Err(error) => writeln!(io::stderr(), "without {nodes} nodes: {error:#}")?,
        }
    }
    let rooms = servers.len() as u64;
    let beside = FILES_BESIDE_SOCKETS + audience::IDLE as u64;
    let files = process::allow_open_files(most * rooms + beside)?;
    if files < most + beside {
        anyhow::bail!(
            "{most} subscribers need more than the {files} open files allowed (ulimit -Hn): choose fewer with --subscribers"
        );
    }
    let together = |size: Size| size.subscribers as u64 * rooms + beside <= files;
    let rows = fanout::run(&plan, &servers, together)?;
    conclude(fanout::verdict(&rows), args.common.json)
}

fn soak(args: &SoakArgs) -> anyhow::Result<ExitCode> {
    let bench = Bench::echoes(&args.common)?;
    let connections = usize::from(args.connections);
    process::allow_open_files(connections as u64 + FILES_BESIDE_SOCKETS)?;
    let server = bench.ours()?.start(&bench.kitchen.cache, bench.server_core, bench.own_core)?;
    let by_clock = || std::time::UNIX_EPOCH.elapsed().map_or(0, |now| u64::from(now.subsec_nanos()));
    let plan = soak::Plan {
        connections,
        time: Duration::from_secs_f64(args.time),
        seed: args.seed.unwrap_or_else(by_clock),
    };
    let outcome = soak::run(&server, plan)?;
    if args.common.json {
        writeln!(io::stdout(), "{}", serde_json::to_string(&outcome)?)?;
    }
    conclude(soak::verdict(&outcome), args.common.json)
}

fn idle(args: &IdleArgs) -> anyhow::Result<ExitCode> {
    let bench = Bench::echoes(&args.common)?;
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
    conclude(idle::verdict(&rows), args.common.json)
}

impl Rounds {
    fn timing(&self) -> Timing {
        let window = Duration::from_secs_f64(self.seconds);
        Timing { warm_up: window.mul_f64(0.25), window }
    }

    fn max_total(&self) -> Duration {
        Duration::from_secs_f64(self.max_seconds)
    }
}

/// What all benchmarks need first.
struct Bench {
    kitchen: Kitchen,
    recipes: Vec<Recipe>,
    server_core: usize,
    own_core: usize,
}

impl Bench {
    /// With servers that echo.
    fn echoes(common: &Common) -> anyhow::Result<Self> {
        Self::new(common, &NAMES, Kitchen::recipe)
    }

    /// Finds which of the servers called `names` can run here and binds the load to its core.
    fn new(
        common: &Common,
        names: &[&str],
        recipe: impl Fn(&Kitchen, &str) -> anyhow::Result<Recipe>,
    ) -> anyhow::Result<Self> {
        if let Some(unknown) = common.only_servers.iter().find(|name| !names.contains(&name.as_str())) {
            anyhow::bail!("--only-servers knows {}, not {unknown}", names.join(", "));
        }
        // Peers run in folders of their own, where a relative path would lead elsewhere.
        let cache = match &common.cache {
            Some(cache) => std::path::absolute(cache)?,
            None => default_cache()?,
        };
        let server_bin = common.server_bin.clone();
        let kitchen = Kitchen { cache, server_bin, server_args: common.server_args.clone() };
        let mut recipes = Vec::new();
        for &name in names {
            if !common.only_servers.is_empty() && !common.only_servers.iter().any(|only| only == name) {
                continue;
            }
            match recipe(&kitchen, name) {
                Ok(recipe) => recipes.push(recipe),
                Err(error) if name == OURS && common.server_bin.is_some() => return Err(error),
                Err(error) => writeln!(io::stderr(), "without {name}: {error:#}")?,
            }
        }
        recipes.extend(common.guests.iter().map(Guest::recipe));
        let (server_core, own_core) = process::two_cores()?;
        if server_core == own_core {
            writeln!(io::stderr(), "only one core: the load disturbs the server, figures are rough")?;
        }
        process::pin_to(own_core)?;
        Ok(Self { kitchen, recipes, server_core, own_core })
    }

    /// Heartwire, for what is measured of it alone.
    fn ours(&self) -> anyhow::Result<&Recipe> {
        let ours = self.recipes.iter().find(|recipe| recipe.name == OURS);
        ours.ok_or_else(|| anyhow::anyhow!("it is {OURS} that is measured: give --server-bin"))
    }

    /// Puts Heartwire at each level in the place of Heartwire at its default.
    fn choose_levels(&mut self, levels: &[u8]) {
        if levels.is_empty() {
            return;
        }
        let at_levels = |recipe: &Recipe| {
            let at = |level: &u8| {
                recipe.variant(format!("{OURS} level {level}"), &["--compression-level", &level.to_string()])
            };
            levels.iter().map(at).collect::<Vec<_>>()
        };
        let some =
            |recipe: &Recipe| if recipe.name == OURS { at_levels(recipe) } else { vec![recipe.clone()] };
        self.recipes = self.recipes.iter().flat_map(some).collect();
    }

    /// Starts all servers; one that can't run is left out with a word on standard error.
    fn start(&self) -> io::Result<Vec<Server>> {
        let mut servers = Vec::new();
        for recipe in &self.recipes {
            match recipe.start(&self.kitchen.cache, self.server_core, self.own_core) {
                Ok(server) => servers.push(server),
                Err(error) => writeln!(io::stderr(), "without {}: {error:#}", recipe.name)?,
            }
        }
        Ok(servers)
    }
}

/// Beside the build's other products, found from where this program lies: `target/release/bench`.
fn default_cache() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2);
    let target = target.ok_or_else(|| anyhow::anyhow!("no target folder, use --cache"))?;
    Ok(target.join("bench-peers"))
}

/// Prints how it came out, on standard error when standard output is for objects alone. A missed bar is a failure.
fn conclude(verdict: Verdict, as_json: bool) -> anyhow::Result<ExitCode> {
    let code = if verdict.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    for line in verdict.summary() {
        if as_json { writeln!(io::stderr(), "{line}")? } else { writeln!(io::stdout(), "{line}")? }
    }
    Ok(code)
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
