//! `/ws/relay`: connects to targets that its clients choose, and tells them all of it. `docs/relay-protocol.md` says how.

use super::commanding::Commanding;
use super::dial::Dialer;
use super::guarding::{NOT_FOR_OTHERS, guard};
use super::leg::Leg;
use crate::admission::Kind;
use crate::behind::Behind;
use crate::breakpoints::Place;
use crate::endpoints::{self, Answer, Asked};
use crate::refusals::Reason;
use crate::sockets::Sockets;
use crate::upgrade::Handshake;
use http::StatusCode;
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
    let Some(guard) = guard(&sockets.shard.shared.config, &handshake.headers) else {
        return Err(handshake.refuse(Reason::Relay, StatusCode::FORBIDDEN, &NOT_FOR_OTHERS));
    };
    if handshake.accepted.choose_protocol(&[SUBPROTOCOL]).is_none() {
        let explanation = format_args!("ask for the subprotocol {SUBPROTOCOL}, which is what is spoken here");
        return Err(handshake.refuse(Reason::Malformed, StatusCode::BAD_REQUEST, &explanation));
    }
    let seat = handshake
        .seat
        .take_another(Kind::Target)
        .map_err(|refusal| handshake.refuse(refusal.into(), refusal.status(), &refusal))?;
    let label = asked.scribe.as_ref().map(|scribe| scribe.label().clone());
    let place = Place::new(None, label, handshake.seat.client.to_string());
    let breakpoints = &sockets.shard.shared.breakpoints;
    let (client, target) = Leg::pair(place, asked.scribe.clone(), breakpoints);
    handshake.gated = Some(client.gated());
    handshake.hides_texts = true;
    let runtime = Handle::current();
    let dialer = Dialer { sockets: sockets.clone(), seat, guard, leg: target, runtime };
    Ok((handshake, Behind::new(Commanding::new(client, dialer))))
}
