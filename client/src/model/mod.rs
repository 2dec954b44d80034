//! What the person sees, as plain data: no browser, no clock, tested natively.

pub mod address;
pub mod close;
pub mod format;
pub mod history;
pub mod journal;
pub mod params;
pub mod protocols;
pub mod status;
pub mod store;
pub mod viewport;
