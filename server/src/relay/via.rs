//! `/ws/via/NAME`: any client is carried to the target that is mounted under that name.

use super::guarding::{NotAdmitted, admitted};
use super::headers::passed_on;
use super::leg::Leg;
use crate::admission::Kind;
use crate::behind::Behind;
use crate::breakpoints::Place;
use crate::endpoints::{self, Answer, Asked};
use crate::journal::Entry;
use crate::mount::shown;
use crate::mounts::Mounted;
use crate::refusals::Reason;
use crate::reply;
use crate::resolver::Resolver;
use crate::sockets::Sockets;
use crate::upgrade::Handshake;
use http::{HeaderName, HeaderValue, StatusCode};
use protocol::fault::query_for_target;
use socket::wire::deflate::Offer;
use socket::wire::handshake::{ResponseError, Target};
use socket::{ConnectError, ConnectOptions, Connected, connect_to};
use std::sync::Arc;
use tokio::time::timeout;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// `GET /ws/via/NAME`, and whatever is behind that.
pub(crate) fn via(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let carrying = sockets.clone();
    warp::path("ws").and(warp::path("via")).and(endpoints::socket(
        sockets.clone(),
        move |handshake: Handshake, asked: Asked| {
            let sockets = carrying.clone();
            // It is large where it waits, and other endpoints' answers should stay small.
            Box::pin(async move { carry(&sockets, handshake, &asked).await })
        },
    ))
}

/// Connects to the target first, so that what the client gets is the target's answer.
async fn carry(sockets: &Sockets, mut handshake: Handshake, asked: &Asked) -> Answer {
    let shared = Arc::clone(&sockets.shard.shared);
    let behind = asked.path.as_str().strip_prefix(endpoints::VIA).unwrap_or_default();
    let (name, path) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
    let Some(mounted) = shared.mounts.get(name) else {
        let explanation = format_args!(
            "no target is mounted as {}: start the server with --via NAME=wss://api.example.com/feed, or POST /api/vias/NAME",
            name.escape_debug()
        );
        return Err(handshake.refuse(Reason::Parameters, StatusCode::NOT_FOUND, &explanation));
    };
    let mount = &mounted.mount;
    let target = mount
        .target_for(path, &query_for_target(&asked.query))
        .map_err(|explanation| handshake.refuse(Reason::Parameters, StatusCode::BAD_REQUEST, &explanation))?;
    let seat = handshake
        .seat
        .take_another(Kind::Target)
        .map_err(|refusal| handshake.refuse(refusal.into(), refusal.status(), &refusal))?;
    let wait = shared.config.limits.handshake_timeout;
    let options = ConnectOptions {
        headers: headers(&mounted.headers, &handshake),
        protocols: handshake.accepted.protocols().to_vec(),
        offers: offers(&handshake, shared.deflate.is_some()),
        timeout: wait,
        tls: mounted.tls.clone(),
        settings: Arc::clone(&shared.target_settings),
        ..ConnectOptions::default()
    };
    let connecting = connect(&mounted, &shared.config.resolver, target, options);
    let connected =
        timeout(wait, connecting).await.unwrap_or_else(|_| Err(ConnectError::Timeout(wait).into()));
    let connected = connected.map_err(|error| {
        let (status, log) = match &error {
            NotAdmitted::Denied(denied) => (StatusCode::FORBIDDEN, denied.to_string()),
            NotAdmitted::Unknown(error @ ConnectError::Timeout(_)) => {
                (StatusCode::GATEWAY_TIMEOUT, for_the_log(error))
            }
            NotAdmitted::Unknown(error) => (StatusCode::BAD_GATEWAY, for_the_log(error)),
        };
        let shown = format!("target {}: {log}", mount.name.as_str());
        sockets.shard.refuse_handshake(Reason::Target, &handshake.seat.client, status, &shown);
        Box::new(reply::text(status, format!("the target {}: {error}", mount.name.as_str())))
    })?;
    take_over(&mut handshake, &connected);
    let shown = shown(&mount.target);
    let entry = Entry::open_target(seat.client, &shown);
    let label = asked.scribe.as_ref().map(|scribe| scribe.label().clone());
    let place = Place::new(Some(mount.name.clone()), label, handshake.seat.client.to_string());
    let (client, other) = Leg::pair(place, asked.scribe.clone(), &shared.breakpoints);
    client.pipe().target_is_numbered(entry.number());
    handshake.gated = Some(client.gated());
    sockets.host_target(connected, seat, Behind::to_target(other, &shown), entry);
    Ok((handshake, Behind::new(client)))
}

/// Connects where the mount leads, which is judged for one that was made while the server runs.
async fn connect(
    mounted: &Mounted,
    resolver: &Resolver,
    target: Target,
    mut options: ConnectOptions,
) -> Result<Connected, NotAdmitted> {
    if let Some(guard) = &mounted.guard {
        options.addresses = Some(admitted(guard, resolver, target.host(), target.port()).await?);
    }
    Ok(connect_to(target, &options).await?)
}

/// Answers the client as the target has answered.
fn take_over(handshake: &mut Handshake, connected: &Connected) {
    let protocol = connected.established.protocol.as_deref();
    handshake.accepted.choose_protocol(protocol.as_slice());
    for (name, value) in passed_on(&connected.response.headers) {
        handshake.response_headers.append(name.clone(), value.clone());
    }
    handshake.carried = true;
}

/// The client's headers, but for those that the mount has others for.
fn headers(own: &[(HeaderName, HeaderValue)], handshake: &Handshake) -> Vec<(HeaderName, HeaderValue)> {
    let clients = passed_on(&handshake.headers)
        .filter(|(name, _)| !own.iter().any(|(there, _)| there == *name))
        .map(|(name, value)| (name.clone(), value.clone()));
    clients.chain(own.iter().cloned()).collect()
}

/// The target is offered compression where the client offers it and this server knows it.
fn offers(handshake: &Handshake, known: bool) -> Vec<Offer> {
    let offered = handshake.accepted.extensions().iter().any(|offer| Offer::parse(offer).is_ok());
    if known && offered { vec![Offer::BROWSER] } else { Vec::new() }
}

/// What a target says itself, of where else to go or what it wants to be shown, may hold a secret.
pub(super) fn for_the_log(error: &ConnectError) -> String {
    let ConnectError::Response { error: response, .. } = error else { return error.to_string() };
    match response {
        ResponseError::Redirect { status, .. } => format!("the server redirects ({status})"),
        ResponseError::Status { status, .. } => {
            ResponseError::Status { status: *status, detail: None }.to_string()
        }
        ResponseError::Protocol(_) => "the server chose a subprotocol that was not requested".to_owned(),
        ResponseError::Extensions(_) => "the server agreed to what was not offered".to_owned(),
        response => response.to_string(),
    }
}
