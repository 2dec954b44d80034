//! Who may ask for what is not for everybody.

use crate::forwarded::{is_forwarded, is_trusted};
use crate::refusals::Reason;
use crate::reply;
use crate::serve::Arrival;
use crate::state::Shard;
use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use sha2::{Digest as _, Sha256};
use warp::reply::Response;

/// Refuses a request for another name than the server's: a page of another site, whose name was led here, would read the
/// answer as its own (DNS rebinding).
pub(crate) fn known(shard: &Shard, arrival: &Arrival) -> Result<(), Box<Response>> {
    let config = &shard.shared.config;
    let addressed = arrival.addressed(&config.trusted_proxies);
    match addressed.authority.filter(|_| !config.origins.knows(addressed)) {
        None => Ok(()),
        Some(authority) => {
            Err(refuse(shard, arrival, Reason::Host, &reply::unknown_name(&authority.host.to_string())))
        }
    }
}

/// Refuses metrics to who is not on this machine, or came through a proxy that is.
pub(crate) fn insider(shard: &Shard, arrival: &Arrival) -> Result<(), Box<Response>> {
    if is_local(shard, arrival) || shard.shared.config.metrics_public {
        return Ok(());
    }
    let explanation = "metrics are for this machine only: serve them on an address of their own with --metrics-listen, \
                       or to everybody with --metrics-public";
    Err(refuse(shard, arrival, Reason::Metrics, explanation))
}

/// Refuses a page that may not connect either: it could steer what it can't read.
pub(crate) fn own_page(shard: &Shard, arrival: &Arrival) -> Result<(), Box<Response>> {
    let config = &shard.shared.config;
    let addressed = arrival.addressed(&config.trusted_proxies);
    config
        .origins
        .check(&arrival.headers, addressed)
        .map_err(|error| refuse(shard, arrival, Reason::Origin, &error.to_string()))
}

/// Refuses steering to who is not on this machine and does not know the token.
pub(crate) fn steerer(shard: &Shard, arrival: &Arrival) -> Result<(), Box<Response>> {
    if is_local(shard, arrival) {
        return Ok(());
    }
    let Some(token) = &shard.shared.config.api_token else {
        let explanation = "labels, held messages and recordings are for this machine only: start the server with --api-token to let others in who know it";
        return Err(refuse(shard, arrival, Reason::Token, explanation));
    };
    let given = arrival.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    // Digests are compared, so that how long it takes tells nothing about the token.
    if given.is_some_and(|given| Sha256::digest(given) == Sha256::digest(token.secret())) {
        return Ok(());
    }
    let explanation = "labels, held messages and recordings are for who knows the server's --api-token: send it as Authorization: Bearer TOKEN";
    shard.refuse(Reason::Token, &arrival.peer, Some(StatusCode::UNAUTHORIZED), &explanation);
    let mut response = reply::text(StatusCode::UNAUTHORIZED, explanation);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Err(Box::new(response))
}

fn is_local(shard: &Shard, arrival: &Arrival) -> bool {
    let peer = arrival.peer.ip().to_canonical();
    peer.is_loopback()
        && !is_forwarded(&arrival.headers)
        && !is_trusted(peer, &shard.shared.config.trusted_proxies)
}

fn refuse(shard: &Shard, arrival: &Arrival, reason: Reason, explanation: &str) -> Box<Response> {
    shard.refuse(reason, &arrival.peer, Some(StatusCode::FORBIDDEN), &explanation);
    Box::new(reply::text(StatusCode::FORBIDDEN, explanation))
}
