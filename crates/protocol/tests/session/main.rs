//! `heartwire.session.v1`: its forms, the traps that others fell into, and what holds under any schedule.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests fail like tests, and say where"
)]

mod bus;
mod conformance;
mod forms;
mod simulation;
mod traps;
mod world;
