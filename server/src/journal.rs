//! What is logged of a socket: that it opened, and the one line that says why it ended. Never a payload.

use crate::admission::Client;
use socket::wire::{CloseCode, Counts, End, Summary};
use std::fmt;
use std::num::NonZeroU64;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tracing::{debug, info};

/// One socket's entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    id: NonZeroU64,
    /// Microseconds after the first one.
    opened: u64,
}

/// When the first socket opened. A moment of its own would take every idle socket twice the memory.
static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The reason's second half: what the peer said, or what was said to it and why.
struct Detail<'a>(&'a Summary);

impl Entry {
    /// Logs a socket whose handshake was accepted. Ids count up from 1 in this process.
    pub(crate) fn open(client: Client) -> Self {
        let entry = Self::next();
        debug!(conn = entry.id, peer = %client, "socket opened");
        entry
    }

    /// Logs the connection to the target behind a client's, which is named without what may be secret in its URL.
    pub(crate) fn open_target(client: Client, target: &str) -> Self {
        let entry = Self::next();
        debug!(conn = entry.id, peer = %client, target, "target connected");
        entry
    }

    fn next() -> Self {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        let id = NonZeroU64::MIN.saturating_add(LAST_ID.fetch_add(1, Ordering::Relaxed));
        Self { id, opened: now() }
    }

    /// Logs how the connection to a target ended.
    pub(crate) fn target_ended(&self, client: Client, summary: &Summary) {
        let (reason, detail) = (summary.end.as_str(), Detail(summary));
        debug!(conn = self.id, peer = %client, reason, %detail, "target ended");
    }

    /// Its number in the log.
    pub(crate) fn number(&self) -> u64 {
        self.id.get()
    }

    /// How long ago it opened.
    pub(crate) fn age(&self) -> Duration {
        Duration::from_micros(now().saturating_sub(self.opened))
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
            seconds = format_args!("{:.3}", now().saturating_sub(self.opened) as f64 / 1e6),
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

fn now() -> u64 {
    u64::try_from(FIRST.elapsed().as_micros()).unwrap_or(u64::MAX)
}

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { end, cause, close_sent, close_received, unsent, .. } = self.0;
        match (end, close_received) {
            (End::PeerClosed, Some(Some(CloseCode(code)))) => write!(f, "received {code}")?,
            (End::PeerClosed, _) => f.write_str("received no code")?,
            _ => {
                if let Some(cause) = cause {
                    cause.fmt(f)?;
                }
                if let Some(Some(CloseCode(code))) = close_sent {
                    f.write_str(if cause.is_some() { "; " } else { "" })?;
                    write!(f, "closed with {code}")?;
                }
            }
        }
        match unsent {
            0 => Ok(()),
            bytes => write!(f, "; {bytes} bytes that waited were not taken"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket::wire::{Cause, Failure, FailureKind};

    #[test]
    fn what_was_cut_is_said() {
        let summary = Summary {
            end: End::PeerClosed,
            cause: None,
            close_sent: Some(None),
            close_received: Some(Some(CloseCode(1000))),
            unsent: 1234,
            counts: Counts::default(),
        };
        assert_eq!(Detail(&summary).to_string(), "received 1000; 1234 bytes that waited were not taken");
    }

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
