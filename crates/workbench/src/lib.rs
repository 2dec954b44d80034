//! What the person at the page sees, as data.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod json;
pub mod time;
