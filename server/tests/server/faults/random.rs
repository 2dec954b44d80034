//! Many connections with plans that nobody thought of.

use super::{CLOSE, PING, TEXT};
use crate::support::{TestServer, frame};
use serde_json::Value;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::io::Read as _;
use std::net::TcpStream;
use std::time::Duration;

/// Faults that a connection may have, in any combination.
const FAULTS: [&str; 20] = [
    "delay=both:1..20ms",
    "rate=both:500msg/s",
    "drop=both:20%25",
    "duplicate=both:20%25",
    "reorder=both:20%25",
    "corrupt=both:20%25",
    "respond=%7B%7Bn%7D%7D-%7B%7Bmessage%7D%7D",
    "big=10KiB",
    "flood=100B,200msg/s,10",
    "fragment=3,ping",
    "trickle=5,1ms",
    "stall-read=20ms",
    "close-after=9",
    "restart-after=50ms",
    "reset-after=7",
    "fin-after=60ms",
    "vanish-after=5",
    "ignore-close=on",
    "no-pong=on",
    "violate=rsv2,bad-utf8,data-after-close",
];
const CONNECTIONS: u64 = 200;

/// Some of the faults, by a number.
fn plan(number: u64) -> String {
    let bits = BuildHasherDefault::<DefaultHasher>::new().hash_one(number);
    let chosen = FAULTS.iter().enumerate().filter(|(place, _)| bits >> (3 * place) & 7 == 0);
    let chosen: Vec<_> = chosen.map(|(_, fault)| *fault).collect();
    format!("seed={number}&{}", chosen.join("&"))
}

#[test]
fn every_connection_ends_and_says_why() {
    for driver in [server::Driver::Reactor, server::Driver::Tokio] {
        let server = TestServer::start_with(|config| config.driver = driver);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let server = &server;
                scope.spawn(move || {
                    for number in (thread..CONNECTIONS).step_by(8) {
                        talk(server, &plan(number));
                    }
                });
            }
        });
        // Whoever plays dead is not told that its client left.
        let killed = server.request("POST", "/api/labels/soak/kill", &[]);
        assert_eq!(killed.status, 200);
        loop {
            let list: Value = serde_json::from_slice(&server.get("/api/labels/soak", &[]).body).unwrap();
            let connections = list["connections"].as_array().unwrap();
            assert_eq!(connections.len() as u64, CONNECTIONS);
            if connections.iter().all(|connection| connection["ended"].is_string()) {
                assert!(connections.iter().all(|connection| connection["ended"] != "cut off"), "{driver:?}");
                break;
            }
            std::thread::yield_now();
        }
    }
}

/// Says a few things, reads what there is to read for a moment, and leaves.
fn talk(server: &TestServer, plan: &str) {
    let client = server.upgrade(&format!("/ws?label=soak&{plan}"));
    let mut stream: TcpStream = client.into_stream();
    stream.set_read_timeout(Some(Duration::from_millis(30))).unwrap();
    let say = |stream: &mut TcpStream, bytes: &[u8]| _ = std::io::Write::write_all(stream, bytes);
    for number in 0..10 {
        say(&mut stream, &frame(TEXT, format!("message {number}").as_bytes()));
    }
    say(&mut stream, &frame(PING, b"ping"));
    let _ = stream.read_to_end(&mut Vec::new());
    say(&mut stream, &frame(CLOSE, &[0x03, 0xe8]));
    let _ = stream.read_to_end(&mut Vec::new());
}

/// What the journal says became of messages, in order: what came, what was sent, and what was dropped. When is not in it.
fn done(server: &TestServer, label: &str) -> [Vec<String>; 3] {
    let journal = server.get(&format!("/api/labels/{label}/journal"), &[]);
    let journal: Value = serde_json::from_slice(&journal.body).unwrap();
    let entries = journal["entries"].as_array().unwrap();
    [("message", "in"), ("message", "out"), ("dropped", "out")].map(|(event, direction)| {
        let of_it = entries.iter().filter(|entry| entry["event"] == event && entry["direction"] == direction);
        of_it.map(|entry| format!("{} {} {}", entry["number"], entry["text"], entry["effects"])).collect()
    })
}

#[test]
fn the_same_seed_gives_the_same_journal() {
    let server = TestServer::start();
    for number in 0..12 {
        let chance = &FAULTS[..6].join("&");
        let runs = ["a", "b"].map(|run| {
            let label = format!("{run}{number}");
            let mut client =
                server.upgrade(&format!("/ws?label={label}&seed={number}&close-after=40&{chance}"));
            for number in 0..40 {
                client.send(&frame(TEXT, format!("message {number}").as_bytes()));
            }
            client.send(&frame(CLOSE, &[0x03, 0xe8]));
            client.read_to_end();
            done(&server, &label)
        });
        assert_eq!(runs[0], runs[1], "{number}");
        assert!(runs[0][1].len() > 20, "{:?}", runs[0]);
    }
}
