//! Peers that take their time.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use socket::wire::OpCode;

use crate::target::{Attacker, PATIENCE, Target, request};
use crate::{KIB, MIB, frame, header};

const TICK: Duration = Duration::from_millis(20);

/// Sends a byte to each in turn until all have been hung up on.
fn trickle(attackers: &mut [Attacker], bytes: &[u8]) {
    let mut bytes = bytes.iter().cycle();
    let begun = Instant::now();
    let mut open = attackers.len();
    while open > 0 {
        assert!(begun.elapsed() < PATIENCE, "{open} connections are still taken seriously");
        let byte = [*bytes.next().unwrap()];
        open = attackers.iter_mut().map(|attacker| usize::from(attacker.send(&byte))).sum();
        std::thread::sleep(TICK);
    }
}

#[test]
fn a_request_that_never_gets_whole() {
    let target = Target::start(&[]);
    let mut attackers: Vec<Attacker> = (0..100).map(|_| target.connect()).collect();
    for attacker in &mut attackers {
        attacker.send(b"GET /ws HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    }
    trickle(&mut attackers, b"z");
    target.survived(16 * MIB);
}

#[test]
fn a_message_that_never_gets_whole() {
    let target = Target::start(&[]);
    let mut attackers = target.upgrades(100);
    for attacker in &mut attackers {
        attacker.send(&header(OpCode::Binary, true, 1000));
    }
    trickle(&mut attackers, b"z");
    for attacker in &mut attackers {
        // A byte that came behind the Close may turn the end into a reset, and take the Close with it.
        attacker.drain();
    }
    target.survived(16 * MIB);
}

#[test]
fn fragments_that_come_one_by_one() {
    let target = Target::start(&[]);
    let mut attacker = target.upgrade("/ws", "");
    attacker.send(&frame(OpCode::Text, b"begun").fin(false).to_bytes());
    let begun = Instant::now();
    let mut reader = Attacker(attacker.0.try_clone().unwrap());
    let closed = std::thread::spawn(move || reader.expect_close(1008));
    while !closed.is_finished() && begun.elapsed() < PATIENCE {
        attacker.send(&frame(OpCode::Continuation, b"and on").fin(false).to_bytes());
        std::thread::sleep(TICK * 5);
    }
    closed.join().unwrap();
    drop(attacker);
    target.survived(16 * MIB);
}

#[test]
fn one_byte_at_a_time_all_the_way() {
    // Within its time limits a peer may be as slow as it likes.
    let target = Target::start(&["--handshake-timeout=20s", "--message-timeout=20s"]);
    let mut attackers: Vec<Attacker> = (0..100).map(|_| target.connect()).collect();
    let mut script = request("/ws", "").into_bytes();
    script.extend(frame(OpCode::Text, b"slow").to_bytes());
    script.extend(frame(OpCode::Text, b"but").fin(false).to_bytes());
    script.extend(frame(OpCode::Continuation, b"sure").to_bytes());
    script.extend(frame(OpCode::Close, &[0x03, 0xe8]).to_bytes());
    for byte in script {
        assert!(attackers.iter_mut().all(|attacker| attacker.send(&[byte])));
        std::thread::sleep(TICK / 2);
    }
    for attacker in &mut attackers {
        let came = attacker.drain();
        assert!(came.ends_with(b"\r\n\r\n\x81\x04slow\x81\x07butsure\x88\x02\x03\xe8"), "{came:?}");
    }
    drop(attackers);
    target.survived(16 * MIB);
}

#[test]
fn a_client_that_never_reads() {
    let target = Target::start(&[]);
    let message = frame(OpCode::Binary, &[0x5a; 64 << 10]).to_bytes();
    let attackers: Vec<_> = (0..20).map(|_| target.upgrade("/ws", "")).collect();
    std::thread::scope(|scope| {
        for mut attacker in attackers {
            let message = &message;
            scope.spawn(move || {
                let begun = Instant::now();
                while attacker.send(message) {
                    assert!(begun.elapsed() < PATIENCE, "the server takes it all");
                }
            });
        }
    });
    // Each may fill its queue, and a message more.
    target.survived(20 * (MIB + 256 * KIB) + 16 * MIB);
}

#[test]
fn a_client_that_never_answers_a_close() {
    let target = Target::start(&[]);
    let mut attackers: Vec<_> = (0..50).map(|_| target.upgrade("/ws?close=4001&reason=enough", "")).collect();
    for attacker in &mut attackers {
        attacker.send(&frame(OpCode::Text, b"hello").to_bytes());
    }
    for attacker in &mut attackers {
        // It goes on as if nothing had been said, and keeps its end of TCP open.
        let mut reader = Attacker(attacker.0.try_clone().unwrap());
        attacker.send(&frame(OpCode::Text, b"and another thing").to_bytes());
        reader.expect_close(4001);
    }
    // Here the other way round: it says Close, gets its answer, and doesn't hang up.
    let mut lingering = target.upgrades(50);
    for attacker in &mut lingering {
        attacker.send(&frame(OpCode::Close, &[0x03, 0xe8]).to_bytes());
    }
    for attacker in &mut lingering {
        attacker.expect_close(1000);
    }
    target.survived(16 * MIB);
    drop((attackers, lingering));
}

#[test]
fn a_client_that_falls_silent() {
    let target = Target::start(&["--ping-interval=300ms", "--ping-timeout=500ms"]);
    // Half of them are silent themselves; the others are behind something that stops passing things on.
    let silent = target.upgrades(25);
    let cut: Vec<_> = (0..25).map(|_| cut_off(&target)).collect();
    for mut attacker in silent {
        let pings = attacker.drain();
        assert!(pings.starts_with(&[0x89]), "it was not even asked: {pings:?}");
    }
    target.survived(16 * MIB);
    drop(cut);
}

/// A client behind a proxy that carries the handshake and an echo, and then nothing more in either direction.
fn cut_off(target: &Target) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let mut inner = listener.accept().unwrap().0;
    let mut outer = target.connect().0;
    let pass = |from: &mut TcpStream, to: &mut TcpStream, len: usize| {
        let mut bytes = vec![0; len];
        from.read_exact(&mut bytes).unwrap();
        to.write_all(&bytes).unwrap();
    };
    let request = request("/ws", "");
    client.write_all(request.as_bytes()).unwrap();
    pass(&mut inner, &mut outer, request.len());
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        pass(&mut outer, &mut inner, 1);
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let message = frame(OpCode::Text, b"still here").to_bytes();
    client.write_all(&message).unwrap();
    pass(&mut inner, &mut outer, message.len());
    pass(&mut outer, &mut inner, 12);
    (client, outer)
}
