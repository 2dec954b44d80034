//! What the person at the page sees, as data.
//!
//! Pure: no clock, no browser, no randomness of its own; instants and seeds are arguments. Whatever may take
//! long over a million entries (a new filter, a search, an export, an import) is stepped in slices.
//!
//! A message's way to the screen:
//!
//! 1. [`store::Store::append`] keeps it; [`pairing::Pairing::observe`] links it with its request.
//! 2. [`filter::Index::step_while`] tests it, once per frame, and goes on with what a new filter has yet to test.
//!    [`find::Find::step_while`] does the same for find.
//! 3. [`rows::Rows`] is the list that results, and [`window::Window`] says which of it is on the screen. Tell the
//!    window what became of the list: new matches at the end, [`filter::Index::prepended`], [`filter::Index::trimmed`].
//! 4. [`view`], [`bytes`] and [`json`] show one entry.
//!
//! After [`store::Store::set_delivery`] or a pair, call `retest` on the index and on find.

pub mod answers;
pub mod bytes;
pub mod certificate;
pub mod connection;
pub mod decimal;
mod decode_error;
pub mod draft;
pub mod entry;
pub mod export;
pub mod faults;
pub mod filter;
pub mod find;
pub mod grants;
mod hexdump;
pub mod ids;
pub mod import;
pub mod json;
pub mod library;
pub mod lower;
pub mod pairing;
pub mod position;
pub mod preset;
pub mod profile;
pub mod query;
pub mod rows;
pub mod schedule;
pub mod secrets;
pub mod selection;
pub mod series;
pub mod small_map;
pub mod snippet;
pub mod store;
pub mod template;
pub mod time;
pub mod view;
pub mod window;
mod words;
