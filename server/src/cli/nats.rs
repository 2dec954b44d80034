//! The flags of where rooms are shared with other servers.

use crate::NatsConfig;
use async_nats::ServerAddr;
use clap::Args;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// The flags of where rooms are shared with other servers.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "NATS")]
pub(super) struct NatsArgs {
    /// Shares rooms with all servers that name the same NATS, which keeps them in JetStream: nats://HOST:PORT, or tls:// with
    /// TLS; can be repeated for the servers of a cluster
    #[arg(long, value_name = "URL", env = "HEARTWIRE_NATS", value_delimiter = ',', value_parser = parse_server, hide_env_values = true)]
    nats: Vec<ServerAddr>,

    /// Credentials for it (a .creds file); a user and a password may stand in the URL
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_NATS_CREDS", requires = "nats")]
    nats_creds: Option<PathBuf>,

    /// Certificate authorities (PEM) to trust beside the system's
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_NATS_CA", requires = "nats")]
    nats_ca: Option<PathBuf>,

    /// A certificate (PEM) to show, where it asks for one
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_NATS_CERT", requires = "nats_key")]
    nats_cert: Option<PathBuf>,

    /// That certificate's private key (PEM)
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_NATS_KEY", requires_all = ["nats_cert", "nats"])]
    nats_key: Option<PathBuf>,

    /// On how many servers of the cluster what is said in a new room lies: 1, 3 or 5
    #[arg(
        long,
        value_name = "N",
        env = "HEARTWIRE_NATS_REPLICAS",
        default_value = "1",
        value_parser = clap::builder::PossibleValuesParser::new(["1", "3", "5"])
    )]
    nats_replicas: String,

    /// Rooms that are kept there; of more, one that nobody is in makes way with its history, the one silent for longest first
    #[arg(
        long,
        value_name = "N",
        env = "HEARTWIRE_NATS_ROOMS",
        default_value_t = NonZeroUsize::new(NatsConfig::ROOMS).expect("not zero")
    )]
    nats_rooms: NonZeroUsize,
}

impl NatsArgs {
    pub(super) fn config(self) -> Option<NatsConfig> {
        (!self.nats.is_empty()).then(|| NatsConfig {
            servers: self.nats,
            credentials: self.nats_creds,
            roots: self.nats_ca,
            identity: self.nats_cert.zip(self.nats_key),
            replicas: self.nats_replicas.parse().unwrap_or(1),
            rooms: self.nats_rooms.get(),
            believed: NatsConfig::BELIEVED,
        })
    }
}

fn parse_server(text: &str) -> Result<ServerAddr, String> {
    let server: Option<ServerAddr> = text.parse().ok();
    let scheme = |server: &ServerAddr| ["nats", "tls"].contains(&server.scheme());
    let hint = "expected the address of a NATS server, such as nats://127.0.0.1:4222";
    server.filter(scheme).filter(|_| text.contains("://")).ok_or_else(|| hint.to_owned())
}
