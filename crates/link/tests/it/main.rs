//! The link as its driver sees it: simulated networks, random histories, and the situations users report.
//!
//! - `situations`: one readable trace per situation, kept as a snapshot.
//! - `policy`: one rule each, stated and checked.
//! - `histories`: random calls in any order, checked after every step against a naive model.
//! - `network`: random faults between a client and an echo server, checked end to end.

mod checker;
mod histories;
mod network;
mod policy;
mod sim;
mod situations;
