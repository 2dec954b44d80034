//! How one puck moves when nobody touches it.

/// Subunits in a unit. Places and speeds count subunits; an arena is 1280 × 720 units.
pub const SUB: i32 = 32;
/// Of the arena, in subunits.
pub const WIDTH: i32 = 1280 * SUB;
/// Of the arena, in subunits.
pub const HEIGHT: i32 = 720 * SUB;
/// Of a puck, in subunits.
pub const RADIUS: i32 = 20 * SUB;
/// No puck is faster along either axis, in subunits a tick. Two that meet head-on come closer by no more than they are wide,
/// so that they can't pass through each other.
pub const MAX_SPEED: i32 = 20 * SUB;

/// What thrust adds to the speed, in subunits a tick, each tick.
const THRUST: i32 = 18;
/// What a dash adds at once.
const DASH: i32 = 400;
/// Ticks from one dash to the next.
pub(super) const REST: u8 = 60;
/// Ticks behind a dash in which the puck is a ram.
const RAM: u8 = 16;

/// Directions, clockwise from the right in steps of 22.5°, in 256ths.
const DIRECTIONS: [(i32, i32); 16] = [
    (256, 0),
    (237, 98),
    (181, 181),
    (98, 237),
    (0, 256),
    (-98, 237),
    (-181, 181),
    (-237, 98),
    (-256, 0),
    (-237, -98),
    (-181, -181),
    (-98, -237),
    (0, -256),
    (98, -237),
    (181, -181),
    (237, -98),
];

/// What stands in the arena and throws pucks back.
pub const BUMPERS: [Bumper; 5] = [
    Bumper { x: 640 * SUB, y: 360 * SUB, radius: 56 * SUB },
    Bumper { x: 320 * SUB, y: 190 * SUB, radius: 36 * SUB },
    Bumper { x: 960 * SUB, y: 190 * SUB, radius: 36 * SUB },
    Bumper { x: 320 * SUB, y: 530 * SUB, radius: 36 * SUB },
    Bumper { x: 960 * SUB, y: 530 * SUB, radius: 36 * SUB },
];

/// A round thing that does not move, in subunits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bumper {
    /// Of its centre.
    pub x: i32,
    /// Of its centre.
    pub y: i32,
    /// Its own.
    pub radius: i32,
}

/// What a player does for the length of a tick, as one byte: the direction of the thrust in the low five bits, 0 for none or
/// 1 to 16, and 32 for a dash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Input(u8);

/// A puck: where it is, how fast, and when it may dash again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// Of its centre, in subunits from the left.
    pub x: i32,
    /// Of its centre, in subunits from the top.
    pub y: i32,
    /// In subunits a tick.
    pub vx: i32,
    /// In subunits a tick.
    pub vy: i32,
    /// Steps until it may dash again, at most 60.
    pub rest: u8,
}

impl Input {
    /// Neither thrust nor dash.
    pub const NONE: Self = Self(0);
    const DIRECTION: u8 = 31;
    const DASH: u8 = 32;

    /// Thrust in a direction, 0 to 15 clockwise from the right in steps of 22.5° (others count round), and perhaps a dash.
    #[must_use]
    pub fn new(direction: Option<u8>, dash: bool) -> Self {
        let direction = direction.map_or(0, |direction| direction % 16 + 1);
        Self(direction | if dash { Self::DASH } else { 0 })
    }

    /// Thrust towards (`x`, `y`) as seen from the middle of a joystick or from held keys, y downwards: the nearest of the
    /// directions. None if both are 0.
    #[must_use]
    pub fn towards(x: i32, y: i32, dash: bool) -> Self {
        let along = |&(dx, dy): &(i32, i32)| i64::from(x) * i64::from(dx) + i64::from(y) * i64::from(dy);
        let nearest = (0..16u8).max_by_key(|&direction| along(&DIRECTIONS[usize::from(direction)]));
        Self::new(nearest.filter(|_| (x, y) != (0, 0)), dash)
    }

    /// The byte, if it is one.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        let known = byte & !(Self::DIRECTION | Self::DASH) == 0 && byte & Self::DIRECTION <= 16;
        known.then_some(Self(byte))
    }

    /// As it is sent.
    #[must_use]
    pub fn to_byte(self) -> u8 {
        self.0
    }

    /// Whether it dashes.
    #[must_use]
    pub fn dashes(self) -> bool {
        self.0 & Self::DASH != 0
    }

    /// The same without a dash.
    #[must_use]
    pub fn without_dash(self) -> Self {
        Self(self.0 & !Self::DASH)
    }

    /// The same with a dash.
    #[must_use]
    pub fn with_dash(self) -> Self {
        Self(self.0 | Self::DASH)
    }

    /// In 256ths.
    fn direction(self) -> Option<(i32, i32)> {
        let number = usize::from(self.0 & Self::DIRECTION).checked_sub(1)?;
        DIRECTIONS.get(number).copied()
    }
}

impl Body {
    /// One at rest.
    #[must_use]
    pub fn at(x: i32, y: i32) -> Self {
        Self { x, y, ..Self::default() }
    }

    /// One step of a puck that nobody touches: thrust, dash, friction, walls and bumpers.
    pub fn step(&mut self, input: Input) {
        let thrust = input.direction();
        if let Some((dx, dy)) = thrust {
            self.push(THRUST * dx / 256, THRUST * dy / 256);
        }
        match thrust {
            Some((dx, dy)) if input.dashes() && self.rest == 0 => {
                self.push(DASH * dx / 256, DASH * dy / 256);
                self.rest = REST;
            }
            _ => self.rest = self.rest.saturating_sub(1),
        }
        // Division rounds towards zero, so that a puck comes to rest.
        self.vx = self.vx * 15 / 16;
        self.vy = self.vy * 15 / 16;
        self.x += self.vx;
        self.y += self.vy;
        self.bounce();
    }

    /// Whether it dashed a moment ago, so that who it hits loses sparks.
    #[must_use]
    pub fn rams(&self) -> bool {
        self.rest > REST - RAM
    }

    /// Adds to the speed, as far as that may go.
    pub(super) fn push(&mut self, vx: i32, vy: i32) {
        self.vx = (self.vx + vx).clamp(-MAX_SPEED, MAX_SPEED);
        self.vy = (self.vy + vy).clamp(-MAX_SPEED, MAX_SPEED);
    }

    /// Off what does not move, and back into the arena.
    pub(super) fn bounce(&mut self) {
        for bumper in BUMPERS {
            self.bounce_off(bumper);
        }
        for (place, speed, end) in [(&mut self.x, &mut self.vx, WIDTH), (&mut self.y, &mut self.vy, HEIGHT)] {
            let inside = (*place).clamp(RADIUS, end - RADIUS);
            if inside != *place {
                *place = inside;
                *speed = -*speed * 3 / 4;
            }
        }
    }

    fn bounce_off(&mut self, Bumper { x, y, radius }: Bumper) {
        let reach = radius + RADIUS;
        let Some((dx, dy, distance)) = closer_than(reach, (x, y), (self.x, self.y)) else { return };
        self.x = x + dx * reach / distance;
        self.y = y + dy * reach / distance;
        let away = (self.vx * dx + self.vy * dy) / distance;
        if away < 0 {
            self.push(-away * dx * 7 / (4 * distance), -away * dy * 7 / (4 * distance));
        }
    }
}

/// The way from one place to another and its length, if it is shorter than `reach`. It always has a direction.
pub(super) fn closer_than(reach: i32, from: (i32, i32), to: (i32, i32)) -> Option<(i32, i32, i32)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    if dx.abs() >= reach || dy.abs() >= reach {
        return None;
    }
    match (dx * dx + dy * dy).isqrt() {
        0 => Some((1, 0, 1)),
        distance => (distance < reach).then_some((dx, dy, distance)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thrust_has_a_top_speed_and_friction_an_end() {
        let mut body = Body::at(RADIUS, 100 * SUB);
        for _ in 0..60 {
            body.step(Input::new(Some(0), false));
        }
        assert!((250..=288).contains(&body.vx), "{body:?}");
        for _ in 0..100 {
            body.step(Input::NONE);
        }
        assert_eq!((body.vx, body.vy), (0, 0));
    }

    #[test]
    fn a_dash_comes_back_once_it_has_rested() {
        let mut body = Body::at(RADIUS, 100 * SUB);
        let dash = Input::new(Some(0), true);
        let dashes = (0..200)
            .filter(|_| {
                let rest = body.rest;
                body.step(dash);
                body.rest > rest
            })
            .count();
        assert_eq!(dashes, 4, "at the first step and 61 steps after each other");
        assert!(!Body { rest: 1, ..body }.rams() && Body { rest: REST, ..body }.rams());
    }

    #[test]
    fn keys_and_sticks_choose_the_nearest_direction() {
        for (x, y, direction) in [(1, 0, 0), (1, 1, 2), (0, 1, 4), (-1, 0, 8), (0, -1, 12), (100, 40, 1)] {
            assert_eq!(Input::towards(x, y, false), Input::new(Some(direction), false), "{x} {y}");
        }
        assert_eq!(Input::towards(0, 0, true), Input::new(None, true));
        assert_eq!(Input::towards(i32::MAX, i32::MIN, false), Input::new(Some(14), false));
    }

    #[test]
    fn whatever_is_done_it_stays_in_the_arena_and_out_of_the_bumpers() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut body = Body::at(100 * SUB, 100 * SUB);
        for _ in 0..100_000 {
            let held = Input::new(Some(random.u8(..16)), random.bool());
            for _ in 0..random.u8(1..20) {
                body.step(held);
                assert!((RADIUS..=WIDTH - RADIUS).contains(&body.x), "{body:?}");
                assert!((RADIUS..=HEIGHT - RADIUS).contains(&body.y), "{body:?}");
                assert!(body.vx.abs() <= MAX_SPEED && body.vy.abs() <= MAX_SPEED, "{body:?}");
                for bumper in BUMPERS {
                    // A subunit or two are lost to rounding.
                    let reach = bumper.radius + RADIUS - 2;
                    assert_eq!(closer_than(reach, (bumper.x, bumper.y), (body.x, body.y)), None, "{body:?}");
                }
            }
        }
    }
}
