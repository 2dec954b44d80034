use super::*;
use crate::entry::{Body, Draft, Kind};
use crate::store::Store;

const C: ConnectionId = ConnectionId(2);
const DAY: &str = "2024-05-01T00:00:00Z";

/// Ids of the entries of a small log that a filter keeps.
fn keeps(filter: &str) -> Vec<u64> {
    let day_start = Micros::parse_iso(DAY).unwrap();
    let at = |seconds: u64| Micros(day_start.0 + seconds * 1_000_000);
    let mut store = Store::default();
    store.append(Draft::local(at(0), C, Kind::Connected, "wss://example.test/a"));
    store.append(Draft::sent(at(1), C, Body::Text("Hello big World"), Delivery::Sent));
    store.append(Draft::received(
        at(2),
        C,
        Body::Text(
            r#"{"type":"trade","price":"101.5","id":9007199254740993,"data":[{"n":1},{"n":20}],"ok":true}"#,
        ),
    ));
    store.append(Draft::received(
        at(3),
        ConnectionId(7),
        Body::Text(r#"{"type":"quote","price":99,"note":null}"#),
    ));
    store.append(Draft::received(at(4), C, Body::Binary(&[0; 2000])));
    store.append(Draft {
        origin: Origin::Heartbeat,
        ..Draft::sent(at(5), C, Body::Text("ping"), Delivery::Unknown)
    });
    store.append(Draft {
        code: 4001,
        ..Draft::new(at(60), C, Direction::In, Kind::Disconnected, Body::Text("why"))
    });
    store.pair(1, 2);
    let filter = Filter::parse(filter, &Options::default()).unwrap_or_else(|e| panic!("{e}"));
    store.range(0..u64::MAX).filter(|e| filter.matches(e)).map(|e| e.id).collect()
}

#[test]
fn every_form_in_the_table() {
    for (filter, ids) in [
        ("", &[0, 1, 2, 3, 4, 5, 6][..]),
        ("hello", &[1]),
        ("\"big world\"", &[1]),
        ("big world", &[1]),
        (r#""\"type\":\"quote""#, &[3]),
        ("/^h.*D$/", &[1]),
        ("/WHY|trade/i", &[2, 6]),
        ("dir:out", &[1, 5]),
        ("dir:local", &[0]),
        ("kind:text", &[1, 2, 3, 5]),
        ("kind:binary,disconnected", &[4, 6]),
        ("kind:response", &[2, 3, 4]),
        ("is:heartbeat", &[5]),
        ("is:unknown", &[5]),
        ("is:paired", &[1, 2]),
        ("conn:7", &[3]),
        ("code:4001", &[6]),
        ("code>=4000", &[6]),
        ("code<4000", &[]),
        ("size>1kb", &[4]),
        ("size:3..4", &[5, 6]),
        ("size < 4 -is:heartbeat", &[6]),
        ("rtt>0.5s", &[2]),
        ("rtt<1s", &[]),
        ("time>=00:00:04", &[4, 5, 6]),
        ("time:00:00:01..00:00:02", &[1, 2]),
        ("time<2024-05-01T00:00:01Z", &[0]),
        ("$.price > 100", &[2]),
        ("price>=99", &[2, 3]),
        ("$.price != 99", &[2]),
        ("id == 9007199254740993", &[2]),
        ("id == 9007199254740992", &[]),
        ("data[1].n == 20", &[2]),
        ("$.data[*].n = 1", &[2]),
        ("type == \"trade\"", &[2]),
        ("type==trade", &[2]),
        ("$.ok == true", &[2]),
        ("$.note == null", &[3]),
        ("$.note", &[3]),
        ("$.note exists", &[3]),
        ("has:data[0].n", &[2]),
        ("$.type ~ UOT", &[3]),
        ("$.type ~ /^t/", &[2]),
        ("-kind:text", &[0, 4, 6]),
        ("!dir:in -is:heartbeat", &[0, 1]),
        ("not dir:in", &[0, 1, 5]),
        ("hello or why", &[1, 6]),
        ("hello | ping", &[1, 5]),
        ("dir:in and (trade or quote) -conn:7", &[2]),
        ("(hello or quote) or why", &[1, 3, 6]),
        ("wss://example.test/a", &[0]),
        ("orl", &[1]),
    ] {
        assert_eq!(keeps(filter), ids, "{filter}");
    }
}

#[test]
fn errors_point_at_the_fault() {
    for (text, at, kind) in [
        ("a \"b", 2..4, FilterErrorKind::UnclosedQuote),
        ("/ab", 0..3, FilterErrorKind::UnclosedPattern),
        ("a (b", 2..3, FilterErrorKind::UnclosedParenthesis),
        ("a)", 1..2, FilterErrorKind::UnexpectedParenthesis),
        ("a or", 4..4, FilterErrorKind::MissingTerm),
        ("()", 1..1, FilterErrorKind::MissingTerm),
        ("a -", 2..3, FilterErrorKind::MissingTerm),
        ("$.p >", 5..5, FilterErrorKind::MissingValue),
        ("size:", 5..5, FilterErrorKind::MissingValue),
        ("dir:up", 4..6, FilterErrorKind::UnknownWord("in, out, local")),
        ("dir>in", 4..6, FilterErrorKind::BadOperator),
        ("size>many", 5..9, FilterErrorKind::BadNumber("b, kb, mb, kib, mib")),
        ("time>é", 5..7, FilterErrorKind::BadTime),
        ("x $.a..b", 6..7, FilterErrorKind::BadPath(PathError::ExpectedName(4))),
    ] {
        let error = Filter::parse(text, &Options::default()).unwrap_err();
        assert_eq!((error.span, error.kind), (at, kind), "{text}");
    }
    let error = Filter::parse("x /(/", &Options::default()).unwrap_err();
    assert!(matches!(error.kind, FilterErrorKind::BadPattern(_)) && error.span == (2..5), "{error:?}");
    let deep = "(".repeat(100_000);
    assert_eq!(Filter::parse(&deep, &Options::default()).unwrap_err().kind, FilterErrorKind::TooDeep);
    let deep = "-".repeat(100_000) + "a";
    assert_eq!(Filter::parse(&deep, &Options::default()).unwrap_err().kind, FilterErrorKind::TooDeep);
}

#[test]
fn case_option() {
    let options = Options { case_sensitive: true, ..Options::default() };
    let matches = |filter: &str, text: &str| {
        let mut store = Store::default();
        let id = store.append(Draft::received(Micros(0), C, Body::Text(text)));
        Filter::parse(filter, &options).unwrap().matches(&store.get(id).unwrap())
    };
    assert!(!matches("hello", "Hello") && matches("Hello", "Hello"));
    assert!(!matches("/hello/", "Hello") && matches("/hello/i", "Hello"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_sane_place(text in r#"[-a-d$.:<>=~/"\\()\[\]\*0-9é |!]{0,24}|(dir|kind|size|time|has|or|\$\.a| ){0,8}"#) {
        if let Err(error) = Filter::parse(&text, &Options::default()) {
            proptest::prop_assert!(error.span.start <= error.span.end && text.get(error.span.clone()).is_some(), "{error:?}");
        }
    }
}

/// A log of last year is read in the offset from UTC that the reader's place had on each of its days.
#[test]
fn times_in_an_old_log_are_those_of_its_days() {
    let summer = Micros::parse_iso("2019-03-31T01:00:00Z").unwrap();
    let autumn = Micros::parse_iso("2019-10-27T01:00:00Z").unwrap();
    thread_local! {
        static SUMMER: std::cell::Cell<(u64, u64)> = const { std::cell::Cell::new((0, 0)) };
    }
    SUMMER.set((summer.0, autumn.0));
    let zone = |at: Micros| if (SUMMER.get().0..SUMMER.get().1).contains(&at.0) { 120 } else { 60 };
    let log = "{\"heartwire\":\"log\",\"version\":1,\"created\":\"2024-05-01T12:00:00.000Z\",\"connections\":[]}\n\
               {\"id\":0,\"time\":1547544600000,\"conn\":1,\"dir\":\"in\",\"kind\":\"message\",\"data\":\"winter, 10:30\"}\n\
               {\"id\":1,\"time\":1563179400000,\"conn\":1,\"dir\":\"in\",\"kind\":\"message\",\"data\":\"summer, 10:30\"}\n\
               {\"id\":2,\"time\":1563227999000,\"conn\":1,\"dir\":\"in\",\"kind\":\"message\",\"data\":\"summer, 23:59:59\"}\n";
    let (mut store, mut import) = (Store::default(), crate::import::Import::new(log.to_owned()));
    while !import.step(&mut store, 10).unwrap().done {}
    let keeps = |filter: &str| -> Vec<u64> {
        let filter = Filter::parse(filter, &Options { zone, ..Options::default() }).unwrap();
        store.range(0..u64::MAX).filter(|e| filter.matches(e)).map(|e| e.id).collect()
    };
    for (filter, ids) in [
        ("time:10:30..10:31", &[0, 1][..]),
        ("time<10:31", &[0, 1]),
        ("time:2019-01-15", &[0]),
        ("time:2019-07-15", &[1, 2]),
        ("time>2019-07-15", &[]),
        ("time>=2019-07-15T10:30", &[1, 2]),
        ("time:2019-01-15T10:30..2019-07-15T10:30", &[0, 1]),
        ("time:2019-07-15T08:30:00Z", &[1]),
    ] {
        assert_eq!(keeps(filter), ids, "{filter}");
    }
}
