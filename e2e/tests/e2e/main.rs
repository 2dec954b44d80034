//! What a user sees, shown in a real browser against the real server. One file per concern.

mod accessibility;
mod answers;
mod closing;
mod composing;
mod connections;
mod detail;
mod echo;
mod faults;
mod files;
mod health;
mod hosting;
mod keyboard;
mod lasting;
mod phone;
mod preferences;
mod profiles;
mod reading;
mod reconnect;
mod relayed;
mod schedule;
mod searching;
mod strangers;
mod streams;
mod trouble;
mod volume;
mod watching;
