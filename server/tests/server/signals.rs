//! SIGHUP, which must never end the process.

use crate::process::{Process, heartwire};
use crate::support::frame;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;

/// A certificate and its key in files, and the flags that name them.
struct Files {
    folder: PathBuf,
    cert: PathBuf,
    flags: [String; 2],
}

impl Files {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("heartwire-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let flags = [format!("--tls-cert={}", cert.display()), format!("--tls-key={}", key.display())];
        Self { folder, cert, flags }
    }
}

#[test]
fn a_hangup_without_a_certificate_file_is_a_line_in_the_log() {
    for flags in [&[][..], &["--tls-self-signed"]] {
        let args = [&["--listen=127.0.0.1:0"], flags].concat();
        let mut process = Process::start(&mut heartwire(&args));
        let mut log = BufReader::new(process.child.stderr.take().unwrap());
        for _ in 0..2 {
            process.signal("HUP");
            let mut line = String::new();
            while !line.contains("SIGHUP changes nothing") {
                line.clear();
                assert_ne!(log.read_line(&mut line).unwrap(), 0, "it is not logged: {flags:?}");
            }
        }
        if flags.is_empty() {
            let mut client = process.upgrade();
            client.send(&frame(0x1, b"still here"));
            assert_eq!(client.frame(), (0x81, b"still here".to_vec()));
        }
        process.signal("TERM");
        assert_eq!(process.wait().0, Some(0));
    }
}

#[test]
fn a_hangup_reloads_the_certificate_or_says_why_not() {
    let Files { folder, cert, flags } = Files::new("hangup");
    let mut process =
        Process::start(&mut heartwire(&["--listen=127.0.0.1:0", &flags[0], &flags[1], "--log-level=info"]));
    let mut log = BufReader::new(process.child.stderr.take().unwrap());
    let mut wait_for = |text: &str| {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(log.read_line(&mut line).unwrap(), 0, "{text} was not logged");
        }
    };
    process.signal("HUP");
    wait_for("certificate reloaded");
    std::fs::write(&cert, "nothing").unwrap();
    process.signal("HUP");
    wait_for("certificate not reloaded");
    assert!(process.child.try_wait().unwrap().is_none(), "it goes on");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_certificate_that_can_not_be_read_to_its_end_holds_up_nobody() {
    let Files { folder, cert, flags } = Files::new("hanging");
    let process = Process::start(&mut heartwire(&["--listen=127.0.0.1:0", &flags[0], &flags[1]]));
    // Who opens a pipe for reading waits for somebody who writes.
    std::fs::remove_file(&cert).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&cert).status().unwrap().success());
    process.signal("HUP");
    process.signal("HUP");
    process.signal("TERM");
    assert_eq!(process.wait().0, Some(0));
    std::fs::remove_dir_all(&folder).unwrap();
}
