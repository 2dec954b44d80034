//! Any bytes as compressed messages, in any pieces: nothing panics, limits hold, the cuts and budgets change nothing,
//! another inflater agrees, and what came out survives a round trip.

use wire::deflate::{Deflater, Inflater, Params, Pool, Progress, Retain, Settings, WindowBits};
use wire::{FailureKind, Role};

use super::pieces;
use crate::support::puff;

const LIMIT: usize = 50_000;
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// The first byte chooses the parameters, the second the cuts; then come messages, each behind its length in one
/// byte, the last as long as it likes.
pub(crate) fn run(data: &[u8]) {
    let [choice, seed, rest @ ..] = data else { return };
    let bits = WindowBits::new(8 + (choice & 7)).expect("8 to 15");
    let params = Params {
        server_no_context_takeover: choice & 8 == 0,
        client_no_context_takeover: choice & 8 == 0,
        server_max_window_bits: bits,
        client_max_window_bits: bits,
    };
    let retain = if choice & 16 == 0 { Retain::State } else { Retain::Window };
    let settings = Settings { level: 1 + (choice >> 5), retain, threshold: 0 };
    let mut pool = Pool::new(2);
    let mut at_once = Inflater::new(&params, Role::Server);
    let mut in_pieces = Inflater::new(&params, Role::Server);
    let mut deflater = Deflater::new(&params, Role::Client, settings);
    let mut back = Inflater::new(&params, Role::Server);

    for (index, payload) in messages(rest).into_iter().enumerate() {
        let mut whole = Vec::new();
        let result = at_once.inflate(&mut pool, payload, true, &mut whole, LIMIT);
        let mut parts = Vec::new();
        let other = inflate_pieces(&mut in_pieces, &mut pool, payload, *seed, &mut parts);
        assert!(whole.capacity() <= LIMIT + 1 && parts.capacity() <= LIMIT + 1);
        assert_eq!(result, other);
        if let Err(failure) = result {
            assert!(matches!(failure.kind, FailureKind::InvalidDeflate | FailureKind::MessageTooLarge));
            return;
        }
        assert_eq!(whole, parts);
        assert!(whole.len() <= LIMIT);
        assert!(at_once.held_bytes() <= bits.window_len());
        let no_window = params.server_no_context_takeover || index == 0;
        if no_window && !payload.is_empty() {
            // It stops at BFINAL, which this one reads past.
            let judge = puff::inflate(&[payload, &TAIL].concat(), &[]).filter(|judge| !judge.ended);
            if let Some(judge) = judge {
                assert_eq!(judge.bytes, whole);
            }
        }

        let mut deflated = Vec::new();
        deflater.deflate(&mut pool, &whole, true, &mut deflated);
        let mut again = Vec::new();
        inflate_pieces(&mut back, &mut pool, &deflated, *seed, &mut again).expect("our own");
        assert_eq!(again, whole);
    }
}

fn inflate_pieces(
    inflater: &mut Inflater,
    pool: &mut Pool,
    payload: &[u8],
    seed: u8,
    out: &mut Vec<u8>,
) -> Result<(), wire::Failure> {
    for piece in pieces(payload, seed) {
        inflate_in_turns(inflater, pool, piece, false, seed, out)?;
    }
    inflate_in_turns(inflater, pool, &[], true, seed, out)
}

/// With a budget for each call.
fn inflate_in_turns(
    inflater: &mut Inflater,
    pool: &mut Pool,
    mut input: &[u8],
    last: bool,
    seed: u8,
    out: &mut Vec<u8>,
) -> Result<(), wire::Failure> {
    let budget = [1, 7, 300, usize::MAX][usize::from(seed >> 6)];
    loop {
        let before = out.len();
        match inflater.inflate_within(pool, input, last, out, LIMIT, budget)? {
            Progress::Done => {
                assert!(out.len() - before <= budget);
                return Ok(());
            }
            Progress::OutOfBudget { consumed } => {
                assert_eq!(out.len() - before, budget);
                input = &input[consumed..];
            }
        }
    }
}

fn messages(mut rest: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while let [len, behind @ ..] = rest {
        let len = if *len == 255 { behind.len() } else { usize::from(*len).min(behind.len()) };
        let (message, behind) = behind.split_at(len);
        messages.push(message);
        rest = behind;
    }
    messages
}
