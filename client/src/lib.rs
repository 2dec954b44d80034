//! Heartwire's page: a Yew shell over the link.
//!
//! ```text
//!   browser ──▶ driver ──▶ session ──▶ components
//!   socket      Link       Store       plain values,
//!   timer,      clock      FrameLoop   one view a frame
//!   hints
//! ```
//!
//! [`model`] is what is shown as plain data, free of the browser. In [`running`], `driver` owns the socket and the
//! [`link::Link`], `session` keeps the log and publishes at most one [`running::session::View`] per animation frame, and
//! `outgoing` holds what is about to be sent, tab by tab. [`components`] draw it; [`page`] starts it all.

pub mod components;
pub mod i18n;
pub mod keep;
pub mod model;
pub mod page;
pub mod preferences;
pub mod profiles;
pub mod running;
pub mod storage;
pub mod transfer;
