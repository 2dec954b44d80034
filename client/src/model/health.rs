//! How a connection has been doing over the last minutes.

use link::{Event, Phase, Stats, Time};
use workbench::series::{Bounds, Rates, Series, Timeline, Totals};
use workbench::time::Micros;

/// How far back the health of a connection is remembered, in microseconds.
pub const REMEMBERED_MICROS: u64 = 15 * 60 * 1_000_000;

/// The stretches of time that are shown, in microseconds: the first that holds all there is.
const WINDOWS_MICROS: [u64; 2] = [60 * 1_000_000, 5 * 60 * 1_000_000];

/// Where the link's clock begins on the clock of the series, so that a window may reach back further than that.
const BEGINNING_MICROS: u64 = 2 * REMEMBERED_MICROS;

/// Seconds for which the traffic of each is remembered.
pub const RATE_SECONDS: usize = 180;

/// Changes of phase that are remembered; a server that refuses at once makes a few each second.
const PHASE_CHANGES: usize = 2000;

/// Round trips that are remembered one by one: 15 minutes of a heartbeat every 110 ms.
const ROUND_TRIPS: usize = 8192;

/// A [`Phase`] without its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Not opened yet.
    Idle,
    /// A socket is being opened.
    Connecting,
    /// The socket is open.
    Open,
    /// The closing handshake is under way.
    Closing,
    /// Between two attempts.
    Waiting,
    /// Without a network.
    Offline,
    /// Put away with the page.
    Suspended,
    /// At rest.
    Closed,
}

/// What is remembered of a connection's health. Times are those of the link's clock.
#[derive(Clone, Debug)]
pub struct Health {
    stages: Timeline<Stage>,
    round_trips: Series,
    rates: Rates,
    /// Since when the connection was watched with something to see.
    since: Micros,
    reconnects: u64,
    /// The connection ended against the person's will and has not come back.
    lost: bool,
}

impl Stage {
    /// Each stage, in the order in which a connection lives through them.
    pub const ALL: [Stage; 8] = [
        Stage::Idle,
        Stage::Connecting,
        Stage::Open,
        Stage::Closing,
        Stage::Closed,
        Stage::Waiting,
        Stage::Offline,
        Stage::Suspended,
    ];

    /// The stage of a phase.
    pub fn of(phase: Phase) -> Stage {
        match phase {
            Phase::Idle => Stage::Idle,
            Phase::Connecting { .. } => Stage::Connecting,
            Phase::Open => Stage::Open,
            Phase::Closing => Stage::Closing,
            Phase::Waiting { .. } => Stage::Waiting,
            Phase::Offline { .. } => Stage::Offline,
            Phase::Suspended { .. } => Stage::Suspended,
            Phase::Closed(_) => Stage::Closed,
        }
    }

    /// For attributes and style sheets: the same words as [`Phase::name`].
    pub fn slug(self) -> &'static str {
        match self {
            Stage::Idle => "idle",
            Stage::Connecting => "connecting",
            Stage::Open => "open",
            Stage::Closing => "closing",
            Stage::Waiting => "waiting",
            Stage::Offline => "offline",
            Stage::Suspended => "suspended",
            Stage::Closed => "closed",
        }
    }
}

impl Health {
    /// Nothing has happened yet.
    pub fn new(now: Time) -> Health {
        Health {
            stages: Timeline::new(micros(now), Stage::Idle, PHASE_CHANGES, REMEMBERED_MICROS),
            round_trips: Series::new(Bounds {
                exact: ROUND_TRIPS,
                folded: 2048,
                age_micros: REMEMBERED_MICROS,
            }),
            rates: Rates::new(RATE_SECONDS),
            since: micros(now),
            reconnects: 0,
            lost: false,
        }
    }

    /// Takes note of what the link reports. Messages go by unseen, and without a look at the clock:
    /// [`Health::count`] counts them.
    pub fn event(&mut self, now: impl Fn() -> Time, event: &Event) {
        match event {
            Event::PhaseChanged(phase) => {
                self.lost &= !phase.is_final();
                if self.stages.present().is_some_and(|(_, stage)| stage == Stage::Idle) {
                    self.since = micros(now());
                }
                self.stages.enter(micros(now()), Stage::of(*phase));
            }
            Event::Connected { .. } => self.reconnects += u64::from(std::mem::take(&mut self.lost)),
            Event::HeartbeatAnswered { rtt: Some(rtt) } => {
                self.round_trips.push(micros(now()), rtt.as_secs_f64() * 1000.0);
            }
            Event::Disconnected { open_for, .. } => {
                self.lost |= open_for.is_some();
                self.round_trips.interrupt();
            }
            Event::HeartbeatMissed { .. } => self.round_trips.interrupt(),
            _ => {}
        }
    }

    /// Counts what the link's counters have grown by for the present second.
    pub fn count(&mut self, now: Time, stats: &Stats) {
        self.rates.observe(micros(now), totals(stats));
    }

    /// The stretch of time to show up to `now`: one minute at first, then five.
    pub fn window(&self, now: Time) -> (Micros, Micros) {
        let to = micros(now);
        let known = to.0 - self.since.0.min(to.0);
        let window = WINDOWS_MICROS.into_iter().find(|window| known <= *window).unwrap_or(WINDOWS_MICROS[1]);
        (Micros(to.0 - window), to)
    }

    /// The stages of the last minutes.
    pub fn stages(&self) -> &Timeline<Stage> {
        &self.stages
    }

    /// Round trips of heartbeats, in milliseconds.
    pub fn round_trips(&self) -> &Series {
        &self.round_trips
    }

    /// How often a connection that was lost came back by itself or was replaced.
    pub fn reconnects(&self) -> u64 {
        self.reconnects
    }

    /// The traffic of the last minutes, heartbeats included.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }
}

/// The link's counters as traffic each way, whoever caused it.
pub fn totals(stats: &Stats) -> Totals {
    Totals {
        messages_in: stats.messages_received,
        bytes_in: stats.bytes_received,
        messages_out: stats.messages_sent + stats.heartbeats_sent + stats.openings_sent + stats.sent_now,
        bytes_out: stats.bytes_sent,
    }
}

/// A time of the link's clock as the series count it.
pub fn micros(time: Time) -> Micros {
    Micros(Micros::from_millis(time.as_millis_f64()).0.saturating_add(BEGINNING_MICROS))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use link::{Close, Config, Link, MessageRef, SocketId};

    use super::*;

    fn at(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn drain(link: &mut Link, health: &mut Health, now: Time) {
        while link.poll_action().is_some() {}
        while let Some(event) = link.poll_event() {
            health.event(|| now, &event);
        }
        health.count(now, &link.stats());
    }

    #[test]
    fn a_connection_that_is_lost_and_waits() {
        let mut link = Link::new(Config::default(), 1, at(0));
        let mut health = Health::new(at(0));
        link.open(at(1000));
        drain(&mut link, &mut health, at(1000));
        link.handle_open(at(1200), SocketId(1));
        drain(&mut link, &mut health, at(1200));
        link.handle_message(at(1500), SocketId(1), MessageRef::Text("hello"));
        drain(&mut link, &mut health, at(1500));
        link.handle_close(at(3000), SocketId(1), Close::abnormal());
        drain(&mut link, &mut health, at(3000));
        let spans: Vec<(Stage, u64)> = health
            .stages()
            .spans(micros(at(0)), micros(at(3500)))
            .map(|span| (span.state, span.micros() / 1000))
            .collect();
        assert_eq!(
            spans,
            [(Stage::Idle, 1000), (Stage::Connecting, 200), (Stage::Open, 1800), (Stage::Waiting, 500)]
        );
        link.open(at(3500));
        drain(&mut link, &mut health, at(3500));
        link.handle_open(at(3500), SocketId(2));
        drain(&mut link, &mut health, at(3500));
        assert_eq!(health.reconnects(), 1, "the first connection is none");
        let rates: Vec<(u64, u64)> = health
            .rates()
            .last(micros(at(3500)), 2)
            .map(|second| (second.messages_in, second.bytes_in))
            .collect();
        assert_eq!(rates, [(1, 5), (0, 0)]);
    }

    #[test]
    fn the_window_widens_once_and_may_reach_back_before_the_beginning() {
        let mut health = Health::new(at(0));
        let width = |health: &Health, secs: u64| {
            let (from, to) = health.window(at(secs * 1000));
            (to.0 - from.0) / 1_000_000
        };
        assert_eq!(
            [width(&health, 0), width(&health, 60), width(&health, 61), width(&health, 9999)],
            [60, 60, 300, 300]
        );
        health.event(|| at(100_000), &Event::PhaseChanged(Phase::Connecting { attempt: 1 }));
        assert_eq!(width(&health, 160), 60, "what came before the first attempt is of no interest");
        health.event(|| at(110_000), &Event::PhaseChanged(Phase::Open));
        assert_eq!(width(&health, 161), 300);
    }

    #[test]
    fn round_trips_do_not_join_across_a_lost_connection() {
        let mut health = Health::new(at(0));
        let answered = |millis| Event::HeartbeatAnswered { rtt: Some(Duration::from_millis(millis)) };
        health.event(|| at(10), &answered(3));
        health.event(|| at(20), &Event::HeartbeatAnswered { rtt: None });
        health.event(|| at(30), &Event::HeartbeatMissed { silent_for: Duration::from_secs(1) });
        health.event(|| at(40), &answered(5));
        let all: Vec<(f64, bool)> = health
            .round_trips()
            .window(micros(at(0)), micros(at(50)))
            .map(|bucket| (bucket.last, bucket.gap))
            .collect();
        assert_eq!(all, [(3.0, false), (5.0, true)]);
    }

    #[test]
    fn stages_are_named_as_the_link_names_phases() {
        assert_eq!(Stage::of(Phase::Open).slug(), Phase::Open.name());
        let waiting = Phase::Waiting { attempt: 1, until: at(0) };
        assert_eq!(Stage::of(waiting).slug(), waiting.name());
        assert_eq!(Stage::ALL.map(Stage::slug).iter().collect::<std::collections::BTreeSet<_>>().len(), 8);
    }
}
