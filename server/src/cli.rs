//! The command line: flags, their environment variables, and the configuration they make.

mod args;
mod log;
mod nats;
mod record;
mod relay;
mod values;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::io::{self, Write as _};

pub use args::ServeArgs;
pub use log::{LogArgs, LogFormat};
pub use record::RecordArgs;

const AFTER_HELP: &str = "\
Every flag can also be set by the environment variable shown with it; the flag wins. Durations take units \
(500ms, 20s, 2m), sizes too (64KiB, 16MiB). Exit status: 0 after a shutdown, 1 when the server can't run, \
2 when the command line is wrong.";

const RECORD_HELP: &str = "\
The bytes of both directions pass unchanged, but for the head of the request: Host names the server; Origin becomes the \
server's where it is the recorder's own; the path is that of --to if it has one. Ctrl+C writes what passed and ends it. \
heartwire serve --replay FILE plays the recording back.";

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
    Serve(Box<ServeArgs>),
    /// Stand between clients and a server, and write down what passes
    #[command(after_help = RECORD_HELP)]
    Record(Box<RecordArgs>),
}

/// What to do.
#[derive(Debug)]
pub enum Task {
    /// Serve.
    Serve(Box<ServeArgs>),
    /// Record.
    Record(Box<RecordArgs>),
}

impl Cli {
    /// Reads the process's arguments and environment; ends the process for `--help`, `--version` and mistakes.
    pub fn from_process() -> Self {
        Self::try_parse().unwrap_or_else(|error| exit(&error))
    }

    /// What to do, with its flags.
    pub fn into_task(self) -> Task {
        match self.command {
            Some(Command::Serve(args)) => Task::Serve(args),
            Some(Command::Record(args)) => Task::Record(args),
            None => Task::Serve(Box::new(self.serve)),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NatsConfig;
    use crate::config::{ApiToken, Compression, Config, PerAddress, ReplayFile, TlsSource};
    use crate::trust::TrustFiles;
    use clap::CommandFactory as _;
    use socket::wire::handshake::OriginPolicy;
    use std::num::{NonZeroU32, NonZeroUsize};
    use std::time::Duration;

    fn parse(args: &[&str]) -> Result<Config, clap::Error> {
        Cli::try_parse_from([&["heartwire"], args].concat()).map(|cli| match cli.into_task() {
            Task::Serve(args) => Config::from(*args),
            Task::Record(_) => panic!("{args:?} is to serve"),
        })
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
        let args = "--listen [::1]:1 --listen localhost:2 --allow-origin http://a --host b.example \
            --metrics-listen [::1]:3 --metrics-public --api-token 0123456789abcdef --replay a/b.jsonl --replay c=d.har \
            --data-dir e --nats nats://n,tls://o --nats-creds n.creds --nats-ca n.pem --nats-cert nc.pem --nats-key nk.pem --nats-replicas 3 --nats-rooms 9 --via a=ws://b/c --via-header a=Origin:http://d --via-ca r.pem --via-cert c.pem --via-key k.pem --relay --relay-allow *.e:443 \
            --relay-deny 10.0.0.0/8,f --trusted-proxy 10.0.0.0/8 \
            --tls-cert a.pem --tls-key b.pem --compression takeover --compression-level 6 --max-connections 7 \
            --max-connections-per-address 8 --handshake-timeout 9s --max-header-size 10KiB \
            --max-frame-size 11KiB --max-message-size 64KiB --max-messages-per-second 12 --room-rate 13 --max-queue 13KiB \
            --ping-interval 1m --ping-timeout 500ms --idle-timeout 14s --message-timeout 15s \
            --send-timeout 16s --close-timeout 17s --shutdown-delay 18s --drain 0s --threads 3 \
            --log-level debug --log-format json";
        let args: Vec<_> = args.split_whitespace().collect();
        for config in [parse(&args).unwrap(), parse(&[&["serve"], &args[..]].concat()).unwrap()] {
            assert_eq!(config.listen, ["[::1]:1".parse().unwrap(), "127.0.0.1:2".parse().unwrap()]);
            assert_eq!(
                config.origins,
                OriginPolicy::new(["http://a".parse().unwrap()]).known_as(["b.example".parse().unwrap()])
            );
            assert_eq!(config.metrics_listen, ["[::1]:3".parse().unwrap()]);
            assert!(config.metrics_public);
            assert_eq!(config.api_token, Some(ApiToken::new("0123456789abcdef")));
            assert_eq!(config.via, ["a=ws://b/c".parse().unwrap()]);
            assert_eq!(config.via_headers, ["a=Origin: http://d".parse().unwrap()]);
            let identity = Some(("c.pem".into(), "k.pem".into()));
            assert_eq!(config.via_tls, Some(TrustFiles { roots: vec!["r.pem".into()], identity }));
            assert!(config.relay);
            assert_eq!(config.relay_allow, ["*.e:443".parse().unwrap()]);
            assert_eq!(config.relay_deny, ["10.0.0.0/8".parse().unwrap(), "f".parse().unwrap()]);
            let files = ["b=a/b.jsonl", "c=d.har"].map(|text| ReplayFile::parse(text).unwrap());
            assert_eq!((config.replays, config.data_dir), (files.to_vec(), Some("e".into())));
            let nats = NatsConfig {
                servers: ["nats://n", "tls://o"].map(|server| server.parse().unwrap()).to_vec(),
                credentials: Some("n.creds".into()),
                roots: Some("n.pem".into()),
                identity: Some(("nc.pem".into(), "nk.pem".into())),
                rooms: 9,
                replicas: 3,
                believed: NatsConfig::BELIEVED,
            };
            assert_eq!(config.nats, Some(nats));
            assert_eq!(config.rooms.messages_per_second, NonZeroU32::new(13));
            assert_eq!(config.trusted_proxies, ["10.0.0.0/8".parse().unwrap()]);
            assert_eq!(config.tls, Some(TlsSource::Files { cert: "a.pem".into(), key: "b.pem".into() }));
            let limits = config.limits;
            assert_eq!(limits.max_connections.get(), 7);
            assert_eq!(limits.max_connections_per_address, PerAddress::AtMost(NonZeroUsize::new(8).unwrap()));
            assert_eq!(limits.handshake_timeout, Duration::from_secs(9));
            assert_eq!(limits.max_header_size, 10_240);
            let socket = config.socket;
            assert_eq!((socket.compression, socket.compression_level), (Compression::Takeover, 6));
            assert_eq!((socket.max_frame_size, socket.max_message_size), (11_264, 65_536));
            assert_eq!(socket.max_messages_per_second, NonZeroU32::new(12));
            assert_eq!(socket.max_queue, 13_312);
            assert_eq!(socket.ping_interval, Duration::from_secs(60));
            assert_eq!(socket.ping_timeout, Duration::from_millis(500));
            assert_eq!(socket.idle_timeout, Some(Duration::from_secs(14)));
            assert_eq!(socket.message_timeout, Some(Duration::from_secs(15)));
            assert_eq!(socket.send_timeout, Duration::from_secs(16));
            assert_eq!(socket.close_timeout, Duration::from_secs(17));
            assert_eq!(config.shutdown_delay, Duration::from_secs(18));
            assert_eq!(config.drain, Duration::ZERO);
            assert_eq!(config.threads.get(), 3);
        }
        assert_eq!(parse(&["--tls-self-signed"]).unwrap().tls, Some(TlsSource::SelfSigned));
    }

    #[test]
    fn zero_turns_off_what_can_be_turned_off() {
        let args = "--max-connections-per-address 0 --max-messages-per-second 0 --room-rate 0 --ping-interval 0s \
            --idle-timeout 0s --message-timeout 0s";
        let config = parse(&args.split_whitespace().collect::<Vec<_>>()).unwrap();
        assert_eq!(config.limits.max_connections_per_address, PerAddress::Unlimited);
        assert_eq!(config.rooms.messages_per_second, None);
        let settings = config.socket.settings();
        assert_eq!(settings.messages_per_second, None);
        assert_eq!(settings.ping_interval, None);
        assert_eq!(settings.idle_timeout, None);
        assert_eq!(settings.message_timeout, None);
    }

    #[test]
    fn a_certificate_needs_its_key_and_nothing_else() {
        for args in [
            &["--tls-cert", "a.pem"][..],
            &["--tls-key", "a.pem"],
            &["--via-cert", "a.pem"],
            &["--via-key", "a.pem"],
            &["--nats", "nats://a", "--nats-key", "a.pem"],
            &["--nats-creds", "a.creds"],
            &["--tls-self-signed", "--tls-cert", "a.pem", "--tls-key", "a.pem"],
        ] {
            assert!(parse(args).is_err(), "{args:?}");
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
    fn wrong_values_say_what_would_be_right() {
        for (args, hint) in [
            (["--listen", "8080"], "such as 127.0.0.1:8080"),
            (["--listen", "localhost"], "such as 127.0.0.1:8080"),
            (["--allow-origin", "example.com"], "such as https://example.com"),
            (["--host", "https://example.com"], "such as example.com"),
            (["--max-message-size", "big"], "such as 65536"),
            (["--ping-interval", "20"], "such as 500ms"),
            (["--ping-timeout", "0s"], "longer than zero"),
            (["--log-level", "loud=quiet=x"], "info, debug"),
            (["--trusted-proxy", "10.0.0.0/64"], "such as 10.0.0.0/8"),
            (["--max-header-size", "1000"], "at least 1KiB"),
            (["--api-token", "short"], "at least 16 letters"),
            (["--via", "wss://api.example.com"], "such as api=wss://api.example.com/feed"),
            (["--via", "api=https://api.example.com"], "starts with ws:// or wss://"),
            (["--relay-deny", "a:b"], "such as api.example.com"),
            (["--via-header", "api"], "such as 'api=Origin: https://example.com'"),
            (["--nats", "127.0.0.1:4222"], "such as nats://127.0.0.1:4222"),
            (["--nats", "ws://127.0.0.1:4222"], "such as nats://127.0.0.1:4222"),
            (["--replay", "my file.har"], "such as checkout=recordings/checkout.jsonl"),
            (["--replay", "a="], "a file behind a="),
        ] {
            let error = parse(&args).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ValueValidation, "{args:?}");
            let text = error.to_string();
            let line = text.lines().next().unwrap();
            assert!(line.contains(hint) && line.contains(args[0]), "{line}");
        }
    }
}
