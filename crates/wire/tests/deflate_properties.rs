//! permessage-deflate against itself, against flate2 and against a second inflater, on random messages.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

#[path = "support/puff.rs"]
mod puff;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use proptest::prelude::*;
use wire::deflate::{Deflater, Inflater, Params, Pool, Progress, Retain, Settings, WindowBits};
use wire::{FailureKind, Role};

const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Bytes in which nothing repeats itself, as many as fill several blocks.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    (any::<u64>(), 0..70_000usize).prop_map(|(mut seed, len)| {
        let next = |_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 56) as u8
        };
        (0..len).map(next).collect()
    })
}

/// A message as pieces: text that repeats itself, noise, runs, or nothing.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => Just(Vec::new()),
        4 => proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'b'), any::<u8>()], 0..200),
        2 => proptest::collection::vec(any::<u8>(), 0..2000),
        1 => noise(),
        2 => (any::<u8>(), 0..40_000usize).prop_map(|(byte, len)| vec![byte; len]),
        2 => (any::<[u8; 7]>(), 0..3000usize).prop_map(|(word, times)| word.repeat(times)),
    ]
}

fn messages() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
    proptest::collection::vec(proptest::collection::vec(piece(), 1..4), 1..6)
}

fn params() -> impl Strategy<Value = Params> {
    (any::<bool>(), any::<bool>(), 8..=15u8, 8..=15u8).prop_map(
        |(server, client, server_bits, client_bits)| Params {
            server_no_context_takeover: server,
            client_no_context_takeover: client,
            server_max_window_bits: WindowBits::new(server_bits).unwrap(),
            client_max_window_bits: WindowBits::new(client_bits).unwrap(),
        },
    )
}

fn settings() -> impl Strategy<Value = Settings> {
    (1..=9u8, prop_oneof![Just(Retain::State), Just(Retain::Window)]).prop_map(|(level, retain)| Settings {
        level,
        retain,
        threshold: 0,
    })
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Server), Just(Role::Client)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_one_end_deflates_the_other_inflates(
        messages in messages(),
        params in params(),
        settings in settings(),
        role in role(),
        cut in 1..5000usize,
    ) {
        let mut deflater = Deflater::new(&params, role, settings);
        let mut inflater = Inflater::new(&params, role.peer());
        // One pool for both, as within a thread.
        let mut pool = Pool::new(2);
        for pieces in &messages {
            let mut payload = Vec::new();
            for (at, piece) in pieces.iter().enumerate() {
                deflater.deflate(&mut pool, piece, at + 1 == pieces.len(), &mut payload);
            }
            let mut out = Vec::new();
            let count = payload.chunks(cut).count();
            for (at, chunk) in payload.chunks(cut).enumerate() {
                inflater.inflate(&mut pool, chunk, at + 1 == count, &mut out, usize::MAX).unwrap();
            }
            prop_assert_eq!(out, pieces.concat());
        }
    }

    #[test]
    fn flate2_inflates_what_we_deflate(messages in messages(), params in params(), settings in settings(), role in role()) {
        let mut deflater = Deflater::new(&params, role, settings);
        let mut reference = Decompress::new(false);
        let mut pool = Pool::default();
        for pieces in &messages {
            let mut payload = Vec::new();
            for (at, piece) in pieces.iter().enumerate() {
                deflater.deflate(&mut pool, piece, at + 1 == pieces.len(), &mut payload);
            }
            payload.extend_from_slice(&TAIL);
            let message = pieces.concat();
            let mut out = Vec::with_capacity(message.len() + 64);
            if !params.context_takeover(role) {
                reference.reset(false);
            }
            reference.decompress_vec(&payload, &mut out, FlushDecompress::Sync).unwrap();
            prop_assert_eq!(out, message);
        }
    }

    #[test]
    fn connections_of_one_pool_refer_to_their_own_window_and_no_farther(
        connections in proptest::collection::vec((params(), settings()), 1..4),
        messages in proptest::collection::vec((0..3usize, proptest::collection::vec(piece(), 1..3)), 1..12),
        role in role(),
    ) {
        // What each connection's peer may still refer to is all that the judge gets.
        let mut ends: Vec<_> = connections
            .iter()
            .map(|(params, settings)| (Deflater::new(params, role, *settings), Vec::new()))
            .collect();
        let mut pool = Pool::new(2);
        for (index, pieces) in messages {
            let index = index % ends.len();
            let params = connections[index].0;
            let window_len = params.window_bits(role).window_len();
            let (deflater, window) = &mut ends[index];
            let mut payload = Vec::new();
            for (at, piece) in pieces.iter().enumerate() {
                deflater.deflate(&mut pool, piece, at + 1 == pieces.len(), &mut payload);
            }
            payload.extend_from_slice(&TAIL);
            let inflated = puff::inflate(&payload, window);
            let message = pieces.concat();
            prop_assert_eq!(inflated.as_ref().map(|inflated| &inflated.bytes), Some(&message));
            prop_assert!(inflated.is_some_and(|inflated| inflated.max_distance <= window_len));
            if params.context_takeover(role) {
                window.extend_from_slice(&message);
                window.drain(..window.len().saturating_sub(window_len));
            }
        }
    }

    #[test]
    fn a_budget_changes_nothing_but_the_turns(
        messages in messages(),
        params in params(),
        role in role(),
        cut in 1..5000usize,
        budget in prop_oneof![1..50usize, 50..20_000usize],
        room in 0..30_000usize,
    ) {
        let mut deflater = Deflater::new(&params, role, Settings { threshold: 0, ..Settings::default() });
        let mut inflater = Inflater::new(&params, role.peer());
        let mut pool = Pool::new(2);
        for pieces in &messages {
            let message = pieces.concat();
            let mut payload = Vec::new();
            deflater.deflate(&mut pool, &message, true, &mut payload);
            let mut out = Vec::with_capacity(room);
            let count = payload.chunks(cut).count();
            for (at, mut chunk) in payload.chunks(cut).enumerate() {
                loop {
                    let before = out.len();
                    let last = at + 1 == count;
                    let limit = message.len();
                    match inflater.inflate_within(&mut pool, chunk, last, &mut out, limit, budget).unwrap() {
                        Progress::Done => {
                            prop_assert!(out.len() - before <= budget);
                            break;
                        }
                        Progress::OutOfBudget { consumed } => {
                            prop_assert_eq!(out.len() - before, budget);
                            chunk = &chunk[consumed..];
                        }
                    }
                }
            }
            prop_assert_eq!(out, message);
        }
    }

    #[test]
    fn we_inflate_what_flate2_deflates(
        messages in messages(),
        params in params(),
        role in role(),
        level in 0..=9u32,
    ) {
        let bits = params.window_bits(role).get();
        prop_assume!(bits > 8, "flate2 has no window of 8 bits");
        let mut reference = Compress::new_with_window_bits(Compression::new(level), false, bits);
        let mut inflater = Inflater::new(&params, role.peer());
        let mut pool = Pool::default();
        for pieces in &messages {
            let message = pieces.concat();
            let mut payload = Vec::with_capacity(message.len() * 2 + 1000);
            if !params.context_takeover(role) {
                reference.reset();
            }
            reference.compress_vec(&message, &mut payload, FlushCompress::Sync).unwrap();
            let payload = payload.strip_suffix(&TAIL).unwrap_or(&payload);
            let mut out = Vec::new();
            inflater.inflate(&mut pool, payload, true, &mut out, usize::MAX).unwrap();
            prop_assert_eq!(out, message);
        }
    }

    #[test]
    fn garbage_fails_or_inflates_to_what_another_inflater_says(
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        cut in 0..200usize,
    ) {
        let params = Params { server_no_context_takeover: true, client_no_context_takeover: true, ..Params::default() };
        let mut inflater = Inflater::new(&params, Role::Server);
        let (mut pool, mut out) = (Pool::default(), Vec::new());
        let (head, rest) = payload.split_at(cut.min(payload.len()));
        let inflated = inflater
            .inflate(&mut pool, head, false, &mut out, 1 << 20)
            .and_then(|()| inflater.inflate(&mut pool, rest, true, &mut out, 1 << 20));
        match inflated {
            Ok(()) if payload.is_empty() => prop_assert!(out.is_empty()),
            Ok(()) => {
                let other = puff::inflate(&[&payload[..], &TAIL].concat(), &[]);
                // The other one stops at BFINAL.
                if let Some(other) = other.filter(|other| !other.ended) {
                    prop_assert_eq!(out, other.bytes);
                }
            }
            Err(failure) => prop_assert!(
                matches!(failure.kind, FailureKind::InvalidDeflate | FailureKind::MessageTooLarge)
            ),
        }
    }

    #[test]
    fn the_limit_is_exact(message in piece(), below in 0..3000usize) {
        let params = Params::default();
        let mut payload = Vec::new();
        Deflater::new(&params, Role::Client, Settings::default())
            .deflate(&mut Pool::default(), &message, true, &mut payload);
        let limit = message.len().saturating_sub(below);
        let mut out = Vec::new();
        let result = Inflater::new(&params, Role::Server)
            .inflate(&mut Pool::default(), &payload, true, &mut out, limit);
        if limit == message.len() {
            prop_assert_eq!(result, Ok(()));
        } else {
            prop_assert_eq!(result.unwrap_err().kind, FailureKind::MessageTooLarge);
        }
        prop_assert!(out.capacity() <= limit + 1);
    }
}
