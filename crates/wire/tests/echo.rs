//! Messages that go back from where they were read, or on to another connection, against a plain model:
//! `support/fuzz/echo.rs` and `support/fuzz/hop.rs` say what holds.

#[path = "support/fuzz/mod.rs"]
#[allow(dead_code, reason = "every test file uses its part")]
mod fuzz;
mod support;

use std::num::NonZeroUsize;

use fuzz::Random;
use proptest::collection::vec;
use proptest::prelude::*;
use support::driver::Driver;
use wire::{ConnectionSettings, End, MessageKind, deflate};

/// What a peer says: a message in frames of some length, with a Ping or without.
#[derive(Clone, Debug)]
struct Said {
    text: bool,
    payload: Vec<u8>,
    fragment_len: Option<NonZeroUsize>,
    ping: Option<usize>,
}

fn said() -> impl Strategy<Value = Said> {
    let payload = prop_oneof![
        4 => "[a-f]{0,40}".prop_map(String::into_bytes),
        2 => ("[a-z]{1,9}", 0..400usize).prop_map(|(word, times)| word.repeat(times).into_bytes()),
        1 => vec(b'a'..=b'z', 3000..6000),
        1 => (60_000..70_000usize).prop_map(|len| vec![b'x'; len]),
    ];
    let fragment_len = prop_oneof![
        3 => Just(None),
        1 => (1..40usize).prop_map(NonZeroUsize::new),
        1 => (4000..40_000usize).prop_map(NonZeroUsize::new),
    ];
    let ping = prop_oneof![2 => Just(None), 1 => (0..126usize).prop_map(Some)];
    (any::<bool>(), payload, fragment_len, ping).prop_map(|(text, payload, fragment_len, ping)| Said {
        text,
        payload,
        fragment_len,
        ping,
    })
}

/// The bytes in which the peer of the end that `choice` chooses says all that, and closes if it is to.
fn bytes(choice: u8, said: &[Said], close: bool) -> Vec<u8> {
    let (role, compression) = fuzz::choice(choice);
    let settings = ConnectionSettings {
        deflate: deflate::Settings { threshold: 20, ..deflate::Settings::default() },
        ..ConnectionSettings::default()
    };
    let mut peer = Driver::with(role.peer(), compression, settings);
    for Said { text, payload, fragment_len, ping } in said {
        let kind = if *text { MessageKind::Text } else { MessageKind::Binary };
        // A limit of the fuzz targets.
        let fragment_len = fragment_len.filter(|len| payload.len() / len.get() < 30);
        let sent = peer.send(|out| {
            if let Some(len) = ping {
                out.ping(&vec![b'p'; *len])?;
            }
            match fragment_len {
                None => out.send(kind, payload),
                // Uncompressed, with a control frame within.
                Some(len) if ping.is_some() => {
                    let (front, back) = payload.split_at(payload.len().min(len.get()));
                    out.begin(kind, front)?;
                    out.pong(b"unasked")?;
                    out.ping(b"within")?;
                    out.fragment(back, true)
                }
                Some(len) => out.send_fragmented(kind, payload, len),
            }
        });
        sent.expect("legal and written at once");
    }
    if close {
        peer.send(|out| out.close(None, End::Finished)).expect("the first one");
    }
    peer.output
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_comes_back(choice: u8, seed: u8, said in vec(said(), 0..12), close: bool) {
        let bytes = bytes(choice, &said, close);
        fuzz::echo::run(&[&[choice, seed], &*bytes].concat());
    }

    #[test]
    fn in_reads_of_any_length(choice: u8, seed: u8, said in vec(said(), 0..12), len in 1..200_000usize) {
        fuzz::echo::echo(choice, &bytes(choice, &said, true), Random::new(seed), |_| len);
    }

    #[test]
    fn garbage_ends_it_and_takes_nothing_back(
        choice: u8,
        seed: u8,
        said in vec(said(), 0..6),
        garbage in vec(any::<u8>(), 1..20),
    ) {
        let bytes = [bytes(choice, &said, false), garbage].concat();
        fuzz::echo::run(&[&[choice, seed], &*bytes].concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_said_is_passed_on(
        choice: u8,
        seed: u8,
        said in vec(said(), 0..12),
        garbage in vec(any::<u8>(), 0..9),
        len in prop_oneof![Just(None), (1..200_000usize).prop_map(Some)],
    ) {
        let bytes = [bytes(choice, &said, garbage.is_empty()), garbage].concat();
        fuzz::hop::hop(choice, &bytes, Random::new(seed), |random| len.unwrap_or_else(|| random.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    /// More than the input holds is there at once, so that reads cut large messages and the next one brings the rest.
    #[test]
    fn in_reads_that_leave_more(choice: u8, seed: u8, lens in vec((0..69_000usize, 0..8u8), 20..30)) {
        let said = lens.into_iter().map(|(len, shape)| Said {
            text: shape & 1 == 0,
            payload: (0..len).map(|at| b'a' + ((at * at) >> 3) as u8 % 26).collect(),
            fragment_len: NonZeroUsize::new(if shape == 2 { 20_000 } else { 0 }),
            ping: (shape == 3).then_some(7),
        });
        let bytes = bytes(choice, &said.collect::<Vec<_>>(), true);
        fuzz::echo::echo(choice, &bytes, Random::new(seed), |_| usize::MAX);
        fuzz::hop::hop(choice, &bytes, Random::new(seed), |_| usize::MAX);
    }
}

/// Small messages to be moved together, one that stays where it is, fragments and Pings: cut once, at every byte.
#[test]
fn at_every_cut() {
    let message = |payload: &str, len: usize| Said {
        text: true,
        payload: payload.into(),
        fragment_len: NonZeroUsize::new(len),
        ping: (len != 7).then_some(5),
    };
    let said = [
        message("", 0),
        message("hello", 0),
        message(&"moved ".repeat(40), 0),
        message(&"stays ".repeat(500), 0),
        message("in fragments", 7),
        message("in two", 3),
        message(&"long enough to be given away ".repeat(200), 4000),
        message("behind", 0),
    ];
    for choice in 0..32 {
        let bytes = bytes(choice, &said, true);
        let step = if cfg!(debug_assertions) { 11 } else { 1 };
        for at in (1..bytes.len()).step_by(step) {
            let reads = || {
                let mut first = true;
                move |_: &mut Random| if std::mem::take(&mut first) { at } else { usize::MAX }
            };
            fuzz::echo::echo(choice, &bytes, Random::new(at as u8), reads());
            // What is lent has bits of its own to choose by.
            fuzz::hop::hop(choice | (at as u8) << 5, &bytes, Random::new(at as u8), reads());
        }
    }
}
