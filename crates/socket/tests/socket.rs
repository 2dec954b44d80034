//! What a connection does, seen from the far end of its transport. Time is simulated.

mod support;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use socket::wire::deflate::{Deflater, Inflater, Params, Pool, Settings as DeflateSettings};
use socket::wire::frame::{Header, OpCode, RSV1};
use socket::wire::{Cause, CloseCode, ConnectionSettings, End, Limits, Message, MessageKind, Outgoing, Role};
use socket::{Control, Endpoint};
use support::{Echo, KEY, close, fragmented, message, ping, pong, serve, serve_with, settings};
use tokio::time::{Instant, sleep};

const TEXT: MessageKind = MessageKind::Text;
const BINARY: MessageKind = MessageKind::Binary;

#[tokio::test(start_paused = true)]
async fn echoes_every_length_form_in_place() {
    let mut peer = serve(settings());
    for len in [0, 1, 125, 126, 127, 65_535, 65_536, 300_000, 1 << 20] {
        let payload: Vec<u8> = (0..len).map(|at| (at * 7) as u8).collect();
        let sent = message(BINARY, &payload);
        let (peer_send, expect) = (sent, payload);
        // The pipe holds less than the largest message: write and read side by side.
        let (head, tail) = peer_send.split_at(peer_send.len() / 2);
        peer.send(head).await;
        peer.send(tail).await;
        peer.expect_message(BINARY, &expect).await;
    }
    let summary = peer.hang_up().await;
    assert_eq!(summary.end, End::ReceiveFailed);
    assert!(matches!(summary.cause, Some(Cause::Eof)));
    assert_eq!((summary.counts.messages_in, summary.counts.messages_out), (9, 9));
    assert_eq!(summary.counts.payload_in, summary.counts.payload_out);
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_messages_and_pings_comes_back_in_order() {
    let mut peer = serve(settings());
    let mut batch = Vec::new();
    for number in 0..200_u32 {
        batch.extend(message(TEXT, format!("message {number}").as_bytes()));
        if number % 7 == 0 {
            batch.extend(ping(&number.to_be_bytes()));
        }
        if number % 11 == 0 {
            batch.extend(fragmented(BINARY, &[number as u8; 400], Some(100)));
        }
    }
    peer.send(&batch).await;
    for number in 0..200_u32 {
        peer.expect_message(TEXT, format!("message {number}").as_bytes()).await;
        if number % 7 == 0 {
            let frame = peer.frame().await.expect("a pong");
            assert_eq!((frame.header.opcode, frame.payload), (10, number.to_be_bytes().to_vec()));
        }
        if number % 11 == 0 {
            peer.expect_message(BINARY, &[number as u8; 400]).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn input_may_be_cut_anywhere() {
    let mut stream = message(TEXT, "κόσμε 🌍".as_bytes());
    stream.extend(fragmented(TEXT, "κόσμε 🌍".as_bytes(), Some(3)));
    stream.extend(ping(b"hi"));
    stream.extend(message(BINARY, &[9; 300]));
    for piece in [1, 2, 3, 5, 64] {
        let mut peer = serve(settings());
        for chunk in stream.chunks(piece) {
            peer.send(chunk).await;
            tokio::task::yield_now().await;
        }
        peer.expect_message(TEXT, "κόσμε 🌍".as_bytes()).await;
        peer.expect_message(TEXT, "κόσμε 🌍".as_bytes()).await;
        assert_eq!(peer.frame().await.expect("a pong").payload, b"hi");
        peer.expect_message(BINARY, &[9; 300]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_close_is_answered_with_its_code() {
    let mut peer = serve(settings());
    peer.send(&close(Some((CloseCode(4001), "why")))).await;
    let summary = peer.expect_close(CloseCode(4001)).await;
    assert_eq!(summary.end, End::PeerClosed);
    assert_eq!(summary.close_received, Some(Some(CloseCode(4001))));
}

#[tokio::test(start_paused = true)]
async fn a_close_between_fragments_is_answered() {
    let mut peer = serve(settings());
    let fragments = fragmented(TEXT, b"abcdef", Some(3));
    peer.send(&fragments[..9]).await;
    peer.send(&close(Some((CloseCode::NORMAL, "")))).await;
    assert_eq!(peer.expect_close(CloseCode::NORMAL).await.end, End::PeerClosed);
}

#[tokio::test(start_paused = true)]
async fn failures_are_said_in_the_close() {
    let cases: [(&[u8], CloseCode, End); 4] = [
        (&[0xc1, 0x80, 0, 0, 0, 0], CloseCode::PROTOCOL_ERROR, End::ReceiveFailed),
        (&[0x81, 0x00], CloseCode::PROTOCOL_ERROR, End::ReceiveFailed),
        (&[0x81, 0x84, 0, 0, 0, 0, b'a', 0xff], CloseCode::INVALID_PAYLOAD, End::ReceiveFailed),
        (&[0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0], CloseCode::TOO_BIG, End::LimitExceeded),
    ];
    for (bytes, code, end) in cases {
        let mut peer = serve(settings());
        // What follows the failure must not be looked at.
        peer.send(&[bytes, &message(TEXT, b"ignored")].concat()).await;
        let summary = peer.expect_close(code).await;
        assert_eq!(summary.end, end);
        assert!(matches!(summary.cause, Some(Cause::Protocol(_))));
        assert_eq!(summary.counts.messages_in, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn heartbeat_pings_and_gives_up() {
    let mut peer = serve(settings());
    let began = Instant::now();
    let frame = peer.frame().await.expect("a ping");
    assert_eq!(frame.header.opcode, OpCode::Ping as u8);
    assert_eq!(began.elapsed().as_secs(), 20);
    peer.send(&pong(&frame.payload)).await;
    let second = peer.frame().await.expect("another ping");
    assert_ne!(second.payload, frame.payload);
    assert_eq!(peer.frame().await, None);
    assert_eq!(began.elapsed().as_secs(), 50);
    assert_eq!(peer.hang_up().await.end, End::HeartbeatFailed);
}

#[tokio::test(start_paused = true)]
async fn any_traffic_is_life() {
    let mut peer = serve(settings());
    for _ in 0..10 {
        sleep(Duration::from_secs(19)).await;
        peer.send_message(TEXT, b"x").await;
        peer.expect_message(TEXT, b"x").await;
    }
    let ping = peer.frame().await.expect("a ping");
    assert_eq!(ping.header.opcode, OpCode::Ping as u8);
    // Not the Pong, but life all the same.
    peer.send_message(TEXT, b"y").await;
    peer.expect_message(TEXT, b"y").await;
    assert_eq!(peer.frame().await.expect("the next ping").header.opcode, OpCode::Ping as u8);
}

#[tokio::test(start_paused = true)]
async fn a_pong_gives_the_round_trip_time() {
    struct Watch(tokio::sync::mpsc::UnboundedSender<Option<Duration>>);
    impl Endpoint for Watch {
        fn message(&mut self, _: Message<'_>, _: &mut Outgoing<'_>) {}
        fn control(&mut self, control: Control<'_>, _: &mut Outgoing<'_>) {
            if let Control::Pong(_, rtt) = control {
                self.0.send(rtt).expect("the test listens");
            }
        }
    }
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let mut peer = serve_with(settings(), None, Watch(tell), 1 << 16);
    let frame = peer.frame().await.expect("a ping");
    sleep(Duration::from_millis(250)).await;
    peer.send(&pong(b"unasked")).await;
    peer.send(&pong(&frame.payload)).await;
    assert_eq!(told.recv().await, Some(None));
    assert_eq!(told.recv().await.flatten().map(|rtt| rtt.as_millis()), Some(250));
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_stalls_and_is_dropped() {
    let mut peer = serve_with(settings(), None, Echo, 16 << 10);
    let began = Instant::now();
    // Far more than pipes and queue hold: the socket must stop reading.
    let flood = message(BINARY, &[1; 60_000]).repeat(200);
    let sent = tokio::time::timeout(Duration::from_secs(3600), peer.send_quietly(&flood)).await;
    assert!(!sent.expect("the socket drops the connection"), "all of the flood was taken");
    assert_eq!(began.elapsed().as_secs(), 30);
    let summary = peer.hang_up().await;
    assert_eq!(summary.end, End::SendFailed);
    assert!(summary.counts.wire_in < 1 << 20, "{} bytes were read", summary.counts.wire_in);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_everything_in_order() {
    let peer = serve_with(settings(), None, Echo, 4 << 10);
    let (mut reading, mut writing) = peer.split();
    let writer = tokio::spawn(async move {
        for number in 0..100_u8 {
            writing.send(&message(BINARY, &vec![number; 10_000])).await;
        }
        writing
    });
    for number in 0..100_u8 {
        sleep(Duration::from_millis(50)).await;
        reading.expect_message(BINARY, &vec![number; 10_000]).await;
    }
    drop(writer.await.expect("the writer ends"));
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_close_ends_in_time() {
    let mut peer = serve_with(settings(), None, Leave, 1 << 16);
    let began = Instant::now();
    peer.send_message(TEXT, b"go").await;
    let frame = peer.frame().await.expect("a close");
    assert_eq!(frame.payload, b"\x0f\xa1why");
    assert_eq!(peer.frame().await, None);
    assert_eq!(began.elapsed().as_secs(), 5);
    assert_eq!(peer.hang_up().await.end, End::Finished);
}

#[tokio::test(start_paused = true)]
async fn an_answered_close_ends_at_once_and_data_in_between_is_dropped() {
    let mut peer = serve_with(settings(), None, Leave, 1 << 16);
    let began = Instant::now();
    peer.send_message(TEXT, b"go").await;
    peer.frame().await.expect("a close");
    peer.send_message(TEXT, b"late").await;
    peer.send(&close(Some((CloseCode(4001), "")))).await;
    assert_eq!(peer.frame().await, None);
    assert_eq!(began.elapsed().as_secs(), 0);
    let summary = peer.hang_up().await;
    assert_eq!((summary.end, summary.counts.messages_in), (End::Finished, 1));
    assert_eq!(began.elapsed().as_secs(), 0, "the end of the stream is noticed when it comes");
}

struct Leave;

impl Endpoint for Leave {
    fn message(&mut self, _: Message<'_>, out: &mut Outgoing<'_>) {
        out.close(Some((CloseCode(4001), "why")), End::Finished).expect("the first close");
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_messages_per_second_end_with_1008() {
    let settings = ConnectionSettings { messages_per_second: NonZeroU32::new(10), ..settings() };
    let mut peer = serve(settings);
    for _ in 0..3 {
        for _ in 0..10 {
            peer.send_message(TEXT, b"x").await;
            peer.expect_message(TEXT, b"x").await;
        }
        sleep(Duration::from_secs(1)).await;
    }
    for _ in 0..10 {
        peer.send_message(TEXT, b"x").await;
        peer.expect_message(TEXT, b"x").await;
    }
    peer.send_message(TEXT, b"one too many").await;
    assert_eq!(peer.expect_close(CloseCode::POLICY).await.end, End::LimitExceeded);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_trickles_in_is_cut_off() {
    let mut peer = serve(ConnectionSettings { message_timeout: Some(Duration::from_secs(60)), ..settings() });
    let began = Instant::now();
    let bytes = message(BINARY, &[0; 1000]);
    for byte in bytes.chunks(1).take(63) {
        peer.send(byte).await;
        sleep(Duration::from_secs(1)).await;
    }
    // The first payload byte is the ninth of the frame.
    assert_eq!(began.elapsed().as_secs(), 63);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(peer.expect_close(CloseCode::POLICY).await.end, End::LimitExceeded);
}

#[tokio::test(start_paused = true)]
async fn idle_connections_can_be_closed() {
    let mut peer = serve(ConnectionSettings { idle_timeout: Some(Duration::from_secs(90)), ..settings() });
    let began = Instant::now();
    loop {
        let frame = peer.frame().await.expect("a ping or the close");
        match frame.header.opcode {
            9 => peer.send(&pong(&frame.payload)).await,
            _ => break assert_eq!(frame.payload[..2], 1000_u16.to_be_bytes()),
        }
    }
    assert_eq!(began.elapsed().as_secs(), 90);
    peer.send(&close(None)).await;
    assert_eq!(peer.hang_up().await.end, End::LimitExceeded);
}

fn plain_params() -> Params {
    Params { server_no_context_takeover: true, client_no_context_takeover: true, ..Params::default() }
}

fn compressed(kind: MessageKind, deflater: &mut Deflater, payload: &[u8], fragments: usize) -> Vec<u8> {
    let mut deflated = Vec::new();
    deflater.deflate(&mut Pool::default(), payload, true, &mut deflated);
    let mut out = Vec::new();
    let pieces: Vec<&[u8]> = deflated.chunks(deflated.len().div_ceil(fragments)).collect();
    for (at, piece) in pieces.iter().enumerate() {
        let opcode = if at == 0 { kind.into() } else { OpCode::Continuation };
        let mut header = Header::new(at + 1 == pieces.len(), opcode, Some(KEY), piece.len() as u64);
        header.reserved = if at == 0 { RSV1 } else { 0 };
        out.extend_from_slice(&header.write());
        out.extend(piece.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    }
    out
}

#[tokio::test(start_paused = true)]
async fn compressed_messages_come_back_compressed() {
    for params in [plain_params(), Params::default()] {
        let mut peer = serve_with(settings(), Some(params), Echo, 1 << 20);
        let mut deflater = Deflater::new(&params, Role::Client, DeflateSettings::default());
        let mut inflater = Inflater::new(&params, Role::Client);
        let long = "tick 1.2345 ".repeat(10_000);
        for (text, fragments) in [("short", 1), (long.as_str(), 1), ("", 1), (long.as_str(), 5)] {
            peer.send(&compressed(TEXT, &mut deflater, text.as_bytes(), fragments)).await;
            let frame = peer.frame().await.expect("the echo");
            let mut plain = frame.payload.clone();
            assert_eq!(frame.header.reserved == RSV1, text.len() >= 64, "{} bytes", text.len());
            if frame.header.reserved == RSV1 {
                assert!(frame.payload.len() < text.len() / 10);
                plain.clear();
                let mut pool = Pool::default();
                inflater
                    .inflate(&mut pool, &frame.payload, true, &mut plain, 1 << 24)
                    .expect("valid DEFLATE");
            }
            assert!(plain == text.as_bytes());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn compressed_text_is_checked_as_utf8() {
    for fragments in [1, 2] {
        let mut peer = serve_with(settings(), Some(plain_params()), Echo, 1 << 20);
        let mut deflater = Deflater::new(&plain_params(), Role::Client, DeflateSettings::default());
        peer.send(&compressed(TEXT, &mut deflater, b"almost text \xff", fragments)).await;
        assert_eq!(peer.expect_close(CloseCode::INVALID_PAYLOAD).await.end, End::ReceiveFailed);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bomb_costs_at_most_the_limit() {
    let limits = Limits { message_len: 1 << 20, ..Limits::default() };
    for fragments in [1, 3] {
        let mut peer =
            serve_with(ConnectionSettings { limits, ..settings() }, Some(plain_params()), Echo, 1 << 20);
        let mut deflater = Deflater::new(&plain_params(), Role::Client, DeflateSettings::default());
        peer.send(&compressed(BINARY, &mut deflater, &vec![0; 40 << 20], fragments)).await;
        assert_eq!(peer.expect_close(CloseCode::TOO_BIG).await.end, End::LimitExceeded);
    }
}

#[tokio::test(start_paused = true)]
async fn many_bombs_in_one_read_are_answered_one_by_one() {
    let mut peer = serve_with(settings(), Some(plain_params()), Upper, 1 << 20);
    let mut deflater = Deflater::new(&plain_params(), Role::Client, DeflateSettings::default());
    let one = compressed(BINARY, &mut deflater, &vec![0; 1 << 20], 1);
    peer.send(&one.repeat(40)).await;
    for _ in 0..40 {
        let frame = peer.frame().await.expect("an answer");
        assert_eq!(frame.payload.len(), 1 << 20);
    }

    /// Answers uncompressed.
    struct Upper;
    impl Endpoint for Upper {
        fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
            let header = Header::new(true, OpCode::Binary, None, message.payload.len() as u64).write();
            out.raw(&[&header, message.payload].concat()).expect("room for it");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_with_the_handshake_is_decoded_first() {
    let (near, far) = tokio::io::duplex(1 << 16);
    let early = message(TEXT, b"early");
    let socket = socket::Socket::new(near, &early, Role::Server, None, Arc::default(), Echo);
    let server = tokio::spawn(socket.run());
    let mut peer = support::Peer::over(far, server);
    peer.expect_message(TEXT, b"early").await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_sends_of_its_own_accord_until_the_queue_is_full() {
    struct Flood(u32);
    impl Endpoint for Flood {
        fn message(&mut self, _: Message<'_>, _: &mut Outgoing<'_>) {}
        fn woken(&mut self, out: &mut Outgoing<'_>) {
            while out.send(MessageKind::Binary, &[7; 10_000]).is_ok() {
                self.0 += 1;
                assert!(self.0 < 10_000, "the queue never fills");
            }
        }
    }
    let mut peer = serve_with(settings(), None, Flood(0), 1 << 12);
    for _ in 0..50 {
        peer.expect_message(BINARY, &[7; 10_000]).await;
    }
}
