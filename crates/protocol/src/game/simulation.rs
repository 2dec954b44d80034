//! Both ends over a link with delay, jitter and cuts, in simulated time.

use super::*;
use std::collections::VecDeque;

/// How finely time passes.
const STEP: Duration = Duration::from_millis(5);

/// One way of a connection: in order, each message delayed by 100 to 200 ms, as TCP delivers.
#[derive(Default)]
struct Way {
    messages: VecDeque<(Duration, Vec<u8>)>,
    /// The least time from one message to the next.
    spacing: Duration,
}

impl Way {
    fn send(&mut self, bytes: Vec<u8>, now: Duration, random: &mut fastrand::Rng) {
        let due = now + Duration::from_millis(random.u64(100..=200));
        let due = self.messages.back().map_or(due, |(before, _)| due.max(*before + self.spacing));
        self.messages.push_back((due, bytes));
    }

    fn arrived(&mut self, now: Duration) -> Option<Vec<u8>> {
        if self.messages.front()?.0 > now {
            return None;
        }
        self.messages.pop_front().map(|(_, bytes)| bytes)
    }
}

/// A client with its connection, and what the server keeps of that.
struct Peer {
    client: Client,
    /// How fast its clock goes, in thousandths.
    pace: u32,
    up: Way,
    down: Way,
    connected: bool,
    member: Option<MemberId>,
    roster: u32,
    /// The tick of the newest snapshot that came.
    newest: u32,
    /// What it presses.
    drive: fn(&mut fastrand::Rng, Duration, Option<Body>) -> Input,
}

struct World {
    arena: Arena,
    peers: Vec<Peer>,
    random: fastrand::Rng,
    now: Duration,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut tokens = fastrand::Rng::with_seed(seed);
        let arena = Arena::new(seed, move || Token(tokens.u128(1..)));
        let random = fastrand::Rng::with_seed(seed);
        Self { arena, peers: Vec::new(), random, now: Duration::from_secs(1) }
    }

    fn add(&mut self, name: &str, drive: fn(&mut fastrand::Rng, Duration, Option<Body>) -> Input) -> usize {
        let client = Client::new(Name::new(name).unwrap(), Wish::Play, None);
        self.peers.push(Peer {
            client,
            pace: 1_000,
            up: Way::default(),
            down: Way::default(),
            connected: false,
            member: None,
            roster: 0,
            newest: 0,
            drive,
        });
        let added = self.peers.len() - 1;
        self.connect(added);
        added
    }

    fn connect(&mut self, peer: usize) {
        let peer = &mut self.peers[peer];
        peer.connected = true;
        peer.client.connected(self.now * peer.pace / 1_000);
    }

    /// What is on its way is lost.
    fn cut(&mut self, peer: usize) {
        let peer = &mut self.peers[peer];
        (peer.up, peer.down, peer.connected) = (Way::default(), Way::default(), false);
        peer.client.disconnected();
        if let Some(member) = peer.member.take() {
            self.arena.leave(member);
        }
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += STEP;
            let now = self.now;
            if now.as_millis().is_multiple_of(TICK.as_millis()) {
                self.arena.tick();
                self.broadcast();
            }
            for peer in self.peers.iter_mut().filter(|peer| peer.connected) {
                let clock = now * peer.pace / 1_000;
                while let Some(bytes) = peer.down.arrived(now) {
                    if let ServerMessage::Snapshot(snapshot) = ServerMessage::read(&bytes).unwrap() {
                        peer.newest = snapshot.tick;
                    }
                    peer.client.receive(&bytes, clock).unwrap();
                }
                let input = (peer.drive)(&mut self.random, now, peer.client.own());
                peer.client.steer(input);
                peer.client.advance(clock);
                peer.client.scene(clock);
                while let Some(bytes) = peer.client.poll_send() {
                    peer.up.send(bytes, now, &mut self.random);
                }
                while let Some(bytes) = peer.up.arrived(now) {
                    let message = ClientMessage::read(&bytes).unwrap();
                    match (peer.member, message) {
                        (None, ClientMessage::Hello(hello)) => {
                            peer.member = Some(self.arena.join(hello).unwrap());
                        }
                        (None, _) => {}
                        (Some(member), message) => {
                            if let Some(answer) = self.arena.receive(member, message).unwrap() {
                                peer.down.send(answer.to_bytes(), now, &mut self.random);
                            }
                        }
                    }
                }
            }
        }
    }

    fn broadcast(&mut self) {
        let snapshot = ServerMessage::Snapshot(self.arena.snapshot()).to_bytes();
        for peer in &mut self.peers {
            let Some(member) = peer.member else { continue };
            let mut send = |bytes| peer.down.send(bytes, self.now, &mut self.random);
            if let Some(News::Seat(seat)) = self.arena.take_news(member) {
                send(ServerMessage::Seat(seat).to_bytes());
            }
            let (revision, roster) = self.arena.roster();
            if std::mem::replace(&mut peer.roster, revision) != revision {
                send(ServerMessage::Roster(roster).to_bytes());
            }
            if !self.arena.is_behind(member) {
                send(snapshot.clone());
                self.arena.sent(member);
            }
        }
    }

    /// Its seat. Who says hello first has the first.
    fn slot(&self, peer: usize) -> usize {
        match self.peers[peer].client.standing() {
            Some((Standing::Playing(slot), _)) => slot.into(),
            other => panic!("{other:?}"),
        }
    }

    fn figures(&self, peer: usize) -> Figures {
        let peer = &self.peers[peer];
        peer.client.figures(self.now * peer.pace / 1_000)
    }
}

/// Another direction a few times a second, and dashes.
fn wander(_: &mut fastrand::Rng, now: Duration, _: Option<Body>) -> Input {
    let turn = now.as_millis() as u64 / 300;
    let mut choice = fastrand::Rng::with_seed(turn);
    Input::new(Some(choice.u8(..16)), choice.u8(..4) == 0)
}

/// Towards the upper left corner and back into it, where others are met.
fn crowd(random: &mut fastrand::Rng, _: Duration, own: Option<Body>) -> Input {
    let own = own.unwrap_or_default();
    Input::towards(200 * SUB - own.x, 100 * SUB - own.y, random.u8(..20) == 0)
}

#[test]
fn the_prediction_is_right_while_nobody_interferes() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        let peer = world.add("Ann", wander);
        world.run(Duration::from_secs(30));
        let figures = world.figures(peer);
        assert!(figures.predictions > 1_000, "seed {seed}: {figures:?}");
        assert_eq!((figures.corrections, figures.worst_correction), (0, 0.0), "seed {seed}: {figures:?}");
        // 200 to 400 ms on the way, and what it takes to even them out.
        let rtt = figures.rtt_mean.unwrap().as_millis();
        assert!((250..=400).contains(&rtt), "seed {seed}: {figures:?}");
        let delay = figures.input_delay.unwrap().as_millis();
        assert!((250..=600).contains(&delay), "seed {seed}: {figures:?}");
        assert!(figures.playback_delay.as_millis() <= 150, "seed {seed}: {figures:?}");
    }
}

#[test]
fn a_clock_that_is_fast_or_slow_does_not_matter() {
    for pace in [990, 1_010] {
        let mut world = World::new(5);
        let peer = world.add("Ann", wander);
        world.peers[peer].pace = pace;
        world.run(Duration::from_secs(120));
        let figures = world.figures(peer);
        assert_eq!(figures.corrections, 0, "pace {pace}: {figures:?}");
        assert!(figures.pending <= 24, "pace {pace}: {figures:?}");
    }
}

#[test]
fn who_is_pushed_about_is_corrected_by_no_more_than_that() {
    let mut corrected = 0;
    for seed in 0..10 {
        let mut world = World::new(seed);
        let peers = ["Ann", "Ben", "Cem", "Dan"].map(|name| world.add(name, crowd));
        world.run(Duration::from_secs(30));
        for peer in peers {
            let figures = world.figures(peer);
            corrected += figures.corrections;
            // The fastest puck goes 28 units a tick across, and is not heard of for 600 ms, 24 ticks.
            assert!(figures.worst_correction < 28.3 * 24.0, "seed {seed}: {figures:?}");
            assert!(figures.pending <= 24, "seed {seed}: {figures:?}");
            // In the end both agree on where it is, once it is left alone.
            world.peers[peer].drive = |_, _, _| Input::NONE;
        }
        world.run(Duration::from_secs(5));
        for peer in peers {
            let slot = world.slot(peer);
            let body = world.arena.snapshot().players[slot].body;
            assert_eq!(world.peers[peer].client.own(), Some(body), "seed {seed}");
        }
    }
    assert!(corrected > 100, "they meet: {corrected}");
}

#[test]
fn who_is_cut_off_comes_back_as_the_same() {
    for seed in 0..10 {
        let mut world = World::new(seed);
        let (ann, ben) = (world.add("Ann", wander), world.add("Ben", wander));
        world.run(Duration::from_secs(10));
        for _ in 0..3 {
            let before = world.peers[ann].client.token();
            let slot = world.slot(ann);
            let score = world.arena.snapshot().players[slot].score;
            world.cut(ann);
            let gone = world.random.u64(0..10_000);
            world.run(Duration::from_millis(gone));
            assert!(world.arena.roster().1.players[slot].away);
            world.connect(ann);
            world.run(Duration::from_secs(5));
            let client = &world.peers[ann].client;
            assert_eq!((client.token(), world.slot(ann)), (before, slot), "seed {seed}");
            assert!(world.arena.snapshot().players[slot].score + 3 >= score, "seed {seed}");
            assert_eq!(client.roster().players[slot].name.as_str(), "Ann");
            assert!(client.own().is_some() && world.figures(ann).pending <= 24, "seed {seed}");
        }
        // Gone for too long it is somebody new, once its seat was needed or not.
        let before = world.peers[ann].client.token();
        world.cut(ann);
        world.run(Duration::from_secs(16));
        assert_eq!(world.arena.snapshot().players.len(), 1);
        world.connect(ann);
        world.run(Duration::from_secs(2));
        assert_ne!(world.peers[ann].client.token(), before);
        assert!(world.peers[ben].client.own().is_some());
    }
}

#[test]
fn a_client_that_stops_for_a_while_is_corrected_and_goes_on() {
    let mut world = World::new(3);
    let peer = world.add("Ann", wander);
    world.run(Duration::from_secs(5));
    // Its connection is there and carries nothing, and then everything at once.
    let Peer { up, down, .. } = &mut world.peers[peer];
    for (due, _) in up.messages.iter_mut().chain(&mut down.messages) {
        *due += Duration::from_secs(2);
    }
    world.run(Duration::from_secs(10));
    let figures = world.figures(peer);
    assert!(figures.corrections > 0 && figures.pending <= 24, "{figures:?}");
    let before = figures.corrections;
    world.run(Duration::from_secs(10));
    assert_eq!(world.figures(peer).corrections, before);
}

#[test]
fn who_reads_slowly_is_not_sent_more_and_more() {
    let mut world = World::new(4);
    let peer = world.add("Ann", wander);
    world.run(Duration::from_secs(5));
    // Ten messages a second get through.
    world.peers[peer].down.spacing = Duration::from_millis(100);
    let late = |world: &World| world.arena.snapshot().tick - world.peers[peer].newest;
    let mut latest = 0;
    for _ in 0..200 {
        world.run(Duration::from_millis(100));
        let waiting = world.peers[peer].down.messages.len();
        assert!(waiting <= 80 && late(&world) <= 400, "{waiting} wait, {} ticks late", late(&world));
        latest = latest.max(late(&world));
    }
    assert!(latest > 20, "the link is too narrow: {latest}");
    world.peers[peer].down.spacing = Duration::ZERO;
    world.run(Duration::from_secs(10));
    assert!(late(&world) <= 16);
}

/// What a cheat sends in a tick.
type Cheat = fn(u32) -> Vec<Inputs>;

/// Plays 10 seconds of thrust to the right from the left wall, sent as told, and tells how far the puck got and how often it
/// dashed.
fn distance(mut say: impl FnMut(u32) -> Vec<Inputs>) -> (i32, usize) {
    let mut arena = Arena::new(1, || Token(1));
    let hello = Hello { wish: Wish::Play, token: None, name: Name::default() };
    let member = arena.join(hello).unwrap();
    let (mut way, mut dashes, mut last) = (0, 0, arena.snapshot().players[0].body);
    for tick in 1..=400 {
        for inputs in say(tick) {
            // A flood has it leave, which is no gain either.
            if arena.receive(member, ClientMessage::Inputs(inputs)).is_err() {
                arena.leave(member);
            }
        }
        arena.tick();
        let body = arena.snapshot().players[0].body;
        way += (body.x - last.x).abs() + (body.y - last.y).abs();
        dashes += usize::from(body.rest > last.rest);
        last = body;
    }
    (way, dashes)
}

#[test]
fn a_cheat_gets_no_farther_than_others() {
    let dash = Input::new(Some(0), true);
    let honest = distance(|tick| vec![Inputs { last: tick, inputs: vec![dash] }]);
    assert!(honest.0 > 1_000 * SUB && honest.1 >= 6, "{honest:?}");
    let most = |(way, dashes): (i32, usize)| way <= honest.0 + honest.0 / 20 && dashes <= honest.1;
    let cheats: [(&str, Cheat); 6] = [
        ("eight times as many", |tick| {
            vec![Inputs { last: tick * 8, inputs: vec![Input::new(Some(0), true); 8] }]
        }),
        ("many messages", |tick| {
            (0..20)
                .map(|more| Inputs { last: tick * 20 + more, inputs: vec![Input::new(Some(0), true)] })
                .collect()
        }),
        ("all held back, and then at once", |tick| {
            if tick % 40 != 0 {
                return Vec::new();
            }
            let eight = |part| Inputs { last: tick + part * 8, inputs: vec![Input::new(Some(0), true); 8] };
            (0..5u32).map(eight).collect()
        }),
        ("the same again", |tick| {
            let again = Inputs { last: tick, inputs: vec![Input::new(Some(0), true)] };
            vec![again.clone(), again]
        }),
        ("far ahead", |tick| vec![Inputs { last: tick * 1_000, inputs: vec![Input::new(Some(0), true); 8] }]),
        ("giant", |tick| vec![Inputs { last: u32::MAX - tick, inputs: vec![Input::new(Some(0), true); 8] }]),
    ];
    for (name, cheat) in cheats {
        let got = distance(cheat);
        assert!(most(got), "{name}: {got:?}, and others {honest:?}");
    }
}
