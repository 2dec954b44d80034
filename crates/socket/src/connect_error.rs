use std::io;
use std::time::Duration;

use wire::handshake::{HeadError, RequestError, ResponseError, ResponseHead, TargetError};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The URL is none. Correct it.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A header or subprotocol can't be sent. Correct it.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The host's name has no address.
    #[error("{host} has no address: {error}")]
    Resolve {
        /// The name.
        host: String,
        /// The resolver's word.
        error: io::Error,
    },
    /// No address of the host took the connection; the last one's reason.
    #[error("can't connect to {host}:{port}: {error}")]
    Tcp {
        /// The name or address.
        host: String,
        /// The port.
        port: u16,
        /// The system's word.
        error: io::Error,
    },
    /// The server's certificate is not trusted, or it speaks no TLS.
    #[error("TLS with {host} failed: {error}")]
    Tls {
        /// The name or address.
        host: String,
        /// What went wrong.
        error: io::Error,
    },
    /// The proxy did not connect.
    #[error("the proxy {proxy} {explanation}")]
    Proxy {
        /// Its host and port.
        proxy: String,
        /// What it said or did.
        explanation: String,
    },
    /// The connection broke before the answer was whole.
    #[error("the connection broke during the opening handshake: {0}")]
    Broken(io::Error),
    /// The answer is no HTTP.
    #[error("{0}: is this a web server?")]
    Head(#[from] HeadError),
    /// The answer is not what RFC 6455 §4.1 asks for.
    #[error("{error}")]
    Response {
        /// What is wrong with it.
        error: ResponseError,
        /// The answer.
        head: Box<ResponseHead>,
    },
    /// It took longer than [`ConnectOptions::timeout`](crate::ConnectOptions::timeout).
    #[error("no answer within {0:?}")]
    Timeout(Duration),
}
