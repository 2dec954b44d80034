//! The flags of where clients are carried on to.

use crate::mount::{Mount, MountHeader};
use crate::trust::TrustFiles;
use clap::Args;
use protocol::guard::Rule;
use std::path::PathBuf;

/// The flags of where clients are carried on to.
#[derive(Clone, Debug, Args)]
pub(super) struct RelayArgs {
    /// Carries clients of /ws/via/NAME to this target; can be repeated
    #[arg(
        long,
        value_name = "NAME=URL",
        env = "HEARTWIRE_VIA",
        hide_env_values = true,
        value_delimiter = ' '
    )]
    pub(super) via: Vec<Mount>,

    /// A header for the target under a name, in place of the client's; can be repeated
    #[arg(long, value_name = "NAME=HEADER: VALUE", env = "HEARTWIRE_VIA_HEADER", hide_env_values = true)]
    pub(super) via_header: Vec<MountHeader>,

    /// Certificate authorities (PEM) to trust beside the system's, for targets of --via; can be repeated
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_VIA_CA", value_delimiter = ',')]
    via_ca: Vec<PathBuf>,

    /// A certificate (PEM, with its intermediates) for targets of --via that ask for one
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_VIA_CERT", requires = "via_key")]
    via_cert: Option<PathBuf>,

    /// That certificate's private key (PEM)
    #[arg(long, value_name = "FILE", env = "HEARTWIRE_VIA_KEY", requires = "via_cert")]
    via_key: Option<PathBuf>,

    /// Lets clients of any address have /ws/relay connect to targets that they choose; without this only those on this
    /// machine may, where --listen is loopback
    #[arg(long, env = "HEARTWIRE_RELAY", help_heading = "Relay")]
    pub(super) relay: bool,

    /// Where /ws/relay may connect to, and nowhere else: a host, *.domain or network, with ports where they matter; can be
    /// repeated. A network that is named may also be a private one
    #[arg(
        long,
        value_name = "RULE",
        env = "HEARTWIRE_RELAY_ALLOW",
        value_delimiter = ',',
        help_heading = "Relay"
    )]
    pub(super) relay_allow: Vec<Rule>,

    /// Where /ws/relay may not connect to, whatever is allowed; can be repeated
    #[arg(
        long,
        value_name = "RULE",
        env = "HEARTWIRE_RELAY_DENY",
        value_delimiter = ',',
        help_heading = "Relay"
    )]
    pub(super) relay_deny: Vec<Rule>,
}

impl RelayArgs {
    /// Whom targets of --via are trusted by; `None`: as the system does.
    pub(super) fn trust(&self) -> Option<TrustFiles> {
        let identity = self.via_cert.clone().zip(self.via_key.clone());
        let trust = TrustFiles { roots: self.via_ca.clone(), identity };
        (trust != TrustFiles::default()).then_some(trust)
    }
}
