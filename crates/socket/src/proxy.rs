use std::net::SocketAddr;

use http::HeaderValue;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::connect_error::ConnectError;
use crate::head::read_head;

/// An HTTP proxy that is asked for a tunnel with CONNECT (RFC 9110 §9.3.6). It is spoken to without TLS.
#[derive(Clone, Debug)]
pub struct HttpProxy {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The value of `Proxy-Authorization`, if it wants one. It is marked as sensitive.
    pub authorization: Option<HeaderValue>,
    /// The addresses to try, for whoever has resolved its name. `None`: the resolver is asked.
    pub addresses: Option<Vec<SocketAddr>>,
}

impl HttpProxy {
    /// Asks for a tunnel to `authority`, a host with its port.
    pub(crate) async fn pass(
        &self,
        stream: &mut TcpStream,
        authority: &str,
        head_len: usize,
    ) -> Result<(), ConnectError> {
        let failed =
            |explanation| ConnectError::Proxy { proxy: format!("{}:{}", self.host, self.port), explanation };
        let mut request = format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
        if let Some(authorization) = &self.authorization {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(authorization.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await.map_err(|error| failed(format!("broke off: {error}")))?;
        let answer = read_head(stream, head_len).await;
        let (head, early) = answer.map_err(|error| failed(format!("gave no answer: {error}")))?;
        match head.status.as_u16() {
            200..=299 if early.is_empty() => Ok(()),
            200..=299 => Err(failed("spoke before it was spoken to".to_owned())),
            407 => Err(failed("wants credentials (407): send them as Proxy-Authorization".to_owned())),
            _ => Err(failed(format!("does not connect to {authority}: it answered {}", head.status))),
        }
    }
}
