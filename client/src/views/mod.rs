//! What is drawn.
//!
//! [`app`] is the page: a `top_bar` with the tabs, and the `connection` of the tab that is shown.

pub mod app;
mod buttons;
mod composer;
pub mod connection;
mod connection_bar;
mod detail;
mod dialog;
mod faults;
mod fields;
mod health;
mod help;
mod hold;
mod hooks;
mod lang;
mod log;
mod mounted;
mod notice_bar;
mod palette;
mod part;
mod plot;
mod profiles;
mod restore_bar;
mod settings;
mod sheets;
mod side_panel;
mod status_bar;
mod tabs;
mod top_bar;
mod watch;
mod words;

use page::{block, icons, markup, virtual_list};
