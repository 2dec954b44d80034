//! The ticker: a market in the URL, a snapshot, and what changes.

use crate::support::{RawClient, TestServer, frame_with_head, upgrade_request};
use serde_json::{Value, json};

const TEXT: u8 = 0x81;

fn hear(client: &mut RawClient) -> Value {
    let (head, payload) = client.frame();
    assert_eq!(head, TEXT, "{payload:?}");
    serde_json::from_slice(&payload).unwrap()
}

fn say(client: &mut RawClient, message: &Value) {
    client.send(&frame_with_head(TEXT, message.to_string().as_bytes()));
}

/// Takes a delta into account: it goes on where the one before ended.
fn apply(delta: &Value, tick: &mut Value, prices: &mut Value) {
    assert_eq!((&delta["type"], &delta["since"]), (&json!("delta"), &*tick), "{delta}");
    *tick = delta["tick"].clone();
    for (name, price) in delta["prices"].as_object().unwrap() {
        assert!(prices.get(name).is_some(), "{name}");
        prices[name] = price.clone();
    }
}

#[test]
fn a_snapshot_and_what_changed_and_the_same_for_the_same_seed() {
    let server = TestServer::start();
    let mut clients = ["seed=7&hz=50", "seed=7&hz=50", "seed=8&hz=50"]
        .map(|query| server.upgrade(&format!("/ws/ticker?symbols=3&{query}")));
    let states = clients.each_mut().map(|client| {
        let snapshot = hear(client);
        let (mut tick, mut prices) = (snapshot["tick"].clone(), snapshot["prices"].clone());
        assert_eq!(prices.as_object().unwrap().keys().collect::<Vec<_>>(), ["BAB", "BEB", "BIB"]);
        while tick.as_u64().unwrap() < 30 {
            apply(&hear(client), &mut tick, &mut prices);
        }
        (tick, prices)
    });
    // Their ticks need not end at the same one; from where the later ended the market is one.
    let [one, two, other] = states;
    if one.0 == two.0 {
        assert_eq!(one.1, two.1);
    }
    assert_ne!(one.1, other.1);
}

#[test]
fn symbols_are_chosen_while_it_goes_on() {
    let server = TestServer::start();
    let mut client = server.upgrade("/ws/ticker?symbols=BAB&hz=20");
    assert_eq!(hear(&mut client)["prices"].as_object().unwrap().len(), 1);
    say(&mut client, &json!({"type": "subscribe", "symbols": ["ZUX"]}));
    let snapshot = loop {
        let message = hear(&mut client);
        if message["type"] == "snapshot" {
            break message;
        }
    };
    assert_eq!(snapshot["prices"].as_object().unwrap().keys().collect::<Vec<_>>(), ["ZUX"]);
    say(&mut client, &json!({"type": "unsubscribe", "symbols": 1}));
    say(&mut client, &json!({"type": "sell"}));
    while hear(&mut client)["error"] != "sell is nothing that is known here: use subscribe or unsubscribe" {}
    for _ in 0..5 {
        let delta = hear(&mut client);
        assert_eq!(delta["prices"].as_object().unwrap().keys().collect::<Vec<_>>(), ["ZUX"], "{delta}");
    }
}

#[test]
fn what_can_not_be_had_is_refused_with_what_can() {
    let server = TestServer::start();
    for (query, status, hint) in [
        ("hz=51", 400, "hz takes ticks a second from 1 to 50"),
        ("symbols=0", 400, "symbols takes how many from 1 to 1000"),
        ("dleay=5ms", 400, "did you mean delay?"),
    ] {
        let mut client = server.connect();
        client.send(upgrade_request(&format!("/ws/ticker?{query}"), &[]).as_bytes());
        let response = client.response();
        assert_eq!(response.status, status, "{query}");
        assert!(response.text().contains(hint), "{}", response.text());
    }
    let readers: Vec<_> =
        (0..64).map(|seed| server.upgrade(&format!("/ws/ticker?hz=1&seed={seed}"))).collect();
    let mut client = server.connect();
    client.send(upgrade_request("/ws/ticker?hz=1&seed=64", &[]).as_bytes());
    assert_eq!(client.response().status, 503);
    drop(readers);
}
