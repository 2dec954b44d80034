//! Files out of the log and back into it.

#![expect(clippy::unwrap_used, reason = "a failed test says where")]

use proptest::prelude::*;
use workbench::connection::{Connection, Handshake, Timings, TlsSeen, TransportKind};
use workbench::entry::{
    Body, ConnectionId, Delivery, Direction, Draft, Entry, EntryId, Fact, Kind, Origin, What, Wire,
};
use workbench::export::jsonl::{self, Journal};
use workbench::export::{Export, FileFormat, Privacy};
use workbench::filter::{Filter, Index, Options};
use workbench::import::{Import, ImportErrorKind, Report};
use workbench::rows::{Rows, Snapshot};
use workbench::store::{Limits, Store};
use workbench::time::{Micros, UTC};

const C: ConnectionId = ConnectionId(1);

fn write(format: FileFormat, store: &Store, rows: Snapshot, chunk: usize) -> String {
    write_private(format, store, rows, Privacy::default(), chunk)
}

fn write_private(
    format: FileFormat,
    store: &Store,
    rows: Snapshot,
    privacy: Privacy,
    chunk: usize,
) -> String {
    let mut export = Export::new(format, rows, privacy, Micros(5_000_000));
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
    let mut import = Import::new(text);
    while !import.step(&mut store, budget).unwrap().done {}
    let report = import.report().clone();
    (store, report)
}

fn entries(store: &Store) -> Vec<Entry<'_>> {
    store.range(0..u64::MAX).collect()
}

const WHATS: [What; 19] = [
    What::Said,
    What::Opened,
    What::ClosedByServer,
    What::Lost,
    What::ClosedHere,
    What::Unconfirmed,
    What::Unanswered,
    What::PageLeft,
    What::Replaced,
    What::Broken,
    What::Unreachable,
    What::NoAnswer,
    What::Refused,
    What::Overflow,
    What::Silent,
    What::FateUnknown,
    What::Unseen,
    What::Unrelayed,
    What::RelaySays,
];

prop_compose! {
    fn connection()(
        text in r#"[a-z"{}é/?=]{0,8}"#, url in "[a-z]{0,3}", transport in 0usize..4, began in 0u64..9_000_000,
        opened in prop::option::of(0u64..9_000_000), ended in prop::option::of(0u64..9_000_000),
        handshake in prop::option::of(handshake()),
        offered in prop::collection::vec(r#"[a-z",]{1,3}"#, 0..3), headers in prop::collection::vec(("[a-zA-Z]{1,3}", r#"[a-z" ]{0,3}"#), 0..3),
    ) -> Connection {
        Connection {
            address: text,
            url,
            transport: TransportKind::ALL[transport],
            began: Micros(began),
            opened: opened.map(Micros),
            ended: ended.map(Micros),
            protocol: offered.first().cloned().unwrap_or_default(),
            offered,
            extensions: "permessage-deflate".to_owned(),
            answer: headers.iter().rev().cloned().collect(),
            headers,
            handshake: handshake.map(Box::new),
            ..Connection::default()
        }
    }
}

prop_compose! {
    fn handshake()(
        address in r#"[a-z:"]{0,3}"#, status in 0u16..600, times in prop::array::uniform5(prop::option::of(0u64..9_000_000)),
        tls in prop::option::of((r#"[A-Z"]{0,3}"#, prop::collection::vec("[A-Z=]{1,3}", 0..3))),
    ) -> Handshake {
        let words = ["name", "tcp", "proxy", "tls", "upgrade"];
        let timings = Timings::of(|word| words.iter().zip(times).find(|(known, _)| **known == word)?.1);
        let tls = tls.map(|(version, certificates)| TlsSeen { cipher: version.clone(), version, certificates });
        Handshake { address, status, timings, tls }
    }
}

prop_compose! {
    fn wire()(
        bytes: u64, compressed: bool, more in 0u64..3, fragments in prop_oneof![Just(vec![]), prop::collection::vec(any::<u32>(), 2..4)],
    ) -> &'static Wire {
        let frames = more + fragments.len().max(1) as u64;
        let wire: &'static Wire = Box::leak(Box::new(Wire { bytes, compressed, frames, fragments }));
        wire
    }
}

prop_compose! {
    fn draft()(
        time in 0u64..4_000_000_000_000_000, connection in 0u32..4, direction in 0usize..3, kind in 0usize..7,
        text in prop_oneof![any::<String>(), "[a,\"\r\n ]{0,6}", Just("=1+1".to_owned())],
        binary in prop::option::weighted(0.3, prop::collection::vec(any::<u8>(), 0..20)),
        code in prop_oneof![Just(0u16), 1000u16..5000], delivery in 0usize..5, origin in 0usize..5, clean: bool,
        wire in prop::option::of(wire()), what in 0usize..19, millis in prop_oneof![Just(0u64), any::<u64>()], count in 0u64..3,
    ) -> (Draft<'static>, String, Option<Vec<u8>>) {
        let direction = [Direction::In, Direction::Out, Direction::Local][direction];
        let kind = [Kind::Message, Kind::Connected, Kind::Disconnected, Kind::Error, Kind::Note, Kind::Ping, Kind::Pong][kind];
        let deliveries = [None, Some(Delivery::Queued), Some(Delivery::Sent), Some(Delivery::Unknown), Some(Delivery::Dropped)];
        let origin = [Origin::Plain, Origin::Heartbeat, Origin::Opening, Origin::Answer, Origin::Repeat][origin];
        let fact = if kind == Kind::Message { Fact::default() } else { Fact { what: WHATS[what], millis, count } };
        let draft = Draft::new(Micros(time), ConnectionId(connection), direction, kind, Body::Text(""));
        (Draft { code, delivery: deliveries[delivery], origin, clean, fact, wire, ..draft }, text, binary)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Connect(Connection),
    Append((Draft<'static>, String, Option<Vec<u8>>)),
    Deliver(usize, Delivery),
    Move(usize, u32),
    Pair(usize, usize),
    Slice,
}

/// A connection there is, or none.
fn existing(store: &Store, number: u32) -> ConnectionId {
    store.connections().nth(number as usize).map(|connection| connection.id).unwrap_or_default()
}

fn step() -> impl Strategy<Value = Step> {
    let deliveries = vec![Delivery::Queued, Delivery::Sent, Delivery::Unknown, Delivery::Dropped];
    prop_oneof![
        1 => connection().prop_map(Step::Connect),
        6 => draft().prop_map(Step::Append),
        3 => (0usize..40, prop::sample::select(deliveries)).prop_map(|(at, delivery)| Step::Deliver(at, delivery)),
        1 => (0usize..40, 0u32..4).prop_map(|(at, connection)| Step::Move(at, connection)),
        3 => (0usize..40, 0usize..40).prop_map(|(a, b)| Step::Pair(a, b)),
        4 => Just(Step::Slice),
    ]
}

fn fill(drafts: &[(Draft<'static>, String, Option<Vec<u8>>)], pairs: &[(usize, usize)]) -> Store {
    let mut store = Store::default();
    for number in 1..4 {
        let address = format!("wss://{number}.test/\"x\"");
        store.connect(Connection {
            address,
            began: Micros(1),
            opened: Some(Micros(2)),
            ..Connection::default()
        });
    }
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

    /// However the log is cut into slices, and whatever changes between two of them.
    #[test]
    fn a_journal_brings_the_same_log_back(
        steps in prop::collection::vec(step(), 0..40), slice in 1usize..400, budget in 1usize..5,
    ) {
        let mut store = Store::new(Limits { entries: 12, bytes: 1 << 20 });
        let mut journal = Journal::new(0);
        let mut file = String::new();
        jsonl::write_header(&mut file, Micros(0));
        for step in &steps {
            let ids: Vec<EntryId> = store.ids().collect();
            let some = |at: usize| ids.get(at % ids.len().max(1)).copied();
            match step {
                Step::Connect(connection) => drop(store.connect(connection.clone())),
                Step::Append((draft, text, binary)) => {
                    let body = binary.as_ref().map_or(Body::Text(text), |b| Body::Binary(b));
                    let connection = existing(&store, draft.connection.0);
                    store.append(Draft { body, connection, ..*draft });
                }
                Step::Deliver(at, delivery) => {
                    let id = some(*at).filter(|id| store.get(*id).is_some_and(|entry| entry.delivery.is_some()));
                    if let Some(id) = id {
                        store.set_delivery(id, *delivery);
                        journal.changed(id);
                    }
                }
                Step::Move(at, connection) => if let Some(id) = some(*at) {
                    store.set_connection(id, existing(&store, *connection));
                    journal.changed(id);
                },
                Step::Pair(a, b) => if let (Some(a), Some(b)) = (some(*a), some(*b)) {
                    let alone = |id| store.get(id).is_some_and(|entry| entry.pair.is_none());
                    if a < b && alone(a) && alone(b) {
                        store.pair(a, b);
                        journal.changed(a);
                        journal.changed(b);
                    }
                },
                Step::Slice => file.push_str(&journal.take(&store, slice).unwrap_or_default()),
            }
        }
        while let Some(piece) = journal.take(&store, slice) {
            file.push_str(&piece);
        }
        let (back, report) = read(file, budget);
        prop_assert_eq!(&report.problems, &[]);
        // What the bounds have dropped here may have been written before.
        let kept = store.len();
        let all = entries(&back);
        let back_entries = &all[all.len().saturating_sub(kept)..];
        prop_assert_eq!(back_entries.len(), kept);
        let shift = back_entries.first().map_or(0, |first| first.id as i64) - store.ids().start as i64;
        for (new, old) in back_entries.iter().zip(entries(&store)) {
            let pair = old.pair.filter(|pair| store.get(*pair).is_some());
            let moved = |id: EntryId| (id as i64 + shift) as EntryId;
            prop_assert_eq!(Entry { id: moved(old.id), connection: new.connection, pair: new.pair, rtt_micros: new.rtt_micros, ..old }, *new);
            if pair.is_some() {
                prop_assert_eq!((pair.map(moved), old.rtt_micros), (new.pair, new.rtt_micros));
            }
            let known = store.connection(old.connection).map(|known| Connection { id: new.connection, ..known.clone() });
            if known.is_some() {
                prop_assert_eq!(known.as_ref(), back.connection(new.connection));
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
        let kept = |e: &Entry<'_>| {
            matches!(e.kind, Kind::Message | Kind::Ping | Kind::Pong | Kind::Error)
                && !matches!(e.delivery, Some(Delivery::Queued | Delivery::Dropped))
        };
        if !entries(&store).iter().any(|e| e.connection.0 != 0 || kept(e)) {
            return Ok(());
        }
        let (back, report) = read(text, budget);
        prop_assert_eq!(&report.problems, &[]);
        let flat = |store: &Store| {
            let mut all: Vec<_> = entries(store).iter().filter(|e| kept(e)).map(|e| {
                let inwards = e.kind == Kind::Error || e.direction != Direction::Out;
                let control = matches!(e.kind, Kind::Ping | Kind::Pong | Kind::Error);
                // Control frames and errors have no binary form in HAR.
                let worded = e.kind == Kind::Error && e.fact.what != What::Said;
                let payload = if matches!(e.body, Body::Binary(_)) && control || worded { Vec::new() } else { e.body.bytes().to_vec() };
                (e.time, inwards, e.kind as u8, payload, e.wire.map(|wire| (wire.bytes, wire.compressed, wire.frames, wire.fragments.clone())))
            }).collect();
            all.sort();
            all
        };
        let expected = flat(&store);
        let mut got = flat(&back);
        if drafts.iter().any(|(d, _, b)| b.is_some() && matches!(d.kind, Kind::Ping | Kind::Pong) || d.kind == Kind::Error) {
            got.truncate(expected.len());
            prop_assert_eq!(got.iter().map(|g| g.0).collect::<Vec<_>>(), expected.iter().map(|g| g.0).collect::<Vec<_>>());
        } else {
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in r#"[{}\[\]",:a-z0-9\n]{0,60}"#, start in 0usize..4) {
        let start = ["", "{\"heartwire\":\"log\"}\n", "kind,direction,data\n", "{\"log\":{\"entries\":["][start];
        let mut import = Import::new(format!("{start}{text}"));
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
fn a_har_file_brings_a_relayed_handshake_back() {
    let mut store = Store::default();
    let tls = TlsSeen {
        version: "TLSv1_3".to_owned(),
        cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
        certificates: vec!["MAA=".to_owned()],
    };
    let timings = Timings { tcp: Some(8_001), upgrade: Some(20), ..Timings::default() };
    for status in [101, 401] {
        let address = "[2001:db8::7]:443".to_owned();
        let handshake = Handshake { address, status, timings, tls: Some(tls.clone()) };
        let connection = store.connect(Connection {
            address: "wss://x.test/".to_owned(),
            handshake: Some(Box::new(handshake)),
            opened: (status == 101).then_some(Micros(1)),
            ..Connection::default()
        });
        store.append(Draft::local(Micros(2), connection, Kind::Error, "no"));
    }
    let text = write(FileFormat::Har, &store, Rows::All(&store).snapshot(), 100);
    let har: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(har["log"]["entries"][0]["serverIPAddress"], "2001:db8::7");
    assert_eq!(har["log"]["entries"][1]["response"]["status"], 401);
    let (back, _) = read(text, 9);
    for (new, old) in back.connections().zip(store.connections()) {
        assert_eq!((&new.handshake, new.opened.is_some()), (&old.handshake, old.opened.is_some()));
    }
}

#[test]
fn a_file_from_devtools_opens() {
    for budget in [1, 1000] {
        let (store, report) = read(include_str!("fixtures/devtools.har").to_owned(), budget);
        let urls: Vec<_> = store.connections().map(|c| c.address.as_str()).collect();
        assert_eq!(urls, ["wss://app.example.test/live?room=1", "ws://other.example.test/"]);
        let shown: Vec<_> = entries(&store)
            .iter()
            .map(|e| {
                let body = e.body.text().map_or_else(|| format!("{:?}", e.body.bytes()), str::to_owned);
                format!("{} {} {} {body}", e.connection.0, e.time.clock(UTC), e.label())
            })
            .collect();
        assert_eq!(
            shown,
            [
                "1 12:00:00.300 connected wss://app.example.test/live?room=1",
                "1 12:00:00.500 sent {\"op\":\"subscribe\",\"id\":12345678901234567890}",
                "2 12:00:00.550 connected ws://other.example.test/",
                "2 12:00:00.600 response other",
                "1 12:00:00.750 response héllo 😀\nline",
                "2 12:00:01.100 sent not base64!",
                "1 12:00:01.250 response [0, 255, 16, 128]",
                "1 12:00:09.000 error Connection closed before receiving a handshake response",
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
    let mut export =
        Export::new(FileFormat::JsonLines, Rows::All(&store).snapshot(), Privacy::default(), Micros(0));
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
    let mut import = Import::new(csv.to_owned());
    let mut store = Store::default();
    let error = import.step(&mut store, 100).unwrap_err();
    assert_eq!((error.line, error.kind), (5, ImportErrorKind::UnclosedQuote));
    assert_eq!((import.report().problems[0].line, store.len()), (4, 1));

    for (text, kind) in [
        ("hello", ImportErrorKind::UnknownFormat),
        ("{\"heartwire\":\"log\",\"version\":9}", ImportErrorKind::NewerVersion(9)),
        ("{\"log\":{\"entries\":[]}}", ImportErrorKind::NoMessages),
    ] {
        assert_eq!(Import::new(text.to_owned()).step(&mut store, 10).unwrap_err().kind, kind, "{text}");
    }
    let error = Import::new("{\"log\":{\n\"entries\":[{}\n".to_owned()).step(&mut store, 10).unwrap_err();
    assert_eq!(error.line, 3);
}

#[test]
fn a_message_whose_fate_becomes_known_between_two_slices_keeps_it() {
    let mut store = Store::default();
    let mut journal = Journal::default();
    let mut pieces = Vec::new();
    let c = store.connect(Connection { address: "ws://a.test/".into(), ..Connection::default() });
    let request = store.append(Draft::sent(Micros(1), c, Body::Text("a"), Delivery::Sent));
    pieces.extend(journal.take(&store, 1000));
    store.set_delivery(request, Delivery::Unknown);
    journal.changed(request);
    pieces.extend(journal.take(&store, 1000));
    let reply = store.append(Draft::received(Micros(3), c, Body::Text("a")));
    store.pair(request, reply);
    pieces.extend(journal.take(&store, 1000));
    assert_eq!((pieces.len(), journal.take(&store, 1000)), (3, None));
    let mut header = String::new();
    jsonl::write_header(&mut header, Micros(0));
    let (back, report) = read(header.clone() + &pieces.concat(), 3);
    assert_eq!(report.problems, []);
    assert_eq!(back.get(0).unwrap().delivery, Some(Delivery::Unknown));
    assert_eq!((back.get(0).unwrap().pair, back.get(1).unwrap().pair), (Some(1), Some(0)));
    // The first piece is given up one day; what follows still knows its connection.
    let (back, report) = read(header + &pieces[1..].concat(), 3);
    assert_eq!(report.problems, []);
    assert_eq!((back.len(), back.connections().next().unwrap().address.as_str()), (1, "ws://a.test/"));
}

/// One tab that was connected to A and then to B, over and over.
fn two_servers() -> Store {
    let mut store = Store::default();
    for (number, address) in
        ["ws://user:pw@a.test/", "wss://b.test/?t={{token}}&key=AKIA123456"].into_iter().enumerate()
    {
        let at = |seconds: u64| Micros(1_714_564_800_000_000 + (number as u64 * 100 + seconds) * 1_000_000);
        let c = store.connect(Connection {
            address: address.to_owned(),
            url: address.replace("{{token}}", "t0psecret"),
            began: at(0),
            opened: Some(at(1)),
            ended: Some(at(9)),
            offered: vec!["v2".to_owned(), "v1".to_owned()],
            protocol: "v1".to_owned(),
            headers: vec![("Authorization".to_owned(), "Bearer t0psecret".to_owned())],
            ..Connection::default()
        });
        let fact = Fact { what: What::Opened, millis: 1000, count: 1 };
        store.append(Draft { fact, ..Draft::local(at(1), c, Kind::Connected, address) });
        store.append(Draft::sent(at(2), c, Body::Text("hello t0psecret"), Delivery::Sent));
        store.append(Draft::sent(at(3), c, Body::Text("never out"), Delivery::Dropped));
        store.append(Draft::received(at(4), c, Body::Binary(b"\x00t0psecret")));
        let fact = Fact { what: What::Lost, millis: 8000, count: 0 };
        store.append(Draft { code: 1006, fact, ..Draft::local(at(9), c, Kind::Disconnected, "") });
    }
    store
}

#[test]
fn har_has_an_entry_for_each_connection() {
    let store = two_servers();
    let text = write(FileFormat::Har, &store, Rows::All(&store).snapshot(), 100);
    let har: serde_json::Value = serde_json::from_str(&text).unwrap();
    let all = har["log"]["entries"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    let urls: Vec<_> = all.iter().map(|e| e["request"]["url"].as_str().unwrap()).collect();
    assert_eq!(urls, ["ws://user:pw@a.test/", "wss://b.test/?t=t0psecret&key=AKIA123456"]);
    let second = &all[1];
    assert_eq!(second["startedDateTime"], "2024-05-01T12:01:40.000Z");
    assert_eq!((second["time"].as_u64(), second["timings"]["wait"].as_u64()), (Some(9000), Some(1000)));
    assert_eq!(second["response"]["headers"][0]["value"], "v1");
    let messages: Vec<_> =
        second["_webSocketMessages"].as_array().unwrap().iter().map(|m| &m["data"]).collect();
    assert_eq!(messages, ["hello t0psecret", "AHQwcHNlY3JldA=="], "what never went out is no message");
    let (back, report) = read(text, 3);
    assert_eq!(report.problems, []);
    let known = back.connections().nth(1).unwrap();
    assert_eq!(
        (known.offered.len(), known.protocol.as_str(), known.ended),
        (2, "v1", Some(Micros(1_714_564_909_000_000)))
    );
}

#[test]
fn no_format_has_secrets_in_it_unless_asked_for() {
    let store = two_servers();
    for format in [FileFormat::JsonLines, FileFormat::Csv, FileFormat::Har] {
        let rows = || Rows::All(&store).snapshot();
        let privacy = Privacy::hiding([("token", "t0psecret")]);
        let text = write_private(format, &store, rows(), privacy, 100);
        for secret in ["t0psecret", "user", "pw@", "AKIA123456", "Bearer", "AHQwcHNlY3JldA=="] {
            assert!(!text.contains(secret), "{format:?} has {secret}: {text}");
        }
        assert!(text.contains("?t={{token}}&key={{key}}") && text.contains("hello {{token}}"), "{text}");
        let all = write(format, &store, rows(), 100);
        assert!(all.contains("t0psecret") && all.contains("user:pw@") && all.contains("AKIA123456"));
    }
}

#[test]
fn spreadsheets_see_no_formulas() {
    let mut store = Store::default();
    let texts = ["=1+1", "+1", "-1", "@x", "\t=1", "'=1", "'", "plain", ",=1"];
    for text in texts {
        store.append(Draft::received(Micros(0), C, Body::Text(text)));
    }
    let text = write(FileFormat::Csv, &store, Rows::All(&store).snapshot(), 100);
    assert!(text.starts_with('\u{FEFF}'), "the encoding is said");
    let fields: Vec<_> = text.lines().skip(1).map(|line| line.split_once(",text,").unwrap().1).collect();
    assert_eq!(fields, ["'=1+1", "'+1", "'-1", "'@x", "\"'\t=1\"", "''=1", "''", "plain", "\",=1\""]);
    let (back, _) = read(text, 3);
    let back: Vec<_> = entries(&back).iter().map(|e| e.body.text().unwrap().to_owned()).collect();
    assert_eq!(back, texts);
    // Files of before have none of this.
    let old = "kind,direction,data,time_ms\nmessage,in,'=1,5\n";
    assert_eq!(read(old.to_owned(), 3).0.get(0).unwrap().body, Body::Text("'=1"));
}

#[test]
fn control_frames_and_fragments_in_a_har_are_what_they_are() {
    let message = |sort: &str, opcode: i32, data: &str| {
        format!("{{\"type\":\"{sort}\",\"time\":1,\"opcode\":{opcode},\"data\":\"{data}\"}}")
    };
    let messages = [
        message("send", 1, "Hel"),
        message("send", 0, "lo"),
        message("receive", 2, "AAE="),
        message("receive", 0, "Ag=="),
        message("receive", 0, "Aw=="),
        message("receive", 9, "p"),
        message("send", 10, "p"),
        message("receive", 0, "lost"),
        message("receive", 3, "reserved"),
        message("receive", 8, "A+lieWU="),
        message("send", 8, "bye"),
        "{\"type\":\"receive\",\"time\":1,\"data\":\"no opcode\"}".to_owned(),
    ];
    let har = format!("{{\"log\":{{\"entries\":[{{\"_webSocketMessages\":[{}]}}]}}}}", messages.join(","));
    let (store, report) = read(har, 2);
    let shown: Vec<_> =
        entries(&store).iter().skip(1).map(|e| format!("{} {:?} {}", e.label(), e.body, e.code)).collect();
    assert_eq!(
        shown,
        [
            "sent Text(\"Hello\") 0",
            "response Binary([0, 1, 2, 3]) 0",
            "ping Text(\"p\") 0",
            "pong Text(\"p\") 0",
            "disconnected Text(\"bye\") 1001",
            "disconnected Text(\"bye\") 0",
            "response Text(\"no opcode\") 0",
        ]
    );
    assert_eq!(report.problems.len(), 2);
    assert!(report.problems.iter().all(|p| p.kind == ImportErrorKind::Invalid("opcode")));
}

#[test]
fn version_1_is_still_read() {
    let file = "{\"heartwire\":\"log\",\"version\":1,\"connections\":[{\"id\":4,\"url\":\"ws://a.test/\"}]}\n\
        {\"id\":0,\"time\":1,\"conn\":4,\"dir\":\"local\",\"kind\":\"connected\",\"data\":\"ws://a.test/ in 12 ms\"}\n\
        {\"id\":1,\"time\":2,\"conn\":4,\"dir\":\"out\",\"kind\":\"message\",\"data\":\"ping\",\"delivery\":\"queued\",\"heartbeat\":true}\n\
        {\"update\":1,\"delivery\":\"sent\"}\n";
    let (store, report) = read(file.to_owned(), 1);
    assert_eq!(report.problems, []);
    let all = entries(&store);
    assert_eq!((all[0].body, all[0].fact.what), (Body::Text("ws://a.test/ in 12 ms"), What::Said));
    assert_eq!((all[1].is_heartbeat(), all[1].delivery), (true, Some(Delivery::Sent)));
    assert_eq!(store.connection(all[1].connection).unwrap().address, "ws://a.test/");
}
