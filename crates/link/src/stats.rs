//! Counters since the link was made.

/// Counters since the link was made. They only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sockets asked for.
    pub attempts: u64,
    /// Sockets that opened.
    pub connections: u64,
    /// User messages handed to a socket.
    pub messages_sent: u64,
    /// Opening messages handed to a socket.
    pub openings_sent: u64,
    /// Messages of [`Link::send_now`](crate::Link::send_now) handed to a socket.
    pub sent_now: u64,
    /// Bytes of payload handed to a socket, by whomever.
    pub bytes_sent: u64,
    /// Messages received, heartbeat answers included.
    pub messages_received: u64,
    /// Bytes of payload received, heartbeat answers included.
    pub bytes_received: u64,
    /// User messages confirmed.
    pub messages_confirmed: u64,
    /// User messages whose fate is unknown.
    pub messages_unknown: u64,
    /// User messages dropped from the queue.
    pub messages_dropped: u64,
    /// Heartbeats sent.
    pub heartbeats_sent: u64,
    /// Heartbeats answered.
    pub heartbeats_answered: u64,
    /// Heartbeat deadlines that went by in silence.
    pub heartbeats_missed: u64,
    /// Inputs ignored because their socket was no longer the link's.
    pub stale_inputs: u64,
}
