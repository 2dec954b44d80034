//! The game: `arenas` are the ones that there are, each with its ticks, and `contender` what stands behind a connection.
//!
//! Who may do what, and what becomes of it, is [`protocol::game`]'s.

mod arenas;
mod contender;

pub(crate) use self::arenas::Arenas;
pub(crate) use self::contender::Contender;
