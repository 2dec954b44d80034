//! What `/metrics` shows, in the OpenMetrics text format.

mod traffic;

use crate::admission::{Admission, Kind};
use crate::refusals::Reason;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode, encode_registry};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use socket::wire::CloseCode;
use socket::wire::{End, Summary};
use std::sync::Arc;

pub(crate) use traffic::Traffic;

/// The content type of the format (OpenMetrics 1.0).
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All counters of a server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    handshakes: Family<HandshakeLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    closes: Family<CloseLabels, Counter>,
    over_budget: Counter,
    channels: ChannelCounters,
    traffic: Arc<[Arc<Traffic>]>,
}

/// What live channels count.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChannelCounters {
    /// Messages that clients published.
    pub(crate) published: Counter,
    /// Messages that were not published.
    pub(crate) refused: Counter,
    /// Messages that a client was told it won't get.
    pub(crate) lost: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HandshakeLabels {
    /// `accepted`, or the [`Reason`] of the refusal.
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    reason: &'static str,
}

/// How a connection closed. The labels take few values, whatever peers send.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CloseLabels {
    /// 1000 to 1014 as sent, `3xxx` or `4xxx`, 1005 for a Close without a code, 1006 for none.
    code: String,
    /// Who sent the first Close; `none` where there was none.
    side: &'static str,
    /// [`End`] in words.
    reason: &'static str,
}

impl Metrics {
    /// For a server of so many threads.
    pub(crate) fn new(threads: usize) -> Self {
        let traffic: Arc<[Arc<Traffic>]> = (0..threads).map(|_| Arc::default()).collect();
        let (handshakes, refusals, closes) = (Family::default(), Family::default(), Family::default());
        let mut registry = Registry::with_prefix("heartwire");
        registry.register(
            "build",
            "The running version",
            Info::new([("version", env!("CARGO_PKG_VERSION"))]),
        );
        registry.register("handshakes", "Requests for a WebSocket by result", Family::clone(&handshakes));
        registry.register(
            "refusals",
            "Connections and requests that were turned away, by reason",
            Family::clone(&refusals),
        );
        registry.register(
            "closes",
            "Closed WebSockets by close code, side and reason",
            Family::clone(&closes),
        );
        let over_budget = Counter::default();
        registry.register(
            "memory_cuts",
            "WebSockets that were cut because all together held too much memory",
            over_budget.clone(),
        );
        let channels = ChannelCounters::default();
        for (name, help, counter) in [
            ("channel_messages", "Messages that were published in channels", &channels.published),
            (
                "channel_messages_refused",
                "Messages that were not, for their size, rate or form",
                &channels.refused,
            ),
            ("channel_messages_lost", "Messages that a client was told it won't get", &channels.lost),
        ] {
            registry.register(name, help, counter.clone());
        }
        registry.register_collector(Box::new(traffic::Collected(Arc::clone(&traffic))));
        Self { registry, handshakes, refusals, closes, over_budget, channels, traffic }
    }

    /// What live channels count with.
    pub(crate) fn channels(&self) -> &ChannelCounters {
        &self.channels
    }

    /// The counters of one thread.
    pub(crate) fn traffic(&self, thread: usize) -> Arc<Traffic> {
        Arc::clone(&self.traffic[thread])
    }

    /// Counts a request for a WebSocket that was answered with 101.
    pub(crate) fn handshake_accepted(&self) {
        self.handshakes.get_or_create(&HandshakeLabels { result: "accepted" }).inc();
    }

    /// Counts a request for a WebSocket that was refused. It counts as a refusal too.
    pub(crate) fn handshake_refused(&self, reason: Reason) {
        self.handshakes.get_or_create(&HandshakeLabels { result: reason.as_str() }).inc();
    }

    /// Counts a refusal.
    pub(crate) fn refused(&self, reason: Reason) {
        self.refusals.get_or_create(&RefusalLabels { reason: reason.as_str() }).inc();
    }

    /// Counts the end of a WebSocket.
    pub(crate) fn closed(&self, summary: &Summary) {
        self.count_close(close_code(summary), summary.end);
    }

    /// Counts a WebSocket that was cut off.
    pub(crate) fn cut_off(&self, end: End) {
        self.count_close((None, "none"), end);
    }

    /// Counts a WebSocket that was cut for its memory.
    pub(crate) fn over_budget(&self) {
        self.over_budget.inc();
    }

    fn count_close(&self, (code, side): (Option<CloseCode>, &'static str), end: End) {
        let code = match code.unwrap_or(CloseCode::ABNORMAL) {
            CloseCode(code @ 1000..=1015) => code.to_string(),
            CloseCode(code) => format!("{}xxx", code / 1000),
        };
        self.closes.get_or_create(&CloseLabels { code, side, reason: end.as_str() }).inc();
    }

    /// The whole page.
    pub(crate) fn page(&self, admission: &Admission) -> String {
        let mut page = String::new();
        let mut registry = Registry::with_prefix("heartwire");
        for (name, help, kind) in [
            ("connections", "Open WebSockets", Kind::Socket),
            ("http_connections", "Connections that speak HTTP", Kind::Http),
        ] {
            registry.register(name, help, ConstGauge::new(admission.count(kind) as u64));
        }
        registry.register(
            "log_lines_lost",
            "Lines of the log that could not be written in time",
            ConstCounter::new(crate::log::lost_lines()),
        );
        // Writing to a string does not fail.
        let _ = encode_registry(&mut page, &registry);
        let _ = encode(&mut page, &self.registry);
        page
    }
}

/// The code of the first Close, and who sent it.
fn close_code(summary: &Summary) -> (Option<CloseCode>, &'static str) {
    let code = |code: Option<CloseCode>| Some(code.unwrap_or(CloseCode::NO_STATUS));
    match (summary.end, summary.close_received, summary.close_sent) {
        (End::PeerClosed, Some(received), _) | (_, Some(received), None) => (code(received), "peer"),
        (_, _, Some(sent)) => (code(sent), "server"),
        (_, None, None) => (None, "none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket::wire::Counts;

    fn summary(end: End, sent: Option<Option<u16>>, received: Option<Option<u16>>) -> Summary {
        let close = |code: Option<Option<u16>>| code.map(|code| code.map(CloseCode));
        Summary {
            end,
            cause: None,
            close_sent: close(sent),
            close_received: close(received),
            unsent: 0,
            counts: Counts::default(),
        }
    }

    #[test]
    fn closes_are_told_apart_by_code_side_and_reason() {
        let metrics = Metrics::new(1);
        for (summary, labels) in [
            (
                summary(End::PeerClosed, Some(Some(1000)), Some(Some(1000))),
                r#"code="1000",side="peer",reason="peer closed""#,
            ),
            (
                summary(End::PeerClosed, Some(None), Some(None)),
                r#"code="1005",side="peer",reason="peer closed""#,
            ),
            (
                summary(End::PeerClosed, Some(Some(4321)), Some(Some(4321))),
                r#"code="4xxx",side="peer",reason="peer closed""#,
            ),
            (
                summary(End::Shutdown, Some(Some(1012)), Some(Some(1012))),
                r#"code="1012",side="server",reason="shutdown""#,
            ),
            (
                summary(End::LimitExceeded, Some(Some(1009)), None),
                r#"code="1009",side="server",reason="limit exceeded""#,
            ),
            (
                summary(End::HeartbeatFailed, None, None),
                r#"code="1006",side="none",reason="heartbeat failed""#,
            ),
        ] {
            metrics.closed(&summary);
            let page = metrics.page(&Admission::new(crate::config::LimitConfig::default(), 100));
            assert!(page.contains(&format!("heartwire_closes_total{{{labels}}} 1\n")), "{labels} in {page}");
        }
    }
}
