//! The flags of `heartwire record`.

use super::log::LogArgs;
use super::values::parse_listen;
use crate::config::TlsSource;
use crate::record::{Output, RecordConfig};
use crate::trust::TrustFiles;
use clap::Args;
use socket::wire::handshake::Target;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The flags of `heartwire record`.
#[derive(Clone, Debug, Args)]
pub struct RecordArgs {
    /// Address that clients connect to. Port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "HEARTWIRE_RECORD_LISTEN",
        default_value = "127.0.0.1:8081",
        value_parser = parse_listen
    )]
    listen: SocketAddr,

    /// Server that they are carried to: ws:// or wss://, with a path if all of them are to get the same one
    #[arg(long, value_name = "URL", env = "HEARTWIRE_RECORD_TO")]
    to: Target,

    /// File for the recording, which must not be there yet; without it, standard output
    #[arg(long, short, value_name = "FILE", env = "HEARTWIRE_RECORD_OUTPUT")]
    output: Option<PathBuf>,

    /// Certificate authorities (PEM) that are trusted beside the system's; can be repeated
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_RECORD_ROOT", value_delimiter = ',')]
    root: Vec<PathBuf>,

    /// Writes secrets of the handshake down as well: Authorization, Cookie and the like, and such parameters of the address.
    /// Messages are written as they are, with and without this
    #[arg(long, env = "HEARTWIRE_RECORD_SECRETS")]
    secrets: bool,

    /// Takes wss:// from clients with this certificate (PEM, with its intermediates)
    #[arg(
        long,
        value_name = "FILE",
        env = "HEARTWIRE_RECORD_TLS_CERT",
        requires = "tls_key",
        help_heading = "TLS"
    )]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM)
    #[arg(
        long,
        value_name = "FILE",
        env = "HEARTWIRE_RECORD_TLS_KEY",
        requires = "tls_cert",
        help_heading = "TLS"
    )]
    tls_key: Option<PathBuf>,

    #[command(flatten)]
    log: LogArgs,
}

impl RecordArgs {
    /// What is logged.
    pub fn log(&self) -> &LogArgs {
        &self.log
    }

    /// Whether the recording goes to standard output, where nothing else may.
    pub fn takes_stdout(&self) -> bool {
        self.output.is_none()
    }
}

impl From<RecordArgs> for RecordConfig {
    fn from(args: RecordArgs) -> Self {
        Self {
            listen: args.listen,
            to: args.to,
            output: args.output.map_or(Output::Stdout, Output::File),
            trust: TrustFiles { roots: args.root, identity: None },
            tls: args.tls_cert.zip(args.tls_key).map(|(cert, key)| TlsSource::Files { cert, key }),
            secrets: args.secrets,
        }
    }
}
