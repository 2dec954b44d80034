//! What a user sees, shown in a real browser against the real server. One file per concern.

mod closing;
mod echo;
mod hosting;
mod reconnect;
mod trouble;
mod volume;
