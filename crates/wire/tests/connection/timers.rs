//! Every timer, in simulated time.

use std::time::Duration;

use wire::{Cause, CloseCode, ConnectionSettings, End, Incoming, MessageKind, OpCode, Role, Time};

use crate::support::driver::{Driver, Whole};
use crate::support::{ROLES, encode, feed, frame};
use crate::{feed_blocked, queue, take};

const SECOND: Duration = Duration::from_secs(1);

/// As long as a tick may put a timeout off.
const TICK: Duration = Duration::from_millis(2);

fn cause(driver: &mut Driver) -> (End, String) {
    let summary = driver.connection.summary();
    (summary.end, summary.cause.map(|cause| cause.to_string()).unwrap_or_default())
}

/// Time passes while the transport takes nothing.
fn pass_blocked(driver: &mut Driver, time: Duration) {
    driver.now = driver.now + time;
    driver.connection.handle_timeout(&mut driver.turn, driver.now);
    driver.connection.end_turn(&mut driver.turn, true, driver.now);
}

#[test]
fn a_silent_peer_gets_a_ping_and_is_given_up_without_an_answer() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.pass(19 * SECOND);
        assert!(driver.output.is_empty());
        driver.pass(SECOND + TICK);
        assert!(matches!(driver.sent()[..], [Whole::Ping(_)]));
        driver.pass(9 * SECOND);
        assert!(!driver.connection.is_done());
        driver.pass(SECOND + TICK);
        assert!(driver.connection.is_done() && driver.output.is_empty());
        assert_eq!(cause(&mut driver), (End::HeartbeatFailed, "nothing arrived after a Ping".into()));
    }
}

#[test]
fn whatever_arrives_puts_the_ping_off() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        let bytes = encode(role.peer(), [frame(OpCode::Binary, [0; 20])]);
        for byte in &bytes[..20] {
            driver.pass(19 * SECOND);
            driver.feed(&[*byte]);
        }
        // A message of more than a minute, though, is given up.
        assert!(driver.connection.is_closing() || driver.output.is_empty());
    }
}

#[test]
fn any_sign_of_life_answers_a_ping() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        for round in 0..5 {
            driver.pass(21 * SECOND);
            let Whole::Ping(payload) = driver.sent().pop().unwrap() else { panic!("a Ping") };
            driver.pass(Duration::from_millis(1500));
            if round % 2 == 0 {
                let mut rtt = None;
                let pong = encode(role.peer(), [frame(OpCode::Pong, &payload)]);
                // Twice: the second one answers nothing.
                driver.feed_to(&pong.repeat(2), |incoming, _| {
                    let Incoming::Pong { rtt: found, .. } = incoming else { panic!("{incoming:?}") };
                    rtt = rtt.max(*found);
                    assert_eq!(found.is_some(), rtt == *found);
                });
                let rtt = rtt.unwrap();
                assert!(rtt >= Duration::from_millis(1500) && rtt < Duration::from_millis(2501), "{rtt:?}");
            } else {
                feed(&mut driver, [frame(OpCode::Text, "alive")]);
            }
        }
        assert!(!driver.connection.is_done());
    }
}

#[test]
fn a_pong_of_something_else_has_no_round_trip_time() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        let mut found = 0;
        // Before any Ping was sent, and with another payload than the latest one's.
        for payload in [&[0, 0, 0, 0][..], b"", b"else"] {
            driver.feed_to(&encode(role.peer(), [frame(OpCode::Pong, payload)]), |incoming, _| {
                assert!(matches!(incoming, Incoming::Pong { rtt: None, .. }));
                found += 1;
            });
            driver.pass(20 * SECOND + TICK);
        }
        assert_eq!(found, 3);
    }
}

#[test]
fn a_timeout_that_comes_too_early_changes_nothing() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        let early = |driver: &mut Driver| {
            let (phase, next) =
                (format!("{:?}", driver.connection), driver.connection.next_timeout(driver.now));
            for _ in 0..3 {
                driver.connection.handle_timeout(&mut driver.turn, driver.now);
                driver.connection.end_turn(&mut driver.turn, true, driver.now);
            }
            assert_eq!(phase, format!("{:?}", driver.connection));
            assert_eq!(next, driver.connection.next_timeout(driver.now));
            assert!(!driver.connection.has_output(&driver.turn));
        };
        early(&mut driver);
        driver.pass(19 * SECOND);
        early(&mut driver);
        driver.pass(5 * SECOND);
        early(&mut driver);
        feed(&mut driver, [frame(OpCode::Text, "begun").fin(false)]);
        early(&mut driver);
        driver.send(|out| out.close(None, End::Finished)).unwrap();
        driver.pass(4 * SECOND);
        early(&mut driver);
        feed(&mut driver, [frame(OpCode::Close, "")]);
        early(&mut driver);
        driver.connection.handle_shutdown(driver.now);
        early(&mut driver);
        driver.pass(10 * SECOND);
        assert!(driver.connection.is_done());
    }
}

#[test]
fn a_message_has_to_become_whole_in_time() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        feed(&mut driver, [frame(OpCode::Text, "begun").fin(false)]);
        // What arrives meanwhile doesn't help, neither of it nor in between.
        for _ in 0..5 {
            driver.pass(10 * SECOND);
            feed(&mut driver, [frame(OpCode::Continuation, "more").fin(false), frame(OpCode::Ping, "")]);
        }
        driver.output.clear();
        driver.pass(9 * SECOND);
        assert!(!driver.connection.is_closing());
        driver.pass(SECOND + TICK);
        let note = "a message took too long to arrive";
        assert_eq!(driver.sent(), [Whole::Close(Some(1008), note.into())]);
        assert_eq!(driver.connection.held_bytes(), 0, "what came of it is thrown away");
        let summary = driver.summary();
        assert_eq!((summary.end, summary.close_sent), (End::LimitExceeded, Some(Some(CloseCode::POLICY))));
        assert!(matches!(summary.cause, Some(Cause::Note(cause)) if cause == note));

        // One that comes in time starts the clock anew for the next one.
        let mut driver = Driver::new(role);
        driver.send(|out| out.heartbeat(false));
        for _ in 0..3 {
            feed(&mut driver, [frame(OpCode::Text, "begun").fin(false)]);
            driver.pass(50 * SECOND);
            feed(&mut driver, [frame(OpCode::Continuation, "done")]);
            assert!(!driver.connection.is_closing());
        }
        assert_eq!(driver.wholes.len(), 3);
    }
}

#[test]
fn without_a_message_for_too_long_it_closes() {
    let settings = ConnectionSettings { idle_timeout: Some(60 * SECOND), ..ConnectionSettings::default() };
    for role in ROLES {
        let mut driver = Driver::with(role, None, settings.clone());
        driver.pass(15 * SECOND);
        feed(&mut driver, [frame(OpCode::Text, "x")]);
        for _ in 0..5 {
            driver.pass(11 * SECOND);
            // Neither of these is one.
            feed(&mut driver, [frame(OpCode::Ping, ""), frame(OpCode::Pong, "")]);
        }
        driver.pass(4 * SECOND);
        assert!(!driver.connection.is_closing());
        driver.output.clear();
        driver.pass(SECOND + TICK);
        let note = "no message for too long";
        assert_eq!(driver.sent(), [Whole::Close(Some(1000), note.into())]);
        feed(&mut driver, [frame(OpCode::Close, "")]);
        let summary = driver.summary();
        assert!(summary.is_clean() && summary.end == End::LimitExceeded, "{summary:?}");
        assert_eq!(summary.cause.unwrap().to_string(), note);
    }
}

#[test]
fn a_peer_that_takes_nothing_is_given_up_and_one_that_takes_little_is_not() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.send(|out| out.heartbeat(false));
        queue(&mut driver, |out| out.send(MessageKind::Binary, &[0; 1000])).unwrap();
        for _ in 0..5 {
            pass_blocked(&mut driver, 29 * SECOND);
            assert!(!driver.connection.is_done());
            take(&mut driver, 1);
            // That it may take more, and takes none, is no progress.
            driver.connection.handle_written(&mut driver.turn, 0, driver.now);
        }
        // It answers Pings meanwhile: alive, and no reader.
        pass_blocked(&mut driver, 15 * SECOND);
        feed_blocked(&mut driver, [frame(OpCode::Pong, "")]);
        driver.connection.handle_written(&mut driver.turn, 0, driver.now);
        assert!(!driver.connection.is_done());
        pass_blocked(&mut driver, 16 * SECOND);
        assert!(driver.connection.is_done());
        let summary = driver.connection.summary();
        assert_eq!(summary.end, End::SendFailed);
        assert!(summary.unsent > 900, "{summary:?}");
        assert_eq!(summary.cause.unwrap().to_string(), "the peer has stopped reading");
    }
}

#[test]
fn once_all_is_taken_nothing_is_late() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.send(|out| out.heartbeat(false));
        queue(&mut driver, |out| out.send(MessageKind::Binary, &[0; 1000])).unwrap();
        driver.pass(29 * SECOND);
        driver.end_turn();
        assert_eq!(driver.connection.next_timeout(driver.now), None);
    }
}

#[test]
fn a_heartbeat_can_be_left_out() {
    for role in ROLES {
        let quiet = ConnectionSettings { ping_interval: None, ..ConnectionSettings::default() };
        let mut by_settings = Driver::with(role, None, quiet.clone());
        let mut by_the_endpoint = Driver::new(role);
        by_the_endpoint.send(|out| out.heartbeat(false));
        // Also with a Ping on its way.
        let mut late = Driver::new(role);
        late.pass(25 * SECOND);
        late.output.clear();
        late.send(|out| out.heartbeat(false));
        let mut by_other_settings = Driver::new(role);
        by_other_settings.pass(25 * SECOND);
        by_other_settings.output.clear();
        by_other_settings.send(|out| out.reconfigure(quiet.into()));
        for driver in [&mut by_settings, &mut by_the_endpoint, &mut late, &mut by_other_settings] {
            feed(driver, [frame(OpCode::Text, "x")]);
            driver.pass(1000 * SECOND);
            assert!(driver.output.is_empty() && !driver.connection.is_done());
            assert_eq!(driver.connection.next_timeout(driver.now), None);
        }
        late.send(|out| out.heartbeat(true));
        late.pass(21 * SECOND);
        assert!(matches!(late.sent()[..], [Whole::Ping(_)]));
    }
}

/// What makes a connection read nothing: its endpoint, or a peer that doesn't read either.
fn at_rest(role: Role, why: usize) -> Driver {
    let settings = ConnectionSettings {
        idle_timeout: Some(40 * SECOND),
        send_timeout: 10_000 * SECOND,
        queue_bytes: 1000,
        ..ConnectionSettings::default()
    };
    let mut driver = Driver::with(role, None, settings);
    feed(&mut driver, [frame(OpCode::Text, "begun").fin(false)]);
    match why {
        0 => driver.send(|out| out.pause(true)),
        1 => driver.connection.end_turn(&mut driver.turn, false, driver.now),
        // A client would read on.
        _ => queue(&mut driver, |out| out.send(MessageKind::Binary, &[0; 2000])).unwrap(),
    }
    driver
}

#[test]
fn while_nothing_is_read_silence_proves_nothing() {
    for role in ROLES {
        for why in 0..if role == Role::Server { 3 } else { 2 } {
            let mut driver = at_rest(role, why);
            for _ in 0..200 {
                driver.now = driver.now + SECOND;
                driver.connection.handle_timeout(&mut driver.turn, driver.now);
                driver.connection.end_turn(&mut driver.turn, why != 1, driver.now);
                if why == 1 {
                    // Turned on anew, it still finds nothing to listen to.
                    driver.connection.outgoing(&mut driver.turn, driver.now).heartbeat(true);
                    driver.connection.end_turn(&mut driver.turn, false, driver.now);
                }
            }
            assert!(!driver.connection.is_closing() && !driver.connection.is_done(), "{role:?} {why}");
            let timeout = driver.connection.next_timeout(driver.now);
            assert_eq!(timeout.is_some(), why == 2, "only that the peer has to read");
            // Reading again, it has all its time again.
            if why == 0 {
                driver.send(|out| out.pause(false));
            }
            driver.end_turn();
            driver.pass(19 * SECOND);
            assert!(!driver.connection.is_closing());
            driver.output.clear();
            driver.pass(2 * SECOND);
            assert!(matches!(driver.sent()[..], [Whole::Ping(_)]));
            feed(&mut driver, [frame(OpCode::Pong, "")]);
            driver.pass(18 * SECOND);
            assert!(!driver.connection.is_closing());
            driver.pass(2 * SECOND);
            assert!(driver.connection.is_closing(), "idle for 40 s");
        }
    }
}

#[test]
fn frames_that_wait_for_the_peer_to_catch_up_do_not_make_it_look_dead() {
    // A client would not wait.
    for role in [Role::Server] {
        let settings = ConnectionSettings {
            queue_bytes: 1000,
            send_timeout: 10_000 * SECOND,
            ..ConnectionSettings::default()
        };
        let mut driver = Driver::with(role, None, settings);
        // A turn that ends before all is decoded, with more output than the peer takes.
        let bytes = encode(role.peer(), (0..10).map(|_| frame(OpCode::Binary, [0; 400])));
        driver.connection.read_buffer(&mut driver.turn)[..bytes.len()].copy_from_slice(&bytes);
        driver.connection.handle_input(&mut driver.turn, bytes.len(), driver.now);
        for _ in 0..3 {
            let Some((Incoming::Message(message), mut out)) =
                driver.connection.poll(&mut driver.turn, driver.now)
            else {
                panic!("three messages");
            };
            out.echo(&message).unwrap();
        }
        driver.connection.end_turn(&mut driver.turn, true, driver.now);
        assert!(driver.connection.held_bytes() > driver.connection.queued_bytes());
        assert!(!driver.connection.wants_input(&driver.turn));
        for _ in 0..100 {
            pass_blocked(&mut driver, SECOND);
        }
        assert!(!driver.connection.is_done());
        let mut messages = 0;
        while driver.connection.has_output(&driver.turn) || driver.connection.wants_turn(&driver.turn) {
            driver.write();
            while let Some((incoming, mut out)) = driver.connection.poll(&mut driver.turn, driver.now) {
                let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
                out.echo(&message).unwrap();
                messages += 1;
            }
            driver.connection.end_turn(&mut driver.turn, true, driver.now);
        }
        assert_eq!(messages, 7);
        assert_eq!(driver.sent().iter().filter(|whole| matches!(whole, Whole::Message(..))).count(), 10);
    }
}

#[test]
fn what_has_arrived_in_time_counts_however_late_it_is_read() {
    // Every deadline passes while the process is suspended; the answer was there before.
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.pass(21 * SECOND);
        driver.now = driver.now + 3600 * SECOND;
        feed(&mut driver, [frame(OpCode::Pong, "")]);
        driver.time_out();
        assert!(!driver.connection.is_done(), "the heartbeat");

        let mut driver = Driver::new(role);
        feed(&mut driver, [frame(OpCode::Text, "be").fin(false)]);
        driver.now = driver.now + 3600 * SECOND;
        feed(&mut driver, [frame(OpCode::Continuation, "gun")]);
        driver.time_out();
        assert!(!driver.connection.is_closing(), "a message");

        let mut driver = Driver::new(role);
        driver.send(|out| out.close(None, End::Finished)).unwrap();
        driver.now = driver.now + 3600 * SECOND;
        feed(&mut driver, [frame(OpCode::Close, "")]);
        driver.time_out();
        assert!(driver.summary().is_clean(), "a Close");

        let mut driver = Driver::new(role);
        queue(&mut driver, |out| out.send(MessageKind::Binary, &[0; 1000])).unwrap();
        driver.now = driver.now + 3600 * SECOND;
        driver.write();
        driver.time_out();
        assert!(!driver.connection.is_done(), "a peer that takes output");
    }
}

#[test]
fn suspended_without_an_answer_it_pings_first() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.now = driver.now + 3600 * SECOND;
        driver.time_out();
        assert!(!driver.connection.is_done());
        assert!(matches!(driver.sent()[..], [Whole::Ping(_)]));
        assert!(driver.connection.next_timeout(driver.now).unwrap() > driver.now + 9 * SECOND);
    }
}

#[test]
fn the_clock_s_beginning_is_the_caller_s_choice() {
    for begin in [0, 1, (1 << 42) - 7, u64::from(u32::MAX) * 1024, 1 << 60] {
        for role in ROLES {
            let now = Time::from_micros(begin);
            let settings = std::sync::Arc::new(ConnectionSettings::default());
            let mut driver = Driver::new(role);
            driver.connection = wire::Connection::new(role, None, settings, now);
            driver.now = now;
            driver.pass(21 * SECOND);
            assert!(matches!(driver.sent()[..], [Whole::Ping(_)]), "{begin}");
            driver.pass(10 * SECOND);
            assert!(driver.connection.is_done(), "{begin}");
        }
    }
}
