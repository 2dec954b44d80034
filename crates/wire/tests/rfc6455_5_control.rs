//! RFC 6455 §5.5 to §5.8: control frames, data frames, extensibility.

mod support;

use support::trace::Whole;
use support::{ROLES, both_fail, both_take, connection, encode, feed, frame, masks, receive, send, sent_by};
use wire::frame::LengthForm;
use wire::raw::{RawFrame, RawLength};
use wire::{CloseCode, FailureKind, MessageKind, OpCode, Role, SendError, Sender, TcpAdvice};

const CONTROL: [OpCode; 3] = [OpCode::Close, OpCode::Ping, OpCode::Pong];

fn close(code: u16, reason: &str) -> RawFrame {
    wire::raw::close(code, reason.as_bytes())
}

#[test]
fn rfc6455_5_5_control_frames_carry_up_to_125_bytes() {
    let payload = [b'x'; 125];
    both_take(&[frame(OpCode::Ping, payload)], &[Whole::Ping(payload.into())]);
    both_take(&[frame(OpCode::Pong, payload)], &[Whole::Pong(payload.into())]);
    let reason = "y".repeat(123);
    both_take(&[close(1000, &reason)], &[Whole::Close(Some(1000), reason.into())]);
}

#[test]
fn rfc6455_5_5_longer_control_frames_fail() {
    for opcode in CONTROL {
        for len in [126, 127, 1000, 65_536] {
            both_fail(&[frame(opcode, vec![b'x'; len])], FailureKind::ControlTooLong);
        }
        // A short payload with a long length too.
        for form in [LengthForm::Medium, LengthForm::Long] {
            let padded = frame(opcode, "ab").length(RawLength::Form(form));
            both_fail(&[padded], FailureKind::ControlTooLong);
        }
    }
}

#[test]
fn rfc6455_5_5_longer_control_frames_are_not_sent() {
    for role in ROLES {
        let mut sender = Sender::new(role);
        let mut out = Vec::new();
        let payload = [0; 126];
        assert_eq!(sender.ping(&payload, masks, &mut out), Err(SendError::ControlTooLong(126)));
        assert_eq!(sender.pong(&payload, masks, &mut out), Err(SendError::ControlTooLong(126)));
        let reason = "x".repeat(124);
        let refused = sender.close(Some((CloseCode::NORMAL, &reason)), masks, &mut out);
        assert!(matches!(refused, Err(SendError::Close(_))), "{refused:?}");
        assert!(out.is_empty() && !sender.close_sent());
        sender.ping(&payload[1..], masks, &mut out).unwrap();
        sender.close(Some((CloseCode::NORMAL, &reason[1..])), masks, &mut out).unwrap();
        assert_eq!(sent_by(role, &out).len(), 2);
    }
}

#[test]
fn rfc6455_5_5_fragmented_control_frames_fail() {
    for opcode in CONTROL {
        both_fail(&[frame(opcode, "").fin(false)], FailureKind::FragmentedControl);
    }
}

#[test]
fn rfc6455_5_5_control_frames_are_sent_with_fin() {
    for role in ROLES {
        let out = send(role, |sender, out| {
            sender.ping(b"", masks, out).unwrap();
            sender.pong(b"", masks, out).unwrap();
            sender.close(None, masks, out).unwrap();
        });
        let header_len = if role == Role::Client { 6 } else { 2 };
        assert_eq!([out[0], out[header_len], out[2 * header_len]], [0x89, 0x8a, 0x88]);
    }
}

#[test]
fn rfc6455_5_5_1_a_close_body_is_empty_or_starts_with_a_code() {
    both_take(&[frame(OpCode::Close, "")], &[Whole::Close(None, vec![])]);
    both_take(&[frame(OpCode::Close, [0x03, 0xe8])], &[Whole::Close(Some(1000), vec![])]);
    both_take(&[close(4321, "why")], &[Whole::Close(Some(4321), b"why".into())]);
    for byte in [0, 3, 255] {
        both_fail(&[frame(OpCode::Close, [byte])], FailureKind::CloseBodyTooShort);
    }
}

#[test]
fn rfc6455_5_5_1_a_close_is_sent_with_its_code_in_network_order() {
    let out = send(Role::Server, |sender, out| {
        sender.close(Some((CloseCode(1001), "bye")), masks, out).unwrap();
    });
    assert_eq!(out, b"\x88\x05\x03\xe9bye");
    let out = send(Role::Server, |sender, out| sender.close(None, masks, out).unwrap());
    assert_eq!(out, b"\x88\x00");
}

#[test]
fn rfc6455_5_5_1_a_reason_is_utf8() {
    both_take(&[close(1000, "fin – 終")], &[Whole::Close(Some(1000), "fin – 終".into())]);
    for bad in [&b"\xff"[..], b"ok\xc3", b"\xed\xa0\x80", b"\xc0\x80"] {
        both_fail(&[wire::raw::close(1000, bad)], FailureKind::InvalidCloseReason);
    }
    assert_eq!(FailureKind::InvalidCloseReason.close_code().0, 1007);
}

#[test]
fn rfc6455_5_5_1_a_client_s_close_is_masked() {
    for status in [None, Some((CloseCode::NORMAL, "bye"))] {
        let out = send(Role::Client, |sender, out| sender.close(status, masks, out).unwrap());
        assert_eq!(out[1] & 0x80, 0x80);
    }
    // Also the one that answers.
    let mut client = connection(Role::Client);
    let outcome = feed(&mut client, &encode(Role::Server, [close(1000, "")]));
    assert_eq!(outcome.replies[1] & 0x80, 0x80);
}

#[test]
fn rfc6455_5_5_1_no_data_after_a_sent_close() {
    for role in ROLES {
        let mut sender = Sender::new(role);
        let mut out = Vec::new();
        sender.begin(MessageKind::Text, false, b"a", masks, &mut out).unwrap();
        sender.close(Some((CloseCode::NORMAL, "")), masks, &mut out).unwrap();
        let len = out.len();
        let closed = Err(SendError::Closed);
        assert_eq!(sender.fragment(b"b", true, masks, &mut out), closed);
        assert_eq!(sender.text("x", masks, &mut out), closed);
        assert_eq!(sender.binary(b"x", masks, &mut out), closed);
        assert_eq!(sender.begin(MessageKind::Text, false, b"", masks, &mut out), closed);
        assert_eq!(sender.message(MessageKind::Text, b"", Default::default(), masks, &mut out), closed);
        assert_eq!(sender.data_header(MessageKind::Text, false, true, 0, [0; 4]).map(|_| ()), closed);
        assert_eq!(sender.ping(b"", masks, &mut out), closed);
        assert_eq!(sender.close(None, masks, &mut out), closed);
        assert_eq!(out.len(), len);
    }
}

#[test]
fn rfc6455_5_5_1_a_close_is_answered_with_its_code() {
    for role in ROLES {
        for (body, echo) in [
            (frame(OpCode::Close, ""), Whole::Close(None, vec![])),
            (close(1000, "done"), Whole::Close(Some(1000), vec![])),
            (close(4999, ""), Whole::Close(Some(4999), vec![])),
        ] {
            let mut connection = connection(role);
            let outcome = feed(&mut connection, &encode(role.peer(), [body]));
            assert_eq!(sent_by(role, &outcome.replies), [echo]);
        }
    }
}

#[test]
fn rfc6455_5_5_1_a_close_between_fragments_is_answered() {
    for role in ROLES {
        // Between the peer's fragments.
        let mut receiving = connection(role);
        let frames = [frame(OpCode::Text, "a").fin(false), close(1000, "")];
        let outcome = feed(&mut receiving, &encode(role.peer(), frames));
        assert_eq!(sent_by(role, &outcome.replies), [Whole::Close(Some(1000), vec![])]);
        // Between its own.
        let mut sending = connection(role);
        let mut out = Vec::new();
        sending.sender().begin(MessageKind::Text, false, b"a", masks, &mut out).unwrap();
        let outcome = feed(&mut sending, &encode(role.peer(), [close(1000, "")]));
        assert_eq!(sent_by(role, &outcome.replies), [Whole::Close(Some(1000), vec![])]);
        assert_eq!(sending.sender().fragment(b"b", true, masks, &mut out), Err(SendError::Closed));
    }
}

#[test]
fn rfc6455_5_5_1_a_close_that_answers_is_not_answered() {
    for role in ROLES {
        let mut connection = connection(role);
        let mut out = Vec::new();
        connection.sender().close(Some((CloseCode::NORMAL, "")), masks, &mut out).unwrap();
        assert_eq!(connection.tcp(), TcpAdvice::AwaitClose);
        let outcome = feed(&mut connection, &encode(role.peer(), [close(1000, "")]));
        assert!(outcome.replies.is_empty());
        assert_ne!(connection.tcp(), TcpAdvice::AwaitClose);
    }
}

#[test]
fn rfc6455_5_5_1_data_is_still_received_after_a_sent_close() {
    for role in ROLES {
        let mut connection = connection(role);
        let mut out = Vec::new();
        connection.sender().close(None, masks, &mut out).unwrap();
        let frames = [frame(OpCode::Text, "late"), frame(OpCode::Close, "")];
        let outcome = feed(&mut connection, &encode(role.peer(), frames));
        assert_eq!(outcome.events.len(), 2);
        assert_eq!(outcome.failure, None);
    }
}

#[test]
fn rfc6455_5_5_1_nothing_is_received_after_a_close() {
    for role in ROLES {
        let frames = [frame(OpCode::Close, ""), frame(OpCode::Text, "x"), frame(OpCode::Ping, "")];
        let trace = receive(role, frames.clone());
        assert_eq!(trace.wholes(), [Whole::Close(None, vec![])]);
        let outcome = feed(&mut connection(role), &encode(role.peer(), frames));
        assert_eq!(sent_by(role, &outcome.replies), [Whole::Close(None, vec![])]);
        assert!(outcome.ended);
        // Garbage behind it is no failure either.
        let mut bytes = encode(role.peer(), [frame(OpCode::Close, "")]);
        bytes.extend_from_slice(&[0xff; 20]);
        assert_eq!(feed(&mut connection(role), &bytes).failure, None);
    }
}

#[test]
fn rfc6455_5_5_2_a_ping_is_answered_with_a_pong() {
    for role in ROLES {
        let frames = [
            frame(OpCode::Ping, ""),
            frame(OpCode::Text, "a").fin(false),
            frame(OpCode::Ping, "x"),
            frame(OpCode::Continuation, ""),
        ];
        let outcome = feed(&mut connection(role), &encode(role.peer(), frames));
        assert_eq!(sent_by(role, &outcome.replies), [Whole::Pong(vec![]), Whole::Pong(b"x".into())]);
    }
}

#[test]
fn rfc6455_5_5_2_a_ping_is_answered_after_a_sent_close_but_not_after_a_received_one() {
    for role in ROLES {
        let mut connection = connection(role);
        let mut out = Vec::new();
        connection.sender().close(None, masks, &mut out).unwrap();
        let frames = [frame(OpCode::Ping, "1"), frame(OpCode::Close, ""), frame(OpCode::Ping, "2")];
        let outcome = feed(&mut connection, &encode(role.peer(), frames));
        let pongs = support::receive_bytes(role.peer(), &outcome.replies).wholes();
        assert_eq!(pongs, [Whole::Pong(b"1".into())]);
    }
}

#[test]
fn rfc6455_5_5_3_a_pong_has_the_ping_s_payload() {
    for role in ROLES {
        for len in [0, 1, 5, 124, 125] {
            let payload = (0..len).map(|i| 255 - i as u8).collect::<Vec<_>>();
            let outcome = feed(&mut connection(role), &encode(role.peer(), [frame(OpCode::Ping, &payload)]));
            assert_eq!(sent_by(role, &outcome.replies), [Whole::Pong(payload)]);
        }
    }
}

#[test]
fn rfc6455_5_5_3_an_unasked_pong_gets_no_answer() {
    for role in ROLES {
        let outcome = feed(&mut connection(role), &encode(role.peer(), [frame(OpCode::Pong, "hi")]));
        assert!(outcome.replies.is_empty());
        assert_eq!((outcome.events.len(), outcome.failure), (1, None));
    }
}

#[test]
fn rfc6455_5_6_text_is_utf8_as_a_whole_but_not_in_every_fragment() {
    let text = "κόσμε 🎈";
    for at in 0..=text.len() {
        let frames = wire::raw::fragments(MessageKind::Text, text.as_bytes(), [at]);
        both_take(&frames, &[Whole::Message(MessageKind::Text, text.into())]);
        let single = wire::raw::fragments(MessageKind::Text, text.as_bytes(), vec![1; at]);
        both_take(&single, &[Whole::Message(MessageKind::Text, text.into())]);
    }
    both_fail(&[frame(OpCode::Text, "κό".as_bytes().split_last().unwrap().1)], FailureKind::InvalidUtf8);
}

#[test]
fn rfc6455_5_6_text_that_is_not_utf8_is_not_sent() {
    for role in ROLES {
        let mut sender = Sender::new(role);
        let mut out = Vec::new();
        let refused = Err(SendError::InvalidUtf8);
        for bad in [&b"\xff"[..], b"a\xc3", b"\xed\xa0\x80"] {
            let options = Default::default();
            assert_eq!(sender.message(MessageKind::Text, bad, options, masks, &mut out), refused);
        }
        assert_eq!(sender.begin(MessageKind::Text, false, b"\xff", masks, &mut out), refused);
        assert!(out.is_empty() && !sender.in_message());
        // A character may be cut by fragments, but not by the end of the message.
        sender.begin(MessageKind::Text, false, b"a\xc3", masks, &mut out).unwrap();
        let len = out.len();
        assert_eq!(sender.fragment(b"", true, masks, &mut out), refused);
        assert_eq!(sender.fragment(b"\xc3", false, masks, &mut out), refused);
        assert_eq!(out.len(), len);
        sender.fragment(b"\xa9", true, masks, &mut out).unwrap();
        assert_eq!(sent_by(role, &out), [Whole::Message(MessageKind::Text, "aé".into())]);
    }
}

#[test]
fn rfc6455_5_6_binary_is_any_bytes() {
    let payload = [0xff, 0xc0, 0x80, 0, 0xed, 0xa0];
    both_take(&[frame(OpCode::Binary, payload)], &[Whole::Message(MessageKind::Binary, payload.into())]);
}

#[test]
fn rfc6455_5_7_the_examples_of_the_rfc() {
    let hello = || Whole::Message(MessageKind::Text, b"Hello".into());
    let unmasked = b"\x81\x05Hello";
    let masked = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(support::receive_bytes(Role::Client, unmasked).wholes(), [hello()]);
    assert_eq!(support::receive_bytes(Role::Server, masked).wholes(), [hello()]);
    assert_eq!(support::receive_bytes(Role::Client, b"\x01\x03Hel\x80\x02lo").wholes(), [hello()]);
    let ping = b"\x89\x05Hello";
    let pong = b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    assert_eq!(feed(&mut connection(Role::Client), ping).replies, pong);
    for (len, head) in [(256, &b"\x82\x7e\x01\x00"[..]), (65_536, b"\x82\x7f\0\0\0\0\0\x01\0\0")] {
        let payload = vec![9; len];
        let bytes = [head, &payload].concat();
        let expected = Whole::Message(MessageKind::Binary, payload);
        assert_eq!(support::receive_bytes(Role::Client, &bytes).wholes(), [expected]);
    }
}

#[test]
fn rfc6455_5_8_nothing_reserved_has_a_meaning_that_was_not_negotiated() {
    for opcode in 0..16u8 {
        for reserved in 0..8u8 {
            let raw = frame(OpCode::Text, "").opcode(opcode).reserved(reserved << 4);
            let defined = matches!(opcode, 1 | 2 | 8 | 9 | 10) && reserved == 0;
            for role in ROLES {
                assert_eq!(receive(role, [raw.clone()]).failure.is_none(), defined, "{opcode} {reserved}");
            }
        }
    }
}
