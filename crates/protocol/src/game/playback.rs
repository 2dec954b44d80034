//! Snapshots on their way to the screen: shown a little after they came, so that there are two to move between.

use std::collections::VecDeque;
use std::time::Duration;

use super::TICK;
use super::body::{Body, SUB};
use super::message::{PlayerState, Snapshot};

/// Snapshots that are kept: more than a second of them.
const KEPT: usize = 48;
/// Arrivals that are looked at to tell how much delays vary: 2 s of them.
const ARRIVALS: usize = 80;
/// A tick, in microseconds.
const TICK_MICROS: i64 = TICK.as_micros() as i64;
/// The clock of what is shown goes faster or slower by at most a 16th.
const SLEW: i64 = 16;
/// Being further off than this, in microseconds, it is set anew.
const MAX_OFF: i64 = 500_000;
/// For so many ticks a puck is moved on that no snapshot tells of.
const MAX_GUESSED: f32 = 4.0;
/// A puck that comes further than this in a tick, in units, did not move there.
const JUMP: f32 = 100.0;

/// What is shown of the others.
#[derive(Debug, Default)]
pub(super) struct Playback {
    /// In order.
    snapshots: VecDeque<Snapshot>,
    /// How far behind their tick the latest ones came, in microseconds, all by the same amount too much or too little.
    lateness: VecDeque<i64>,
    /// How far what is shown is behind the clock, in the same measure, and when that was.
    behind: Option<(i64, Duration)>,
}

/// A puck between two ticks, in units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) state: PlayerState,
    pub(super) x: f32,
    pub(super) y: f32,
}

impl Playback {
    /// Takes a snapshot. Whether it is newer than all before.
    pub(super) fn receive(&mut self, snapshot: &Snapshot, now: Duration) -> bool {
        if self.latest().is_some_and(|latest| latest.tick >= snapshot.tick) {
            return false;
        }
        if self.snapshots.len() >= KEPT {
            self.snapshots.pop_front();
        }
        self.snapshots.push_back(snapshot.clone());
        if self.lateness.len() >= ARRIVALS {
            self.lateness.pop_front();
        }
        self.lateness.push_back(micros(now) - i64::from(snapshot.tick) * TICK_MICROS);
        true
    }

    /// The newest one.
    pub(super) fn latest(&self) -> Option<&Snapshot> {
        self.snapshots.back()
    }

    /// How long after the fastest snapshots came the others are shown.
    pub(super) fn delay(&self) -> Duration {
        let fastest = self.lateness.iter().min();
        let delay = self.behind.zip(fastest).map_or(0, |((behind, _), fastest)| behind - fastest);
        Duration::from_micros(delay.max(0).unsigned_abs())
    }

    /// Where everybody is to be seen.
    pub(super) fn show(&mut self, now: Duration) -> Vec<Place> {
        let Some(slowest) = self.lateness.iter().max() else { return Vec::new() };
        // By this time the next snapshot has come, however slow it was.
        let wanted = slowest + TICK_MICROS;
        let behind = match self.behind {
            Some((behind, at)) if (wanted - behind).abs() <= MAX_OFF => {
                let most = micros(now.saturating_sub(at)) / SLEW;
                behind + (wanted - behind).clamp(-most, most)
            }
            _ => wanted,
        };
        self.behind = Some((behind, now));
        let shown = micros(now) - behind;
        let later =
            self.snapshots.partition_point(|snapshot| i64::from(snapshot.tick) * TICK_MICROS <= shown);
        // The first one stands until its time has come.
        let later = later.max(1);
        let (Some(from), to) = (self.snapshots.get(later - 1), self.snapshots.get(later)) else {
            return Vec::new();
        };
        let since = (shown - i64::from(from.tick) * TICK_MICROS).max(0) as f32 / TICK_MICROS as f32;
        let place = |state: &PlayerState| {
            let (x, y) = units(&state.body);
            let next = to.and_then(|to| to.players.iter().find(|next| next.slot == state.slot));
            let (dx, dy) = match (to, next) {
                (Some(to), Some(next)) => {
                    let (there_x, there_y) = units(&next.body);
                    let ticks = (to.tick - from.tick) as f32;
                    let (dx, dy) = (there_x - x, there_y - y);
                    let moved = dx.hypot(dy) <= JUMP * ticks;
                    let part = if moved { since / ticks } else { 0.0 };
                    (dx * part, dy * part)
                }
                (Some(_), None) => (0.0, 0.0),
                (None, _) => {
                    let ticks = since.min(MAX_GUESSED) / SUB as f32;
                    (state.body.vx as f32 * ticks, state.body.vy as f32 * ticks)
                }
            };
            Place { state: *state, x: x + dx, y: y + dy }
        };
        from.players.iter().map(place).collect()
    }
}

/// Where a puck is, in units.
pub(super) fn units(body: &Body) -> (f32, f32) {
    (body.x as f32 / SUB as f32, body.y as f32 / SUB as f32)
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(tick: u32) -> Snapshot {
        let body = Body { vx: 64, ..Body::at(tick as i32 * 64, 1_000) };
        Snapshot {
            tick,
            players: vec![PlayerState { body, ..PlayerState::default() }],
            ..Snapshot::default()
        }
    }

    #[test]
    fn what_comes_unevenly_is_shown_evenly() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut playback = Playback::default();
        let arrivals: Vec<_> = (0..400u32)
            .scan(0, |latest, tick| {
                *latest = u64::from(tick * 25 + random.u32(100..200)).max(*latest);
                Some((tick, Duration::from_millis(*latest)))
            })
            .collect();
        let (mut arrivals, mut seen) = (arrivals.into_iter().peekable(), Vec::new());
        for now in (0..10_000).step_by(10).map(Duration::from_millis) {
            while let Some((tick, at)) = arrivals.next_if(|(_, at)| *at <= now) {
                playback.receive(&snapshot(tick), at);
            }
            if now >= Duration::from_secs(3) {
                seen.push(playback.show(now)[0].x);
            }
        }
        let steps = seen.windows(2).map(|pair| pair[1] - pair[0]);
        // 2 units a tick are 0.8 in 10 ms, and the clock may go a 16th faster or slower.
        for step in steps {
            assert!((0.74..=0.86).contains(&step), "{step}");
        }
        assert!((100..=130).contains(&playback.delay().as_millis()), "{:?}", playback.delay());
    }

    #[test]
    fn without_snapshots_it_goes_on_for_a_moment() {
        let mut playback = Playback::default();
        assert_eq!(playback.show(Duration::ZERO), []);
        playback.receive(&snapshot(100), Duration::from_secs(1));
        assert!(!playback.receive(&snapshot(99), Duration::from_secs(1)), "it is late");
        let mut shown = |millis| playback.show(Duration::from_millis(millis))[0].x;
        assert_eq!([shown(1_000), shown(1_025), shown(1_050), shown(9_000)], [200.0, 200.0, 202.0, 208.0]);
    }
}
