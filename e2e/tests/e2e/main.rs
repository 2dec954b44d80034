//! What a user sees, shown in a real browser against the real server. One file per concern.

mod closing;
mod connections;
mod detail;
mod echo;
mod hosting;
mod profiles;
mod reading;
mod reconnect;
mod searching;
mod trouble;
mod volume;
