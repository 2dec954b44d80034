//! The codec without HTTP around it: answers any request head with an upgrade and echoes. For measuring what the layers
//! above cost. `echo --listen ADDRESS`; other arguments are ignored.

use std::net::SocketAddr;
use std::sync::Arc;

use socket::wire::handshake::accept_for;
use socket::wire::{ConnectionSettings, Message, Outgoing, Role};
use socket::{Endpoint, Socket};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

struct Echo;

impl Endpoint for Echo {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        // Refused only while the connection closes.
        let _ = out.echo(&message);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip_while(|arg| arg != "--listen").skip(1);
    let address: SocketAddr = args.next().ok_or("usage: echo --listen ADDRESS")?.parse()?;
    let listener = TcpListener::bind(address).await?;
    let settings = Arc::new(ConnectionSettings::default());
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let settings = Arc::clone(&settings);
        tokio::spawn(async move {
            if let Ok(early) = upgrade(&mut stream).await {
                tokio::spawn(Socket::new(stream, &early, Role::Server, None, settings, Echo));
            }
        });
    }
}

async fn upgrade(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    loop {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(end) = head.windows(4).position(|window| window == b"\r\n\r\n") {
            let early = head.split_off(end + 4);
            let text = String::from_utf8_lossy(&head);
            let key = text.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("sec-websocket-key").then(|| value.trim())
            });
            let accept = accept_for(key.unwrap_or_default().as_bytes());
            let accept = accept.to_str().unwrap_or_default();
            let answer = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await?;
            return Ok(early);
        }
    }
}
