//! The command line: flags, their environment variables, and the configuration they make.

use crate::config::{Config, SocketConfig};
use crate::origin::{AllowOrigin, OriginPolicy};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

const AFTER_HELP: &str = "\
Every flag can also be set by the environment variable shown with it; the flag wins. Durations take units \
(500ms, 20s, 2m), sizes too (64KiB, 16MiB). Exit status: 0 after a shutdown, 1 when the server can't run, \
2 when the command line is wrong.";

/// Heartwire: a WebSocket workbench. Serves its page and the WebSocket endpoints to test against.
#[derive(Debug, Parser)]
#[command(name = "heartwire", version, after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; serving is the default.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the page and the endpoints (the default)
    #[command(after_help = AFTER_HELP)]
    Serve(ServeArgs),
}

/// The flags of `heartwire serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on; can be repeated. Port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "HEARTWIRE_LISTEN",
        default_value = "127.0.0.1:8080",
        value_delimiter = ',',
        value_parser = parse_listen
    )]
    listen: Vec<SocketAddr>,

    /// Lets pages of this origin open sockets beside the server's own; can be repeated, * lets in all
    #[arg(long, value_name = "ORIGIN", env = "HEARTWIRE_ALLOW_ORIGIN", value_delimiter = ',')]
    allow_origin: Vec<AllowOrigin>,

    /// Largest message; a larger one closes the connection with 1009
    #[arg(
        long,
        value_name = "SIZE",
        env = "HEARTWIRE_MAX_MESSAGE_SIZE",
        default_value = "16MiB",
        value_parser = parse_size
    )]
    max_message_size: usize,

    /// Quiet time after which the server pings; 0 turns the heartbeat off
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_PING_INTERVAL",
        default_value = "20s",
        value_parser = parse_duration
    )]
    ping_interval: Duration,

    /// How long a ping may stay unanswered before the connection is dropped
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_PING_TIMEOUT",
        default_value = "10s",
        value_parser = parse_positive_duration
    )]
    ping_timeout: Duration,

    /// How long a shutdown waits for sockets to close
    #[arg(
        long,
        value_name = "DURATION",
        env = "HEARTWIRE_DRAIN",
        default_value = "5s",
        value_parser = parse_duration
    )]
    drain: Duration,

    /// Serving threads [default: one per core]
    #[arg(long, value_name = "N", env = "HEARTWIRE_THREADS")]
    threads: Option<NonZeroUsize>,

    /// What to log on standard error: off, error, warn, info, debug, trace, or directives such as server=debug
    #[arg(
        long,
        value_name = "FILTER",
        env = "HEARTWIRE_LOG_LEVEL",
        default_value = "info",
        value_parser = parse_filter
    )]
    log_level: String,
}

impl Cli {
    /// Reads the process's arguments and environment; ends the process for `--help`, `--version` and mistakes.
    pub fn from_process() -> Self {
        Self::try_parse().unwrap_or_else(|error| exit(&error))
    }

    /// The flags of the one thing there is to do.
    pub fn into_serve(self) -> ServeArgs {
        match self.command {
            Some(Command::Serve(args)) => args,
            None => self.serve,
        }
    }
}

impl ServeArgs {
    /// What to log, as checked when the flags were read.
    pub fn log_filter(&self) -> EnvFilter {
        EnvFilter::new(&self.log_level)
    }
}

impl From<ServeArgs> for Config {
    fn from(args: ServeArgs) -> Self {
        let defaults = Self::default();
        Self {
            listen: args.listen,
            origins: OriginPolicy::new(args.allow_origin),
            socket: SocketConfig {
                max_message_size: args.max_message_size,
                ping_interval: args.ping_interval,
                ping_timeout: args.ping_timeout,
                ..defaults.socket
            },
            drain: args.drain,
            threads: args.threads.unwrap_or(defaults.threads),
            ..defaults
        }
    }
}

/// Prints as clap does, but a wrong value in one line: its message already says what would be right.
fn exit(error: &clap::Error) -> ! {
    if error.kind() == ErrorKind::ValueValidation {
        let text = error.to_string();
        let line = text.lines().next().unwrap_or_default();
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(io::stderr(), "{line}");
        std::process::exit(2);
    }
    error.exit()
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let numeric = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    numeric.as_deref().unwrap_or(text).parse().map_err(|_| {
        "expected an address and a port, such as 127.0.0.1:8080, [::1]:8080, or 0.0.0.0:8080 for all interfaces"
            .to_owned()
    })
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| "expected a duration with its unit, such as 500ms, 20s or 2m".to_owned())
}

fn parse_positive_duration(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("expected a duration longer than zero".to_owned()),
        duration => Ok(duration),
    }
}

fn parse_filter(text: &str) -> Result<String, String> {
    match EnvFilter::builder().parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => {
            Err("expected off, error, warn, info, debug, trace, or directives such as server=debug"
                .to_owned())
        }
    }
}

/// A number of bytes with an optional unit: powers of 1024 with an `i` (KiB, MiB, GiB), of 1000 without.
fn parse_size(text: &str) -> Result<usize, String> {
    let expected = || "expected a size of at least 1 byte, such as 65536, 64KiB or 16MiB".to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit: usize = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1_000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(expected()),
    };
    let number: usize = number.parse().map_err(|_| expected())?;
    number.checked_mul(unit).filter(|size| *size > 0).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn parse(args: &[&str]) -> Result<Config, clap::Error> {
        Cli::try_parse_from([&["heartwire"], args].concat()).map(|cli| cli.into_serve().into())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn flags_and_configuration_have_the_same_defaults() {
        for args in [&[][..], &["serve"]] {
            assert_eq!(format!("{:?}", parse(args).unwrap()), format!("{:?}", Config::default()));
        }
    }

    #[test]
    fn every_flag_reaches_the_configuration() {
        let args = "--listen [::1]:1 --listen localhost:2 --allow-origin http://a --max-message-size 64KiB \
            --ping-interval 1m --ping-timeout 500ms --drain 0s --threads 3 --log-level debug";
        let args: Vec<_> = args.split_whitespace().collect();
        for config in [parse(&args).unwrap(), parse(&[&["serve"], &args[..]].concat()).unwrap()] {
            assert_eq!(config.listen, ["[::1]:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap()]);
            assert_eq!(config.origins, OriginPolicy::new(["http://a".parse().unwrap()]));
            assert_eq!(config.socket.max_message_size, 65_536);
            assert_eq!(config.socket.ping_interval, Duration::from_secs(60));
            assert_eq!(config.socket.ping_timeout, Duration::from_millis(500));
            assert_eq!(config.drain, Duration::ZERO);
            assert_eq!(config.threads.get(), 3);
        }
    }

    #[test]
    fn every_flag_has_its_variable() {
        let command = Cli::command();
        for arg in command.get_arguments().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str()))
        {
            let variable = format!("HEARTWIRE_{}", arg.get_id().as_str().to_uppercase());
            assert_eq!(arg.get_env().and_then(|name| name.to_str()), Some(variable.as_str()));
        }
    }

    #[test]
    fn sizes_have_units() {
        for (text, size) in [
            ("1", 1),
            ("512b", 512),
            ("2k", 2_000),
            ("64KiB", 65_536),
            ("16 MiB", 16 << 20),
            ("1GB", 1_000_000_000),
        ] {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
        for text in ["", "0", "KiB", "-1", "1.5MiB", "1TiBs", "99999999999999999999", "99999999999GiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn wrong_values_say_what_would_be_right() {
        for (args, hint) in [
            (["--listen", "8080"], "such as 127.0.0.1:8080"),
            (["--listen", "localhost"], "such as 127.0.0.1:8080"),
            (["--allow-origin", "example.com"], "such as https://example.com"),
            (["--max-message-size", "big"], "such as 65536"),
            (["--ping-interval", "20"], "such as 500ms"),
            (["--ping-timeout", "0s"], "longer than zero"),
            (["--log-level", "loud=quiet=x"], "info, debug"),
        ] {
            let error = parse(&args).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ValueValidation, "{args:?}");
            let text = error.to_string();
            let line = text.lines().next().unwrap();
            assert!(line.contains(hint) && line.contains(args[0]), "{line}");
        }
    }
}
