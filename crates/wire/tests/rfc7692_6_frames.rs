//! Compressed messages in frames (RFC 7692 §6), from the frames' bits to whole messages, both roles.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

mod support;

use std::num::NonZeroUsize;
use std::sync::Arc;

use support::{KEY, ROLES, encode, frame, masks};
use wire::close::CloseCode;
use wire::deflate::{Deflater, Inflater, Params, Pool, Settings};
use wire::frame::{RSV1, RSV2, RSV3};
use wire::raw::{RawFrame, split_at};
use wire::{
    Assembler, Event, Failure, FailureKind, Limits, MessageKind, MessageOptions, OpCode, Receiver, Role,
    Scratch, Sender, Step,
};

/// "Hello" (§7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

/// The messages and the payloads of pings that the end in `role` gets out of its peer's frames, and its failure.
struct Got {
    messages: Vec<(MessageKind, Vec<u8>)>,
    pings: Vec<Vec<u8>>,
    failure: Option<Failure>,
}

fn read_pieces<'a>(
    role: Role,
    params: &Params,
    limits: Limits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Got {
    let mut receiver = Receiver::new(role, Arc::new(limits)).with_compression(true);
    let mut assembler = Assembler::with_inflater(Inflater::new(params, role), limits.message_len);
    let mut scratch = Scratch::default();
    let mut got = Got { messages: Vec::new(), pings: Vec::new(), failure: None };
    let mut buf = Vec::new();
    for piece in pieces {
        buf.extend_from_slice(piece);
        loop {
            let consumed = match receiver.step(&mut buf) {
                Ok(Step::Event { consumed, event }) => {
                    match event {
                        Event::Data(data) => match assembler.push(&data, &buf, &mut scratch) {
                            Ok(message) => {
                                got.messages.extend(message.map(|it| (it.kind, it.payload.into_owned())));
                            }
                            Err(failure) => got.failure = Some(failure),
                        },
                        Event::Ping(payload) => got.pings.push(buf[payload].to_vec()),
                        other => panic!("{other:?}"),
                    }
                    consumed
                }
                Ok(Step::NeedMore { .. } | Step::Ended) => break,
                Err(failure) => {
                    got.failure = Some(failure);
                    return got;
                }
            };
            if got.failure.is_some() {
                return got;
            }
            buf.drain(..consumed);
        }
    }
    got
}

/// What the end in `role` makes of its peer's frames, whether they come at once or byte by byte.
fn read(role: Role, params: &Params, frames: &[RawFrame]) -> Got {
    let bytes = encode(role.peer(), frames.iter().cloned());
    let at_once = read_pieces(role, params, Limits::default(), [&bytes[..]]);
    let single = read_pieces(role, params, Limits::default(), bytes.chunks(1));
    assert_eq!(at_once.messages, single.messages);
    assert_eq!(at_once.failure, single.failure);
    at_once
}

fn compressed(opcode: OpCode, payload: impl AsRef<[u8]>) -> RawFrame {
    frame(opcode, payload).reserved(RSV1)
}

#[track_caller]
fn both_read(frames: &[RawFrame], expected: &[&[u8]]) {
    for role in ROLES {
        let got = read(role, &Params::default(), frames);
        assert_eq!(got.failure, None, "{role:?}");
        let payloads: Vec<_> = got.messages.iter().map(|(_, payload)| &payload[..]).collect();
        assert_eq!(payloads, expected, "{role:?}");
    }
}

#[track_caller]
fn both_fail(frames: &[RawFrame], kind: FailureKind) {
    for role in ROLES {
        let got = read(role, &Params::default(), frames);
        assert_eq!(got.failure.map(|failure| failure.kind), Some(kind), "{role:?}");
    }
}

#[test]
fn rfc7692_6_rsv1_on_the_first_frame_marks_a_compressed_message() {
    both_read(&[compressed(OpCode::Text, HELLO)], &[b"Hello"]);
    both_read(
        &[
            compressed(OpCode::Binary, &HELLO[..3]).fin(false),
            frame(OpCode::Continuation, b"").fin(false),
            frame(OpCode::Continuation, &HELLO[3..]),
        ],
        &[b"Hello"],
    );
}

#[test]
fn rfc7692_6_a_message_without_rsv1_is_not_compressed() {
    both_read(&[frame(OpCode::Binary, HELLO)], &[&HELLO]);
}

#[test]
fn rfc7692_6_1_rsv1_on_a_continuation_fails() {
    let first = compressed(OpCode::Text, &HELLO[..3]).fin(false);
    both_fail(&[first, compressed(OpCode::Continuation, &HELLO[3..])], FailureKind::MisplacedCompressedBit);
    let plain = frame(OpCode::Text, b"a").fin(false);
    both_fail(&[plain, compressed(OpCode::Continuation, HELLO)], FailureKind::MisplacedCompressedBit);
}

#[test]
fn rfc7692_6_1_rsv1_on_a_control_frame_fails() {
    for opcode in [OpCode::Ping, OpCode::Pong, OpCode::Close] {
        both_fail(&[compressed(opcode, b"")], FailureKind::MisplacedCompressedBit);
    }
}

#[test]
fn rfc7692_6_rsv2_and_rsv3_have_no_meaning() {
    for bits in [RSV2, RSV3, RSV1 | RSV2, RSV1 | RSV3, RSV2 | RSV3] {
        both_fail(&[frame(OpCode::Text, HELLO).reserved(bits)], FailureKind::ReservedBits);
    }
}

#[test]
fn rfc7692_6_2_control_frames_between_the_fragments_are_not_inflated() {
    for role in ROLES {
        let frames = [
            compressed(OpCode::Text, &HELLO[..2]).fin(false),
            frame(OpCode::Ping, HELLO),
            frame(OpCode::Continuation, &HELLO[2..5]).fin(false),
            frame(OpCode::Ping, b""),
            frame(OpCode::Continuation, &HELLO[5..]),
        ];
        let got = read(role, &Params::default(), &frames);
        assert_eq!(got.pings, [&HELLO[..], b""]);
        assert_eq!(got.messages, [(MessageKind::Text, b"Hello".to_vec())]);
    }
}

#[test]
fn rfc7692_6_2_compressed_follows_plain_follows_empty() {
    let again = [0xf2, 0x00, 0x11, 0x00, 0x00];
    both_read(
        &[
            compressed(OpCode::Text, HELLO),
            frame(OpCode::Text, b""),
            frame(OpCode::Text, b"plain"),
            compressed(OpCode::Text, [0x00]),
            compressed(OpCode::Text, again),
            compressed(OpCode::Text, b""),
            frame(OpCode::Text, b"").fin(false),
            frame(OpCode::Continuation, b""),
            compressed(OpCode::Text, again).fin(false),
            frame(OpCode::Continuation, b""),
        ],
        &[b"Hello", b"", b"plain", b"", b"Hello", b"", b"", b"Hello"],
    );
}

#[test]
fn rfc7692_6_2_text_is_checked_once_it_is_inflated() {
    for text in [&b"\xff"[..], b"\xed\xa0\x80", b"abc\xe2\x82"] {
        let mut payload = Vec::new();
        Deflater::new(&Params::default(), Role::Server, Settings::default()).deflate(
            &mut Pool::default(),
            text,
            true,
            &mut payload,
        );
        both_fail(&[compressed(OpCode::Text, &payload)], FailureKind::InvalidUtf8);
        both_read(&[compressed(OpCode::Binary, &payload)], &[text]);
    }
}

#[test]
fn rfc7692_6_2_bad_text_fails_before_its_message_ends() {
    let stored = [0x00, 0x02, 0x00, 0xfd, 0xff, b'a', 0xff];
    both_fail(&[compressed(OpCode::Text, stored).fin(false)], FailureKind::InvalidUtf8);
}

#[test]
fn rfc7692_6_2_a_character_may_lie_across_fragments() {
    let euro = "\u{20ac}".as_bytes();
    let stored = [&[0x00, 0x03, 0x00, 0xfc, 0xff][..], euro, &[0x00]].concat();
    let frames = [
        compressed(OpCode::Text, &stored[..6]).fin(false),
        frame(OpCode::Continuation, &stored[6..7]).fin(false),
        frame(OpCode::Continuation, &stored[7..]),
    ];
    both_read(&frames, &[euro]);
}

#[test]
fn rfc7692_7_2_2_broken_data_fails_with_1007() {
    both_fail(&[compressed(OpCode::Binary, b"not deflate")], FailureKind::InvalidDeflate);
    assert_eq!(FailureKind::InvalidDeflate.close_code(), CloseCode::INVALID_PAYLOAD);
}

#[test]
fn rfc7692_8_the_limit_holds_for_the_inflated_message() {
    let limits = Limits { message_len: 1000, ..Limits::default() };
    for role in ROLES {
        for (len, fails) in [(1000, false), (1001, true), (1_000_000, true)] {
            let mut payload = Vec::new();
            let mut deflater = Deflater::new(&Params::default(), role.peer(), Settings::default());
            deflater.deflate(&mut Pool::default(), &vec![b'a'; len], true, &mut payload);
            let bytes = encode(role.peer(), [compressed(OpCode::Text, &payload)]);
            let got = read_pieces(role, &Params::default(), limits, [&bytes[..]]);
            assert_eq!(
                got.failure.map(|failure| failure.kind),
                fails.then_some(FailureKind::MessageTooLarge)
            );
            assert_eq!(got.messages.len(), usize::from(!fails));
        }
    }
}

#[test]
fn rfc7692_6_1_sends_rsv1_on_the_first_frame_only_and_never_on_control_frames() {
    for role in ROLES {
        let (mut sender, mut out) = (Sender::new(role), Vec::new());
        let options = MessageOptions { compressed: true, fragment_len: NonZeroUsize::new(3) };
        sender.message(MessageKind::Text, &HELLO, options, masks, &mut out).unwrap();
        sender.ping(b"", masks, &mut out).unwrap();
        sender
            .message(
                MessageKind::Text,
                &HELLO,
                MessageOptions { compressed: true, ..Default::default() },
                masks,
                &mut out,
            )
            .unwrap();
        sender.binary(b"plain", masks, &mut out).unwrap();
        let expected = encode(
            role,
            [
                compressed(OpCode::Text, &HELLO[..3]).fin(false),
                frame(OpCode::Continuation, &HELLO[3..6]).fin(false),
                frame(OpCode::Continuation, &HELLO[6..]),
                frame(OpCode::Ping, b""),
                compressed(OpCode::Text, HELLO),
                frame(OpCode::Binary, b"plain"),
            ],
        );
        assert_eq!(out, expected, "{role:?} {KEY:x?}");
    }
}

#[test]
fn rfc7692_6_what_one_end_sends_the_other_reads_however_it_is_cut() {
    for role in ROLES {
        for params in [
            Params::default(),
            Params {
                server_no_context_takeover: true,
                client_no_context_takeover: true,
                ..Params::default()
            },
        ] {
            let messages: Vec<Vec<u8>> = (0..40)
                .map(|i| format!("message {} of many, ", i % 7).repeat(i * i % 61).into_bytes())
                .collect();
            let mut deflater =
                Deflater::new(&params, role, Settings { threshold: 30, ..Settings::default() });
            let (mut sender, mut pool, mut out) = (Sender::new(role), Pool::default(), Vec::new());
            for (at, message) in messages.iter().enumerate() {
                let mut payload = Vec::new();
                let compressed = deflater.deflate_message(&mut pool, message, &mut payload);
                let payload = if compressed { &payload } else { message };
                let options = MessageOptions { compressed, fragment_len: NonZeroUsize::new(at % 5 * 10) };
                sender.message(MessageKind::Text, payload, options, masks, &mut out).unwrap();
                sender.ping(b"!", masks, &mut out).unwrap();
            }
            for step in [1, 2, 7, 100, 1000, out.len()] {
                let pieces = split_at(&out, (step..out.len()).step_by(step));
                let got = read_pieces(role.peer(), &params, Limits::default(), pieces);
                assert_eq!(got.failure, None);
                assert_eq!(
                    got.messages.into_iter().map(|(_, payload)| payload).collect::<Vec<_>>(),
                    messages
                );
                assert_eq!(got.pings.len(), messages.len());
            }
        }
    }
}
