//! The URL of the ticker.

use super::{Answer, planned, query};
use crate::behind::Behind;
use crate::sockets::Sockets;
use crate::state::Shard;
use crate::upgrade::{self, Handshake};
use protocol::ticker::{Plan, SUBPROTOCOL};
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
        .then(move |handshake, path, query: String| {
            let shard = Arc::clone(&sockets.shard);
            planned(sockets.clone(), handshake, path, Plan::from_query(&query), move |handshake, plan, _| {
                open(&shard, handshake, plan)
            })
        })
}

fn open(shard: &Shard, mut handshake: Handshake, plan: Plan) -> Answer {
    let reader = shard.shared.tickers.read(plan).map_err(|error| handshake.refuse_for_now(&error))?;
    handshake.accepted.choose_protocol(&[SUBPROTOCOL]);
    handshake.take_messages_up_to(MAX_MESSAGE);
    Ok((handshake, Behind::new(reader)))
}
