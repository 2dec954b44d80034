//! What the tests of this package share: traffic, both of our ends, and the other implementations as child processes.
//!
//! | module | for |
//! |---|---|
//! | [`traffic`] | random messages from a seed |
//! | [`fragmenter`] | the same as frames: cut, compressed, with control frames in between |
//! | [`heartwire`] | the server itself |
//! | [`host`] | our server's end, with every choice of compression |
//! | [`visitor`] | our client's end: sends, and compares what comes back |
//! | [`probe`] | a client that says exactly what a test wants said |
//! | [`peer`] | another implementation in a process of its own |
//! | [`settings`] | every choice of compression, and the tests that follow from them |
//! | [`relayed`] | through a relay to another implementation |
//! | [`report`] | the tests as a list that is made at run time, with what could not run among the ignored |
//!
//! A peer that is not installed is no failure: its tests appear as ignored, and a line on standard error says what is
//! missing.

pub mod fragmenter;
pub mod heartwire;
pub mod host;
pub mod peer;
pub mod probe;
pub mod recorded;
pub mod relayed;
pub mod report;
pub mod settings;
pub mod traffic;
pub mod visitor;

use std::time::Duration;

use server::Driver;

/// Longer than anything here takes on a busy machine; only failing tests wait for it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that can move a server's bytes on this system: what is asked of a server is asked with each.
pub const DRIVERS: &[Driver] = if cfg!(unix) { &[Driver::Reactor, Driver::Tokio] } else { &[Driver::Tokio] };

/// As tests are called.
#[must_use]
pub fn driver_name(driver: Driver) -> &'static str {
    match driver {
        Driver::Reactor => "reactor",
        Driver::Tokio => "tokio",
    }
}

/// A text message that starts with this asks the end that would echo it to close instead: a code, a space and a reason follow.
pub const CLOSE_REQUEST: &str = "\u{0}please close: ";

/// The code and the reason of a [`CLOSE_REQUEST`].
#[must_use]
pub fn close_request(payload: &[u8]) -> Option<(wire::CloseCode, &str)> {
    let rest = std::str::from_utf8(payload).ok()?.strip_prefix(CLOSE_REQUEST)?;
    let (code, reason) = rest.split_once(' ')?;
    Some((wire::CloseCode(code.parse().ok()?), reason))
}
