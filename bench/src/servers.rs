//! The servers written in Rust that Heartwire is measured against, run as `bench serve NAME`.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use clap::ValueEnum;
use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Quiet time after which a server with a heartbeat pings, as the peers in other languages do.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// A message of 64 KiB fits with its header: of the sizes from 64 to 256 KiB this one cost least.
const TCP_BUFFER: usize = 68 * 1024;

/// Which server to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Echoes bytes: what the rest is compared with.
    Tcp,
    /// Carries bytes to another server and back: what a relay can't do without.
    TcpHop,
    /// tokio-tungstenite on a task per connection.
    Tungstenite,
}

/// Serves on one thread until standard input ends, so that a server never outlives the benchmark.
///
/// `to` is where a hop goes.
///
/// # Errors
/// When the address can't be bound, or a hop has none to go to.
pub fn serve(kind: Kind, listen: SocketAddr, to: Option<SocketAddr>) -> io::Result<()> {
    std::thread::spawn(|| {
        let mut byte = [0];
        while matches!(io::stdin().read(&mut byte), Ok(1..)) {}
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        loop {
            // Running out of files ends the benchmark with an error on the client's side.
            let Ok((stream, _)) = listener.accept().await else { continue };
            stream.set_nodelay(true)?;
            // A peer that leaves is the normal end of a connection here, so the result tells nothing.
            match kind {
                Kind::Tcp => tokio::spawn(async { drop(tcp_echo(stream).await) }),
                Kind::TcpHop => {
                    let target = TcpStream::connect(to.ok_or(io::ErrorKind::InvalidInput)?).await?;
                    target.set_nodelay(true)?;
                    let ((from_client, to_client), (from_target, to_target)) =
                        (stream.into_split(), target.into_split());
                    tokio::spawn(async { drop(pass_on(from_client, to_target).await) });
                    tokio::spawn(async { drop(pass_on(from_target, to_client).await) })
                }
                Kind::Tungstenite => tokio::spawn(async { drop(tungstenite_echo(stream).await) }),
            };
        }
    })
}

/// The yardstick: read what is there, write it back. The buffer is never zeroed, so an idle connection holds only
/// the pages its messages touched.
async fn tcp_echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(TCP_BUFFER);
    loop {
        buffer.clear();
        if stream.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
        stream.write_all(&buffer).await?;
    }
}

/// One way of a hop: the same from one end to the other. The end that is left hears that nothing more comes.
async fn pass_on(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(TCP_BUFFER);
    loop {
        buffer.clear();
        if from.read_buf(&mut buffer).await? == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer).await?;
    }
}

/// Replies to all messages that are there leave in one flush. The read buffer is smaller than the library's
/// 128 KiB, which it zero-fills before each read.
async fn tungstenite_echo(stream: TcpStream) -> Result<(), Error> {
    let config = WebSocketConfig::default().read_buffer_size(16 * 1024);
    let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await?;
    let mut heartbeat = tokio::time::interval_at(Instant::now() + PING_INTERVAL, PING_INTERVAL);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut next = tokio::select! {
            biased;
            message = socket.next() => message,
            _ = heartbeat.tick() => {
                socket.send(Message::Ping(Vec::new().into())).await?;
                continue;
            }
        };
        loop {
            match next {
                Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => socket.feed(message).await?,
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            }
            match socket.next().now_or_never() {
                Some(another) => next = another,
                None => break,
            }
        }
        socket.flush().await?;
    }
}
