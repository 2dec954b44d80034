//! The connection as a whole: its timers, its ends, its ways in and out, and two of them in a simulated network.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

#[path = "../support/mod.rs"]
mod support;

use std::io::IoSlice;

use support::driver::Driver;
use support::encode;
use wire::raw::RawFrame;
use wire::{Incoming, Outgoing};

mod closing;
mod deflating;
mod input;
mod output;
mod sim;
mod timers;

/// Sends, while the transport takes nothing.
fn queue<R>(driver: &mut Driver, write: impl FnOnce(&mut Outgoing<'_>) -> R) -> R {
    let result = write(&mut driver.connection.outgoing(&mut driver.turn, driver.now));
    driver.connection.queue_output(&mut driver.turn, driver.now);
    driver.connection.end_turn(&mut driver.turn, true, driver.now);
    result
}

/// Frames arrive, while the transport takes nothing. Messages are echoed.
fn feed_blocked(driver: &mut Driver, frames: impl IntoIterator<Item = RawFrame>) {
    let bytes = encode(driver.role().peer(), frames);
    driver.connection.read_buffer(&mut driver.turn)[..bytes.len()].copy_from_slice(&bytes);
    driver.connection.handle_input(&mut driver.turn, bytes.len(), driver.now);
    while let Some((incoming, mut out)) = driver.connection.poll(&mut driver.turn, driver.now) {
        if let Incoming::Message(message) = &incoming {
            out.echo(message).unwrap();
        }
    }
    driver.connection.queue_output(&mut driver.turn, driver.now);
    driver.connection.end_turn(&mut driver.turn, true, driver.now);
}

/// The transport takes exactly so many bytes.
fn take(driver: &mut Driver, count: usize) {
    let mut slices = [IoSlice::new(&[]); 8];
    let there = driver.connection.slices(&mut driver.turn, &mut slices);
    let bytes = slices[..there].iter().flat_map(|slice| slice.iter().copied()).take(count);
    driver.output.extend(bytes);
    driver.connection.handle_written(&mut driver.turn, count, driver.now);
}
