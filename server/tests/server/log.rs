//! A log that can't be written changes nothing else: sockets are served, their ends are counted, signals are heard.

#![cfg(unix)]

use crate::process::{Process, heartwire};
use crate::support::{PATIENCE, RawClient, frame};
use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Write as _};
use std::time::Instant;

/// More connections than the pipe of a sleeping reader has room for, at this level.
const CONNECTIONS: usize = 200;

fn command() -> std::process::Command {
    heartwire(&["--listen=127.0.0.1:0", "--threads=1", "--log-level=trace", "--ping-interval=0s"])
}

/// None: it has no value so far.
fn metric(process: &Process, name: &str) -> Option<u64> {
    let mut client = RawClient::connect(process.address);
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", process.address);
    client.send(request.as_bytes());
    let page = client.response().text().to_owned();
    let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map(|number| number.parse().unwrap())
}

/// Sockets open, echo and end; all of it is logged, or would be.
fn serve_some(process: &Process, connections: usize) {
    for _ in 0..connections {
        let mut client = process.upgrade();
        client.send(&[frame(0x1, b"hello"), frame(0x8, b"\x03\xE8")].concat());
        assert_eq!(client.frame(), (0x81, b"hello".to_vec()));
        client.expect_close(1000);
    }
    let ended = "heartwire_closes_total{code=\"1000\",side=\"peer\",reason=\"peer closed\"}";
    let deadline = Instant::now() + PATIENCE;
    while metric(process, ended) != Some(connections as u64) {
        assert!(Instant::now() < deadline, "ends are not counted");
    }
}

/// Everything that is logged, then the signals.
fn works_as_if_nothing_was(process: Process) {
    serve_some(&process, CONNECTIONS);
    process.signal("HUP");
    process.signal("HUP");
    serve_some_more(&process);
    process.signal("TERM");
    assert_eq!(process.wait().0, Some(0));
}

fn serve_some_more(process: &Process) {
    let mut client = process.upgrade();
    client.send(&frame(0x1, b"still here"));
    assert_eq!(client.frame(), (0x81, b"still here".to_vec()));
    client.send(&frame(0x8, b"\x03\xE9"));
    client.expect_close(1001);
}

#[test]
fn whose_reader_is_gone() {
    let mut process = Process::start(&mut command());
    drop(process.child.stderr.take());
    serve_some(&process, 1);
    assert!(metric(&process, "heartwire_log_lines_lost_total") > Some(0));
    drop(process.child.stdout.take());
    let mut client = process.upgrade();
    process.signal("TERM");
    assert_eq!(client.frame().1, b"\x03\xF4service restart");
    client.send(&frame(0x8, b"\x03\xF4"));
    client.expect_end();
    assert_eq!(process.wait().0, Some(0));
}

#[test]
fn whose_reader_is_gone_before_it_begins() {
    let mut command = command();
    // What is written there fails with EPIPE: its reading end is closed at once.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command.stderr(writer);
    works_as_if_nothing_was(Process::start(&mut command));
}

#[test]
fn whose_reader_sleeps() {
    // The pipe is held open and never read.
    let mut process = Process::start(&mut command());
    let stderr = process.child.stderr.take();
    works_as_if_nothing_was(process);
    drop(stderr);
}

#[test]
fn whose_reader_wakes_says_how_much_it_missed() {
    let mut process = Process::start(&mut command());
    let stderr = process.child.stderr.take().unwrap();
    let deadline = Instant::now() + 6 * PATIENCE;
    while metric(&process, "heartwire_log_lines_lost_total") == Some(0) {
        assert!(Instant::now() < deadline, "nothing is lost");
        (0..50).for_each(|_| drop(process.upgrade()));
    }
    let mut log = BufReader::new(stderr);
    let mut line = String::new();
    while !line.contains("lines of the log were lost") {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0);
    }
    process.signal("TERM");
    drop(log);
    assert_eq!(process.wait().0, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn whose_disk_is_full() {
    let mut command = command();
    command.stderr(OpenOptions::new().write(true).open("/dev/full").unwrap());
    works_as_if_nothing_was(Process::start(&mut command));
}

#[cfg(target_os = "linux")]
#[test]
fn whose_terminal_is_closed() {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let mut command = command();
    command.stderr(OpenOptions::new().write(true).open(name.to_str().unwrap()).unwrap());
    let process = Process::start(&mut command);
    drop(terminal);
    works_as_if_nothing_was(process);
}

#[test]
fn an_error_at_the_start_ends_the_process_though_nobody_reads() {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut filling = writer.try_clone().unwrap();
    // Ends when its reader does.
    std::thread::spawn(move || while filling.write_all(&[b'x'; 4096]).is_ok() {});
    let mut command = heartwire(&["--listen=192.0.2.1:1"]);
    let mut child = command.stderr(writer).spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "it waits for a reader");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    drop(reader);
}
