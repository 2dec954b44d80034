use std::cell::Cell;

use tokio::time::Instant;
use wire::{Time, Turn};

/// Turns the runtime's clock into [`Time`]s, which begin where the clock was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that begins now.
    #[must_use]
    pub fn start() -> Clock {
        Clock(Instant::now())
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Time {
        self.time(Instant::now())
    }

    /// This moment in the terms of the connections that the clock serves.
    #[must_use]
    pub fn time(&self, instant: Instant) -> Time {
        Time::from_micros(u64::try_from(instant.duration_since(self.0).as_micros()).unwrap_or(u64::MAX))
    }

    /// The other way round.
    #[must_use]
    pub fn instant(&self, time: Time) -> Instant {
        self.0 + time.since(Time::default())
    }
}

thread_local! {
    /// Taken out while a connection has its turn, so that a turn within a turn finds none and makes its own.
    static TURN: Cell<Option<Box<Turn>>> = const { Cell::new(None) };
}

/// Lends this thread's work area for the duration of `f`.
#[inline]
pub(crate) fn lend_turn<R>(f: impl FnOnce(&mut Turn) -> R) -> R {
    let mut turn = TURN.take().unwrap_or_else(|| Box::new(Turn::new(mask_key)));
    let result = f(&mut turn);
    TURN.set(Some(turn));
    result
}

/// A fresh masking key. The generator is cryptographic and seeded by the system (RFC 6455 §10.3).
pub(crate) fn mask_key() -> [u8; 4] {
    rand::random()
}
