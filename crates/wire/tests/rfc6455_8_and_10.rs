//! RFC 6455 §8 and §10: bad text, limits.

mod support;

use support::driver::{Driver, Trace, Whole, trace};
use support::{ROLES, both_take, encode, feed, frame};
use wire::frame::LengthForm;
use wire::raw::{RawFrame, RawLength};
use wire::{FailureKind, Limits, MessageKind, OpCode, Role};

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
                let bytes = encode(role.peer(), [frame(OpCode::Text, &message)]);
                let header = bytes.len() - message.len();
                for arrived in 1..=text.len() {
                    let mut driver = Driver::new(role);
                    driver.feed(&bytes[..header + arrived]);
                    assert_eq!(driver.connection.is_closing(), arrived > bad, "{text:x?} {arrived}");
                }
                // Byte by byte: not before the bad one, and with it.
                let mut driver = Driver::new(role);
                let good = bytes.len().min(header.saturating_add(bad));
                bytes[..good].chunks(1).for_each(|byte| driver.feed(byte));
                assert!(!driver.connection.is_closing());
                let failure = trace(driver, bytes[good..].chunks(1)).failure;
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
            let mut driver = Driver::new(role);
            for (at, frame) in frames.enumerate().take(bad + 1) {
                assert!(!driver.connection.is_closing(), "{text:x?} {at}");
                feed(&mut driver, [frame]);
            }
            assert_eq!(driver.trace().failure, Some(FailureKind::InvalidUtf8));
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
    trace(Driver::limited(role, limits), [&*bytes])
}

#[test]
fn rfc6455_10_4_frames_are_limited_at_their_header() {
    let limits = Limits { frame_len: 1000, ..Limits::default() };
    for role in ROLES {
        assert_eq!(limited(role, limits, [frame(OpCode::Binary, [0; 1000])]).failure, None);
        let too_large = frame(OpCode::Binary, [0; 1001]);
        let bytes = encode(role.peer(), [too_large]);
        // The declared length is enough; not even the masking key is waited for.
        let failure = trace(Driver::limited(role, limits), [&bytes[..4]]).failure;
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
        assert_eq!((fits.failure, fits.wholes.len()), (None, 1));
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
        assert_eq!((trace.failure, trace.wholes.len()), (None, 3));
    }
}

#[test]
fn rfc6455_10_4_fragments_are_limited() {
    let limits = Limits { fragments: 3, ..Limits::default() };
    for role in ROLES {
        let fits = limited(role, limits, wire::raw::fragments(MessageKind::Text, b"abc", [1, 1]));
        assert_eq!((fits.failure, fits.wholes.len()), (None, 1));
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
        let mut driver = Driver::new(role);
        feed(&mut driver, [huge]);
        // A read ahead for what will most likely come, but by far not all of it.
        assert!(driver.connection.held_bytes() <= 128 << 10, "{}", driver.connection.held_bytes());
        let most = vec![1; 1 << 20];
        driver.feed(&most);
        assert!(driver.connection.held_bytes() <= 2 * most.len(), "{}", driver.connection.held_bytes());
    }
}

#[test]
fn rfc6455_10_4_a_message_of_65536_fragments_is_cheap() {
    let payload = vec![b'x'; 65_536 * 64];
    for role in ROLES {
        let frames = wire::raw::fragments(MessageKind::Text, &payload, vec![64; 65_535]);
        let trace = trace(Driver::new(role), [&*encode(role.peer(), frames)]);
        assert_eq!(trace.wholes, [Whole::Message(MessageKind::Text, payload.clone())]);
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
