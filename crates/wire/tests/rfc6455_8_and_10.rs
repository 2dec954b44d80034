//! RFC 6455 §8 and §10: bad text, limits.

mod support;

use std::sync::Arc;

use support::trace::{Trace, Whole, trace};
use support::{ROLES, both_take, encode, frame, receiver};
use wire::frame::LengthForm;
use wire::raw::{RawFrame, RawLength};
use wire::{Assembler, Event, FailureKind, Limits, MessageKind, OpCode, Receiver, Role, Scratch, Step};

/// Texts that are not UTF-8, with the position of the first byte that no continuation can mend.
const BAD: &[(&[u8], usize)] = &[
    (b"\x80", 0),
    (b"\xbf", 0),
    (b"\xc0\x80", 0),
    (b"\xc1\xbf", 0),
    (b"ab\xc3(", 3),
    (b"\xe0\x80\x80", 1),
    (b"\xe0\x9f\xbf", 1),
    (b"\xe2\x82(", 2),
    (b"\xed\xa0\x80", 1),
    (b"\xed\xbf\xbf", 1),
    (b"\xf0\x80\x80\x80", 1),
    (b"\xf0\x9f\x8e(", 3),
    (b"\xf4\x90\x80\x80", 1),
    (b"\xf5\x80\x80\x80", 0),
    (b"\xff", 0),
    ("\u{3ba}\u{1f79}\u{3c3}\u{3bc}\u{3b5}".as_bytes(), usize::MAX),
    (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", 12),
    (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited", 12),
];

#[test]
fn rfc6455_8_1_bad_text_fails_with_the_first_bad_byte() {
    for &(text, bad) in BAD {
        // Padding brings the bad byte before, on and behind the border from which vectors are used.
        for padding in [0, 1, 61, 62, 63, 64, 65, 130] {
            let text = [&vec![b'x'; padding], text].concat();
            let bad = bad.saturating_add(padding);
            for role in ROLES {
                // The message goes on behind what has come so far: nothing but the bytes themselves can be wrong.
                let message = [text.clone(), vec![b'y'; 300]].concat();
                let mut bytes = encode(role.peer(), [frame(OpCode::Text, &message)]);
                let header = bytes.len() - message.len();
                for arrived in 1..=text.len() {
                    let mut receiver = receiver(role);
                    let step = receiver.step(&mut bytes.clone()[..header + arrived]);
                    assert_eq!(step.is_err(), arrived > bad, "{text:x?} {arrived}");
                }
                let failure = trace(&mut receiver(role), bytes.chunks_mut(1).map(|byte| &*byte)).failure;
                assert_eq!(failure, (bad < text.len()).then_some(FailureKind::InvalidUtf8));
            }
        }
    }
    assert_eq!(FailureKind::InvalidUtf8.close_code().0, 1007);
}

#[test]
fn rfc6455_8_1_bad_text_fails_at_once_across_fragments() {
    for &(text, bad) in BAD.iter().filter(|(_, bad)| *bad != usize::MAX) {
        for role in ROLES {
            let frames = text.iter().enumerate().map(|(i, byte)| {
                frame(if i == 0 { OpCode::Text } else { OpCode::Continuation }, [*byte]).fin(false)
            });
            let trace = trace(&mut receiver(role), [&*encode(role.peer(), frames)]);
            assert_eq!(trace.failure, Some(FailureKind::InvalidUtf8));
            assert_eq!(trace.seen.len(), bad, "{text:x?}");
        }
    }
}

#[test]
fn rfc6455_8_1_a_message_that_ends_within_a_character_fails() {
    for text in ["é", "€", "😀"] {
        for cut in 1..text.len() {
            for role in ROLES {
                let part = &text.as_bytes()[..cut];
                let bytes = encode(role.peer(), [frame(OpCode::Text, part)]);
                assert_eq!(support::receive_bytes(role, &bytes).failure, Some(FailureKind::InvalidUtf8));
                let frames = wire::raw::fragments(MessageKind::Text, part, [cut]);
                let bytes = encode(role.peer(), frames);
                assert_eq!(support::receive_bytes(role, &bytes).failure, Some(FailureKind::InvalidUtf8));
            }
        }
    }
}

#[test]
fn rfc6455_8_1_one_message_s_end_is_not_the_next_one_s_start() {
    let text = |payload: &str| Whole::Message(MessageKind::Text, payload.into());
    both_take(
        &[frame(OpCode::Text, "é"), frame(OpCode::Binary, [0xc3]), frame(OpCode::Text, "a")],
        &[text("é"), Whole::Message(MessageKind::Binary, vec![0xc3]), text("a")],
    );
}

fn limited(role: Role, limits: Limits, frames: impl IntoIterator<Item = RawFrame>) -> Trace {
    let bytes = encode(role.peer(), frames);
    trace(&mut Receiver::new(role, Arc::new(limits)), [&*bytes])
}

#[test]
fn rfc6455_10_4_frames_are_limited_at_their_header() {
    let limits = Limits { frame_len: 1000, ..Limits::default() };
    for role in ROLES {
        assert_eq!(limited(role, limits, [frame(OpCode::Binary, [0; 1000])]).failure, None);
        let too_large = frame(OpCode::Binary, [0; 1001]);
        let bytes = encode(role.peer(), [too_large]);
        // The declared length is enough; not even the masking key is waited for.
        let failure = trace(&mut Receiver::new(role, Arc::new(limits)), [&bytes[..4]]).failure;
        assert_eq!(failure, Some(FailureKind::FrameTooLarge));
        let huge = frame(OpCode::Text, "").length(RawLength::Declared(LengthForm::Long, i64::MAX as u64));
        assert_eq!(limited(role, limits, [huge]).failure, Some(FailureKind::FrameTooLarge));
    }
    assert_eq!(FailureKind::FrameTooLarge.close_code().0, 1009);
}

#[test]
fn rfc6455_10_4_messages_are_limited_over_all_their_frames() {
    let limits = Limits { message_len: 1000, ..Limits::default() };
    for role in ROLES {
        let first = frame(OpCode::Binary, [0; 600]).fin(false);
        let fits = limited(role, limits, [first.clone(), frame(OpCode::Continuation, [0; 400])]);
        assert_eq!((fits.failure, fits.wholes().len()), (None, 1));
        let failure = limited(role, limits, [first, frame(OpCode::Continuation, [0; 401])]).failure;
        assert_eq!(failure, Some(FailureKind::MessageTooLarge));
        let failure = limited(role, limits, [frame(OpCode::Binary, [0; 1001])]).failure;
        assert_eq!(failure, Some(FailureKind::MessageTooLarge));
        // The sum can't overflow into a small one.
        let limits = Limits { frame_len: u64::MAX, message_len: i64::MAX as u64, ..limits };
        let first = frame(OpCode::Binary, [0; 600]).fin(false);
        let huge = RawLength::Declared(LengthForm::Long, i64::MAX as u64);
        let failure = limited(role, limits, [first, frame(OpCode::Continuation, "").length(huge)]).failure;
        assert_eq!(failure, Some(FailureKind::MessageTooLarge));
    }
    assert_eq!(FailureKind::MessageTooLarge.close_code().0, 1009);
}

#[test]
fn rfc6455_10_4_one_message_s_length_is_not_the_next_one_s() {
    let limits = Limits { message_len: 1000, fragments: 2, ..Limits::default() };
    for role in ROLES {
        let message = [frame(OpCode::Binary, [0; 600]).fin(false), frame(OpCode::Continuation, [0; 400])];
        let trace = limited(role, limits, [message.clone(), message.clone(), message].concat());
        assert_eq!((trace.failure, trace.wholes().len()), (None, 3));
    }
}

#[test]
fn rfc6455_10_4_fragments_are_limited() {
    let limits = Limits { fragments: 3, ..Limits::default() };
    for role in ROLES {
        let fits = limited(role, limits, wire::raw::fragments(MessageKind::Text, b"abc", [1, 1]));
        assert_eq!((fits.failure, fits.wholes().len()), (None, 1));
        // Empty ones count too.
        for lens in [[1, 1, 1], [0, 0, 0]] {
            let frames = wire::raw::fragments(MessageKind::Text, b"abc", lens);
            assert_eq!(limited(role, limits, frames).failure, Some(FailureKind::TooManyFragments));
        }
    }
    assert_eq!(FailureKind::TooManyFragments.close_code().0, 1009);
}

#[test]
fn rfc6455_10_4_memory_follows_what_arrived_and_not_what_was_declared() {
    for role in ROLES {
        let huge = frame(OpCode::Binary, [1; 100]).length(RawLength::Declared(LengthForm::Long, 16 << 20));
        let mut bytes = encode(role.peer(), [huge]);
        let mut receiver = receiver(role);
        let Ok(Step::Event { event: Event::Data(data), .. }) = receiver.step(&mut bytes) else { panic!() };
        let mut assembler = Assembler::new();
        assert_eq!(assembler.push(&data, &bytes, &mut Scratch::default()), Ok(None));
        assert!(assembler.held_bytes() < 1000, "{}", assembler.held_bytes());
    }
}

#[test]
fn rfc6455_10_4_a_message_of_65536_fragments_is_cheap() {
    let payload = vec![b'x'; 65_536 * 64];
    for role in ROLES {
        let frames = wire::raw::fragments(MessageKind::Text, &payload, vec![64; 65_535]);
        let mut bytes = encode(role.peer(), frames);
        let mut receiver = receiver(role);
        let (mut assembler, mut scratch) = (Assembler::new(), Scratch::default());
        let (mut at, mut events, mut whole) = (0, 0, None);
        while let Ok(Step::Event { consumed, event: Event::Data(data) }) = receiver.step(&mut bytes[at..]) {
            events += 1;
            if let Some(message) = assembler.push(&data, &bytes[at..], &mut scratch).unwrap() {
                whole = Some(message.payload.len());
            }
            at += consumed;
        }
        assert_eq!((events, whole), (65_536, Some(payload.len())));
    }
}

#[test]
fn rfc6455_10_7_data_is_checked_however_it_was_announced() {
    // The same bad text, in every length form that can carry it and in a message that began well.
    for len in [3, 126, 65_536] {
        for role in ROLES {
            let mut payload = vec![b'x'; len];
            payload[len - 1] = 0xff;
            let bytes = encode(role.peer(), [frame(OpCode::Text, &payload)]);
            assert_eq!(support::receive_bytes(role, &bytes).failure, Some(FailureKind::InvalidUtf8));
        }
    }
}
