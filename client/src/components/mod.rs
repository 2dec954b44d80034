//! What is drawn. Components get plain values and the session handle; only [`app`] follows the session's views.

pub mod app;
mod composer;
mod connection_bar;
mod detail;
mod icons;
mod log_view;
mod notice_bar;
mod status_bar;
mod theme;
