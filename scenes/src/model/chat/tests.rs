use super::*;

const EPOCH: &str = "5eed5eed5eed5eed";

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One that is in a room, whose latest message is `head`.
fn live(head: u64) -> Chat {
    let mut chat = Chat::new(1, 2, "Ann");
    chat.opened(at(0));
    said(&mut chat, at(0));
    hear(&mut chat, &welcome(head, head, Some(0)));
    said(&mut chat, at(0));
    chat
}

fn welcome(offset: u64, head: u64, seq: Option<u64>) -> String {
    let seq = seq.map_or(String::new(), |seq| format!(r#","seq":{seq}"#));
    format!(
        r#"{{"type":"welcome","epoch":"{EPOCH}","offset":{offset},"head":{head},"memory":1,"you":"00000000000000aa","session":"00000000000000bb"{seq}}}"#
    )
}

fn message(offset: u64, id: &str, text: &str) -> String {
    format!(
        r#"{{"type":"message","offset":{offset},"id":"{id}","by":"00000000000000cc","name":"Bob","at":5,"data":{{"text":"{text}"}}}}"#
    )
}

fn hear(chat: &mut Chat, text: &str) {
    chat.received(MessageRef::Text(text), at(1));
}

/// All that it says.
fn said(chat: &mut Chat, now: Duration) -> Vec<String> {
    std::iter::from_fn(|| match chat.poll(now) {
        Some(Does::Send(Message::Text(text))) => Some(text),
        _ => None,
    })
    .collect()
}

fn texts(chat: &Chat) -> Vec<String> {
    chat.lines()
        .iter()
        .map(|line| match line {
            Line::Said(said) => said.text.clone(),
            Line::Gap(_, count) => format!("gap of {count:?}"),
        })
        .collect()
}

fn marks(chat: &Chat) -> Vec<(u64, Mark)> {
    chat.pending().map(|pending| (pending.seq, pending.mark)).collect()
}

#[test]
fn a_message_is_shown_at_once_and_moves_to_its_place_in_the_channel() {
    let mut chat = live(0);
    assert!(chat.say("hello", at(1)));
    assert_eq!(marks(&chat), [(1, Mark::Queued)]);
    assert_eq!(said(&mut chat, at(1)), [r#"{"type":"publish","seq":1,"data":{"text":"hello"}}"#]);
    assert_eq!(marks(&chat), [(1, Mark::Sent)]);
    hear(&mut chat, r#"{"type":"ack","from":1,"to":1}"#);
    assert_eq!(marks(&chat), [(1, Mark::Delivered)]);
    hear(&mut chat, &message(1, "cc.1", "first"));
    hear(&mut chat, &message(2, "bb.1", "hello").replace("00000000000000cc", "00000000000000aa"));
    assert_eq!((texts(&chat), marks(&chat)), (vec!["first".to_owned(), "hello".to_owned()], vec![]));
    assert!(matches!(&chat.lines()[1], Line::Said(said) if said.is_own && !said.is_replayed));
    assert!(chat.is_caught_up());
    assert_eq!(chat.tally(), Tally::default());
}

#[test]
fn what_was_missed_is_counted_and_what_waited_goes_out_once() {
    let mut chat = live(0);
    chat.closed(1006);
    assert!(!chat.is_caught_up());
    chat.say("one", at(10));
    chat.say("two", at(20));
    assert_eq!(marks(&chat), [(1, Mark::Queued), (2, Mark::Queued)]);
    chat.opened(at(30));
    assert!(said(&mut chat, at(30))[0].contains(r#""connection":2,"epoch":"5eed5eed5eed5eed""#));
    hear(&mut chat, &welcome(0, 2, Some(0)));
    hear(&mut chat, &message(1, "cc.1", "a"));
    hear(&mut chat, &message(2, "cc.2", "b"));
    let out = said(&mut chat, at(40));
    assert_eq!(out.iter().filter(|text| text.contains("publish")).count(), 2);
    assert!(out.contains(&r#"{"type":"name","name":"Ann"}"#.to_owned()), "{out:?}");
    hear(&mut chat, r#"{"type":"ack","from":1,"to":2}"#);
    assert_eq!(chat.tally(), Tally { replayed: 2, resent: 2, ..Tally::default() });
    assert!(chat.is_caught_up());
    hear(&mut chat, &message(3, "cc.3", "c"));
    assert_eq!(chat.tally().replayed, 2, "what comes later was not missed");
}

#[test]
fn what_may_not_have_arrived_is_for_the_person_to_decide() {
    let mut chat = live(0);
    chat.say("one", at(1));
    said(&mut chat, at(1));
    chat.closed(1006);
    assert_eq!(marks(&chat), [(1, Mark::Queued)]);
    chat.opened(at(2));
    said(&mut chat, at(2));
    // The server has forgotten the session.
    hear(&mut chat, &welcome(0, 0, None));
    assert_eq!(marks(&chat), [(1, Mark::Unknown)]);
    assert_eq!(chat.tally().unknown, 1);
    chat.say_again(1, at(3));
    assert_eq!(marks(&chat), [(2, Mark::Queued)]);
    said(&mut chat, at(3));
    assert_eq!(chat.forget(2), None, "it is on its way");
}

#[test]
fn messages_that_do_not_come_leave_a_gap_that_is_seen() {
    let mut chat = live(1);
    chat.closed(1006);
    chat.opened(at(2));
    said(&mut chat, at(2));
    let lost = format!(r#""seq":0,"lost":[{{"epoch":"{EPOCH}","from":2,"to":9}}]}}"#);
    hear(&mut chat, &welcome(9, 9, Some(0)).replace(r#""seq":0}"#, &lost));
    assert_eq!(texts(&chat), ["gap of Some(8)"]);
    assert_eq!(chat.tally().lost, 8);
}

#[test]
fn a_refusal_says_why_and_can_be_said_again() {
    let mut chat = live(0);
    chat.say("one", at(1));
    said(&mut chat, at(1));
    hear(&mut chat, r#"{"type":"refused","seq":1,"reason":"rate","retry":1200,"error":"too many"}"#);
    assert_eq!((marks(&chat), chat.error()), (vec![(1, Mark::TooFast)], Some("too many")));
    assert!(chat.forget(1).is_some());
}

#[test]
fn earlier_messages_come_page_by_page_in_order() {
    let mut chat = live(60);
    hear(&mut chat, &message(61, "cc.9", "new"));
    assert_eq!(chat.earlier(), Earlier::More);
    chat.ask_for_earlier();
    assert_eq!(said(&mut chat, at(2)), [r#"{"type":"history","before":61,"limit":50}"#]);
    assert_eq!(chat.earlier(), Earlier::Coming);
    let page = format!("[{},{}]", message(59, "cc.7", "x"), message(60, "cc.8", "y"));
    hear(&mut chat, &format!(r#"{{"type":"history","messages":{page},"first":59}}"#));
    assert_eq!((texts(&chat), chat.earlier()), (vec!["x".into(), "y".into(), "new".into()], Earlier::None));
}

#[test]
fn who_is_there_and_who_types_is_known() {
    let mut chat = live(0);
    hear(&mut chat, r#"{"type":"present","members":[{"id":"00000000000000aa","name":"Ann"}],"here":2}"#);
    hear(&mut chat, r#"{"type":"presence","joined":[{"id":"00000000000000cc","name":"Bob"}],"here":3}"#);
    assert_eq!(chat.present().0.iter().map(|member| chat.is_own(member)).collect::<Vec<_>>(), [true, false]);
    hear(&mut chat, r#"{"type":"typing","by":"00000000000000cc","name":"Bob"}"#);
    hear(&mut chat, r#"{"type":"typing","by":"00000000000000aa","name":"Ann"}"#);
    assert_eq!(chat.typing().collect::<Vec<_>>(), ["Bob"]);
    chat.timeout(at(6000));
    assert_eq!(chat.typing().count(), 0);
    hear(&mut chat, r#"{"type":"presence","left":["00000000000000cc"],"here":2}"#);
    assert_eq!((chat.present().0.len(), chat.present().1), (1, 2));
    chat.types(at(7000));
    chat.types(at(7500));
    assert_eq!(said(&mut chat, at(7500)), [r#"{"type":"typing"}"#]);
}
