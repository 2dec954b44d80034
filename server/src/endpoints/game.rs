//! The URL of the game.

use super::{Answer, misunderstood, query, respond};
use crate::behind::Behind;
use crate::game::Contender;
use crate::refusals::Reason;
use crate::reply;
use crate::sockets::Sockets;
use crate::state::Shard;
use crate::upgrade::{self, Handshake};
use http::StatusCode;
use protocol::fault::Label as Name;
use protocol::game::{Asked, SUBPROTOCOL};
use std::future::ready;
use std::sync::Arc;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// A whole message, in bytes: several times what a client has to say. More closes with 1009.
const MAX_MESSAGE: u64 = 1 << 10;

/// `GET /ws/game`: a game of several players, in the arena that `arena` names.
pub(crate) fn game(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let sockets = sockets.clone();
    warp::path!("ws" / "game")
        .and(upgrade::handshake(Arc::clone(&sockets.shard)))
        .and(warp::path::full())
        .and(query())
        .then(move |handshake: Result<Handshake, Box<Response>>, path, query: String| {
            let sockets = sockets.clone();
            async move {
                let shard = Arc::clone(&sockets.shard);
                // What is left of the query is for faults.
                let (arena, handshake, query) = match (Asked::from_query(&query), handshake) {
                    (Ok((Asked { arena }, query)), handshake) => (arena, handshake, query),
                    (Err(error), Ok(handshake)) => return *misunderstood(&handshake, &error),
                    (Err(_), Err(refusal)) => return *refusal,
                };
                let asked = super::Asked { path, query, scribe: None };
                respond(sockets, handshake, asked, |handshake, _| ready(open(&shard, handshake, &arena)))
                    .await
            }
        })
}

fn open(shard: &Shard, mut handshake: Handshake, arena: &Name) -> Answer {
    let client = handshake.seat.client;
    let hall = shard.shared.arenas.enter(arena).map_err(|error| {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        shard.refuse_handshake(Reason::Full, &client, status, &error);
        Box::new(reply::come_back(status, error.to_string()))
    })?;
    handshake.accepted.choose_protocol(&[SUBPROTOCOL]);
    handshake.take_messages_up_to(MAX_MESSAGE);
    Ok((handshake, Behind::new(Contender::new(hall, client))))
}
