//! Where a link stands.

use crate::Time;

/// Where a link stands.
///
/// ```text
///         open()               handle_open           close()              handle_close,
///   Idle ────────▶ Connecting ─────────────▶ Open ──────────▶ Closing ──────────────────▶ Closed
///                    ▲    │                   │                           close timeout
///                    │    │ failed,           │ lost: closed by the peer,
///                    │    │ timed out         │ error, heartbeat missed
///                    │    ▼                   │
///   timer,           ├── Waiting ◀────────────┘
///   good hint,       │    │  ▲ Online before it is decent to retry
///   reconnect_now(), │    ▼  │
///   open()           ├── Offline      instead of Waiting while the browser says that there is no network
///                    │
///                    └── Suspended    from all of these but Closing, after PageHide and until PageShow
///
///   Also:  Open             ── reconnect_now() ─────────────────────────────▶ Connecting, with a fresh socket
///          Closing, Closed  ── open() ──────────────────────────────────────▶ Connecting
///          the others       ── close() ─────────────────────────────────────▶ Closed
///          a lost socket    ── stop code, attempts used up, reconnect off ──▶ Closed
/// ```
///
/// `Idle` and `Closed` are at rest: no socket, no timer. Every other phase has a socket or a timer, so it
/// cannot be stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not opened yet. Messages are accepted and queued.
    Idle,
    /// A socket is being opened.
    Connecting {
        /// Which attempt in a row this is; 1 is the first since `open` or since a stable connection.
        attempt: u32,
    },
    /// The socket is open.
    Open,
    /// The user asked to close; the closing handshake is under way (RFC 6455 section 7.1.2).
    Closing,
    /// Between two attempts.
    Waiting {
        /// The attempt that comes next.
        attempt: u32,
        /// When it starts, in the driver's time.
        until: Time,
    },
    /// The browser says that there is no network: waiting for it to come back.
    Offline {
        /// The attempt that comes next.
        attempt: u32,
        /// When to try in spite of what the browser says, in the driver's time.
        until: Time,
    },
    /// The page is in the back/forward cache (or about to be): its socket was closed so that it may go there.
    Suspended {
        /// When to try if no event announces the page's return, in the driver's time.
        until: Time,
    },
    /// At rest until `open`.
    Closed(Final),
}

impl Phase {
    /// Whether nothing happens in this phase until the user acts.
    pub fn is_final(&self) -> bool {
        matches!(self, Phase::Idle | Phase::Closed(_))
    }

    /// A short stable name: `idle`, `connecting`, `open`, `closing`, `waiting`, `offline`, `suspended`, `closed`.
    pub fn name(&self) -> &'static str {
        match self {
            Phase::Idle => "idle",
            Phase::Connecting { .. } => "connecting",
            Phase::Open => "open",
            Phase::Closing => "closing",
            Phase::Waiting { .. } => "waiting",
            Phase::Offline { .. } => "offline",
            Phase::Suspended { .. } => "suspended",
            Phase::Closed(_) => "closed",
        }
    }
}

/// Why a link came to rest in [`Phase::Closed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Final {
    /// The user called `close`, and the open connection was closed.
    ByUser,
    /// The peer closed with a code that says retrying is pointless.
    StopCode(u16),
    /// As many attempts in a row as allowed came to nothing.
    AttemptsExhausted,
    /// The connection ended and reconnecting is switched off.
    ReconnectOff,
    /// The platform refused to create a socket at all: an invalid URL, mixed content, a bad subprotocol.
    Refused,
    /// The user called `close` while there was no open connection, only the will to have one.
    Cancelled,
    /// The driver made no socket, since what has to be sent first cannot be made.
    Withheld,
}
