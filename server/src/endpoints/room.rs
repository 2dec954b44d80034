//! The URL of rooms.

use super::{Answer, Asked, socket};
use crate::behind::Behind;
use crate::channels::Visitor;
use crate::refusals::Reason;
use crate::sockets::Sockets;
use crate::state::Shard;
use crate::upgrade::Handshake;
use http::StatusCode;
use protocol::fault::Label as Name;
use protocol::session::SUBPROTOCOL;
use std::sync::Arc;
use warp::reply::Response;
use warp::{Filter, Rejection};

const PREFIX: &str = "/ws/room/";
/// A whole message, in bytes. More closes with 1009: it is not even looked at.
const MAX_MESSAGE: u64 = 1 << 20;

/// `GET /ws/room/NAME`: a chat room, over a session that survives its connections.
pub(crate) fn room(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let shard = Arc::clone(&sockets.shard);
    warp::path("ws")
        .and(warp::path("room"))
        .and(socket(sockets.clone(), move |handshake: Handshake, asked: Asked| {
            open(Arc::clone(&shard), handshake, asked)
        }))
}

async fn open(shard: Arc<Shard>, mut handshake: Handshake, asked: Asked) -> Answer {
    let client = handshake.seat.client;
    let Some(name) = asked.path.as_str().strip_prefix(PREFIX).and_then(Name::parse) else {
        let error = format!("a room's name has {}: /ws/room/NAME", Name::RULE);
        return Err(handshake.refuse(Reason::Parameters, StatusCode::NOT_FOUND, &error));
    };
    let room = shard.shared.rooms.enter(&name).await;
    let room = room.map_err(|error| handshake.refuse_for_now(&error))?;
    handshake.accepted.choose_protocol(&[SUBPROTOCOL]);
    handshake.take_messages_up_to(MAX_MESSAGE);
    Ok((handshake, Behind::new(Visitor::new(room, client))))
}
