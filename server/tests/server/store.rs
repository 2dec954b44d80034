//! Rooms whose history is kept in a file.

use crate::guest::{Guest, Session, offsets};
use crate::process::{Process, heartwire, output};
use serde_json::json;
use std::fs;
use std::path::PathBuf;

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
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
        let mut guest = session.join(server.address);
        session.publish(&mut guest, 200 * round, 200 * round - 100);
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        // What it had said before is there to be read, and is a promise.
        while let Some(message) = guest.try_next() {
            session.hear(&message);
        }
    }
    let server = start();
    let mut guest = session.join(server.address);
    session.publish(&mut guest, 800, 800);
    while session.offset < 800 {
        let message = guest.next();
        session.hear(&message);
    }
    assert_eq!(session.heard, (1..=800).collect::<Vec<_>>());
    // Who comes only now has the same.
    let (mut late, _) = Guest::join(server.address, "/ws/room/kept", 2, json!({"history": 1000}));
    assert_eq!(late.messages(800), offsets(1, 800));
    // A second process is told whose the file is.
    let (code, _, log) = output(&mut heartwire(&args));
    assert_eq!(code, Some(1));
    assert!(log.contains("error: another process uses ") && log.contains("another --data-dir"), "{log}");
    drop(server);
    let _ = fs::remove_dir_all(folder);
}
