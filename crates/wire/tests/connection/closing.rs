//! Ends of every kind: closing in every order, output that the peer takes slowly, peers that say nothing.

use std::time::Duration;

use wire::raw::RawFrame;
use wire::{Cause, CloseCode, ConnectionSettings, End, FailureKind, MessageKind, OpCode, Role, SendError};

use crate::support::driver::{Driver, Whole};
use crate::support::{ROLES, encode, fed, feed, frame, refused};
use crate::{queue, take};

const SECOND: Duration = Duration::from_secs(1);

fn close(code: u16) -> RawFrame {
    wire::raw::close(code, b"")
}

fn note(driver: &mut Driver) -> (End, String) {
    let summary = driver.connection.summary();
    (summary.end, summary.cause.map(|cause| cause.to_string()).unwrap_or_default())
}

#[test]
fn a_peer_that_does_not_answer_a_close_is_given_up() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.send(|out| out.close(None, End::Shutdown)).unwrap();
        driver.pass(4 * SECOND);
        assert!(!driver.connection.is_done());
        driver.pass(2 * SECOND);
        assert!(driver.connection.is_done());
        assert_eq!(note(&mut driver), (End::Shutdown, "the peer did not answer a Close in time".into()));
    }
}

#[test]
fn what_a_closing_peer_says_does_not_put_off_its_deadline() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.send(|out| out.close(None, End::Finished)).unwrap();
        for _ in 0..6 {
            feed(&mut driver, [frame(OpCode::Text, "la la la"), frame(OpCode::Ping, "")]);
            driver.pass(SECOND);
        }
        assert!(driver.connection.is_done());
    }
}

#[test]
fn a_peer_that_does_not_close_tcp_is_given_up_and_it_was_clean_all_the_same() {
    for role in ROLES {
        let mut driver = fed(role, [close(1000)]);
        driver.connection.handle_shutdown(driver.now);
        driver.pass(4 * SECOND);
        assert!(!driver.connection.is_done() && driver.connection.wants_input(&driver.turn));
        driver.pass(2 * SECOND);
        assert!(driver.connection.is_done());
        let summary = driver.connection.summary();
        assert!(
            summary.is_clean() && summary.cause.is_none() && summary.end == End::PeerClosed,
            "{summary:?}"
        );
    }
}

#[test]
fn what_comes_behind_a_close_is_thrown_away_within_bounds() {
    for role in ROLES {
        let mut driver = fed(role, [close(1000)]);
        driver.connection.handle_shutdown(driver.now);
        let megabyte = vec![0; 1 << 20];
        for _ in 0..4 {
            driver.feed(&megabyte);
            assert!(!driver.connection.is_done());
        }
        driver.feed(&megabyte);
        assert!(driver.connection.is_done(), "the peer would go on for ever");
        assert_eq!(driver.connection.next_timeout(driver.now), None, "it has ended");
        assert_eq!(driver.connection.held_bytes(), 0);
    }
}

#[test]
fn a_whole_read_of_garbage_leaves_room_to_read_on_until_the_peer_closes() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        let buffer = driver.connection.read_buffer(&mut driver.turn);
        buffer.fill(0xff);
        let len = buffer.len();
        driver.connection.handle_input(&mut driver.turn, len, driver.now);
        assert!(driver.connection.poll(&mut driver.turn, driver.now).is_none());
        driver.write();
        // Within the same turn.
        assert!(driver.has_finished());
        driver.connection.handle_shutdown(driver.now);
        assert!(driver.connection.wants_input(&driver.turn));
        assert_eq!(driver.connection.read_buffer(&mut driver.turn).len(), len);
        driver.connection.handle_input(&mut driver.turn, len, driver.now);
        driver.end_turn();
        assert!(!driver.connection.is_done());
    }
}

#[test]
fn a_close_waits_for_output_that_the_peer_takes_slowly_but_steadily() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        queue(&mut driver, |out| out.send(MessageKind::Binary, &[0; 20_000])).unwrap();
        queue(&mut driver, |out| out.close(None, End::Shutdown)).unwrap();
        // Twenty seconds, four times the timeout.
        while driver.connection.queued_bytes() > 1000 {
            driver.now = driver.now + SECOND;
            driver.connection.handle_timeout(&mut driver.turn, driver.now);
            driver.connection.end_turn(&mut driver.turn, true, driver.now);
            assert!(!driver.connection.is_done());
            take(&mut driver, 1000);
            driver.connection.end_turn(&mut driver.turn, true, driver.now);
        }
        driver.end_turn();
        feed(&mut driver, [frame(OpCode::Close, "")]);
        assert!(driver.has_finished());
        let summary = driver.summary();
        assert!(summary.is_clean() && summary.unsent == 0, "{summary:?}");
    }
}

#[test]
fn a_peer_that_takes_nothing_at_the_close_is_cut_and_what_it_missed_is_said() {
    for role in ROLES {
        // Whether this end began to close or the other.
        for answers in [false, true] {
            let mut driver = Driver::new(role);
            queue(&mut driver, |out| out.send(MessageKind::Binary, &[0; 20_000])).unwrap();
            if answers {
                let bytes = encode(role.peer(), [frame(OpCode::Close, "")]);
                driver.connection.read_buffer(&mut driver.turn)[..bytes.len()].copy_from_slice(&bytes);
                driver.connection.handle_input(&mut driver.turn, bytes.len(), driver.now);
                while driver.connection.poll(&mut driver.turn, driver.now).is_some() {}
                driver.connection.end_turn(&mut driver.turn, true, driver.now);
            } else {
                queue(&mut driver, |out| out.close(None, End::Shutdown)).unwrap();
            }
            let waits = driver.connection.queued_bytes();
            driver.now = driver.now + 6 * SECOND;
            driver.connection.handle_timeout(&mut driver.turn, driver.now);
            assert!(driver.connection.is_done());
            driver.connection.end_turn(&mut driver.turn, true, driver.now);
            let summary = driver.connection.summary();
            assert_eq!(summary.unsent, waits);
            assert!(!summary.is_clean(), "not all was taken");
            assert_eq!(summary.end, if answers { End::PeerClosed } else { End::Shutdown });
            let cause = summary.cause.unwrap().to_string();
            assert_eq!(cause.contains("did not take all output"), answers, "{cause}");
        }
    }
}

#[test]
fn however_steadily_the_peer_takes_output_a_close_has_an_end() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        queue(&mut driver, |out| out.send(MessageKind::Binary, &[0; 20_000])).unwrap();
        queue(&mut driver, |out| out.close(None, End::Shutdown)).unwrap();
        let begin = driver.now;
        while !driver.connection.is_done() {
            // Not through `pass`, which would write all.
            driver.now = driver.now + SECOND;
            take(&mut driver, 1);
            driver.connection.handle_timeout(&mut driver.turn, driver.now);
            driver.connection.end_turn(&mut driver.turn, true, driver.now);
            assert!(driver.now.since(begin) < 32 * SECOND, "30 s is the limit");
        }
        assert!(driver.now.since(begin) >= 30 * SECOND);
        let summary = driver.connection.summary();
        assert!(summary.unsent > 19_900 && !summary.is_clean());
    }
}

#[test]
fn an_unanswered_close_of_the_peer_leaves_the_endpoint_free_to_go_on() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.send(|out| out.auto_close(false));
        // What stands behind it is nothing, in the same read and later.
        let garbage = [frame(OpCode::Text, [0xff]), frame(OpCode::Ping, "")];
        let frames = [&[frame(OpCode::Text, "a").fin(false), close(4000)], &garbage[..]].concat();
        feed(&mut driver, frames);
        assert!(!driver.connection.wants_turn(&driver.turn), "there is nothing to decode");
        feed(&mut driver, garbage.clone());
        driver.feed(&[0xff; 1000]);
        assert!(!driver.connection.wants_turn(&driver.turn));
        assert_eq!(driver.connection.held_bytes(), 0);
        assert_eq!(driver.wholes, [Whole::Close(Some(4000), vec![])]);
        assert!(driver.output.is_empty() && !driver.connection.is_closing());
        // Pings would have no answer, and no message can be late.
        driver.pass(200 * SECOND);
        assert!(!driver.connection.is_done() && driver.output.is_empty());
        driver.send(|out| out.send(MessageKind::Text, b"still here")).unwrap();
        driver.send(|out| out.close(Some((CloseCode(4001), "")), End::Finished)).unwrap();
        assert!(driver.has_finished(), "the other Close has come already");
        assert_eq!(driver.sent().len(), 2);
        let summary = driver.summary();
        assert!(summary.is_clean() && summary.end == End::Finished, "{summary:?}");
    }
}

#[test]
fn a_peer_that_closes_tcp_behind_its_close_has_closed() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.send(|out| out.auto_close(false));
        feed(&mut driver, [close(4000)]);
        let summary = driver.summary();
        assert_eq!((summary.end, summary.close_received), (End::PeerClosed, Some(Some(CloseCode(4000)))));
        assert!(!summary.is_clean());
    }
}

#[test]
fn the_summary_has_the_first_reason_and_no_later_one() {
    for role in ROLES {
        // A failure, and then TCP breaks.
        let mut driver = fed(role, [frame(OpCode::Continuation, "")]);
        driver.connection.handle_shutdown(driver.now);
        driver.pass(6 * SECOND);
        let summary = driver.connection.summary();
        assert_eq!(summary.end, End::ReceiveFailed);
        assert!(
            matches!(summary.cause, Some(Cause::Protocol(failure)) if failure.kind == FailureKind::UnexpectedContinuation)
        );
        // A Close for a reason of the endpoint's, and then the peer breaks the protocol.
        let mut driver = Driver::new(role);
        driver.send(|out| out.close(None, End::Shutdown)).unwrap();
        feed(&mut driver, [frame(OpCode::Continuation, "")]);
        assert_eq!(driver.summary().end, End::Shutdown);
    }
}

#[test]
fn a_second_close_is_refused_and_changes_nothing() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.send(|out| out.close(Some((CloseCode(4000), "first")), End::Finished)).unwrap();
        let second = driver.send(|out| out.close(Some((CloseCode(4001), "second")), End::Shutdown));
        assert_eq!(second, refused(SendError::Closed));
        feed(&mut driver, [close(4000)]);
        let summary = driver.summary();
        assert_eq!((summary.end, summary.close_sent), (End::Finished, Some(Some(CloseCode(4000)))));
    }
}

#[test]
fn a_close_that_was_begun_while_paused_still_gets_its_answer() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.send(|out| out.pause(true));
        assert!(!driver.connection.wants_input(&driver.turn));
        driver.send(|out| out.close(None, End::Finished)).unwrap();
        feed(&mut driver, [frame(OpCode::Text, "late"), frame(OpCode::Close, "")]);
        assert!(driver.summary().is_clean());
    }
}

#[test]
fn once_it_has_ended_nothing_moves_it() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        driver.connection.handle_eof(driver.now);
        feed(&mut driver, [frame(OpCode::Text, "x")]);
        driver.connection.handle_shutdown(driver.now);
        driver.connection.handle_eof(driver.now);
        driver.pass(1000 * SECOND);
        driver.connection.handle_timeout(&mut driver.turn, driver.now);
        driver.end_turn();
        assert!(driver.connection.is_done() && driver.wholes.is_empty() && driver.output.is_empty());
        assert!(!driver.connection.wants_input(&driver.turn) && !driver.connection.wants_turn(&driver.turn));
        // Nothing that is accepted could still be delivered.
        let closed = refused(SendError::Closed);
        assert_eq!(driver.send(|out| out.send(MessageKind::Text, b"x")), closed);
        assert_eq!(driver.send(|out| out.ping(b"x")), closed);
        assert_eq!(driver.send(|out| out.close(None, End::Finished)), closed);
        assert_eq!(
            note(&mut driver),
            (End::ReceiveFailed, "the peer closed TCP without a Close frame".into())
        );
    }
}

#[test]
fn settings_of_no_patience_end_it_at_once_and_do_not_spin() {
    let settings = ConnectionSettings {
        close_timeout: Duration::ZERO,
        close_limit: Duration::ZERO,
        send_timeout: Duration::ZERO,
        message_timeout: Some(Duration::ZERO),
        ping_timeout: Duration::ZERO,
        ping_interval: Some(Duration::ZERO),
        idle_timeout: Some(Duration::ZERO),
        ..ConnectionSettings::default()
    };
    for role in ROLES {
        let mut driver = Driver::with(role, None, settings.clone());
        // Each step has a timeout, and they follow one another without an end only until there is one.
        for _ in 0..10 {
            if driver.connection.is_done() {
                break;
            }
            driver.now = driver.now + Duration::from_millis(2);
            driver.connection.handle_timeout(&mut driver.turn, driver.now);
            driver.end_turn();
        }
        assert!(driver.connection.is_done());
    }
}

#[test]
fn a_client_awaits_the_server_s_end_of_tcp_and_a_server_ends_it_itself() {
    for role in ROLES {
        assert_eq!(Driver::new(role).connection.closes_first(), role == Role::Server);
    }
}
