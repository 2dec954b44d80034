use std::sync::Arc;

use crate::{CloseCode, Event, Failure, Limits, Receiver, Role, Sender, Step};

/// Both directions of a connection and the closing handshake between them (RFC 6455 §7).
///
/// A shell feeds what it reads to [`step`](Connection::step), writes what that appends, sends through
/// [`sender`](Connection::sender), and asks [`tcp`](Connection::tcp) after each round what is to become of the
/// transport.
///
/// ```text
///            Close sent                       Close received, answered at once
///  Keep ---------------------> AwaitClose     Keep --------------------------> (both)
///    |                             |
///    | failure: Close sent         | Close received
///    v                             v
///  (both): a server closes TCP, a client awaits the server's end of file (§7.1.1)
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    receiver: Receiver,
    sender: Sender,
    /// The peer's Close: the outer option tells whether it came, the inner one whether it had a code.
    peer_close: Option<Option<CloseCode>>,
    closed_first_by: Option<End>,
    failure: Option<Failure>,
    auto_pong: bool,
}

/// What the shell is to do with the transport once the pending output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpAdvice {
    /// Read and write on.
    Keep,
    /// A Close was sent: read on until the peer's comes, but not beyond a deadline of a few seconds.
    AwaitClose,
    /// The closing handshake is over, or this client failed the connection. The server is to close first (RFC 6455
    /// §7.1.1): read and discard until the end of file, but not beyond a deadline of a few seconds.
    AwaitEof,
    /// The closing handshake is over, or this server failed the connection: shut down the sending side, then read and
    /// discard until the end of file (or a short deadline), so that the peer gets the Close and not a reset.
    Close,
}

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// This one.
    Local,
    /// The other one.
    Peer,
}

/// How a connection came to its end, once the transport is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The code of the peer's Close; 1005 if it had none, 1006 if none came (RFC 6455 §7.1.5).
    pub code: CloseCode,
    /// Whether both Close frames were exchanged (RFC 6455 §7.1.4).
    pub clean: bool,
    /// Which end began to close; none if the transport just broke.
    pub first: Option<End>,
    /// What the peer did wrong, if that was the reason.
    pub failure: Option<Failure>,
}

impl Connection {
    /// Right behind the opening handshake, without compression.
    #[must_use]
    pub fn new(role: Role, limits: Arc<Limits>) -> Connection {
        Connection {
            receiver: Receiver::new(role, limits),
            sender: Sender::new(role),
            peer_close: None,
            closed_first_by: None,
            failure: None,
            auto_pong: true,
        }
    }

    /// Whether permessage-deflate was negotiated, so that messages may come compressed. Off by default.
    #[must_use]
    pub fn with_compression(mut self, negotiated: bool) -> Connection {
        self.receiver = self.receiver.with_compression(negotiated);
        self
    }

    /// Whether Pings are answered without asking the caller. On by default, as RFC 6455 §5.5.2 demands; off, the
    /// caller answers them, or tests what the peer makes of silence.
    #[must_use]
    pub const fn with_auto_pong(mut self, on: bool) -> Connection {
        self.auto_pong = on;
        self
    }

    /// Decodes one step from the front of `buf` as [`Receiver::step`] does, and appends the reply that is due to
    /// `replies`: a Pong to a Ping, a Close to a Close, a Close to a failure. `masks` gives a client's keys.
    ///
    /// # Errors
    /// The peer broke a rule or a limit. The Close that says so is in `replies`.
    pub fn step(
        &mut self,
        buf: &mut [u8],
        masks: impl FnMut() -> [u8; 4],
        replies: &mut Vec<u8>,
    ) -> Result<Step, Failure> {
        let step = self.receiver.step(buf);
        match &step {
            Ok(Step::Event { event, .. }) => self.reply(event, buf, masks, replies),
            Ok(_) => {}
            Err(failure) => self.fail(*failure, masks, replies),
        }
        step
    }

    /// Fails the connection (RFC 6455 §7.1.7) for a reason found outside, such as data that can't be inflated: appends
    /// the Close and decodes nothing more.
    pub fn fail(&mut self, failure: Failure, masks: impl FnMut() -> [u8; 4], replies: &mut Vec<u8>) {
        self.receiver.end();
        if self.failure.is_some() {
            return;
        }
        self.failure = Some(failure);
        let status = Some((failure.close_code(), failure.explanation()));
        if self.sender.close(status, masks, replies).is_ok() {
            self.closed_first_by = Some(End::Local);
        }
    }

    /// The outgoing half.
    pub const fn sender(&mut self) -> &mut Sender {
        &mut self.sender
    }

    /// The incoming half.
    #[must_use]
    pub const fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    /// What is to become of the transport.
    #[must_use]
    pub const fn tcp(&self) -> TcpAdvice {
        let received = self.peer_close.is_some() || self.failure.is_some();
        match (self.sender.close_sent(), received, self.sender.role()) {
            (false, ..) => TcpAdvice::Keep,
            (true, false, _) => TcpAdvice::AwaitClose,
            (true, true, Role::Client) => TcpAdvice::AwaitEof,
            (true, true, Role::Server) => TcpAdvice::Close,
        }
    }

    /// How the connection ended, to be asked once the transport is closed.
    #[must_use]
    pub fn ending(&self) -> Ending {
        let code = match self.peer_close {
            Some(Some(code)) => code,
            Some(None) => CloseCode::NO_STATUS,
            None => CloseCode::ABNORMAL,
        };
        let sent = self.sender.close_sent();
        Ending {
            code,
            clean: sent && self.peer_close.is_some() && self.failure.is_none(),
            first: self.closed_first_by.or(if sent { Some(End::Local) } else { None }),
            failure: self.failure,
        }
    }

    fn reply(&mut self, event: &Event, buf: &[u8], masks: impl FnMut() -> [u8; 4], replies: &mut Vec<u8>) {
        match event {
            Event::Ping(payload) if self.auto_pong => {
                // A payload that came in a control frame fits into one.
                let sent = self.sender.pong(&buf[payload.clone()], masks, replies);
                debug_assert!(sent.is_ok());
            }
            Event::Close { code, .. } => {
                self.peer_close = Some(*code);
                let first = if self.sender.close_sent() { End::Local } else { End::Peer };
                self.closed_first_by = Some(first);
                if first == End::Peer {
                    // The receiver lets only such codes pass as may be sent.
                    let sent = self.sender.close(code.map(|code| (code, "")), masks, replies);
                    debug_assert!(sent.is_ok());
                }
            }
            Event::Data(_) | Event::Ping(_) | Event::Pong(_) => {}
        }
    }
}
