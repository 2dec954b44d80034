//! What the person at the page sees, as data.

pub mod entry;
pub mod filter;
pub mod find;
pub mod ids;
pub mod json;
pub mod pairing;
pub mod rows;
pub mod selection;
pub mod store;
pub mod time;
pub mod window;
