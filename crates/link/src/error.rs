//! What a caller can do wrong.

/// Why a message was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The link is closing or closed: call `open` first.
    #[error("the connection is closed")]
    Closed,
    /// The queue is full: wait for a connection, or choose another [`Overflow`](crate::Overflow).
    #[error("the queue is full: {messages} messages, {bytes} bytes")]
    Full {
        /// Messages in the queue.
        messages: usize,
        /// Bytes in the queue.
        bytes: usize,
    },
    /// The message alone exceeds the queue's byte limit: raise the limit or send less.
    #[error("the message has {size} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes of the message.
        size: usize,
        /// [`Queue::max_bytes`](crate::Queue::max_bytes).
        limit: usize,
    },
}

/// Why a close request was not carried out. Browsers throw on the same ones.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CloseError {
    /// Only 1000 and 3000-4999 may be sent by an application (WHATWG WebSockets, `close()`).
    #[error("code {0} is not 1000 or within 3000-4999")]
    Code(u16),
    /// A Close frame has room for 123 bytes of reason (RFC 6455 section 5.5).
    #[error("the reason has {0} bytes, the limit is 123")]
    ReasonTooLong(usize),
    /// A reason follows a code on the wire and cannot stand alone (RFC 6455 section 5.5.1).
    #[error("a reason needs a code")]
    ReasonWithoutCode,
}
