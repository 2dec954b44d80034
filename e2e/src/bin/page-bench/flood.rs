//! A server that sends as fast as the browser takes, and serves the pages to compare with.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use tungstenite::handshake::server::{Request, Response};

use crate::message::{BYTES, Message};

/// The pages served, by the beginnings of their requests.
const PAGES: [(&str, &str); 2] =
    [("GET /classic", include_str!("classic.html")), ("GET /counter", include_str!("counter.html"))];

/// A browser that reads nothing for so long has gone.
const PATIENCE: Duration = Duration::from_secs(300);

/// Serves until the program ends. Frames are made ahead of time, so that a flood costs the machine little more than
/// the browser's part.
#[derive(Debug)]
pub(crate) struct Flood {
    port: u16,
}

impl Flood {
    /// Ready for floods of up to `most` messages.
    pub(crate) fn start(most: usize) -> Result<Self> {
        let mut frames = Vec::with_capacity(most * (BYTES + 2));
        for number in 1..=most {
            Message::new(number).write_frame(&mut frames);
        }
        let frames: Arc<[u8]> = frames.into();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let frames = frames.clone();
                thread::spawn(move || {
                    // A browser that is closed in the middle of a flood breaks its connection.
                    let _ = serve(stream, &frames);
                });
            }
        });
        Ok(Self { port })
    }

    /// Where `messages` messages come from.
    pub(crate) fn socket(&self, messages: usize) -> String {
        format!("ws://127.0.0.1:{}/{messages}", self.port)
    }

    /// The page of that name, connected to it.
    pub(crate) fn page(&self, name: &str, messages: usize) -> String {
        format!("http://127.0.0.1:{}/{name}?url={}", self.port, self.socket(messages))
    }
}

fn serve(stream: TcpStream, frames: &[u8]) -> Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut begin = [0; 16];
    let seen = stream.peek(&mut begin)?;
    if let Some((_, content)) = PAGES.iter().find(|(name, _)| begin[..seen].starts_with(name.as_bytes())) {
        return respond(stream, content);
    }
    let mut messages = 0;
    #[expect(clippy::result_large_err, reason = "the type is the library's")]
    let note = |request: &Request, response: Response| {
        messages = request.uri().path().trim_start_matches('/').parse().unwrap_or(0);
        Ok(response)
    };
    let mut socket = tungstenite::accept_hdr(stream, note).map_err(|error| anyhow::anyhow!("{error}"))?;
    let stream = socket.get_mut();
    stream.write_all(&frames[..messages * (BYTES + 2)])?;
    // Open until the browser goes; what it sends is of no interest.
    while stream.read(&mut [0; 1024])? > 0 {}
    Ok(())
}

fn respond(mut stream: TcpStream, content: &str) -> Result<()> {
    let mut lines = BufReader::new(&mut stream).lines();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{content}",
        content.len()
    )?;
    Ok(())
}
