//! RFC 6455 §6: sending and receiving data.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

mod support;

use std::num::NonZeroUsize;

use support::driver::{Driver, Whole, trace};
use support::{ROLES, encode, fed, frame, model, receive, receive_bytes, refused, send};
use wire::{CloseCode, End, MessageKind, OpCode, Role, SendError};

#[test]
fn rfc6455_6_1_nothing_is_sent_on_a_closing_connection() {
    for role in ROLES {
        let mut closing = Driver::new(role);
        closing.send(|out| out.close(None, End::Finished)).unwrap();
        let answered = fed(role, [frame(OpCode::Close, "")]);
        let failed = fed(role, [frame(OpCode::Continuation, "")]);
        for mut driver in [closing, answered, failed] {
            assert_eq!(driver.sent().len(), 1);
            assert_eq!(driver.send(|out| out.send(MessageKind::Text, b"x")), refused(SendError::Closed));
            assert!(driver.output.is_empty());
        }
    }
}

#[test]
fn rfc6455_6_1_data_is_framed_with_the_opcode_of_its_kind() {
    for (role, extra) in [(Role::Server, 0), (Role::Client, 0x80)] {
        let output = send(role, |out| out.send(MessageKind::Text, b"a").unwrap());
        assert_eq!(output[..2], [0x81, extra | 1]);
        let output = send(role, |out| out.send(MessageKind::Binary, b"a").unwrap());
        assert_eq!(output[..2], [0x82, extra | 1]);
    }
}

#[test]
fn rfc6455_6_1_the_last_frame_has_fin_and_no_other() {
    for role in ROLES {
        let output = send(role, |out| {
            out.begin(MessageKind::Text, b"a").unwrap();
            out.fragment(b"", false).unwrap();
            out.fragment(b"b", true).unwrap();
            out.send(MessageKind::Text, b"c").unwrap();
            out.send_fragmented(MessageKind::Text, b"def", NonZeroUsize::MIN).unwrap();
        });
        let fins = model::frames(&output).iter().map(|frame| frame.fin).collect::<Vec<_>>();
        assert_eq!(fins, [false, false, true, true, false, false, true]);
    }
}

#[test]
fn rfc6455_6_1_a_client_s_data_is_masked() {
    let output = send(Role::Client, |out| out.send(MessageKind::Binary, &[0; 8]).unwrap());
    assert_eq!(output, [&[0x82, 0x88][..], &support::KEY, &support::KEY, &support::KEY].concat());
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
            let mut driver = Driver::new(role);
            bytes.chunks(chunk).for_each(|piece| driver.feed(piece));
            assert_eq!(driver.connection.held_bytes(), 0, "nothing is left of it");
            let expected = [
                Whole::Ping(b"not in it".into()),
                Whole::Message(MessageKind::Text, b"abc".into()),
                Whole::Message(MessageKind::Binary, b"whole".into()),
            ];
            let trace = trace(driver, []);
            assert_eq!((trace.failure, &*trace.wholes), (None, &expected[..]), "{role:?} {chunk}");
        }
    }
}

#[test]
fn rfc6455_6_2_a_server_removes_the_mask() {
    for key in [[0; 4], [0xff; 4], support::KEY] {
        let bytes = frame(OpCode::Binary, "payload").masked(key).to_bytes();
        let expected = Whole::Message(MessageKind::Binary, b"payload".into());
        assert_eq!(receive_bytes(Role::Server, &bytes).wholes, [expected]);
    }
}

#[test]
fn rfc6455_6_2_control_frames_are_handled_wherever_they_come() {
    for role in ROLES {
        let frames = [
            frame(OpCode::Ping, "1"),
            frame(OpCode::Text, "a").fin(false),
            frame(OpCode::Ping, "2"),
            wire::raw::close(CloseCode::GOING_AWAY.0, b""),
        ];
        let expected = [Whole::Pong(b"1".into()), Whole::Pong(b"2".into()), Whole::Close(Some(1001), vec![])];
        let trace = receive(role, frames);
        assert_eq!(trace.sent, expected);
        assert_eq!(trace.end, End::PeerClosed);
    }
}
