//! What is drawn: the page around the scenes, and each of them.

mod app;
mod arena;
mod board;
mod canvas;
mod chat;
mod connection;
mod fields;
mod game;
mod says;

pub use self::app::{App, AppProps};
