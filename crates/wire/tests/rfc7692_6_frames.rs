//! Compressed messages in frames (RFC 7692 §6), from the frames' bits to whole messages, both roles.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

mod support;

use std::num::NonZeroUsize;

use support::driver::{Driver, Trace, Whole, trace};
use support::{ROLES, encode, frame, model};
use wire::close::CloseCode;
use wire::deflate::{Deflater, Params, Pool, Settings};
use wire::frame::{RSV1, RSV2, RSV3};
use wire::raw::{RawFrame, split_at};
use wire::{ConnectionSettings, FailureKind, Limits, MessageKind, OpCode, Role};

/// "Hello" (§7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];

fn driver(role: Role, params: &Params, limits: Limits) -> Driver {
    Driver::with(role, Some(*params), ConnectionSettings { limits, ..ConnectionSettings::default() })
}

/// What the end in `role` makes of its peer's frames, whether they come at once or byte by byte.
fn read(role: Role, params: &Params, frames: &[RawFrame]) -> Trace {
    let bytes = encode(role.peer(), frames.iter().cloned());
    let at_once = trace(driver(role, params, Limits::default()), [&bytes[..]]);
    let single = trace(driver(role, params, Limits::default()), bytes.chunks(1));
    assert_eq!(at_once, single);
    at_once
}

/// The payloads of the messages.
fn payloads(trace: &Trace) -> Vec<&[u8]> {
    let payloads = trace.wholes.iter().filter_map(|whole| match whole {
        Whole::Message(_, payload) => Some(&payload[..]),
        _ => None,
    });
    payloads.collect()
}

fn compressed(opcode: OpCode, payload: impl AsRef<[u8]>) -> RawFrame {
    frame(opcode, payload).reserved(RSV1)
}

#[track_caller]
fn both_read(frames: &[RawFrame], expected: &[&[u8]]) {
    for role in ROLES {
        let got = read(role, &Params::default(), frames);
        assert_eq!(got.failure, None, "{role:?}");
        assert_eq!(payloads(&got), expected, "{role:?}");
    }
}

#[track_caller]
fn both_fail(frames: &[RawFrame], kind: FailureKind) {
    for role in ROLES {
        let got = read(role, &Params::default(), frames);
        assert_eq!(got.failure, Some(kind), "{role:?}");
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
        let hello = Whole::Message(MessageKind::Text, b"Hello".into());
        assert_eq!(got.wholes, [Whole::Ping(HELLO.into()), Whole::Ping(vec![]), hello]);
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
            let got = trace(driver(role, &Params::default(), limits), [&bytes[..]]);
            assert_eq!(got.failure, fails.then_some(FailureKind::MessageTooLarge));
            assert_eq!(payloads(&got).len(), usize::from(!fails));
        }
    }
}

#[test]
fn rfc7692_6_1_sends_rsv1_on_the_first_frame_only_and_never_on_control_frames() {
    for role in ROLES {
        let settings = ConnectionSettings {
            deflate: Settings { threshold: 10, ..Settings::default() },
            ..ConnectionSettings::default()
        };
        let mut driver = Driver::with(role, Some(Params::default()), settings);
        driver.send(|out| {
            let three = NonZeroUsize::new(3).unwrap();
            out.send_fragmented(MessageKind::Text, b"Hello, Hello, Hello", three).unwrap();
            out.ping(b"at least ten bytes").unwrap();
            out.send(MessageKind::Text, b"Hello, Hello, Hello").unwrap();
            out.send(MessageKind::Binary, b"plain").unwrap();
        });
        let frames = model::frames(&driver.output);
        let (last, first) = frames.split_last_chunk::<3>().map(|(first, last)| (last, first)).unwrap();
        let (head, pieces) = first.split_first().unwrap();
        assert_eq!((head.fin, head.reserved, head.opcode, head.payload.len()), (false, RSV1, 1, 3));
        assert!(pieces.len() > 1, "it takes several frames");
        for (at, piece) in pieces.iter().enumerate() {
            assert_eq!((piece.fin, piece.reserved, piece.opcode), (at + 1 == pieces.len(), 0, 0));
        }
        let heads = last.each_ref().map(|frame| (frame.fin, frame.reserved, frame.opcode));
        assert_eq!(heads, [(true, 0, 9), (true, RSV1, 1), (true, 0, 2)]);
        assert_eq!(driver.sent().len(), 4, "and the peer inflates it");
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
            let mut sender = driver(role, &params, Limits::default());
            for (at, message) in messages.iter().enumerate() {
                sender.send(|out| {
                    match NonZeroUsize::new(at % 5 * 10) {
                        None => out.send(MessageKind::Text, message).unwrap(),
                        Some(len) => out.send_fragmented(MessageKind::Text, message, len).unwrap(),
                    }
                    out.ping(b"!").unwrap();
                });
            }
            let sent = sender.output;
            for step in [1, 2, 7, 100, 1000, sent.len()] {
                let pieces = split_at(&sent, (step..sent.len()).step_by(step));
                let got = trace(driver(role.peer(), &params, Limits::default()), pieces);
                assert_eq!(got.failure, None);
                assert_eq!(payloads(&got), messages);
                assert_eq!(got.wholes.len(), 2 * messages.len(), "each with its Ping");
            }
        }
    }
}
