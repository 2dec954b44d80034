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

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn config(listen: &[&str], relay: bool) -> Config {
        let listen = listen.iter().map(|address| address.parse().unwrap()).collect();
        Config { listen, relay, ..Config::default() }
    }

    #[test]
    fn relaying_is_off_where_somebody_else_could_come_and_leaves_what_is_inside_alone_where_they_may() {
        let none = HeaderMap::new();
        for listen in [&["127.0.0.1:0"][..], &["[::1]:0"], &["[::ffff:127.0.0.1]:0", "127.1.2.3:80"]] {
            let guard = guard(&config(listen, false), &none).unwrap();
            assert!(guard.inside, "{listen:?}");
        }
        for listen in [
            &["0.0.0.0:0"][..],
            &["[::]:0"],
            &["192.0.2.1:80"],
            &["[::ffff:192.0.2.1]:80"],
            // One that others reach is enough.
            &["127.0.0.1:0", "10.0.0.1:80"],
        ] {
            assert!(guard(&config(listen, false), &none).is_none(), "{listen:?}");
            let guard = guard(&config(listen, true), &none).unwrap();
            assert!(!guard.inside, "{listen:?}");
        }
        let behind = Config {
            trusted_proxies: vec!["192.0.2.0/24".parse().unwrap()],
            ..config(&["127.0.0.1:0"], false)
        };
        assert!(guard(&behind, &none).is_none());
    }

    #[test]
    fn who_comes_through_a_proxy_on_this_machine_is_somebody_else() {
        for name in
            ["forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"]
        {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(""));
            assert!(guard(&config(&["127.0.0.1:0"], false), &headers).is_none(), "{name}");
            let guard = guard(&config(&["127.0.0.1:0"], true), &headers).unwrap();
            assert!(!guard.inside, "{name}");
        }
    }
}
