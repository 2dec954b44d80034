//! The WebSocket behind the endpoints. This file alone names the protocol library.

use crate::config::SocketConfig;
use crate::echo::EchoOptions;
use crate::heartbeat::{Beat, Heartbeat};
use crate::journal::{End, Journal};
use crate::metered::Metered;
use crate::stop::Stop;
use bytes::Bytes;
use futures_util::{FutureExt as _, SinkExt as _, StreamExt as _};
use std::pin::pin;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

/// Allocated per socket for its whole life, so small; a large message grows it for its own duration.
const READ_BUFFER_BYTES: usize = 4 << 10;
/// Room beside one message for the control frames that may wait with it.
const CONTROL_ROOM_BYTES: usize = 16 << 10;

/// Echoes text and binary messages until there is a reason to end, then ends the connection properly.
///
/// `leftover` are the bytes that arrived behind the handshake. The reason is in the journal at once. Returns when the transport is closed, which
/// takes at most [`SocketConfig::close_timeout`] from the reason on.
pub(crate) async fn echo<S>(
    stream: S,
    leftover: Bytes,
    options: &EchoOptions,
    config: &SocketConfig,
    stop: &Stop,
    journal: &mut Journal,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let limits = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(config.max_message_size.saturating_add(CONTROL_ROOM_BYTES))
        .max_message_size(Some(config.max_message_size))
        .max_frame_size(Some(config.max_message_size));
    let stream = Metered::new(stream);
    let ws = WebSocketStream::from_partially_read(stream, leftover.into(), Role::Server, Some(limits)).await;
    let mut socket = Socket { ws, config, stop, journal };
    let end = socket.echo(options).await;
    socket.journal.end(&end);
    // A peer that doesn't keep to the closing handshake is cut off; the reason stays the one that began it.
    let _ = timeout(config.close_timeout, finish(socket.ws, &end, options)).await;
    end
}

struct Socket<'a, S> {
    ws: WebSocketStream<Metered<S>>,
    config: &'a SocketConfig,
    stop: &'a Stop,
    journal: &'a mut Journal,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<'_, S> {
    async fn echo(&mut self, options: &EchoOptions) -> End {
        let mut heartbeat =
            Heartbeat::new(self.config.ping_interval, self.config.ping_timeout, Instant::now());
        let mut stopping = pin!(self.stop.begun());
        let mut timer = pin!(sleep_until(heartbeat.next().unwrap_or_else(Instant::now)));
        loop {
            // In this order, because a flood of messages must hide neither the shutdown nor the heartbeat.
            let message = tokio::select! {
                biased;
                () = &mut stopping => return End::Shutdown,
                () = &mut timer, if heartbeat.next().is_some() => None,
                message = self.ws.next() => Some(message),
            };
            let sent = match message {
                None => {
                    let beat = heartbeat.beat(Instant::now(), self.ws.get_ref().last_read());
                    if let Some(next) = heartbeat.next() {
                        timer.as_mut().reset(next);
                    }
                    match beat {
                        Beat::Wait => Ok(()),
                        Beat::Ping => self.send(Message::Ping(Bytes::new())).await,
                        Beat::Dead => Err(End::HeartbeatFailed("a Ping went unanswered")),
                    }
                }
                Some(Some(Ok(message @ (Message::Text(_) | Message::Binary(_))))) => {
                    let echoed = self.echo_one(message).await;
                    match &options.close {
                        Some(close) if echoed.is_ok() => Err(End::Requested(close.code)),
                        _ => echoed,
                    }
                }
                Some(Some(Ok(Message::Close(close)))) => {
                    Err(End::PeerClosed(close.map(|close| close.code.into())))
                }
                // The library answers Pings itself, on the next read.
                Some(Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => Ok(()),
                Some(Some(Err(error))) => Err(receive_failed(error)),
                Some(None) => Err(receive_failed(Error::ConnectionClosed)),
            };
            if let Err(end) = sent {
                return end;
            }
        }
    }

    async fn echo_one(&mut self, message: Message) -> Result<(), End> {
        let bytes = message.len() as u64;
        self.journal.counts.messages_in += 1;
        self.journal.counts.bytes_in += bytes;
        self.send(message).await?;
        self.journal.counts.messages_out += 1;
        self.journal.counts.bytes_out += bytes;
        Ok(())
    }

    /// Sends and waits until the transport took it all, so that a peer that doesn't read holds at most one
    /// message here. Reading waits meanwhile: the peer feels the backpressure.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        let failed = |error: Error| End::SendFailed(error.to_string());
        self.ws.feed(message).await.map_err(failed)?;
        // Nearly always the transport takes everything at once; only then is no timer made.
        if let Some(flushed) = self.ws.flush().now_or_never() {
            return flushed.map_err(failed);
        }
        // No Ping can overtake the message, so writing itself is the heartbeat: bytes taken are proof of life.
        let patience = self.config.ping_interval + self.config.ping_timeout;
        let mut progress = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = self.stop.begun() => return Err(End::Shutdown),
                flushed = self.ws.flush() => return flushed.map_err(failed),
                () = sleep_until(progress + patience), if !self.config.ping_interval.is_zero() => {}
            }
            let last_write = self.ws.get_ref().last_write();
            if last_write <= progress {
                return Err(End::HeartbeatFailed("the peer stopped reading"));
            }
            progress = last_write;
        }
    }
}

/// Sends the Close that `end` calls for, waits for the answer where one is due, and hangs up.
async fn finish<S>(mut ws: WebSocketStream<Metered<S>>, end: &End, options: &EchoOptions) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    match end {
        End::PeerClosed(_) => ws.flush().await?,
        End::Shutdown => close(&mut ws, 1012, "service restart").await?,
        End::Requested(code) => {
            close(&mut ws, *code, options.close.as_ref().map_or("", |close| &close.reason)).await?;
        }
        End::Limit(_) => ws.send(close_frame(1009, "message too big")).await?,
        End::ReceiveFailed { code: Some(code), detail } => ws.send(close_frame(*code, detail)).await?,
        End::ReceiveFailed { code: None, .. } | End::SendFailed(_) | End::HeartbeatFailed(_) => return Ok(()),
    }
    // Closing a transport with unread bytes resets it, and a reset can overtake the Close frame on its way to
    // the peer. So say that we are done and read on until the peer hangs up.
    let mut stream = ws.into_inner();
    stream.shutdown().await?;
    let mut discarded = [0; 2048];
    while stream.read(&mut discarded).await? > 0 {}
    Ok(())
}

/// Starts the closing handshake and waits for the peer's Close, dropping the messages before it.
async fn close<S>(ws: &mut WebSocketStream<S>, code: u16, reason: &str) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    ws.send(close_frame(code, reason)).await?;
    while let Some(message) = ws.next().await {
        message?;
    }
    Ok(())
}

fn close_frame(code: u16, reason: &str) -> Message {
    // A Close holds 125 bytes, its code included (RFC 6455 section 5.5).
    let reason = Utf8Bytes::from(&reason[..reason.floor_char_boundary(123)]);
    Message::Close(Some(CloseFrame { code: code.into(), reason }))
}

/// What a failed read says, and the close code it calls for (RFC 6455 section 7.4.1).
fn receive_failed(error: Error) -> End {
    let (code, detail) = match error {
        Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            return End::Limit(format!("a message of at least {size} bytes, {max_size} are allowed"));
        }
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) | Error::ConnectionClosed => {
            (None, "the peer hung up without a Close".to_owned())
        }
        Error::Io(error) => (None, error.to_string()),
        // The library's text may quote the offending bytes.
        Error::Utf8(_) => (Some(1007), "text that is not UTF-8".to_owned()),
        Error::Protocol(error) => (Some(1002), error.to_string()),
        error => (Some(1011), error.to_string()),
    };
    End::ReceiveFailed { code, detail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Counts;
    use std::time::Duration;
    use tokio::io::DuplexStream;
    use tokio::task::JoinHandle;

    /// A masked client frame, FIN set; the mask is zero, so the payload is as given.
    fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        assert!(length < 126);
        [&[0x80 | opcode, 0x80 | length, 0, 0, 0, 0], payload].concat()
    }

    struct Bench {
        peer: DuplexStream,
        stop: Stop,
        server: JoinHandle<(End, Counts)>,
        started: Instant,
    }

    /// An echo with a heartbeat of 20 s + 10 s, over a pipe that holds `capacity` bytes each way.
    fn bench(capacity: usize) -> Bench {
        let (peer, stream) = tokio::io::duplex(capacity);
        let stop = Stop::new();
        let task_stop = stop.clone();
        let server = tokio::spawn(async move {
            let mut journal = Journal::open(([127, 0, 0, 1], 1).into());
            let (options, config) = (EchoOptions::default(), SocketConfig::default());
            let end = echo(stream, Bytes::new(), &options, &config, &task_stop, &mut journal).await;
            (end, journal.counts)
        });
        Bench { peer, stop, server, started: Instant::now() }
    }

    impl Bench {
        async fn expect(&mut self, bytes: &[u8]) {
            let mut got = vec![0; bytes.len()];
            self.peer.read_exact(&mut got).await.unwrap();
            assert_eq!(got, bytes);
        }

        fn seconds(&self) -> f64 {
            self.started.elapsed().as_secs_f64()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_peer_is_pinged_then_dropped() {
        let mut bench = bench(1024);
        bench.expect(&[0x89, 0]).await;
        assert_eq!(bench.seconds().round(), 20.0);
        assert_eq!(bench.peer.read(&mut [0; 16]).await.unwrap(), 0, "dropped without another byte");
        assert_eq!(bench.seconds().round(), 30.0);
        assert_eq!(bench.server.await.unwrap().0, End::HeartbeatFailed("a Ping went unanswered"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pong_keeps_the_connection() {
        let mut bench = bench(1024);
        for round in 1..=5 {
            bench.expect(&[0x89, 0]).await;
            assert_eq!(bench.seconds().round(), f64::from(20 * round));
            bench.peer.write_all(&frame(0xA, b"")).await.unwrap();
        }
        bench.peer.write_all(&frame(0x1, b"still here")).await.unwrap();
        bench.expect(b"\x81\x0Astill here").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_takes_long_to_arrive_is_life_enough() {
        let mut bench = bench(1024);
        for byte in frame(0x1, b"slow") {
            bench.peer.write_all(&[byte]).await.unwrap();
            tokio::time::sleep(Duration::from_secs(19)).await;
        }
        bench.expect(b"\x81\x04slow").await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_never_reads_is_dropped() {
        let mut bench = bench(8);
        bench.peer.write_all(&frame(0x2, &[7; 100])).await.unwrap();
        let (end, counts) = bench.server.await.unwrap();
        assert_eq!(end, End::HeartbeatFailed("the peer stopped reading"));
        assert_eq!((counts.messages_in, counts.messages_out), (1, 0));
        assert_eq!(bench.started.elapsed().as_secs_f64().round(), 30.0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_waited_for() {
        let mut bench = bench(8);
        bench.peer.write_all(&frame(0x2, &[7; 100])).await.unwrap();
        let mut got = Vec::new();
        while got.len() < 90 {
            tokio::time::sleep(Duration::from_secs(25)).await;
            got.push(bench.peer.read_u8().await.unwrap());
        }
        while got.len() < 102 {
            got.push(bench.peer.read_u8().await.unwrap());
        }
        assert_eq!(got[..2], [0x82, 100]);
        assert_eq!(got[2..], [7; 100]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_ignores_our_close_is_cut_off_in_time() {
        let mut bench = bench(1024);
        bench.stop.begin();
        bench.expect(b"\x88\x11\x03\xF4service restart").await;
        assert_eq!(bench.peer.read(&mut [0; 16]).await.unwrap(), 0);
        assert_eq!(bench.seconds().round(), 5.0);
        assert_eq!(bench.server.await.unwrap().0, End::Shutdown);
    }

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_gets_through_to_a_peer_in_the_middle_of_a_flood() {
        let mut bench = bench(1 << 16);
        let flood = frame(0x2, b"again").repeat(1000);
        bench.peer.write_all(&flood).await.unwrap();
        bench.stop.begin();
        let mut got = Vec::new();
        bench.peer.write_all(&frame(0x8, &1012_u16.to_be_bytes())).await.unwrap();
        bench.peer.read_to_end(&mut got).await.unwrap();
        assert!(got.ends_with(b"\x88\x11\x03\xF4service restart"));
    }

    #[test]
    fn reasons_are_cut_to_fit_a_close() {
        let Message::Close(Some(close)) = close_frame(1000, &"é".repeat(100)) else { panic!() };
        assert_eq!(close.reason.as_str(), "é".repeat(61));
    }
}
