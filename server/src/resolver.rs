//! Who is asked for the addresses of names.

use socket::ConnectError;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

/// What comes of a question.
type Answer = Pin<Box<dyn Future<Output = Result<Vec<SocketAddr>, ConnectError>> + Send>>;
type Ask = dyn Fn(&str, u16) -> Answer + Send + Sync;

/// Answers with the addresses of a host, the port added. Each connection of a relay asks once, has its guard judge what comes,
/// and connects to nothing else.
#[derive(Clone)]
pub struct Resolver(Arc<Ask>);

impl Resolver {
    /// Asks `answer` instead of the system.
    pub fn new<F>(answer: impl Fn(&str, u16) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<SocketAddr>, ConnectError>> + Send + 'static,
    {
        Self(Arc::new(move |host, port| Box::pin(answer(host, port))))
    }

    pub(crate) async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
        (self.0)(host, port).await
    }
}

impl Default for Resolver {
    /// The system's.
    fn default() -> Self {
        Self::new(|host, port| {
            let host = host.to_owned();
            async move { socket::resolve(&host, port).await }
        })
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resolver")
    }
}
