//! What the person at the page sees, as data.

pub mod bytes;
pub mod closecodes;
pub mod draft;
pub mod entry;
pub mod export;
pub mod filter;
pub mod find;
pub mod ids;
pub mod import;
pub mod json;
pub mod library;
pub mod pairing;
pub mod position;
pub mod profile;
pub mod rows;
pub mod schedule;
pub mod selection;
pub mod series;
pub mod store;
pub mod template;
pub mod time;
pub mod view;
pub mod window;
