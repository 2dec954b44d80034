//! Control frames, where a relay has them.

use protocol::relay::Command;
use workbench::entry::{Direction, Kind};

use super::Session;
use crate::running::transport::Control;

impl Session {
    /// How many Pings and Pongs came in on this connection.
    pub fn controls(&self) -> [u64; 2] {
        self.0.controls.get()
    }

    /// Sends a Ping or a Pong through the relay, if it is open through one.
    pub fn control(&self, control: Control, payload: &[u8]) {
        let (command, kind) = match control {
            Control::Ping => (Command::Ping(payload), Kind::Ping),
            Control::Pong => (Command::Pong(payload), Kind::Pong),
        };
        if self.0.driver.command(&command) {
            self.edit(|log| log.control(self.wall(), Direction::Out, kind, payload));
        }
    }
}
