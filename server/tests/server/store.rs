//! Rooms whose history is kept in a file.

use crate::process::{Process, heartwire, output};
use crate::room::{Guest, offsets};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// A client's end of a session, as far as it gets.
#[derive(Default)]
struct Session {
    connection: u64,
    epoch: Value,
    memory: Value,
    offset: u64,
    known: u64,
    sent: u64,
    /// What it was told of the room.
    heard: Vec<u64>,
}

impl Session {
    /// Connects, and sends again what is not known to have arrived.
    fn join(&mut self, server: &Process) -> Guest {
        self.connection += 1;
        let mut more = json!({
            "connection": self.connection, "memory": self.memory, "known": self.known, "sent": self.sent
        });
        if self.connection == 1 {
            more = json!({});
        } else {
            (more["epoch"], more["offset"]) = (self.epoch.clone(), json!(self.offset));
        }
        let (guest, welcome) = Guest::join_at(server.address, "/ws/room/kept", 1, more);
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
    fn publish(&mut self, guest: &mut Guest, last: u64, until: u64) {
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

    fn hear(&mut self, message: &Value) {
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

#[test]
fn a_server_that_is_killed_while_it_publishes_loses_nothing_that_was_acknowledged_and_takes_nothing_twice() {
    let folder = folder("killed");
    let data = folder.display().to_string();
    let args = ["--listen", "127.0.0.1:0", "--data-dir", &data, "--room-rate", "0", "--threads", "2"];
    let start = || Process::start(&mut heartwire(&args));
    let mut session = Session::default();
    for round in 1..=4 {
        let mut server = start();
        let mut guest = session.join(&server);
        session.publish(&mut guest, 200 * round, 200 * round - 100);
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        // What it had said before is there to be read, and is a promise.
        while let Some(message) = guest.try_next() {
            session.hear(&message);
        }
    }
    let server = start();
    let mut guest = session.join(&server);
    session.publish(&mut guest, 800, 800);
    while session.offset < 800 {
        let message = guest.next();
        session.hear(&message);
    }
    assert_eq!(session.heard, (1..=800).collect::<Vec<_>>());
    // Who comes only now has the same.
    let (mut late, _) = Guest::join_at(server.address, "/ws/room/kept", 2, json!({"history": 1000}));
    assert_eq!(late.messages(800), offsets(1, 800));
    // A second process is told whose the file is.
    let (code, _, log) = output(&mut heartwire(&args));
    assert_eq!(code, Some(1));
    assert!(log.contains("error: another process uses ") && log.contains("another --data-dir"), "{log}");
    drop(server);
    let _ = fs::remove_dir_all(folder);
}
