//! Who may ask for what is not for everybody.

use crate::forwarded::{is_forwarded, is_trusted};
use crate::refusals::Reason;
use crate::reply;
use crate::serve::Arrival;
use crate::state::Shard;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, SEC_WEBSOCKET_PROTOCOL, WWW_AUTHENTICATE};
use sha2::{Digest as _, Sha256};
use warp::reply::Response;

/// What stands in front of the token in a subprotocol, in base64url without padding (RFC 4648 §5): of other signs there may
/// be some in it that no subprotocol has.
const TOKEN_PROTOCOL: &str = "heartwire.token.";

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
    let header = arrival.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = header.and_then(|value| value.split_once(' '));
    let in_header = bearer
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
        .map(|(_, token)| token.trim_start_matches(' ').as_bytes().to_vec());
    // Digests are compared, so that how long it takes tells nothing about the token.
    let is_it = |given: &Vec<u8>| Sha256::digest(given) == Sha256::digest(token.secret());
    if in_header.iter().chain(&tokens_offered(&arrival.headers)).any(is_it) {
        return Ok(());
    }
    let explanation = "labels, held messages and recordings are for who knows the server's --api-token: send it as Authorization: Bearer TOKEN, \
                       or where no header can be sent as the subprotocol heartwire.token.TOKEN with TOKEN in base64url";
    shard.refuse(Reason::Token, &arrival.peer, Some(StatusCode::UNAUTHORIZED), &explanation);
    let mut response = reply::text(StatusCode::UNAUTHORIZED, explanation);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    Err(Box::new(response))
}

/// Whether an offered subprotocol is none, but shows the token.
pub(crate) fn is_token(protocol: &str) -> bool {
    protocol.starts_with(TOKEN_PROTOCOL)
}

/// What is shown as tokens among the subprotocols, which is all that a page can say in a handshake.
fn tokens_offered(headers: &HeaderMap) -> Vec<Vec<u8>> {
    let lines = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|line| line.to_str().ok());
    let offered = lines.flat_map(|line| line.split(',')).map(str::trim);
    let encoded = offered.filter_map(|protocol| protocol.strip_prefix(TOKEN_PROTOCOL));
    encoded.filter_map(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok()).collect()
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
