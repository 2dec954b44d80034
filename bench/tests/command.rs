//! The program itself, short, with the servers it brings along.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn bench(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn rows(output: &Output) -> Vec<Value> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn echo_measures_each_server_at_each_point() {
    let args = "echo --json --only-servers tcp,tokio-tungstenite --rounds 2 --seconds 0.05 --configs 3x16x1,3x65536x16";
    let rows = rows(&bench(&args.split(' ').collect::<Vec<_>>()));
    let places: Vec<_> =
        rows.iter().map(|row| format!("{} {} {}", row["server"], row["bytes"], row["in_flight"])).collect();
    assert_eq!(
        places,
        [
            r#""tcp" 16 1"#,
            r#""tokio-tungstenite" 16 1"#,
            r#""tcp" 65536 16"#,
            r#""tokio-tungstenite" 65536 16"#
        ]
    );
    for row in &rows {
        let number = |name: &str| row[name].as_f64().unwrap();
        assert!(number("cpu_us_per_msg") > 0.1, "{row}");
        assert!(number("msgs_per_s") > 10.0, "{row}");
        assert!(number("p99_ms") > 0.0, "{row}");
        if row["server"] == "tcp" {
            assert_eq!(row["ratio_to_tcp"], 1.0, "{row}");
        }
    }
}

#[test]
fn idle_measures_memory_of_what_stays_open() {
    let args = "idle --json --only-servers tcp --connections 600 --settle 0.2";
    let rows = rows(&bench(&args.split(' ').collect::<Vec<_>>()));
    assert_eq!(rows.len(), 1);
    // The TCP echo keeps a read buffer for each connection, of which a short message touches a page or two.
    let bytes = rows[0]["bytes_per_connection"].as_f64().unwrap();
    assert!((1024.0..70_000.0).contains(&bytes), "{bytes}");
}

#[test]
fn connect_measures_whole_connections() {
    let args = "connect --json --only-servers tcp,tokio-tungstenite --rounds 2 --seconds 0.05 --at-a-time 4";
    let rows = rows(&bench(&args.split(' ').collect::<Vec<_>>()));
    let names: Vec<_> = rows.iter().map(|row| row["server"].as_str().unwrap()).collect();
    assert_eq!(names, ["tcp", "tokio-tungstenite"]);
    for row in &rows {
        assert!(row["cpu_us_per_connection"].as_f64().unwrap() > 1.0, "{row}");
        assert!(row["p99_ms"].as_f64().unwrap() > 0.0, "{row}");
        // The answer to the handshake is some 130 bytes; the TCP echo sends the request back.
        assert!(row["reply_bytes"].as_f64().unwrap() > 100.0, "{row}");
    }
    assert_eq!(rows[0]["ratio_to_tcp"], 1.0);
    assert_eq!(rows[1]["ratio_to_tungstenite"], 1.0);
}

#[test]
fn any_server_can_be_put_beside_ours() {
    let guest = format!("mine={} serve tungstenite --listen 127.0.0.1:{{port}}", env!("CARGO_BIN_EXE_bench"));
    let args = "--json --only-servers tcp --rounds 1 --seconds 0.05";
    let args: Vec<_> = args.split(' ').chain(["--peer", &guest]).collect();
    for what in [&["echo", "--configs", "2x16x1"][..], &["connect"]] {
        let rows = rows(&bench(&[what, &args].concat()));
        let names: Vec<_> = rows.iter().map(|row| row["server"].as_str().unwrap()).collect();
        assert_eq!(names, ["tcp", "mine"], "{what:?}");
    }
}

/// tokio-tungstenite under our name: with sixteen messages in flight it is far from every bar.
#[test]
fn a_missed_bar_is_said_and_is_a_failure() {
    let disguise = Path::new(env!("CARGO_TARGET_TMPDIR")).join("disguise.sh");
    let bench_bin = env!("CARGO_BIN_EXE_bench");
    fs::write(&disguise, format!("#!/bin/sh\nexec {bench_bin} serve tungstenite \"$1\" \"$2\"\n")).unwrap();
    fs::set_permissions(&disguise, fs::Permissions::from_mode(0o755)).unwrap();
    let args = "echo --only-servers tcp,heartwire --rounds 3 --seconds 0.05 --configs 10x16x16 --server-bin";
    let output = bench(&args.split(' ').chain([disguise.to_str().unwrap()]).collect::<Vec<_>>());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("\n0 of 1 bars hold\nmissed: 10 × 16 B, 16 in flight: "), "{text}");
}

#[test]
fn a_missing_server_binary_is_an_error() {
    let output = bench(&["echo", "--only-servers", "heartwire", "--server-bin", "no/such/file"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such/file is not there"));
}
