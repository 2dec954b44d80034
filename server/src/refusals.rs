//! Who is turned away and why, in the log: with what would help, however many there are.

use crate::admission::Refusal;
use http::StatusCode;
use socket::wire::handshake::RejectReason;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

/// So many refusals for one reason are logged one by one within [`WINDOW`]; of further ones, their number.
const LINES: u32 = 5;
/// How long refusals for one reason are counted together.
const WINDOW: Duration = Duration::from_secs(10);
/// The longest explanation that is logged, in bytes: it can hold what the peer sent.
const MAX_TEXT: usize = 400;

/// Why a connection or a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The server is full.
    Full,
    /// The client has enough connections.
    AddressLimit,
    /// A page that may not connect.
    Origin,
    /// A name that is not known to be the server's.
    Host,
    /// Metrics, for somebody they are not for.
    Metrics,
    /// Steering without the token.
    Token,
    /// A method that the resource doesn't have.
    Method,
    /// An ordinary request where only a WebSocket will do.
    NotAnUpgrade,
    /// A WebSocket of a version other than 13.
    Version,
    /// What is no good HTTP, or no good handshake.
    Malformed,
    /// Parameters that can't be followed.
    Parameters,
    /// A request whose head is larger than allowed.
    HeadSize,
    /// A request whose head did not come in time.
    SlowHead,
    /// An answer that was not taken in time.
    SlowReader,
    /// No TLS came about.
    Tls,
    /// The target behind a relay is not to be had.
    Target,
    /// Relaying, for somebody it is not for.
    Relay,
    /// A handshake whose URL asks to be refused.
    Fault,
}

/// What may still be logged.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    budgets: [Mutex<Budget>; Reason::ALL.len()],
}

/// What may still be logged for one reason.
#[derive(Debug, Default)]
struct Budget {
    /// When the window at hand began.
    began: Option<Instant>,
    logged: u32,
    suppressed: u64,
}

/// What is to be done about one refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Log,
    /// The first that is suppressed in its window: their number is due at this time.
    CountUntil(Instant),
    Count,
}

/// Cuts off what is written to it beyond [`MAX_TEXT`] bytes.
struct Clipped(String);

impl Refusals {
    /// Logs a refusal of `peer`, or sees to it that it is in a number that is logged. `answer` is what the peer is told,
    /// unless it just gets hung up on.
    pub(crate) fn log(
        self: &Arc<Self>,
        reason: Reason,
        peer: &dyn fmt::Display,
        answer: Option<StatusCode>,
        explanation: &dyn fmt::Display,
    ) {
        let verdict = self.budget(reason).spend(Instant::now());
        let name = reason.as_str();
        match verdict {
            Verdict::Log => {
                let mut detail = Clipped(String::new());
                // It says when it has enough.
                let _ = write!(detail, "{explanation}");
                let (detail, status) = (detail.0, answer.map(|status| status.as_u16()));
                if reason.is_the_operators() {
                    warn!(%peer, reason = name, status, detail, "refused");
                } else {
                    info!(%peer, reason = name, status, detail, "refused");
                }
            }
            Verdict::CountUntil(end) => {
                let refusals = Arc::clone(self);
                tokio::spawn(async move {
                    sleep_until(end).await;
                    let more = std::mem::take(&mut *refusals.budget(reason)).suppressed;
                    warn!(reason = name, more, seconds = WINDOW.as_secs(), "refused, not logged one by one");
                });
            }
            Verdict::Count => {}
        }
    }

    fn budget(&self, reason: Reason) -> MutexGuard<'_, Budget> {
        self.budgets[reason as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget {
    fn spend(&mut self, now: Instant) -> Verdict {
        let end = match self.began {
            // While some are suppressed, the window ends when they have been told of.
            Some(began) if self.suppressed > 0 || now < began + WINDOW => began + WINDOW,
            _ => {
                *self = Self { began: Some(now), ..Self::default() };
                now + WINDOW
            }
        };
        if self.logged < LINES {
            self.logged += 1;
            return Verdict::Log;
        }
        self.suppressed += 1;
        if self.suppressed == 1 { Verdict::CountUntil(end) } else { Verdict::Count }
    }
}

impl Reason {
    /// All there are, in their order.
    const ALL: [Self; 18] = [
        Self::Full,
        Self::AddressLimit,
        Self::Origin,
        Self::Host,
        Self::Metrics,
        Self::Token,
        Self::Method,
        Self::NotAnUpgrade,
        Self::Version,
        Self::Malformed,
        Self::Parameters,
        Self::HeadSize,
        Self::SlowHead,
        Self::SlowReader,
        Self::Tls,
        Self::Target,
        Self::Relay,
        Self::Fault,
    ];

    /// In words, as the log and the metrics have it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::AddressLimit => "address limit",
            Self::Origin => "origin",
            Self::Host => "host",
            Self::Metrics => "metrics",
            Self::Token => "token",
            Self::Method => "method",
            Self::NotAnUpgrade => "not an upgrade",
            Self::Version => "version",
            Self::Malformed => "malformed",
            Self::Parameters => "parameters",
            Self::HeadSize => "head size",
            Self::SlowHead => "slow head",
            Self::SlowReader => "slow reader",
            Self::Tls => "tls",
            Self::Target => "target",
            Self::Relay => "relay",
            Self::Fault => "fault",
        }
    }

    /// Whether the server's settings, rather than the client, are what most likely has to change.
    const fn is_the_operators(self) -> bool {
        matches!(
            self,
            Self::Full
                | Self::AddressLimit
                | Self::Origin
                | Self::Host
                | Self::Metrics
                | Self::Token
                | Self::Relay
        )
    }
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Full => Self::Full,
            Refusal::Address => Self::AddressLimit,
        }
    }
}

impl From<RejectReason> for Reason {
    fn from(reason: RejectReason) -> Self {
        match reason {
            RejectReason::Method => Self::Method,
            RejectReason::NotAnUpgrade => Self::NotAnUpgrade,
            RejectReason::UnsupportedVersion => Self::Version,
            RejectReason::Origin => Self::Origin,
            _ => Self::Malformed,
        }
    }
}

impl fmt::Write for Clipped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MAX_TEXT - self.0.len();
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        self.0.push('…');
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_budget() {
        for (number, reason) in Reason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, number, "{}", reason.as_str());
        }
    }

    #[test]
    fn a_flood_is_a_few_lines_and_one_number() {
        let mut budget = Budget::default();
        let began = Instant::now();
        for _ in 0..LINES {
            assert_eq!(budget.spend(began), Verdict::Log);
        }
        let later = began + WINDOW / 2;
        assert_eq!(budget.spend(later), Verdict::CountUntil(began + WINDOW));
        assert_eq!(budget.spend(later), Verdict::Count);
        // Until they have been told of, all are counted together.
        assert_eq!(budget.spend(began + WINDOW * 2), Verdict::Count);
        assert_eq!(std::mem::take(&mut budget).suppressed, 3);
        assert_eq!(budget.spend(began + WINDOW * 2), Verdict::Log);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_logged_one_by_one_is_told_of_once() {
        let refusals = Arc::new(Refusals::default());
        for _ in 0..LINES + 7 {
            refusals.log(Reason::Full, &"somebody", None, &"no room");
        }
        assert_eq!(refusals.budget(Reason::Full).suppressed, 7);
        assert_eq!(refusals.budget(Reason::Origin).logged, 0, "each reason for itself");
        tokio::time::sleep(WINDOW + Duration::from_millis(1)).await;
        let budget = refusals.budget(Reason::Full);
        assert_eq!((budget.began, budget.logged, budget.suppressed), (None, 0, 0));
    }

    #[test]
    fn now_and_then_all_are_logged() {
        let (mut budget, began) = (Budget::default(), Instant::now());
        for number in 0..100 {
            assert_eq!(budget.spend(began + WINDOW / LINES * number), Verdict::Log, "{number}");
        }
    }

    #[test]
    fn what_peers_send_is_cut_off() {
        let mut detail = Clipped(String::new());
        assert!(write!(detail, "origin {} is", "ä".repeat(MAX_TEXT)).is_err());
        assert!(
            detail.0.len() <= MAX_TEXT + '…'.len_utf8() && detail.0.starts_with("origin ää"),
            "{}",
            detail.0
        );
    }
}
