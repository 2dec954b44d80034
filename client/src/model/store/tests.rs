use super::*;
use link::SocketId;

const SOCKET: SocketId = SocketId(1);

fn store() -> Store {
    let mut store = Store::new(Origin { secure: false, host: "127.0.0.1:8080".to_owned() });
    store.opening("ws://127.0.0.1:8080/ws");
    store
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
fn lines(store: &Store) -> Vec<String> {
    let journal = store.journal();
    (journal.start()..journal.end())
        .filter_map(|position| journal.get(position))
        .map(|entry| match &entry.body {
            Body::Text(text) => format!("{} {text}", entry.label()),
            Body::Binary(bytes) => format!("{} {bytes:?}", entry.label()),
        })
        .collect()
}

#[test]
fn the_classic_conversation() {
    let mut store = store();
    store.event(0, &Event::Connected { socket: SOCKET, attempt: 1, took: Duration::from_millis(12) }, false);
    store.accepted(1, MessageId(1), "hi".into());
    store.event(1, &Event::MessageSent { id: MessageId(1), socket: SOCKET }, false);
    store.received(2, "hi".into());
    store.received(3, vec![1, 2].into());
    store.event(4, &closed(Why::PeerClosed, 4001, "why", Some(3_250)), false);
    assert_eq!(
        lines(&store),
        [
            "CONNECTED ws://127.0.0.1:8080/ws in 12 ms",
            "SENT hi",
            "RESPONSE hi",
            "RESPONSE [1, 2]",
            "DISCONNECTED 4001 why · private code · closed by the server, open for 3.2 s",
        ]
    );
}

#[test]
fn messages_keep_their_place_while_their_fate_changes() {
    let mut store = store();
    for id in 1..=4 {
        store.accepted(0, MessageId(id), id.to_string().into());
    }
    for id in 1..=3 {
        store.event(1, &Event::MessageSent { id: MessageId(id), socket: SOCKET }, false);
    }
    store.event(2, &Event::MessagesConfirmed(run(1, 1)), false);
    store.event(3, &Event::MessagesUnknown(run(2, 3)), false);
    store.event(3, &Event::MessageDropped { id: MessageId(4), why: DropReason::Closed }, false);
    assert_eq!(
        lines(&store),
        [
            "SENT 1",
            "UNKNOWN 2",
            "UNKNOWN 3",
            "NOT SENT 4",
            "NOTE 2 messages were sent, but nothing shows whether the server got them",
        ]
    );
    assert!(store.pending.is_empty());
}

#[test]
fn a_cleared_log_is_not_changed_by_messages_of_before() {
    let mut store = store();
    store.accepted(0, MessageId(1), "old".into());
    store.clear();
    store.received(1, "new".into());
    store.event(2, &Event::MessageSent { id: MessageId(1), socket: SOCKET }, false);
    store.event(2, &Event::MessageDropped { id: MessageId(1), why: DropReason::Closed }, false);
    assert_eq!(lines(&store), ["RESPONSE new"]);
}

#[test]
fn a_failed_connection_is_explained_until_one_succeeds() {
    let mut store = store();
    store.event(0, &closed(Why::ConnectFailed, 1006, "", None), false);
    let notice = store.notice().expect("a failed connection is explained");
    assert_eq!(notice.title, "Could not connect");
    assert!(notice.sentence.contains("port 8080"), "{}", notice.sentence);
    assert_eq!(lines(&store), ["ERROR Could not connect to ws://127.0.0.1:8080/ws"]);
    store.event(1, &Event::Connected { socket: SOCKET, attempt: 2, took: Duration::from_millis(3) }, false);
    assert_eq!(store.notice(), None);
}

#[test]
fn the_browsers_own_refusal_is_quoted() {
    let mut store = store();
    store.event(0, &closed(Why::Refused, 1006, "The subprotocol 'a b' is invalid.", None), false);
    assert_eq!(store.notice().unwrap().sentence, "It says: The subprotocol 'a b' is invalid.");
}

#[test]
fn a_stop_code_says_that_there_is_no_reconnect() {
    let mut store = store();
    store.event(0, &Event::PhaseChanged(Phase::Closed(Final::StopCode(1008))), false);
    assert!(store.notice().unwrap().sentence.contains("does not reconnect"));
    store.opening("ws://other/");
    assert_eq!(store.notice(), None);
}

#[test]
fn what_the_person_did_is_no_problem() {
    let mut store = store();
    store.event(0, &closed(Why::ClosedByUser, 1006, "", None), false);
    store.event(0, &Event::PhaseChanged(Phase::Closed(Final::ByUser)), false);
    assert_eq!(store.notice(), None);
    assert!(lines(&store).is_empty());
}

#[test]
fn a_message_not_taken_is_explained() {
    for (error, word) in [
        (SendError::Closed, "Connect first"),
        (SendError::Full { messages: 10_000, bytes: 2048 }, "10\u{2009}000 messages (2.0 KiB)"),
        (SendError::TooLarge { size: 5000, limit: 1024 }, "1.0 KiB"),
    ] {
        let mut store = store();
        store.refused(&error);
        assert!(store.notice().unwrap().sentence.contains(word), "{error:?}");
        assert!(lines(&store).is_empty());
    }
}
