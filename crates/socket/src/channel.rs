use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use wire::deflate::Params;
use wire::{
    CloseCode, ConnectionSettings, Counts, End, Message, MessageKind, NotSent, Outgoing, Role, Summary,
};

use crate::{Endpoint, Socket};

/// Received messages that wait for [`Channel::recv`], in bytes. Above this the peer's sending stalls.
const INBOX_BYTES: usize = 1 << 20;
/// What a message costs beside its payload, in bytes, so that empty ones are not free.
const MESSAGE_COST: usize = 64;

/// A connection as a pair of calls: send a message, receive a message. For clients and tests; a server with many
/// connections is better served by a [`Socket`] with an [`Endpoint`] of its own.
///
/// The connection moves on while one of its calls is awaited, and only then: Pings are answered during
/// [`recv`](Channel::recv). All calls can be cancelled and called again.
#[derive(Debug)]
pub struct Channel<S> {
    socket: Socket<S, Calls>,
    summary: Option<Summary>,
}

/// A message that owns its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedMessage {
    /// UTF-8 text.
    Text(String),
    /// Any bytes.
    Binary(Vec<u8>),
}

/// The endpoint between the connection and the calls.
#[derive(Debug, Default)]
struct Calls {
    inbox: VecDeque<OwnedMessage>,
    inbox_bytes: usize,
    order: Option<Order>,
    result: Option<Result<(), NotSent>>,
}

#[derive(Debug)]
enum Order {
    Send(OwnedMessage),
    Ping(Vec<u8>),
    Close(Option<(CloseCode, String)>),
}

impl OwnedMessage {
    /// What kind of message it is.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            OwnedMessage::Text(_) => MessageKind::Text,
            OwnedMessage::Binary(_) => MessageKind::Binary,
        }
    }

    /// The payload.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            OwnedMessage::Text(text) => text.as_bytes(),
            OwnedMessage::Binary(bytes) => bytes,
        }
    }

    fn cost(&self) -> usize {
        self.as_bytes().len() + MESSAGE_COST
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Channel<S> {
    /// Calls on a connection whose opening handshake is done, as in [`Socket::new`].
    #[must_use]
    pub fn new(
        io: S,
        early: &[u8],
        role: Role,
        compression: Option<Params>,
        settings: Arc<ConnectionSettings>,
    ) -> Channel<S> {
        Channel {
            socket: Socket::new(io, early, role, compression, settings, Calls::default()),
            summary: None,
        }
    }

    /// The next message, or none once the connection has ended: then [`summary`](Channel::summary) says why.
    pub async fn recv(&mut self) -> Option<OwnedMessage> {
        poll_fn(|cx| {
            loop {
                let calls = self.socket.endpoint();
                if let Some(message) = calls.inbox.pop_front() {
                    calls.inbox_bytes -= message.cost();
                    return Poll::Ready(Some(message));
                }
                if self.poll_end(cx).is_ready() {
                    if self.socket.endpoint().inbox.is_empty() {
                        return Poll::Ready(None);
                    }
                } else if self.socket.endpoint().inbox.is_empty() {
                    return Poll::Pending;
                }
            }
        })
        .await
    }

    /// Sends a message and waits until the peer is not too far behind.
    ///
    /// # Errors
    /// [`NotSent`] if the connection is closing or has ended, or the peer is too far behind already.
    pub async fn send(&mut self, message: OwnedMessage) -> Result<(), NotSent> {
        self.order(Order::Send(message)).await
    }

    /// Sends a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// [`NotSent`].
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), NotSent> {
        self.order(Order::Ping(payload.to_vec())).await
    }

    /// Starts the closing handshake; [`recv`](Channel::recv) ends once it is done.
    ///
    /// # Errors
    /// [`NotSent`] if the status can't be sent or the connection is closing or has ended.
    pub async fn close(&mut self, status: Option<(CloseCode, &str)>) -> Result<(), NotSent> {
        self.order(Order::Close(status.map(|(code, reason)| (code, reason.to_owned())))).await
    }

    /// How the connection ended, once it has.
    #[must_use]
    pub fn summary(&self) -> Option<&Summary> {
        self.summary.as_ref()
    }

    /// Whether the peer closed, or anything else ended the connection.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.summary.is_some()
    }

    /// What it has carried so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        self.socket.counts()
    }

    /// The transport underneath.
    #[must_use]
    pub fn transport(&self) -> &S {
        self.socket.transport()
    }

    async fn order(&mut self, order: Order) -> Result<(), NotSent> {
        self.socket.endpoint().order = Some(order);
        self.socket.endpoint().result = None;
        poll_fn(|cx| {
            let ended = self.poll_end(cx).is_ready();
            let done = ended || self.socket.queued_bytes() == 0;
            match self.socket.endpoint().result {
                None if ended => Poll::Ready(Err(wire::SendError::Closed.into())),
                Some(result) if done || result.is_err() => Poll::Ready(result),
                _ => Poll::Pending,
            }
        })
        .await
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.summary.is_none() {
            let Poll::Ready(summary) = self.socket.poll_run(cx) else { return Poll::Pending };
            self.summary = Some(summary);
        }
        Poll::Ready(())
    }
}

impl Endpoint for Calls {
    fn message(&mut self, message: Message<'_>, _: &mut Outgoing<'_>) {
        let message = match message.kind {
            // Text has been checked; the check here is the conversion's own.
            MessageKind::Text => OwnedMessage::Text(String::from_utf8_lossy(message.payload).into_owned()),
            MessageKind::Binary => OwnedMessage::Binary(message.payload.to_vec()),
        };
        self.inbox_bytes += message.cost();
        self.inbox.push_back(message);
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        let Some(order) = self.order.take() else { return };
        self.result = Some(match order {
            Order::Send(message) => out.send(message.kind(), message.as_bytes()),
            Order::Ping(payload) => out.ping(&payload),
            Order::Close(status) => {
                out.close(status.as_ref().map(|(code, reason)| (*code, reason.as_str())), End::Finished)
            }
        });
    }

    fn ready(&self) -> bool {
        self.inbox_bytes <= INBOX_BYTES
    }
}
