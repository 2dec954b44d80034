//! Faults on demand: what a connection's URL asks to go wrong, between the client and whatever is behind the connection.
//!
//! The decisions are [`protocol::fault`]'s. `endpoint` carries them out on the connection, `handshake` before it, and
//! `violations` has the bytes of broken rules.

mod endpoint;
mod handshake;
mod violations;

pub(crate) use handshake::Asking;
