//! RFC 6455 §7: closing and failing a connection.

mod support;

use support::trace::Whole;
use support::{ROLES, both_fail, both_take, connection, encode, feed, frame, masks, sent_by};
use wire::close::{InvalidClose, MAX_REASON_LEN};
use wire::raw::RawFrame;
use wire::{CloseCode, End, Ending, Failure, FailureKind, OpCode, Role, SendError, Sender, TcpAdvice};

fn close(code: u16) -> RawFrame {
    wire::raw::close(code, b"")
}

/// What a role does with the transport once both Close frames are exchanged.
fn done(role: Role) -> TcpAdvice {
    if role == Role::Server { TcpAdvice::Close } else { TcpAdvice::AwaitEof }
}

fn ending(code: u16, clean: bool, first: Option<End>) -> Ending {
    Ending { code: CloseCode(code), clean, first, failure: None }
}

#[test]
fn rfc6455_7_1_1_the_server_closes_tcp_first() {
    for role in ROLES {
        let mut answered = connection(role);
        feed(&mut answered, &encode(role.peer(), [close(1000)]));
        assert_eq!(answered.tcp(), done(role));

        let mut began = connection(role);
        began.sender().close(None, masks, &mut Vec::new()).unwrap();
        feed(&mut began, &encode(role.peer(), [close(1000)]));
        assert_eq!(began.tcp(), done(role));
    }
}

#[test]
fn rfc6455_7_1_2_the_handshake_starts_with_a_close_and_waits_for_the_other() {
    for role in ROLES {
        let mut connection = connection(role);
        assert_eq!(connection.tcp(), TcpAdvice::Keep);
        connection.sender().close(Some((CloseCode::NORMAL, "")), masks, &mut Vec::new()).unwrap();
        assert_eq!(connection.tcp(), TcpAdvice::AwaitClose);
        feed(&mut connection, &encode(role.peer(), [frame(OpCode::Text, "late")]));
        assert_eq!(connection.tcp(), TcpAdvice::AwaitClose);
        feed(&mut connection, &encode(role.peer(), [close(1000)]));
        assert_eq!(connection.tcp(), done(role));
    }
}

#[test]
fn rfc6455_7_1_3_both_ends_may_begin_at_once() {
    for role in ROLES {
        let mut connection = connection(role);
        let mut out = Vec::new();
        connection.sender().close(Some((CloseCode(4000), "")), masks, &mut out).unwrap();
        let outcome = feed(&mut connection, &encode(role.peer(), [close(4001)]));
        assert!(outcome.replies.is_empty(), "the Close that crossed this one answers it");
        assert_eq!(connection.tcp(), done(role));
        assert_eq!(connection.ending(), ending(4001, true, Some(End::Local)));
    }
}

#[test]
fn rfc6455_7_1_4_closed_cleanly_means_both_close_frames() {
    for role in ROLES {
        let mut answered = connection(role);
        feed(&mut answered, &encode(role.peer(), [close(1001)]));
        assert_eq!(answered.ending(), ending(1001, true, Some(End::Peer)));

        let mut unanswered = connection(role);
        unanswered.sender().close(None, masks, &mut Vec::new()).unwrap();
        assert_eq!(unanswered.ending(), ending(1006, false, Some(End::Local)));
    }
}

#[test]
fn rfc6455_7_1_5_the_code_is_that_of_the_first_close_received() {
    for role in ROLES {
        let mut with_code = connection(role);
        feed(&mut with_code, &encode(role.peer(), [close(4000), close(4001)]));
        assert_eq!(with_code.ending().code, CloseCode(4000));

        let mut without_code = connection(role);
        feed(&mut without_code, &encode(role.peer(), [frame(OpCode::Close, "")]));
        assert_eq!(without_code.ending().code, CloseCode::NO_STATUS);

        assert_eq!(connection(role).ending(), ending(1006, false, None));
    }
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
            let mut connection = connection(role);
            let outcome = feed(&mut connection, &encode(role.peer(), [bad]));
            assert_eq!(outcome.failure, Some(Failure { kind }));
            let reason = kind.explanation().as_bytes().to_vec();
            assert_eq!(
                sent_by(role, &outcome.replies),
                [Whole::Close(Some(kind.close_code().0), reason)],
                "{kind:?}"
            );
            assert_eq!(connection.tcp(), done(role));
            let ending = connection.ending();
            assert_eq!((ending.clean, ending.first), (false, Some(End::Local)));
            assert_eq!(ending.failure, Some(Failure { kind }));
        }
    }
}

#[test]
fn rfc6455_7_1_7_a_failure_after_a_sent_close_sends_no_second_one() {
    for role in ROLES {
        for (bad, kind) in failures() {
            let mut connection = connection(role);
            connection.sender().close(None, masks, &mut Vec::new()).unwrap();
            let outcome = feed(&mut connection, &encode(role.peer(), [bad]));
            assert_eq!(outcome.failure, Some(Failure { kind }));
            assert!(outcome.replies.is_empty());
            assert_eq!(connection.tcp(), done(role));
            assert!(!connection.ending().clean);
        }
    }
}

#[test]
fn rfc6455_7_1_7_nothing_is_processed_after_a_failure() {
    for role in ROLES {
        let mut connection = connection(role);
        let frames = [frame(OpCode::Continuation, ""), frame(OpCode::Ping, ""), close(1000)];
        feed(&mut connection, &encode(role.peer(), frames));
        // Neither what came with it nor what comes later; a Close isn't answered either.
        let outcome = feed(&mut connection, &encode(role.peer(), [frame(OpCode::Ping, ""), close(1000)]));
        assert!(outcome.ended && outcome.events.is_empty() && outcome.replies.is_empty());
    }
}

#[test]
fn rfc6455_7_1_7_a_failure_found_outside_the_receiver_counts_alike() {
    for role in ROLES {
        let mut connection = connection(role);
        let mut out = Vec::new();
        connection.fail(FailureKind::Internal.into(), masks, &mut out);
        connection.fail(FailureKind::InvalidDeflate.into(), masks, &mut out);
        let explanation = FailureKind::Internal.explanation().as_bytes().to_vec();
        assert_eq!(sent_by(role, &out), [Whole::Close(Some(1011), explanation)]);
        assert!(feed(&mut connection, &encode(role.peer(), [frame(OpCode::Text, "x")])).ended);
    }
}

#[test]
fn rfc6455_7_2_1_a_lost_transport_is_no_clean_end() {
    for role in ROLES {
        let mut connection = connection(role);
        feed(&mut connection, &encode(role.peer(), [frame(OpCode::Text, "x").fin(false)]));
        assert_eq!(connection.ending(), ending(1006, false, None));
    }
}

#[test]
fn rfc6455_7_4_1_codes_for_local_use_are_never_sent() {
    for role in ROLES {
        for code in [1004, 1005, 1006, 1015].map(CloseCode) {
            let mut out = Vec::new();
            let mut sender = Sender::new(role);
            let refused = Err(SendError::Close(InvalidClose::Code(code)));
            assert_eq!(sender.close(Some((code, "")), masks, &mut out), refused);
            assert!(out.is_empty() && !sender.close_sent());
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
            let mut out = Vec::new();
            Sender::new(role).close(Some((CloseCode(code), "")), masks, &mut out).unwrap();
            assert_eq!(sent_by(role, &out), [Whole::Close(Some(code), vec![])]);
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
    for code in 0..=u16::MAX {
        let allowed = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=3999 | 4000..=4999);
        for role in ROLES {
            let bytes = encode(role.peer(), [close(code)]);
            let failure = support::receive_bytes(role, &bytes).failure;
            assert_eq!(failure, (!allowed).then_some(FailureKind::InvalidCloseCode), "{code}");
            let sent = Sender::new(role).close(Some((CloseCode(code), "")), masks, &mut Vec::new());
            assert_eq!(sent.is_ok(), allowed, "{code}");
        }
    }
}
