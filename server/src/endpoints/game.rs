//! The URL of the game.

use super::{Answer, planned, query};
use crate::behind::Behind;
use crate::game::Contender;
use crate::sockets::Sockets;
use crate::state::Shard;
use crate::upgrade::{self, Handshake};
use protocol::game::{Asked, SUBPROTOCOL};
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
        .then(move |handshake, path, query: String| {
            let shard = Arc::clone(&sockets.shard);
            planned(
                sockets.clone(),
                handshake,
                path,
                Asked::from_query(&query),
                move |handshake, asked, _| open(&shard, handshake, &asked),
            )
        })
}

fn open(shard: &Shard, mut handshake: Handshake, asked: &Asked) -> Answer {
    let hall = shard.shared.arenas.enter(&asked.arena).map_err(|error| handshake.refuse_for_now(&error))?;
    handshake.accepted.choose_protocol(&[SUBPROTOCOL]);
    handshake.take_messages_up_to(MAX_MESSAGE);
    let client = handshake.seat.client;
    Ok((handshake, Behind::new(Contender::new(hall, client))))
}
