//! Where a relay may connect to, and for whom.

use crate::config::Config;
use crate::forwarded;
use crate::resolver::Resolver;
use http::HeaderMap;
use protocol::guard::{Denied, Guard};
use socket::ConnectError;
use std::net::SocketAddr;

/// What who is told when the relay is not for them.
pub(crate) const NOT_FOR_OTHERS: &str = "relaying is for this machine alone: start the server with --relay to let others in, \
                                         and with --relay-allow for where to";

/// Why there is no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAdmitted {
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Unknown(#[from] ConnectError),
}

/// Where a client with these headers may have the relay connect to; `None`: nowhere.
pub(crate) fn guard(config: &Config, headers: &HeaderMap) -> Option<Guard> {
    // Behind a proxy a loopback address is everybody's.
    let own = config.listen.iter().all(|address| address.ip().to_canonical().is_loopback())
        && config.trusted_proxies.is_empty()
        && !forwarded::is_forwarded(headers);
    (own || config.relay).then(|| Guard {
        allow: config.relay_allow.clone(),
        deny: config.relay_deny.clone(),
        inside: own,
    })
}

/// Resolves a name, once, and lets those of its addresses through that may be connected to.
pub(super) async fn admitted(
    guard: &Guard,
    resolver: &Resolver,
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, NotAdmitted> {
    guard.check_host(host, port)?;
    let found = resolver.resolve(host, port).await?;
    Ok(guard.admit(host, port, found)?)
}
