//! A process that may have few files open.

use crate::process::{Process, heartwire};
use crate::support::{RawClient, upgrade_request};
use std::process::{Command, Stdio};

#[test]
fn running_out_of_open_files_is_said_to_clients() {
    let mut command = Command::new("prlimit");
    command.args(["--nofile=80:80", env!("CARGO_BIN_EXE_heartwire"), "--listen=127.0.0.1:0", "--threads=1"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let process = Process::start(&mut command);
    let mut open = Vec::new();
    for kind in [upgrade_request("/ws", &[]), "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()] {
        let refused = (0..100).any(|_| {
            let mut client = RawClient::connect(process.address);
            client.send(kind.as_bytes());
            let status = client.response().status;
            open.push(client);
            status == 503
        });
        assert!(refused, "{} connections are open", open.len());
    }
    assert!(open.len() > 30, "{} connections", open.len());
    // Whoever else comes is told at once, for as long as it lasts.
    for _ in 0..100 {
        assert_eq!(RawClient::connect(process.address).response().status, 503);
    }
    process.signal("TERM");
    let (_, log) = process.wait();
    assert!(!log.contains("can't accept"), "{log}");
}

#[test]
fn accepting_goes_on_once_files_can_be_opened_again() {
    let mut process = Process::start(&mut heartwire(&["--listen=127.0.0.1:0", "--threads=1"]));
    // Nor can it be logged that there are none.
    drop(process.child.stderr.take());
    let limit = |files: &str| {
        let id = process.child.id().to_string();
        let mut command = Command::new("prlimit");
        assert!(command.args(["--pid", &id, &format!("--nofile={files}:")]).status().unwrap().success());
    };
    drop(process.upgrade());
    limit("4");
    let mut waiting: Vec<_> = (0..3).map(|_| RawClient::connect(process.address)).collect();
    // Time for some attempts; fewer would only make this test easier.
    std::thread::sleep(std::time::Duration::from_millis(200));
    limit("1000");
    for client in &mut waiting {
        client.send(upgrade_request("/ws", &[]).as_bytes());
        assert_eq!(client.response().status, 101);
    }
    process.signal("TERM");
    drop(waiting);
    assert_eq!(process.wait().0, Some(0));
}
