//! How frames travel, and what the page and the server do with them.

use link::{Action, Close, Inbound, Message, Origin, SocketId};

use super::{End, Frame, ReadyState, ServerMode, Sim};

impl Sim {
    pub(super) fn transmit(&mut self, to: End, socket: SocketId, frame: Frame) {
        if self.network.silent {
            self.broken.insert(socket);
        }
        if self.broken.contains(&socket) {
            return;
        }
        let horizon = self.horizon.entry((to, socket)).or_default();
        *horizon = (*horizon).max(self.now + self.network.latency);
        self.sequence += 1;
        self.transit.insert((*horizon, self.sequence), (to, socket, frame));
    }

    pub(super) fn arrive(&mut self, to: End, socket: SocketId, frame: Frame) {
        match to {
            End::Server => self.serve(socket, frame),
            End::Client if self.asleep => self.inbox.push_back((socket, frame)),
            End::Client => self.deliver(socket, frame),
        }
    }

    pub(super) fn serve(&mut self, socket: SocketId, frame: Frame) {
        match self.server.mode {
            ServerMode::Stopped => return self.transmit(End::Client, socket, Frame::Reset),
            ServerMode::Hung => return self.server.backlog.push_back((socket, frame)),
            ServerMode::Up | ServerMode::Mute => {}
        }
        match frame {
            Frame::Hello => {
                self.server.connections.insert(socket);
                self.transmit(End::Client, socket, Frame::Hello);
            }
            _ if !self.server.connections.contains(&socket) => {}
            Frame::Message(message) => {
                self.server.received.push(message.clone());
                if self.server.mode == ServerMode::Up {
                    self.transmit(End::Client, socket, Frame::Message(message));
                }
            }
            Frame::Close(close) => {
                self.server.connections.remove(&socket);
                self.transmit(End::Client, socket, Frame::Close(Close { was_clean: true, ..close }));
            }
            Frame::Reset => {
                self.server.connections.remove(&socket);
            }
        }
    }

    // The page.

    /// Delivers even what comes from a socket that the link has let go of: it must know better.
    pub(super) fn deliver(&mut self, socket: SocketId, frame: Frame) {
        let Some(state) = self.sockets.get_mut(&socket) else { return };
        let stale = self.link.stats().stale_inputs;
        let what = self.trace.frame(&frame);
        match frame {
            Frame::Hello => {
                if *state == ReadyState::Connecting {
                    *state = ReadyState::Open;
                }
                self.link.handle_open(self.now, socket);
            }
            Frame::Message(message) => {
                self.link.handle_buffered(self.now, socket, 0);
                let inbound = self.link.handle_message(self.now, socket, message.as_ref());
                if let (Inbound::User, Message::Text(text)) = (inbound, &message) {
                    self.shown.push(text.clone());
                }
                if let Inbound::Heartbeat { .. } = inbound {
                    // The event tells the same.
                    return self.drain();
                }
            }
            Frame::Close(close) => {
                *state = ReadyState::Closed;
                self.link.handle_close(self.now, socket, close);
            }
            Frame::Reset => {
                *state = ReadyState::Closed;
                self.link.handle_error(self.now, socket);
                self.link.handle_close(self.now, socket, Close::abnormal());
            }
        }
        let ignored = self.link.stats().stale_inputs > stale;
        self.trace.socket(self.now, socket, &what, ignored);
        self.drain();
    }

    pub(super) fn drain(&mut self) {
        while let Some(action) = self.link.poll_action() {
            self.trace.action(self.now, &action);
            self.perform(action);
        }
        while let Some(event) = self.link.poll_event() {
            self.trace.event(self.now, &event);
            self.events.push(event);
        }
    }

    fn perform(&mut self, action: Action) {
        let socket = action.socket();
        match action {
            Action::Connect { .. } => {
                let live = self.sockets.values().filter(|state| **state != ReadyState::Closed).count();
                assert_eq!(live, 0, "{socket} would be a second live socket");
                self.sockets.insert(socket, ReadyState::Connecting);
                self.transmit(End::Server, socket, Frame::Hello);
            }
            Action::Send { origin, message, .. } => {
                assert_eq!(self.sockets[&socket], ReadyState::Open, "sent to {socket}");
                if let Origin::User(id) = origin {
                    self.sent.push((id, message.clone()));
                }
                self.transmit(End::Server, socket, Frame::Message(message));
                self.link.handle_buffered(self.now, socket, 0);
            }
            Action::Close { code, reason, .. } => {
                self.sockets.insert(socket, ReadyState::Closing);
                let close = Close { code: code.unwrap_or(1005), reason, was_clean: true };
                self.transmit(End::Server, socket, Frame::Close(close));
            }
            Action::Detach { code, reason, .. } => {
                if self.sockets[&socket] == ReadyState::Open {
                    let close = Close { code, reason: reason.to_owned(), was_clean: true };
                    self.transmit(End::Server, socket, Frame::Close(close));
                } else {
                    self.transmit(End::Server, socket, Frame::Reset);
                }
                self.sockets.insert(socket, ReadyState::Closed);
            }
            Action::ReadBuffered { .. } => self.link.handle_buffered(self.now, socket, 0),
        }
    }
}
