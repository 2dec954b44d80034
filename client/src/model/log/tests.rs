use link::{Final, SocketId};
use workbench::connection::TransportKind;
use workbench::entry::Direction;
use workbench::preset::Preset;

use super::*;
use crate::model::owned::label;
use crate::texts::common::Common;
use crate::texts::log::Log as LogTexts;
use crate::texts::tests::texts_in;
use crate::texts::{Lang, texts};

const SOCKET: SocketId = SocketId(1);

fn log() -> Log {
    let mut log = Log::new(Origin { secure: false, host: "127.0.0.1:8080".to_owned() });
    log.opening(to("ws://127.0.0.1:8080/ws"));
    log
}

fn to(address: &str) -> Connection {
    Connection { address: address.to_owned(), ..Connection::default() }
}

fn run(first: u64, last: u64) -> MessageIds {
    MessageIds { first: MessageId(first), last: MessageId(last), count: last - first + 1 }
}

fn closed(why: Why, code: u16, reason: &str, open_for: Option<u64>) -> Event {
    Event::Disconnected {
        socket: SOCKET,
        why,
        close: Close { code, reason: reason.to_owned(), was_clean: code != 1006 },
        open_for: open_for.map(Duration::from_millis),
    }
}

/// Labels and texts of the whole log.
fn lines(log: &Log) -> Vec<String> {
    log.store()
        .range(0..EntryId::MAX)
        .map(|entry| {
            let label = label(entry.kind, entry.direction, entry.delivery, &LogTexts::EN);
            match words::text(&entry) {
                Some(text) => format!("{label} {text}"),
                None => format!("{label} {:?}", entry.body.bytes()),
            }
        })
        .collect()
}

fn report(log: &mut Log, now: u64, event: &Event) {
    log.event(Micros(now), event, Surroundings::default());
}

#[test]
fn the_classic_conversation() {
    let mut log = log();
    report(&mut log, 0, &Event::Connected { socket: SOCKET, attempt: 1, took: Duration::from_millis(12) });
    log.accepted(Micros(1), MessageId(1), Message::from("hi").as_ref());
    report(&mut log, 1, &Event::MessageSent { id: MessageId(1), socket: SOCKET });
    log.received(Micros(2), Message::from("hi").as_ref(), None);
    log.received(Micros(3), Message::from(vec![1, 2]).as_ref(), None);
    report(&mut log, 4, &closed(Why::PeerClosed, 4001, "why", Some(3_250)));
    assert_eq!(
        lines(&log),
        [
            "CONNECTED ws://127.0.0.1:8080/ws in 12 ms",
            "SENT hi",
            "RESPONSE hi",
            "RESPONSE [1, 2]",
            "DISCONNECTED 4001 why · private code · closed by the server, open for 3.2 s",
        ]
    );
}

fn connecting(log: &mut Log, now: u64, address: &str) {
    log.opening(to(address));
    report(log, now, &Event::PhaseChanged(Phase::Connecting { attempt: 1 }));
}

#[test]
fn each_attempt_is_a_connection_and_what_waited_belongs_to_the_one_it_went_out_on() {
    let mut log = log();
    connecting(&mut log, 0, "ws://a/");
    report(&mut log, 1, &closed(Why::ConnectFailed, 1006, "", None));
    log.accepted(Micros(2), MessageId(1), Message::from("waits").as_ref());
    connecting(&mut log, 3, "ws://b/");
    let around = Surroundings { protocol: "v2".to_owned(), ..Surroundings::default() };
    let opened = Event::Connected { socket: SOCKET, attempt: 1, took: Duration::from_millis(1) };
    log.event(Micros(4), &opened, around);
    report(&mut log, 5, &Event::MessageSent { id: MessageId(1), socket: SOCKET });
    report(&mut log, 6, &closed(Why::PeerClosed, 1000, "", Some(2)));
    let known: Vec<_> = log.store().connections().map(|c| (c.address.as_str(), c.opened, c.ended)).collect();
    assert_eq!(known, [("ws://a/", None, Some(Micros(1))), ("ws://b/", Some(Micros(4)), Some(Micros(6)))]);
    let of: Vec<_> = log.store().range(0..EntryId::MAX).map(|entry| entry.connection.0).collect();
    assert_eq!(of, [1, 2, 2, 2]);
    assert_eq!(log.store().connection(ConnectionId(2)).unwrap().protocol, "v2");
}

#[test]
fn sentences_are_made_when_they_are_read_in_whatever_language_that_is() {
    let mut log = log();
    report(&mut log, 0, &Event::Connected { socket: SOCKET, attempt: 1, took: Duration::from_millis(12) });
    report(&mut log, 4, &closed(Why::PeerClosed, 4001, "why", Some(3_250)));
    report(&mut log, 5, &Event::MessagesUnknown(run(1, 3)));
    for entry in log.store().range(0..EntryId::MAX) {
        let said =
            |t: &Common| words::sentence(entry.fact, entry.code, entry.body.text().unwrap(), t).unwrap();
        let (english, chinese) = (said(&Common::EN), said(&texts_in(Lang::Zh).common));
        assert_ne!(english, chinese);
        assert!(chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{chinese}");
    }
}

#[test]
fn messages_keep_their_place_while_their_fate_changes() {
    let mut log = log();
    for id in 1..=4 {
        log.accepted(Micros(0), MessageId(id), Message::from(id.to_string()).as_ref());
    }
    for id in 1..=3 {
        report(&mut log, 1, &Event::MessageSent { id: MessageId(id), socket: SOCKET });
    }
    report(&mut log, 2, &Event::MessagesConfirmed(run(1, 1)));
    report(&mut log, 3, &Event::MessagesUnknown(run(2, 3)));
    report(&mut log, 3, &Event::MessageDropped { id: MessageId(4), why: DropReason::Closed });
    assert_eq!(
        lines(&log),
        [
            "SENT 1",
            "UNKNOWN 2",
            "UNKNOWN 3",
            "NOT SENT 4",
            "NOTE 2 messages were sent, but nothing shows whether the server got them",
        ]
    );
    assert!(log.pending.is_empty());
}

#[test]
fn a_cleared_log_is_not_changed_by_messages_of_before() {
    let mut log = log();
    log.accepted(Micros(0), MessageId(1), Message::from("old").as_ref());
    log.clear();
    log.received(Micros(1), Message::from("new").as_ref(), None);
    report(&mut log, 2, &Event::MessageSent { id: MessageId(1), socket: SOCKET });
    report(&mut log, 2, &Event::MessageDropped { id: MessageId(1), why: DropReason::Closed });
    assert_eq!(lines(&log), ["RESPONSE new"]);
}

#[test]
fn a_failed_connection_is_explained_until_one_succeeds() {
    let mut log = log();
    report(&mut log, 0, &closed(Why::ConnectFailed, 1006, "", None));
    let notice = log.notice().expect("a failed connection is explained");
    assert_eq!(notice.title(texts()), "Could not connect");
    assert!(notice.sentence(texts()).contains("port 8080"), "{notice:?}");
    assert_eq!(lines(&log), ["ERROR Could not connect to ws://127.0.0.1:8080/ws"]);
    report(&mut log, 1, &Event::Connected { socket: SOCKET, attempt: 2, took: Duration::from_millis(3) });
    assert_eq!(log.notice(), None);
}

#[test]
fn the_browsers_own_refusal_is_quoted() {
    let mut log = log();
    report(&mut log, 0, &closed(Why::Refused, 1006, "The subprotocol 'a b' is invalid.", None));
    assert_eq!(log.notice().unwrap().sentence(texts()), "It says: The subprotocol 'a b' is invalid.");
}

#[test]
fn a_protocol_is_still_offered_when_its_server_has_closed() {
    let mut log = log();
    let offer: Notice = Matter::Preset(Preset::GraphqlWs).into();
    log.offer(offer.clone());
    report(&mut log, 0, &Event::PhaseChanged(Phase::Closed(Final::StopCode(4408))));
    assert_eq!(log.notice(), Some(&offer));
}

#[test]
fn a_stop_code_says_that_there_is_no_reconnect() {
    let mut log = log();
    report(&mut log, 0, &Event::PhaseChanged(Phase::Closed(Final::StopCode(1008))));
    assert!(log.notice().unwrap().sentence(texts()).contains("does not reconnect"));
    log.opening(to("ws://other/"));
    assert_eq!(log.notice(), None);
}

#[test]
fn what_the_person_did_is_no_problem() {
    let mut log = log();
    report(&mut log, 0, &closed(Why::ClosedByUser, 1006, "", None));
    report(&mut log, 0, &Event::PhaseChanged(Phase::Closed(Final::ByUser)));
    assert_eq!(log.notice(), None);
    assert!(lines(&log).is_empty());
}

#[test]
fn a_message_not_taken_is_explained() {
    for (error, word) in [
        (SendError::Closed, "Connect first"),
        (SendError::Full { messages: 10_000, bytes: 2048 }, "10\u{2009}000 messages (2.0 KiB)"),
        (SendError::TooLarge { size: 5000, limit: 1024 }, "1.0 KiB"),
    ] {
        let mut log = log();
        log.refused(&error);
        assert!(log.notice().unwrap().sentence(texts()).contains(word), "{error:?}");
        assert!(lines(&log).is_empty());
    }
}

#[test]
fn a_log_that_was_opened_from_a_journal_is_journaled_with_all_its_changes() {
    let line = |number: u32| {
        format!(
            "{{\"id\":{number},\"time\":{number},\"conn\":0,\"dir\":\"out\",\"kind\":\"message\",\"data\":\"a\",\"delivery\":\"sent\"}}\n"
        )
    };
    let entries: String = (0..200).map(line).collect();
    let file = format!(
        "{{\"heartwire\":\"log\",\"version\":2}}\n{entries}{{\"update\":3,\"delivery\":\"unknown\",\"pair\":150}}\n"
    );
    let mut log = log();
    let mut import = Import::new(file);
    let mut written = String::new();
    while !log.import(&mut import, || false).unwrap().done {
        written.extend(log.journal(usize::MAX));
    }
    written.extend(log.journal(usize::MAX));
    let mut again = Import::new("{\"heartwire\":\"log\",\"version\":2}\n".to_owned() + &written);
    let mut store = Store::default();
    while !again.step(&mut store, 1000).unwrap().done {}
    let entry = store.get(3).unwrap();
    assert_eq!((entry.delivery, entry.pair), (Some(Delivery::Unknown), Some(150)));
}

#[test]
fn what_passes_on_a_watched_connection_is_logged_and_paired() {
    let mut log = log();
    let connected = Event::Connected { socket: SOCKET, attempt: 1, took: Duration::ZERO };
    let around = Surroundings { protocol: "heartwire.watch.v1".to_owned(), ..Surroundings::default() };
    log.event(Micros(1), &connected, around);
    assert!(log.watches());
    log.passed("{\"heartwire\":\"log\",\"version\":2}\n{\"connection\":1,\"address\":\"/ws\",\"transport\":\"watch\",\"began\":5}\n");
    log.passed(
        "{\"id\":1,\"time\":6,\"conn\":1,\"dir\":\"out\",\"kind\":\"message\",\"data\":\"{\\\"id\\\":7}\"}\n",
    );
    log.passed("{\"id\":2,\"time\":8,\"conn\":1,\"dir\":\"in\",\"kind\":\"message\",\"data\":\"{\\\"id\\\":7}\"}\nnonsense\n");
    let ids = log.store().ids();
    let entries: Vec<_> = log.store().range(ids).collect();
    assert_eq!(entries.len(), 3);
    assert_eq!((entries[1].direction, entries[1].pair), (Direction::Out, Some(entries[2].id)));
    let watched = log.store().connection(entries[2].connection).unwrap();
    assert_eq!((&watched.address[..], watched.transport), ("/ws", TransportKind::Watch));
    // The next server is one of any kind.
    log.event(Micros(9), &connected, Surroundings::default());
    assert!(!log.watches());
}
