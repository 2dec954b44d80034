//! What is drawn.
//!
//! [`app`] is the page: a [`top_bar`] with the tabs, and the [`connection`] of the tab that is shown.

pub mod app;
mod composer;
mod connection;
mod connection_bar;
mod detail;
mod health;
mod hooks;
mod icons;
mod log;
mod notice_bar;
mod plot;
mod side_panel;
mod status_bar;
mod tabs;
mod theme;
mod top_bar;
mod virtual_list;
