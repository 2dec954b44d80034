//! Messages through DEFLATE (RFC 7692 §6, §7.2), both directions and both roles.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

#[path = "support/puff.rs"]
mod puff;

use wire::deflate::{Deflater, Inflater, Params, Pool, Retain, Settings, WindowBits};
use wire::{CloseCode, Failure, FailureKind, Role};

const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];
const NO_LIMIT: usize = usize::MAX;
/// "Hello" in one fixed Huffman block (§7.2.3.1).
const HELLO: [u8; 7] = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
const ROLES: [Role; 2] = [Role::Server, Role::Client];

fn params(takeover: bool, bits: u8) -> Params {
    let bits = WindowBits::new(bits).unwrap();
    Params {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        server_max_window_bits: bits,
        client_max_window_bits: bits,
    }
}

fn inflater(takeover: bool) -> Inflater {
    Inflater::new(&params(takeover, 15), Role::Server)
}

fn deflater(takeover: bool) -> Deflater {
    Deflater::new(&params(takeover, 15), Role::Server, Settings::default())
}

/// Inflates a whole message that comes in one piece.
fn inflate(inflater: &mut Inflater, payload: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
    let mut out = Vec::new();
    inflater.inflate(&mut Pool::default(), payload, true, &mut out, limit).map(|()| out)
}

fn inflate_new(payload: &[u8]) -> Result<Vec<u8>, Failure> {
    inflate(&mut inflater(false), payload, NO_LIMIT)
}

fn deflate(deflater: &mut Deflater, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    deflater.deflate(&mut Pool::default(), message, true, &mut out);
    out
}

/// Text whose words come back at every distance.
fn words(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut text = Vec::with_capacity(len + 8);
    while text.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.extend_from_slice(format!("{:x} ", state >> 52).as_bytes());
    }
    text.truncate(len);
    text
}

/// Bytes without any repetition to speak of.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1u64;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

mod examples {
    use super::*;

    #[test]
    fn rfc7692_7_2_3_1_one_block() {
        assert_eq!(inflate_new(&HELLO).unwrap(), b"Hello");
        let mut inflater = inflater(false);
        let (mut out, mut pool) = (Vec::new(), Pool::default());
        inflater.inflate(&mut pool, &HELLO[..3], false, &mut out, NO_LIMIT).unwrap();
        inflater.inflate(&mut pool, &HELLO[3..], true, &mut out, NO_LIMIT).unwrap();
        assert_eq!(out, b"Hello", "in two fragments");
    }

    #[test]
    fn rfc7692_7_2_3_2_shared_window() {
        let mut inflater = inflater(true);
        assert_eq!(inflate(&mut inflater, &HELLO, NO_LIMIT).unwrap(), b"Hello");
        let second = [0xf2, 0x00, 0x11, 0x00, 0x00];
        assert_eq!(inflate(&mut inflater, &second, NO_LIMIT).unwrap(), b"Hello");
    }

    #[test]
    fn rfc7692_7_2_3_3_a_block_without_compression() {
        let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
        assert_eq!(inflate_new(&stored).unwrap(), b"Hello");
    }

    #[test]
    fn rfc7692_7_2_3_4_a_block_with_bfinal() {
        let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
        assert_eq!(inflate_new(&last).unwrap(), b"Hello");
        for takeover in [false, true] {
            let mut inflater = inflater(takeover);
            for _ in 0..3 {
                assert_eq!(inflate(&mut inflater, &last, NO_LIMIT).unwrap(), b"Hello");
                assert_eq!(inflate(&mut inflater, &HELLO, NO_LIMIT).unwrap(), b"Hello");
            }
        }
    }

    #[test]
    fn rfc7692_7_2_3_4_blocks_behind_one_with_bfinal() {
        let last = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
        let payload = [&last[..], &last, &HELLO].concat();
        assert_eq!(inflate_new(&payload).unwrap(), b"HelloHelloHello");
        for cut in 0..payload.len() {
            let (mut inflater, mut out, mut pool) = (inflater(true), Vec::new(), Pool::default());
            inflater.inflate(&mut pool, &payload[..cut], false, &mut out, NO_LIMIT).unwrap();
            inflater.inflate(&mut pool, &payload[cut..], true, &mut out, NO_LIMIT).unwrap();
            assert_eq!(out, b"HelloHelloHello", "cut at {cut}");
        }
    }

    #[test]
    fn rfc7692_7_2_3_4_a_message_that_ends_with_bfinal() {
        assert_eq!(inflate_new(&[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]).unwrap(), b"Hello");
        assert_eq!(inflate_new(&[0x01]).unwrap(), b"", "the last block itself has BFINAL");
    }

    #[test]
    fn rfc7692_7_2_3_5_two_blocks() {
        let payload = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
        assert_eq!(inflate_new(&payload).unwrap(), b"Hello");
    }

    #[test]
    fn rfc7692_7_2_3_6_an_empty_message() {
        assert_eq!(inflate_new(&[0x00]).unwrap(), b"");
        assert_eq!(inflate_new(&[0x02, 0x00]).unwrap(), b"");
        assert_eq!(inflate_new(&[]).unwrap(), b"", "some senders leave out the one byte");
        for takeover in [false, true] {
            let mut deflater = deflater(takeover);
            for _ in 0..3 {
                assert_eq!(deflate(&mut deflater, b""), [0x00]);
                assert_ne!(deflate(&mut deflater, b"something"), [0x00]);
            }
        }
    }
}

mod sender {
    use super::*;

    #[test]
    fn rfc7692_7_2_1_removes_the_tail_and_leaves_a_whole_block() {
        for takeover in [false, true] {
            let mut deflater = deflater(takeover);
            for len in [1, 2, 100, 1000, 70_000] {
                let message = words(len, len as u64);
                let payload = deflate(&mut deflater, &message);
                assert!(!payload.is_empty());
                if !takeover {
                    let blocks = puff::inflate(&[&payload[..], &TAIL].concat(), &[]).unwrap();
                    assert_eq!(blocks.bytes, message, "{len}");
                    assert!(!blocks.ended, "no BFINAL: another message may follow");
                }
            }
        }
    }

    #[test]
    fn rfc7692_7_2_1_deflates_what_does_not_compress() {
        for level in [1, 6, 9] {
            for len in [1, 64, 16_383, 65_535, 65_536, 300_000] {
                let message = noise(len);
                let settings = Settings { level, ..Settings::default() };
                let mut deflater = Deflater::new(&params(false, 15), Role::Client, settings);
                let payload = deflate(&mut deflater, &message);
                assert!(
                    payload.len() <= len + len / 1000 + 16,
                    "{} for {len} at level {level}",
                    payload.len()
                );
                assert_eq!(inflate_new(&payload).unwrap(), message);
            }
        }
    }

    #[test]
    fn rfc7692_7_1_1_starts_every_message_with_an_empty_window() {
        for role in ROLES {
            let mut deflater = Deflater::new(&params(false, 15), role, Settings::default());
            let message = words(2000, 1);
            let first = deflate(&mut deflater, &message);
            for _ in 0..3 {
                assert_eq!(deflate(&mut deflater, &message), first);
                assert_eq!(inflate_new(&first).unwrap(), message);
            }
        }
    }

    #[test]
    fn rfc7692_7_1_1_starts_with_an_empty_window_whatever_the_pool_served_before() {
        // A message that comes whole and one in pieces are compressed by different means.
        let (one, other) = (words(5000, 1), words(5000, 2));
        let deflate = |pool: &mut Pool, message: &[u8], pieces: usize| {
            let (mut deflater, mut payload) = (deflater(false), Vec::new());
            for (at, piece) in message.chunks(5000 / pieces).enumerate() {
                deflater.deflate(pool, piece, at + 1 == pieces, &mut payload);
            }
            payload
        };
        for pieces in [1, 2] {
            let expected = deflate(&mut Pool::new(0), &one, pieces);
            let mut pool = Pool::new(1);
            for _ in 0..3 {
                deflate(&mut pool, &other, pieces);
                assert_eq!(deflate(&mut pool, &one, pieces), expected);
            }
            assert_eq!(pool.idle().0, pieces - 1);
        }
    }

    #[test]
    fn rfc7692_7_1_1_refers_to_earlier_messages_with_takeover() {
        for retain in [Retain::State, Retain::Window] {
            for role in ROLES {
                let settings = Settings { retain, level: 6, ..Settings::default() };
                let mut deflater = Deflater::new(&params(true, 15), role, settings);
                let mut inflater = Inflater::new(&params(true, 15), role.peer());
                let message = words(1000, 1);
                let first = deflate(&mut deflater, &message);
                let second = deflate(&mut deflater, &message);
                assert!(second.len() < first.len() / 10, "{retain:?}: {} then {}", first.len(), second.len());
                assert_eq!(inflate(&mut inflater, &first, NO_LIMIT).unwrap(), message);
                assert_eq!(inflate(&mut inflater, &second, NO_LIMIT).unwrap(), message);
            }
        }
    }

    #[test]
    fn rfc7692_7_1_1_holds_a_state_between_messages_only_where_it_is_to_retain_one() {
        for (takeover, retain, in_pool) in [
            (false, Retain::State, 1),
            (false, Retain::Window, 1),
            (true, Retain::Window, 1),
            (true, Retain::State, 0),
        ] {
            let settings = Settings { retain, ..Settings::default() };
            let mut deflater = Deflater::new(&params(takeover, 15), Role::Server, settings);
            let mut pool = Pool::default();
            for _ in 0..3 {
                deflater.deflate(&mut pool, &words(100, 1), false, &mut Vec::new());
                assert_eq!(pool.idle().0, 0, "a message is in progress");
                deflater.deflate(&mut pool, &words(100, 1), true, &mut Vec::new());
                assert_eq!(pool.idle().0, in_pool, "{takeover} {retain:?}");
            }
        }
    }

    #[test]
    fn rfc7692_7_1_2_keeps_its_distances_within_the_window() {
        for bits in 8..=15 {
            for level in [1, 2, 3, 6, 9] {
                for (takeover, retain) in
                    [(false, Retain::State), (true, Retain::State), (true, Retain::Window)]
                {
                    let settings = Settings { level, retain, ..Settings::default() };
                    let mut deflater = Deflater::new(&params(takeover, bits), Role::Server, settings);
                    let mut before = Vec::new();
                    let mut farthest = 0;
                    for len in [40_000, 300, 5000] {
                        let message = words(len, 7);
                        let payload = deflate(&mut deflater, &message);
                        let window = if takeover { &before[..] } else { &[] };
                        let blocks = puff::inflate(&[&payload[..], &TAIL].concat(), window).unwrap();
                        assert_eq!(blocks.bytes, message, "{bits} bits, level {level}, {retain:?}");
                        farthest = farthest.max(blocks.max_distance);
                        before.extend_from_slice(&message);
                    }
                    assert!(farthest <= 1 << bits, "{farthest} in a window of {bits} bits, level {level}");
                    assert!(
                        farthest > 1 << (bits - 2),
                        "{farthest} makes no use of {bits} bits, level {level}"
                    );
                }
            }
        }
    }

    #[test]
    fn rfc7692_6_1_fragments_make_one_message() {
        for (takeover, retain) in [(false, Retain::State), (true, Retain::State), (true, Retain::Window)] {
            let settings = Settings { retain, ..Settings::default() };
            let mut deflater = Deflater::new(&params(takeover, 15), Role::Client, settings);
            let mut inflater = inflater(takeover);
            let mut pool = Pool::default();
            for pieces in [&[10, 20, 30][..], &[0, 5, 0], &[0, 0], &[1], &[50_000, 0, 3, 0], &[0], &[7, 0]] {
                let (mut message, mut out) = (Vec::new(), Vec::new());
                for (at, len) in pieces.iter().enumerate() {
                    let (piece, last) = (words(*len, at as u64), at + 1 == pieces.len());
                    let mut payload = Vec::new();
                    deflater.deflate(&mut pool, &piece, last, &mut payload);
                    inflater.inflate(&mut pool, &payload, last, &mut out, NO_LIMIT).unwrap();
                    message.extend_from_slice(&piece);
                }
                assert_eq!(out, message, "{pieces:?}");
            }
        }
    }

    #[test]
    fn rfc7692_6_1_may_leave_a_message_uncompressed() {
        let mut pool = Pool::default();
        let mut out = b"before".to_vec();
        let mut deflater = deflater(false);
        assert!(!deflater.deflate_message(&mut pool, &[b'a'; 127], &mut out), "below the threshold");
        assert!(!deflater.deflate_message(&mut pool, &noise(1000), &mut out), "longer when deflated");
        assert_eq!(out, b"before");
        assert!(deflater.deflate_message(&mut pool, &[b'a'; 128], &mut out));
        assert_eq!(inflate_new(&out[6..]).unwrap(), [b'a'; 128]);
    }

    #[test]
    fn rfc7692_6_1_compresses_after_uncompressed_messages_with_takeover() {
        let mut pool = Pool::default();
        let (mut deflater, mut inflater) = (deflater(true), inflater(true));
        for message in
            [&words(500, 1)[..], b"", b"short", &noise(1000), b"", &words(500, 1), b"x", &words(140, 2)]
        {
            let mut payload = Vec::new();
            if deflater.deflate_message(&mut pool, message, &mut payload) {
                assert_eq!(inflate(&mut inflater, &payload, NO_LIMIT).unwrap(), message);
            } else {
                assert!(message.len() < 128 && payload.is_empty());
            }
        }
    }
}

mod receiver {
    use super::*;

    #[test]
    fn rfc7692_7_2_2_inflates_blocks_of_every_type() {
        for (level, message) in
            [(0, words(100_000, 1)), (1, words(100, 2)), (9, words(100_000, 3)), (9, noise(70_000))]
        {
            let mut state = flate2::Compress::new(flate2::Compression::new(level), false);
            let mut payload = Vec::with_capacity(200_000);
            state.compress_vec(&message, &mut payload, flate2::FlushCompress::Sync).unwrap();
            assert!(payload.ends_with(&TAIL));
            assert_eq!(inflate_new(&payload[..payload.len() - 4]).unwrap(), message, "level {level}");
        }
    }

    #[test]
    fn rfc7692_7_2_2_inflates_whatever_the_pieces_are() {
        let message = words(3000, 1);
        let payload = deflate(&mut deflater(false), &message);
        let mut pool = Pool::default();
        for size in [1, 2, 3, 7, 100, payload.len() - 1, payload.len(), payload.len() + 1] {
            for empty_last in [false, true] {
                let (mut inflater, mut out) = (inflater(false), Vec::new());
                let count = payload.chunks(size).count();
                for (at, piece) in payload.chunks(size).enumerate() {
                    inflater.inflate(&mut pool, &[], false, &mut out, NO_LIMIT).unwrap();
                    let last = at + 1 == count && !empty_last;
                    inflater.inflate(&mut pool, piece, last, &mut out, NO_LIMIT).unwrap();
                }
                if empty_last {
                    inflater.inflate(&mut pool, &[], true, &mut out, NO_LIMIT).unwrap();
                }
                assert_eq!(out, message, "{size}");
                assert_eq!(inflate(&mut inflater, &HELLO, NO_LIMIT).unwrap(), b"Hello");
            }
        }
    }

    #[test]
    fn rfc7692_7_2_2_hands_out_what_it_can_before_the_message_ends() {
        let message = noise(10_000);
        let payload = deflate(&mut deflater(false), &message);
        let (mut inflater, mut out) = (inflater(false), Vec::new());
        inflater
            .inflate(&mut Pool::default(), &payload[..payload.len() / 2], false, &mut out, NO_LIMIT)
            .unwrap();
        assert!(out.len() > message.len() / 3, "{}", out.len());
    }

    #[test]
    fn rfc7692_7_2_2_fails_what_is_no_deflate() {
        for payload in [
            &[0x07][..], // BTYPE 11
            &[0xff],
            b"Hello",                              // not compressed at all
            &[0x00, 0x05, 0x00, 0x00, 0x00, 0x48], // LEN and NLEN disagree
            &[0xf2, 0x48, 0xcd, 0xc9],             // stops inside a block
            &HELLO[..6],
            &[0x00, 0x15, 0x00, 0xea, 0xff, 0x48], // stops inside stored bytes
            &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xff], // garbage behind the last block
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xff],
            &[0xf2, 0x00, 0x11, 0x00, 0x00], // refers to before the start
            &[0x78, 0x9c, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00], // a zlib header
        ] {
            let failure = inflate_new(payload).unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidDeflate, "{payload:x?}");
            assert_eq!(failure.close_code(), CloseCode::INVALID_PAYLOAD);
        }
    }

    #[test]
    fn rfc7692_7_2_2_fails_as_soon_as_a_piece_is_broken() {
        let (mut inflater, mut out) = (inflater(false), Vec::new());
        let failure = inflater.inflate(&mut Pool::default(), &[0x07], false, &mut out, NO_LIMIT).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidDeflate);
    }

    #[test]
    fn rfc7692_7_1_1_refuses_references_to_earlier_messages_without_takeover() {
        let mut inflater = inflater(false);
        assert_eq!(inflate(&mut inflater, &HELLO, NO_LIMIT).unwrap(), b"Hello");
        let failure = inflate(&mut inflater, &[0xf2, 0x00, 0x11, 0x00, 0x00], NO_LIMIT).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidDeflate);
    }

    #[test]
    fn rfc7692_7_1_1_never_shows_one_connection_the_window_of_another() {
        let mut pool = Pool::new(1);
        for takeover in [false, true] {
            let (mut one, mut other) = (inflater(takeover), inflater(takeover));
            one.inflate(&mut pool, &HELLO, true, &mut Vec::new(), NO_LIMIT).unwrap();
            assert_eq!(pool.idle().1, 1);
            let reference = [0xf2, 0x00, 0x11, 0x00, 0x00];
            let failure = other.inflate(&mut pool, &reference, true, &mut Vec::new(), NO_LIMIT).unwrap_err();
            assert_eq!(failure.kind, FailureKind::InvalidDeflate);
            pool = Pool::new(1);
        }
    }

    #[test]
    fn rfc7692_7_1_2_keeps_the_window_and_no_more() {
        for bits in [8, 9, 12, 15] {
            for role in ROLES {
                let mut deflater = Deflater::new(&params(true, bits), role, Settings::default());
                let mut inflater = Inflater::new(&params(true, bits), role.peer());
                assert_eq!(inflater.held_bytes(), 0);
                for len in [10, 100, 50_000, 3, 1000, 70_000, 0, 1] {
                    let message = words(len, 1);
                    let payload = deflate(&mut deflater, &message);
                    assert_eq!(inflate(&mut inflater, &payload, NO_LIMIT).unwrap(), message);
                    assert!(inflater.held_bytes() <= 1 << bits, "{}", inflater.held_bytes());
                }
            }
        }
    }

    #[test]
    fn rfc7692_7_1_1_holds_nothing_between_messages_without_takeover() {
        let (mut inflater, mut deflater, mut pool) = (inflater(false), deflater(false), Pool::default());
        for _ in 0..3 {
            let (mut payload, mut out) = (Vec::new(), Vec::new());
            deflater.deflate(&mut pool, &words(1000, 1), true, &mut payload);
            inflater.inflate(&mut pool, &payload, true, &mut out, NO_LIMIT).unwrap();
            assert_eq!(pool.idle().1, 1);
            assert_eq!(inflater.held_bytes(), 0);
        }
    }
}

mod limit {
    use super::*;

    #[test]
    fn rfc7692_8_a_message_of_exactly_the_limit_passes() {
        for len in [1, 127, 128, 129, 1000, 65_536, 100_000] {
            for message in [vec![b'a'; len], words(len, 1), noise(len)] {
                let payload = deflate(&mut deflater(false), &message);
                assert_eq!(inflate(&mut inflater(false), &payload, len).unwrap(), message);
                let failure = inflate(&mut inflater(false), &payload, len - 1).unwrap_err();
                assert_eq!(failure.kind, FailureKind::MessageTooLarge);
                assert_eq!(failure.close_code(), CloseCode::TOO_BIG);
            }
        }
    }

    #[test]
    fn rfc7692_8_the_limit_counts_all_fragments_and_starts_anew_with_each_message() {
        let payload = deflate(&mut deflater(false), &words(1000, 1));
        let mut pool = Pool::default();
        let mut inflater = inflater(false);
        for _ in 0..3 {
            for (at, byte) in payload.iter().enumerate() {
                let (mut out, last) = (Vec::new(), at + 1 == payload.len());
                inflater.inflate(&mut pool, &[*byte], last, &mut out, 1000).unwrap();
            }
        }
        let failed = payload.iter().enumerate().find_map(|(at, byte)| {
            let last = at + 1 == payload.len();
            inflater.inflate(&mut pool, &[*byte], last, &mut Vec::new(), 999).err()
        });
        assert_eq!(failed.unwrap().kind, FailureKind::MessageTooLarge);
    }

    #[test]
    fn rfc7692_8_a_bomb_costs_no_more_than_the_limit() {
        let limit = 1 << 20;
        let mut state = flate2::Compress::new(flate2::Compression::new(9), false);
        let mut bomb = Vec::with_capacity(1 << 20);
        let megabyte = vec![0; 1 << 20];
        for _ in 0..400 {
            state.compress_vec(&megabyte, &mut bomb, flate2::FlushCompress::None).unwrap();
        }
        state.compress_vec(&[], &mut bomb, flate2::FlushCompress::Sync).unwrap();
        assert!(bomb.len() < 500_000);
        let mut out = Vec::new();
        let failure =
            inflater(false).inflate(&mut Pool::default(), &bomb, true, &mut out, limit).unwrap_err();
        assert_eq!(failure.kind, FailureKind::MessageTooLarge);
        assert!(out.capacity() <= limit + 1, "{}", out.capacity());
    }

    #[test]
    fn rfc7692_8_a_limit_of_nothing_still_lets_empty_messages_pass() {
        for empty in [&[][..], &[0x00], &[0x02, 0x00], &[0x03, 0x00]] {
            assert_eq!(inflate(&mut inflater(false), empty, 0).unwrap(), b"");
        }
        assert_eq!(inflate(&mut inflater(false), &HELLO, 0).unwrap_err().kind, FailureKind::MessageTooLarge);
    }
}
