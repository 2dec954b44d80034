//! Heartwire's page: a Yew shell over the link.
//!
//! ```text
//!   browser ──▶ driver ──▶ session ──▶ components
//!   socket      Link       Store       plain values,
//!   timer,      clock      FrameLoop   one view a frame
//!   hints
//! ```
//!
//! [`model`] is what is shown as plain data, free of the browser; [`driver`] owns the socket and the
//! [`link::Link`]; [`session`] keeps the log and publishes at most one [`session::View`] per animation frame;
//! [`desk`] holds what is about to be sent, tab by tab; [`components`] draw it; [`page`] starts it all.

pub mod components;
pub mod desk;
pub mod driver;
pub mod frame;
pub mod i18n;
pub mod keep;
pub mod model;
pub mod page;
pub mod preferences;
pub mod profiles;
pub mod session;
pub mod storage;
pub mod transfer;
pub mod workspace;
