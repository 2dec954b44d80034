//! Faults of the opening handshake, and what an accepted one takes along.

use super::endpoint::Faulty;
use crate::behind::Behind;
use crate::labels::{Labels, LabelsFull, Member, Scribe};
use crate::refusals::Reason;
use crate::reply;
use crate::upgrade::Handshake;
use http::StatusCode;
use http::header::{
    CONTENT_LENGTH, DATE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER, SEC_WEBSOCKET_ACCEPT,
    SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL,
};
use hyper::body::Body as _;
use protocol::fault::{Asked, FaultPlan, ProtocolAnswer, ResetStep};
use protocol::journal::Event;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;
use tracing::info;
use warp::reply::Response;

/// How long a handshake is left without an answer.
const HANG: Duration = Duration::from_secs(600);
/// How much of an answer is sent that ends within its head, in bytes.
const HALF_A_HEAD: usize = 40;
/// The right answer to no key that there is.
const WRONG_ACCEPT: HeaderValue = HeaderValue::from_static("AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
/// Names that nobody asks for.
const UNREQUESTED_PROTOCOL: HeaderValue = HeaderValue::from_static("heartwire.unrequested");
const UNREQUESTED_EXTENSION: HeaderValue = HeaderValue::from_static("x-heartwire-unrequested");
const SEED: HeaderName = HeaderName::from_static("heartwire-seed");
const PADDING: HeaderName = HeaderName::from_static("x-padding");
/// As much of a plan is logged, in bytes.
const LOGGED: usize = 400;
/// The longest value of padding, in bytes.
const PADDING_LEN: usize = 4096;
/// A date as HTTP writes it, in bytes (RFC 9110 §5.6.7).
const DATE_LEN: usize = 29;

/// A connection whose URL asks for something.
#[derive(Debug)]
pub(crate) struct Asking {
    answer: AlteredAnswer,
    member: Option<Member>,
}

/// How the answer to its handshake differs from the usual one.
#[derive(Clone, Debug)]
pub(crate) struct AlteredAnswer {
    plan: Arc<FaultPlan>,
    seed: u64,
}

impl Asking {
    /// What is to be done for this connection; `None`: nothing.
    ///
    /// # Errors
    /// It has a label, and there is no room for another.
    pub(crate) fn new(
        labels: &Labels,
        asked: Asked,
        path: &str,
        handshake: &Handshake,
    ) -> Result<Option<Self>, LabelsFull> {
        let Asked { mut plan, others, .. } = asked;
        if plan.is_idle() {
            return Ok(None);
        }
        let client = handshake.seat.client;
        let member = match &plan.label {
            Some(name) => Some(labels.get_or_make(name)?.enter(client.to_string())),
            None => None,
        };
        let number = member.as_ref().map_or(0, Member::number);
        if plan.when.times.is_some_and(|times| number > times.get()) {
            plan = plan.without_faults();
        }
        let seed = plan.seed.unwrap_or_else(|| RandomState::new().hash_one(number));
        let faults = plan.to_query();
        let label = plan.label.as_ref().map(ToString::to_string);
        // The journal has all of it.
        let shown = &faults[..faults.floor_char_boundary(LOGGED)];
        info!(peer = %client, faults = shown, seed, label, "faults asked for");
        if let Some(member) = &member {
            member.has_faults(faults.clone());
            let (path, peer) = (path.to_owned(), client.to_string());
            member.write(Event::Handshake { path, peer, number, faults, seed, others });
        }
        let answer = AlteredAnswer { plan: Arc::new(plan), seed };
        Ok(Some(Self { answer, member }))
    }

    /// What happens in place of the 101, if anything does. It may take long, and may not come at all.
    pub(crate) async fn in_place_of_101(&self, handshake: &Handshake) -> Option<Response> {
        let AlteredAnswer { plan, seed } = &self.answer;
        let faults = &plan.handshake;
        if let Some(delay) = faults.delay {
            // The connection draws from the same seed behind its 101, which is nobody's loss.
            let delay = plan.draw_handshake_delay(delay, *seed);
            self.wait(handshake, delay).await?;
        }
        if faults.hang {
            self.refuse(handshake, "hang", None);
            self.wait(handshake, HANG).await;
            handshake.cut_answer(0);
            return Some(Response::default());
        }
        if faults.reset == Some(ResetStep::Request) {
            self.refuse(handshake, "reset", None);
            handshake.cut_answer(0);
            return Some(Response::default());
        }
        if faults.reset == Some(ResetStep::Head) {
            // It counts as accepted: the 101 is there, as far as it comes.
            self.note_refusal("reset");
            handshake.cut_answer(HALF_A_HEAD);
        }
        let status = StatusCode::from_u16(faults.status?).ok()?;
        self.refuse(handshake, status.as_str(), Some(status));
        let mut response = reply::text(status, format!("{status}, as asked for by handshake-status"));
        // What says how long the text is belongs to the head, and is otherwise put there when it is written.
        let length = response.body().size_hint().exact().filter(|_| status != StatusCode::NOT_MODIFIED);
        let headers = response.headers_mut();
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        if let Some(seconds) = faults.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(location) = faults.location.as_deref().and_then(|location| location.parse().ok()) {
            headers.insert(LOCATION, location);
        }
        self.answer.add_headers(status, headers);
        Some(response)
    }

    /// Writes into the connection's journal, if it has one.
    pub(crate) fn scribe(&self) -> Option<Scribe> {
        self.member.as_ref().map(Member::scribe)
    }

    /// How the 101 is to be altered.
    pub(crate) fn altered_answer(&self) -> AlteredAnswer {
        self.answer.clone()
    }

    pub(crate) fn label(&self) -> Option<String> {
        self.answer.plan.label.as_ref().map(ToString::to_string)
    }

    /// Its plan as it would stand in a URL.
    pub(crate) fn faults(&self) -> String {
        self.answer.plan.to_query()
    }

    /// The endpoint with its faults in front of it. The journal has no texts of one that may say secrets.
    pub(crate) fn stand_before(
        self,
        behind: Behind,
        compressed: bool,
        carried: bool,
        hides_texts: bool,
    ) -> Behind {
        let AlteredAnswer { plan, seed } = self.answer;
        Behind::new(Faulty::new(behind, plan, seed, compressed, carried, hides_texts, self.member))
    }

    /// Waits, but not for longer than the server serves. None: it stops.
    async fn wait(&self, handshake: &Handshake, time: Duration) -> Option<()> {
        tokio::select! {
            () = sleep(time) => Some(()),
            () = handshake.seat.shard.draining.cancelled() => None,
        }
    }

    /// Counts, logs and writes down that there is no 101.
    fn refuse(&self, handshake: &Handshake, with: &str, answer: Option<StatusCode>) {
        let shard = &handshake.seat.shard;
        shard.shared.metrics.handshake_refused(Reason::Fault);
        shard.refuse(Reason::Fault, &handshake.seat.client, answer, &format_args!("{with}, as its URL asks"));
        self.note_refusal(with);
    }

    /// Writes down that there is no 101, but this.
    pub(crate) fn note_refusal(&self, with: &str) {
        if let Some(member) = &self.member {
            member.end(Event::Refused { with: with.to_owned() });
        }
    }
}

impl AlteredAnswer {
    /// Makes the 101 what it is asked to be.
    pub(crate) fn alter(&self, response: &mut Response, protocols: bool) {
        let faults = &self.plan.handshake;
        let status = response.status();
        let headers = response.headers_mut();
        if faults.wrong_accept {
            headers.insert(SEC_WEBSOCKET_ACCEPT, WRONG_ACCEPT);
        }
        match faults.protocol {
            Some(ProtocolAnswer::Missing) => _ = headers.remove(SEC_WEBSOCKET_PROTOCOL),
            Some(ProtocolAnswer::Wrong) if !protocols => {}
            Some(_) => _ = headers.insert(SEC_WEBSOCKET_PROTOCOL, UNREQUESTED_PROTOCOL),
            None => {}
        }
        if faults.extension {
            headers.append(SEC_WEBSOCKET_EXTENSIONS, UNREQUESTED_EXTENSION);
        }
        self.add_headers(status, headers);
    }

    fn add_headers(&self, status: StatusCode, headers: &mut HeaderMap) {
        let faults = &self.plan.handshake;
        if self.plan.draws() {
            headers.insert(SEED, HeaderValue::from(self.seed));
        }
        for (name, value) in &faults.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.append(name, value);
            }
        }
        let Some(wanted) = faults.head else { return };
        let line = |name: &HeaderName, value: usize| name.as_str().len() + value + ": \r\n".len();
        let first =
            "HTTP/1.1  \r\n".len() + status.as_str().len() + status.canonical_reason().map_or(0, str::len);
        let date = if headers.contains_key(DATE) { 0 } else { line(&DATE, DATE_LEN) };
        let there: usize = headers.iter().map(|(name, value)| line(name, value.len())).sum();
        let mut missing = (wanted as usize).saturating_sub(first + date + there + "\r\n".len());
        let shortest = line(&PADDING, 0);
        while missing >= shortest {
            let len = match missing - shortest {
                rest if rest <= PADDING_LEN => rest,
                // So that what is left is no shorter than a line.
                rest => PADDING_LEN.min(rest - shortest),
            };
            missing -= line(&PADDING, len);
            if let Ok(value) = HeaderValue::try_from("x".repeat(len)) {
                headers.append(PADDING, value);
            }
        }
    }
}
