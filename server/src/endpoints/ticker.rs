//! The URL of the ticker.

use super::{Asked, misunderstood, query, respond};
use crate::behind::Behind;
use crate::refusals::Reason;
use crate::reply;
use crate::sockets::Sockets;
use crate::upgrade::{self, Handshake};
use http::StatusCode;
use protocol::ticker::{Plan, SUBPROTOCOL};
use std::future::ready;
use std::sync::Arc;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// A whole message, in bytes: all symbols by their names are 6 KiB.
const MAX_MESSAGE: u64 = 64 << 10;

/// `GET /ws/ticker`: prices of a simulated market.
pub(crate) fn ticker(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let sockets = sockets.clone();
    warp::path!("ws" / "ticker")
        .and(upgrade::handshake(Arc::clone(&sockets.shard)))
        .and(warp::path::full())
        .and(query())
        .then(move |handshake: Result<Handshake, Box<Response>>, path, query: String| {
            let sockets = sockets.clone();
            async move {
                // What is left of the query is for faults.
                let (plan, handshake, query) = match (Plan::from_query(&query), handshake) {
                    (Ok((plan, query)), handshake) => (plan, handshake, query),
                    (Err(error), Ok(handshake)) => return *misunderstood(&handshake, &error),
                    (Err(_), Err(refusal)) => return *refusal,
                };
                let shard = Arc::clone(&sockets.shard);
                let asked = Asked { path, query, scribe: None };
                respond(sockets, handshake, asked, |mut handshake, _| {
                    ready(match shard.shared.tickers.read(plan) {
                        Ok(reader) => {
                            handshake.accepted.choose_protocol(&[SUBPROTOCOL]);
                            handshake.take_messages_up_to(MAX_MESSAGE);
                            Ok((handshake, Behind::new(reader)))
                        }
                        Err(error) => {
                            let status = StatusCode::SERVICE_UNAVAILABLE;
                            shard.refuse_handshake(Reason::Full, &handshake.seat.client, status, &error);
                            Err(Box::new(reply::come_back(status, error.to_string())))
                        }
                    })
                })
                .await
            }
        })
}
