use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use workbench::entry::Body;

use super::*;
use crate::fault::PlanError;

const OWN: &[u8] = include_bytes!("../../tests/recordings/heartwire.jsonl");
/// The same conversation as these programs write it. Chromium's is their model: type, time, opcode, data. The others' sources:
/// mitmproxy/addons/savehar.py, httptoolkit-ui's src/model/http/har.ts, playwright-core's server/har/harTracer.ts.
const HARS: [(&str, &[u8]); 5] = [
    ("Chromium", include_bytes!("../../tests/recordings/chromium.har")),
    ("mitmproxy", include_bytes!("../../tests/recordings/mitmproxy.har")),
    ("HTTP Toolkit", include_bytes!("../../tests/recordings/httptoolkit.har")),
    ("Proxyman", include_bytes!("../../tests/recordings/proxyman.har")),
    ("Playwright", include_bytes!("../../tests/recordings/playwright.har")),
];
const SUBSCRIBE: Body<'_> = Body::Text(r#"{"op":"subscribe","id":1}"#);
const ACK: Say<'_> = Say::Message(Body::Text(r#"{"ok":true,"id":1}"#));
const TICK: Say<'_> = Say::Message(Body::Binary(&[0, 0xff]));

fn read(file: &[u8]) -> Arc<Recording> {
    Arc::new(Recording::read(file.to_vec()).unwrap())
}

fn machine(recording: &Arc<Recording>, query: &str) -> Machine {
    let (plan, rest) = Plan::from_query(query).unwrap();
    assert_eq!(rest, "");
    Machine::new(Arc::clone(recording), 0, plan)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A file with these lines behind its first.
fn file(lines: &[&str]) -> Vec<u8> {
    let header = r#"{"heartwire":"log","version":2,"created":"2025-11-26T11:00:00.000Z"}"#;
    let lines = lines.iter().enumerate().map(|(id, line)| format!("{{\"id\":{id},{line}}}\n"));
    format!("{header}\n{}", lines.collect::<String>()).into_bytes()
}

#[test]
fn with_time_the_server_speaks_when_it_did() {
    for (query, factor) in [("", 1.0), ("speed=2", 2.0), ("mode=timed&speed=0.25", 0.25)] {
        let mut machine = machine(&read(OWN), query);
        let due = |recorded: u64| Duration::from_secs_f64(recorded as f64 / 1000.0 / factor);
        // Since the connection opened; the client's message lies in between.
        for (say, recorded) in [
            (ACK, 500),
            (TICK, 1000),
            (Say::Ping("é".as_bytes()), 1250),
            (Say::Close(Some((4001, "bye"))), 1500),
        ] {
            assert_eq!(machine.next_timeout(), Some(due(recorded)), "{query}");
            assert_eq!(machine.poll(due(recorded).saturating_sub(millis(1))), None);
            assert_eq!(machine.handle_message(Body::Text("whatever")), Ok(()));
            assert_eq!(machine.poll(due(recorded)), Some(say));
            machine.said();
        }
        assert_eq!((machine.next_timeout(), machine.poll(Duration::MAX)), (None, None));
    }
}

#[test]
fn no_wait_is_longer_than_the_longest() {
    let mut machine = machine(&read(OWN), "max-gap=100ms");
    let mut at = Vec::new();
    while let Some(due) = machine.next_timeout() {
        at.push(due);
        machine.said();
    }
    // Two gaps before the first: the client's message ends one.
    assert_eq!(at, [millis(200), millis(300), millis(400), millis(500)]);
}

#[test]
fn in_lockstep_it_speaks_when_the_client_has() {
    let mut machine = machine(&read(OWN), "mode=lockstep");
    assert_eq!((machine.poll(Duration::MAX), machine.next_timeout()), (None, None));
    let mismatch = machine.handle_message(Body::Text("{}")).unwrap_err();
    assert_eq!((mismatch.number, mismatch.place().as_str()), (1, "differs from byte 1 on"));
    assert_eq!(machine.poll(Duration::MAX), None, "it waits on");
    machine.handle_message(SUBSCRIBE).unwrap();
    for say in [ACK, TICK, Say::Ping("é".as_bytes()), Say::Close(Some((4001, "bye")))] {
        assert_eq!(machine.poll(Duration::ZERO), Some(say));
        machine.said();
    }
    let mismatch = machine.handle_message(SUBSCRIBE).unwrap_err();
    assert_eq!(
        mismatch.to_string(),
        "message 3 is not the recorded one: the recorded client says nothing more"
    );
}

#[test]
fn the_files_of_five_programs_are_played_back() {
    for (program, har) in HARS {
        let recording = read(har);
        let [conversation] = recording.conversations() else { panic!("{program}") };
        assert_eq!(conversation.messages(), 3, "{program}");
        let offered = ["feed.v2".to_owned(), "feed.v1".to_owned()];
        assert_eq!(conversation.choose_protocol(&offered).as_deref(), Some("feed.v1"), "{program}");
        assert_eq!(conversation.choose_protocol(&offered[..1]), None, "{program}");
        let mut stepwise = machine(&recording, "mode=lockstep");
        stepwise.handle_message(SUBSCRIBE).unwrap();
        let mut timed = machine(&recording, "");
        let opened = timed.next_timeout().unwrap();
        for (say, after) in [(ACK, 0), (TICK, 500)] {
            assert_eq!(stepwise.poll(Duration::ZERO), Some(say), "{program}");
            assert_eq!(timed.next_timeout(), Some(opened + millis(after)), "{program}");
            stepwise.said();
            timed.said();
        }
        // Only one of them says how it ended.
        let end = (program == "HTTP Toolkit").then_some(Say::Close(Some((4001, "bye"))));
        assert_eq!(stepwise.poll(Duration::ZERO), end, "{program}");
    }
}

#[test]
fn json_is_compared_by_what_it_means() {
    let recorded = file(&[
        r#""time":1,"conn":0,"dir":"out","kind":"message","data":"{\"a\":1.0,\"b\":[1,{\"id\":5}],\"id\":1}""#,
    ]);
    let recording = read(&recorded);
    let told = |query: &str, came: &str| {
        let outcome = machine(&recording, query).handle_message(Body::Text(came));
        outcome.err().map(|mismatch| mismatch.to_string())
    };
    let json = "mode=lockstep&match=json";
    assert_eq!(told(json, r#"{ "id": 1, "b": [1, {"id": 5}], "a": 1e0 }"#), None);
    assert!(told("mode=lockstep", r#"{ "id": 1, "b": [1, {"id": 5}], "a": 1e0 }"#).is_some());
    let expected = "message 1 is not the recorded one: .a is \"x\", recorded 1.0; .b[1].id is missing, recorded 5; \
                    .b[2] is null, not in the recording; .id is 2, recorded 1; [\"c d\"] is true, not in the recording";
    assert_eq!(told(json, r#"{"a":"x","b":[1,{},null],"id":2,"c d":true}"#).as_deref(), Some(expected));
    assert_eq!(
        told("mode=lockstep&ignore=id,%20ts", r#"{"a":1,"b":[1,{"id":{}}],"ts":3}"#),
        None,
        "wherever they stand, and whether they do"
    );
    let text = told(json, "{oops").unwrap();
    assert_eq!(
        text,
        "message 1 is not the recorded one: from byte 1 on it is \"{oops\", recorded \"{\\\"a\\\":1.0,\\\"b\\\":[1,{\\\"id\\\":5}],\\\"id\\\":1}\""
    );
    let many: String = (0..20).map(|n| format!("\"{n}\":{n},")).collect();
    assert!(told(json, &format!("{{{many}\"a\":1}}")).unwrap().ends_with("; and more"));
}

#[test]
fn bytes_are_compared_one_by_one() {
    let recording = read(&file(&[r#""time":1,"conn":0,"dir":"out","kind":"message","base64":"AAEC""#]));
    let told = |came| machine(&recording, "mode=lockstep").handle_message(came).unwrap_err();
    assert_eq!(
        told(Body::Binary(&[0, 1, 3, 4])).to_string(),
        "message 1 is not the recorded one: from byte 2 on it is 0304, recorded 02"
    );
    assert_eq!(
        told(Body::Binary(&[0, 1])).to_string(),
        "message 1 is not the recorded one: from byte 2 on it is the end, recorded 02"
    );
    assert_eq!(told(Body::Text("")).place(), "text instead of binary");
}

#[test]
fn who_closed_and_what_broke_is_told_apart() {
    let end = |line: &str| {
        let first = r#""time":1,"conn":0,"dir":"in","kind":"message","data":"x""#;
        let mut machine = machine(&read(&file(&[first, line])), "mode=lockstep");
        machine.said();
        format!("{:?}", machine.poll(Duration::ZERO))
    };
    for (line, expected) in [
        (r#""dir":"in","data":"","code":1005,"what":"closed-by-server""#, "Some(Close(None))"),
        (
            r#""dir":"local","data":"","code":1000,"what":"closed-by-server""#,
            "Some(Close(Some((1000, \"\"))))",
        ),
        (r#""dir":"out","data":"","code":1000,"what":"closed-here""#, "None"),
        (r#""dir":"local","data":"","code":1000,"what":"page-left""#, "None"),
        (r#""dir":"local","data":"","code":1006,"what":"lost""#, "Some(Cut)"),
        (r#""dir":"local","data":"","code":1006"#, "Some(Cut)"),
    ] {
        assert_eq!(end(&format!(r#""time":2,"conn":0,"kind":"disconnected",{line}"#)), expected, "{line}");
    }
}

#[test]
fn what_never_left_and_heartbeats_are_no_part_of_it() {
    let recording = read(&file(&[
        r#""time":1,"conn":0,"dir":"out","kind":"message","data":"never","delivery":"queued""#,
        r#""time":2,"conn":0,"dir":"out","kind":"message","data":"beat","origin":"heartbeat","delivery":"sent""#,
        r#""time":3,"conn":0,"dir":"in","kind":"message","data":"beat","origin":"heartbeat""#,
        r#""time":4,"conn":0,"dir":"in","kind":"message","data":"news""#,
    ]));
    assert_eq!(
        machine(&recording, "mode=lockstep").poll(Duration::ZERO),
        Some(Say::Message(Body::Text("news")))
    );
}

#[test]
fn a_file_that_breaks_off_loses_the_line_that_it_breaks_off_in() {
    let lines: Vec<_> = OWN.split_inclusive(|byte| *byte == b'\n').collect();
    for cut in 0..=OWN.len() {
        // A line is whole without the break behind it.
        let mut whole = 0;
        let mut end = 0;
        for line in &lines {
            end += line.len();
            whole += usize::from(cut + 1 >= end);
        }
        let read = Recording::read(OWN[..cut].to_vec());
        // From the fourth line on there is something to do again.
        let expected = match whole {
            ..=1 => None,
            2..=3 => Some(0),
            4.. => Some(whole.min(8) - 3),
        };
        match (read, expected) {
            (Ok(recording), Some(steps)) => {
                let machine = machine(&Arc::new(recording), "mode=lockstep");
                assert_eq!(steps_of(machine), steps, "{cut}");
            }
            (Err(error), None) => {
                let text = error.to_string();
                assert!(text.contains("record") || text.contains("export"), "{cut}: {text}");
            }
            (read, expected) => panic!("{cut}: {read:?} {expected:?}"),
        }
    }
}

/// Steps, of which the client's is one.
fn steps_of(mut machine: Machine) -> usize {
    let mut steps = usize::from(machine.handle_message(SUBSCRIBE).is_ok());
    while machine.poll(Duration::ZERO).is_some() {
        machine.said();
        steps += 1;
    }
    steps
}

#[test]
fn files_that_can_not_be_played_back_say_what_to_do() {
    for (bytes, hint) in [
        (&b""[..], "choose a .jsonl"),
        (b"GIF89a", "choose a .jsonl"),
        (b"\xff\xfe", "line 1 is not UTF-8"),
        (b"{\"heartwire\":\"log\",\"version\":2}\n\xffoops", "line 2 is not UTF-8"),
        (b"{\"heartwire\":\"log\",\"version\":9}", "newer Heartwire"),
        (b"{\"heartwire\":\"log\",\"version\":2}\n", "heartwire record"),
        (b"{\"heartwire\":\"log\",\"version\":2}\noops\n", "record it again"),
        (b"{\"log\":{\"entries\":[]}}", "no WebSocket messages"),
    ] {
        let error = Recording::read(bytes.to_vec()).unwrap_err().to_string();
        assert!(error.contains(hint), "{error}");
    }
    let recording = Recording::read([OWN, b"oops\n"].concat()).unwrap();
    let (skipped, problems) = recording.problems();
    assert_eq!((skipped, problems[0].line), (1, 10));
}

#[test]
fn parameters_are_taken_out_of_the_query_and_the_rest_is_for_faults() {
    let (plan, rest) =
        Plan::from_query("delay=5ms&mode=lockstep&ignore=id&token=a%26b&connection=2&on-mismatch=close")
            .unwrap();
    assert_eq!(rest, "delay=5ms&token=a%26b");
    assert_eq!(plan.connection.map(std::num::NonZero::get), Some(2));
    assert_eq!(plan.on_mismatch, OnMismatch::Close);
    assert_eq!(plan.mode, Mode::Lockstep(Matching::Json { ignore: vec!["id".to_owned()] }));
    for parameter in PARAMETERS {
        let (_, rest) = Plan::from_query(parameter.example).unwrap();
        assert_eq!(rest, "", "{}", parameter.name);
    }
    // A fault of a similar name is that.
    assert_eq!(Plan::from_query("seed=1&code=4000").unwrap().1, "seed=1&code=4000");
}

#[test]
fn what_can_not_be_followed_says_what_would_be_right() {
    for (query, hint) in [
        ("mode=fast", "timed or lockstep"),
        ("speed=0", "from 0.001 to 1000000"),
        ("speed=x2", "from 0.001 to 1000000"),
        ("max-gap=2", "such as 500ms"),
        ("mode=lockstep&match=yaml", "exact or json"),
        ("mode=lockstep&match=exact&ignore=id", "match=json"),
        ("mode=lockstep&ignore=,", "names with commas"),
        ("mode=lockstep&speed=2", "speed needs mode=timed"),
        ("match=json", "match needs mode=lockstep"),
        ("connection=0", "a number from 1"),
        ("mode=timed&mode=timed", "there twice"),
        ("speeed=2", "did you mean speed?"),
        ("mode=lockstep&ignroe=id", "did you mean ignore?"),
    ] {
        let error: PlanError = Plan::from_query(query).unwrap_err();
        assert!(error.to_string().contains(hint), "{query}: {error}");
    }
}

proptest! {
    #[test]
    fn no_file_and_no_query_is_too_odd(bytes: Vec<u8>, query in ".{0,40}") {
        let _ = Recording::read(bytes);
        let _ = Plan::from_query(&query);
    }
}
