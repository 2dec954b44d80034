//! Raw frames: what a receiver would never let pass goes out exactly as it was asked for.

use wire::frame::{Header, LengthForm, RSV1, RSV3};
use wire::raw::{self, RawFrame, RawLength};
use wire::{MessageKind, OpCode};

#[test]
fn every_bit_of_the_first_byte_is_free() {
    for first in 0..=255u8 {
        let built = RawFrame::new(OpCode::Text, "")
            .fin(first & 0x80 != 0)
            .reserved(first & 0x70)
            .opcode(first & 0x0f)
            .to_bytes();
        assert_eq!(built, [first, 0]);
    }
    // Setting one group of bits leaves the others alone.
    let frame = RawFrame::new(OpCode::Ping, "").reserved(RSV1 | RSV3).fin(false).opcode(15);
    assert_eq!(frame.first, 0x5f);
    assert_eq!(frame.reserved(0).fin(true).first, 0x8f);
}

#[test]
fn a_length_may_be_longer_than_it_needs_to_be() {
    let frame = RawFrame::new(OpCode::Binary, "ab");
    let medium = frame.clone().length(RawLength::Form(LengthForm::Medium)).to_bytes();
    assert_eq!(medium, b"\x82\x7e\0\x02ab");
    let long = frame.length(RawLength::Form(LengthForm::Long)).to_bytes();
    assert_eq!(long, b"\x82\x7f\0\0\0\0\0\0\0\x02ab");
}

#[test]
fn a_length_may_lie() {
    let frame = RawFrame::new(OpCode::Binary, "ab");
    let more = frame.clone().length(RawLength::Declared(LengthForm::Short, 100)).to_bytes();
    assert_eq!(more, b"\x82\x64ab");
    let less = frame.clone().length(RawLength::Declared(LengthForm::Short, 1)).to_bytes();
    assert_eq!(less, b"\x82\x01ab");
    let endless = frame.length(RawLength::Declared(LengthForm::Long, u64::MAX)).to_bytes();
    assert_eq!(endless, b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xffab");
}

#[test]
fn a_length_that_its_form_cannot_hold_loses_its_high_bits() {
    let frame = RawFrame::new(OpCode::Binary, vec![0; 300]).length(RawLength::Form(LengthForm::Short));
    assert_eq!(frame.to_bytes()[..2], [0x82, 44], "300 modulo 128");
}

#[test]
fn fragments_follow_the_lengths_given() {
    let frames = raw::fragments(MessageKind::Text, "aé😀".as_bytes(), [0, 2, 3]);
    let parts = frames.iter().map(|frame| (frame.first, &*frame.payload)).collect::<Vec<_>>();
    assert_eq!(
        parts,
        [(0x01, &b""[..]), (0x00, b"a\xc3"), (0x00, b"\xa9\xf0\x9f"), (0x80, b"\x98\x80")],
        "cut within characters"
    );
    // Lengths beyond the end make empty fragments.
    let frames = raw::fragments(MessageKind::Binary, b"ab", [9, 9]);
    assert_eq!(frames.iter().map(|frame| frame.payload.len()).collect::<Vec<_>>(), [2, 0, 0]);
}

#[test]
fn a_close_may_say_anything() {
    assert_eq!(raw::close(1005, b"").to_bytes(), b"\x88\x02\x03\xed");
    assert_eq!(raw::close(0, b"\xff").to_bytes(), b"\x88\x03\0\0\xff");
    let long = raw::close(1000, &[b'x'; 200]).to_bytes();
    let (header, len) = Header::read(&long).expect("a whole header");
    assert_eq!((header.len, header.form, long.len()), (202, LengthForm::Medium, len + 202));
}

#[test]
fn bytes_are_cut_anywhere_and_lose_nothing() {
    let bytes = RawFrame::new(OpCode::Text, "hello").masked([1, 2, 3, 4]).to_bytes();
    let cut = |positions: &[usize]| {
        let pieces = raw::split_at(&bytes, positions.iter().copied()).map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(pieces.concat(), bytes);
        pieces.iter().map(Vec::len).collect::<Vec<_>>()
    };
    assert_eq!(cut(&[]), [11]);
    assert_eq!(cut(&[1, 4]), [1, 3, 7], "within the header and within the key");
    assert_eq!(cut(&[5, 5, 11, 99]), [5, 6]);
    assert_eq!(cut(&(1..11).collect::<Vec<_>>()), [1; 11]);
}
