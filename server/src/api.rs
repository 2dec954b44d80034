//! `/api`: what faults there are, all connections listed, and those with a label listed, steered, waited for and verified;
//! `mounted` is what can be put under a URL while the server runs.
//!
//! [`routes::all`] is the one table: requests are matched against it, and the OpenAPI description is written from it.

mod holding;
mod mounted;
mod openapi;
mod routes;
mod steering;

use self::routes::{Operation, Route};
use self::steering::Steering;
use crate::callers;
use crate::endpoints;
use crate::labels::{Command, Label};
use crate::refusals::Reason;
use crate::relay;
use crate::reply;
use crate::serve::Arrival;
use crate::state::Shard;
use crate::watch::{LISTED, MAX_LISTED};
use bytes::{Buf, BytesMut};
use futures_core::Stream;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use protocol::conformance::session::SessionCase;
use protocol::conformance::{Case, Named, Report};
use protocol::fault::{Asked, Label as Name, Message, Parameter, Violation};
use protocol::journal::{Condition, Entry, Verification};
use serde::Serialize;
use serde_json::{Value, json};
use socket::wire::Abort;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use warp::path::Tail;
use warp::reply::Response;
use warp::{Filter, Rejection};

/// The largest body that is read, in bytes.
const MAX_BODY: usize = 1 << 20;
/// How long `wait-for` waits, unless told otherwise, and at most.
const WAIT: Duration = Duration::from_secs(10);
const MAX_WAIT: Duration = Duration::from_secs(60);

/// Everything below `/api`.
pub(crate) fn api(
    shard: &Arc<Shard>,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + use<> {
    let shard = Arc::clone(shard);
    warp::path("api")
        .and(warp::path::tail())
        .and(warp::method())
        .and(warp::ext::get::<Arrival>())
        .and(endpoints::query())
        .and(warp::body::stream())
        .then(move |path: Tail, method: Method, arrival: Arrival, query: String, body| {
            let shard = Arc::clone(&shard);
            // It is large where it waits, and most requests are for other routes.
            Box::pin(async move {
                let call = Call { shard: &shard, arrival: &arrival, query: &query };
                call.answer(path.as_str(), &method, body).await.unwrap_or_else(|refusal| *refusal)
            })
        })
}

struct Call<'a> {
    shard: &'a Arc<Shard>,
    arrival: &'a Arrival,
    query: &'a str,
}

type Answer = Result<Response, Box<Response>>;

impl Call<'_> {
    async fn answer(
        &self,
        path: &str,
        method: &Method,
        body: impl Stream<Item = Result<impl Buf, warp::Error>>,
    ) -> Answer {
        callers::known(self.shard, self.arrival)?;
        callers::own_page(self.shard, self.arrival)?;
        let matching: Vec<_> =
            routes::all().filter_map(|route| Some((route, route.label_in(path)?))).collect();
        let Some(allowed) = routes::methods(matching.iter().map(|(route, _)| *route)) else {
            let nothing = "no such URL: GET /api/openapi.json lists them";
            return Err(Box::new(reply::text(StatusCode::NOT_FOUND, nothing)));
        };
        let asked = if *method == Method::HEAD { &Method::GET } else { method };
        let Some((Route { operation, parameters, .. }, label)) =
            matching.iter().find(|(route, _)| route.method == *asked)
        else {
            return Ok(match *method {
                Method::OPTIONS => reply::options(allowed),
                _ => reply::method_not_allowed(method, allowed),
            });
        };
        routes::check_query(*operation, parameters, self.query).map_err(|error| self.wrong(&error))?;
        match operation {
            Operation::Faults => return Ok(reply::json(StatusCode::OK, &faults())),
            Operation::CheckFaults => return Ok(reply::json(StatusCode::OK, &checked(self.query))),
            Operation::Relay => return Ok(reply::json(StatusCode::OK, &self.relay())),
            Operation::OpenApi => return Ok(reply::json(StatusCode::OK, &openapi::document())),
            _ => callers::steerer(self.shard, self.arrival)?,
        }
        if let Operation::Connections = operation {
            return self.connections().await;
        }
        let labels = &self.shard.shared.labels;
        if let Operation::Labels = operation {
            return Ok(reply::json(StatusCode::OK, &json!({ "labels": labels.list() })));
        }
        if let Operation::Replays = operation {
            return Ok(self.replays());
        }
        if let Operation::Vias = operation {
            return Ok(self.vias());
        }
        if let Operation::Hold(holding) = operation {
            return self.hold(*holding, label, body).await;
        }
        let name = Name::parse(label)
            .ok_or_else(|| self.wrong(&format_args!("{label} is no name: use {}", Name::RULE)))?;
        if let Operation::Upload | Operation::Remove = operation {
            return self.replay(*operation, name, body).await;
        }
        if let Operation::MakeVia = operation {
            let body = self.read(body, MAX_BODY).await?;
            return self.make_via(name, &body);
        }
        if let Operation::RemoveVia = operation {
            return self.remove_via(&name);
        }
        if let Operation::Cases = operation {
            let case = |case: Case| {
                let target = case.target(&name);
                json!({ "case": case, "target": target })
            };
            let cases: Vec<_> = Case::all().into_iter().map(case).collect();
            return Ok(reply::json(StatusCode::OK, &json!({ "cases": cases })));
        }
        if let Operation::SessionCases = operation {
            let case = |case: &SessionCase| {
                let (target, publish) = (case.target(&name), case.publishes());
                json!({ "case": case, "target": target, "publish": publish })
            };
            let cases: Vec<_> = SessionCase::all().iter().map(case).collect();
            return Ok(reply::json(StatusCode::OK, &json!({ "cases": cases })));
        }
        if let Operation::Label | Operation::Journal | Operation::Verdicts | Operation::SessionVerdicts =
            operation
        {
            let none = || {
                Box::new(reply::text(StatusCode::NOT_FOUND, format!("no connection had the label {name}")))
            };
            let label = labels.get(&name).ok_or_else(none)?;
            return match operation {
                Operation::Label => Ok(reply::json(StatusCode::OK, &label.list())),
                Operation::Verdicts => self.verdicts(&label.ask(Report::of), &name),
                Operation::SessionVerdicts => self.verdicts(&label.sessions(), &name),
                _ => self.journal(&label),
            };
        }
        let label = labels.get_or_make(&name).map_err(|error| {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            self.shard.refuse(Reason::Full, &self.arrival.peer, Some(status), &error);
            Box::new(reply::come_back(status, error.to_string()))
        })?;
        match operation {
            Operation::WaitFor => self.wait_for(&label).await,
            Operation::Verify => self.verify(&label, &self.read(body, MAX_BODY).await?),
            operation => self.steer(*operation, &label, self.read(body, MAX_BODY).await?).await,
        }
    }

    fn relay(&self) -> Value {
        match relay::guard(&self.shard.shared.config, &self.arrival.headers) {
            Some(_) => json!({ "allowed": true }),
            None => json!({ "allowed": false, "why": relay::NOT_FOR_OTHERS }),
        }
    }

    async fn connections(&self) -> Answer {
        let limit = match self.query.strip_prefix("limit=") {
            None if self.query.is_empty() => LISTED,
            limit => limit
                .and_then(|limit| limit.parse().ok())
                .filter(|limit| (1..=MAX_LISTED).contains(limit))
                .ok_or_else(|| {
                    self.wrong(&format_args!(
                        "{} can't be followed: use limit= and a number from 1 to {MAX_LISTED}",
                        self.query
                    ))
                })?,
        };
        let (connections, total) = self.shard.shared.threads.list(limit).await;
        Ok(reply::json(StatusCode::OK, &json!({ "connections": connections, "total": total })))
    }

    fn journal(&self, label: &Label) -> Answer {
        let (condition, _) = Condition::from_query(self.query).map_err(|error| self.wrong(&error))?;
        let answer = label.ask(|journal| {
            let after = condition.after;
            let entries: Vec<&Entry> =
                journal.after(after).filter(|entry| condition.matches(entry)).collect();
            json!({ "entries": entries, "lost": journal.lost_after(after), "last": journal.last() })
        });
        Ok(reply::json(StatusCode::OK, &answer))
    }

    fn verdicts<C: Named + Serialize>(&self, report: &Report<C>, name: &Name) -> Answer {
        match self.query {
            "" | "format=json" => Ok(reply::json(StatusCode::OK, report)),
            "format=junit" => Ok(reply::xml(StatusCode::OK, report.to_junit(name.as_str()))),
            other => {
                Err(self.wrong(&format_args!("{other} can't be followed: use format=json or format=junit")))
            }
        }
    }

    async fn wait_for(&self, label: &Label) -> Answer {
        let (condition, timeout) = Condition::from_query(self.query).map_err(|error| self.wrong(&error))?;
        let timeout = timeout.unwrap_or(WAIT).min(MAX_WAIT);
        let met = tokio::select! {
            () = label.wait_for(&condition) => true,
            () = tokio::time::sleep(timeout) => false,
            () = self.shard.draining.cancelled() => false,
        };
        let answer = label.ask(|journal| {
            let entries = condition.find(journal).unwrap_or_default();
            json!({ "met": met, "entries": entries, "last": journal.last() })
        });
        Ok(reply::json(if met { StatusCode::OK } else { StatusCode::CONFLICT }, &answer))
    }

    fn verify(&self, label: &Label, body: &[u8]) -> Answer {
        // A list would be taken for the values of an object's members.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(self.wrong(&"the body is a JSON object with expect, order or both"));
        }
        let verification: Verification = serde_json::from_slice(body)
            .map_err(|error| self.wrong(&format_args!("the body can't be read: {error}")))?;
        let report = label.ask(|journal| verification.check(journal)).map_err(|error| self.wrong(&error))?;
        let status = if report.passed { StatusCode::OK } else { StatusCode::CONFLICT };
        Ok(reply::json(status, &report))
    }

    async fn steer(&self, operation: Operation, label: &Label, body: Vec<u8>) -> Answer {
        let mut order = Steering::from_query(self.query).map_err(|error| self.wrong(&error))?;
        let command = match operation {
            Operation::Kill => match order.take("how").as_deref() {
                None | Some("reset") => Command::Kill(Abort::Reset),
                Some("fin") => Command::Kill(Abort::Fin),
                Some(other) => {
                    return Err(self.wrong(&format_args!("how={other} can't be followed: use reset or fin")));
                }
            },
            Operation::Close => Command::Close(order.take_status().map_err(|error| self.wrong(&error))?),
            Operation::Silence => Command::Silence,
            Operation::Resume => Command::Resume,
            Operation::Send => Command::Send(self.message(body)?),
            Operation::Ping if body.len() > 125 => {
                return Err(self.wrong(&"a Ping holds at most 125 bytes"));
            }
            Operation::Ping => Command::Ping(body),
            _ => Command::Faults(Arc::new(order.take_plan().map_err(|error| self.wrong(&error))?)),
        };
        let given = label.order(order.connection, &command, order.lasting);
        let count = given.connections;
        given.obeyed().await;
        Ok(reply::json(StatusCode::OK, &json!({ "connections": count })))
    }

    /// A text, unless the request says that it is bytes.
    fn message(&self, body: Vec<u8>) -> Result<Message, Box<Response>> {
        let kind = self.arrival.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        // Its parameters say nothing about bytes.
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/octet-stream") {
            return Ok(Message::binary(body));
        }
        String::from_utf8(body).map(Message::text).map_err(|_| {
            self.wrong(&"the body is no UTF-8: send bytes with Content-Type: application/octet-stream")
        })
    }

    async fn read(
        &self,
        body: impl Stream<Item = Result<impl Buf, warp::Error>>,
        limit: usize,
    ) -> Result<Vec<u8>, Box<Response>> {
        let mut body = pin!(body);
        let mut whole = BytesMut::new();
        while let Some(piece) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
            let mut piece = piece.map_err(|error| self.wrong(&error))?;
            if whole.len() + piece.remaining() > limit {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                return Err(self.refuse(status, &format_args!("a body here has at most {} MiB", limit >> 20)));
            }
            whole.extend_from_slice(&piece.copy_to_bytes(piece.remaining()));
        }
        Ok(whole.into())
    }

    fn wrong(&self, explanation: &dyn fmt::Display) -> Box<Response> {
        self.refuse(StatusCode::BAD_REQUEST, explanation)
    }

    fn refuse(&self, status: StatusCode, explanation: &dyn fmt::Display) -> Box<Response> {
        self.shard.refuse(Reason::Parameters, &self.arrival.peer, Some(status), explanation);
        Box::new(reply::text(status, explanation.to_string()))
    }
}

/// What becomes of a query of faults. One that is wrong is an answer here and not a refusal: whoever asks is still writing.
fn checked(query: &str) -> Value {
    match Asked::from_query(query) {
        Ok(asked) => json!({ "faults": asked.plan.to_query() }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

/// All there is to put into a URL.
fn faults() -> Value {
    let parameters: Vec<_> = Parameter::all().collect();
    let violations: Vec<_> = Violation::all().map(Violation::rule).collect();
    json!({ "parameters": parameters, "violations": violations })
}
