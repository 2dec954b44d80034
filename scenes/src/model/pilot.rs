//! A game as one of its players sees it: what is steered, by keys or by a finger, and how well it goes.

use std::collections::BTreeSet;
use std::time::Duration;

use link::{Message, MessageRef};
use protocol::game::{Client, Figures, Input, MISUSED, Name, Roster, Scene, Standing, Token, Why, Wish};

use super::recovery::Tally;
use super::talk::{Does, SILENT, Talk};

/// A connection that tells nothing for so long is given up: the game says something 40 times a second.
const PATIENCE: Duration = Duration::from_secs(4);
/// A finger within so many pixels of where it was put down does not steer.
const DEAD_PX: i32 = 8;
/// The first byte of a snapshot; its tick follows.
const SNAPSHOT: u8 = 0x52;

/// A player, or one who looks on.
#[derive(Debug)]
pub struct Pilot {
    client: Client,
    keys: BTreeSet<Key>,
    /// How far the finger is from where it was put down.
    stick: Option<(i32, i32)>,
    heard: Option<Duration>,
    gives_up: Option<(u16, &'static str)>,
    tick: Option<u32>,
    was_away: bool,
    tally: Tally,
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Thrust upwards.
    Up,
    /// Thrust downwards.
    Down,
    /// Thrust to the left.
    Left,
    /// Thrust to the right.
    Right,
    /// A dash.
    Dash,
}

impl Key {
    /// By the code of a key on the keyboard, which is the same whatever is printed on it.
    pub fn of(code: &str) -> Option<Key> {
        Some(match code {
            "ArrowUp" | "KeyW" => Key::Up,
            "ArrowDown" | "KeyS" => Key::Down,
            "ArrowLeft" | "KeyA" => Key::Left,
            "ArrowRight" | "KeyD" => Key::Right,
            "Space" | "ShiftLeft" | "ShiftRight" => Key::Dash,
            _ => return None,
        })
    }
}

impl Pilot {
    /// One who comes to an arena. A name that can't be taken is none.
    pub fn new(name: &str, wish: Wish, token: Option<Token>) -> Pilot {
        let name: String = name.chars().take(protocol::game::MAX_NAME).collect();
        Pilot {
            client: Client::new(Name::new(&name).unwrap_or_default(), wish, token),
            keys: BTreeSet::new(),
            stick: None,
            heard: None,
            gives_up: None,
            tick: None,
            was_away: false,
            tally: Tally::default(),
        }
    }

    /// A key went down or up.
    pub fn key(&mut self, key: Key, is_down: bool) {
        let is_new = if is_down { self.keys.insert(key) } else { self.keys.remove(&key) };
        // A key that is held comes again and again, and is one dash.
        self.steer(is_new && is_down && key == Key::Dash);
    }

    /// The keyboard belongs to something else.
    pub fn let_go(&mut self) {
        self.keys.clear();
        self.stick = None;
        self.steer(false);
    }

    /// The finger is so far from where it was put down; `None`: it is gone.
    pub fn stick(&mut self, stick: Option<(i32, i32)>) {
        self.stick = stick;
        self.steer(false);
    }

    /// A dash.
    pub fn dash(&mut self) {
        self.steer(true);
    }

    /// Wants to play, or to look on.
    pub fn wish(&mut self, wish: Wish) {
        self.client.wish(wish);
    }

    /// What to draw. To be called once a frame.
    pub fn scene(&mut self, now: Duration) -> Scene {
        self.client.advance(now);
        self.client.scene(now)
    }

    /// How well it goes.
    pub fn figures(&self, now: Duration) -> Figures {
        self.client.figures(now)
    }

    /// What the server says that one does.
    pub fn standing(&self) -> Option<(Standing, Why)> {
        self.client.standing()
    }

    /// Who plays.
    pub fn roster(&self) -> &Roster {
        self.client.roster()
    }

    /// The secret with which the seat is found again after the page is loaded anew.
    pub fn token(&self) -> Option<Token> {
        self.client.token()
    }

    fn steer(&mut self, dashes: bool) {
        let held = |key| i32::from(self.keys.contains(&key));
        let (x, y) = self
            .stick
            .filter(|(x, y)| x.abs().max(y.abs()) >= DEAD_PX)
            .unwrap_or((held(Key::Right) - held(Key::Left), held(Key::Down) - held(Key::Up)));
        self.client.steer(Input::towards(x, y, dashes));
    }
}

impl Talk for Pilot {
    fn opened(&mut self, now: Duration) {
        self.heard = Some(now);
        self.was_away = self.tick.is_some();
        self.client.connected(now);
    }

    fn closed(&mut self, _: u16) {
        (self.heard, self.gives_up) = (None, None);
        self.client.disconnected();
    }

    fn received(&mut self, message: MessageRef<'_>, now: Duration) {
        self.heard = Some(now);
        let MessageRef::Binary(bytes) = message else { return };
        if let [SNAPSHOT, a, b, c, d, ..] = *bytes {
            let tick = u32::from_be_bytes([a, b, c, d]);
            if let Some(before) = self.tick.replace(tick)
                && self.was_away
            {
                self.tally.skip(before.into(), tick.into());
            }
            self.was_away = false;
        }
        // A kind that is unknown belongs to a later version; all others were meant to be read.
        let is_known = bytes.first().is_some_and(|kind| (0x51..=0x54).contains(kind));
        if self.client.receive(bytes, now).is_err() && is_known {
            self.gives_up = Some((MISUSED, "that can't be read"));
        }
    }

    fn timeout(&mut self, now: Duration) {
        self.client.advance(now);
        if self.heard.is_some_and(|heard| heard + PATIENCE <= now) {
            self.gives_up = Some((SILENT, "nothing comes"));
        }
    }

    fn poll(&mut self, _: Duration) -> Option<Does> {
        if let Some((code, reason)) = self.gives_up.take() {
            return Some(Does::Close(code, reason));
        }
        self.client.poll_send().map(|bytes| Does::Send(Message::Binary(bytes)))
    }

    fn next_timeout(&self) -> Option<Duration> {
        let silence = self.heard.map(|heard| heard + PATIENCE);
        self.client.next_timeout().into_iter().chain(silence).min()
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn is_caught_up(&self) -> bool {
        self.heard.is_some() && self.tick.is_some() && !self.was_away && self.client.standing().is_some()
    }
}

#[cfg(test)]
mod tests {
    use protocol::game::{Arena, ClientMessage, MemberId, News, ServerMessage, TICK};

    use super::*;

    /// A pilot and an arena without anything in between.
    struct Game {
        pilot: Pilot,
        arena: Arena,
        member: Option<MemberId>,
        now: Duration,
    }

    impl Game {
        /// A pilot who plays.
        fn new() -> Game {
            let mut pilot = Pilot::new("Ann", Wish::Play, None);
            let now = Duration::from_secs(1);
            pilot.opened(now);
            Game { pilot, arena: Arena::new(7, || Token(1)), member: None, now }
        }

        /// Lets ticks pass, and gives what was steered in them.
        fn play(&mut self, ticks: usize) -> Vec<Input> {
            let mut steered = Vec::new();
            for _ in 0..ticks {
                self.now += TICK;
                self.pilot.timeout(self.now);
                while let Some(Does::Send(Message::Binary(bytes))) = self.pilot.poll(self.now) {
                    let message = ClientMessage::read(&bytes).unwrap();
                    if let ClientMessage::Inputs(inputs) = &message {
                        steered.extend(inputs.inputs.last());
                    }
                    match (self.member, message) {
                        (None, ClientMessage::Hello(hello)) => self.member = self.arena.join(hello).ok(),
                        (None, _) => {}
                        (Some(member), message) => {
                            self.arena.receive(member, message).unwrap();
                        }
                    }
                }
                self.arena.tick();
                let snapshot = ServerMessage::Snapshot(self.arena.snapshot());
                let news = match self.member.and_then(|member| self.arena.take_news(member)) {
                    Some(News::Seat(seat)) => Some(ServerMessage::Seat(seat)),
                    _ => None,
                };
                for message in news.into_iter().chain([snapshot]) {
                    self.pilot.received(MessageRef::Binary(&message.to_bytes()), self.now);
                }
            }
            steered
        }
    }

    #[test]
    fn keys_and_a_finger_steer_and_a_dash_is_sent_once() {
        let mut game = Game::new();
        game.play(20);
        game.pilot.key(Key::Right, true);
        game.pilot.key(Key::Down, true);
        game.pilot.key(Key::Dash, true);
        let sent = game.play(3);
        assert!(sent[0].dashes() && !sent[1].dashes(), "{sent:?}");
        game.pilot.key(Key::Dash, true);
        assert!(!game.play(1)[0].dashes(), "it was not let go of");
        game.pilot.key(Key::Dash, false);
        game.pilot.key(Key::Dash, true);
        game.pilot.closed(1006);
        game.pilot.opened(game.now);
        assert!(!game.play(20).iter().any(|input| input.dashes()), "that was before the cut");
        assert_eq!(sent[1], Input::towards(1, 1, false));
        game.pilot.stick(Some((-50, 3)));
        assert_eq!(game.play(1), [Input::towards(-50, 3, false)], "a finger counts for more");
        game.pilot.stick(Some((2, 3)));
        assert_eq!(game.play(1), [Input::towards(1, 1, false)]);
        game.pilot.let_go();
        assert_eq!(game.play(1), [Input::NONE]);
    }

    #[test]
    fn ticks_that_went_by_are_counted_and_silence_is_noticed() {
        let mut game = Game::new();
        game.play(20);
        assert!(game.pilot.is_caught_up());
        game.pilot.closed(1006);
        game.pilot.opened(game.now);
        assert!(!game.pilot.is_caught_up());
        let before = game.pilot.tick.unwrap();
        let [a, b, c, d] = (before + 80).to_be_bytes();
        game.pilot.received(MessageRef::Binary(&[SNAPSHOT, a, b, c, d, 0, 0]), game.now);
        assert_eq!(game.pilot.tally().skipped, 80);
        let late = game.now + PATIENCE;
        game.pilot.timeout(late);
        assert!(matches!(game.pilot.poll(late), Some(Does::Close(SILENT, _))));
    }

    #[test]
    fn keys_are_known_by_where_they_are() {
        assert_eq!(
            [Key::of("KeyW"), Key::of("Space"), Key::of("KeyQ")],
            [Some(Key::Up), Some(Key::Dash), None]
        );
    }
}
