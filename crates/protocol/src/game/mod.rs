//! Sparks: a small game of several players in one arena, both ends, without IO, clock or randomness of its own.
//! `docs/game-protocol.md` has its rules and messages for people who write a client.
//!
//! The server alone decides. A player's puck takes one step for each input that its client sent, and the client takes the same
//! steps at once with the same [`Body::step`]: whole numbers, so that both come to the same. What others do to a puck the
//! client hears later, and corrects. Pucks of others are shown a little late, between two snapshots that have arrived.
//!
//! | end | |
//! |---|---|
//! | the server's | [`Arena`]: seats, inputs, ticks and snapshots of one game |
//! | the client's | [`Client`]: predicts the own puck, corrects it, shows the others, and measures |
//! | both | [`Body`], the rules of one puck; [`ClientMessage`] and [`ServerMessage`], as bytes |

mod arena;
mod body;
mod bytes;
mod client;
mod inputs;
mod message;
mod own;
mod playback;
mod query;
mod read;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
mod world;

pub use arena::{Arena, ArenaFull, MAX_MEMBERS, MemberId, Misuse, News};
pub use body::{BUMPERS, Body, Bumper, HEIGHT, Input, MAX_SPEED, RADIUS, SUB, WIDTH};
pub use client::{Client, Drawn, Figures, Scene};
pub use message::{
    Champion, ClientMessage, Hello, Inputs, Name, NameError, Ping, PlayerState, Roster, Seat, Seated,
    ServerMessage, Snapshot, Standing, Token, Why, Wish,
};
pub use query::{Asked, PARAMETER};
pub use read::ReadError;
pub use world::{CELL, COLUMNS, MAX_SPARKS, ROUND_TICKS, ROWS, Spark};

use std::time::Duration;

/// The subprotocol's name.
pub const SUBPROTOCOL: &str = "heartwire.game.v1";
/// What [`Hello`] and [`Seat`] say of it.
pub const VERSION: u8 = 1;
/// The time from one step of the game to the next: 40 a second.
pub const TICK: Duration = Duration::from_millis(25);
/// How many play in one arena. Others watch, in line for a seat if they like.
pub const SEATS: usize = 8;
/// The code of the server's Close when a message can't be followed; its reason says why.
pub const MISUSED: u16 = 4400;
/// The code of the server's Close when the player goes on over a newer connection. Its client does not come back by itself.
pub const SUPERSEDED: u16 = 4409;
/// A name has at most so many characters.
pub const MAX_NAME: usize = 16;
