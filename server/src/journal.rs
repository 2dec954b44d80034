//! What is logged of a socket: that it opened, and the one line that says why it ended. Never a payload.

use crate::admission::Client;
use socket::wire::{CloseCode, Counts, End, Summary};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::Instant;
use tracing::{debug, info};

/// One socket's entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    id: u64,
    opened: Instant,
}

/// The reason's second half: what the peer said, or what was said to it and why.
struct Detail<'a>(&'a Summary);

impl Entry {
    /// Logs a socket whose handshake was accepted. Ids count up from 1 in this process.
    pub(crate) fn open(client: Client) -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
        debug!(conn = id, peer = %client, "socket opened");
        Self { id, opened: Instant::now() }
    }

    /// Logs how it ended.
    pub(crate) fn ended(&self, client: Client, summary: &Summary) {
        self.log(client, summary.end.as_str(), &Detail(summary), &summary.counts);
    }

    /// Logs a socket that never saw its end, because this server ends or fails; says which of the two.
    pub(crate) fn cut_off(&self, client: Client) -> End {
        let (end, reason, detail) = match std::thread::panicking() {
            true => (End::SendFailed, "panic", "this server's fault"),
            false => (End::Shutdown, End::Shutdown.as_str(), "cut off"),
        };
        self.log(client, reason, &detail, &Counts::default());
        end
    }

    /// Logs a client that left before it got its 101.
    pub(crate) fn never_upgraded(&self, client: Client, error: &std::io::Error) {
        self.log(client, End::SendFailed.as_str(), error, &Counts::default());
    }

    fn log(&self, client: Client, reason: &str, detail: &dyn fmt::Display, counts: &Counts) {
        info!(
            conn = self.id,
            peer = %client,
            reason,
            %detail,
            seconds = format_args!("{:.3}", self.opened.elapsed().as_secs_f64()),
            messages_in = counts.messages_in,
            bytes_in = counts.payload_in,
            messages_out = counts.messages_out,
            bytes_out = counts.payload_out,
            wire_bytes_in = counts.wire_in,
            wire_bytes_out = counts.wire_out,
            "socket ended"
        );
    }
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { end, cause, close_sent, close_received, .. } = self.0;
        match (end, close_received) {
            (End::PeerClosed, Some(Some(CloseCode(code)))) => return write!(f, "received {code}"),
            (End::PeerClosed, _) => return f.write_str("received no code"),
            _ => {}
        }
        if let Some(cause) = cause {
            cause.fmt(f)?;
        }
        match close_sent {
            Some(Some(CloseCode(code))) => {
                f.write_str(if cause.is_some() { "; " } else { "" })?;
                write!(f, "closed with {code}")
            }
            Some(None) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket::wire::{Cause, Failure, FailureKind};

    fn detail(end: End, cause: Option<Cause>, sent: Option<u16>, received: Option<Option<u16>>) -> String {
        let summary = Summary {
            end,
            cause,
            close_sent: sent.map(|code| Some(CloseCode(code))),
            close_received: received.map(|code| code.map(CloseCode)),
            unsent: 0,
            counts: Counts::default(),
        };
        Detail(&summary).to_string()
    }

    #[test]
    fn each_end_says_what_happened() {
        assert_eq!(detail(End::PeerClosed, None, Some(1000), Some(Some(1000))), "received 1000");
        assert_eq!(detail(End::PeerClosed, None, None, Some(None)), "received no code");
        assert_eq!(detail(End::Shutdown, None, Some(1012), Some(Some(1012))), "closed with 1012");
        assert_eq!(
            detail(End::ReceiveFailed, Some(Cause::Eof), None, None),
            "the peer closed TCP without a Close frame"
        );
        let failure = Cause::Protocol(Failure::new(FailureKind::InvalidUtf8));
        assert_eq!(
            detail(End::ReceiveFailed, Some(failure), Some(1007), None),
            "a text message is not UTF-8 (RFC 6455 §8.1); closed with 1007"
        );
    }
}
