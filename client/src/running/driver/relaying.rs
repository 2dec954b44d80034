//! What only a connection through a relay has.

use link::SocketId;
use protocol::relay::Command;

use super::{Core, Driver, Output};
use crate::running::transport::Relaying;

impl Driver {
    /// Has the relay of the open connection do something. Returns whether there is one.
    pub fn command(&self, command: &Command<'_>) -> bool {
        let core = self.core.borrow();
        core.relay().is_some_and(|relay| relay.command(command))
    }

    /// Says how the relay is to go about frames, from here on: whether it answers Pings, and into how many bytes each it
    /// cuts what is sent.
    pub fn set_frames(&self, auto_pong: bool, fragment: Option<u64>) {
        let mut core = self.core.borrow_mut();
        let Some(relayed) = &mut core.target.relayed else { return };
        let before = std::mem::replace(&mut relayed.connect.auto_pong, auto_pong);
        relayed.fragment = fragment;
        if let Some(relay) = core.relay() {
            relay.set_fragment(fragment);
            if before != auto_pong {
                relay.command(&Command::AutoPong(auto_pong));
            }
        }
    }
}

impl Core {
    /// What came with a socket, unless that is an earlier one.
    pub(super) fn output(&mut self, id: SocketId, output: Output) {
        if self.socket(id).is_some() {
            // Whether it is open comes before what was told of it.
            self.report_events();
            self.outputs.push(output);
        }
    }

    fn relay(&self) -> Option<&dyn Relaying> {
        self.socket.as_ref().and_then(|(_, socket)| socket.relay())
    }
}
