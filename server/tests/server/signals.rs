//! SIGHUP, which must never end the process.

use crate::process::{Process, heartwire};
use crate::support::frame;
use std::io::{BufRead as _, BufReader};

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
