//! What a line needs of a scene: both ends of a conversation are state machines, and a scene is one of them.

use std::time::Duration;

use link::{Message, MessageRef};

use super::recovery::Tally;

/// The code with which a scene gives a connection up that says nothing, to come back over another one.
pub const SILENT: u16 = 4408;

/// What a scene wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// Send this.
    Send(Message),
    /// Give the connection up with this code and reason, and come back.
    Close(u16, &'static str),
}

/// A scene, as far as its line is concerned. Times are of any clock that only goes forward.
pub trait Talk {
    /// There is a connection.
    fn opened(&mut self, now: Duration);
    /// The connection is gone, with the code of its Close.
    fn closed(&mut self, code: u16);
    /// A message came.
    fn received(&mut self, message: MessageRef<'_>, now: Duration);
    /// The time of [`next_timeout`](Self::next_timeout) has come. Called too early it does nothing.
    fn timeout(&mut self, now: Duration);
    /// What to do next.
    fn poll(&mut self, now: Duration) -> Option<Does>;
    /// When to call [`timeout`](Self::timeout).
    fn next_timeout(&self) -> Option<Duration>;
    /// What was made up for and what could not be, since the scene began.
    fn tally(&self) -> Tally;
    /// Whether all that was missed has come, and all that was to be said has been.
    fn is_caught_up(&self) -> bool;
}
