//! The URLs of the suite for clients of sessions.

use super::{Answer, Asked, socket};
use crate::behind::Behind;
use crate::conformance::Examinee;
use crate::refusals::Reason;
use crate::sockets::Sockets;
use crate::upgrade::Handshake;
use http::StatusCode;
use protocol::conformance::session::{PATH, SessionCase};
use protocol::session::SUBPROTOCOL;
use std::future::ready;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// A whole message, in bytes. More closes with 1009: what a case asks for is far smaller.
const MAX_MESSAGE: u64 = 64 << 10;

/// `GET /ws/conformance/session/CASE?label=NAME`: the server's end of a case.
pub(crate) fn conformance(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    warp::path("ws")
        .and(warp::path("conformance"))
        .and(socket(sockets.clone(), |handshake, asked| ready(open(handshake, &asked))))
}

fn open(mut handshake: Handshake, asked: &Asked) -> Answer {
    let refuse = |status, error: &str| Err(handshake.refuse(Reason::Parameters, status, &error));
    let Some(case) = asked.path.as_str().strip_prefix(PATH).and_then(SessionCase::find) else {
        let error =
            "there is no such case: GET /api/conformance/NAME/session/cases lists all with their URLs";
        return refuse(StatusCode::NOT_FOUND, error);
    };
    let Some(scribe) = &asked.scribe else {
        let error = "a case needs label=NAME, under which GET /api/conformance/NAME/session judges the run";
        return refuse(StatusCode::BAD_REQUEST, error);
    };
    let examinee = Examinee::new(scribe.run(case), scribe.number());
    handshake.accepted.choose_protocol(&[SUBPROTOCOL]);
    handshake.take_messages_up_to(MAX_MESSAGE);
    Ok((handshake, Behind::new(examinee)))
}
