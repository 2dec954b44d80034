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
//! - What lasts, [`lasting`]: `storage` owns every key of the browser's storage, `preferences`, `profiles`, `variables` and
//!   `messages` know what is under them, `journal` writes the logs to IndexedDB, `files` are logs going out and in.
//! - What shows: [`views`] draw it in the words of [`texts`].
//! - What a person can do is in [`actions`]: views, keys and the command palette all go through it.
//! - In between is [`model`], what is shown as plain data. Like [`texts`] it is free of the browser.
//!
//! [`page`] starts it all.

pub mod actions;
pub mod lasting;
pub mod model;
pub mod page;
pub mod running;
pub mod texts;
pub mod views;
