//! The page in a real browser, without a server: what it draws and how it answers to keys and clicks.
//!
//! `cargo xtask test` runs these in headless Chromium. Connections to a real server are tested end to end.

#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "tests, though not marked as such in a way that clippy knows")]

#[path = "web/bench.rs"]
mod bench;
#[path = "web/composer.rs"]
mod composer;
#[path = "web/connecting.rs"]
mod connecting;
#[path = "web/detail.rs"]
mod detail;
#[path = "web/drawers.rs"]
mod drawers;
#[path = "web/frame.rs"]
mod frame;
#[path = "web/health.rs"]
mod health;
#[path = "web/log.rs"]
mod log;
#[path = "web/look.rs"]
mod look;
#[path = "web/settings.rs"]
mod settings;
#[path = "web/several.rs"]
mod several;
#[path = "web/tabs.rs"]
mod tabs;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
