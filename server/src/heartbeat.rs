//! When to Ping and when to give up, as arithmetic on instants (RFC 6455 sections 5.5.2 and 5.5.3).

use std::time::Duration;
use tokio::time::Instant;

/// The server's heartbeat for one socket.
///
/// Any byte from the peer is proof of life, not only a Pong: a peer in the middle of a large message can't
/// answer before it ends. The owner keeps the time of the last byte and asks [`beat`](Self::beat) at
/// [`next`](Self::next); asking earlier is harmless.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    /// When the Ping that nothing has answered yet was sent.
    pinged: Option<Instant>,
    next: Option<Instant>,
}

/// What the heartbeat wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// Nothing until [`Heartbeat::next`].
    Wait,
    /// Send a Ping.
    Ping,
    /// The Ping went unanswered: drop the connection.
    Dead,
}

impl Heartbeat {
    /// A heartbeat that counts from `now`; an `interval` of zero never beats.
    pub(crate) fn new(interval: Duration, timeout: Duration, now: Instant) -> Self {
        let next = (!interval.is_zero()).then(|| now + interval);
        Self { interval, timeout, pinged: None, next }
    }

    /// When to ask next; `None` when the heartbeat is off.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.next
    }

    /// Decides at `now`, the last byte having arrived at `last_read`.
    pub(crate) fn beat(&mut self, now: Instant, last_read: Instant) -> Beat {
        if self.next.is_none_or(|next| now < next) {
            return Beat::Wait;
        }
        if let Some(pinged) = self.pinged
            && last_read < pinged
        {
            self.next = Some(pinged + self.timeout);
            return if now < pinged + self.timeout { Beat::Wait } else { Beat::Dead };
        }
        self.pinged = None;
        self.next = Some(last_read + self.interval);
        if now < last_read + self.interval {
            return Beat::Wait;
        }
        self.pinged = Some(now);
        self.next = Some(now + self.timeout);
        Beat::Ping
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(20);
    const TIMEOUT: Duration = Duration::from_secs(10);

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn silence_is_pinged_after_the_interval_and_dead_after_the_timeout() {
        let start = Instant::now();
        let mut heart = Heartbeat::new(INTERVAL, TIMEOUT, start);
        assert_eq!(heart.next(), Some(start + secs(20)));
        assert_eq!(heart.beat(start + secs(19), start), Beat::Wait);
        assert_eq!(heart.beat(start + secs(20), start), Beat::Ping);
        assert_eq!(heart.next(), Some(start + secs(30)));
        assert_eq!(heart.beat(start + secs(29), start), Beat::Wait);
        assert_eq!(heart.beat(start + secs(30), start), Beat::Dead);
    }

    #[test]
    fn an_answer_starts_the_next_quiet_interval_at_itself() {
        let start = Instant::now();
        let mut heart = Heartbeat::new(INTERVAL, TIMEOUT, start);
        assert_eq!(heart.beat(start + secs(20), start), Beat::Ping);
        let answered = start + secs(21);
        assert_eq!(heart.beat(start + secs(30), answered), Beat::Wait);
        assert_eq!(heart.next(), Some(answered + INTERVAL));
        assert_eq!(heart.beat(answered + INTERVAL, answered), Beat::Ping);
    }

    #[test]
    fn traffic_puts_the_ping_off() {
        let start = Instant::now();
        let mut heart = Heartbeat::new(INTERVAL, TIMEOUT, start);
        assert_eq!(heart.beat(start + secs(20), start + secs(15)), Beat::Wait);
        assert_eq!(heart.next(), Some(start + secs(35)));
        assert_eq!(heart.beat(start + secs(35), start + secs(15)), Beat::Ping);
    }

    #[test]
    fn a_timer_far_past_its_deadline_pings_before_it_gives_up() {
        let start = Instant::now();
        let mut heart = Heartbeat::new(INTERVAL, TIMEOUT, start);
        assert_eq!(heart.beat(start + secs(3600), start), Beat::Ping);
        assert_eq!(heart.beat(start + secs(3610), start), Beat::Dead);
    }

    #[test]
    fn an_interval_of_zero_never_beats() {
        let start = Instant::now();
        let mut heart = Heartbeat::new(Duration::ZERO, TIMEOUT, start);
        assert_eq!(heart.next(), None);
        assert_eq!(heart.beat(start + secs(3600), start), Beat::Wait);
    }
}
