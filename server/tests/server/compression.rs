//! permessage-deflate (RFC 7692) as this server grants it. What it does to messages is tested with the protocol.

use crate::support::{TestServer, frame, upgrade_request};
use server::Compression;
use socket::wire::MessageKind;
use socket::wire::deflate::{ClientWindow, Offer};
use socket::{ConnectOptions, OwnedMessage, connect};

const BROWSER: &str = "permessage-deflate; client_max_window_bits";

fn server(compression: Compression) -> TestServer {
    TestServer::start_with(|config| config.socket.compression = compression)
}

fn granted(server: &TestServer, offer: &str) -> Option<String> {
    let mut client = server.connect();
    client.send(upgrade_request("/ws", &[&format!("Sec-WebSocket-Extensions: {offer}")]).as_bytes());
    let response = client.response();
    assert_eq!(response.status, 101);
    response.header("sec-websocket-extensions").map(str::to_owned)
}

#[test]
fn each_mode_has_its_answer() {
    for (mode, answer) in [
        (Compression::Off, None),
        (Compression::On, Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover")),
        (Compression::Takeover, Some("permessage-deflate")),
    ] {
        let server = server(mode);
        assert_eq!(granted(&server, BROWSER).as_deref(), answer, "{mode:?}");
        assert_eq!(granted(&server, "permessage-bzip2"), None);
        assert_eq!(granted(&server, "permessage-deflate; unknown=1"), None);
    }
}

#[test]
fn who_offers_nothing_gets_nothing_compressed() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws");
    client.send(&frame(0x1, &[b'a'; 1000]));
    assert_eq!(client.frame(), (0x81, vec![b'a'; 1000]));
}

#[tokio::test]
async fn messages_come_back_through_every_mode() {
    for mode in [Compression::Off, Compression::On, Compression::Takeover] {
        let server = server(mode);
        let small = Offer { client_max_window_bits: ClientWindow::Adjustable, ..Offer::default() };
        for offers in [vec![], vec![Offer::BROWSER], vec![small]] {
            let options = ConnectOptions { offers: offers.clone(), ..ConnectOptions::default() };
            let connected = connect(&format!("ws://{}/ws", server.address), &options).await.unwrap();
            let compressed = connected.established.deflate.is_some();
            assert_eq!(compressed, mode != Compression::Off && !offers.is_empty());
            let mut channel = connected.channel();
            let text = "The quick brown fox. ".repeat(500);
            for payload in [&text[..], "", "short", &text[..100], &text] {
                channel.send(OwnedMessage::Text(payload.to_owned())).await.unwrap();
                let echoed = channel.recv().await.unwrap();
                assert_eq!(echoed.kind(), MessageKind::Text);
                assert!(echoed.as_bytes() == payload.as_bytes());
            }
            let counts = *channel.counts();
            let payload = counts.payload_in;
            assert_eq!(counts.wire_in < payload / 4, compressed, "{mode:?} {offers:?} {counts:?}");
        }
    }
}

#[tokio::test]
async fn a_higher_level_makes_messages_smaller() {
    let mut sizes = Vec::new();
    for level in [1, 9] {
        let server = TestServer::start_with(|config| config.socket.compression_level = level);
        let options = ConnectOptions { offers: vec![Offer::BROWSER], ..ConnectOptions::default() };
        let connected = connect(&format!("ws://{}/ws", server.address), &options).await.unwrap();
        let mut channel = connected.channel();
        let text: String =
            (0..5000).map(|n: u32| format!("{} ", n.wrapping_mul(2_654_435_761) % 977)).collect();
        channel.send(OwnedMessage::Text(text)).await.unwrap();
        channel.recv().await.unwrap();
        sizes.push(channel.counts().wire_in);
    }
    assert!(sizes[1] < sizes[0], "{sizes:?}");
}
