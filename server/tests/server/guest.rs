//! Clients of rooms.

use crate::support::{RawClient, frame_with_head, upgrade_request};
use serde_json::{Value, json};
use std::net::SocketAddr;

const TEXT: u8 = 0x81;

/// A client that says and hears JSON.
pub(crate) struct Guest(pub(crate) RawClient);

impl Guest {
    pub(crate) fn knock(address: SocketAddr, target: &str) -> Self {
        let mut client = RawClient::connect(address);
        client.send(upgrade_request(target, &[&format!("Host: {address}")]).as_bytes());
        let response = client.response();
        assert_eq!(response.status, 101, "{response:?}");
        Self(client)
    }

    /// Says hello as the so-manieth session, and gives the welcome.
    pub(crate) fn join(address: SocketAddr, target: &str, session: u8, more: Value) -> (Self, Value) {
        let mut guest = Self::knock(address, target);
        guest.say(&hello(session, more));
        let welcome = guest.hear("welcome");
        guest.hear("present");
        (guest, welcome)
    }

    pub(crate) fn say(&mut self, message: &Value) {
        self.0.send(&frame_with_head(TEXT, message.to_string().as_bytes()));
    }

    pub(crate) fn publish(&mut self, seq: u64, data: impl Into<Value>) {
        self.say(&json!({"type": "publish", "seq": seq, "data": data.into()}));
    }

    /// The next message, whatever it is, in however many frames.
    pub(crate) fn next(&mut self) -> Value {
        let (mut head, mut payload) = self.0.frame();
        assert_eq!(head & 0xf, 1, "{payload:?}");
        while head & 0x80 == 0 {
            let (next, more) = self.0.frame();
            payload.extend(more);
            head = next;
        }
        serde_json::from_slice(&payload).unwrap()
    }

    /// The next message in one frame, unless the connection has ended.
    pub(crate) fn try_next(&mut self) -> Option<Value> {
        let mut head = [0; 2];
        if !self.0.try_read(&mut head) {
            return None;
        }
        let mut length = u16::from(head[1]);
        if length == 126 {
            let mut long = [0; 2];
            length = self.0.try_read(&mut long).then(|| u16::from_be_bytes(long))?;
        }
        let mut payload = vec![0; length.into()];
        self.0.try_read(&mut payload).then(|| serde_json::from_slice(&payload).unwrap())
    }

    /// The next message of a type; those of others are passed over.
    pub(crate) fn hear(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next();
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// The offsets and data of so many messages.
    pub(crate) fn messages(&mut self, count: usize) -> Vec<(u64, Value)> {
        let message = |message: Value| (message["offset"].as_u64().unwrap(), message["data"].clone());
        (0..count).map(|_| message(self.hear("message"))).collect()
    }
}

pub(crate) fn hello(session: u8, more: Value) -> Value {
    let mut hello = json!({
        "type": "hello", "client": format!("{session:032x}"), "session": format!("{session:032x}"), "connection": 1
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        hello[name] = value.clone();
    }
    hello
}

pub(crate) fn offsets(from: u64, to: u64) -> Vec<(u64, Value)> {
    (from..=to).map(|offset| (offset, json!(offset))).collect()
}

/// A client's end of a session, as far as it gets.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) connection: u64,
    epoch: Value,
    memory: Value,
    pub(crate) offset: u64,
    pub(crate) known: u64,
    sent: u64,
    /// What it was told of the room.
    pub(crate) heard: Vec<u64>,
}

impl Session {
    /// Connects, and sends again what is not known to have arrived.
    pub(crate) fn join(&mut self, address: SocketAddr) -> Guest {
        self.connection += 1;
        let mut more = json!({
            "connection": self.connection, "memory": self.memory, "known": self.known, "sent": self.sent
        });
        if self.connection == 1 {
            more = json!({});
        } else {
            (more["epoch"], more["offset"]) = (self.epoch.clone(), json!(self.offset));
        }
        let (guest, welcome) = Guest::join(address, "/ws/room/kept", 1, more);
        if self.connection > 1 {
            assert_eq!((&welcome["epoch"], &welcome["lost"]), (&self.epoch, &Value::Null));
            let seq = welcome["seq"].as_u64().expect("what it had published is known");
            assert!(self.known <= seq && seq <= self.sent, "{welcome} after {}..{}", self.known, self.sent);
            self.known = seq;
        }
        (self.epoch, self.memory) = (welcome["epoch"].clone(), welcome["memory"].clone());
        guest
    }

    /// Publishes all up to `last`, its number each, 64 ahead of the answers, until `until` is known of.
    pub(crate) fn publish(&mut self, guest: &mut Guest, last: u64, until: u64) {
        let mut on_wire = self.known;
        while self.known < until {
            while on_wire < last && on_wire < self.known + 64 {
                on_wire += 1;
                guest.publish(on_wire, on_wire);
            }
            self.sent = self.sent.max(on_wire);
            let message = guest.next();
            self.hear(&message);
        }
    }

    pub(crate) fn hear(&mut self, message: &Value) {
        match message["type"].as_str() {
            Some("ack") => {
                assert_eq!(message["from"], self.known + 1);
                self.known = message["to"].as_u64().unwrap();
            }
            Some("message") => {
                self.offset += 1;
                assert_eq!(message["offset"], self.offset);
                self.heard.push(message["data"].as_u64().unwrap());
            }
            Some("presence") => {}
            _ => panic!("{message}"),
        }
    }
}
