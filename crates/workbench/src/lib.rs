//! What the person at the page sees, as data.

pub mod entry;
pub mod filter;
pub mod ids;
pub mod json;
pub mod store;
pub mod time;
