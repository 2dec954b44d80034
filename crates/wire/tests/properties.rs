//! Properties that hold for any input: against naive versions, against the standard library, against itself cut apart.

#[path = "support/fuzz/mod.rs"]
#[allow(dead_code, reason = "every test file uses its part")]
mod fuzz;
mod support;

use proptest::collection::vec;
use proptest::prelude::*;
use wire::deflate::Pool;
use wire::frame::{Header, LengthForm};
use wire::raw::{RawFrame, RawLength, RawMask};
use wire::utf8::Utf8;
use wire::{FailureKind, Observed, Observer, OpCode, mask};

use support::driver::{Whole, trace};

fn naive_mask(payload: &[u8], key: [u8; 4]) -> Vec<u8> {
    payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]).collect()
}

/// Bytes that are often almost text: whole characters with a byte changed, cut or put in here and there.
fn almost_text() -> impl Strategy<Value = Vec<u8>> {
    let character = prop_oneof![
        8 => any::<char>().prop_map(|c| c.to_string().into_bytes()),
        8 => "[ -~]{1,80}".prop_map(String::into_bytes),
        2 => "[\u{80}-\u{7ff}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{1,30}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 1..3),
        1 => (any::<char>(), 1..4usize).prop_map(|(c, len)| {
            let bytes = c.to_string().into_bytes();
            bytes[..len.min(bytes.len())].to_vec()
        }),
    ];
    vec(character, 0..12).prop_map(|pieces| pieces.concat())
}

/// Frames that are mostly legal, so that runs get further than the first one.
fn frames() -> impl Strategy<Value = Vec<RawFrame>> {
    let opcode = prop_oneof![
        6 => prop::sample::select(vec![0u8, 1, 2]),
        3 => prop::sample::select(vec![9u8, 10]),
        1 => Just(8u8),
        1 => 0..16u8,
    ];
    let payload = prop_oneof![
        4 => "\\PC{0,40}".prop_map(String::into_bytes),
        2 => almost_text(),
        1 => vec(any::<u8>(), 120..132),
        1 => Just([0x03, 0xe8].to_vec()),
        1 => vec(any::<u8>(), 0..400),
    ];
    let length = prop_oneof![
        20 => Just(RawLength::Minimal),
        1 => Just(RawLength::Form(LengthForm::Medium)),
        1 => any::<u64>().prop_map(|len| RawLength::Declared(LengthForm::Long, len)),
    ];
    let reserved = prop_oneof![20 => Just(0u8), 2 => Just(0x40), 1 => Just(0x10)];
    let frame = (opcode, prop::bool::weighted(0.6), reserved, payload, length).prop_map(
        |(opcode, fin, reserved, payload, length)| {
            let fin = fin || opcode >= 8;
            RawFrame::new(OpCode::Text, payload).opcode(opcode).fin(fin).reserved(reserved).length(length)
        },
    );
    vec(frame, 0..8)
}

/// An input of the fuzz targets: the first byte chooses the role, masks fit it.
fn input() -> impl Strategy<Value = (u8, Vec<u8>)> {
    (0..4u8, any::<[u8; 4]>(), frames()).prop_map(|(choice, key, frames)| {
        let mut bytes = Vec::new();
        for frame in frames {
            let frame = if choice & 1 == 0 { frame.masked(key) } else { frame };
            frame.encode(&mut bytes);
        }
        (choice, bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn masking_is_the_naive_one(payload in vec(any::<u8>(), 0..400), key: [u8; 4]) {
        let expected = naive_mask(&payload, key);
        let mut in_place = payload.clone();
        mask::apply(&mut in_place, key);
        prop_assert_eq!(&in_place, &expected);
        mask::apply(&mut in_place, key);
        prop_assert_eq!(&in_place, &payload);
        let mut out = vec![9];
        mask::append(&payload, key, &mut out);
        prop_assert_eq!(&out[1..], &expected);
    }

    #[test]
    fn masking_may_be_cut_anywhere(payload in vec(any::<u8>(), 1..300), key: [u8; 4], at: prop::sample::Index) {
        let at = at.index(payload.len());
        let mut cut = payload.clone();
        mask::apply(&mut cut[..at], key);
        mask::apply(&mut cut[at..], mask::rotate(key, at));
        prop_assert_eq!(cut, naive_mask(&payload, key));
    }

    #[test]
    fn masking_while_moving_is_masking_and_moving(
        payload in vec(any::<u8>(), 0..400),
        key: [u8; 4],
        before in 0..100usize,
        gap in 0..100usize,
        behind in 0..10usize,
    ) {
        let src = before + gap;
        let mut buf = vec![0xaa; src];
        buf.extend_from_slice(&payload);
        buf.resize(buf.len() + behind, 0xbb);
        let (front, back) = (buf[..before].to_vec(), buf[src + payload.len()..].to_vec());
        mask::apply_shifted(&mut buf, src, before, payload.len(), key);
        prop_assert_eq!(&buf[..before], &front);
        prop_assert_eq!(&buf[before..before + payload.len()], naive_mask(&payload, key));
        prop_assert_eq!(&buf[src + payload.len()..], &back, "what lies behind is left alone");
    }

    /// With each byte, and with any two pieces: an error exactly when the standard library sees one that no
    /// continuation could mend.
    #[test]
    fn text_fails_where_the_standard_library_sees_it(text in almost_text()) {
        let doomed = |bytes: &[u8]| std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some());
        let mut single = Utf8::new();
        let mut alive = true;
        for end in 1..=text.len() {
            alive = alive && single.push(&text[end - 1..end]).is_ok();
            prop_assert_eq!(alive, !doomed(&text[..end]));
        }
        for at in 0..=text.len() {
            let mut utf8 = Utf8::new();
            let first = utf8.push(&text[..at]).is_ok();
            prop_assert_eq!(first, !doomed(&text[..at]));
            if first {
                let second = utf8.push(&text[at..]).is_ok();
                prop_assert_eq!(second, !doomed(&text));
                if second {
                    prop_assert_eq!(utf8.finish().is_ok(), std::str::from_utf8(&text).is_ok());
                    prop_assert_eq!(utf8, Utf8::new());
                }
            }
        }
    }

    #[test]
    fn headers_survive_reading_and_writing(bytes in vec(any::<u8>(), 0..20)) {
        match Header::read(&bytes) {
            Ok((header, len)) => {
                prop_assert_eq!(&*header.write(), &bytes[..len]);
                prop_assert_eq!(header.encoded_len(), len);
            }
            Err(needed) => prop_assert!(needed > bytes.len()),
        }
    }

    #[test]
    fn raw_frames_are_what_they_were_asked_to_be(
        first: u8,
        key: Option<[u8; 4]>,
        pretend: bool,
        payload in vec(any::<u8>(), 0..300),
    ) {
        let mask = match key {
            None => RawMask::Absent,
            Some(key) if pretend => RawMask::Pretended(key),
            Some(key) => RawMask::Applied(key),
        };
        let raw = RawFrame { first, mask, length: RawLength::Minimal, payload: payload.clone() };
        let bytes = raw.to_bytes();
        let (header, len) = Header::read(&bytes).expect("a whole header");
        prop_assert_eq!(bytes[0], first);
        prop_assert_eq!((header.mask, header.len), (key, payload.len() as u64));
        let expected = if let RawMask::Applied(key) = mask { naive_mask(&payload, key) } else { payload };
        prop_assert_eq!(&bytes[len..], &expected);
    }

    #[test]
    fn any_split_gives_the_same((choice, bytes) in input(), seed: u8) {
        fuzz::split::run(&[&[choice, seed], &*bytes].concat());
    }

    #[test]
    fn every_single_cut_gives_the_same((choice, mut bytes) in input()) {
        bytes.truncate(300);
        let at_once = fuzz::settled(trace(fuzz::driver(choice), [&*bytes]), choice & 2 != 0);
        for at in 1..bytes.len() {
            let (front, back) = bytes.split_at(at);
            let cut = fuzz::settled(trace(fuzz::driver(choice), [front, back]), choice & 2 != 0);
            prop_assert_eq!(&at_once, &cut, "cut at {}", at);
        }
    }

    /// Whoever looks on sees what the reader gets, however the bytes are cut.
    #[test]
    fn an_observer_sees_what_a_connection_takes((choice, bytes) in input(), seed: u8) {
        let expected = trace(fuzz::driver(choice), [&*bytes]);
        let (role, compression) = fuzz::choice(choice);
        let mut observer = Observer::new(role.peer(), compression.as_ref(), fuzz::LIMITS);
        let (mut pool, mut seen, mut failure) = (Pool::new(1), Vec::new(), None);
        for piece in fuzz::pieces(&bytes, seed) {
            let outcome = observer.observe(&mut pool, piece, |observed| seen.push(match observed {
                Observed::Message(kind, payload) => Whole::Message(kind, payload.into()),
                Observed::Ping(payload) => Whole::Ping(payload.into()),
                Observed::Pong(payload) => Whole::Pong(payload.into()),
                Observed::Close(code, reason) => Whole::Close(code.map(|code| code.0), reason.into()),
            }));
            failure = failure.or(outcome.err().map(|failure| failure.kind));
        }
        prop_assert_eq!(&seen, &expected.wholes);
        let settled = |kind: FailureKind| if fuzz::is_bad_data(kind) { FailureKind::InvalidDeflate } else { kind };
        prop_assert_eq!(failure.map(settled), expected.failure.map(settled));
    }

    #[test]
    fn a_connection_takes_anything((choice, bytes) in input()) {
        fuzz::decode::run(&[&[choice], &*bytes].concat());
    }

    #[test]
    fn what_is_sent_is_received(choice: u8, seed: u8, program in vec(any::<u8>(), 0..300)) {
        fuzz::round_trip::run(&[&[choice, seed], &*program].concat());
    }

    #[test]
    fn tungstenite_sees_the_same((choice, bytes) in input()) {
        fuzz::differential::run(&[&[choice & 1], &*bytes].concat());
    }
}

#[test]
fn every_cut_of_every_boundary_text_is_judged_as_by_the_standard_library() {
    // All pairs of the bytes at the borders of the grammar, between text long enough for vectors.
    let borders = [
        0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
        0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
    ];
    let padding = [b'.'; 70];
    for a in borders {
        for b in borders {
            for c in borders {
                let text = [&padding[..], &[a, b, c, 0x80, 0x80]].concat();
                for at in 69..=text.len() {
                    let mut utf8 = Utf8::new();
                    let valid = utf8.push(&text[..at]).is_ok()
                        && utf8.push(&text[at..]).is_ok()
                        && utf8.finish().is_ok();
                    assert_eq!(valid, std::str::from_utf8(&text).is_ok(), "{a:x} {b:x} {c:x} at {at}");
                }
            }
        }
    }
}

#[test]
fn a_failure_is_small() {
    assert_eq!(size_of::<Result<(), FailureKind>>(), 1);
}
