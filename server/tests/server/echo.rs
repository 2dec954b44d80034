//! `/ws` gives back what it gets, and ends connections for the right reasons.

use crate::support::{TestServer, frame, frame_with_head};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

#[tokio::test]
async fn text_and_binary_of_all_sizes_come_back() {
    let server = TestServer::start();
    let mut socket = server.websocket("/ws").await;
    let long = "héllo wörld 🦀 ".repeat(60_000);
    assert!(long.len() > 1 << 20);
    for message in [
        Message::text("hello"),
        Message::text(""),
        Message::text("Привет, 世界, שלום, 👩‍👩‍👧‍👦"),
        Message::binary(vec![]),
        Message::binary((0..=255).collect::<Vec<u8>>()),
        Message::binary(vec![0xA5; 125]),
        Message::binary(vec![0xA5; 126]),
        Message::binary(vec![0xA5; 65_535]),
        Message::binary(vec![0xA5; 65_536]),
        Message::text(long),
        Message::binary(vec![7; 16 << 20]),
    ] {
        socket.send(message.clone()).await.unwrap();
        let echoed = socket.next().await.unwrap().unwrap();
        assert!(echoed == message, "{} bytes did not come back", message.len());
    }
    socket.close(None).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::Close(None));
}

#[tokio::test]
async fn a_thousand_messages_in_flight_come_back_in_order() {
    let server = TestServer::start();
    let (mut sink, mut stream) = server.websocket("/ws").await.split();
    let sender = tokio::spawn(async move {
        for n in 0..1000 {
            sink.feed(Message::text(n.to_string())).await.unwrap();
        }
        sink.flush().await.unwrap();
    });
    for n in 0..1000 {
        assert_eq!(stream.next().await.unwrap().unwrap(), Message::text(n.to_string()));
    }
    sender.await.unwrap();
}

#[test]
fn fragments_come_back_as_one_message_with_control_frames_between() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws");
    client.send(&frame_with_head(0x01, b"frag"));
    client.send(&frame(0x9, b"are you there"));
    client.send(&frame_with_head(0x00, b""));
    client.send(&frame_with_head(0x00, "ménts".as_bytes()));
    client.send(&frame_with_head(0x80, b"!"));
    assert_eq!(client.frame(), (0x8A, b"are you there".to_vec()));
    assert_eq!(client.frame(), (0x81, "fragménts!".as_bytes().to_vec()));
}

#[test]
fn utf8_may_be_split_between_fragments_anywhere() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws");
    let text = "é🦀".as_bytes();
    for split in 0..=text.len() {
        client.send(&frame_with_head(0x01, &text[..split]));
        client.send(&frame_with_head(0x80, &text[split..]));
        assert_eq!(client.frame(), (0x81, text.to_vec()), "split at {split}");
    }
}

#[test]
fn the_peers_close_is_answered_with_its_code() {
    let server = TestServer::start();
    for (sent, answered) in
        [(&[][..], &[][..]), (&[0x03, 0xE8], &[0x03, 0xE8]), (b"\x0F\xA1why", b"\x0F\xA1why")]
    {
        let mut client = server.upgrade("/ws");
        client.send(&frame(0x8, sent));
        let (head, payload) = client.frame();
        assert_eq!(head, 0x88);
        assert_eq!(payload, answered);
        client.expect_end();
    }
}

#[test]
fn protocol_errors_close_with_1002() {
    let server = TestServer::start();
    let unmasked = b"\x81\x02hi".to_vec();
    for (what, bytes) in [
        ("an unmasked frame", unmasked),
        ("a reserved bit", frame_with_head(0xC1, b"x")),
        ("a reserved opcode", frame(0x3, b"x")),
        ("a reserved control opcode", frame(0xB, b"")),
        ("a continuation of nothing", frame(0x0, b"x")),
        ("a message within a message", [frame_with_head(0x01, b"a"), frame(0x1, b"b")].concat()),
        ("a fragmented Ping", frame_with_head(0x09, b"x")),
        ("a Ping of 126 bytes", frame(0x9, &[0; 126])),
        ("a Close of one byte", frame(0x8, &[3])),
        ("a Close with 1005", frame(0x8, &1005_u16.to_be_bytes())),
    ] {
        let mut client = server.upgrade("/ws");
        client.send(&bytes);
        let (head, payload) = client.frame();
        assert_eq!((head, &payload[..2]), (0x88, &1002_u16.to_be_bytes()[..]), "{what}");
        client.expect_end();
    }
}

#[test]
fn bad_utf8_closes_with_1007() {
    let server = TestServer::start();
    for (what, bytes) in [
        ("a bad byte", frame(0x1, b"ab\xFFcd")),
        ("an unfinished character", frame(0x1, "é".as_bytes().split_last().unwrap().1)),
        ("a surrogate", frame(0x1, b"\xED\xA0\x80")),
        ("a Close reason", frame(0x8, b"\x03\xE8\xFF")),
    ] {
        let mut client = server.upgrade("/ws");
        client.send(&bytes);
        let (head, payload) = client.frame();
        assert_eq!((head, &payload[..2]), (0x88, &1007_u16.to_be_bytes()[..]), "{what}");
        client.expect_end();
    }
}

#[test]
fn a_failed_connection_delivers_its_close_even_when_more_was_sent() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws");
    client.send(&[frame(0x3, b""), frame(0x2, &vec![0; 300_000])].concat());
    client.expect_close(1002);
}

#[tokio::test]
async fn the_url_can_ask_for_a_close_after_the_first_message() {
    let server = TestServer::start();
    let mut socket = server.websocket("/ws?close=4001&reason=why%20not").await;
    socket.send(Message::text("once")).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("once"));
    let Message::Close(Some(close)) = socket.next().await.unwrap().unwrap() else {
        panic!("expected a Close")
    };
    assert_eq!((close.code, close.reason.as_str()), (CloseCode::from(4001), "why not"));
    assert!(socket.next().await.is_none());
}

#[test]
fn parameters_that_can_not_be_followed_are_refused() {
    let server = TestServer::start();
    for (query, hint) in [
        ("close=1006", "3000-4999"),
        ("close=abc", "3000-4999"),
        ("reason=why", "close=4001"),
        ("close=1000&close=1001", "twice"),
    ] {
        let mut client = server.connect();
        client.send(crate::support::upgrade_request(&format!("/ws?{query}"), &[]).as_bytes());
        let response = client.response();
        assert_eq!(response.status, 400, "{query}");
        assert!(response.text().contains(hint), "{query}: {}", response.text());
    }
}

#[test]
fn parameters_of_others_are_left_alone() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?token=abc&v=1");
    client.send(&frame(0x1, b"hi"));
    assert_eq!(client.frame(), (0x81, b"hi".to_vec()));
}
