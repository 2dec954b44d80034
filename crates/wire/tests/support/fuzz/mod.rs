//! What the fuzz targets do with their input. The tests replay the committed corpus through the same functions.

pub(crate) mod decode;
pub(crate) mod differential;
pub(crate) mod echo;
pub(crate) mod handshake;
pub(crate) mod hop;
pub(crate) mod inflate;
pub(crate) mod round_trip;
pub(crate) mod split;

use wire::deflate::Params;
use wire::{Connection, ConnectionSettings, End, FailureKind, Limits, Role, Time, Turn};

use crate::support::driver::{Driver, Trace};

/// Small enough for a fuzzer to reach.
pub(crate) const LIMITS: Limits = Limits { frame_len: 70_000, message_len: 140_000, fragments: 40 };

/// The role and the compression that the lowest bits of the input's first byte choose.
pub(crate) fn choice(choice: u8) -> (Role, Option<Params>) {
    let role = if choice & 1 == 0 { Role::Server } else { Role::Client };
    let takeover = choice & 4 != 0;
    let params = Params {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        ..Params::default()
    };
    (role, (choice & 2 != 0).then_some(params))
}

/// A connection as the first byte chooses it.
pub(crate) fn driver(first: u8) -> Driver {
    let (role, compression) = choice(first);
    Driver::with(role, compression, ConnectionSettings { limits: LIMITS, ..ConnectionSettings::default() })
}

/// Has a connection read some of `rest`, which is not empty; gives what is left.
pub(crate) fn read_some<'b>(
    connection: &mut Connection,
    turn: &mut Turn,
    rest: &'b [u8],
    most: usize,
    now: Time,
) -> &'b [u8] {
    let buffer = connection.read_buffer(turn);
    let len = most.min(rest.len()).min(buffer.len());
    assert!(len > 0, "no room to read into");
    let (piece, behind) = rest.split_at(len);
    buffer[..len].copy_from_slice(piece);
    connection.handle_input(turn, len, now);
    behind
}

/// What can be wrong with a compressed message: which of it shows first depends on how it is cut.
pub(crate) fn is_bad_data(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::InvalidUtf8 | FailureKind::InvalidDeflate | FailureKind::MessageTooLarge)
}

/// Without what depends on the cuts.
pub(crate) fn settled(mut trace: Trace, compressed: bool) -> Trace {
    if compressed && trace.failure.is_some_and(is_bad_data) {
        trace.failure = Some(FailureKind::InvalidDeflate);
        trace.sent.pop();
        trace.close_sent = None;
        trace.end = End::ReceiveFailed;
    }
    trace
}

/// Cuts bytes into pieces whose lengths follow from a seed: mostly short ones, some of one byte.
pub(crate) fn pieces(mut bytes: &[u8], seed: u8) -> Vec<&[u8]> {
    let mut random = Random::new(seed);
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(random.len().min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

/// Decisions that follow from a seed.
pub(crate) struct Random(u32);

impl Random {
    pub(crate) fn new(seed: u8) -> Random {
        Random(u32::from(seed) | 0x100)
    }

    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0
    }

    /// A length: mostly short, often one.
    pub(crate) fn len(&mut self) -> usize {
        let state = self.next();
        let scale = [1, 3, 20, 300][(state >> 30) as usize];
        1 + (state >> 16) as usize % scale
    }

    /// True once in so many times.
    pub(crate) fn one_in(&mut self, times: u32) -> bool {
        (self.next() >> 8).is_multiple_of(times)
    }
}
