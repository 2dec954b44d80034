use super::{BINARY, PING, TEXT, answers, until_pong};
use crate::support::{RawClient, TestServer, frame};
use std::io::{ErrorKind, Read as _};
use std::time::Duration;

#[test]
pub(super) fn a_delayed_message_is_passed_by_a_pong() {
    let server = TestServer::start();
    assert_eq!(answers(&server, "delay=24h", &["a"]), Vec::<String>::new());
    assert_eq!(answers(&server, "delay=in:24h", &["a"]), Vec::<String>::new());
    let mut client = server.upgrade("/ws?delay=both:1..5ms");
    for text in ["a", "b", "c"] {
        client.send(&frame(TEXT, text.as_bytes()));
    }
    for text in ["a", "b", "c"] {
        assert_eq!(client.frame(), (0x81, text.into()));
    }
}

#[test]
pub(super) fn a_rate_lets_the_first_message_through_and_has_the_others_wait() {
    let server = TestServer::start();
    // At a byte a second the second one takes a day.
    let long = "x".repeat(86_400);
    assert_eq!(answers(&server, "rate=1B/s", &[&long]), Vec::<String>::new());
    assert_eq!(answers(&server, "rate=in:1B/s", &[&long]), Vec::<String>::new());
    assert_eq!(answers(&server, "rate=1000msg/s", &["a"]), ["a"]);
}

#[test]
pub(super) fn messages_vanish_either_way() {
    let server = TestServer::start();
    for query in ["drop=100%", "drop=in:100%25", "drop=both:100"] {
        assert_eq!(answers(&server, query, &["a", "b"]), Vec::<String>::new(), "{query}");
    }
    assert_eq!(answers(&server, "drop=0%", &["a", "b"]), ["a", "b"]);
}

#[test]
pub(super) fn messages_come_twice() {
    let server = TestServer::start();
    assert_eq!(answers(&server, "duplicate=100%", &["a", "b"]), ["a", "a", "b", "b"]);
    assert_eq!(answers(&server, "duplicate=both:100%", &["a"]), ["a"; 4]);
}

#[test]
pub(super) fn messages_come_in_another_order() {
    let server = TestServer::start();
    assert_eq!(answers(&server, "reorder=100%&every=2", &["a", "b", "c"]), ["a", "c", "b"]);
    // Where none follows, it comes all the same.
    let mut client = server.upgrade("/ws?reorder=100%");
    client.send(&frame(TEXT, b"only"));
    assert_eq!(client.frame(), (0x81, b"only".to_vec()));
}

#[test]
pub(super) fn a_byte_is_another_one() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?corrupt=100%");
    for (opcode, head) in [(TEXT, 0x81), (BINARY, 0x82)] {
        let sent = "some text with é".as_bytes();
        client.send(&frame(opcode, sent));
        let (first, came) = client.frame();
        assert_eq!((first, came.len()), (head, sent.len()));
        assert_eq!(came.iter().zip(sent).filter(|(a, b)| a != b).count(), 1, "{came:?}");
    }
}

#[test]
pub(super) fn answers_can_be_left_out_or_made_up() {
    let server = TestServer::start();
    assert_eq!(answers(&server, "echo=off", &["a"]), Vec::<String>::new());
    let query = "respond=%7B%7Bn%7D%7D:%7B%7Bmessage%7D%7D:%7B%7Bsize%7D%7D";
    assert_eq!(answers(&server, query, &["a", "bc"]), ["1:a:1", "2:bc:2"]);
    assert_eq!(answers(&server, "respond=pong&from=2", &["a", "b"]), ["a", "pong"]);
}

#[test]
pub(super) fn big_messages_and_floods_come_unasked() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?big=1MiB");
    let (head, payload) = client.frame();
    assert_eq!((head, payload.len()), (0x81, 1 << 20));
    assert!(payload.starts_with(b"big "));

    let mut client = server.upgrade("/ws?flood=20B,1000msg/s,50");
    for number in 1..=50 {
        let (head, payload) = client.frame();
        assert_eq!((head, payload.len()), (0x81, 20));
        assert!(payload.starts_with(format!("flood {number} ").as_bytes()), "{payload:?}");
    }
    assert_eq!(until_pong(&mut client), Vec::<String>::new(), "no more than was asked for");
}

#[test]
fn a_flood_waits_for_who_reads_slowly() {
    let server = TestServer::start_with(|config| config.socket.max_queue = 64 << 10);
    let mut client = server.upgrade("/ws?flood=64KiB,100000msg/s,500&label=slow");
    // Nothing is read until all of it could have been sent.
    assert_eq!(server.get("/api/labels/slow/wait-for?filter=flood&count=500&timeout=300ms", &[]).status, 409);
    for number in 1..=500 {
        let (_, payload) = client.frame();
        assert!(payload.starts_with(format!("flood {number} ").as_bytes()));
    }
}

#[test]
pub(super) fn messages_come_in_fragments_with_pings_between() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?fragment=3");
    client.send(&frame(TEXT, b"abcdefg"));
    let frames: Vec<_> = (0..3).map(|_| client.frame()).collect();
    assert_eq!(frames, [(0x01, b"abc".to_vec()), (0x00, b"def".to_vec()), (0x80, b"g".to_vec())]);

    let mut client = server.upgrade("/ws?fragment=2,ping");
    client.send(&frame(BINARY, b"abcd"));
    let frames: Vec<_> = (0..3).map(|_| client.frame()).collect();
    assert_eq!(frames, [(0x02, b"ab".to_vec()), (0x89, Vec::new()), (0x80, b"cd".to_vec())]);
    client.send(&frame(TEXT, b"a"));
    assert_eq!(client.frame(), (0x81, b"a".to_vec()));
}

#[test]
pub(super) fn what_trickles_is_whole_and_nothing_comes_in_between() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?trickle=1,1ms");
    client.send(&frame(TEXT, b"slowly"));
    client.send(&frame(PING, b"last"));
    client.send(&frame(TEXT, b"again"));
    assert_eq!(client.frame(), (0x81, b"slowly".to_vec()));
    let rest = [client.frame(), client.frame()];
    assert!(
        rest.contains(&(0x8a, b"last".to_vec())) && rest.contains(&(0x81, b"again".to_vec())),
        "{rest:?}"
    );
    client.send(&frame(0x8, &[0x03, 0xe8]));
    client.expect_close(1000);

    let mut client = server.upgrade("/ws?trickle=2,1ms&fragment=2,ping");
    client.send(&frame(TEXT, b"abcd"));
    let frames: Vec<_> = (0..3).map(|_| client.frame()).collect();
    assert_eq!(frames, [(0x01, b"ab".to_vec()), (0x89, Vec::new()), (0x80, b"cd".to_vec())]);
}

#[test]
fn a_trickle_comes_in_pieces() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?trickle=1,24h".replace("24h", "1m").as_str());
    client.send(&frame(TEXT, b"x"));
    // The first byte is there, and the second one a minute away.
    assert_eq!(client.read_exact(1), [0x81]);
    server.stop.at_once();
}

#[test]
pub(super) fn reading_stalls() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?stall-read=on");
    let sent = client.send_until_blocked(&frame(BINARY, &[0; 64 << 10]));
    assert!(sent > 64 << 10, "{sent}");

    let mut client = server.upgrade("/ws?stall-read=10ms");
    client.send(&frame(TEXT, b"later"));
    assert_eq!(client.frame(), (0x81, b"later".to_vec()));
}

#[test]
pub(super) fn faults_begin_end_and_pause() {
    let server = TestServer::start();
    let texts = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
    assert_eq!(answers(&server, "drop=100%&from=3&until=6", &texts), ["1", "2", "7", "8", "9"]);
    assert_eq!(answers(&server, "drop=100%&every=3", &texts), ["1", "2", "4", "5", "7", "8"]);
    assert_eq!(answers(&server, "drop=100%&from=24h", &texts), texts);
}

#[test]
pub(super) fn the_same_seed_does_the_same() {
    let server = TestServer::start();
    let texts: Vec<String> = (0..60).map(|number| number.to_string()).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let run = |seed| answers(&server, &format!("drop=30%&duplicate=20%&corrupt=10%&seed={seed}"), &texts);
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    assert_ne!(run(7), texts);
}

#[test]
fn compressed_messages_have_faults_too() {
    let server = TestServer::start();
    let request = crate::support::upgrade_request(
        "/ws?duplicate=100%&fragment=10",
        &["+Sec-WebSocket-Extensions: permessage-deflate"],
    );
    let mut client: RawClient = server.connect();
    client.send(request.as_bytes());
    assert!(client.response().header("sec-websocket-extensions").is_some());
    client.send(&frame(TEXT, &[b'x'; 1000]));
    let mut messages = 0;
    while messages < 2 {
        let (head, payload) = client.frame();
        assert!(payload.len() <= 10);
        assert!(head & 0x0f == 0 || head & 0x40 != 0, "compressed: {head:#x}");
        messages += usize::from(head & 0x80 != 0);
    }
}

#[test]
fn faults_hold_on_the_runtimes_tasks_as_well() {
    let server = TestServer::start_with(|config| config.driver = server::Driver::Tokio);
    assert_eq!(answers(&server, "duplicate=100%&delay=5ms..6ms&drop=0%", &[]), Vec::<String>::new());
    assert_eq!(answers(&server, "duplicate=100%", &["a"]), ["a", "a"]);
    let mut client = server.upgrade("/ws?delay=both:1ms&close-after=1");
    client.send(&frame(TEXT, b"a"));
    assert_eq!(client.frame(), (0x81, b"a".to_vec()));
    client.send(&frame(0x8, &[0x03, 0xe8]));
    client.expect_close(1000);
}

#[test]
fn a_broken_rule_waits_for_what_trickles() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws?trickle=1,1m&violate=masked-frame&every=2");
    client.send(&[b"1", b"2", b"3", b"4"].map(|number| frame(TEXT, number)).concat());
    // The plan is for every second message. The rule is broken as that comes, and what answers it trickles.
    assert_eq!(client.frame(), (0x81, b"1".to_vec()));
    assert_eq!(client.read_exact(2), [0x81, 0x86], "masked");
    client.read_exact(4 + 6);
    assert_eq!(client.read_exact(1), [0x81]);
    let stream = client.into_stream();
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let more = (&stream).read(&mut [0; 64]);
    assert_eq!(more.unwrap_err().kind(), ErrorKind::WouldBlock, "the rest is a minute away");
    server.stop.at_once();
}
