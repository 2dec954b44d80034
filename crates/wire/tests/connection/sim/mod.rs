//! Two connections, a client's and a server's, with a network between them, in simulated time.
//!
//! Like quinn-proto's pair of peers it steps to the next thing that happens: something arrives, a timer is due, somebody
//! does something. Everything follows from a seed. [`Side`] holds what is true behind every turn; the runs at the end of
//! this file what is true of a whole life.

mod network;
mod random;
mod side;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use network::{Ending, Pipe};
use random::Random;
use side::Side;
use wire::deflate::Params;
use wire::{Abort, CloseCode, ConnectionSettings, End, Limits, Role, Time, Turn, deflate};

use crate::support::{ROLES, masks, model};

const SECOND: Duration = Duration::from_secs(1);
/// After this at the latest both have ended, once one of them is to: 30 s for a closing handshake, and as much for each
/// end to notice that the other one is gone.
const LONGEST_END: Duration = Duration::from_secs(100);

/// How bad things may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weather {
    /// The network does its work, and nobody rests for long: nothing may be lost.
    Calm,
    /// Transports break or fall silent, ends are suspended for minutes, messages stay unread, connections are cut.
    Rough,
}

struct Sim {
    /// The client and the server.
    sides: [Side; 2],
    /// From the client to the server, and back.
    pipes: [Pipe; 2],
    turn: Turn,
    random: Random,
    now: Time,
    weather: Weather,
    trace: DefaultHasher,
}

impl Sim {
    fn new(seed: u64, weather: Weather) -> Sim {
        let mut random = Random::new(seed);
        let now = Time::from_micros(random.below(1 << 40) as u64);
        let compression = match random.below(3) {
            0 => None,
            1 => Some(Params::default()),
            _ => Some(Params {
                server_no_context_takeover: true,
                client_no_context_takeover: true,
                ..Params::default()
            }),
        };
        let latency = random.choose(&[Duration::ZERO, Duration::from_millis(1), Duration::from_millis(100)]);
        // A Close has to arrive in time behind all that waits.
        let slow = latency > Duration::from_millis(1) && weather == Weather::Calm;
        let capacity = random.choose(if slow { &[70_000, 1 << 20] } else { &[4000, 70_000, 1 << 20][..] });
        let mut side = |role| {
            let settings = ConnectionSettings {
                limits: Limits { message_len: 4 << 20, ..Limits::default() },
                queue_bytes: random.choose(&[1000, 70_000, 1 << 20]),
                deflate: deflate::Settings { threshold: 64, ..deflate::Settings::default() },
                ..ConnectionSettings::default()
            };
            let mut side = Side::new(role, compression, settings, now);
            side.echoes = role == Role::Server && random.one_in(2);
            side
        };
        Sim {
            sides: [side(Role::Client), side(Role::Server)],
            pipes: [0, 1].map(|_| Pipe::new(latency, capacity)),
            turn: Turn::new(masks),
            random,
            now,
            weather,
            trace: DefaultHasher::new(),
        }
    }

    /// Lives a whole life: many things happen, and then it ends.
    fn run(seed: u64, weather: Weather) -> Sim {
        let mut sim = Sim::new(seed, weather);
        let actions = 5 + sim.random.below(60);
        for _ in 0..actions {
            let pause = sim.random.choose(&[1, 100, 100, 3000]);
            let pause = sim.random.millis(pause);
            sim.pass(pause);
            sim.act();
        }
        sim.settle();
        sim
    }

    /// Something happens to one of them.
    fn act(&mut self) {
        let at = self.random.below(2);
        let what = self.random.below(100);
        (at, what, self.now.as_micros()).hash(&mut self.trace);
        let rough = self.weather == Weather::Rough;
        // In calm weather for less than it takes to give a peer up that does not answer a Close.
        let longest = if rough { 90_000 } else { 4000 };
        let may_rest = rough || self.sides.iter().all(|side| side.ending_since.is_none());
        let Sim { sides, pipes, turn, random, now, .. } = self;
        let (side, now) = (&mut sides[at], *now);
        match what {
            0..60 => (0..random.length().min(100)).for_each(|_| side.send(turn, random, now)),
            60..75 => (0..random.length().min(50)).for_each(|_| side.ping(turn, now)),
            75..87 if !may_rest => {}
            75..79 => {
                side.paused = !side.paused && random.one_in(2);
                let on = side.paused;
                side.out(turn, now).pause(on);
                // Nobody rests for ever.
                side.ready_at = now;
            }
            79..83 => side.ready_at = now + random.millis(longest),
            83..87 => side.suspended_until = now + random.millis(longest),
            87 if random.one_in(3) => self.close(at),
            88 if rough && random.one_in(3) => {
                let how = if random.one_in(2) { Abort::Fin } else { Abort::Reset };
                side.out(turn, now).abort(how, End::Shutdown, "enough");
            }
            89 if rough && random.one_in(3) => {
                pipes.iter_mut().for_each(|pipe| pipe.cut(now));
            }
            90 if rough && random.one_in(3) => pipes.iter_mut().for_each(|pipe| pipe.silent = true),
            91 if rough => {
                let settings = ConnectionSettings {
                    idle_timeout: Some(60 * SECOND),
                    ..ConnectionSettings::clone(&side.settings)
                };
                side.out(turn, now).reconfigure(settings.into());
            }
            _ => {}
        }
        // A connection gets its turn when something is to be sent, whatever else it waits for.
        self.have_turn(at);
        self.run_at_once();
    }

    fn close(&mut self, at: usize) {
        let side = &mut self.sides[at];
        let status = Some((CloseCode(4000 + at as u16), "as decided"));
        if side.out(&mut self.turn, self.now).close(status, End::Finished).is_ok() {
            side.ending_since = side.ending_since.or(Some(self.now));
            side.paused = false;
        }
        let other = &mut self.sides[1 - at];
        if self.weather == Weather::Calm && other.paused {
            other.paused = false;
            other.out(&mut self.turn, self.now).pause(false);
        }
    }

    /// All obstacles go away and, if neither has begun to, one of them closes. Then it does not take long.
    fn settle(&mut self) {
        for at in 0..2 {
            let Sim { sides, turn, now, .. } = self;
            let side = &mut sides[at];
            (side.ready_at, side.suspended_until, side.paused) = (*now, *now, false);
            side.out(turn, *now).pause(false);
            self.have_turn(at);
        }
        self.run_at_once();
        if self.weather == Weather::Calm {
            self.pass(2 * SECOND);
        }
        if self.sides.iter().all(|side| side.ending_since.is_none()) {
            let at = self.random.below(2);
            self.close(at);
            self.have_turn(at);
            self.run_at_once();
        }
        let begin = self.now;
        while !self.sides.iter().all(Side::is_done) {
            assert!(
                self.now.since(begin) < LONGEST_END,
                "it does not end: {:#?}",
                self.sides.each_ref().map(|side| &side.connection)
            );
            let next = self.next().expect("what has not ended waits for something");
            self.pass(next.since(self.now));
        }
    }

    fn have_turn(&mut self, at: usize) {
        let Sim { sides, pipes, turn, random, now, .. } = self;
        let [to_server, to_client] = pipes;
        let (input, output) = if at == 0 { (to_client, to_server) } else { (to_server, to_client) };
        let side = &mut sides[at];
        side.have_turn(turn, input, output, random, *now);
        if output.reader_gone && !side.is_done() && output.next().is_some() {
            // Whoever writes to a peer that is gone gets a reset.
            input.end(Ending::Reset, *now + output.latency);
        }
        (at, side.output.len(), side.bytes_read, side.received.len()).hash(&mut self.trace);
    }

    /// Turns, until nobody can do anything at this moment.
    fn run_at_once(&mut self) {
        for turns in 0.. {
            assert!(turns < 100_000, "a spin");
            self.pipes.iter_mut().for_each(|pipe| pipe.advance(self.now));
            let first = self.random.below(2);
            let runnable = |at: &usize| {
                let [to_server, to_client] = &self.pipes;
                let (input, output) = if *at == 0 { (to_client, to_server) } else { (to_server, to_client) };
                self.sides[*at].is_runnable(&self.turn, input, output, self.now)
            };
            let Some(at) = [first, 1 - first].into_iter().find(runnable) else { return };
            self.have_turn(at);
        }
    }

    /// When something happens next.
    fn next(&self) -> Option<Time> {
        let arrivals = self.pipes.iter().filter_map(Pipe::next).filter(|at| *at > self.now);
        arrivals.chain(self.sides.iter().filter_map(|side| side.next(self.now))).min()
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            self.run_at_once();
            match self.next() {
                Some(next) if next <= end => self.now = next.max(self.now),
                _ => break,
            }
        }
        self.now = end;
        self.run_at_once();
    }

    /// What is true of a whole life.
    fn judge(&self) {
        for (at, side) in self.sides.iter().enumerate() {
            let other = &self.sides[1 - at];
            let summary = side.summary.as_ref().expect("it has ended");
            let others = other.summary.as_ref().expect("it has ended");
            // Exactly once, and in order.
            assert!(side.accepted.starts_with(&other.received), "messages are lost or doubled in between");
            assert_eq!(side.accepted.len() as u64, summary.counts.messages_out);
            assert_eq!(other.received.len() as u64, others.counts.messages_in);
            assert_eq!(side.output.len() as u64, summary.counts.wire_out);
            assert_eq!(side.bytes_read, summary.counts.wire_in);
            // Who got a Close before sending one got everything that was sent before it.
            if others.end == End::PeerClosed {
                assert_eq!(side.accepted.len(), other.received.len(), "a Close overtook messages");
                assert_eq!(others.close_received, summary.close_sent);
            }
            // Whatever got lost otherwise, the one or the other says that something went wrong.
            if side.accepted.len() > other.received.len() {
                let closed_itself = others.close_sent.is_some();
                assert!(!others.is_clean() || closed_itself, "{summary:?}, {others:?}");
            }
            self.judge_output(side);
            if self.weather == Weather::Calm {
                assert!(matches!(summary.end, End::PeerClosed | End::Finished), "{summary:?}, {others:?}");
                assert!(summary.is_clean() && summary.cause.is_none(), "{summary:?}, {others:?}");
            }
        }
    }

    /// At most one Close, no data behind it, and no frame is broken but the last one.
    fn judge_output(&self, side: &Side) {
        let role = side.connection.role();
        let (mut closed, mut rest) = (false, &side.output[..]);
        while let Some((frame, len)) = model::frame(rest) {
            assert_eq!(frame.key.is_some(), role == Role::Client);
            assert!(!closed || frame.opcode == 10, "{frame:?} behind a Close");
            closed |= frame.opcode == 8;
            rest = &rest[len..];
        }
        let summary = side.summary.as_ref().expect("it has ended");
        assert!(rest.is_empty() || summary.unsent > 0, "a frame is cut off, and nobody says so");
        assert!(closed == summary.close_sent.is_some() || summary.unsent > 0);
    }
}

/// Runs each seed, and tells which one it was where one fails.
fn run_all(weather: Weather, seeds: std::ops::Range<u64>) -> BTreeMap<&'static str, usize> {
    let mut ends = BTreeMap::new();
    for seed in seeds {
        let guard = OnPanic(seed, weather);
        let sim = Sim::run(seed, weather);
        sim.judge();
        std::mem::forget(guard);
        for side in &sim.sides {
            let end = side.summary.as_ref().expect("it has ended").end;
            *ends.entry(end.as_str()).or_default() += 1;
        }
    }
    ends
}

struct OnPanic(u64, Weather);

impl Drop for OnPanic {
    #[expect(clippy::print_stderr, reason = "the test's output is where the seed is wanted")]
    fn drop(&mut self) {
        eprintln!("seed {}, {:?}", self.0, self.1);
    }
}

#[test]
fn in_calm_weather_nothing_is_lost_and_every_end_is_clean() {
    let ends = run_all(Weather::Calm, 0..1500);
    assert!(ends[End::PeerClosed.as_str()] > 500 && ends[End::Finished.as_str()] > 500, "{ends:?}");
}

#[test]
fn in_rough_weather_what_is_lost_is_said() {
    let ends = run_all(Weather::Rough, 10_000..11_500);
    // Each of the ends that can come of it does.
    for end in [End::PeerClosed, End::Finished, End::Shutdown, End::HeartbeatFailed, End::ReceiveFailed] {
        assert!(ends.get(end.as_str()).is_some_and(|count| *count > 20), "{end}: {ends:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_life() {
    for weather in [Weather::Calm, Weather::Rough] {
        for seed in 0..30 {
            let [one, other] = [(); 2].map(|()| Sim::run(seed, weather));
            assert_eq!(one.now, other.now);
            assert_eq!(one.trace.finish(), other.trace.finish());
            for at in 0..ROLES.len() {
                assert_eq!(one.sides[at].output, other.sides[at].output);
            }
        }
    }
}
