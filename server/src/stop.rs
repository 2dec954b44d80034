//! Shutting down in two steps: ask everybody to finish, then stop waiting.

use tokio_util::sync::CancellationToken;

/// A handle that stops a running server. Clones stop the same server.
///
/// ```text
/// serving ──begin()──▶ not ready ──Config::shutdown_delay──▶ draining ──every socket closed, or Config::drain over──▶ ended
///    └────────at_once()────┴────────────────────────────────────┴──────────────────────────────────────────────────────▲
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stop {
    begun: CancellationToken,
    at_once: CancellationToken,
}

impl Stop {
    /// A handle for a server that is not asked to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes `/readyz` say 503, after [`Config::shutdown_delay`](crate::Config::shutdown_delay) stops accepting, and closes
    /// every socket with 1012 (service restart), bounded by [`Config::drain`](crate::Config::drain). Calling it again
    /// changes nothing.
    pub fn begin(&self) {
        self.begun.cancel();
    }

    /// Ends the server without waiting for anybody.
    pub fn at_once(&self) {
        self.begun.cancel();
        self.at_once.cancel();
    }

    /// Whether [`begin`](Self::begin) was called.
    pub fn has_begun(&self) -> bool {
        self.begun.is_cancelled()
    }

    /// Waits for [`begin`](Self::begin).
    pub(crate) async fn begun(&self) {
        self.begun.cancelled().await;
    }

    /// Waits for [`at_once`](Self::at_once).
    pub(crate) async fn cut(&self) {
        self.at_once.cancelled().await;
    }
}
