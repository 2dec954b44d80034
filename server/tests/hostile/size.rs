//! Peers that promise or send too much.

use socket::wire::deflate::{Deflater, Params, Pool, Settings};
use socket::wire::frame::{LengthForm, RSV1};
use socket::wire::raw::RawLength;
use socket::wire::{OpCode, Role};

use crate::target::Target;
use crate::{MIB, frame, header};

/// The largest message that the server takes unless told otherwise.
const LIMIT: u64 = 16 * MIB;

#[test]
fn lengths_that_are_only_declared() {
    let target = Target::start(&["--message-timeout=2s"]);
    for (len, code) in
        [(LIMIT + 1, 1009), (u64::from(u32::MAX), 1009), (u64::MAX >> 1, 1009), (u64::MAX, 1002)]
    {
        let mut attacker = target.upgrade("/ws", "");
        let lie = frame(OpCode::Binary, b"").length(RawLength::Declared(LengthForm::Long, len));
        attacker.send(&lie.to_bytes());
        attacker.expect_close(code);
    }
    // As much as is allowed, by many at a time, and then nothing of it.
    let mut attackers = target.upgrades(200);
    for attacker in &mut attackers {
        let mut begun = header(OpCode::Binary, true, LIMIT);
        begun.push(0);
        attacker.send(&begun);
    }
    for attacker in &mut attackers {
        attacker.expect_close(1008);
    }
    drop(attackers);
    // Far less than the 3.2 GiB that were declared.
    target.survived(48 * MIB);
}

#[test]
fn a_bomb_of_400_mb_costs_the_limit() {
    let bomb = bomb();
    assert!(bomb.len() < 1 << 20, "{} bytes are no bomb", bomb.len());
    let target = Target::start(&["--message-timeout=20s"]);
    let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    // In one frame; in many; by several at a time.
    let mut attackers: Vec<_> = (0..4).map(|_| target.upgrade("/ws", offer)).collect();
    for (number, attacker) in attackers.iter_mut().enumerate() {
        if number % 2 == 0 {
            attacker.send(&frame(OpCode::Binary, &bomb).reserved(RSV1).to_bytes());
            continue;
        }
        for (index, piece) in bomb.chunks(1000).enumerate() {
            let first = index == 0;
            let opcode = if first { OpCode::Text } else { OpCode::Continuation };
            let fragment = frame(opcode, piece).fin(false).reserved(if first { RSV1 } else { 0 });
            if !attacker.send(&fragment.to_bytes()) {
                break;
            }
        }
    }
    for attacker in &mut attackers {
        // What is still unread when the server hangs up turns the end into a reset, which may swallow the Close.
        attacker.drain();
    }
    drop(attackers);
    let mut attacker = target.upgrade("/ws", offer);
    attacker.send(&frame(OpCode::Binary, &bomb).reserved(RSV1).to_bytes());
    attacker.expect_close(1009);
    drop(attacker);
    // A message takes several turns to inflate, so that all four are held at the same time. A buffer that grows is there
    // twice for a moment, and the allocator of each thread keeps one for the next.
    target.survived(5 * 2 * LIMIT);
}

/// 400 MB of zeros.
fn bomb() -> Vec<u8> {
    let settings = Settings { level: 9, threshold: 0, ..Settings::default() };
    let mut deflater = Deflater::new(&Params::default(), Role::Client, settings);
    let mut pool = Pool::default();
    let mut bomb = Vec::new();
    let zeros = vec![0; 4_000_000];
    for round in 1..=100 {
        deflater.deflate(&mut pool, &zeros, round == 100, &mut bomb);
    }
    bomb
}

#[test]
fn fragments_without_end() {
    let target = Target::start(&["--message-timeout=20s"]);
    for payload in [&b""[..], &[0x5a; 4096]] {
        let mut attacker = target.upgrade("/ws", "");
        attacker.send(&frame(OpCode::Binary, b"").fin(false).to_bytes());
        let many = frame(OpCode::Continuation, payload).fin(false).to_bytes().repeat(1000);
        let mut reader = crate::target::Attacker(attacker.0.try_clone().unwrap());
        let closed = std::thread::spawn(move || reader.expect_close(1009));
        let mut rounds = 0;
        while !closed.is_finished() && attacker.send(&many) {
            rounds += 1;
            assert!(rounds < 10_000, "the server takes it all");
        }
        // The attacker keeps its end open meanwhile, so that the Close arrives.
        closed.join().unwrap();
    }
    target.survived(3 * LIMIT);
}
