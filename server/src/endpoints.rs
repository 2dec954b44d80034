//! The URLs behind which there are WebSockets. Each takes a plan of faults, whatever is behind it.

mod conformance;
mod game;
mod room;
#[cfg(test)]
mod tests;
mod ticker;

pub(crate) use self::conformance::conformance;
pub(crate) use self::game::game;
pub(crate) use self::room::room;
pub(crate) use self::ticker::ticker;

use crate::behind::Behind;
use crate::callers;
use crate::echo::Echo;
use crate::faults::Asking;
use crate::journal::Entry;
use crate::labels::Scribe;
use crate::refusals::Reason;
use crate::replay::Replay;
use crate::serve::Arrival;
use crate::sockets::Sockets;
use crate::state::Shard;
use crate::upgrade::{self, Handshake};
use crate::watch::watching::Watching;
use crate::watch::{self, About, Reader};
use http::StatusCode;
use protocol::fault::{self, PlanError};
use protocol::replay::{Machine, Plan};
use socket::wire::End;
use std::convert::Infallible;
use std::fmt;
use std::future::ready;
use std::sync::Arc;
use warp::path::FullPath;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// What stands in front of a mounted target's name. Its queries are the target's, too.
pub(crate) const VIA: &str = "/ws/via/";

/// What is behind a connection, or why there is none.
pub(crate) type Answer = Result<(Handshake, Behind), Box<Response>>;

/// The URL that was asked for: its path and its query.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) path: FullPath,
    pub(crate) query: String,
    /// Writes into the journal of its label, if it asks for one.
    pub(crate) scribe: Option<Scribe>,
}

/// `GET /ws`: echoes text and binary messages.
pub(crate) fn echo(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    warp::path!("ws").and(socket(sockets.clone(), |mut handshake: Handshake, _| {
        handshake.take_any_protocol();
        ready(Ok((handshake, Behind::Echo(Echo))))
    }))
}

/// `GET /ws/replay/NAME`: does again what a recorded server did.
pub(crate) fn replay(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let sockets = sockets.clone();
    warp::path!("ws" / "replay" / String)
        .and(upgrade::handshake(Arc::clone(&sockets.shard)))
        .and(warp::path::full())
        .and(query())
        .then(move |name: String, handshake, path, query: String| {
            let shard = Arc::clone(&sockets.shard);
            planned(
                sockets.clone(),
                handshake,
                path,
                Plan::from_query(&query),
                move |handshake, plan, scribe| play(&shard, handshake, &name, plan, scribe),
            )
        })
}

fn play(shard: &Shard, mut handshake: Handshake, name: &str, plan: Plan, scribe: Option<Scribe>) -> Answer {
    let client = handshake.seat.client;
    let mounted = shard.shared.replays.get(name).ok_or_else(|| {
        let error =
            "no replay has this name: mount one with --replay, or upload one; GET /api/replays lists them";
        handshake.refuse(Reason::Parameters, StatusCode::NOT_FOUND, &error)
    })?;
    let conversations = mounted.recording.conversations();
    let number = plan.connection.map_or_else(|| mounted.next(), |number| number.get() - 1);
    let Some(conversation) = conversations.get(number) else {
        let (asked, there) = (number + 1, conversations.len());
        let error =
            format_args!("connection={asked} can't be followed: the recording has {there}, counted from 1");
        return Err(handshake.refuse(Reason::Parameters, StatusCode::BAD_REQUEST, &error));
    };
    if let Some(protocol) = conversation.choose_protocol(handshake.accepted.protocols()) {
        handshake.accepted.choose_protocol(&[protocol]);
    }
    let machine = Machine::new(Arc::clone(&mounted.recording), number, plan);
    Ok((handshake, Behind::new(Replay::new(machine, mounted.name.clone(), client, scribe))))
}

/// A URL behind which there are sockets. `answer` gets each handshake that passed, and gives what is to be behind the
/// connection, or a refusal. It may await what it has to know first, which the client's `--handshake-timeout` does not bound;
/// it is dropped when the client leaves. What the query asks to go wrong goes wrong in front of it.
pub(crate) fn socket<F>(
    sockets: Sockets,
    answer: impl Fn(Handshake, Asked) -> F + Clone + Send + Sync + 'static,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone
where
    F: Future<Output = Answer> + Send + 'static,
{
    let handshakes = upgrade::handshake(Arc::clone(&sockets.shard));
    handshakes.and(warp::path::full()).and(query()).then(
        move |handshake: Result<Handshake, Box<Response>>, path: FullPath, query: String| {
            respond(sockets.clone(), handshake, Asked { path, query, scribe: None }, answer.clone())
        },
    )
}

/// Answers where the query has more than faults in it: `read` is that, and what is left of the query for those.
async fn planned<P>(
    sockets: Sockets,
    handshake: Result<Handshake, Box<Response>>,
    path: FullPath,
    read: Result<(P, String), PlanError>,
    answer: impl FnOnce(Handshake, P, Option<Scribe>) -> Answer,
) -> Response {
    let (plan, handshake, query) = match (read, handshake) {
        (Ok((plan, query)), handshake) => (plan, handshake, query),
        (Err(error), Ok(handshake)) => return *misunderstood(&handshake, &error),
        (Err(_), Err(refusal)) => return *refusal,
    };
    let asked = Asked { path, query, scribe: None };
    respond(sockets, handshake, asked, |handshake, asked| ready(answer(handshake, plan, asked.scribe))).await
}

async fn respond<F>(
    sockets: Sockets,
    handshake: Result<Handshake, Box<Response>>,
    asked: Asked,
    answer: impl FnOnce(Handshake, Asked) -> F,
) -> Response
where
    F: Future<Output = Answer> + Send + 'static,
{
    let answered = async {
        let handshake = handshake?;
        // Most are for the echo and have nothing to tell.
        let about = About::default();
        let about = match asked.path.as_str() {
            path if path == about.path => about,
            path => About { path: path.to_owned().into(), ..about },
        };
        let Some(asking) = ask(&sockets, &handshake, &asked)? else {
            let (handshake, behind) = answer(handshake, asked).await?;
            return Ok(open(&sockets, handshake, behind, about, None));
        };
        // Few have faults, and the others' answers should stay small.
        Box::pin(async {
            if let Some(response) = asking.in_place_of_101(&handshake).await {
                return Err(Box::new(response));
            }
            let asked = Asked { scribe: asking.scribe(), ..asked };
            let answered = answer(handshake, asked).await;
            let (handshake, behind) =
                answered.inspect_err(|refusal| asking.note_refusal(refusal.status().as_str()))?;
            Ok(open(&sockets, handshake, behind, about, Some(asking)))
        })
        .await
    };
    answered.await.unwrap_or_else(|refusal: Box<Response>| *refusal)
}

/// `GET /ws/watch/NUMBER`: what passes on another connection, for who may steer those with a label.
pub(crate) fn watch(
    sockets: &Sockets,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let sockets = sockets.clone();
    warp::path!("ws" / "watch" / String)
        .and(upgrade::handshake(Arc::clone(&sockets.shard)))
        .and(warp::path::full())
        .and(query())
        .and(warp::ext::get::<Arrival>())
        .then(move |number: String, handshake, path, query, arrival: Arrival| {
            let sockets = sockets.clone();
            async move {
                let shard = Arc::clone(&sockets.shard);
                if let Err(refusal) = callers::steerer(&shard, &arrival) {
                    return *refusal;
                }
                let asked = Asked { path, query, scribe: None };
                respond(sockets, handshake, asked, |handshake, _| find(shard, handshake, number)).await
            }
        })
}

async fn find(shard: Arc<Shard>, mut handshake: Handshake, number: String) -> Answer {
    let refuse = |status, error: &dyn fmt::Display| Err(handshake.refuse(Reason::Parameters, status, error));
    let Ok(number) = number.parse() else {
        let error =
            format_args!("{number} is no connection: use a number, as GET /api/connections lists them");
        return refuse(StatusCode::BAD_REQUEST, &error);
    };
    let reader = Reader::new(&shard.shared.watching);
    let shown = match shard.shared.threads.watch(number, reader.watcher()).await {
        Some(Ok(shown)) => shown,
        Some(Err(error)) => {
            return refuse(StatusCode::CONFLICT, &format_args!("connection {number}: {error}"));
        }
        None => {
            let error =
                format_args!("there is no connection {number}: GET /api/connections lists those there are");
            return refuse(StatusCode::NOT_FOUND, &error);
        }
    };
    handshake.accepted.choose_protocol(&[watch::PROTOCOL]);
    Ok((handshake, Behind::new(Watching::new(reader, shown))))
}

/// What the query asks to go wrong, if anything.
fn ask(sockets: &Sockets, handshake: &Handshake, asked: &Asked) -> Result<Option<Asking>, Box<Response>> {
    let Asked { path, query, .. } = asked;
    if query.is_empty() {
        return Ok(None);
    }
    let asked = fault::Asked::from_query(query).map_err(|error| match &error {
        PlanError::Misspelt { name, .. } | PlanError::Unknown { names: name }
            if path.as_str().starts_with(VIA) =>
        {
            let status = StatusCode::BAD_REQUEST;
            let explanation = format_args!("{error}; if it is the target's own, write target.{name}");
            handshake.refuse(Reason::Parameters, status, &explanation)
        }
        _ => misunderstood(handshake, &error),
    })?;
    Asking::new(&sockets.shard.shared.labels, asked, path.as_str(), handshake)
        .map_err(|error| handshake.refuse_for_now(&error))
}

fn misunderstood(handshake: &Handshake, error: &PlanError) -> Box<Response> {
    handshake.refuse(Reason::Parameters, StatusCode::BAD_REQUEST, error)
}

/// Answers with 101 and puts `behind` behind the connection.
fn open(
    sockets: &Sockets,
    handshake: Handshake,
    behind: Behind,
    about: About,
    asking: Option<Asking>,
) -> Response {
    let sockets = sockets.clone();
    let hides_texts = handshake.hides_texts;
    let about = About {
        label: asking.as_ref().and_then(Asking::label),
        faults: asking.as_ref().map_or(String::new(), Asking::faults),
        protocol: handshake.accepted.protocol().map(ToOwned::to_owned),
        ..about
    };
    let entry = Entry::open(handshake.seat.client);
    if let Some(gated) = &handshake.gated {
        gated.is_numbered(entry.number());
    }
    let asks_protocols = !handshake.accepted.protocols().is_empty();
    let altered = asking.as_ref().map(Asking::altered_answer);
    let mut response = handshake.accept(move |raw, agreed| match raw {
        Ok(raw) => {
            let compressed = agreed.compression.is_some();
            let behind = match asking {
                Some(asking) => asking.stand_before(behind, compressed, agreed.carried, hides_texts),
                None => behind,
            };
            sockets.host(raw, agreed, behind.with_about(about), entry);
        }
        Err(error) => {
            let seat = agreed.seat;
            seat.shard.shared.metrics.cut_off(End::SendFailed);
            entry.never_upgraded(seat.client, &error);
        }
    });
    if let Some(altered) = altered {
        altered.alter(&mut response, asks_protocols);
    }
    response
}

/// The query part of the URL; empty when there is none.
pub(crate) fn query() -> impl Filter<Extract = (String,), Error = Infallible> + Clone {
    warp::query::raw().or_else(|_| async { Ok::<_, Infallible>((String::new(),)) })
}
