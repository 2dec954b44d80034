//! `/ws/relay`: connects to targets that its clients choose, and tells them all of it. `docs/relay-protocol.md` says how.

use super::commanding::Commanding;
use super::dial::Dialer;
use super::leg::Leg;
use crate::admission::Kind;
use crate::behind::Behind;
use crate::breakpoints::Place;
use crate::endpoints::{self, Answer, Asked};
use crate::forwarded;
use crate::refusals::Reason;
use crate::reply;
use crate::sockets::Sockets;
use crate::upgrade::Handshake;
use http::StatusCode;
use protocol::guard::Guard;
use protocol::relay::SUBPROTOCOL;
use std::future::ready;
use tokio::runtime::Handle;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// `GET /ws/relay`.
pub(crate) fn relay(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let relaying = sockets.clone();
    warp::path!("ws" / "relay").and(endpoints::socket(sockets.clone(), move |handshake, asked| {
        ready(accept(&relaying, handshake, &asked))
    }))
}

fn accept(sockets: &Sockets, mut handshake: Handshake, asked: &Asked) -> Answer {
    let refuse = |handshake: &Handshake, reason, status, explanation: String| {
        sockets.shard.refuse_handshake(reason, &handshake.seat.client, status, &explanation);
        Box::new(reply::text(status, explanation))
    };
    let Some(guard) = guard(sockets, &handshake) else {
        let explanation = "relaying is for this machine alone: start the server with --relay to let others in, and with --relay-allow for where to".to_owned();
        return Err(refuse(&handshake, Reason::Relay, StatusCode::FORBIDDEN, explanation));
    };
    if handshake.accepted.choose_protocol(&[SUBPROTOCOL]).is_none() {
        let explanation = format!("ask for the subprotocol {SUBPROTOCOL}, which is what is spoken here");
        return Err(refuse(&handshake, Reason::Malformed, StatusCode::BAD_REQUEST, explanation));
    }
    let seat = handshake
        .seat
        .take_another(Kind::Target)
        .map_err(|refusal| refuse(&handshake, refusal.into(), refusal.status(), refusal.to_string()))?;
    let label = asked.scribe.as_ref().map(|scribe| scribe.label().clone());
    let place = Place::new(None, label, handshake.seat.client.to_string());
    let breakpoints = &sockets.shard.shared.breakpoints;
    let (client, target) = Leg::pair(place, asked.scribe.clone(), breakpoints);
    handshake.gated = Some(client.gated());
    let runtime = Handle::current();
    let dialer = Dialer { sockets: sockets.clone(), seat, guard, leg: target, runtime };
    Ok((handshake, Behind::new(Commanding::new(client, dialer))))
}

/// Where this client may have the relay connect to; `None`: nowhere.
fn guard(sockets: &Sockets, handshake: &Handshake) -> Option<Guard> {
    let config = &sockets.shard.shared.config;
    // Behind a proxy a loopback address is everybody's.
    let own = config.listen.iter().all(|address| address.ip().to_canonical().is_loopback())
        && config.trusted_proxies.is_empty()
        && !forwarded::is_forwarded(&handshake.headers);
    (own || config.relay).then(|| Guard {
        allow: config.relay_allow.clone(),
        deny: config.relay_deny.clone(),
        inside: own,
    })
}
