//! The link itself.

use crate::*;
use std::time::Duration;

/// One client's connection to one endpoint, over as many sockets as it takes.
#[derive(Debug)]
pub struct Link {}

#[expect(unused_variables, clippy::todo, reason = "signatures first")]
impl Link {
    /// A link at rest. `seed` decides every random choice it will make.
    pub fn new(config: Config, seed: u64, now: Time) -> Link { todo!() }

    // Commands.

    /// Connects, whatever came before, and clears "closed by the user". No-op while connecting or open.
    pub fn open(&mut self, now: Time) { todo!() }
    /// Accepts a message; it is handed to a socket as soon as one is open and has room.
    pub fn send(&mut self, now: Time, message: Message) -> Result<MessageId, SendError> { todo!() }
    /// Closes for good: nothing but `open` connects again. Drops what is queued.
    pub fn close(&mut self, now: Time, request: CloseRequest) -> Result<(), CloseError> { todo!() }
    /// Ends a wait at once, or replaces an open connection. No-op while connecting, closing, closed or idle.
    pub fn reconnect_now(&mut self, now: Time) { todo!() }
    /// Replaces the settings; they apply at once where that makes sense.
    pub fn set_config(&mut self, now: Time, config: Config) { todo!() }

    // Inputs.

    /// The socket opened.
    pub fn handle_open(&mut self, now: Time, socket: SocketId) { todo!() }
    /// A message came in. Call `handle_buffered` just before where the platform has a buffered amount.
    pub fn handle_message(&mut self, now: Time, socket: SocketId, message: MessageRef<'_>) -> Inbound { todo!() }
    /// The transport failed without saying how; `handle_close` normally follows.
    pub fn handle_error(&mut self, now: Time, socket: SocketId) { todo!() }
    /// The socket closed.
    pub fn handle_close(&mut self, now: Time, socket: SocketId, close: Close) { todo!() }
    /// The platform refused to create the socket (an invalid URL, mixed content): retrying is pointless.
    pub fn handle_refused(&mut self, now: Time, socket: SocketId, reason: String) { todo!() }
    /// The socket's `bufferedAmount`: bytes accepted by `send` and not yet on the network.
    pub fn handle_buffered(&mut self, now: Time, socket: SocketId, bytes: u64) { todo!() }
    /// The time of `poll_timeout` has come. Harmless at any other time.
    pub fn handle_timeout(&mut self, now: Time) { todo!() }
    /// The platform says something about the page or the network.
    pub fn handle_hint(&mut self, now: Time, hint: Hint) { todo!() }

    // Outputs. After every command or input: drain actions, then events, then arm one timer.

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<Action> { todo!() }
    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<Event> { todo!() }
    /// When to call `handle_timeout`, in the driver's time.
    pub fn poll_timeout(&self) -> Option<Time> { todo!() }

    // Views.

    /// Where the link stands.
    pub fn phase(&self) -> Phase { todo!() }
    /// The settings in force.
    pub fn config(&self) -> &Config { todo!() }
    /// The socket in use, from `Connect` until it ended.
    pub fn socket(&self) -> Option<SocketId> { todo!() }
    /// How the latest socket ended.
    pub fn last_close(&self) -> Option<&Close> { todo!() }
    /// How the heartbeat is doing.
    pub fn pulse(&self) -> Pulse { todo!() }
    /// Round-trip times measured by the heartbeat.
    pub fn rtt(&self) -> &Rtt { todo!() }
    /// Counters.
    pub fn stats(&self) -> Stats { todo!() }
    /// Messages waiting for a socket.
    pub fn queued_messages(&self) -> usize { todo!() }
    /// Their bytes.
    pub fn queued_bytes(&self) -> usize { todo!() }
    /// Messages handed to the present socket and not confirmed.
    pub fn unconfirmed_messages(&self) -> u64 { todo!() }
    /// Bytes handed to the present socket and not known to be on the network.
    pub fn buffered_bytes(&self) -> u64 { todo!() }
    /// How long ago something last came in on the present connection, at the last call into the link.
    pub fn silent_for(&self) -> Option<Duration> { todo!() }
}
