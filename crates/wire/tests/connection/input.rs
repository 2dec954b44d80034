//! The way in: bytes from before, what has to wait, what a paused connection leaves alone, how much a peer may send.

use std::num::NonZeroU32;
use std::time::Duration;

use wire::deflate::Params;
use wire::{Cause, CloseCode, ConnectionSettings, End, Incoming, Limits, MessageKind, OpCode, Role, deflate};

use crate::support::driver::{Driver, Whole};
use crate::support::{ROLES, encode, feed, frame};

fn text(payload: &str) -> Whole {
    Whole::Message(MessageKind::Text, payload.into())
}

#[test]
fn what_came_right_behind_the_handshake_comes_first() {
    for role in ROLES {
        let bytes = encode(role.peer(), [frame(OpCode::Text, "early"), frame(OpCode::Text, "late")]);
        for at in 0..=bytes.len() {
            let (early, late) = bytes.split_at(at);
            let mut driver = Driver::new(role);
            driver.connection.handle_early(&mut driver.turn, early);
            assert_eq!(driver.connection.wants_turn(&driver.turn), at > 0);
            driver.have_turn(&mut |_, _| {});
            driver.feed(late);
            assert_eq!(driver.wholes, [text("early"), text("late")], "{at}");
            assert_eq!(driver.connection.counts().wire_in, bytes.len() as u64);
        }
    }
}

#[test]
fn more_of_it_than_a_read_holds_is_not_lost() {
    for role in ROLES {
        for ready in [1, 3, usize::MAX] {
            let messages = (0..90).map(|at| vec![at; 10_007]).collect::<Vec<_>>();
            let frames = messages.iter().map(|payload| frame(OpCode::Binary, payload));
            let bytes = encode(role.peer(), frames);
            let (early, late) = bytes.split_at(700_001);
            let mut driver = Driver::new(role);
            driver.connection.handle_early(&mut driver.turn, early);
            // Turn by turn, with an endpoint that takes so many messages in each.
            for _ in 0..200 {
                for _ in 0..ready {
                    let Some((incoming, mut out)) = driver.connection.poll(&mut driver.turn, driver.now)
                    else {
                        break;
                    };
                    if let Incoming::Message(message) = &incoming {
                        out.echo(message).unwrap();
                    }
                    driver.wholes.push(Whole::new(&incoming));
                }
                driver.end_turn();
            }
            assert!(!driver.connection.wants_turn(&driver.turn));
            driver.feed_to(late, |incoming, out| {
                if let Incoming::Message(message) = incoming {
                    out.echo(message).unwrap();
                }
            });
            let expected = messages
                .into_iter()
                .map(|payload| Whole::Message(MessageKind::Binary, payload))
                .collect::<Vec<_>>();
            assert!(driver.wholes == expected, "{role:?} {ready}");
            assert!(driver.sent() == expected, "{role:?} {ready}");
            assert_eq!(driver.connection.held_bytes(), 0);
        }
    }
}

#[test]
fn what_was_read_is_taken_before_more_is_read() {
    for role in ROLES {
        let frames = [frame(OpCode::Text, "one"), frame(OpCode::Text, "two"), frame(OpCode::Close, "")];
        let bytes = encode(role.peer(), frames);
        let mut driver = Driver::new(role);
        driver.connection.read_buffer(&mut driver.turn)[..bytes.len()].copy_from_slice(&bytes);
        driver.connection.handle_input(&mut driver.turn, bytes.len(), driver.now);
        for _ in 0..3 {
            // The peer may have closed TCP: reading that would be the end, without its Close.
            assert!(!driver.connection.wants_input(&driver.turn));
            assert!(driver.connection.poll(&mut driver.turn, driver.now).is_some());
        }
        driver.end_turn();
        assert!(driver.summary().is_clean());
        // The beginning of a frame is no reason to wait.
        let mut driver = Driver::new(role);
        driver.connection.read_buffer(&mut driver.turn)[..2].copy_from_slice(&bytes[..2]);
        driver.connection.handle_input(&mut driver.turn, 2, driver.now);
        assert!(driver.connection.poll(&mut driver.turn, driver.now).is_none());
        assert!(driver.connection.wants_input(&driver.turn));
    }
}

/// Sixteen messages that are there at once are never put together, and but for one never moved: a read that leaves more
/// ends where a message does, as soon as their length is known.
#[test]
fn large_messages_that_follow_each_other_stay_where_they_were_read() {
    let payload = vec![7; 64 << 10];
    let one = encode(Role::Client, [frame(OpCode::Binary, &payload)]);
    let bytes = one.repeat(16);
    let mut driver = Driver::new(Role::Server);
    let (mut rest, mut lens) = (&bytes[..], Vec::new());
    while !rest.is_empty() {
        let buffer = driver.connection.read_buffer(&mut driver.turn);
        let (piece, behind) = rest.split_at(rest.len().min(buffer.len()));
        buffer[..piece.len()].copy_from_slice(piece);
        rest = behind;
        lens.push(piece.len());
        driver.connection.handle_input(&mut driver.turn, piece.len(), driver.now);
        while let Some((incoming, mut out)) = driver.connection.poll(&mut driver.turn, driver.now) {
            let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
            assert!(message.payload == payload);
            out.echo(&message).unwrap();
        }
        assert_eq!(driver.connection.held_bytes(), 0);
        driver.write();
    }
    let ends = lens.iter().scan(0, |read, len| {
        *read += len;
        Some(*read)
    });
    assert_eq!(ends.filter(|read| read % one.len() > 0).count(), 1, "{lens:?}");
    assert!(lens.len() <= 4, "{lens:?}");
    driver.end_turn();
    assert_eq!((driver.connection.held_bytes(), driver.sent().len()), (0, 16));
}

/// What a read cut counts as a message under way from the end of the turn on, with its deadline.
#[test]
fn a_message_that_was_left_for_the_next_read_is_put_together_when_there_is_none() {
    let payload = vec![7; 600 << 10];
    let bytes =
        encode(Role::Client, [frame(OpCode::Binary, &payload[..500 << 10]), frame(OpCode::Binary, &payload)]);
    let mut driver = Driver::new(Role::Server);
    let buffer = driver.connection.read_buffer(&mut driver.turn);
    let len = buffer.len();
    buffer.copy_from_slice(&bytes[..len]);
    driver.connection.handle_input(&mut driver.turn, len, driver.now);
    driver.have_turn(&mut |_, _| {});
    assert!(
        driver.connection.held_bytes() >= len - (501 << 10) && !driver.connection.wants_turn(&driver.turn)
    );
    driver.feed(&bytes[len..]);
    let expected =
        [&payload[..500 << 10], &payload].map(|it| Whole::Message(MessageKind::Binary, it.to_vec()));
    assert!(driver.wholes == expected);
}

#[test]
fn an_unfinished_header_is_all_that_is_kept() {
    // The longest: a control frame short of its last byte.
    let bytes = encode(Role::Client, [frame(OpCode::Ping, [b'p'; 125])]);
    for len in 1..bytes.len() {
        let mut driver = Driver::new(Role::Server);
        driver.feed(&bytes[..len]);
        assert!((len..=130).contains(&driver.connection.held_bytes()), "{}", driver.connection.held_bytes());
        driver.feed(&bytes[len..]);
        assert_eq!((driver.connection.held_bytes(), driver.wholes.len()), (0, 1));
    }
}

#[test]
fn a_paused_connection_reads_and_decodes_nothing() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        // In the midst of what one read brought.
        let bytes = encode(role.peer(), (0..3).map(|at| frame(OpCode::Text, at.to_string())));
        driver.feed_to(&bytes, |_, out| out.pause(true));
        assert_eq!(driver.wholes, [text("0")]);
        assert!(!driver.connection.wants_input(&driver.turn) && !driver.connection.wants_turn(&driver.turn));
        driver.send(|out| out.send(MessageKind::Text, b"the way out is open")).unwrap();
        assert_eq!(driver.sent().len(), 1);
        // And goes on where it stopped.
        driver.send(|out| out.pause(false));
        assert!(driver.connection.wants_turn(&driver.turn), "before anything is read");
        driver.have_turn(&mut |_, _| {});
        assert_eq!(driver.wholes, [text("0"), text("1"), text("2")]);
        assert!(driver.connection.wants_input(&driver.turn));
    }
}

#[test]
fn pings_are_answered_or_left_to_the_endpoint() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        let ping = frame(OpCode::Ping, "?");
        driver.send(|out| out.auto_pong(false));
        feed(&mut driver, [ping.clone()]);
        assert!(driver.output.is_empty());
        driver.feed_to(&encode(role.peer(), [ping.clone()]), |incoming, out| {
            let Incoming::Ping(payload) = incoming else { panic!("{incoming:?}") };
            out.pong(payload).unwrap();
            out.pong(b"and again").unwrap();
        });
        assert_eq!(driver.sent(), [Whole::Pong(b"?".into()), Whole::Pong(b"and again".into())]);
        driver.send(|out| out.auto_pong(true));
        feed(&mut driver, [ping]);
        assert_eq!(driver.sent(), [Whole::Pong(b"?".into())]);
        assert_eq!(driver.wholes.len(), 3, "the endpoint sees them all");
    }
}

#[test]
fn a_peer_that_sends_too_many_messages_is_told_so() {
    let settings =
        ConnectionSettings { messages_per_second: NonZeroU32::new(10), ..ConnectionSettings::default() };
    for role in ROLES {
        let message = || frame(OpCode::Text, "x");
        let mut driver = Driver::with(role, None, settings.clone());
        for _ in 0..3 {
            feed(&mut driver, (0..10).map(|_| message()));
            assert!(!driver.connection.is_closing());
            driver.pass(Duration::from_millis(1100));
        }
        // Wherever a second begins: ten, and soon ten more.
        feed(&mut driver, (0..10).map(|_| message()));
        driver.pass(Duration::from_millis(500));
        feed(&mut driver, (0..10).map(|_| message()));
        assert_eq!(driver.wholes.len(), 40, "the one too many is not handed out, nor what follows");
        let note = "too many messages per second";
        assert_eq!(driver.sent(), [Whole::Close(Some(1008), note.into())]);
        let summary = driver.summary();
        assert_eq!((summary.end, summary.close_sent), (End::LimitExceeded, Some(Some(CloseCode::POLICY))));
        assert!(matches!(summary.cause, Some(Cause::Note(cause)) if cause == note));
    }
}

#[test]
fn other_settings_hold_from_the_next_frame_on() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        let strict = ConnectionSettings {
            limits: Limits { message_len: 10, ..Limits::default() },
            ..ConnectionSettings::default()
        };
        feed(&mut driver, [frame(OpCode::Text, "longer than ten")]);
        driver.send(|out| {
            out.reconfigure(strict.into());
            assert_eq!(out.settings().limits.message_len, 10);
        });
        feed(&mut driver, [frame(OpCode::Text, "short"), frame(OpCode::Text, "longer than ten")]);
        assert_eq!(driver.wholes, [text("longer than ten"), text("short")]);
        assert_eq!(driver.trace().end, End::LimitExceeded);
    }
}

#[test]
fn a_read_of_many_bombs_is_inflated_a_turn_at_a_time() {
    let params =
        Params { server_no_context_takeover: true, client_no_context_takeover: true, ..Params::default() };
    for role in ROLES {
        let len = 3 << 20;
        let mut peer = Driver::with(role.peer(), Some(params), ConnectionSettings::default());
        for _ in 0..4 {
            peer.send(|out| out.send(MessageKind::Binary, &vec![0; len])).unwrap();
        }
        assert!(peer.output.len() < 200_000, "{}", peer.output.len());
        let mut driver = Driver::with(role, Some(params), ConnectionSettings::default());
        driver.connection.read_buffer(&mut driver.turn)[..peer.output.len()].copy_from_slice(&peer.output);
        driver.connection.handle_input(&mut driver.turn, peer.output.len(), driver.now);
        let (mut turns, mut messages) = (0, 0);
        loop {
            while let Some((incoming, _)) = driver.connection.poll(&mut driver.turn, driver.now) {
                let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
                assert!(message.compressed && message.payload.len() == len);
                messages += 1;
                if driver.turn.spent() >= 1 << 20 {
                    break;
                }
            }
            assert!(driver.turn.spent() < 3 << 20, "{}", driver.turn.spent());
            driver.end_turn();
            turns += 1;
            if !driver.connection.wants_turn(&driver.turn) {
                break;
            }
            assert!(!driver.connection.wants_input(&driver.turn), "first what is there");
        }
        assert_eq!(messages, 4);
        assert!(turns >= 12, "{turns}");
    }
}

#[test]
fn one_read_turns_into_no_more_output_than_the_queue_s_bound_and_one_message() {
    // A client's endpoint is refused beyond it.
    let settings = ConnectionSettings {
        queue_bytes: 10_000,
        deflate: deflate::Settings { threshold: usize::MAX, ..deflate::Settings::default() },
        ..ConnectionSettings::default()
    };
    for role in [Role::Server] {
        let mut peer = Driver::with(role.peer(), Some(Params::default()), ConnectionSettings::default());
        for _ in 0..50 {
            peer.send(|out| out.send(MessageKind::Binary, &[0; 9000])).unwrap();
        }
        let mut driver = Driver::with(role, Some(Params::default()), settings.clone());
        let bytes = peer.output;
        driver.connection.read_buffer(&mut driver.turn)[..bytes.len()].copy_from_slice(&bytes);
        driver.connection.handle_input(&mut driver.turn, bytes.len(), driver.now);
        let mut echoed = 0;
        loop {
            while let Some((incoming, mut out)) = driver.connection.poll(&mut driver.turn, driver.now) {
                let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
                out.echo(&message).unwrap();
                echoed += 1;
            }
            // The peer takes nothing at first.
            driver.connection.end_turn(&mut driver.turn, true, driver.now);
            assert!(driver.connection.queued_bytes() <= 10_000 + 9000 + 14);
            assert!(!driver.connection.wants_turn(&driver.turn), "it has to catch up first");
            if !driver.connection.has_output(&driver.turn) {
                break;
            }
            driver.write();
        }
        assert_eq!(echoed, 50);
    }
}
