//! Replays the fuzzers' committed corpus, so that what they once found stays found without their tools.

#[path = "support/fuzz/mod.rs"]
#[allow(dead_code, reason = "every test file uses its part")]
mod fuzz;
mod support;

use std::path::Path;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).expect("the corpus is committed") {
        let path = entry.expect("a readable folder").path();
        let data = std::fs::read(&path).expect("a readable file");
        // A panic names only the assertion; this names the input.
        let guard = OnPanic(&path);
        run(&data);
        std::mem::forget(guard);
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}

struct OnPanic<'a>(&'a Path);

impl Drop for OnPanic<'_> {
    #[expect(clippy::print_stderr, reason = "the test's output is where the name is wanted")]
    fn drop(&mut self) {
        eprintln!("while replaying {}", self.0.display());
    }
}

#[test]
fn decode() {
    replay("decode", fuzz::decode::run);
}

#[test]
fn split() {
    replay("split", fuzz::split::run);
}

#[test]
fn round_trip() {
    replay("round_trip", fuzz::round_trip::run);
}

#[test]
fn differential() {
    replay("differential", fuzz::differential::run);
}

#[test]
fn echo() {
    replay("echo", fuzz::echo::run);
}

#[test]
fn hop() {
    // What an echo is sent says as much to a hop.
    replay("echo", fuzz::hop::run);
    replay("hop", fuzz::hop::run);
}

#[test]
fn inflate() {
    replay("inflate", fuzz::inflate::run);
}

#[test]
fn handshake() {
    replay("handshake", fuzz::handshake::run);
}
