//! What happens in an arena: pucks that meet, sparks that lie about and who collects them.

use fastrand::Rng;

use super::SEATS;
use super::body::{BUMPERS, Body, HEIGHT, Input, RADIUS, SUB, WIDTH, closer_than};

/// Sparks lie in cells of this size, in subunits.
pub const CELL: i32 = 16 * SUB;
/// Cells in a row of the arena.
pub const COLUMNS: u8 = 80;
/// Rows of cells.
pub const ROWS: u8 = 45;
/// No more sparks lie about.
pub const MAX_SPARKS: usize = 32;
/// Ticks of a round, 2 minutes: then all scores begin at 0.
pub const ROUND_TICKS: u32 = 4_800;

/// So many sparks come by themselves, one every so many ticks; what is lost comes on top.
const COMMON: usize = 16;
const EVERY: u32 = 20;
/// One of so many is golden.
const GOLDEN: u8 = 8;
/// A puck reaches a spark that is so near, centre to centre.
const REACH: i32 = RADIUS + 8 * SUB;
/// Who is rammed by one that comes closer by as much, in subunits a tick, loses sparks.
const HARD: i32 = 200;
/// That many.
const LOSS: u16 = 3;
/// How far they fly, in cells.
const SPREAD: i32 = 6;
/// Tries at a free cell or a free place before there is none.
const TRIES: usize = 16;

/// Something to collect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spark {
    /// Its cell in the row, from the left.
    pub column: u8,
    /// Its row, from the top.
    pub row: u8,
    /// It is worth 5 and not 1.
    pub golden: bool,
}

/// One player's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Player {
    pub(super) body: Body,
    pub(super) score: u16,
}

/// All of an arena that is subject to the rules.
#[derive(Debug)]
pub(super) struct World {
    /// Steps since the arena began.
    pub(super) tick: u32,
    pub(super) players: [Option<Player>; SEATS],
    pub(super) sparks: Vec<Spark>,
    random: Rng,
}

impl Spark {
    /// In subunits.
    #[must_use]
    pub fn centre(self) -> (i32, i32) {
        (i32::from(self.column) * CELL + CELL / 2, i32::from(self.row) * CELL + CELL / 2)
    }

    /// Whether this puck reaches it.
    #[must_use]
    pub fn is_reached_by(self, body: &Body) -> bool {
        closer_than(REACH, self.centre(), (body.x, body.y)).is_some()
    }

    fn worth(self) -> u16 {
        if self.golden { 5 } else { 1 }
    }
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut world = Self {
            tick: 0,
            players: [None; SEATS],
            sparks: Vec::with_capacity(MAX_SPARKS),
            random: Rng::with_seed(seed),
        };
        for _ in 0..COMMON {
            world.spark();
        }
        world
    }

    /// Puts a puck where nobody is near, as far as there is such a place.
    pub(super) fn enter(&mut self, slot: usize) {
        let mut place = (WIDTH / 4, HEIGHT / 2);
        for _ in 0..TRIES {
            place = (self.random.i32(RADIUS..=WIDTH - RADIUS), self.random.i32(RADIUS..=HEIGHT - RADIUS));
            let near = |&other: &(i32, i32)| closer_than(6 * RADIUS, other, place).is_some();
            let pucks = self.players.iter().flatten().map(|player| (player.body.x, player.body.y));
            let bumpers = BUMPERS.iter().map(|bumper| (bumper.x, bumper.y));
            if pucks.chain(bumpers).all(|other| !near(&other)) {
                break;
            }
        }
        let mut body = Body::at(place.0, place.1);
        body.bounce();
        self.players[slot] = Some(Player { body, score: 0 });
    }

    /// One player's step.
    pub(super) fn step(&mut self, slot: usize, input: Input) {
        if let Some(player) = &mut self.players[slot] {
            player.body.step(input);
        }
    }

    /// Pucks that touch push each other away; who is rammed loses sparks.
    pub(super) fn collide(&mut self) {
        for first in 0..SEATS {
            for second in first + 1..SEATS {
                self.meet(first, second);
            }
        }
    }

    /// What the pucks reach is collected, and more sparks come.
    pub(super) fn settle(&mut self) {
        let players = &mut self.players;
        self.sparks.retain(|spark| {
            let reaches = |player: &&mut Player| spark.is_reached_by(&player.body);
            let taker = players.iter_mut().flatten().find(reaches);
            let taken = taker.is_some();
            if let Some(player) = taker {
                player.score = player.score.saturating_add(spark.worth());
            }
            !taken
        });
        if self.tick.is_multiple_of(EVERY) && self.sparks.len() < COMMON {
            self.spark();
        }
    }

    /// Whether this tick is a round's last.
    pub(super) fn is_round_over(&self) -> bool {
        self.tick.is_multiple_of(ROUND_TICKS)
    }

    /// Has all scores begin at 0. Tells who has the most, the first of several, and how many.
    pub(super) fn end_round(&mut self) -> Option<(usize, u16)> {
        let scores = self.players.iter_mut().enumerate().filter_map(|(slot, player)| {
            let score = std::mem::take(&mut player.as_mut()?.score);
            (score > 0).then_some((slot, score))
        });
        scores.reduce(|best, other| if other.1 > best.1 { other } else { best })
    }

    fn meet(&mut self, first: usize, second: usize) {
        let (Some(mut one), Some(mut two)) = (self.players[first], self.players[second]) else { return };
        let (a, b) = (&mut one.body, &mut two.body);
        let Some((dx, dy, distance)) = closer_than(2 * RADIUS, (a.x, a.y), (b.x, b.y)) else { return };
        let (first_rams, second_rams) = (a.rams(), b.rams());
        // Each goes back by half of what they overlap, and a subunit for what rounding loses.
        let apart = (2 * RADIUS - distance) / 2 + 1;
        a.x -= dx * apart / distance;
        a.y -= dy * apart / distance;
        b.x += dx * apart / distance;
        b.y += dy * apart / distance;
        // Of equal mass and all elastic: along the line between them they exchange their speeds.
        let closing = ((a.vx - b.vx) * dx + (a.vy - b.vy) * dy) / distance;
        if closing > 0 {
            let (vx, vy) = (closing * dx / distance, closing * dy / distance);
            a.push(-vx, -vy);
            b.push(vx, vy);
        }
        a.bounce();
        b.bounce();
        for (struck, hit) in [(&mut two, first_rams), (&mut one, second_rams)] {
            if hit && closing >= HARD {
                let lost = struck.score.min(LOSS);
                struck.score -= lost;
                for _ in 0..lost {
                    self.scatter(struck.body);
                }
            }
        }
        self.players[first] = Some(one);
        self.players[second] = Some(two);
    }

    /// A spark anywhere.
    fn spark(&mut self) {
        for _ in 0..TRIES {
            let golden = self.random.u8(..GOLDEN) == 0;
            let spark = Spark { column: self.random.u8(..COLUMNS), row: self.random.u8(..ROWS), golden };
            if self.put(spark) {
                return;
            }
        }
    }

    /// A spark that flies off a puck. Where there is no room for it, it goes out.
    fn scatter(&mut self, body: Body) {
        for _ in 0..TRIES {
            let column = body.x / CELL + self.random.i32(-SPREAD..=SPREAD);
            let row = body.y / CELL + self.random.i32(-SPREAD..=SPREAD);
            let (Ok(column), Ok(row)) = (u8::try_from(column), u8::try_from(row)) else { continue };
            let spark = Spark { column, row, golden: false };
            // Not where the puck has it back at once.
            if !spark.is_reached_by(&body) && self.put(spark) {
                return;
            }
        }
    }

    /// Whether there is room for it there.
    fn put(&mut self, spark: Spark) -> bool {
        let within = spark.column < COLUMNS && spark.row < ROWS;
        let free = self.sparks.iter().all(|other| (other.column, other.row) != (spark.column, spark.row));
        let hidden = BUMPERS.iter().any(|bumper| {
            closer_than(bumper.radius + CELL / 2, (bumper.x, bumper.y), spark.centre()).is_some()
        });
        let fits = within && free && !hidden && self.sparks.len() < MAX_SPARKS;
        if fits {
            self.sparks.push(spark);
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two(first: Body, second: Body) -> World {
        let mut world = World::new(1);
        world.sparks.clear();
        for (slot, body) in [first, second].into_iter().enumerate() {
            world.players[slot] = Some(Player { body, score: 10 });
        }
        world
    }

    fn at(x: i32, vx: i32, rest: u8) -> Body {
        Body { x: x * SUB, y: 80 * SUB, vx, vy: 0, rest }
    }

    #[test]
    fn pucks_exchange_their_speeds_and_come_apart() {
        let mut world = two(at(100, 150, 0), at(130, 0, 0));
        world.collide();
        let [Some(one), Some(two), ..] = world.players else { panic!() };
        assert_eq!((one.body.vx, two.body.vx), (0, 150));
        assert!(two.body.x - one.body.x >= 2 * RADIUS);
        assert_eq!((one.score, two.score), (10, 10), "nobody dashed");
    }

    #[test]
    fn who_is_rammed_loses_sparks_that_lie_about() {
        let mut world = two(at(100, 400, 60), at(130, 0, 0));
        world.collide();
        let scores = world.players.map(|player| player.map(|player| player.score));
        assert_eq!(scores[..2], [Some(10), Some(7)]);
        assert_eq!(world.sparks.len(), 3);
        // Two that stand in one place come apart as well.
        let mut world = two(at(100, 0, 0), at(100, 0, 0));
        world.collide();
        let [Some(one), Some(two), ..] = world.players else { panic!() };
        assert!((two.body.x - one.body.x).abs() >= 2 * RADIUS);
    }

    #[test]
    fn sparks_are_collected_and_a_round_has_a_winner() {
        let mut world = two(at(100, 0, 0), at(800, 0, 0));
        world.sparks = vec![
            Spark { column: 6, row: 5, golden: true },
            Spark { column: 50, row: 5, golden: false },
            Spark { column: 70, row: 40, golden: false },
        ];
        world.tick = 1;
        world.settle();
        let scores = world.players.map(|player| player.map(|player| player.score));
        assert_eq!(scores[..2], [Some(15), Some(11)]);
        assert_eq!(world.sparks.len(), 1);
        world.tick = ROUND_TICKS;
        assert!(world.is_round_over());
        assert_eq!(world.end_round(), Some((0, 15)));
        assert!(world.players.iter().flatten().all(|player| player.score == 0));
    }
}
