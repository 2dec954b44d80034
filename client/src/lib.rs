//! Heartwire's page: a Yew shell over the link.
//!
//! ```text
//!   browser ──▶ driver ──▶ session ──▶ views
//!   socket      Link       Store       plain values,
//!   timer,      clock      FrameLoop   one view a frame
//!   hints
//! ```
//!
//! - What runs, [`running`]: `driver` owns the socket and the [`link::Link`], `session` keeps the log and publishes at
//!   most one [`running::session::View`] per animation frame, and `outgoing` holds what is about to be sent, tab by tab.
//! - What lasts: [`storage`], [`preferences`] and [`profiles`] in the browser's storage, the journal of [`keep`], and the
//!   files of [`transfer`].
//! - What shows: [`views`] draw it in the words of [`texts`].
//! - What a person can do is in [`actions`]: views, keys and the command palette all go through it.
//! - In between is [`model`], what is shown as plain data. Like [`texts`] it is free of the browser.
//!
//! [`page`] starts it all.

pub mod actions;
pub mod keep;
pub mod model;
pub mod page;
pub mod preferences;
pub mod profiles;
pub mod running;
pub mod storage;
pub mod texts;
pub mod transfer;
pub mod views;
