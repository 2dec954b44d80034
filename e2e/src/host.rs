//! A web server of the plainest kind: files, no WebSocket.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::required_path;

/// Serves the built page as any static host would; ends when dropped.
#[derive(Debug)]
pub struct Host {
    port: u16,
    /// What the name of a file begins with that it does not have for the time being.
    withheld: Arc<Mutex<Option<&'static str>>>,
    task: JoinHandle<()>,
}

impl Host {
    /// Serves over http.
    ///
    /// # Errors
    /// There is no built page or no free port.
    pub async fn start() -> Result<Self> {
        Self::serve(None).await
    }

    /// Serves over https, with a certificate of its own making for `name`.
    ///
    /// # Errors
    /// As [`Self::start`].
    pub async fn start_secure(name: &str) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed([name.to_owned()])?;
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.into()], key.into())?;
        Self::serve(Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    /// The port it listens on, on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Does not have files with such a beginning of their names, until it is told otherwise.
    pub fn withhold(&self, beginning: Option<&'static str>) {
        *self.withheld.lock().unwrap_or_else(PoisonError::into_inner) = beginning;
    }

    async fn serve(tls: Option<TlsAcceptor>) -> Result<Self> {
        let folder = required_path("HEARTWIRE_DIST")?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let withheld = Arc::new(Mutex::new(None));
        let beginning = withheld.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, folder) = (tls.clone(), folder.clone());
                let withheld = *beginning.lock().unwrap_or_else(PoisonError::into_inner);
                tokio::spawn(async move {
                    let answer = async {
                        match tls {
                            Some(tls) => respond(tls.accept(stream).await?, &folder, withheld).await,
                            None => respond(stream, &folder, withheld).await,
                        }
                    };
                    // A browser opens connections that it never uses and drops others: neither is a failure.
                    let _ = timeout(Duration::from_secs(30), answer).await;
                });
            }
        });
        Ok(Self { port, withheld, task })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers one request and hangs up.
async fn respond(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    folder: &Path,
    withheld: Option<&str>,
) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await?;
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1).context("not HTTP")?;
    let path = path.split('?').next().unwrap_or(path);
    let is_withheld = withheld.is_some_and(|beginning| path.trim_start_matches('/').starts_with(beginning));
    let (status, kind, body) = match file(folder, path).filter(|_| !is_withheld) {
        Some(file) => ("200 OK", kind(&file), std::fs::read(&file)?),
        None => ("404 Not Found", "text/plain", b"no such file\n".to_vec()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.shutdown().await?;
    Ok(())
}

fn file(folder: &Path, path: &str) -> Option<PathBuf> {
    let name = path.trim_start_matches('/');
    let file = folder.join(if name.is_empty() { "index.html" } else { name });
    (!name.contains("..") && file.is_file()).then_some(file)
}

fn kind(file: &Path) -> &'static str {
    match file.extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
