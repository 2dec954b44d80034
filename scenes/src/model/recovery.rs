//! What became of each loss of the connection, and when.

use std::collections::VecDeque;
use std::time::Duration;

/// So many losses are remembered.
const MOST: usize = 20;
/// The timeline shows so much.
pub const SHOWN: Duration = Duration::from_secs(60);

/// What a scene has made of its losses, counted since it began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages that were missed and came later.
    pub replayed: u64,
    /// Own messages that waited, or whose answer was lost, and went over the next connection.
    pub resent: u64,
    /// Messages that were missed and do not come.
    pub lost: u64,
    /// Own messages that may have arrived or not.
    pub unknown: u64,
    /// Ticks of a market or a game that went by: what came next was newer than all of them.
    pub skipped: u64,
    /// Times that a market or a game had begun anew meanwhile: both end with the last who is there.
    pub anew: u64,
}

/// One loss of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When it began.
    pub began: Duration,
    /// The person did it.
    pub cut: bool,
    /// The code of the Close.
    pub code: u16,
    /// Attempts that came to nothing.
    pub failures: u32,
    /// When there was a connection again.
    pub back: Option<Duration>,
    /// When everything was made up for.
    pub whole: Option<Duration>,
    /// What was, or could not be.
    pub tally: Tally,
    before: Tally,
}

/// All losses of a scene's connection, the latest last.
#[derive(Debug, Default)]
pub struct Recovery {
    outages: VecDeque<Outage>,
    /// Since when there is a connection, the first one.
    since: Option<Duration>,
}

/// A part of the timeline, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Its left end.
    pub from: f64,
    /// Its right end.
    pub to: f64,
    /// What there was.
    pub state: State,
}

/// How a connection was for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There was one.
    Open,
    /// There was none.
    Away,
    /// There was one, and what was missed was on its way.
    Catching,
}

impl Tally {
    /// Who was away at one tick comes back at another.
    pub fn skip(&mut self, before: u64, tick: u64) {
        match tick.checked_sub(before) {
            Some(skipped) => self.skipped += skipped,
            None => self.anew += 1,
        }
    }

    fn since(self, before: Tally) -> Tally {
        Tally {
            replayed: self.replayed - before.replayed,
            resent: self.resent - before.resent,
            lost: self.lost - before.lost,
            unknown: self.unknown - before.unknown,
            skipped: self.skipped - before.skipped,
            anew: self.anew - before.anew,
        }
    }
}

impl Recovery {
    /// There is a connection.
    pub fn opened(&mut self, now: Duration) {
        self.since.get_or_insert(now);
        if let Some(outage) = self.outages.back_mut() {
            outage.back.get_or_insert(now);
        }
    }

    /// The connection is gone.
    pub fn lost(&mut self, now: Duration, cut: bool, code: u16, tally: Tally) {
        // What came until here belongs to the one before.
        self.look(now, tally, true);
        if self.outages.len() == MOST {
            self.outages.pop_front();
        }
        self.outages.push_back(Outage {
            began: now,
            cut,
            code,
            failures: 0,
            back: None,
            whole: None,
            tally: Tally::default(),
            before: tally,
        });
    }

    /// An attempt came to nothing.
    pub fn failed(&mut self) {
        if let Some(outage) = self.outages.back_mut().filter(|outage| outage.back.is_none()) {
            outage.failures += 1;
        }
    }

    /// The scene has come so far.
    pub fn look(&mut self, now: Duration, tally: Tally, is_caught_up: bool) {
        if let Some(outage) = self.outages.back_mut().filter(|outage| outage.whole.is_none()) {
            outage.tally = tally.since(outage.before);
            if is_caught_up && outage.back.is_some() {
                outage.whole = Some(now);
            }
        }
    }

    /// The losses, the latest first.
    pub fn outages(&self) -> impl Iterator<Item = &Outage> {
        self.outages.iter().rev()
    }

    /// The latest [`SHOWN`], from left to right.
    pub fn spans(&self, now: Duration) -> Vec<Span> {
        let start = now.saturating_sub(SHOWN);
        let place = |time: Duration| {
            let behind = now.saturating_sub(time.max(start));
            1.0 - behind.as_secs_f64() / SHOWN.as_secs_f64()
        };
        let mut spans = Vec::new();
        let mut put = |from: Duration, to: Duration, state| {
            if to > start && to > from {
                spans.push(Span { from: place(from), to: place(to), state });
            }
        };
        let Some(mut open) = self.since else { return Vec::new() };
        for outage in &self.outages {
            put(open, outage.began, State::Open);
            let back = outage.back.unwrap_or(now);
            put(outage.began, back, State::Away);
            open = outage.whole.unwrap_or(now).max(back);
            put(back, open, State::Catching);
        }
        put(open, now, State::Open);
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_loss_is_over_once_all_is_made_up_for() {
        let mut recovery = Recovery::default();
        recovery.opened(seconds(1));
        let tally = |replayed, resent| Tally { replayed, resent, ..Tally::default() };
        recovery.lost(seconds(10), true, 1006, tally(5, 1));
        recovery.failed();
        recovery.look(seconds(11), tally(5, 1), true);
        assert_eq!(recovery.outages().next().unwrap().whole, None, "there is no connection");
        recovery.opened(seconds(12));
        recovery.look(seconds(13), tally(7, 1), false);
        recovery.look(seconds(14), tally(8, 2), true);
        recovery.look(seconds(20), tally(9, 2), true);
        let outage = recovery.outages().next().unwrap();
        assert_eq!((outage.failures, outage.back, outage.whole), (1, Some(seconds(12)), Some(seconds(14))));
        assert_eq!(outage.tally, tally(3, 1), "what comes later was not missed");
    }

    #[test]
    fn the_timeline_shows_a_minute_from_the_first_connection_on() {
        let mut recovery = Recovery::default();
        assert_eq!(recovery.spans(seconds(5)), []);
        recovery.opened(seconds(30));
        recovery.lost(seconds(60), false, 1006, Tally::default());
        recovery.opened(seconds(75));
        recovery.look(seconds(90), Tally::default(), true);
        let span = |from, to, state| Span { from, to, state };
        assert_eq!(
            recovery.spans(seconds(120)),
            [span(0.0, 0.25, State::Away), span(0.25, 0.5, State::Catching), span(0.5, 1.0, State::Open)]
        );
        assert_eq!(recovery.spans(seconds(400)), [span(0.0, 1.0, State::Open)]);
    }

    #[test]
    fn losses_are_bounded() {
        let mut recovery = Recovery::default();
        for number in 0..100 {
            recovery.lost(seconds(number), false, 1006, Tally::default());
            recovery.opened(seconds(number));
        }
        assert_eq!(recovery.outages().count(), MOST);
    }
}
