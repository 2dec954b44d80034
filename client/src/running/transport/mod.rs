//! The ways to a server.

pub(super) mod socket;
