//! Recordings and targets that are mounted, and those that come and go while the server runs.

use super::routes::Operation;
use super::{Answer, Call};
use crate::mounts::{self, Mounted};
use crate::refusals::Reason;
use crate::relay::{self, NOT_FOR_OTHERS};
use crate::{replay, reply};
use bytes::Buf;
use futures_core::Stream;
use http::StatusCode;
use protocol::fault::Label as Name;
use protocol::relay::{Mounting, TlsChoice};
use protocol::replay::PARAMETERS;
use serde_json::json;
use socket::TlsOptions;
use std::sync::Arc;
use tracing::info;
use warp::reply::Response;

impl Call<'_> {
    pub(super) fn replays(&self) -> Response {
        let replays = self.shard.shared.replays.list();
        reply::json(StatusCode::OK, &json!({ "replays": replays, "parameters": PARAMETERS }))
    }

    /// Mounts or forgets a recording.
    pub(super) async fn replay(
        &self,
        operation: Operation,
        name: Name,
        body: impl Stream<Item = Result<impl Buf, warp::Error>>,
    ) -> Answer {
        let file = match operation {
            Operation::Upload => Some(self.read(body, replay::MAX_FILE).await?),
            _ => None,
        };
        let shared = Arc::clone(&self.shard.shared);
        // It reads or writes files, and a large one takes a while to understand.
        let done = tokio::task::spawn_blocking(move || match file {
            Some(file) => shared.replays.upload(&name, file).map(|listed| json!(listed)),
            None => shared.replays.delete(&name).map(|()| json!({ "deleted": name.as_str() })),
        });
        match done.await {
            Ok(Ok(done)) => Ok(reply::json(StatusCode::OK, &done)),
            Ok(Err(refused)) => {
                let status = match refused {
                    replay::Refused::Recording(_) => StatusCode::BAD_REQUEST,
                    replay::Refused::Unknown(_) => StatusCode::NOT_FOUND,
                    replay::Refused::Fixed(_) => StatusCode::CONFLICT,
                    replay::Refused::Full | replay::Refused::Folder(_) => StatusCode::INSUFFICIENT_STORAGE,
                };
                Err(self.refuse(status, &refused))
            }
            Err(error) => Err(self.refuse(StatusCode::INTERNAL_SERVER_ERROR, &error)),
        }
    }

    pub(super) fn vias(&self) -> Response {
        reply::json(StatusCode::OK, &json!({ "vias": self.shard.shared.mounts.list() }))
    }

    /// Mounts a target, for whom the relay is there too: what it leads to is judged as there.
    pub(super) fn make_via(&self, name: Name, body: &[u8]) -> Answer {
        let shared = &self.shard.shared;
        let Some(guard) = relay::guard(&shared.config, &self.arrival.headers) else {
            let (status, explanation) = (StatusCode::FORBIDDEN, &NOT_FOR_OTHERS);
            self.shard.refuse(Reason::Relay, &self.arrival.peer, Some(status), explanation);
            return Err(Box::new(reply::text(status, NOT_FOR_OTHERS)));
        };
        let body = std::str::from_utf8(body).map_err(|_| self.wrong(&"the body is JSON in UTF-8"))?;
        let Mounting { url, headers, tls } = Mounting::read(body).map_err(|error| self.wrong(&error))?;
        let tls = match &tls {
            choice if *choice == TlsChoice::default() => None,
            choice => {
                let config = relay::tls_options(choice).and_then(TlsOptions::config);
                Some(config.map_err(|error| self.wrong(&error))?)
            }
        };
        let mounted =
            Mounted::make(name, &url, &headers, tls, guard.clone()).map_err(|error| self.wrong(&error))?;
        let target = &mounted.mount.target;
        guard.check_host(target.host(), target.port()).map_err(|denied| self.wrong(&denied))?;
        let listed = shared.mounts.make(mounted).map_err(|refused| self.not_mounted(&refused))?;
        info!(peer = %self.arrival.peer, %listed, "a target is mounted");
        Ok(reply::json(StatusCode::OK, &listed))
    }

    pub(super) fn remove_via(&self, name: &Name) -> Answer {
        self.shard.shared.mounts.remove(name).map_err(|refused| self.not_mounted(&refused))?;
        Ok(reply::json(StatusCode::OK, &json!({ "deleted": name.as_str() })))
    }

    fn not_mounted(&self, refused: &mounts::Refused) -> Box<Response> {
        let status = match refused {
            mounts::Refused::Unknown(_) => StatusCode::NOT_FOUND,
            mounts::Refused::Fixed(_) => StatusCode::CONFLICT,
            mounts::Refused::Full => StatusCode::INSUFFICIENT_STORAGE,
        };
        self.refuse(status, refused)
    }
}
