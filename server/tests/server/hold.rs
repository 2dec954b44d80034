//! Breakpoints: messages that are held on their way to a target or back, and what becomes of them.

use crate::relay::{self, Client};
use crate::support::{HttpResponse, RawClient, TestServer, frame, frame_with_head, upgrade_request};
use crate::via::{Target, TargetEnd};
use protocol::fault::Kind;
use protocol::relay::{Command, Connect, Event};
use serde_json::{Value, json};
use server::Driver;
use std::time::Duration;

const BYTES: &str = "application/octet-stream";

fn start(target: &Target, driver: Driver) -> TestServer {
    let mount = format!("t=ws://127.0.0.1:{}/feed", target.port());
    TestServer::start_with(|config| {
        config.via = vec![mount.parse().unwrap()];
        config.driver = driver;
    })
}

fn with_each_driver(test: impl Fn(&TestServer, &Target)) {
    for driver in [Driver::Reactor, Driver::Tokio] {
        let target = Target::new();
        test(&start(&target, driver), &target);
    }
}

fn connect(server: &TestServer, target: &Target, url: &str) -> (RawClient, TargetEnd) {
    let mut client = server.connect();
    client.send(upgrade_request(url, &[]).as_bytes());
    let end = target.accept("");
    assert_eq!(client.response().status, 101);
    (client, end)
}

fn read(answer: &HttpResponse) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

fn post(server: &TestServer, target: &str, body: &str) -> Value {
    read(&server.post(target, "text/plain", body.as_bytes()))
}

fn get(server: &TestServer, target: &str) -> Value {
    read(&server.get(target, &[]))
}

/// The number of a breakpoint that is set by this.
fn set(server: &TestServer, query: &str) -> u64 {
    post(server, &format!("/api/breakpoints?{query}"), "")["breakpoint"].as_u64().unwrap()
}

/// Waits until so many are held, and tells their names with what they are.
fn held(server: &TestServer, count: usize) -> Vec<(u64, Value)> {
    let mut list = get(server, "/api/held");
    for _ in 0..100 {
        if list["total"] == count {
            break;
        }
        list = get(server, &format!("/api/held?after={}", list["revision"]));
    }
    assert_eq!(list["total"], count, "{list}");
    let held = list["held"].as_array().unwrap();
    held.iter().map(|held| (held["id"].as_u64().unwrap(), held.clone())).collect()
}

/// The reasons for which messages went on that nobody decided on, once there are so many.
fn undecided(server: &TestServer, count: usize) -> Vec<String> {
    let mut list = get(server, "/api/held");
    for _ in 0..100 {
        if list["undecided"].as_array().unwrap().len() == count {
            break;
        }
        list = get(server, &format!("/api/held?after={}", list["revision"]));
    }
    let all = list["undecided"].as_array().unwrap();
    assert_eq!(all.len(), count, "{list}");
    all.iter().map(|one| one["why"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_held_message_holds_what_is_behind_it_and_nothing_else() {
    with_each_driver(|server, target| {
        set(server, "via=t&filter=stop&direction=to-target");
        let (mut client, mut end) = connect(server, target, "/ws/via/t?label=held");
        for (head, payload) in [(0x81, &b"go"[..]), (0x81, b"stop 1"), (0x81, b"behind"), (0x81, b"stop 2")] {
            client.send(&frame_with_head(head, payload));
        }
        client.send(&frame_with_head(0x89, b"still there?"));
        assert_eq!(end.frame(), (0x81, b"go".to_vec()));
        // A Ping overtakes, and the other direction goes on.
        assert_eq!(end.frame(), (0x89, b"still there?".to_vec()));
        end.send(b"\x81\x04stop");
        assert_eq!(client.frame(), (0x81, b"stop".to_vec()));
        let all = held(server, 2);
        assert_eq!(all[0].1["text"], "stop 1");
        assert_eq!((&all[0].1["direction"], &all[0].1["via"]), (&json!("to-target"), &json!("t")));
        assert_eq!(get(server, "/api/held")["waiting"], 1);
        // The second keeps its place until the first is decided on.
        post(server, &format!("/api/held/{}/edit", all[1].0), "another");
        post(server, &format!("/api/held/{}/pass", all[0].0), "");
        for expected in [&b"stop 1"[..], b"behind", b"another"] {
            assert_eq!(end.frame(), (0x81, expected.to_vec()));
        }
        let journal = get(server, "/api/labels/held/journal?event=hold");
        let fates: Vec<_> =
            journal["entries"].as_array().unwrap().iter().map(|entry| entry["fate"].clone()).collect();
        assert_eq!(fates, ["held", "held", "edited", "passed"]);
        assert_eq!(server.post(&format!("/api/held/{}/pass", all[0].0), BYTES, b"").status, 404);
    });
}

#[test]
fn messages_are_answered_dropped_edited_to_bytes_and_put_in_either_way() {
    with_each_driver(|server, target| {
        set(server, "via=t&filter=kind:binary");
        let (mut client, mut end) = connect(server, target, "/ws/via/t");
        client.send(&frame(0x2, b"question"));
        let [(id, shown)] = &held(server, 1)[..] else { panic!() };
        assert_eq!(shown["hex"], "7175657374696f6e");
        assert_eq!(post(server, "/api/inject?to=target&via=t", "first")["connections"], 1);
        assert_eq!(end.frame(), (0x81, b"first".to_vec()));
        post(server, &format!("/api/held/{id}/answer"), "made up");
        assert_eq!(client.frame(), (0x81, b"made up".to_vec()));

        end.send(b"\x82\x01a\x81\x01b\x82\x01c");
        let all = held(server, 2);
        read(&server.post(&format!("/api/held/{}/edit", all[0].0), BYTES, &[0, 0xff]));
        read(&server.post(&format!("/api/held/{}/drop", all[1].0), BYTES, b""));
        read(&server.post("/api/inject?to=client", BYTES, &[7]));
        assert_eq!(client.frame(), (0x82, vec![0, 0xff]));
        assert_eq!(client.frame(), (0x81, b"b".to_vec()));
        assert_eq!(client.frame(), (0x82, vec![7]));
        held(server, 0);
    });
}

#[test]
fn what_nobody_decides_on_goes_on_at_its_deadline_and_that_is_said() {
    with_each_driver(|server, target| {
        set(server, "label=late&deadline=40ms");
        let (mut client, mut end) = connect(server, target, "/ws/via/t?label=late");
        client.send(&frame(0x1, b"one"));
        client.send(&frame(0x1, b"two"));
        end.send(b"\x81\x01x");
        assert_eq!(end.frame(), (0x81, b"one".to_vec()));
        assert_eq!(end.frame(), (0x81, b"two".to_vec()));
        assert_eq!(client.frame(), (0x81, b"x".to_vec()));
        assert_eq!(undecided(server, 3), ["deadline", "deadline", "deadline"]);
        let journal = "/api/labels/late/wait-for?event=hold&filter=deadline&count=3&timeout=5s";
        assert_eq!(get(server, journal)["met"], true);
    });
}

#[test]
fn a_close_and_an_end_wait_behind_what_is_held() {
    with_each_driver(|server, target| {
        set(server, "via=t");
        let (mut client, mut end) = connect(server, target, "/ws/via/t");
        client.send(&frame(0x1, b"last words"));
        client.send(&frame(0x8, b"\x03\xe8"));
        let (id, _) = held(server, 1)[0];
        post(server, &format!("/api/held/{id}/pass"), "");
        assert_eq!(end.frame(), (0x81, b"last words".to_vec()));
        assert_eq!(end.frame(), (0x88, vec![0x03, 0xe8]));
        end.send(b"\x88\x02\x03\xe8");
        client.expect_close(1000);

        // Who has said it may be gone meanwhile.
        let (mut client, mut end) = connect(server, target, "/ws/via/t");
        client.send(&frame(0x1, b"and away"));
        held(server, 1);
        client.reset();
        assert_eq!(post(server, "/api/release?via=t", "")["passed"], 1);
        assert_eq!(end.frame(), (0x81, b"and away".to_vec()));
        assert!(end.end().is_err(), "reset, as the client was");

        // Who it was for, too: then it is lost, and that is said.
        let (mut client, end) = connect(server, target, "/ws/via/t");
        client.send(&frame(0x1, b"to nobody"));
        held(server, 1);
        drop(end);
        client.expect_end();
        assert_eq!(undecided(server, 1), ["gone"]);
        held(server, 0);
    });
}

#[test]
fn fragments_that_are_held_are_put_together_and_those_that_wait_are_not() {
    with_each_driver(|server, target| {
        set(server, "via=t&filter=hold");
        let (mut client, mut end) = connect(server, target, "/ws/via/t");
        for (head, payload) in [(0x01, &b"ho"[..]), (0x80, b"ld"), (0x01, b"wa"), (0x80, b"it")] {
            client.send(&frame_with_head(head, payload));
        }
        held(server, 1);
        post(server, "/api/release", "");
        assert_eq!(end.frame(), (0x81, b"hold".to_vec()));
        assert_eq!((end.frame(), end.frame()), ((0x01, b"wa".to_vec()), (0x80, b"it".to_vec())));
    });
}

#[test]
fn breakpoints_are_altered_and_removed_while_connections_are_open() {
    with_each_driver(|server, target| {
        let (mut client, mut end) = connect(server, target, "/ws/via/t");
        let list = get(server, "/api/connections");
        let numbers =
            list["connections"].as_array().unwrap().iter().map(|one| one["connection"].as_u64().unwrap());
        // The client's connection and the target's: either names both.
        for number in numbers.collect::<Vec<_>>() {
            let breakpoint = set(server, &format!("connection={number}&filter=x"));
            client.send(&frame(0x1, b"x"));
            held(server, 1);
            post(server, &format!("/api/breakpoints/{breakpoint}?filter=y"), "");
            client.send(&frame(0x1, b"x again"));
            client.send(&frame(0x1, b"y"));
            held(server, 2);
            post(server, &format!("/api/breakpoints/{breakpoint}?on=off"), "");
            for expected in [&b"x"[..], b"x again", b"y"] {
                assert_eq!(end.frame(), (0x81, expected.to_vec()));
            }
            post(server, &format!("/api/breakpoints/{breakpoint}?on=on"), "");
            client.send(&frame(0x1, b"y"));
            held(server, 1);
            assert_eq!(server.request("DELETE", &format!("/api/breakpoints/{breakpoint}"), &[]).status, 200);
            assert_eq!(end.frame(), (0x81, b"y".to_vec()));
        }
        assert_eq!(get(server, "/api/breakpoints")["breakpoints"], json!([]));
        // With its connection a breakpoint for that alone is gone.
        let number = list["connections"][0]["connection"].as_u64().unwrap();
        set(server, &format!("connection={number}"));
        drop((client, end));
        let mut left = usize::MAX;
        for _ in 0..200 {
            left = get(server, "/api/held")["breakpoints"].as_array().unwrap().len();
            if left == 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(left, 0);
    });
}

#[test]
fn an_edited_message_is_compressed_where_its_connection_is() {
    with_each_driver(|server, target| {
        set(server, "via=t");
        let mut client = server.connect();
        let offer = "+Sec-WebSocket-Extensions: permessage-deflate";
        client.send(upgrade_request("/ws/via/t", &[offer]).as_bytes());
        let mut end = target.accept("");
        assert!(client.response().header("sec-websocket-extensions").is_some());
        end.send(b"\x81\x05short");
        let (id, _) = held(server, 1)[0];
        post(server, &format!("/api/held/{id}/edit"), &"long ".repeat(1000));
        let (head, payload) = client.frame();
        assert_eq!(head, 0xc1, "RSV1 says that it is compressed");
        assert!(payload.len() < 100, "{}", payload.len());
    });
}

#[test]
fn who_relays_is_told_of_a_held_message_once_it_goes_on_and_of_the_end_behind_it() {
    let (server, target) = (TestServer::start(), Target::new());
    set(&server, "filter=-kind:note");
    let mut client = Client::new(&server);
    let (_, mut end) = relay::connect(&mut client, &target, &Connect::new(relay::url(&target)));
    client.say(Command::Send { kind: Kind::Text, fragment: Some(2), payload: b"abcde" }.write());
    let (id, shown) = held(&server, 1)[0].clone();
    assert_eq!((&shown["direction"], &shown["text"]), (&json!("to-target"), &json!("abcde")));
    post(&server, &format!("/api/held/{id}/pass"), "");
    assert_eq!(end.frame(), (0x81, b"abcde".to_vec()));

    end.send(b"\x01\x02on\x80\x01e\x82\x01\xff\x81\x05three\x89\x00\x88\x02\x03\xe8");
    // The Ping is told at once, and has been answered.
    client.event(|event| assert!(matches!(event, Event::Ping { .. }), "{event:?}"));
    assert_eq!((end.frame().0, end.frame().0), (0x8a, 0x88));
    drop(end);
    let all = held(&server, 3);
    read(&server.post(&format!("/api/held/{}/edit", all[1].0), BYTES, &[1, 2]));
    post(&server, &format!("/api/held/{}/answer", all[2].0), "nobody is there any more");
    post(&server, "/api/inject?to=client", "put in");
    post(&server, "/api/release", "");
    let mut told = Vec::new();
    loop {
        let ended = client.event(|event| match event {
            Event::Message { kind, wire, fragments, payload, .. } => {
                told.push(format!("{kind:?} {wire} {fragments:?} {payload:?}"));
                false
            }
            Event::Close { code, .. } => {
                told.push(format!("close {code:?}"));
                false
            }
            Event::Ended { .. } => true,
            other => panic!("{other:?}"),
        });
        if ended {
            break;
        }
    }
    // What the target did not send like this took nothing on the wire.
    let expected = [
        format!("Text 0 [] {:?}", b"put in"),
        format!("Text 7 [2, 1] {:?}", b"one"),
        format!("Binary 0 [] {:?}", [1, 2]),
        "close Some(1000)".to_owned(),
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_is_held_on_a_server_is_bounded() {
    let target = Target::new();
    let mount = format!("t=ws://127.0.0.1:{}/feed", target.port());
    let server = TestServer::start_with(|config| {
        config.via = vec![mount.parse().unwrap()];
        // An eighth of it may be held.
        config.limits.max_memory = 8 << 20;
    });
    set(&server, "via=t");
    let (mut first, _first_end) = connect(&server, &target, "/ws/via/t");
    let (mut second, mut second_end) = connect(&server, &target, "/ws/via/t");
    let head = |len: u32| [&[0x82, 0xff][..], &u64::from(len).to_be_bytes(), &[0; 4]].concat();
    let large = |len: u32| [head(len), vec![0; len as usize]].concat();
    first.send(&large(700 << 10));
    held(&server, 1);
    second.send(&frame(0x1, b"oldest"));
    held(&server, 2);
    // There is no room for this: what the same connection holds goes on, this too.
    second.send(&large(500 << 10));
    assert_eq!(second_end.frame(), (0x81, b"oldest".to_vec()));
    assert_eq!(undecided(&server, 2), ["limit", "limit"]);
    held(&server, 1);
}

#[test]
fn what_can_not_be_followed_is_named() {
    let (server, target) = (TestServer::start(), Target::new());
    for (method, path, status, said) in [
        ("POST", "/api/breakpoints?filter=(", 400, "can't be read"),
        ("POST", "/api/breakpoints?direction=in", 400, "to-target, to-client or both"),
        ("POST", "/api/breakpoints?fitler=x", 400, "fitler is no parameter here"),
        ("POST", "/api/breakpoints?connection=99", 404, "no connection 99"),
        ("POST", "/api/breakpoints/9?on=off", 404, "no breakpoint 9"),
        ("DELETE", "/api/breakpoints/9", 404, "no breakpoint 9"),
        ("DELETE", "/api/breakpoints/x", 400, "x is no number"),
        ("GET", "/api/held?after=x", 400, "the revision of a list"),
        ("GET", "/api/held?vai=t", 400, "vai is no parameter"),
        ("GET", "/api/held/9", 404, "no message 9 is held"),
        ("POST", "/api/held/9/pass", 404, "no message 9 is held"),
        ("POST", "/api/inject", 400, "use client or target"),
        ("POST", "/api/inject?to=server", 400, "use client or target"),
    ] {
        let response = server.request(method, path, &[]);
        assert_eq!(response.status, status, "{method} {path}: {}", response.text());
        assert!(response.text().contains(said), "{method} {path}: {}", response.text());
    }
    assert_eq!(server.post("/api/inject?to=client", "text/plain", &[0xff]).status, 400);
    for _ in 0..64 {
        set(&server, "via=t");
    }
    assert_eq!(server.request("POST", "/api/breakpoints?via=t", &[]).status, 507);
    drop(target);
}
