//! RFC 6455 §6: sending and receiving data.

mod support;

use support::trace::Whole;
use support::{ROLES, connection, encode, feed, frame, masks, sent_by};
use wire::{
    Assembler, CloseCode, Event, MessageKind, OpCode, Role, Scratch, SendError, Sender, Step, TcpAdvice,
};

#[test]
fn rfc6455_6_1_nothing_is_sent_on_a_closing_connection() {
    for role in ROLES {
        let mut out = Vec::new();
        let mut closing = connection(role);
        closing.sender().close(None, masks, &mut out).unwrap();
        assert_eq!(closing.sender().text("x", masks, &mut out), Err(SendError::Closed));

        let mut answered = connection(role);
        feed(&mut answered, &encode(role.peer(), [frame(OpCode::Close, "")]));
        assert_eq!(answered.sender().text("x", masks, &mut out), Err(SendError::Closed));

        let mut failed = connection(role);
        feed(&mut failed, &encode(role.peer(), [frame(OpCode::Continuation, "")]));
        assert_eq!(failed.sender().text("x", masks, &mut out), Err(SendError::Closed));
    }
}

#[test]
fn rfc6455_6_1_data_is_framed_with_the_opcode_of_its_kind() {
    for (role, extra) in [(Role::Server, 0), (Role::Client, 0x80)] {
        let mut sender = Sender::new(role);
        let mut out = Vec::new();
        sender.text("a", masks, &mut out).unwrap();
        assert_eq!(out[..2], [0x81, extra | 1]);
        out.clear();
        sender.binary(b"a", masks, &mut out).unwrap();
        assert_eq!(out[..2], [0x82, extra | 1]);
    }
}

#[test]
fn rfc6455_6_1_the_last_frame_has_fin_and_no_other() {
    for role in ROLES {
        let mut sender = Sender::new(role);
        let mut first_bytes = Vec::new();
        let mut header = |fin| {
            sender.data_header(MessageKind::Text, false, fin, 0, [0; 4]).map(|header| header[0]).unwrap()
        };
        first_bytes.extend([header(false), header(false), header(true), header(true)]);
        assert_eq!(first_bytes, [0x01, 0x00, 0x80, 0x81]);
    }
}

#[test]
fn rfc6455_6_1_a_client_s_data_is_masked() {
    let mut out = Vec::new();
    Sender::new(Role::Client).binary(&[0; 8], masks, &mut out).unwrap();
    assert_eq!(out, [&[0x82, 0x88][..], &support::KEY, &support::KEY, &support::KEY].concat());
}

#[test]
fn rfc6455_6_2_a_message_is_the_concatenation_of_its_frames() {
    for role in ROLES {
        let bytes = encode(
            role.peer(),
            [
                frame(OpCode::Text, "a").fin(false),
                frame(OpCode::Continuation, "").fin(false),
                frame(OpCode::Ping, "not in it"),
                frame(OpCode::Continuation, "bc"),
                frame(OpCode::Binary, "whole"),
            ],
        );
        // However the bytes arrive.
        for chunk in [1, 2, 3, 7, bytes.len()] {
            let mut receiver = support::receiver(role);
            let mut assembler = Assembler::new();
            let mut scratch = Scratch::default();
            let mut messages = Vec::new();
            let mut buf = Vec::new();
            for piece in bytes.chunks(chunk) {
                buf.extend_from_slice(piece);
                while let Step::Event { consumed, event } = receiver.step(&mut buf).unwrap() {
                    if let Event::Data(data) = event
                        && let Some(message) = assembler.push(&data, &buf, &mut scratch).unwrap()
                    {
                        messages.push((message.kind, message.payload.into_owned()));
                    }
                    buf.drain(..consumed);
                }
            }
            let expected = [(MessageKind::Text, b"abc".to_vec()), (MessageKind::Binary, b"whole".to_vec())];
            assert_eq!(messages, expected, "{role:?} {chunk}");
            assert_eq!(assembler.held_bytes(), 0);
        }
    }
}

#[test]
fn rfc6455_6_2_a_server_removes_the_mask() {
    for key in [[0; 4], [0xff; 4], support::KEY] {
        let mut bytes = frame(OpCode::Binary, "payload").masked(key).to_bytes();
        let step = support::receiver(Role::Server).step(&mut bytes).unwrap();
        let Step::Event { event: Event::Data(data), .. } = step else { panic!("{step:?}") };
        assert_eq!(&bytes[data.payload], b"payload");
    }
}

#[test]
fn rfc6455_6_2_control_frames_are_handled_wherever_they_come() {
    for role in ROLES {
        let mut connection = connection(role);
        let frames = [
            frame(OpCode::Ping, "1"),
            frame(OpCode::Text, "a").fin(false),
            frame(OpCode::Ping, "2"),
            wire::raw::close(CloseCode::GOING_AWAY.0, b""),
        ];
        let outcome = feed(&mut connection, &encode(role.peer(), frames));
        let expected = [Whole::Pong(b"1".into()), Whole::Pong(b"2".into()), Whole::Close(Some(1001), vec![])];
        assert_eq!(sent_by(role, &outcome.replies), expected);
        assert_ne!(connection.tcp(), TcpAdvice::Keep);
    }
}
