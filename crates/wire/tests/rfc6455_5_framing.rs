//! RFC 6455 §5.1 to §5.3: headers and masks.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

mod support;

use std::num::NonZeroUsize;

use support::trace::{Whole, trace};
use support::{KEY, ROLES, both_fail, both_take, encode, frame, masks, receive_bytes, receiver, send};
use wire::frame::{Header, LengthForm, RSV1, RSV2, RSV3};
use wire::raw::{RawLength, RawMask};
use wire::{Event, FailureKind, MessageKind, MessageOptions, OpCode, Receiver, Role, Sender, Step};

const OPCODES: [OpCode; 5] = [OpCode::Text, OpCode::Binary, OpCode::Close, OpCode::Ping, OpCode::Pong];

fn text(payload: &str) -> Whole {
    Whole::Message(MessageKind::Text, payload.into())
}

fn binary(payload: &[u8]) -> Whole {
    Whole::Message(MessageKind::Binary, payload.into())
}

/// One frame of every kind that a sender can make.
fn one_of_each(sender: &mut Sender, masks: &mut impl FnMut() -> [u8; 4], out: &mut Vec<u8>) {
    sender.text("text", &mut *masks, out).unwrap();
    sender.binary(b"binary", &mut *masks, out).unwrap();
    sender.begin(MessageKind::Text, false, b"frag", &mut *masks, out).unwrap();
    sender.ping(b"ping", &mut *masks, out).unwrap();
    sender.pong(b"pong", &mut *masks, out).unwrap();
    sender.fragment(b"ment", true, &mut *masks, out).unwrap();
    sender.close(None, &mut *masks, out).unwrap();
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
fn rfc6455_5_1_client_masks_every_frame() {
    let out = send(Role::Client, |sender, out| one_of_each(sender, &mut masks, out));
    let headers = headers(&out);
    assert_eq!(headers.len(), 7);
    assert!(headers.iter().all(|header| header.mask == Some(KEY)));
}

#[test]
fn rfc6455_5_1_server_masks_no_frame() {
    let out = send(Role::Server, |sender, out| {
        one_of_each(sender, &mut || panic!("a server needs no key"), out);
    });
    let headers = headers(&out);
    assert_eq!(headers.len(), 7);
    assert!(headers.iter().all(|header| header.mask.is_none()));
}

#[test]
fn rfc6455_5_1_server_ignores_a_key_it_is_given() {
    let mut sender = Sender::new(Role::Server);
    let header = sender.data_header(MessageKind::Binary, false, true, 5, KEY).unwrap();
    assert_eq!(&*header, [0x82, 5]);
}

#[test]
fn rfc6455_5_1_server_fails_on_a_frame_without_mask() {
    for opcode in OPCODES {
        let bytes = frame(opcode, "").to_bytes();
        assert_eq!(receive_bytes(Role::Server, &bytes).failure, Some(FailureKind::UnmaskedFrame));
        // Two bytes are enough to tell.
        let bytes = frame(opcode, "x").to_bytes();
        assert_eq!(receive_bytes(Role::Server, &bytes[..2]).failure, Some(FailureKind::UnmaskedFrame));
    }
    let fragments = [frame(OpCode::Text, "a").fin(false).masked(KEY), frame(OpCode::Continuation, "b")];
    let bytes = fragments.iter().flat_map(wire::raw::RawFrame::to_bytes).collect::<Vec<_>>();
    assert_eq!(receive_bytes(Role::Server, &bytes).failure, Some(FailureKind::UnmaskedFrame));
    assert_eq!(FailureKind::UnmaskedFrame.close_code().0, 1002);
}

#[test]
fn rfc6455_5_1_client_fails_on_a_frame_with_mask() {
    for opcode in OPCODES {
        // A key of zeros leaves the payload as it is, and is a mask all the same.
        for key in [KEY, [0; 4]] {
            let bytes = frame(opcode, "").masked(key).to_bytes();
            assert_eq!(receive_bytes(Role::Client, &bytes).failure, Some(FailureKind::MaskedFrame));
            assert_eq!(receive_bytes(Role::Client, &bytes[..2]).failure, Some(FailureKind::MaskedFrame));
        }
    }
    assert_eq!(FailureKind::MaskedFrame.close_code().0, 1002);
}

#[test]
fn rfc6455_5_2_reserved_bits_fail() {
    for bits in 1..8u8 {
        for opcode in OPCODES {
            both_fail(&[frame(opcode, "").reserved(bits << 4)], FailureKind::ReservedBits);
        }
        let continuation = frame(OpCode::Continuation, "b").reserved(bits << 4);
        both_fail(&[frame(OpCode::Text, "a").fin(false), continuation], FailureKind::ReservedBits);
    }
    // The first byte is enough to tell.
    for role in ROLES {
        assert_eq!(receive_bytes(role, &[0xc1]).failure, Some(FailureKind::ReservedBits));
    }
}

#[test]
fn rfc6455_5_2_reserved_bits_stay_clear_in_what_is_sent() {
    for role in ROLES {
        let out = send(role, |sender, out| one_of_each(sender, &mut masks, out));
        assert!(headers(&out).iter().all(|header| header.reserved == 0));
    }
}

#[test]
fn rfc6455_5_2_only_the_negotiated_bit_gets_a_meaning() {
    for role in ROLES {
        for (bits, failure) in [
            (RSV1, None),
            (RSV2, Some(FailureKind::ReservedBits)),
            (RSV3, Some(FailureKind::ReservedBits)),
            (RSV1 | RSV2, Some(FailureKind::ReservedBits)),
            (RSV1 | RSV3, Some(FailureKind::ReservedBits)),
            (RSV1 | RSV2 | RSV3, Some(FailureKind::ReservedBits)),
        ] {
            let bytes = encode(role.peer(), [frame(OpCode::Text, "x").reserved(bits)]);
            let trace = trace(&mut receiver(role).with_compression(true), [&*bytes]);
            assert_eq!(trace.failure, failure, "{bits:#x}");
        }
    }
}

#[test]
fn rfc6455_5_2_reserved_opcodes_fail() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        both_fail(&[frame(OpCode::Text, "x").opcode(opcode)], FailureKind::ReservedOpcode);
        both_fail(&[frame(OpCode::Text, "").opcode(opcode).fin(false)], FailureKind::ReservedOpcode);
        // Also within a fragmented message.
        let first = frame(OpCode::Text, "a").fin(false);
        both_fail(&[first, frame(OpCode::Text, "x").opcode(opcode)], FailureKind::ReservedOpcode);
        for role in ROLES {
            assert_eq!(receive_bytes(role, &[0x80 | opcode]).failure, Some(FailureKind::ReservedOpcode));
        }
    }
}

#[test]
fn rfc6455_5_2_every_length_is_received_in_its_minimal_form() {
    for len in [0, 1, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537, 1 << 20] {
        let payload = vec![b'x'; len];
        for role in ROLES {
            let bytes = encode(role.peer(), [frame(OpCode::Binary, &payload)]);
            assert_eq!(receive_bytes(role, &bytes).wholes(), [binary(&payload)], "{len}");
        }
    }
}

#[test]
fn rfc6455_5_2_every_length_is_sent_in_its_minimal_form() {
    for (len, header) in [
        (0, &[0x82, 0][..]),
        (1, &[0x82, 1]),
        (125, &[0x82, 125]),
        (126, &[0x82, 126, 0, 126]),
        (255, &[0x82, 126, 0, 255]),
        (65_535, &[0x82, 126, 0xff, 0xff]),
        (65_536, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        (0x0123_4567, &[0x82, 127, 0, 0, 0, 0, 0x01, 0x23, 0x45, 0x67]),
    ] {
        let payload = vec![7; len];
        let out = send(Role::Server, |sender, out| sender.binary(&payload, masks, out).unwrap());
        assert!(out.starts_with(header), "{len}");
        assert_eq!(out.len(), header.len() + len);
        let out = send(Role::Client, |sender, out| sender.binary(&payload, masks, out).unwrap());
        assert_eq!(out[1], header[1] | 0x80);
        assert_eq!(out[2..header.len()], header[2..]);
        assert_eq!(out[header.len()..header.len() + 4], KEY);
        assert_eq!(out.len(), header.len() + 4 + len);
    }
}

#[test]
fn rfc6455_5_2_lengths_in_more_bytes_than_needed_fail() {
    for (form, lens) in
        [(LengthForm::Medium, &[0, 1, 125][..]), (LengthForm::Long, &[0, 1, 125, 126, 65_535])]
    {
        for &len in lens {
            let long = frame(OpCode::Binary, vec![0; len]).length(RawLength::Form(form));
            both_fail(&[long], FailureKind::NonMinimalLength);
        }
    }
}

#[test]
fn rfc6455_5_2_top_bit_of_a_64_bit_length_fails() {
    for len in [1 << 63, u64::MAX, 1 << 63 | 65_536] {
        let lying = frame(OpCode::Binary, "").length(RawLength::Declared(LengthForm::Long, len));
        both_fail(&[lying], FailureKind::LengthTopBit);
    }
}

#[test]
fn rfc6455_5_2_the_largest_length_is_taken_where_no_limit_forbids_it() {
    for role in ROLES {
        let unlimited = std::sync::Arc::new(wire::Limits::NONE);
        let huge =
            frame(OpCode::Binary, "abc").length(RawLength::Declared(LengthForm::Long, i64::MAX as u64));
        let mut bytes = encode(role.peer(), [huge]);
        let step = Receiver::new(role, unlimited).step(&mut bytes).unwrap();
        let Step::Event { event: Event::Data(data), .. } = step else { panic!("{step:?}") };
        assert_eq!(data.frame_remaining, i64::MAX as u64 - 3);
        assert_eq!(&bytes[data.payload], b"abc");
    }
}

#[test]
fn rfc6455_5_2_a_final_first_frame_is_a_whole_message() {
    both_take(&[frame(OpCode::Text, "Hello")], &[text("Hello")]);
    both_take(&[frame(OpCode::Binary, [0xff, 0])], &[binary(&[0xff, 0])]);
    both_take(&[frame(OpCode::Text, "")], &[text("")]);
}

#[test]
fn rfc6455_5_2_a_mask_bit_is_a_promise_of_a_key() {
    // A frame with the bit but an unmasked payload is read as the bit says.
    let mut pretended = frame(OpCode::Binary, [0, 0, 0, 0, 0]);
    pretended.mask = RawMask::Pretended(KEY);
    let trace = receive_bytes(Role::Server, &pretended.to_bytes());
    assert_eq!(trace.wholes(), [binary(&[0x37, 0xfa, 0x21, 0x3d, 0x37])]);
}

#[test]
fn rfc6455_5_3_the_key_s_octet_i_mod_4_transforms_octet_i() {
    // The masked "Hello" of RFC 6455 §5.7.
    let bytes = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(receive_bytes(Role::Server, &bytes).wholes(), [text("Hello")]);
    let out = send(Role::Client, |sender, out| sender.text("Hello", masks, out).unwrap());
    assert_eq!(out, bytes);
}

#[test]
fn rfc6455_5_3_masking_changes_no_length() {
    for len in [0, 1, 2, 3, 4, 5, 63, 64, 65, 1000] {
        let out = send(Role::Client, |sender, out| sender.binary(&vec![1; len], masks, out).unwrap());
        let (header, header_len) = Header::read(&out).unwrap();
        assert_eq!(header.len, len as u64);
        assert_eq!(out.len(), header_len + len);
    }
}

#[test]
fn rfc6455_5_3_every_frame_has_a_fresh_key() {
    let mut counter = 0u32;
    let mut masks = || {
        counter += 1;
        counter.to_be_bytes()
    };
    let out = send(Role::Client, |sender, out| {
        one_of_each(sender, &mut masks, out);
    });
    let keys = headers(&out).iter().map(|header| header.mask.unwrap()).collect::<Vec<_>>();
    assert_eq!(keys, (1..=7u32).map(u32::to_be_bytes).collect::<Vec<_>>());

    // Also every fragment of a message that the sender splits, and a connection's own replies.
    let mut counter = 0u32;
    let mut masks = || {
        counter += 1;
        counter.to_be_bytes()
    };
    let options = MessageOptions { fragment_len: NonZeroUsize::new(2), compressed: false };
    let mut out = Vec::new();
    let mut client = support::connection(Role::Client);
    client.sender().message(MessageKind::Text, b"abcde", options, &mut masks, &mut out).unwrap();
    let mut pings = encode(Role::Server, [frame(OpCode::Ping, "1")]);
    client.step(&mut pings, &mut masks, &mut out).unwrap();
    client.step(&mut pings, &mut masks, &mut out).unwrap();
    let keys = headers(&out).iter().map(|header| header.mask.unwrap()).collect::<Vec<_>>();
    assert_eq!(keys, (1..=5u32).map(u32::to_be_bytes).collect::<Vec<_>>());
}
