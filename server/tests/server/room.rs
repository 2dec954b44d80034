//! Rooms: who is in one gets all that is said there, over whatever connections.

use crate::guest::{Guest, hello, offsets};
use crate::support::{TestServer, frame_with_head, upgrade_request};
use serde_json::{Value, json};
use server::Driver;
use std::num::NonZeroU32;

#[test]
fn what_one_says_reaches_all_on_every_thread_and_driver_and_is_acknowledged() {
    for driver in [Driver::default(), Driver::Tokio] {
        let server = TestServer::start_with(|config| config.driver = driver);
        let mut guests: Vec<_> = (1..=20)
            .map(|session| {
                Guest::join(
                    server.address,
                    "/ws/room/lounge",
                    session,
                    json!({"name": format!("n{session}")}),
                )
                .0
            })
            .collect();
        let (mut other, _) = Guest::join(server.address, "/ws/room/elsewhere", 99, json!({}));
        for seq in 1..=3 {
            guests[0].publish(seq, seq);
        }
        assert_eq!(guests[0].hear("ack"), json!({"type": "ack", "from": 1, "to": 1}));
        let first = guests[1].hear("message");
        assert_eq!((&first["data"], &first["name"]), (&json!(1), &json!("n1")));
        assert!(first["id"].as_str().unwrap().ends_with(".1"), "{first}");
        assert!(first["at"].as_u64().unwrap() > 1_700_000_000_000, "{first}");
        for guest in &mut guests[2..] {
            assert_eq!(guest.messages(3), offsets(1, 3));
        }
        other.publish(1, "nobody else");
        assert_eq!(other.messages(1), [(1, json!("nobody else"))]);
    }
}

#[test]
fn who_comes_back_gets_what_it_missed_and_nothing_twice() {
    let server = TestServer::start();
    let (mut ann, welcome) = Guest::join(server.address, "/ws/room/a", 1, json!({}));
    let (epoch, memory) = (welcome["epoch"].clone(), welcome["memory"].clone());
    assert_eq!((&welcome["offset"], &welcome["head"]), (&json!(0), &json!(0)));
    for seq in 1..=3 {
        ann.publish(seq, seq);
    }
    assert_eq!(ann.messages(2), offsets(1, 2));
    ann.0.reset();
    let (mut bob, welcome) = Guest::join(server.address, "/ws/room/a", 2, json!({"history": 1}));
    assert_eq!((&welcome["offset"], &welcome["head"]), (&json!(2), &json!(3)));
    bob.publish(1, 4);
    assert_eq!(bob.messages(2), offsets(3, 4));
    // She does not know what became of her third message, and the server does.
    let back = json!({"connection": 2, "epoch": epoch, "offset": 2, "memory": memory, "known": 2, "sent": 3});
    let (mut ann, welcome) = Guest::join(server.address, "/ws/room/a", 1, back.clone());
    assert_eq!((&welcome["seq"], &welcome["head"], &welcome["lost"]), (&json!(3), &json!(4), &Value::Null));
    assert_eq!(ann.messages(2), offsets(3, 4));
    ann.publish(3, "again");
    ann.publish(4, 5);
    assert_eq!(bob.messages(1), offsets(5, 5));
    // A later connection has the session, and the one before is told so once it says something.
    let mut later = back;
    later["connection"] = json!(3);
    let (_later, _) = Guest::join(server.address, "/ws/room/a", 1, later);
    ann.publish(5, 6);
    assert_eq!(ann.messages(1), offsets(5, 5));
    ann.0.send(&frame_with_head(0x88, &4409_u16.to_be_bytes()));
    assert_eq!(ann.0.expect_close(4409), "the session goes on over a newer connection");
}

#[test]
fn what_is_not_understood_or_not_taken_is_said_and_the_room_goes_on() {
    let server = TestServer::start_with(|config| {
        config.rooms.messages_per_second = NonZeroU32::new(1);
    });
    let mut guest = Guest::knock(server.address, "/ws/room/a");
    guest.publish(1, 1);
    assert_eq!(guest.next()["error"], "hello comes first: it says who you are");
    guest.say(&json!({"type": "shout"}));
    let error = "shout is nothing that is known here: use hello, publish, ping, typing, name or history";
    assert_eq!(guest.next()["error"], error);
    guest.0.send(&frame_with_head(0x82, b"{}"));
    assert_eq!(guest.next()["error"], "a room speaks JSON in text messages");
    guest.say(&json!({"type": "ping"}));
    assert_eq!(guest.next(), json!({"type": "pong"}));
    guest.say(&hello(1, json!({"name": "\n"})));
    assert_eq!(guest.next()["error"], "a name has 1 to 40 characters, none of them a control character");
    guest.say(&hello(1, json!({})));
    guest.hear("present");
    guest.publish(1, "x".repeat(17 << 10));
    let refused = guest.hear("refused");
    assert_eq!((&refused["seq"], &refused["reason"]), (&json!(1), &json!("size")));
    guest.say(&json!({"type": "publish", "seq": 2}));
    assert_eq!(guest.hear("refused")["error"], "publish needs data");
    for seq in 3..=5 {
        guest.publish(seq, seq);
    }
    let refused = guest.hear("refused");
    assert_eq!((&refused["seq"], &refused["reason"]), (&json!(5), &json!("rate")));
    assert!((1..=1001).contains(&refused["retry"].as_u64().unwrap()), "{refused}");
    let metrics = server.get("/metrics", &[]);
    assert!(metrics.text().contains("heartwire_channel_messages_refused_total 3\n"), "{}", metrics.text());
    assert!(metrics.text().contains("heartwire_channel_messages_total 2\n"), "{}", metrics.text());
    // One that is missing is asked for by a Close.
    guest.publish(9, 9);
    guest.0.send(&frame_with_head(0x88, &4408_u16.to_be_bytes()));
    while guest.0.read_exact(1) != [0x88] {
        let len = guest.0.read_exact(1)[0];
        guest.0.read_exact(len.into());
    }
    let mut client = server.connect();
    client.send(upgrade_request("/ws/room/a%20b", &[]).as_bytes());
    let response = client.response();
    assert_eq!((response.status, response.text().starts_with("a room's name has")), (404, true));
}

#[test]
fn presence_names_typing_and_pages_are_told() {
    let server = TestServer::start();
    let (mut ann, welcome) = Guest::join(server.address, "/ws/room/a", 1, json!({"name": "Ann"}));
    let you = welcome["you"].clone();
    let joined = ann.hear("presence");
    assert_eq!(joined, json!({"type": "presence", "joined": [{"id": you, "name": "Ann"}], "here": 1}));
    let mut bob = Guest::knock(server.address, "/ws/room/a");
    bob.say(&hello(2, json!({"name": "Bob"})));
    assert_eq!(bob.hear("present")["here"], 2);
    assert_eq!(ann.hear("presence")["joined"][0]["name"], "Bob");
    ann.say(&json!({"type": "typing"}));
    assert_eq!(bob.hear("typing"), json!({"type": "typing", "by": you, "name": "Ann"}));
    ann.say(&json!({"type": "name", "name": "Anna"}));
    assert_eq!(bob.hear("presence")["joined"], json!([{"id": you, "name": "Anna"}]));
    for seq in 1..=5 {
        ann.publish(seq, seq);
    }
    assert_eq!(bob.messages(5), offsets(1, 5));
    bob.say(&json!({"type": "history", "before": 4, "limit": 2}));
    let page = bob.hear("history");
    let shown: Vec<_> =
        page["messages"].as_array().unwrap().iter().map(|message| &message["offset"]).collect();
    assert_eq!((shown, &page["first"]), (vec![&json!(2), &json!(3)], &json!(1)));
    ann.0.reset();
    assert_eq!(bob.hear("presence"), json!({"type": "presence", "left": [you], "here": 1}));
}

#[test]
fn faults_stand_in_front_of_rooms_too() {
    let server = TestServer::start();
    let (mut ann, _) = Guest::join(server.address, "/ws/room/a", 1, json!({}));
    let (mut bob, welcome) =
        Guest::join(server.address, "/ws/room/a?delay=20ms&reset-after=2msg", 2, json!({}));
    for seq in 1..=3 {
        ann.publish(seq, seq);
    }
    assert_eq!(bob.messages(2), offsets(1, 2));
    // His second message, hello being the first, is the last thing that goes well.
    bob.publish(1, 4);
    while bob.0.try_read(&mut [0]) {}
    assert_eq!(ann.messages(4), offsets(1, 4));
    let back = json!({
        "connection": 2, "epoch": welcome["epoch"], "offset": 2, "memory": welcome["memory"], "sent": 1
    });
    let (mut bob, welcome) = Guest::join(server.address, "/ws/room/a?fragment=10", 2, back);
    assert_eq!((&welcome["offset"], &welcome["seq"], &welcome["lost"]), (&json!(2), &json!(1), &Value::Null));
    assert_eq!(bob.messages(2), offsets(3, 4));
    let refused = server.get(
        "/ws/room/a?handshake-status=503",
        &[
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ],
    );
    assert_eq!(refused.status, 503);
}

#[test]
fn who_does_not_read_is_told_what_fell_out_of_history_and_holds_no_more_than_its_queue() {
    let server = TestServer::start_with(|config| {
        config.rooms.messages_per_second = None;
        config.socket.max_queue = 16 << 10;
    });
    let (mut ann, _) = Guest::join(server.address, "/ws/room/a", 1, json!({}));
    let (mut bob, _) = Guest::join(server.address, "/ws/room/a", 2, json!({}));
    // More than history and the buffers of the system hold.
    let (text, count) = ("x".repeat(15 << 10), 900);
    for seq in 1..=count {
        ann.publish(seq, text.as_str());
        ann.hear("message");
    }
    let (mut at, mut lost) = (0, 0);
    while at < count {
        let message = bob.next();
        match message["type"].as_str().unwrap() {
            "message" => {
                at += 1;
                assert_eq!(message["offset"], at);
            }
            "jump" => {
                assert_eq!(message["lost"][0]["from"], at + 1);
                lost += message["lost"][0]["to"].as_u64().unwrap() - at;
                at = message["offset"].as_u64().unwrap();
                assert_eq!(message["lost"][0]["to"], at);
            }
            other => assert_eq!(other, "presence"),
        }
    }
    assert!(lost > 0);
    let metrics = server.get("/metrics", &[]);
    assert!(metrics.text().contains(&format!("heartwire_channel_messages_lost_total {lost}\n")), "{lost}");
}
