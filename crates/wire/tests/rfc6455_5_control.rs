//! RFC 6455 §5.5 to §5.8: control frames, data frames, extensibility.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

mod support;

use std::num::NonZeroUsize;

use support::driver::{Driver, Whole};
use support::{ROLES, both_fail, both_take, encode, fed, feed, frame, receive, receive_bytes, refused, send};
use wire::frame::LengthForm;
use wire::raw::{RawFrame, RawLength};
use wire::{CloseCode, End, FailureKind, MessageKind, NotSent, OpCode, Role, SendError, SharedMessage};

const CONTROL: [OpCode; 3] = [OpCode::Close, OpCode::Ping, OpCode::Pong];

fn close(code: u16, reason: &str) -> RawFrame {
    wire::raw::close(code, reason.as_bytes())
}

/// A connection that has begun to close.
fn closing(role: Role) -> Driver {
    let mut driver = Driver::new(role);
    driver.send(|out| out.close(Some((CloseCode::NORMAL, "")), End::Finished)).unwrap();
    assert_eq!(driver.sent(), [Whole::Close(Some(1000), vec![])]);
    driver
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
        let mut driver = Driver::new(role);
        let payload = [0; 126];
        let too_long = refused(SendError::ControlTooLong(126));
        assert_eq!(driver.send(|out| out.ping(&payload)), too_long);
        assert_eq!(driver.send(|out| out.pong(&payload)), too_long);
        let reason = "x".repeat(124);
        let result = driver.send(|out| out.close(Some((CloseCode::NORMAL, &reason)), End::Finished));
        assert!(matches!(result, Err(NotSent::Refused(SendError::Close(_)))), "{result:?}");
        assert!(driver.output.is_empty() && !driver.connection.is_closing());
        driver.send(|out| out.ping(&payload[1..])).unwrap();
        driver.send(|out| out.close(Some((CloseCode::NORMAL, &reason[1..])), End::Finished)).unwrap();
        assert_eq!(driver.sent().len(), 2);
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
        let out = send(role, |out| {
            out.ping(b"").unwrap();
            out.pong(b"").unwrap();
            out.close(None, End::Finished).unwrap();
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
    let out = send(Role::Server, |out| {
        out.close(Some((CloseCode(1001), "bye")), End::Finished).unwrap();
    });
    assert_eq!(out, b"\x88\x05\x03\xe9bye");
    let out = send(Role::Server, |out| out.close(None, End::Finished).unwrap());
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
        let out = send(Role::Client, |out| out.close(status, End::Finished).unwrap());
        assert_eq!(out[1] & 0x80, 0x80);
    }
    // Also the one that answers.
    assert_eq!(fed(Role::Client, [close(1000, "")]).output[1] & 0x80, 0x80);
}

#[test]
fn rfc6455_5_5_1_no_data_after_a_sent_close() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.send(|out| out.begin(MessageKind::Text, b"a")).unwrap();
        driver.send(|out| out.close(Some((CloseCode::NORMAL, "")), End::Finished)).unwrap();
        let len = driver.output.len();
        let closed = refused(SendError::Closed);
        assert_eq!(driver.send(|out| out.fragment(b"b", true)), closed);
        for kind in [MessageKind::Text, MessageKind::Binary] {
            assert_eq!(driver.send(|out| out.send(kind, b"x")), closed);
            assert_eq!(driver.send(|out| out.send_fragmented(kind, b"x", NonZeroUsize::MIN)), closed);
            assert_eq!(driver.send(|out| out.send_bytes(kind, "x".into())), closed);
            assert_eq!(driver.send(|out| out.begin(kind, b"")), closed);
            let shared = SharedMessage::new(kind, "x".into(), None).unwrap();
            assert_eq!(driver.send(|out| out.send_shared(&shared)), closed);
        }
        assert_eq!(driver.send(|out| out.ping(b"")), closed);
        assert_eq!(driver.send(|out| out.close(None, End::Finished)), closed);
        assert_eq!(driver.output.len(), len);
    }
}

#[test]
fn rfc6455_5_5_1_a_close_is_answered_with_its_code() {
    for role in ROLES {
        for (body, echo) in [
            (frame(OpCode::Close, ""), Whole::Close(None, vec![])),
            // Browsers show the page the reason that comes back.
            (close(1000, "done"), Whole::Close(Some(1000), b"done".into())),
            (close(4999, ""), Whole::Close(Some(4999), vec![])),
        ] {
            let trace = receive(role, [body]);
            assert_eq!(trace.sent, [echo]);
            assert_eq!(trace.close_sent, trace.close_received);
            assert_eq!(trace.end, End::PeerClosed);
        }
    }
}

#[test]
fn rfc6455_5_5_1_a_close_between_fragments_is_answered() {
    for role in ROLES {
        // Between the peer's fragments.
        let mut receiving = fed(role, [frame(OpCode::Text, "a").fin(false), close(1000, "")]);
        assert_eq!(receiving.sent(), [Whole::Close(Some(1000), vec![])]);
        // Between its own.
        let mut sending = Driver::new(role);
        sending.send(|out| out.begin(MessageKind::Text, b"a")).unwrap();
        feed(&mut sending, [close(1000, "")]);
        assert_eq!(sending.sent(), [Whole::Close(Some(1000), vec![])]);
        assert_eq!(sending.send(|out| out.fragment(b"b", true)), refused(SendError::Closed));
    }
}

#[test]
fn rfc6455_5_5_1_a_close_that_answers_is_not_answered() {
    for role in ROLES {
        let mut driver = closing(role);
        assert!(driver.connection.wants_input(&driver.turn) && !driver.has_finished());
        feed(&mut driver, [close(1000, "")]);
        assert!(driver.output.is_empty());
        assert!(driver.has_finished());
    }
}

#[test]
fn rfc6455_5_5_1_data_is_still_received_after_a_sent_close() {
    for role in ROLES {
        // It is checked, but nobody waits for it any more, as in browsers.
        let frames = [frame(OpCode::Text, "la").fin(false), frame(OpCode::Continuation, "te")];
        let mut driver = closing(role);
        feed(&mut driver, frames);
        feed(&mut driver, [frame(OpCode::Close, "")]);
        assert_eq!(driver.wholes, [Whole::Close(None, vec![])]);
        assert!(driver.output.is_empty() && driver.has_finished());
        let summary = driver.summary();
        assert!(summary.is_clean() && summary.cause.is_none(), "{summary:?}");

        let mut driver = closing(role);
        feed(&mut driver, [frame(OpCode::Text, [0xff])]);
        assert_eq!(support::failure(&mut driver), Some(FailureKind::InvalidUtf8));
    }
}

#[test]
fn rfc6455_5_5_1_nothing_is_received_after_a_close() {
    for role in ROLES {
        let frames = [frame(OpCode::Close, ""), frame(OpCode::Text, "x"), frame(OpCode::Ping, "")];
        let trace = receive(role, frames);
        assert_eq!(trace.wholes, [Whole::Close(None, vec![])]);
        assert_eq!(trace.sent, [Whole::Close(None, vec![])]);
        // Garbage behind it is no failure either.
        let mut bytes = encode(role.peer(), [frame(OpCode::Close, "")]);
        bytes.extend_from_slice(&[0xff; 20]);
        let garbled = receive_bytes(role, &bytes);
        assert_eq!((garbled.failure, garbled.end), (None, End::PeerClosed));
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
        assert_eq!(receive(role, frames).sent, [Whole::Pong(vec![]), Whole::Pong(b"x".into())]);
    }
}

#[test]
fn rfc6455_5_5_2_a_ping_is_answered_after_a_sent_close_but_not_after_a_received_one() {
    for role in ROLES {
        let mut driver = closing(role);
        feed(&mut driver, [frame(OpCode::Ping, "1"), frame(OpCode::Close, ""), frame(OpCode::Ping, "2")]);
        assert_eq!(driver.sent(), [Whole::Pong(b"1".into())]);
    }
}

#[test]
fn rfc6455_5_5_3_a_pong_has_the_ping_s_payload() {
    for role in ROLES {
        for len in [0, 1, 5, 124, 125] {
            let payload = (0..len).map(|i| 255 - i as u8).collect::<Vec<_>>();
            assert_eq!(receive(role, [frame(OpCode::Ping, &payload)]).sent, [Whole::Pong(payload)]);
        }
    }
}

#[test]
fn rfc6455_5_5_3_an_unasked_pong_gets_no_answer() {
    for role in ROLES {
        let trace = receive(role, [frame(OpCode::Pong, "hi")]);
        assert!(trace.sent.is_empty());
        assert_eq!((&*trace.wholes, trace.failure), (&[Whole::Pong(b"hi".into())][..], None));
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
        let mut driver = Driver::new(role);
        let refused = refused(SendError::InvalidUtf8);
        let text = MessageKind::Text;
        for bad in [&b"\xff"[..], b"a\xc3", b"\xed\xa0\x80"] {
            assert_eq!(driver.send(|out| out.send(text, bad)), refused);
            assert_eq!(driver.send(|out| out.send_fragmented(text, bad, NonZeroUsize::MIN)), refused);
            assert_eq!(driver.send(|out| out.send_bytes(text, bad.into())), refused);
            assert_eq!(SharedMessage::new(text, bad.into(), None).unwrap_err(), bad);
        }
        assert_eq!(driver.send(|out| out.begin(text, b"\xff")), refused);
        assert!(driver.output.is_empty());
        // No message has begun.
        assert_eq!(driver.send(|out| out.fragment(b"", true)), support::refused(SendError::NoMessage));
        // A character may be cut by fragments, but not by the end of the message.
        driver.send(|out| out.begin(text, b"a\xc3")).unwrap();
        let len = driver.output.len();
        assert_eq!(driver.send(|out| out.fragment(b"", true)), refused);
        assert_eq!(driver.send(|out| out.fragment(b"\xc3", false)), refused);
        assert_eq!(driver.output.len(), len);
        driver.send(|out| out.fragment(b"\xa9", true)).unwrap();
        assert_eq!(driver.sent(), [Whole::Message(text, "aé".into())]);
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
    assert_eq!(receive_bytes(Role::Client, unmasked).wholes, [hello()]);
    assert_eq!(receive_bytes(Role::Server, masked).wholes, [hello()]);
    assert_eq!(receive_bytes(Role::Client, b"\x01\x03Hel\x80\x02lo").wholes, [hello()]);
    let ping = b"\x89\x05Hello";
    let pong = b"\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    let mut client = Driver::new(Role::Client);
    client.feed(ping);
    assert_eq!(client.output, pong);
    for (len, head) in [(256, &b"\x82\x7e\x01\x00"[..]), (65_536, b"\x82\x7f\0\0\0\0\0\x01\0\0")] {
        let payload = vec![9; len];
        let bytes = [head, &payload].concat();
        let expected = Whole::Message(MessageKind::Binary, payload);
        assert_eq!(receive_bytes(Role::Client, &bytes).wholes, [expected]);
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
