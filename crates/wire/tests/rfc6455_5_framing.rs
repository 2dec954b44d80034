//! RFC 6455 §5.1 to §5.3: headers and masks.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

mod support;

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use support::driver::{Driver, Whole, trace};
use support::{KEY, ROLES, both_fail, both_take, encode, feed, frame, model, receive_bytes, send};
use wire::deflate::Params;
use wire::frame::{Header, LengthForm, RSV1, RSV2, RSV3};
use wire::raw::{RawLength, RawMask};
use wire::{
    Connection, ConnectionSettings, FailureKind, Incoming, Limits, MessageKind, OpCode, Outgoing, Role,
    SharedMessage, Time, Turn,
};

const OPCODES: [OpCode; 5] = [OpCode::Text, OpCode::Binary, OpCode::Close, OpCode::Ping, OpCode::Pong];

fn text(payload: &str) -> Whole {
    Whole::Message(MessageKind::Text, payload.into())
}

fn binary(payload: &[u8]) -> Whole {
    Whole::Message(MessageKind::Binary, payload.into())
}

/// Every way to send, in eleven frames.
fn one_of_each(out: &mut Outgoing<'_>) {
    out.send(MessageKind::Text, b"text").unwrap();
    out.send(MessageKind::Binary, b"binary").unwrap();
    out.send_bytes(MessageKind::Text, "bytes".into()).unwrap();
    out.send_shared(&SharedMessage::new(MessageKind::Text, "shared".into(), None).unwrap()).unwrap();
    out.send_fragmented(MessageKind::Text, b"three", NonZeroUsize::new(2).unwrap()).unwrap();
    out.begin(MessageKind::Text, b"frag").unwrap();
    out.ping(b"ping").unwrap();
    out.pong(b"pong").unwrap();
    out.fragment(b"ment", true).unwrap();
}

/// All that a connection can send, by its endpoint and by itself.
fn all_that_is_sent(mut driver: Driver) -> Vec<model::Frame> {
    driver.send(one_of_each);
    driver.send(|out| out.send(MessageKind::Binary, &[1; 70_000])).unwrap();
    driver.pass(Duration::from_secs(25));
    // A message that is sent back, a Ping and a Close that are answered.
    let frames = [frame(OpCode::Text, "echo"), frame(OpCode::Ping, ""), frame(OpCode::Close, "")];
    driver.feed_to(&encode(driver.role().peer(), frames), |incoming, out| {
        if let Incoming::Message(message) = incoming {
            out.echo(message).unwrap();
        }
    });
    let frames = model::frames(&driver.output);
    assert_eq!(frames.len(), 11 + 5);
    frames
}

#[test]
fn rfc6455_5_1_client_masks_every_frame() {
    let frames = all_that_is_sent(Driver::new(Role::Client));
    assert!(frames.iter().all(|frame| frame.key == Some(KEY)));
}

#[test]
fn rfc6455_5_1_server_masks_no_frame() {
    // Nor does it ask for a key.
    let frames = all_that_is_sent(Driver::new(Role::Server));
    assert!(frames.iter().all(|frame| frame.key.is_none()));
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
        assert!(all_that_is_sent(Driver::new(role)).iter().all(|frame| frame.reserved == 0));
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
            // An empty message, compressed.
            let bytes = encode(role.peer(), [frame(OpCode::Text, [0]).reserved(bits)]);
            let driver = Driver::with(role, Some(Params::default()), ConnectionSettings::default());
            assert_eq!(trace(driver, [&*bytes]).failure, failure, "{bits:#x}");
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
            assert_eq!(receive_bytes(role, &bytes).wholes, [binary(&payload)], "{len}");
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
        let out = send(Role::Server, |out| out.send(MessageKind::Binary, &payload).unwrap());
        assert!(out.starts_with(header), "{len}");
        assert_eq!(out.len(), header.len() + len);
        let bytes = payload.clone().into();
        assert_eq!(send(Role::Server, |way| way.send_bytes(MessageKind::Binary, bytes).unwrap()), out);
        let out = send(Role::Client, |out| out.send(MessageKind::Binary, &payload).unwrap());
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
        let huge =
            frame(OpCode::Binary, "abc").length(RawLength::Declared(LengthForm::Long, i64::MAX as u64));
        let mut driver = Driver::limited(role, Limits::NONE);
        feed(&mut driver, [huge]);
        // What follows belongs to it, whatever it looks like.
        feed(&mut driver, [frame(OpCode::Close, ""), frame(OpCode::Continuation, "")]);
        assert!(driver.connection.held_bytes() >= 3 + 4);
        let trace = driver.trace();
        assert_eq!((trace.failure, trace.wholes.len(), trace.sent.len()), (None, 0, 0));
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
    assert_eq!(trace.wholes, [binary(&[0x37, 0xfa, 0x21, 0x3d, 0x37])]);
}

#[test]
fn rfc6455_5_3_the_key_s_octet_i_mod_4_transforms_octet_i() {
    // The masked "Hello" of RFC 6455 §5.7.
    let bytes = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(receive_bytes(Role::Server, &bytes).wholes, [text("Hello")]);
    let out = send(Role::Client, |out| out.send(MessageKind::Text, b"Hello").unwrap());
    assert_eq!(out, bytes);
}

#[test]
fn rfc6455_5_3_masking_changes_no_length() {
    for len in [0, 1, 2, 3, 4, 5, 63, 64, 65, 1000] {
        let out = send(Role::Client, |out| out.send(MessageKind::Binary, &vec![1; len]).unwrap());
        let (header, header_len) = Header::read(&out).unwrap();
        assert_eq!(header.len, len as u64);
        assert_eq!(out.len(), header_len + len);
    }
}

#[test]
fn rfc6455_5_3_every_frame_has_a_fresh_key() {
    // Every fragment of a message that is split, and the connection's own replies and Pings too.
    let mut driver = Driver::new(Role::Client);
    driver.turn = Turn::new(counted);
    let keys = all_that_is_sent(driver).iter().map(|frame| frame.key.unwrap()).collect::<Vec<_>>();
    assert_eq!(keys, (1..=16u32).map(u32::to_be_bytes).collect::<Vec<_>>());
}

#[test]
fn rfc6455_5_3_a_message_that_is_passed_on_has_a_fresh_key_too() {
    // The one that it came with was chosen by whoever sent it.
    let now = Time::from_micros(0);
    let [mut from, mut to] =
        [Role::Server, Role::Client].map(|role| Connection::new(role, None, Arc::default(), now));
    let (mut turn, mut borrower) = (Turn::new(support::masks), Turn::borrower(counted));
    from.outgoing(&mut turn, now).keep_in_place(true);
    let bytes = encode(Role::Client, ["one", "two"].map(|payload| frame(OpCode::Text, payload)));
    from.read_buffer(&mut turn)[..bytes.len()].copy_from_slice(&bytes);
    from.handle_input(&mut turn, bytes.len(), now);
    let mut lent = Vec::new();
    while let Some((Incoming::Message(message), mut out)) = from.poll(&mut turn, now) {
        lent.push(out.lend(&message, 0).unwrap());
    }
    turn.lend(&mut borrower);
    for lent in &lent {
        to.outgoing(&mut borrower, now).send_lent(lent).unwrap();
    }
    let sent = model::frames(to.only_slice(&mut borrower).unwrap());
    let keys = sent.iter().map(|frame| frame.key.unwrap()).collect::<Vec<_>>();
    assert_eq!(keys, [1u32, 2].map(u32::to_be_bytes));
    assert_eq!([&*sent[0].payload, &*sent[1].payload], [b"one", b"two"]);
}

thread_local! {
    static COUNTER: Cell<u32> = const { Cell::new(0) };
}

fn counted() -> [u8; 4] {
    COUNTER.with(|counter| {
        counter.set(counter.get() + 1);
        counter.get().to_be_bytes()
    })
}
