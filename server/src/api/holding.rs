//! Breakpoints, what they hold, and what becomes of that.

use super::routes::Holding;
use super::{Answer, Call, MAX_WAIT, WAIT};
use crate::breakpoints::NotSet;
use crate::reply;
use bytes::Buf;
use futures_core::Stream;
use http::StatusCode;
use protocol::hold::{Breakpoint, BreakpointError, Decision, NotHeld, Scope, Way};
use protocol::units;
use serde_json::json;
use std::fmt;
use std::time::Duration;
use warp::reply::Response;

/// The largest message that is put in place of a held one, or in.
const MAX_MESSAGE: usize = 16 << 20;
/// What changes within this time is told together.
const GATHER: Duration = Duration::from_millis(50);

/// Why a breakpoint is not altered.
enum NotAltered {
    Set(NotSet),
    Read(BreakpointError),
}

impl From<NotSet> for NotAltered {
    fn from(error: NotSet) -> Self {
        Self::Set(error)
    }
}

impl Call<'_> {
    /// `named` is the number in the path.
    pub(super) async fn hold(
        &self,
        holding: Holding,
        named: &str,
        body: impl Stream<Item = Result<impl Buf, warp::Error>>,
    ) -> Answer {
        let breakpoints = &self.shard.shared.breakpoints;
        let number = || {
            let number = named.parse::<u64>();
            number.map_err(|_| {
                self.wrong(&format_args!("{named} is no number: GET /api/held lists those there are"))
            })
        };
        match holding {
            Holding::Breakpoints => {
                Ok(reply::json(StatusCode::OK, &json!({ "breakpoints": breakpoints.set_ones() })))
            }
            Holding::Set => {
                let breakpoint =
                    Breakpoint::default().with_query(self.query).map_err(|error| self.wrong(&error))?;
                let set = breakpoints.set(breakpoint).map_err(|error| self.not_set(&error))?;
                Ok(reply::json(StatusCode::OK, &*set))
            }
            Holding::Alter => {
                let alter = |before: Breakpoint| before.with_query(self.query).map_err(NotAltered::Read);
                let altered = breakpoints.alter(number()?, alter).map_err(|error| match error {
                    NotAltered::Set(error) => self.not_set(&error),
                    NotAltered::Read(error) => self.wrong(&error),
                })?;
                Ok(reply::json(StatusCode::OK, &*altered))
            }
            Holding::Remove => {
                let number = number()?;
                breakpoints.remove(number).map_err(|error| self.not_set(&error))?;
                Ok(reply::json(StatusCode::OK, &json!({ "removed": number })))
            }
            Holding::List => self.list_held().await,
            Holding::Message => {
                let message = breakpoints.message(number()?).map_err(|error| self.not_held(&error))?;
                Ok(reply::json(StatusCode::OK, &message))
            }
            Holding::Release => {
                let scope = self.scope(|_, _| Ok(false))?;
                Ok(reply::json(StatusCode::OK, &json!({ "passed": breakpoints.pass_all(&scope) })))
            }
            Holding::Pass => self.decide(number()?, &Decision::Pass),
            Holding::Drop => self.decide(number()?, &Decision::Drop),
            Holding::Edit | Holding::Answer => {
                let number = number()?;
                let message = self.message(self.read(body, MAX_MESSAGE).await?)?;
                let decision = match holding {
                    Holding::Answer => Decision::Answer(message),
                    _ => Decision::Edit(message),
                };
                self.decide(number, &decision)
            }
            Holding::Inject => self.inject(body).await,
        }
    }

    fn decide(&self, id: u64, decision: &Decision) -> Answer {
        let breakpoints = &self.shard.shared.breakpoints;
        breakpoints.decide(id, decision).map_err(|error| self.not_held(&error))?;
        Ok(reply::json(StatusCode::OK, &json!({ "decided": id })))
    }

    async fn list_held(&self) -> Answer {
        let (mut after, mut timeout) = (None, WAIT);
        let scope = self.scope(|name, value| {
            match name {
                "after" => {
                    let number = value.parse().map_err(|_| "use the revision of a list, such as 12")?;
                    after = Some(number);
                }
                "timeout" => {
                    timeout = units::parse_time(value).ok_or("use a time, such as 5s")?.min(MAX_WAIT);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let breakpoints = &self.shard.shared.breakpoints;
        if let Some(after) = after {
            let changed = async {
                breakpoints.news().differs(after).await;
                tokio::time::sleep(GATHER).await;
            };
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep(timeout) => {}
                () = self.shard.draining.cancelled() => {}
            }
        }
        Ok(reply::json(StatusCode::OK, &breakpoints.list(&scope)))
    }

    async fn inject(&self, body: impl Stream<Item = Result<impl Buf, warp::Error>>) -> Answer {
        let mut to = None;
        let scope = self.scope(|name, value| {
            if name != "to" {
                return Ok(false);
            }
            to = Some(match value {
                "client" => Way::ToClient,
                "target" => Way::ToTarget,
                _ => return Err("use client or target"),
            });
            Ok(true)
        })?;
        let to = to.ok_or_else(|| self.wrong(&"to is missing: use client or target"))?;
        let message = self.message(self.read(body, MAX_MESSAGE).await?)?;
        let count = self.shard.shared.breakpoints.inject(&scope, to, &message);
        Ok(reply::json(StatusCode::OK, &json!({ "connections": count })))
    }

    /// Reads which connections are meant. What else there is goes to `other`: whether it is one of its own, or what it takes.
    fn scope(
        &self,
        mut other: impl FnMut(&str, &str) -> Result<bool, &'static str>,
    ) -> Result<Scope, Box<Response>> {
        let mut scope = Scope::default();
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            if scope.read(&name, &value).map_err(|error| self.wrong(&error))? {
                continue;
            }
            let known = other(&name, &value).map_err(|allowed| {
                self.wrong(&format_args!("{name}={value} can't be followed: {allowed}"))
            })?;
            if !known {
                return Err(self
                    .wrong(&format_args!("{name} is no parameter here: GET /api/openapi.json lists them")));
            }
        }
        Ok(scope)
    }

    fn not_set(&self, error: &NotSet) -> Box<Response> {
        let status = match error {
            NotSet::Full => StatusCode::INSUFFICIENT_STORAGE,
            NotSet::NoConnection(_) | NotSet::Unknown(_) => StatusCode::NOT_FOUND,
        };
        self.refuse(status, error)
    }

    fn not_held(&self, error: &NotHeld) -> Box<Response> {
        self.refuse(StatusCode::NOT_FOUND, error as &dyn fmt::Display)
    }
}
