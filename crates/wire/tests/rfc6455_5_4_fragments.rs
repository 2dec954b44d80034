//! RFC 6455 §5.4: fragments.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

mod support;

use std::num::NonZeroUsize;

use support::trace::{Seen, Whole, trace};
use support::{KEY, ROLES, both_fail, both_take, encode, frame, masks, receive, receive_bytes, send};
use wire::frame::Header;
use wire::{FailureKind, MessageKind, MessageOptions, OpCode, Receiver, SendError, Sender};

fn text(payload: &str) -> Whole {
    Whole::Message(MessageKind::Text, payload.into())
}

fn binary(payload: &[u8]) -> Whole {
    Whole::Message(MessageKind::Binary, payload.into())
}

/// The headers of well-formed frames.
fn headers(mut bytes: &[u8]) -> Vec<Header> {
    let mut headers = Vec::new();
    while !bytes.is_empty() {
        let (header, len) = Header::read(bytes).unwrap();
        bytes = &bytes[len + header.len as usize..];
        headers.push(header);
    }
    headers
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
            let mut receiver = Receiver::new(role, std::sync::Arc::new(wire::Limits::NONE));
            assert_eq!(trace(&mut receiver, [&*bytes]).wholes(), [binary(&payload)]);
        }
    }
}

#[test]
fn rfc6455_5_4_fragments_are_sent_in_order_with_the_opcode_in_the_first_and_fin_in_the_last() {
    for role in ROLES {
        let out = send(role, |sender, out| {
            let options = MessageOptions { fragment_len: NonZeroUsize::new(4), compressed: false };
            sender.message(MessageKind::Text, b"abcdefghij", options, masks, out).unwrap();
            sender.begin(MessageKind::Binary, false, b"1", masks, out).unwrap();
            sender.fragment(b"2", false, masks, out).unwrap();
            sender.fragment(b"", true, masks, out).unwrap();
        });
        let heads = headers(&out).iter().map(|header| (header.fin, header.opcode)).collect::<Vec<_>>();
        assert_eq!(heads, [(false, 1), (false, 0), (true, 0), (false, 2), (false, 0), (true, 0)]);
        let trace = receive_bytes(role.peer(), &out);
        assert_eq!(trace.wholes(), [text("abcdefghij"), binary(b"12")]);
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
        let kinds = receive(role, frames).seen.into_iter().filter_map(|seen| match seen {
            Seen::Frame { kind, .. } => Some(kind),
            _ => None,
        });
        assert_eq!(kinds.collect::<Vec<_>>(), [MessageKind::Binary; 2]);
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
        let out = send(role, |sender, out| {
            sender.begin(MessageKind::Text, false, b"a", masks, out).unwrap();
            sender.ping(b"1", masks, out).unwrap();
            sender.pong(b"2", masks, out).unwrap();
            sender.fragment(b"b", true, masks, out).unwrap();
        });
        let wholes = receive_bytes(role.peer(), &out).wholes();
        assert_eq!(wholes, [Whole::Ping(b"1".into()), Whole::Pong(b"2".into()), text("ab")]);
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
        let mut sender = Sender::new(role);
        let mut out = Vec::new();
        assert_eq!(sender.fragment(b"x", true, masks, &mut out), Err(SendError::NoMessage));
        sender.begin(MessageKind::Text, false, b"a", masks, &mut out).unwrap();
        let len = out.len();
        let busy = Err(SendError::MessageInProgress);
        assert_eq!(sender.text("x", masks, &mut out), busy);
        assert_eq!(sender.binary(b"x", masks, &mut out), busy);
        assert_eq!(sender.begin(MessageKind::Text, false, b"x", masks, &mut out), busy);
        let options = MessageOptions::default();
        assert_eq!(sender.message(MessageKind::Text, b"x", options, masks, &mut out), busy);
        assert_eq!(
            sender.data_header(MessageKind::Binary, false, true, 1, KEY).map(|_| ()),
            Err(SendError::MessageInProgress)
        );
        assert_eq!(out.len(), len, "a refusal writes nothing");
        sender.fragment(b"b", true, masks, &mut out).unwrap();
        sender.text("x", masks, &mut out).unwrap();
    }
}
