//! What the person sees, as plain data: no browser, no clock, tested natively.

pub mod address;
pub mod closing;
pub mod diagnosis;
pub mod fault;
pub mod file_fault;
pub mod format;
pub mod health;
pub mod history;
pub mod list;
pub mod log;
pub mod notice;
pub mod owned;
pub mod params;
pub mod plot;
pub mod protocols;
pub mod relayed;
pub mod repeat;
pub mod settings;
pub mod status;
pub mod terms;
pub mod visible;
