//! The game: several players in one arena, over whatever connections.

use crate::support::{PATIENCE, RawClient, TestServer, frame_with_head, upgrade_request};
use protocol::game::{
    Client, ClientMessage, Input, Name, Ping, ServerMessage, Snapshot, Standing, Token, Wish,
};
use server::Driver;
use std::time::{Duration, Instant};

const TEXT: u8 = 0x81;
const BINARY: u8 = 0x82;
const CLOSE: u8 = 0x88;

/// A client of the game behind a connection.
struct Player {
    game: Client,
    raw: RawClient,
    /// Of its clock.
    began: Instant,
    /// The newest snapshot.
    snapshot: Snapshot,
}

impl Player {
    fn join(server: &TestServer, target: &str, name: &str, wish: Wish) -> Self {
        let (game, raw) = (Client::new(Name::new(name).unwrap(), wish, None), server.upgrade(target));
        let mut player = Self { game, raw, began: Instant::now(), snapshot: Snapshot::default() };
        player.game.connected(Duration::ZERO);
        player.flush();
        player
    }

    fn come_back(&mut self, server: &TestServer, target: &str) {
        self.game.disconnected();
        self.raw = server.upgrade(target);
        self.game.connected(self.began.elapsed());
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(message) = self.game.poll_send() {
            self.raw.send(&frame_with_head(BINARY, &message));
        }
    }

    /// Takes one message, and does what is due.
    fn play(&mut self) {
        let (head, bytes) = self.raw.frame();
        assert_eq!(head, BINARY, "{bytes:?}");
        if let ServerMessage::Snapshot(snapshot) = ServerMessage::read(&bytes).unwrap() {
            self.snapshot = snapshot;
        }
        let now = self.began.elapsed();
        self.game.receive(&bytes, now).unwrap();
        self.game.advance(now);
        self.flush();
    }

    fn play_until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < until, "{what}: {:?} {:?}", self.game, self.snapshot);
            self.play();
        }
    }

    fn seat(&self) -> Option<u8> {
        match self.game.standing() {
            Some((Standing::Playing(seat), _)) => Some(seat),
            _ => None,
        }
    }

    fn sees(&self, others: usize) -> bool {
        self.snapshot.players.len() == others && self.game.roster().players.len() == others
    }
}

fn say(raw: &mut RawClient, message: &ClientMessage) {
    raw.send(&frame_with_head(BINARY, &message.to_bytes()));
}

#[test]
fn players_see_each_other_move_and_who_finds_no_seat_looks_on() {
    for driver in [Driver::default(), Driver::Tokio] {
        let server = TestServer::start_with(|config| config.driver = driver);
        let target = "/ws/game?arena=yard";
        let mut ann = Player::join(&server, target, "Ann", Wish::Play);
        ann.play_until("Ann has a seat", |ann| ann.seat() == Some(0) && ann.game.own().is_some());
        let mut others: Vec<_> = (1..8).map(|_| Player::join(&server, target, "Bob", Wish::Play)).collect();
        // Who says hello first has the first seat, and threads don't wait for each other.
        ann.play_until("all are there", |ann| ann.sees(8));
        let mut ninth = Player::join(&server, target, "Cem", Wish::Play);
        ninth.play_until("all are there", |ninth| ninth.sees(8));
        assert_eq!(ninth.game.standing().unwrap().0, Standing::InLine(1));
        assert_eq!(ninth.game.roster().players[0].name.as_str(), "Ann");
        let mut elsewhere = Player::join(&server, "/ws/game", "Dan", Wish::Play);
        elsewhere.play_until("he is alone", |dan| dan.seat() == Some(0) && dan.sees(1));

        // She moves, and the one who looks on sees where she is by her own prediction.
        ann.game.steer(Input::towards(-1, 0, true));
        let before = ninth.snapshot.players[0].body;
        ann.play_until("she is in the corner", |ann| ann.game.own().is_some_and(|own| own.rest > 0));
        ann.game.steer(Input::NONE);
        ann.play_until("she is at rest", |ann| {
            let there = ann.snapshot.players[0].body;
            there.vx == 0
                && there.vy == 0
                && there.rest < 20
                && ann.game.own().is_some_and(|own| own.x == there.x)
        });
        let body = ann.snapshot.players[0].body;
        ninth.play_until("he sees it", |ninth| ninth.snapshot.players[0].body.x == body.x);
        assert_ne!(before.x, body.x);
        assert!(ann.game.figures(ann.began.elapsed()).rtt.is_some());

        // A seat is free.
        others[3].game.wish(Wish::Watch);
        others[3].flush();
        ninth.play_until("he plays", |ninth| ninth.seat().is_some());
    }
}

#[test]
fn who_is_cut_off_comes_back_as_the_same_and_ends_an_older_connection() {
    let server = TestServer::start();
    let mut ann = Player::join(&server, "/ws/game", "Ann", Wish::Play);
    ann.play_until("she plays", |ann| ann.game.own().is_some());
    let mut bob = Player::join(&server, "/ws/game", "Bob", Wish::Play);
    bob.play_until("he plays", |bob| bob.seat() == Some(1) && bob.sees(2));
    let token = ann.game.token();

    let old = std::mem::replace(&mut ann.raw, server.connect());
    old.reset();
    bob.play_until("her seat is kept", |bob| bob.game.roster().players[0].away);
    ann.come_back(&server, "/ws/game");
    ann.play_until("she is back", |ann| ann.seat() == Some(0) && ann.game.own().is_some());
    bob.play_until("he sees her", |bob| !bob.game.roster().players[0].away && bob.sees(2));

    // A second tab with her token has the seat, and the first is told so and stops.
    let mut first = std::mem::replace(&mut ann.raw, server.connect());
    ann.come_back(&server, "/ws/game");
    ann.play_until("she is back again", |ann| ann.seat() == Some(0));
    assert_eq!(ann.game.token(), token);
    let close = loop {
        match first.frame() {
            (CLOSE, payload) => break payload,
            (head, _) => assert_eq!(head, BINARY),
        }
    };
    assert_eq!(close[..2], 4409u16.to_be_bytes());
    bob.play_until("nobody else came", |bob| bob.sees(2));
}

#[test]
fn it_is_played_over_delay_and_jitter_with_every_fault_in_front() {
    let server = TestServer::start();
    let target = "/ws/game?arena=far&delay=100..200ms";
    let mut ann = Player::join(&server, target, "Ann", Wish::Play);
    ann.game.steer(Input::towards(1, 1, false));
    ann.play_until("she has played for a while", |ann| {
        ann.game.figures(ann.began.elapsed()).predictions > 40
            && ann.game.figures(ann.began.elapsed()).rtt.is_some()
    });
    let rtt = ann.game.figures(ann.began.elapsed()).rtt.unwrap();
    assert!(rtt >= Duration::from_millis(100), "both ways are delayed: {rtt:?}");
}

#[test]
fn who_plays_dead_holds_up_nobody_of_its_thread() {
    let server = TestServer::start();
    let silent = "/ws/game?vanish-after=300ms";
    let mut dead: Vec<_> = (0..6).map(|_| Player::join(&server, silent, "", Wish::Watch)).collect();
    for player in &mut dead {
        player.play_until("it is there", |player| player.snapshot.tick > 0);
    }
    let mut others: Vec<_> = (0..4).map(|_| Player::join(&server, "/ws/game", "", Wish::Watch)).collect();
    for player in &mut others {
        player.play_until("it is there", |player| player.snapshot.tick > 0);
        let tick = player.snapshot.tick;
        player.play_until("ticks go on", |player| player.snapshot.tick > tick + 30);
    }
}

#[test]
fn who_does_not_say_how_far_it_is_gets_no_more_than_is_on_its_way() {
    let server = TestServer::start();
    let mut ann = Player::join(&server, "/ws/game", "Ann", Wish::Watch);
    ann.play_until("there is one", |ann| ann.snapshot.tick > 0);
    let first = ann.snapshot.tick;
    let mut bob = Player::join(&server, "/ws/game", "Bob", Wish::Watch);
    // Ann says nothing while Bob sees a hundred ticks pass.
    bob.play_until("time passes", |bob| bob.snapshot.tick > first + 100);
    let mut hear = |seen| {
        say(&mut ann.raw, &ClientMessage::Ping(Ping { number: 7, seen }));
        let mut heard = Vec::new();
        loop {
            match ServerMessage::read(&ann.raw.frame().1).unwrap() {
                ServerMessage::Pong(7) => return heard,
                ServerMessage::Snapshot(snapshot) => heard.push(snapshot.tick),
                _ => {}
            }
        }
    };
    let heard = hear(first).len();
    assert!(heard <= 64 + 8, "64 on their way, and one every two seconds: {heard}");
    let until = Instant::now() + PATIENCE;
    while hear(bob.snapshot.tick).into_iter().all(|tick| tick <= first + 100) {
        assert!(Instant::now() < until, "it goes on with the latest");
        bob.play();
    }
}

#[test]
fn what_is_no_game_is_refused_with_a_reason() {
    let server = TestServer::start();
    let refused = |query: &str| {
        let mut client = server.connect();
        client.send(upgrade_request(&format!("/ws/game{query}"), &[]).as_bytes());
        let response = client.response();
        (response.status, response.text().trim().to_owned())
    };
    let (status, text) = refused("?arena=a%2Fb");
    assert_eq!(status, 400);
    assert!(text.contains("arena takes 1 to 64 letters"), "{text}");
    assert_eq!(
        refused("?arna=a").1,
        "arna is no parameter: did you mean arena? (GET /api/faults lists them all)"
    );

    for (head, payload, code, reason) in [
        (TEXT, &b"hello"[..], 4400u16, "the game speaks in binary messages"),
        (BINARY, &[0x99], 4400, "no message of the game begins with 0x99"),
        (BINARY, &[0x41, 2], 4400, "this is version 2, and version 1 is spoken here"),
        (BINARY, &[0x42, 0, 0, 0, 1, 9], 4400, "a list is longer than it can be"),
    ] {
        let mut client = server.upgrade("/ws/game");
        client.send(&frame_with_head(head, payload));
        let (head, close) = client.frame();
        assert_eq!((head, &close[..2]), (CLOSE, &code.to_be_bytes()[..]));
        assert_eq!(String::from_utf8_lossy(&close[2..]), reason);
    }
    // A flood of messages ends the connection, and a guessed token gives nothing.
    let mut eve = Player::join(&server, "/ws/game", "Eve", Wish::Play);
    eve.play_until("she plays", |eve| eve.seat().is_some());
    let guess = ClientMessage::Hello(protocol::game::Hello {
        wish: Wish::Play,
        token: Some(Token(1)),
        name: Name::default(),
    });
    let flood: Vec<u8> = (0..2_000).flat_map(|_| frame_with_head(BINARY, &guess.to_bytes())).collect();
    let _ = eve.raw.try_send(&flood);
    let close = loop {
        match eve.raw.frame() {
            (CLOSE, payload) => break payload,
            (head, _) => assert_eq!(head, BINARY),
        }
    };
    assert_eq!(close[..2], 1008u16.to_be_bytes());
}

#[test]
fn the_number_of_arenas_is_bounded() {
    let server = TestServer::start();
    let players: Vec<_> =
        (0..64).map(|number| server.upgrade(&format!("/ws/game?arena=n{number}"))).collect();
    let mut client = server.connect();
    client.send(upgrade_request("/ws/game?arena=more", &[]).as_bytes());
    let response = client.response();
    assert_eq!(response.status, 503);
    assert!(response.text().contains("there are 64 arenas with somebody in them"), "{}", response.text());
    drop(players);
    // They end within a tick of the last one's leaving.
    let until = Instant::now() + PATIENCE;
    loop {
        let mut client = server.connect();
        client.send(upgrade_request("/ws/game?arena=more", &[]).as_bytes());
        if client.response().status == 101 {
            break;
        }
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
}
