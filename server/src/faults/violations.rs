//! The bytes of a broken rule.

use protocol::fault::Violation;
use socket::wire::deflate::{Deflater, Params, Pool, Settings};
use socket::wire::frame::{LengthForm, RSV1, RSV2, RSV3};
use socket::wire::raw::{self, RawFrame, RawLength};
use socket::wire::{OpCode, Role};
use std::sync::LazyLock;

/// What a deflate bomb inflates to, in bytes, and how much of it is compressed at once.
const BOMB: usize = 64 << 20;
const BOMB_PIECE: usize = 1 << 20;
/// Made when it is first asked for.
static COMPRESSED_BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut deflater = Deflater::new(&Params::default(), Role::Server, Settings::default());
    let (mut pool, mut bomb, zeros) = (Pool::default(), Vec::new(), vec![0; BOMB_PIECE]);
    for piece in 1..=BOMB / BOMB_PIECE {
        deflater.deflate(&mut pool, &zeros, piece == BOMB / BOMB_PIECE, &mut bomb);
    }
    bomb
});

/// What a server that breaks the rule sends. With permessage-deflate (`compressed`) the first reserved bit has a meaning, and
/// other bytes break it.
pub(crate) fn bytes(violation: Violation, compressed: bool) -> Vec<u8> {
    let text = |payload: &[u8]| RawFrame::new(OpCode::Text, payload);
    let ping = |payload: &[u8]| RawFrame::new(OpCode::Ping, payload);
    let more = |payload: &[u8]| RawFrame::new(OpCode::Continuation, payload);
    let frames = match violation {
        Violation::MaskedFrame => vec![text(b"masked").masked([0x37, 0xfa, 0x21, 0x3d])],
        // Compressed is what begins with it; a continuation never does.
        Violation::ReservedBit(1) if compressed => vec![text(b"rsv").fin(false), more(b"1").reserved(RSV1)],
        Violation::ReservedBit(bit) => {
            let bit = match bit {
                1 => RSV1,
                2 => RSV2,
                _ => RSV3,
            };
            vec![text(b"rsv").reserved(bit)]
        }
        Violation::Opcode(opcode) => vec![text(b"").opcode(opcode)],
        Violation::FragmentedControl => vec![ping(b"fragment").fin(false)],
        Violation::OversizedControl => vec![ping(&[b'x'; 126])],
        Violation::ContinuationWithoutStart => vec![more(b"of nothing")],
        Violation::MessageInsideMessage => vec![text(b"outer").fin(false), text(b"inner")],
        Violation::BadUtf8 => vec![text(b"bad \xff")],
        Violation::BadUtf8Split => vec![text(b"bad \xe2").fin(false), more(b"\x28")],
        Violation::BadUtf8Reason => vec![raw::close(1000, b"\xff")],
        Violation::CloseCode(code) => vec![raw::close(code, b"")],
        Violation::OneByteClose => vec![RawFrame::new(OpCode::Close, [3])],
        Violation::NonMinimalLength16 => vec![text(b"long").length(RawLength::Form(LengthForm::Medium))],
        Violation::NonMinimalLength64 => vec![text(b"longer").length(RawLength::Form(LengthForm::Long))],
        Violation::LengthTopBit => vec![text(b"").length(RawLength::Declared(LengthForm::Long, 1 << 63))],
        Violation::DataAfterClose => vec![raw::close(1000, b""), text(b"after the Close")],
        // A block of the type that is reserved.
        Violation::BadDeflate => vec![text(b"\x07\0\0").reserved(RSV1)],
        Violation::DeflateBomb => vec![text(&COMPRESSED_BOMB).reserved(RSV1)],
        Violation::CompressedControl => vec![ping(b"\0").reserved(RSV1)],
    };
    let mut bytes = Vec::new();
    frames.iter().for_each(|frame| frame.encode(&mut bytes));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use socket::wire::{CloseCode, Connection, ConnectionSettings, Incoming, Time, Turn};
    use std::sync::Arc;

    /// What our own client makes of it: the code of the Close that it answers with, and how many messages it let through.
    fn client(violation: Violation, compression: Option<Params>) -> (Option<CloseCode>, usize) {
        let now = Time::default();
        let mut turn = Turn::new(|| [1, 2, 3, 4]);
        let mut client =
            Connection::new(Role::Client, compression, Arc::new(ConnectionSettings::default()), now);
        let bytes = bytes(violation, compression.is_some());
        let (mut rest, mut messages) = (&bytes[..], 0);
        loop {
            if client.wants_input(&turn) && !rest.is_empty() {
                let buffer = client.read_buffer(&mut turn);
                let count = buffer.len().min(rest.len());
                buffer[..count].copy_from_slice(&rest[..count]);
                rest = &rest[count..];
                client.handle_input(&mut turn, count, now);
            }
            while let Some((incoming, _)) = client.poll(&mut turn, now) {
                messages += usize::from(matches!(incoming, Incoming::Message(_)));
            }
            client.queue_output(&mut turn, now);
            client.end_turn(&mut turn, true, now);
            if !client.wants_turn(&turn) && (rest.is_empty() || !client.wants_input(&turn)) {
                return (client.summary().close_sent.flatten(), messages);
            }
        }
    }

    #[test]
    fn a_strict_client_fails_the_connection_with_the_code_that_is_said() {
        for compression in [None, Some(Params::default())] {
            for violation in Violation::all() {
                let code = match (violation, compression) {
                    (Violation::DeflateBomb, Some(_)) => 1009,
                    (Violation::BadDeflate | Violation::DeflateBomb, None) => 1002,
                    _ => violation.rule().code,
                };
                assert_eq!(
                    client(violation, compression),
                    (Some(CloseCode(code)), 0),
                    "{violation} {compression:?}"
                );
            }
        }
    }

    #[test]
    fn a_bomb_is_small() {
        assert!(COMPRESSED_BOMB.len() < 80 << 10, "{}", COMPRESSED_BOMB.len());
    }
}
