//! RFC 6455 §5.4: fragments.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

mod support;

use std::num::NonZeroUsize;

use support::driver::{Driver, Whole, trace};
use support::{ROLES, both_fail, both_take, encode, frame, model, receive, refused, send, sent_by};
use wire::{FailureKind, Incoming, Limits, MessageKind, OpCode, SendError, SharedMessage};

fn text(payload: &str) -> Whole {
    Whole::Message(MessageKind::Text, payload.into())
}

fn binary(payload: &[u8]) -> Whole {
    Whole::Message(MessageKind::Binary, payload.into())
}

#[test]
fn rfc6455_5_4_unfragmented_and_fragmented_messages_are_received() {
    both_take(
        &[
            frame(OpCode::Text, "one"),
            frame(OpCode::Text, "t").fin(false),
            frame(OpCode::Continuation, "w").fin(false),
            frame(OpCode::Continuation, "o"),
            frame(OpCode::Binary, "th").fin(false),
            frame(OpCode::Continuation, "ree"),
        ],
        &[text("one"), text("two"), binary(b"three")],
    );
}

#[test]
fn rfc6455_5_4_empty_fragments_are_received() {
    both_take(
        &[
            frame(OpCode::Text, "").fin(false),
            frame(OpCode::Continuation, "").fin(false),
            frame(OpCode::Continuation, "a").fin(false),
            frame(OpCode::Continuation, ""),
            frame(OpCode::Binary, "").fin(false),
            frame(OpCode::Continuation, ""),
        ],
        &[text("a"), binary(b"")],
    );
}

#[test]
fn rfc6455_5_4_fragments_may_have_any_size() {
    let payload = (0..200_000u32).map(|i| i as u8).collect::<Vec<_>>();
    for len in [1, 7, 125, 126, 65_535, 65_536, 199_999] {
        for role in ROLES {
            let lens = std::iter::repeat_n(len, (payload.len() - 1) / len);
            let frames = wire::raw::fragments(MessageKind::Binary, &payload, lens);
            let bytes = encode(role.peer(), frames);
            let trace = trace(Driver::limited(role, Limits::NONE), [&*bytes]);
            assert_eq!((trace.failure, &*trace.wholes), (None, &[binary(&payload)][..]));
        }
    }
}

#[test]
fn rfc6455_5_4_fragments_are_sent_in_order_with_the_opcode_in_the_first_and_fin_in_the_last() {
    for role in ROLES {
        let output = send(role, |out| {
            let four = NonZeroUsize::new(4).unwrap();
            out.send_fragmented(MessageKind::Text, b"abcdefghij", four).unwrap();
            out.begin(MessageKind::Binary, b"1").unwrap();
            out.fragment(b"2", false).unwrap();
            out.fragment(b"", true).unwrap();
        });
        let heads = model::frames(&output).iter().map(|frame| (frame.fin, frame.opcode)).collect::<Vec<_>>();
        assert_eq!(heads, [(false, 1), (false, 0), (true, 0), (false, 2), (false, 0), (true, 0)]);
        assert_eq!(sent_by(role, &output), [text("abcdefghij"), binary(b"12")]);
    }
}

#[test]
fn rfc6455_5_4_every_fragment_has_the_type_of_the_first() {
    for role in ROLES {
        let frames = [
            frame(OpCode::Binary, "a").fin(false),
            frame(OpCode::Ping, ""),
            frame(OpCode::Continuation, "b"),
        ];
        // The second one is no text, though it might be some.
        assert_eq!(receive(role, frames).wholes, [Whole::Ping(vec![]), binary(b"ab")]);
        let frames = [frame(OpCode::Text, "a").fin(false), frame(OpCode::Continuation, [0xff])];
        assert_eq!(receive(role, frames).failure, Some(FailureKind::InvalidUtf8));
    }
}

#[test]
fn rfc6455_5_4_control_frames_between_fragments_are_handled() {
    both_take(
        &[
            frame(OpCode::Text, "a").fin(false),
            frame(OpCode::Ping, "ping"),
            frame(OpCode::Continuation, "b").fin(false),
            frame(OpCode::Pong, ""),
            frame(OpCode::Ping, ""),
            frame(OpCode::Continuation, "c"),
        ],
        &[Whole::Ping(b"ping".into()), Whole::Pong(vec![]), Whole::Ping(vec![]), text("abc")],
    );
}

#[test]
fn rfc6455_5_4_control_frames_may_be_sent_between_fragments() {
    for role in ROLES {
        let output = send(role, |out| {
            out.begin(MessageKind::Text, b"a").unwrap();
            out.ping(b"1").unwrap();
            out.pong(b"2").unwrap();
            out.fragment(b"b", true).unwrap();
        });
        let expected = [Whole::Ping(b"1".into()), Whole::Pong(b"2".into()), text("ab")];
        assert_eq!(sent_by(role, &output), expected);
    }
}

#[test]
fn rfc6455_5_4_a_fragmented_control_frame_fails() {
    for opcode in [OpCode::Close, OpCode::Ping, OpCode::Pong] {
        both_fail(&[frame(opcode, "").fin(false)], FailureKind::FragmentedControl);
        let first = frame(OpCode::Text, "a").fin(false);
        both_fail(&[first, frame(opcode, "").fin(false)], FailureKind::FragmentedControl);
    }
}

#[test]
fn rfc6455_5_4_a_continuation_of_nothing_fails() {
    for fin in [true, false] {
        let stray = frame(OpCode::Continuation, "x").fin(fin);
        both_fail(std::slice::from_ref(&stray), FailureKind::UnexpectedContinuation);
        both_fail(&[frame(OpCode::Text, "whole"), stray.clone()], FailureKind::UnexpectedContinuation);
        let message = [frame(OpCode::Text, "a").fin(false), frame(OpCode::Continuation, "b")];
        both_fail(&[&message[..], &[stray]].concat(), FailureKind::UnexpectedContinuation);
    }
}

#[test]
fn rfc6455_5_4_fragments_of_two_messages_never_interleave() {
    for opcode in [OpCode::Text, OpCode::Binary] {
        for fin in [true, false] {
            let first = frame(OpCode::Text, "a").fin(false);
            both_fail(&[first.clone(), frame(opcode, "x").fin(fin)], FailureKind::ExpectedContinuation);
            let ping = frame(OpCode::Ping, "");
            both_fail(&[first, ping, frame(opcode, "x").fin(fin)], FailureKind::ExpectedContinuation);
        }
    }
}

#[test]
fn rfc6455_5_4_the_sender_refuses_to_interleave_messages() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        let busy = refused(SendError::MessageInProgress);
        assert_eq!(driver.send(|out| out.fragment(b"x", true)), refused(SendError::NoMessage));
        driver.send(|out| out.begin(MessageKind::Text, b"a")).unwrap();
        let len = driver.output.len();
        for kind in [MessageKind::Text, MessageKind::Binary] {
            assert_eq!(driver.send(|out| out.send(kind, b"x")), busy);
            assert_eq!(driver.send(|out| out.send_fragmented(kind, b"x", NonZeroUsize::MIN)), busy);
            assert_eq!(driver.send(|out| out.send_bytes(kind, "x".into())), busy);
            assert_eq!(driver.send(|out| out.begin(kind, b"x")), busy);
            let shared = SharedMessage::new(kind, "x".into(), None).unwrap();
            assert_eq!(driver.send(|out| out.send_shared(&shared)), busy);
        }
        // Nor is what arrives sent back in between, wherever it lies.
        let mut echoed = Vec::new();
        let frames = [
            frame(OpCode::Text, "x"),
            frame(OpCode::Text, vec![b'x'; 5000]).fin(false),
            frame(OpCode::Continuation, "x"),
        ];
        driver.feed_to(&encode(role.peer(), frames), |incoming, out| {
            if let Incoming::Message(message) = incoming {
                echoed.push(out.echo(message));
            }
        });
        assert_eq!(echoed, [busy, busy]);
        assert_eq!(driver.output.len(), len, "a refusal writes nothing");
        driver.send(|out| out.fragment(b"b", true)).unwrap();
        driver.send(|out| out.send(MessageKind::Text, b"x")).unwrap();
        assert_eq!(driver.sent(), [text("ab"), text("x")]);
    }
}

/// What came, and what it came in: frames and bytes.
fn made_of(driver: &mut Driver, bytes: &[u8], cuts: usize) -> Vec<(Vec<u8>, Vec<usize>, u64)> {
    let role = driver.role();
    driver.send(|out| out.note_frames(true));
    let mut found = Vec::new();
    for piece in bytes.chunks(cuts) {
        driver.feed_to(piece, |incoming, _| {
            if let Incoming::Message(message) = incoming {
                found.push((message.payload.to_vec(), message.frames().to_vec(), message.wire_len(role)));
            }
        });
    }
    found
}

#[test]
fn rfc6455_5_4_an_endpoint_is_told_the_frames_of_a_message_and_can_send_them_again() {
    for role in ROLES {
        let mask = if role == wire::Role::Server { 4 } else { 0 };
        let bytes = encode(
            role.peer(),
            [
                frame(OpCode::Text, "whole"),
                frame(OpCode::Text, "ab").fin(false),
                frame(OpCode::Ping, "x"),
                frame(OpCode::Continuation, "").fin(false),
                frame(OpCode::Continuation, "cde"),
                frame(OpCode::Binary, vec![7; 300]),
            ],
        );
        for cuts in [1, 3, bytes.len()] {
            let found = made_of(&mut Driver::new(role), &bytes, cuts);
            let expected = [
                (b"whole".to_vec(), vec![], 7 + mask),
                (b"abcde".to_vec(), vec![2, 2, 5], 11 + 3 * mask),
                (vec![7; 300], vec![], 304 + mask),
            ];
            assert_eq!(found, expected, "{cuts}");
        }
        let output = send(role, |out| {
            out.send_cut(MessageKind::Text, b"abcde", &[2, 2, 5]).unwrap();
            out.send_cut(MessageKind::Binary, b"x", &[]).unwrap();
        });
        let sent: Vec<_> = model::frames(&output)
            .iter()
            .map(|frame| (frame.fin, frame.opcode, frame.payload.len()))
            .collect();
        assert_eq!(sent, [(false, 1, 2), (false, 0, 0), (true, 0, 3), (true, 2, 1)]);
    }
}

#[test]
fn rfc6455_5_4_pings_come_between_fragments_and_a_message_that_has_room_to_begin_is_sent_to_its_end() {
    let three = NonZeroUsize::new(3).unwrap();
    for role in ROLES {
        let output = send(role, |out| {
            out.send_with_pings(MessageKind::Text, b"abcdefgh", three).unwrap();
            out.send_with_pings(MessageKind::Binary, b"abc", three).unwrap();
        });
        let sent: Vec<_> = model::frames(&output)
            .iter()
            .map(|frame| (frame.fin, frame.opcode, frame.payload.len()))
            .collect();
        let first = [(false, 1, 3), (true, 9, 0), (false, 0, 3), (true, 9, 0), (true, 0, 2)];
        assert_eq!(sent, [&first[..], &[(true, 2, 3)]].concat());
        // Much more than may wait.
        let output = send(role, |out| {
            let most = 4 * out.settings().queue_bytes;
            out.send_with_pings(MessageKind::Binary, &vec![7; most], NonZeroUsize::new(1000).unwrap())
                .unwrap();
            assert_eq!(out.send(MessageKind::Text, b"no more"), Err(wire::NotSent::QueueFull));
        });
        assert!(model::frames(&output).last().is_some_and(|frame| frame.fin && frame.opcode == 0));
    }
}

#[test]
fn rfc6455_5_4_frames_that_nobody_asks_for_are_not_noted() {
    let bytes = encode(
        wire::Role::Client,
        [frame(OpCode::Text, "ab").fin(false), frame(OpCode::Continuation, "cde")],
    );
    let mut driver = Driver::new(wire::Role::Server);
    driver.feed_to(&bytes, |incoming, _| {
        let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
        assert!(message.frames().is_empty());
    });
}

#[test]
fn rfc7692_6_the_frames_of_a_compressed_message_are_told_as_they_were_inflated() {
    let offer = wire::deflate::Offer::BROWSER;
    let (response, params) = (wire::deflate::ServerPolicy::default().answer_offer(&offer), offer);
    let params = wire::deflate::Params::agreed(&params, &response);
    let settings = wire::ConnectionSettings::default;
    let payload: Vec<u8> = (0..4000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
    let mut client = Driver::with(wire::Role::Client, Some(params), settings());
    client.send(|out| out.send(MessageKind::Text, &payload)).unwrap();
    let whole = std::mem::take(&mut client.output);
    let hundred = NonZeroUsize::new(1000).unwrap();
    client.send(|out| out.send_fragmented(MessageKind::Text, &payload, hundred)).unwrap();
    let cut = std::mem::take(&mut client.output);
    for cuts in [7, usize::MAX] {
        let mut server = Driver::with(wire::Role::Server, Some(params), settings());
        let [(text, frames, wire_len)] = &made_of(&mut server, &whole, cuts)[..] else { panic!("one") };
        assert!((text, frames, *wire_len) == (&payload, &vec![], whole.len() as u64));
        let [(text, frames, wire_len)] = &made_of(&mut server, &cut, cuts)[..] else { panic!("one") };
        assert_eq!((text, *wire_len), (&payload, cut.len() as u64));
        assert_eq!(frames.len(), model::frames(&cut).len());
        assert!(frames.is_sorted() && frames.last() == Some(&payload.len()), "{frames:?}");
    }
}
