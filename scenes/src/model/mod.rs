//! What is shown, as data, without a browser: each scene is a [`talk::Talk`] that a line drives.

pub mod address;
pub mod board;
pub mod chat;
pub mod figures;
pub mod pilot;
pub mod recovery;
pub mod talk;
pub mod trail;
