//! Asking Heartwire's API.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What `GET target` answers.
///
/// # Errors
/// When the answer is no JSON.
pub async fn get(address: SocketAddr, target: &str) -> anyhow::Result<Value> {
    request(address, "GET", target).await
}

/// What a request without a body is answered, whatever the status.
///
/// # Errors
/// When the answer is no JSON.
pub async fn request(address: SocketAddr, method: &str, target: &str) -> anyhow::Result<Value> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n") else {
        bail!("no answer to {target}")
    };
    serde_json::from_slice(&answer[head + 4..])
        .with_context(|| format!("an answer that is no JSON to {target}"))
}
