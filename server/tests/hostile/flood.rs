//! Peers that send much, or much nonsense.

use std::net::Shutdown;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use socket::wire::OpCode;

use crate::target::{Attacker, PATIENCE, Target, request};
use crate::{KIB, MIB, frame};

/// A small generator (xorshift64) with a seed: what it gives is garbage enough, and the same each time.
struct Garbage(u64);

impl Garbage {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }

    /// Bytes at random, a handshake with some of them changed, or one that breaks off.
    fn handshake(&mut self) -> Vec<u8> {
        let mut request = request("/ws", "Sec-WebSocket-Extensions: permessage-deflate\r\n").into_bytes();
        match self.below(4) {
            0 => {
                let len = self.below(512);
                self.bytes(len)
            }
            1 => {
                for _ in 0..=self.below(8) {
                    let at = self.below(request.len());
                    request[at] = self.next() as u8;
                }
                request
            }
            2 => {
                request.truncate(self.below(request.len()));
                request
            }
            _ => {
                let at = self.below(request.len());
                let len = self.below(64);
                let rest = request.split_off(at);
                request.extend(self.bytes(len));
                request.extend(rest);
                request
            }
        }
    }
}

#[test]
fn ten_thousand_garbage_handshakes() {
    const THREADS: usize = 4;
    const EACH: usize = 2500;
    let target = Target::start(&[]);
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (target, answered) = (&target, &answered);
            scope.spawn(move || {
                let mut garbage = Garbage(0x9e37_79b9_7f4a_7c15 + thread as u64);
                for _ in 0..EACH {
                    let mut attacker = target.connect();
                    attacker.send(&garbage.handshake());
                    // Nothing more will come: whatever the server makes of it, it can make of it now.
                    let _ = attacker.0.shutdown(Shutdown::Write);
                    if !attacker.drain().is_empty() {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    // Much of it is wrong in a way that deserves an answer.
    let answered = answered.into_inner();
    assert!(answered > THREADS * EACH / 4, "only {answered} got an answer");
    target.survived(32 * MIB);
}

#[test]
fn targets_that_name_no_path() {
    let target = Target::start(&[]);
    for line in ["GET a HTTP/1.1", "GET ,ws HTTP/1.1", "CONNECT a:80 HTTP/1.1", "OPTIONS a:80 HTTP/1.1"] {
        let mut attacker = target.connect();
        attacker.send(request("/ws", "").replace("GET /ws HTTP/1.1", line).as_bytes());
        let _ = attacker.0.shutdown(Shutdown::Write);
        let answer = attacker.drain();
        assert!(answer.starts_with(b"HTTP/1.1 400 "), "{line}: {}", String::from_utf8_lossy(&answer));
    }
    target.survived(16 * MIB);
}

#[test]
fn pings_without_end_that_nobody_reads_the_answers_of() {
    let target = Target::start(&[]);
    let pings = frame(OpCode::Ping, &[0x5a; 125]).to_bytes().repeat(1000);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut attacker = target.upgrade("/ws", "");
            let pings = &pings;
            scope.spawn(move || {
                let begun = Instant::now();
                while attacker.send(pings) {
                    assert!(begun.elapsed() < PATIENCE, "the server takes it all");
                }
            });
        }
    });
    target.survived(4 * (MIB + 256 * KIB) + 16 * MIB);
}

#[test]
fn pings_by_the_hundred_thousand_are_all_answered() {
    const PINGS: usize = 200_000;
    let target = Target::start(&[]);
    let mut attacker = target.upgrade("/ws", "");
    let mut reader = Attacker(attacker.0.try_clone().unwrap());
    let reading = std::thread::spawn(move || reader.drain());
    let ping = frame(OpCode::Ping, b"flood").to_bytes();
    for _ in 0..PINGS / 1000 {
        assert!(attacker.send(&ping.repeat(1000)));
    }
    assert!(attacker.send(&frame(OpCode::Close, &[0x03, 0xe8]).to_bytes()));
    let answers = reading.join().unwrap();
    let expected = [&b"\x8a\x05flood".repeat(PINGS)[..], b"\x88\x02\x03\xe8"].concat();
    assert!(answers == expected, "{} bytes of answers, not {}", answers.len(), expected.len());
    drop(attacker);
    target.survived(16 * MIB);
}
