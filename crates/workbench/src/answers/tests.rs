use super::*;
use crate::entry::{ConnectionId, Draft as EntryDraft};
use crate::store::Store;
use crate::time::Micros;
use crate::view::Format;

fn rule(filter: &str, reply: &str) -> Rule {
    let reply = Draft { text: reply.to_owned(), ..Draft::default() };
    Rule { filter: filter.to_owned(), reply, ..Rule::default() }
}

fn with(rules: &[Rule]) -> Answers {
    let mut answers = Answers::default();
    answers.set_rules(rules);
    answers.connected();
    answers
}

fn observe(answers: &mut Answers, now: u64, body: Body<'_>) -> Vec<Match> {
    let mut store = Store::default();
    let id = store.append(EntryDraft::received(Micros(0), ConnectionId(1), body));
    answers.observe(now, &store.get(id).expect("just appended"))
}

/// A message comes in, and everything that is due at once is sent: those texts.
fn exchange(answers: &mut Answers, now: u64, text: &str) -> Vec<String> {
    for Match { rule, parts } in observe(answers, now, Body::Text(text)) {
        let reply = answers.rules[rule].rule.reply.clone();
        let mut values = crate::template::Values { n: 1, now: Micros(0), random: || 0, variables: &parts };
        match reply.prepare(Some(&mut values)) {
            Ok(payload) => answers.give(now, rule, payload),
            Err(_) => answers.fail(rule),
        }
    }
    let mut sent = Vec::new();
    while let Some(due) = answers.take_due(now) {
        answers.sent(now, due.rule, due.payload.body());
        sent.push(due.payload.body().text().unwrap_or_default().to_owned());
    }
    sent
}

#[test]
fn what_matches_is_answered_and_counted() {
    let mut answers = with(&[rule("/^2$/", "3"), rule("$.type == ping", r#"{"type":"pong"}"#)]);
    assert_eq!(exchange(&mut answers, 0, "2"), ["3"]);
    assert_eq!(exchange(&mut answers, 1, "42"), [""; 0]);
    assert_eq!(exchange(&mut answers, 2, r#"{ "type": "ping" }"#), [r#"{"type":"pong"}"#]);
    assert_eq!([answers.counts(0).given, answers.counts(1).given, answers.counts(2).given], [1, 1, 0]);
}

#[test]
fn parts_of_the_message_go_into_the_answer() {
    let cases = [
        (r"/id=(\d+)(x)?/", "got {{match.1}}{{match.2}} of {{match}}", "id=42", "got 42 of id=42"),
        (r"/(?<who>\w+)!/", "hi {{match.who}}", "Ann!", "hi Ann"),
        ("Ann", "{{message}}!", "I am Ann", "I am Ann!"),
        (
            "$.id",
            r#"{"re":{{json.id}},"s":"{{json.a.0.s}}"}"#,
            r#"{"id":7.10,"a":[{"s":"q\"q"}]}"#,
            r#"{"re":7.10,"s":"q\"q"}"#,
        ),
    ];
    for (filter, reply, message, expected) in cases {
        assert_eq!(exchange(&mut with(&[rule(filter, reply)]), 0, message), [expected], "{filter}");
    }
    let mut json = rule("say", r#"{"said":"{{message}}"}"#);
    json.reply.format = Format::Json;
    assert_eq!(exchange(&mut with(&[json]), 0, r#"say "x""#), [r#"{"said":"say \"x\""}"#]);
}

#[test]
fn what_the_message_does_not_have_makes_no_answer() {
    let mut answers =
        with(&[rule("ping", "{{json.id}}"), rule("ping", "{{match.7}}"), rule("ping", "{{message}}")]);
    assert_eq!(exchange(&mut answers, 0, &format!("ping{}", "x".repeat(MAX_PART_BYTES))), [""; 0]);
    assert_eq!((0..3).map(|rule| answers.counts(rule).failed).collect::<Vec<_>>(), [1, 1, 1]);
}

#[test]
fn a_binary_message_is_matched_by_its_kind_and_repeated_in_hex() {
    let mut hex = rule("kind:binary size:2", "ff {{message}}");
    hex.reply.format = Format::Hex;
    let matches = observe(&mut with(&[hex]), 0, Body::Binary(&[1, 0xab]));
    assert_eq!(matches[0].parts.get("message").map(String::as_str), Some("01ab"));
}

#[test]
fn rules_that_cannot_be_followed_answer_nothing_and_say_why() {
    assert_eq!(rule(" ", "x").check(), Err(RuleError::NoFilter));
    assert!(matches!(rule("/(/", "x").check(), Err(RuleError::Filter(_))));
    assert!(matches!(rule("x", "{{").check(), Err(RuleError::Reply(_))));
    let off = Rule { enabled: false, ..rule("x", "y") };
    assert!(with(&[rule("/(/", "x"), rule("", "x"), off]).is_idle());
    assert_eq!(rule("x", "{{token}} {{json.id}} {{match}}").variables(), ["token"]);
}

#[test]
fn an_answer_waits_for_its_delay_and_goes_with_its_connection() {
    let late = Rule { delay_millis: 300, ..rule("a", "late") };
    let mut answers = with(&[late, rule("a", "soon")]);
    assert_eq!(exchange(&mut answers, 1000, "a"), ["soon"]);
    assert_eq!((answers.next_due(), answers.take_due(1299)), (Some(1300), None));
    assert_eq!(answers.take_due(1300).map(|due| due.rule), Some(0));
    exchange(&mut answers, 2000, "a");
    answers.set_rules(&[Rule { delay_millis: 300, ..rule("a", "late") }, rule("a", "soon")]);
    assert_eq!(answers.next_due(), Some(2300), "the same rules change nothing");
    answers.connected();
    assert_eq!(answers.next_due(), None, "the next connection never saw the question");
}

#[test]
fn a_limit_holds_for_one_connection() {
    let mut answers = with(&[Rule { limit: Some(2), ..rule("a", "b") }]);
    let sent: usize = (0..5).map(|now| exchange(&mut answers, now, "a").len()).sum();
    assert_eq!(sent, 2);
    answers.set_rules(&[Rule { limit: Some(3), ..rule("a", "b") }]);
    assert_eq!((exchange(&mut answers, 9, "a").len(), exchange(&mut answers, 9, "a").len()), (1, 0));
    answers.connected();
    assert_eq!(exchange(&mut answers, 10, "a").len(), 1);
}

#[test]
fn an_echo_of_an_answer_is_not_answered() {
    let mut answers = with(&[rule("ping", "ping")]);
    assert_eq!(exchange(&mut answers, 0, "ping").len(), 1);
    assert_eq!(exchange(&mut answers, 5, "ping").len(), 0, "it came back");
    assert_eq!(exchange(&mut answers, 6, "ping").len(), 1, "this one is new");
    assert_eq!(exchange(&mut answers, 6 + ECHO_MILLIS + 1, "ping").len(), 1, "too late for an echo");
    assert_eq!(answers.counts(0), Counts { given: 3, held: 0, failed: 0 });
}

#[test]
fn a_flood_of_questions_gets_a_bounded_flow_of_answers() {
    let mut answers = with(&[rule("q", "a")]);
    let given: usize = (0..10_000).map(|step| exchange(&mut answers, step / 10, "q").len()).sum();
    assert_eq!(given as u64, BURST + PER_SECOND - 1, "in one second");
    assert_eq!(answers.counts(0).held, 10_000 - given as u64);
    assert!(answers.holds_back());
}

#[test]
fn two_machines_that_answer_each_other_are_stopped() {
    // The other side changes what it gets, so that it is no echo.
    let mut answers = with(&[rule("x", "x{{message}}")]);
    let mut message = "x".to_owned();
    let mut rounds = 0;
    for now in (0..1_000_000).step_by(20) {
        if let Some(answer) = exchange(&mut answers, now, &message).pop() {
            message = format!("x{}", answer.len());
            rounds += 1;
        }
    }
    assert_eq!(rounds, ENDLESS);
    assert!(answers.is_stopped());
    assert_eq!(exchange(&mut answers, 10_000_000, "x").len(), 0, "a pause does not bring it back");
    answers.connected();
    assert_eq!(exchange(&mut answers, 10_000_001, "x").len(), 1);
}

#[test]
fn a_server_that_asks_now_and_then_is_answered_for_ever() {
    let mut answers = with(&[rule("2", "3")]);
    let given = (0..3 * ENDLESS).filter(|round| exchange(&mut answers, round * 200, "2").len() == 1).count();
    assert_eq!(given as u64, 3 * ENDLESS, "five a second fill up again");
}

#[test]
fn waiting_answers_are_bounded() {
    let mut answers = with(&vec![Rule { delay_millis: MAX_DELAY_MILLIS, ..rule("q", "a") }; 60]);
    assert_eq!(answers.rules.len(), MAX_RULES);
    for second in 0..600 {
        exchange(&mut answers, second * 1000, "q");
    }
    assert!(answers.waiting.len() <= MAX_WAITING);
}
