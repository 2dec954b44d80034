//! RFC 6455 §7: closing and failing a connection.

#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests")]

mod support;

use std::io;

use support::driver::{Driver, Whole};
use support::{ROLES, both_fail, both_take, encode, fed, feed, frame, refused, send, sent_by};
use wire::close::{InvalidClose, MAX_REASON_LEN, cut_reason};
use wire::deflate::Params;
use wire::frame::RSV1;
use wire::raw::RawFrame;
use wire::{Cause, CloseCode, ConnectionSettings, Direction, End, FailureKind, MessageKind, OpCode, Role};
use wire::{SendError, Summary};

fn close(code: u16) -> RawFrame {
    wire::raw::close(code, b"")
}

/// A connection that has begun to close, with a code of its own.
fn closing(role: Role, code: u16) -> Driver {
    let mut driver = Driver::new(role);
    driver.send(|out| out.close(Some((CloseCode(code), "")), End::Finished)).unwrap();
    assert_eq!(driver.sent(), [Whole::Close(Some(code), vec![])]);
    driver
}

/// How it ended, in the terms of §7.1.4 and §7.1.5.
fn ending(summary: &Summary) -> (bool, u16, End) {
    let code = match summary.close_received {
        Some(Some(code)) => code,
        Some(None) => CloseCode::NO_STATUS,
        None => CloseCode::ABNORMAL,
    };
    (summary.is_clean(), code.0, summary.end)
}

#[test]
fn rfc6455_7_1_1_the_server_closes_tcp_first() {
    for role in ROLES {
        let mut began = closing(role, 1000);
        assert!(!began.has_finished(), "not before the other Close has come");
        feed(&mut began, [close(1000)]);
        for mut driver in [fed(role, [close(1000)]), began] {
            assert!(driver.has_finished());
            assert_eq!(driver.connection.closes_first(), role == Role::Server);
            // From then on the end of TCP is awaited, and what comes before it is nothing.
            driver.connection.handle_shutdown(driver.now);
            assert!(driver.connection.wants_input(&driver.turn) && !driver.connection.is_done());
            let (wholes, len) = (driver.wholes.len(), driver.output.len());
            feed(&mut driver, [frame(OpCode::Ping, ""), frame(OpCode::Text, [0xff])]);
            assert_eq!((driver.wholes.len(), driver.output.len()), (wholes, len));
            assert!(driver.summary().is_clean());
        }
    }
}

#[test]
fn rfc6455_7_1_1_a_server_need_not_wait_for_tcp_once_both_have_said_their_close() {
    for role in ROLES {
        let (failed, mut parted) = (fed(role, [frame(OpCode::Continuation, "")]), closing(role, 1000));
        for mut unparted in [failed, Driver::new(role), closing(role, 1000)] {
            unparted.connection.handle_closed();
            assert!(!unparted.connection.is_done());
        }
        feed(&mut parted, [close(1000)]);
        for mut driver in [fed(role, [close(1000)]), parted] {
            assert!(driver.connection.has_parted() && driver.has_finished());
            driver.connection.handle_closed();
            assert_eq!(driver.connection.is_done(), role == Role::Server);
            assert!(driver.summary().is_clean());
        }
    }
}

#[test]
fn rfc6455_7_1_2_the_handshake_starts_with_a_close_and_waits_for_the_other() {
    for role in ROLES {
        assert!(!Driver::new(role).connection.is_closing());
        let mut driver = closing(role, 1000);
        for late in ["", "late"] {
            feed(&mut driver, [frame(OpCode::Text, late)]);
            assert!(driver.connection.is_closing() && !driver.has_finished());
            assert!(driver.connection.wants_input(&driver.turn));
        }
        feed(&mut driver, [close(1000)]);
        assert!(driver.has_finished());
    }
}

#[test]
fn rfc6455_7_1_3_both_ends_may_begin_at_once() {
    for role in ROLES {
        let mut driver = closing(role, 4000);
        feed(&mut driver, [close(4001)]);
        assert!(driver.output.is_empty(), "the Close that crossed this one answers it");
        assert!(driver.has_finished());
        assert_eq!(ending(&driver.summary()), (true, 4001, End::Finished));
    }
}

#[test]
fn rfc6455_7_1_4_closed_cleanly_means_both_close_frames() {
    for role in ROLES {
        let answered = fed(role, [close(1001)]).summary();
        assert_eq!(ending(&answered), (true, 1001, End::PeerClosed));
        assert!(answered.cause.is_none());
        let unanswered = closing(role, 1000).summary();
        assert_eq!(ending(&unanswered), (false, 1006, End::Finished));
        assert!(matches!(unanswered.cause, Some(Cause::Eof)));
    }
}

#[test]
fn rfc6455_7_1_5_the_code_is_that_of_the_first_close_received() {
    for role in ROLES {
        let with_code = fed(role, [close(4000), close(4001)]).summary();
        assert_eq!(ending(&with_code), (true, 4000, End::PeerClosed));
        let without_code = fed(role, [frame(OpCode::Close, "")]).summary();
        assert_eq!(ending(&without_code), (true, 1005, End::PeerClosed));
        assert_eq!(ending(&Driver::new(role).summary()), (false, 1006, End::ReceiveFailed));
    }
}

#[test]
fn rfc6455_7_1_6_a_reason_is_cut_to_what_a_close_holds_and_no_character_with_it() {
    assert_eq!(cut_reason("short"), "short");
    assert_eq!(cut_reason(&"r".repeat(200)), "r".repeat(MAX_REASON_LEN));
    assert_eq!(cut_reason(&"ü".repeat(100)), "ü".repeat(MAX_REASON_LEN / 2));
}

#[test]
fn rfc6455_7_1_6_the_reason_is_what_follows_the_code() {
    for reason in ["", "x", "grüße", &"r".repeat(MAX_REASON_LEN)] {
        both_take(
            &[wire::raw::close(1000, reason.as_bytes())],
            &[Whole::Close(Some(1000), reason.as_bytes().into())],
        );
    }
}

/// Input that fails a connection in each way that takes no limits and no compression.
fn failures() -> Vec<(RawFrame, FailureKind)> {
    vec![
        (frame(OpCode::Text, "").reserved(0x20), FailureKind::ReservedBits),
        (frame(OpCode::Text, "").opcode(5), FailureKind::ReservedOpcode),
        (frame(OpCode::Ping, [0; 126]), FailureKind::ControlTooLong),
        (frame(OpCode::Ping, "").fin(false), FailureKind::FragmentedControl),
        (frame(OpCode::Continuation, ""), FailureKind::UnexpectedContinuation),
        (frame(OpCode::Text, [0xff]), FailureKind::InvalidUtf8),
        (frame(OpCode::Close, [3]), FailureKind::CloseBodyTooShort),
        (close(1005), FailureKind::InvalidCloseCode),
        (wire::raw::close(1000, &[0xff]), FailureKind::InvalidCloseReason),
    ]
}

#[test]
fn rfc6455_7_1_7_a_failure_sends_a_close_with_its_code_and_section() {
    for role in ROLES {
        for (bad, kind) in failures() {
            let mut driver = fed(role, [bad]);
            let reason = kind.explanation().as_bytes().to_vec();
            assert_eq!(driver.sent(), [Whole::Close(Some(kind.close_code().0), reason)], "{kind:?}");
            assert!(driver.has_finished());
            let summary = driver.summary();
            assert_eq!(ending(&summary), (false, 1006, End::ReceiveFailed));
            assert_eq!(summary.close_sent, Some(Some(kind.close_code())));
            assert!(matches!(summary.cause, Some(Cause::Protocol(failure)) if failure.kind == kind));
        }
    }
}

#[test]
fn rfc6455_7_1_7_a_failure_after_a_sent_close_sends_no_second_one() {
    for role in ROLES {
        for (bad, kind) in failures() {
            let mut driver = closing(role, 1000);
            feed(&mut driver, [bad]);
            assert!(driver.output.is_empty());
            assert!(driver.has_finished());
            let summary = driver.summary();
            assert_eq!(ending(&summary), (false, 1006, End::Finished));
            assert!(matches!(summary.cause, Some(Cause::Protocol(failure)) if failure.kind == kind));
        }
    }
}

#[test]
fn rfc6455_7_1_7_nothing_is_processed_after_a_failure() {
    for role in ROLES {
        // Neither what came with it nor what comes later; a Close isn't answered either.
        let mut driver = fed(role, [frame(OpCode::Continuation, ""), frame(OpCode::Ping, ""), close(1000)]);
        assert_eq!(driver.sent().len(), 1);
        driver.connection.handle_shutdown(driver.now);
        feed(&mut driver, [frame(OpCode::Ping, ""), frame(OpCode::Text, "x"), close(1000)]);
        assert!(driver.wholes.is_empty() && driver.output.is_empty());
        assert_eq!(ending(&driver.summary()), (false, 1006, End::ReceiveFailed));
    }
}

#[test]
fn rfc6455_7_1_7_a_failure_found_outside_the_receiver_counts_alike() {
    for role in ROLES {
        // What can't be inflated, by which nothing is wrong as a frame.
        let mut driver = Driver::with(role, Some(Params::default()), ConnectionSettings::default());
        feed(&mut driver, [frame(OpCode::Binary, "not deflate").reserved(RSV1), frame(OpCode::Ping, "")]);
        let explanation = FailureKind::InvalidDeflate.explanation().as_bytes().to_vec();
        assert_eq!(driver.sent(), [Whole::Close(Some(1007), explanation)]);
        driver.connection.handle_shutdown(driver.now);
        feed(&mut driver, [frame(OpCode::Text, "x"), close(1000)]);
        assert!(driver.wholes.is_empty() && driver.output.is_empty());
        assert_eq!(ending(&driver.summary()), (false, 1006, End::ReceiveFailed));
    }
}

#[test]
fn rfc6455_7_2_1_a_lost_transport_is_no_clean_end() {
    for role in ROLES {
        let begun = || fed(role, [frame(OpCode::Text, "x").fin(false)]);
        assert_eq!(ending(&begun().summary()), (false, 1006, End::ReceiveFailed));
        let (reset, full) = (io::ErrorKind::ConnectionReset, io::ErrorKind::WriteZero);
        for (direction, error, end) in
            [(Direction::In, reset, End::ReceiveFailed), (Direction::Out, full, End::SendFailed)]
        {
            let mut driver = begun();
            driver.connection.handle_lost(direction, error.into(), driver.now);
            assert!(driver.connection.is_done());
            let summary = driver.summary();
            assert_eq!(ending(&summary), (false, 1006, end));
            assert!(matches!(summary.cause, Some(Cause::Io(cause)) if cause.kind() == error));
            assert!(driver.output.is_empty());
        }
    }
}

#[test]
fn rfc6455_7_4_1_codes_for_local_use_are_never_sent() {
    for role in ROLES {
        for code in [1004, 1005, 1006, 1015].map(CloseCode) {
            let mut driver = Driver::new(role);
            let result = driver.send(|out| out.close(Some((code, "")), End::Finished));
            assert_eq!(result, refused(SendError::Close(InvalidClose::Code(code))));
            assert!(driver.output.is_empty() && !driver.connection.is_closing());
            driver.send(|out| out.send(MessageKind::Text, b"still open")).unwrap();
        }
    }
}

#[test]
fn rfc6455_7_4_1_codes_for_local_use_fail_when_received() {
    for code in [1004, 1005, 1006, 1015] {
        both_fail(&[close(code)], FailureKind::InvalidCloseCode);
    }
}

#[test]
fn rfc6455_7_4_1_defined_codes_are_sent_and_received() {
    for code in (1000..=1003).chain(1007..=1014) {
        both_take(&[close(code)], &[Whole::Close(Some(code), vec![])]);
        for role in ROLES {
            let output = send(role, |out| out.close(Some((CloseCode(code), "")), End::Finished).unwrap());
            assert_eq!(sent_by(role, &output), [Whole::Close(Some(code), vec![])]);
        }
    }
}

#[test]
fn rfc6455_7_4_1_every_failure_has_the_code_that_is_defined_for_it() {
    for kind in FailureKind::ALL {
        let expected = match kind {
            FailureKind::InvalidUtf8 | FailureKind::InvalidCloseReason | FailureKind::InvalidDeflate => 1007,
            FailureKind::FrameTooLarge | FailureKind::MessageTooLarge | FailureKind::TooManyFragments => 1009,
            FailureKind::Internal => 1011,
            _ => 1002,
        };
        assert_eq!(kind.close_code().0, expected, "{kind:?}");
    }
}

#[test]
fn rfc6455_7_4_2_ranges() {
    let mut senders = ROLES.map(Driver::new);
    for code in 0..=u16::MAX {
        let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=3999 | 4000..=4999);
        for (role, sender) in ROLES.into_iter().zip(&mut senders) {
            let failure = support::failure(&mut fed(role, [close(code)]));
            assert_eq!(failure, (!allowed).then_some(FailureKind::InvalidCloseCode), "{code}");
            let sent = sender.send(|out| out.close(Some((CloseCode(code), "")), End::Finished));
            assert_eq!(sent.is_ok(), allowed, "{code}");
            if allowed {
                *sender = Driver::new(role);
            }
        }
    }
}

#[test]
fn rfc6455_5_5_1_an_endpoint_may_hear_its_peer_out_after_its_own_close() {
    for role in ROLES {
        for hears_out in [false, true] {
            let mut driver = Driver::new(role);
            driver.send(|out| out.hear_out(hears_out));
            // A message that has begun before is among them.
            driver.feed(&encode(role.peer(), [frame(OpCode::Text, "be").fin(false)]));
            driver.send(|out| out.close(None, End::Finished)).unwrap();
            driver.feed(&encode(
                role.peer(),
                [
                    frame(OpCode::Continuation, "gun"),
                    frame(OpCode::Binary, "late"),
                    wire::raw::close(1000, b""),
                    frame(OpCode::Binary, "too late"),
                ],
            ));
            let heard = driver.wholes.iter().filter(|whole| matches!(whole, Whole::Message(..))).count();
            assert_eq!(heard, if hears_out { 2 } else { 0 });
            assert!(driver.has_finished());
        }
    }
}
