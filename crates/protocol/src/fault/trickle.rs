use std::time::Duration;

use super::TricklePace;

/// Bytes on their way, a few at a time.
#[derive(Clone, Debug)]
pub struct Trickle {
    bytes: Vec<u8>,
    sent: usize,
    pace: TricklePace,
    due: Duration,
}

impl Trickle {
    /// Begins at `now` with `bytes`, which are sent whatever their meaning.
    #[must_use]
    pub fn new(bytes: Vec<u8>, pace: TricklePace, now: Duration) -> Trickle {
        Trickle { bytes, sent: 0, pace, due: now }
    }

    /// How long so many bytes take from the first write to the last.
    #[must_use]
    pub fn time_for(pace: TricklePace, bytes: usize) -> Duration {
        let writes = bytes.div_ceil(pace.bytes.max(1) as usize).saturating_sub(1);
        pace.every.saturating_mul(u32::try_from(writes).unwrap_or(u32::MAX))
    }

    /// The next write that is due, until there is none.
    pub fn poll(&mut self, now: Duration) -> Option<&[u8]> {
        if self.is_done() || now < self.due {
            return None;
        }
        self.due += self.pace.every;
        let start = self.sent;
        self.sent = self.bytes.len().min(start + self.pace.bytes.max(1) as usize);
        Some(&self.bytes[start..self.sent])
    }

    /// When [`poll`](Self::poll) has something, unless all is sent.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        (!self.is_done()).then_some(self.due)
    }

    /// Whether all is sent.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// All that is not sent yet.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_bytes_at_a_time() {
        let pace = TricklePace { bytes: 2, every: Duration::from_millis(10) };
        let mut trickle = Trickle::new(b"abcde".to_vec(), pace, Duration::ZERO);
        let mut writes = Vec::new();
        while let Some(due) = trickle.next_timeout() {
            if let Some(early) = due.checked_sub(Duration::from_micros(1)) {
                assert_eq!(trickle.poll(early), None);
            }
            while let Some(bytes) = trickle.poll(due) {
                writes.push((due.as_millis(), bytes.to_vec()));
            }
        }
        assert_eq!(writes, [(0, b"ab".to_vec()), (10, b"cd".to_vec()), (20, b"e".to_vec())]);
        assert_eq!(Trickle::time_for(pace, 5), Duration::from_millis(20));
        assert!(trickle.is_done() && trickle.rest().is_empty());
    }
}
