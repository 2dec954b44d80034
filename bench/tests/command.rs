//! The program itself, short, with the servers it brings along.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

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
fn a_missing_server_binary_is_an_error() {
    let output = bench(&["echo", "--only-servers", "heartwire", "--server-bin", "no/such/file"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such/file is not there"));
}
