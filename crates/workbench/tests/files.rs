//! Files out of the log and back into it.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use proptest::prelude::*;
use workbench::entry::{Body, ConnectionId, Delivery, Direction, Draft, Entry, Kind};
use workbench::export::jsonl::{self, Journal};
use workbench::export::{ConnectionInfo, Export, FileFormat};
use workbench::filter::{Filter, Index, Options};
use workbench::import::{Import, ImportErrorKind, Report};
use workbench::rows::{Rows, Snapshot};
use workbench::store::{Limits, Store};
use workbench::time::Micros;

const C: ConnectionId = ConnectionId(1);

fn write(format: FileFormat, store: &Store, rows: Snapshot, chunk: usize) -> String {
    let urls = vec![ConnectionInfo { id: C, url: "wss://a.test/\"x\"".into() }];
    let mut export = Export::new(format, rows, urls, Micros(5_000_000));
    let mut out = String::new();
    let mut fraction = 0.0;
    while let Some(piece) = export.next_chunk(store, chunk) {
        out.push_str(&piece);
        assert!(export.fraction() >= fraction, "progress never goes back");
        fraction = export.fraction();
    }
    assert_eq!((export.missed(), export.fraction()), (0, 1.0));
    out
}

fn read(text: String, budget: usize) -> (Store, Report) {
    let mut store = Store::default();
    let mut import = Import::new(text, ConnectionId(0));
    while !import.step(&mut store, budget).unwrap().done {}
    let report = import.report().clone();
    (store, report)
}

fn entries(store: &Store) -> Vec<Entry<'_>> {
    store.range(0..u64::MAX).collect()
}

prop_compose! {
    fn draft()(
        time in 0u64..4_000_000_000_000_000, connection in 0u32..4, direction in 0usize..3, kind in 0usize..7,
        text in prop_oneof![any::<String>(), "[a,\"\r\n ]{0,6}", Just("=1+1".to_owned())],
        binary in prop::option::weighted(0.3, prop::collection::vec(any::<u8>(), 0..20)),
        code in prop_oneof![Just(0u16), 1000u16..5000], delivery in 0usize..5, heartbeat: bool, clean: bool,
    ) -> (Draft<'static>, String, Option<Vec<u8>>) {
        let direction = [Direction::In, Direction::Out, Direction::Local][direction];
        let kind = [Kind::Message, Kind::Connected, Kind::Disconnected, Kind::Error, Kind::Note, Kind::Ping, Kind::Pong][kind];
        let deliveries = [None, Some(Delivery::Queued), Some(Delivery::Sent), Some(Delivery::Unknown), Some(Delivery::Dropped)];
        let draft = Draft::new(Micros(time), ConnectionId(connection), direction, kind, Body::Text(""));
        (Draft { code, delivery: deliveries[delivery], heartbeat, clean, ..draft }, text, binary)
    }
}

fn fill(drafts: &[(Draft<'static>, String, Option<Vec<u8>>)], pairs: &[(usize, usize)]) -> Store {
    let mut store = Store::default();
    for (draft, text, binary) in drafts {
        let body = binary.as_ref().map_or(Body::Text(text), |b| Body::Binary(b));
        store.append(Draft { body, ..*draft });
    }
    let mut used = std::collections::BTreeSet::new();
    for &(a, b) in pairs {
        let (a, b) = (a % drafts.len().max(1), b % drafts.len().max(1));
        if a < b && used.insert(a) && used.insert(b) {
            store.pair(a as u64, b as u64);
        }
    }
    store
}

proptest! {
    #[test]
    fn both_own_formats_keep_everything(
        drafts in prop::collection::vec(draft(), 0..20),
        pairs in prop::collection::vec((0usize..20, 0usize..20), 0..5),
        chunk in 1usize..400,
        budget in 1usize..5,
        csv: bool,
    ) {
        let store = fill(&drafts, &pairs);
        let format = if csv { FileFormat::Csv } else { FileFormat::JsonLines };
        let text = write(format, &store, Rows::All(&store).snapshot(), chunk);
        let (back, report) = read(text, budget);
        prop_assert_eq!(&report.problems, &[]);
        // Connections are numbered anew, in the order they are met.
        let renamed: Vec<_> = entries(&back)
            .into_iter()
            .zip(entries(&store))
            .map(|(mut new, old)| { new.connection = old.connection; new })
            .collect();
        prop_assert_eq!(renamed, entries(&store));
        for (a, b) in entries(&back).iter().zip(entries(&store)) {
            for (c, d) in entries(&back).iter().zip(entries(&store)) {
                prop_assert_eq!(a.connection == c.connection, b.connection == d.connection);
            }
        }
    }

    #[test]
    fn har_keeps_messages_by_connection(drafts in prop::collection::vec(draft(), 0..20), chunk in 1usize..400, budget in 1usize..5) {
        let mut drafts = drafts;
        drafts.sort_by_key(|(d, ..)| d.time);
        let store = fill(&drafts, &[]);
        let text = write(FileFormat::Har, &store, Rows::All(&store).snapshot(), chunk);
        let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&parsed["log"]["version"], "1.2");
        let kept = |e: &Entry<'_>| matches!(e.kind, Kind::Message | Kind::Ping | Kind::Pong | Kind::Error);
        if store.is_empty() {
            return Ok(());
        }
        let (back, report) = read(text, budget);
        prop_assert_eq!(&report.problems, &[]);
        let flat = |store: &Store| {
            let mut all: Vec<_> = entries(store).iter().filter(|e| kept(e)).map(|e| {
                let inwards = e.kind == Kind::Error || e.direction != Direction::Out;
                let control = matches!(e.kind, Kind::Ping | Kind::Pong | Kind::Error);
                // Control frames and errors have no binary form in HAR.
                let payload = if let (true, Body::Binary(_)) = (control, e.body) { Vec::new() } else { e.body.bytes().to_vec() };
                (e.time, inwards, e.kind as u8, payload)
            }).collect();
            all.sort();
            all
        };
        let expected = flat(&store);
        let mut got = flat(&back);
        if drafts.iter().any(|(d, _, b)| b.is_some() && matches!(d.kind, Kind::Ping | Kind::Pong | Kind::Error)) {
            got.truncate(expected.len());
            prop_assert_eq!(got.iter().map(|g| g.0).collect::<Vec<_>>(), expected.iter().map(|g| g.0).collect::<Vec<_>>());
        } else {
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in r#"[{}\[\]",:a-z0-9\n]{0,60}"#, start in 0usize..4) {
        let start = ["", "{\"heartwire\":\"log\"}\n", "kind,direction,data\n", "{\"log\":{\"entries\":["][start];
        let mut import = Import::new(format!("{start}{text}"), C);
        let mut store = Store::default();
        for _ in 0..200 {
            match import.step(&mut store, 1) {
                Ok(progress) if !progress.done => {}
                _ => return Ok(()),
            }
        }
        prop_assert!(false, "it must come to an end");
    }
}

#[test]
fn a_file_from_devtools_opens() {
    for budget in [1, 1000] {
        let (store, report) = read(include_str!("fixtures/devtools.har").to_owned(), budget);
        let urls: Vec<_> = report.connections.iter().map(|c| c.url.as_str()).collect();
        assert_eq!(urls, ["wss://app.example.test/live?room=1", "ws://other.example.test/"]);
        let shown: Vec<_> = entries(&store)
            .iter()
            .map(|e| {
                let body = e.body.text().map_or_else(|| format!("{:?}", e.body.bytes()), str::to_owned);
                format!("{} {} {} {body}", e.connection.0, e.time.clock(0), e.label())
            })
            .collect();
        assert_eq!(
            shown,
            [
                "0 12:00:00.300 connected wss://app.example.test/live?room=1",
                "0 12:00:00.500 sent {\"op\":\"subscribe\",\"id\":12345678901234567890}",
                "1 12:00:00.550 connected ws://other.example.test/",
                "1 12:00:00.600 response other",
                "0 12:00:00.750 response héllo 😀\nline",
                "1 12:00:01.100 sent not base64!",
                "0 12:00:01.250 response [0, 255, 16, 128]",
                "0 12:00:09.000 error Connection closed before receiving a handshake response",
            ]
        );
        assert_eq!(entries(&store)[1].time, Micros(1_714_564_800_500_123));
        assert_eq!(report.skipped, 1);
        let text = include_str!("fixtures/devtools.har");
        let line = 1 + text.lines().position(|l| l.contains("no time")).unwrap() as u64;
        assert_eq!(
            (report.problems[0].line, &report.problems[0].kind),
            (line, &ImportErrorKind::Missing("time"))
        );
    }
}

#[test]
fn what_is_filtered_is_exported_alone() {
    let mut store = Store::default();
    for i in 0..100 {
        store.append(Draft::received(Micros(i), C, Body::Text(if i % 10 == 0 { "ten" } else { "one" })));
    }
    let mut index = Index::new(Filter::parse("ten", &Options::default()).unwrap(), &store);
    index.step(&store, 1000);
    let text = write(FileFormat::Csv, &store, Rows::new(&store, &index).snapshot(), 100);
    assert_eq!(text.lines().count(), 11);
    assert_eq!(read(text, 7).1.entries, 10);
}

#[test]
fn entries_dropped_during_the_export_are_counted() {
    let mut store = Store::new(Limits { entries: 64, bytes: 1 << 20 });
    for i in 0..64 {
        store.append(Draft::received(Micros(i), C, Body::Text("x")));
    }
    let mut export = Export::new(FileFormat::JsonLines, Rows::All(&store).snapshot(), vec![], Micros(0));
    export.next_chunk(&store, 1);
    for i in 0..10 {
        store.append(Draft::received(Micros(i), C, Body::Text("x")));
    }
    let lines: usize = std::iter::from_fn(|| export.next_chunk(&store, 1)).map(|p| p.lines().count()).sum();
    assert_eq!((lines, export.missed()), (54, 10));
}

#[test]
fn problems_name_the_line() {
    let text = "{\"heartwire\":\"log\",\"version\":1}\n\n{oops\n{\"time\":1,\"dir\":\"in\",\"kind\":\"message\",\"data\":\"ok\"}\n\
                {\"time\":1,\"dir\":\"up\",\"kind\":\"message\",\"data\":\"\"}\n{\"time\":1,\"dir\":\"in\",\"kind\":\"note\"}";
    let (store, report) = read(text.to_owned(), 1);
    assert_eq!((store.len(), report.skipped), (1, 3));
    let shown: Vec<_> = report.problems.iter().map(ToString::to_string).collect();
    assert!(
        shown[0].starts_with("line 3: not valid JSON (a name in double quotes is expected)"),
        "{shown:?}"
    );
    assert!(shown[1].starts_with("line 5: 'dir' has a value that is not allowed"), "{shown:?}");
    assert!(shown[2].starts_with("line 6: 'data' is missing"), "{shown:?}");

    let csv =
        "data,kind,direction,time_ms\r\n\"two\nlines\",note,local,1\r\nx,y,in,2\r\n\"open,note,local,3\n";
    let mut import = Import::new(csv.to_owned(), C);
    let mut store = Store::default();
    let error = import.step(&mut store, 100).unwrap_err();
    assert_eq!((error.line, error.kind), (5, ImportErrorKind::UnclosedQuote));
    assert_eq!((import.report().problems[0].line, store.len()), (4, 1));

    for (text, kind) in [
        ("hello", ImportErrorKind::UnknownFormat),
        ("{\"heartwire\":\"log\",\"version\":9}", ImportErrorKind::NewerVersion(9)),
        ("{\"log\":{\"entries\":[]}}", ImportErrorKind::NoMessages),
    ] {
        assert_eq!(Import::new(text.to_owned(), C).step(&mut store, 10).unwrap_err().kind, kind, "{text}");
    }
    let error = Import::new("{\"log\":{\n\"entries\":[{}\n".to_owned(), C).step(&mut store, 10).unwrap_err();
    assert_eq!(error.line, 3);
}

#[test]
fn a_journal_brings_the_log_back_with_late_changes() {
    let mut store = Store::default();
    let mut file = String::new();
    jsonl::write_header(&mut file, Micros(0), &[ConnectionInfo { id: C, url: "ws://a.test/".into() }]);
    let mut journal = Journal::new(store.ids().start);
    let first = store.append(Draft::sent(Micros(1), C, Body::Text("a"), Delivery::Queued));
    let second = store.append(Draft::sent(Micros(2), C, Body::Text("b"), Delivery::Queued));
    while let Some(piece) = journal.take(&store, 10) {
        file.push_str(&piece);
    }
    for (id, delivery) in [(first, Delivery::Sent), (first, Delivery::Unknown), (second, Delivery::Dropped)] {
        store.set_delivery(id, delivery);
        journal.delivery_changed(id);
    }
    let reply = store.append(Draft::received(Micros(3), C, Body::Text("a")));
    store.pair(first, reply);
    file.push_str(&journal.take(&store, 1000).unwrap());
    assert_eq!(journal.take(&store, 1000), None);
    let (back, report) = read(file, 3);
    assert_eq!(report.connections[0].url, "ws://a.test/");
    let delivery: Vec<_> = entries(&back).iter().map(|e| e.delivery).collect();
    assert_eq!(delivery, [Some(Delivery::Unknown), Some(Delivery::Dropped), None]);
    assert_eq!(back.get(2).unwrap().pair, Some(0), "a request that was journaled before its response");
}
