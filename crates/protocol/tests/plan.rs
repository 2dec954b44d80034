//! Plans are read from queries, written as queries, and say what is wrong with one.

use std::num::NonZeroU64;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use protocol::fault::{
    Answers, Asked, CloseCode, Direction, FaultPlan, Fragments, Label, Parameter, PlanError, Stall,
    Violation, query_for_target,
};
use protocol::units::{Chance, Progress, Rate, TimeRange};

fn plan(query: &str) -> FaultPlan {
    Asked::from_query(query).unwrap_or_else(|error| panic!("{query}: {error}")).plan
}

fn error(query: &str) -> String {
    Asked::from_query(query).expect_err(query).to_string()
}

#[test]
fn nothing_asked_is_nothing_to_do() {
    for query in ["", "token=abc", "token=a&token=b", "strict=on", "seed=5"] {
        assert!(plan(query).is_idle(), "{query}");
    }
    assert!(!plan("label=a").is_idle());
    assert!(plan("label=a").is_harmless());
    assert!(!plan("delay=1ms").is_harmless());
}

#[test]
fn every_parameter_reads_its_example_and_nothing_of_it_is_lost() {
    for parameter in Parameter::all() {
        let plan = plan(parameter.example);
        assert_ne!(plan, FaultPlan::default(), "{}", parameter.name);
        assert_eq!(self::plan(&plan.to_query()), plan, "{}", parameter.name);
    }
}

#[test]
fn names_are_plain_and_there_once() {
    for (place, parameter) in Parameter::all().enumerate() {
        assert!(Parameter::all().position(|other| other.name == parameter.name) == Some(place));
        assert!(parameter.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'));
        for text in [parameter.summary, parameter.values, parameter.default, parameter.example] {
            assert!(!text.is_empty() && !text.contains("  "), "{}: {text:?}", parameter.name);
        }
        assert!(parameter.summary.ends_with('.'), "{}", parameter.name);
    }
}

#[test]
fn faults_combine() {
    let plan = plan(
        "delay=50..200ms&delay=in:1s&drop=10%&rate=both:100msg/s&fragment=4KiB,ping&close-after=2s&code=none\
         &stall-read=3s&respond=%7B%7Bmessage%7D%7D%21&from=10&until=30s&every=3&label=ci.1&times=2&seed=9&violate=rsv1,bad-utf8",
    );
    assert_eq!(plan.traffic.delay.of(Direction::Out), TimeRange::parse("50..200ms"));
    assert_eq!(plan.traffic.delay.of(Direction::In), TimeRange::parse("1s"));
    assert_eq!((plan.traffic.drop.incoming, plan.traffic.drop.outgoing), (None, Chance::parse("10%")));
    assert_eq!(plan.traffic.rate.of(Direction::In), Rate::parse("100msg/s"));
    assert_eq!(plan.traffic.fragment, Some(Fragments { size: 4096, pings: true }));
    assert!(matches!(plan.traffic.answers, Answers::Template(_)));
    assert_eq!(plan.traffic.stall_read, Some(Stall::For(Duration::from_secs(3))));
    assert_eq!(plan.ends.close_after, Some(Progress::Time(Duration::from_secs(2))));
    assert_eq!(plan.ends.status.code, Some(CloseCode::None));
    assert_eq!(plan.when.from, Some(Progress::Messages(10)));
    assert_eq!(plan.when.every, NonZeroU64::new(3));
    assert_eq!(plan.label, Label::parse("ci.1"));
    assert_eq!(plan.seed, Some(9));
    assert_eq!(plan.violations, [Violation::ReservedBit(1), Violation::BadUtf8]);
}

#[test]
fn close_is_short_for_closing_after_the_first_answer() {
    assert_eq!(plan("close=4001&reason=why"), plan("close-after=1msg&code=4001&reason=why"));
    assert_eq!(plan("reason=na%C3%AFve+case&close=3000").ends.status.reason, "naïve case");
}

#[test]
fn a_wrong_value_is_named_with_what_is_allowed() {
    for (query, said) in [
        ("delay=fast", "delay=fast can't be followed: delay takes a time, a range"),
        ("delay=up:1s", "delay takes a time"),
        ("delay=200..50ms", "delay takes a time"),
        ("drop=110%", "drop=110% can't be followed: drop takes a percentage"),
        ("rate=10", "such as 100msg/s"),
        ("fragment=0", "a size from 1B"),
        ("trickle=1", "a time up to 1m"),
        ("trickle=1,2m", "a time up to 1m"),
        ("flood=1KiB,1msg/s,0", "perhaps a number of messages"),
        ("flood=1KiB,1msg/s,5,6", "perhaps a number of messages"),
        ("big=17MiB", "a size up to 16MiB"),
        ("close=1005", "1000-1003, 1007-1014, 3000-4999, or none"),
        ("close-after=2s&code=999", "1000-1003"),
        ("handshake-status=200", "from 300 to 599"),
        ("handshake-status=x", "from 300 to 599"),
        ("handshake-header=nothing", "a name, a colon and a value"),
        ("handshake-header=a%0d%0ab: c", "printable ASCII"),
        ("handshake-header=Content-Length: 5", "not Content-Length or Transfer-Encoding"),
        ("handshake-header=transfer-encoding:chunked", "not Content-Length or Transfer-Encoding"),
        ("handshake-header=a: b%0d%0aSet-Cookie: c", "printable ASCII"),
        ("handshake-status=302&location=%0d%0a", "printable ASCII"),
        ("violate=rsv9", "names from the list of violations"),
        ("label=a/b", "1 to 64 letters"),
        ("label=", "1 to 64 letters"),
        ("label=.", "but not . or .."),
        ("label=..", "but not . or .."),
        ("times=0&label=a", "a number from 1"),
        ("from=1KiB", "a message's number or a time"),
        ("from=0", "a message's number or a time"),
        ("seed=-1", "a number from 0"),
        ("no-pong=maybe", "on or off"),
        ("echo=loud", "on or off"),
    ] {
        let error = error(query);
        assert!(error.contains(said), "{query}: {error}");
    }
    let long = error(&format!("delay={}", "9".repeat(5000)));
    assert!(long.len() < 500, "{}", long.len());
}

#[test]
fn codes_that_may_not_travel_are_refused() {
    for code in ["", "x", "-1", "0", "999", "1004", "1005", "1006", "1015", "1016", "2999", "5000", "70000"] {
        assert!(
            matches!(
                Asked::from_query(&format!("close={code}")),
                Err(PlanError::Value { name: "close", .. })
            ),
            "{code}"
        );
    }
    assert!(Asked::from_query(&format!("close=1000&reason={}", "x".repeat(123))).is_ok());
    assert!(Asked::from_query(&format!("close=1000&reason={}", "%C3%A9".repeat(62))).is_err());
}

#[test]
fn a_name_that_is_almost_one_is_refused_with_the_one_that_was_meant() {
    for (name, meant) in [
        ("dleay", "delay"),
        ("dely", "delay"),
        ("Delay", "delay"),
        ("dorp", "drop"),
        ("close_after", "close-after"),
        ("closeafter", "close-after"),
        ("frag ment", "fragment"),
        ("handshake-stat", "handshake-status"),
        ("ignoreclose", "ignore-close"),
        ("vanish-aftr", "vanish-after"),
        ("labels", "label"),
    ] {
        let name = name.replace(' ', "%20");
        let error = error(&format!("{name}=1"));
        assert!(error.contains(&format!("did you mean {meant}?")), "{name}: {error}");
    }
}

#[test]
fn other_names_are_left_to_the_client_and_listed() {
    let asked =
        Asked::from_query("token=a&id=1&page=2&user=x&token=b&EIO=4&transport=websocket&drop=1%").unwrap();
    assert_eq!(asked.others, ["token", "id", "page", "user", "EIO", "transport"]);
    let many: String = (0..100).map(|number| format!("own-name-{number}=1&")).collect();
    assert_eq!(Asked::from_query(&many).unwrap().others.len(), 32);
    assert_eq!(
        error("token=a&own=1&strict=on"),
        "token, own is no parameter, and strict=on allows no others (GET /api/faults lists them all)"
    );
}

#[test]
fn what_is_for_the_target_goes_there() {
    let query = "target.delay=5&target.token=a%20b&delay=1s&token=%2F&&flag&label=x";
    let asked = Asked::from_query(query).unwrap();
    assert_eq!(asked.plan.to_query(), "delay=1s&label=x");
    assert_eq!(asked.others, ["token", "flag"]);
    assert_eq!(query_for_target(query), "delay=5&token=a%20b&token=%2F&flag");
    assert_eq!(query_for_target("%74arget.delay=5%20s&target%2Erate=a+b"), "delay=5+s&rate=a+b");
    assert_eq!(query_for_target(""), "");
}

#[test]
fn what_is_there_twice_or_alone_is_refused() {
    for query in [
        "seed=1&seed=2",
        "delay=1s&delay=2s",
        "delay=both:1s&delay=in:2s",
        "close=4000&close-after=5&code=4001",
        "close=1000&close=1001",
        "close-after=5&close=4000",
        "close=4000&close-after=5",
        "echo=off&respond=x",
        "respond=x&echo=off",
    ] {
        assert!(matches!(Asked::from_query(query), Err(PlanError::Twice { .. })), "{query}");
    }
    for (query, needs) in [
        ("reason=why", "needs close or close-after"),
        ("code=4001", "needs close-after"),
        ("close-after=1&code=none&reason=x", "a Close without one has no reason"),
        ("retry-after=5s", "needs handshake-status or restart-after"),
        ("location=wss://a/", "handshake-status from 300 to 399"),
        ("handshake-status=503&location=wss://a/", "handshake-status from 300 to 399"),
        ("times=2", "needs label"),
        ("from=10&until=9", "until=9msg comes before from=10msg"),
        ("from=2s&until=1s", "until=1s comes before from=2s"),
    ] {
        let error = error(query);
        assert!(error.contains(needs), "{query}: {error}");
    }
    assert!(Asked::from_query("delay=in:1s&delay=out:2s&violate=rsv1&violate=rsv2").is_ok());
}

/// Values for every parameter, right and wrong ones.
fn value(parameter: &Parameter, which: Index) -> String {
    let own =
        parameter.example.split('&').find_map(|pair| pair.strip_prefix(parameter.name)?.strip_prefix('='));
    let values = [
        own.unwrap_or("on"),
        "on",
        "off",
        "5",
        "3msg",
        "10KiB",
        "250ms",
        "1..5s",
        "2s~1s",
        "in:50%",
        "both:1%",
        "out:100msg/s",
        "1KiB/s",
        "64KiB,ping",
        "1,1ms",
        "100,5msg/s,7",
        "wrong",
        "missing",
        "head",
        "4000",
        "none",
        "503",
        "rsv1,bad-utf8",
        "x: y",
        "a.b",
        "%7B%7Bn%7D%7D",
        "",
        "%FF",
        "wss://a/",
    ];
    which.get(&values).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_plan_is_written_as_a_query_that_reads_as_the_same(
        parameters in subsequence(Parameter::all().collect::<Vec<_>>(), 0..8), whiches in prop::collection::vec(any::<Index>(), 8),
    ) {
        // Alone, each pair that is right belongs into the query; together they may contradict each other.
        let pairs = parameters.iter().zip(whiches).map(|(parameter, which)| format!("{}={}", parameter.name, value(parameter, which)));
        let query = pairs.filter(|pair| {
            !matches!(Asked::from_query(pair), Err(PlanError::Value { .. }))
        }).collect::<Vec<_>>().join("&");
        if let Ok(asked) = Asked::from_query(&query) {
            let written = asked.plan.to_query();
            let again = Asked::from_query(&written);
            prop_assert_eq!(again.as_ref().map(|asked| &asked.plan), Ok(&asked.plan), "{} -> {}", query, written);
            prop_assert_eq!(again.unwrap().plan.to_query(), written);
        }
    }

    #[test]
    fn any_query_is_read_or_refused(query in ".{0,60}") {
        let _ = Asked::from_query(&query);
    }
}
