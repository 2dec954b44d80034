//! Both forms say the same, and what is neither is an error.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use protocol::session::{
    Author, ClientId, ClientMessage, Epoch, Hello, Lost, MAX_COUNT, Message, Position, Public, Reason,
    Refused, ServerMessage, SessionId, Welcome, binary, json,
};

fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0..200u64, 0..=MAX_COUNT]
}

fn position() -> impl Strategy<Value = Position> {
    (any::<u64>(), count()).prop_map(|(epoch, offset)| Position { epoch: Epoch(epoch), offset })
}

fn lost() -> impl Strategy<Value = Vec<Lost>> {
    let lost = (any::<u64>(), count(), option::of(1..MAX_COUNT));
    vec(lost.prop_map(|(epoch, from, to)| Lost { epoch: Epoch(epoch), from, to }), 0..3)
}

fn data() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just("{\"text\":\"é\\n\"}"), Just("[1.50,-0,true]"), Just("0")].prop_map(|json| json.into())
}

fn client_message() -> impl Strategy<Value = ClientMessage> {
    let ids = (any::<u128>(), any::<u128>(), count());
    let numbers = (count(), count(), count(), count());
    let hello = (ids, option::of(position()), numbers, option::of(".{0,8}")).prop_map(
        |((client, session, connection), position, (memory, one, other, history), name)| {
            ClientMessage::Hello(Hello {
                client: ClientId(client),
                session: SessionId(session),
                connection: connection.max(1),
                position: position.filter(|position| position.offset < MAX_COUNT),
                memory,
                known: one.min(other),
                sent: one.max(other),
                history,
                name,
            })
        },
    );
    let publish = (1..=MAX_COUNT, data()).prop_map(|(seq, data)| ClientMessage::Publish { seq, data });
    prop_oneof![hello, publish, Just(ClientMessage::Ping)]
}

fn server_message() -> impl Strategy<Value = ServerMessage> {
    let publics = || (any::<u64>(), any::<u64>()).prop_map(|(one, two)| (Public(one), Public(two)));
    let welcome =
        ((position(), count(), count()), lost(), (option::of(count()), vec(count(), 0..4)), publics());
    let welcome = welcome.prop_map(|((position, head, memory), lost, (seq, refused), (client, session))| {
        ServerMessage::Welcome(Welcome { position, head, memory, lost, seq, refused, client, session })
    });
    let author = (publics(), count(), ".{0,8}").prop_map(|((client, session), seq, name)| Author {
        client,
        session,
        seq,
        name,
    });
    let message = (count(), option::of(author), count(), data())
        .prop_map(|(offset, author, at, data)| ServerMessage::Message(Message { offset, author, at, data }));
    let reason = prop_oneof![
        Just(Reason::Size),
        count().prop_map(Reason::Rate),
        Just(Reason::Invalid),
        count().prop_map(Reason::Unavailable),
        Just(Reason::Unheard),
    ];
    let refused = (count(), reason, ".{0,8}")
        .prop_map(|(seq, reason, error)| ServerMessage::Refused(Refused { seq, reason, error }));
    prop_oneof![
        welcome,
        message,
        (count(), count()).prop_map(|(from, to)| ServerMessage::Ack { from, to }),
        refused,
        (position(), lost()).prop_map(|(position, lost)| ServerMessage::Jump { position, lost }),
        Just(ServerMessage::Pong),
        ".{0,8}".prop_map(|error| ServerMessage::Error { error }),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_it_was(client in client_message(), server in server_message()) {
        prop_assert_eq!(&json::read_client(&json::write_client(&client)).unwrap(), &client);
        prop_assert_eq!(&json::read_server(&json::write_server(&server)).unwrap(), &server);
        prop_assert_eq!(&binary::read_client(&binary::write_client(&client)).unwrap(), &client);
        prop_assert_eq!(&binary::read_server(&binary::write_server(&server)).unwrap(), &server);
    }

    #[test]
    fn bytes_that_are_nothing_are_an_error_and_no_more(
        bytes in vec(any::<u8>(), 0..80),
        kind in prop_oneof![Just(0x01u8), Just(0x02), 0x11..0x17u8],
    ) {
        for bytes in [bytes.clone(), [&[kind], &bytes[..]].concat()] {
            let _ = (binary::read_client(&bytes), binary::read_server(&bytes));
            let text = String::from_utf8_lossy(&bytes);
            let _ = (json::read_client(&text), json::read_server(&text));
        }
    }

    #[test]
    fn a_message_cut_short_is_never_another(client in client_message(), server in server_message()) {
        let whole = |message: &ServerMessage| !matches!(message, ServerMessage::Message(_));
        let bytes = binary::write_server(&server);
        for len in 0..bytes.len() {
            prop_assert!(!binary::read_server(&bytes[..len]).is_ok_and(|read| whole(&read)));
        }
        let bytes = binary::write_client(&client);
        for len in 0..bytes.len() {
            let read = binary::read_client(&bytes[..len]);
            prop_assert!(!read.is_ok_and(|read| matches!(read, ClientMessage::Hello(_))));
        }
    }
}

#[test]
fn errors_say_what_would_be_right() {
    for (text, error) in [
        ("hi", "a message is a JSON object: "),
        ("[]", "a message is a JSON object with a type"),
        ("{}", "a message has a type"),
        (r#"{"type":"shout"}"#, "shout is nothing that is known here: use hello, publish or ping"),
        (r#"{"type":"hello"}"#, "hello needs client"),
        (r#"{"type":"hello","client":"me"}"#, "client of hello is 32 hexadecimal digits"),
        (r#"{"type":"publish","data":1}"#, "seq of publish counts from 1"),
        (r#"{"type":"publish","seq":0,"data":1}"#, "seq of publish counts from 1"),
        (r#"{"type":"publish","seq":9007199254740992}"#, "seq of publish is at most 2^53 - 1"),
        (r#"{"type":"publish","seq":1,"data":1,"to":"all"}"#, "publish has no to"),
    ] {
        let told = json::read_client(text).unwrap_err().to_string();
        assert!(told.starts_with(error), "{text}: {told}");
    }
    let long = [0x02, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(binary::read_client(&long).unwrap_err().to_string(), "a number has at most eight bytes");
    assert_eq!(
        binary::read_client(&[0x40]).unwrap_err().to_string(),
        "no message of a session begins with 0x40"
    );
}

/// As `docs/session-protocol.md` shows them.
#[test]
fn the_examples_of_the_document_are_what_is_said() {
    let document = include_str!("../../../../docs/session-protocol.md");
    let messages = document.split("```json\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    let mut seen = 0;
    for text in messages.flat_map(str::lines) {
        let (client, server) = (json::read_client(text), json::read_server(text));
        let written = match (&client, &server) {
            (Ok(message), _) => json::write_client(message),
            (_, Ok(message)) => json::write_server(message),
            (Err(error), Err(_)) => panic!("{text}: {error}"),
        };
        assert_eq!(written, text);
        seen += 1;
    }
    assert!(seen > 10, "{seen}");
    let example = document.split("first example of `message`").nth(1).expect("a binary message");
    let bytes = example.split("```text\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("bytes");
    let mut message =
        json::read_server(document.lines().find(|line| line.contains("\"offset\":18")).unwrap());
    if let Ok(ServerMessage::Message(message)) = &mut message {
        message.data = b"hi".to_vec();
    }
    let written: Vec<_> =
        binary::write_server(&message.unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(written.join(" "), bytes);
}

/// A hello that no client says is not followed, in either form.
#[test]
fn numbers_of_a_hello_that_cannot_be_are_refused() {
    let right = Hello {
        client: ClientId(1),
        session: SessionId(2),
        connection: 1,
        position: Some(Position { epoch: Epoch(3), offset: MAX_COUNT - 1 }),
        memory: 0,
        known: 2,
        sent: 2,
        history: 0,
        name: None,
    };
    let said = |hello: &Hello| {
        let message = ClientMessage::Hello(hello.clone());
        let json = json::read_client(&json::write_client(&message)).map_err(|error| error.to_string());
        let binary = binary::read_client(&binary::write_client(&message)).map_err(|error| error.to_string());
        (json.err(), binary.err())
    };
    assert_eq!(said(&right), (None, None));
    let behind = Some(Position { epoch: Epoch(3), offset: MAX_COUNT });
    for (hello, error) in [
        (Hello { connection: 0, ..right.clone() }, "connection of hello counts from 1"),
        (Hello { sent: 1, ..right.clone() }, "sent of hello is never below known"),
        (Hello { position: behind, ..right }, "offset of hello is at most 2^53 - 2"),
    ] {
        let (json, binary) = said(&hello);
        assert_eq!(json.as_deref(), Some(error));
        assert!(binary.is_some_and(|binary| binary.contains(error)));
    }
}

/// Whatever somebody says, it is passed on: to the byte but for white space, and however deep it nests.
#[test]
fn data_is_passed_on_as_it_stands() {
    let deep = "[".repeat(5000) + &"]".repeat(5000);
    for data in [r#""\ud800 \u0041\/""#, r#"{"a":1,"a":1e400,"data":2}"#, &deep] {
        let publish = format!(r#"{{"data": {data} ,"type":"publish","seq":1}}"#);
        let message = json::read_client(&publish).unwrap();
        assert_eq!(message, ClientMessage::Publish { seq: 1, data: data.as_bytes().to_vec() });
        let message = format!(r#"{{"type":"message","offset":1,"at":2,"data":{data}}}"#);
        let read = json::read_server(&message).unwrap();
        assert_eq!(json::write_server(&read), message);
    }
    assert_eq!(json::depth(deep.as_bytes()), 5000);
    assert_eq!(json::depth(br#""[[""#), 0);
    for (text, error) in [
        (r#"{"type":"ping","data":1}"#, "ping has no data"),
        (r#"{"type":"publish","seq":1,"data":1,"data":2}"#, "publish has no data"),
        (r#"{"type":"publish","seq":1,"data":[1}"#, "a message is a JSON object: "),
    ] {
        assert!(json::read_client(text).unwrap_err().to_string().starts_with(error), "{text}");
    }
}

/// An error quotes as much as helps.
#[test]
fn an_error_is_short_whatever_it_is_about() {
    let long = "x".repeat(100_000);
    let texts = [format!(r#"{{"type":"{long}"}}"#), format!(r#"{{"type":"ping","{long}":1}}"#)];
    let errors = texts.iter().flat_map(|text| {
        let ticker = protocol::ticker::Command::read(text).unwrap_err();
        [json::read_client(text).unwrap_err(), protocol::room::Command::read(text).unwrap_err(), ticker]
    });
    for error in errors {
        assert!(error.to_string().len() < 200, "{error}");
    }
}
