//! Closing: by the user, by the peer, for good.

use super::*;

#[test]
fn only_what_a_browser_accepts_is_accepted() {
    let mut link = open_link(Config::default());
    let mut close = |code, reason: &str| link.close(at(1), CloseRequest { code, reason: reason.into() });
    assert_eq!(close(Some(1001), ""), Err(CloseError::Code(1001)));
    assert_eq!(close(Some(5000), ""), Err(CloseError::Code(5000)));
    assert_eq!(close(None, "why"), Err(CloseError::ReasonWithoutCode));
    assert_eq!(close(Some(1000), &"é".repeat(62)), Err(CloseError::ReasonTooLong(124)));
    assert_eq!(close(Some(3000), &"x".repeat(123)), Ok(()));
    assert_eq!(link.phase(), Phase::Closing);
}

#[test]
fn nothing_is_accepted_until_open() {
    let mut link = open_link(Config::default());
    link.close(at(1), CloseRequest::default()).expect("valid");
    assert_eq!(link.send(at(2), "late".into()), Err(SendError::Closed));
    link.handle_close(at(3), FIRST, Close { code: 1005, reason: String::new(), was_clean: true });
    assert_eq!(link.send(at(4), "later".into()), Err(SendError::Closed));
    assert_eq!(link.poll_timeout(), None);
    link.open(at(5));
    assert!(link.send(at(6), "again".into()).is_ok());
}

#[test]
fn what_was_written_before_goes_out_before_the_close_frame() {
    let mut sim = Sim::connected(Config::default(), 1);
    sim.send("last words");
    sim.close(1000, "");
    sim.run_secs(1);
    assert_eq!(sim.server.received, [Message::from("last words")]);
    assert_eq!(sim.link.stats().messages_confirmed, 1, "a completed close proves that it was read");
}

#[test]
fn a_stop_code_keeps_the_queue_for_the_next_open() {
    let mut sim = Sim::connected(Config::default(), 1);
    sim.kill_server();
    sim.run_until("waiting", 1);
    sim.send("kept");
    sim.run_until("connecting", 60);
    sim.refuse("bad URL");
    assert_eq!(sim.link.phase(), Phase::Closed(Final::Refused));
    assert_eq!(sim.link.last_close().map(|close| close.reason.as_str()), Some("bad URL"));
    sim.set_server(ServerMode::Up);
    sim.open();
    sim.run_secs(1);
    assert_eq!(sim.shown, ["kept"]);
}

#[test]
fn the_codes_that_stop_are_the_users_choice() {
    for (code, stops) in [
        (1000, false),
        (1001, false),
        (1002, true),
        (1003, true),
        (1006, false),
        (1007, true),
        (1008, true),
        (1009, true),
        (1010, true),
        (1011, false),
        (1012, false),
        (1013, false),
        (3000, false),
        (4000, true),
    ] {
        let mut link = open_link(Config::default());
        link.handle_close(at(1), FIRST, Close { code, reason: String::new(), was_clean: true });
        assert_eq!(link.phase() == Phase::Closed(Final::StopCode(code)), stops, "{code}");
    }
    let mut config = Config::default();
    config.reconnect.stop_codes = vec![1000..=1000, 4003..=4003];
    for (code, stops) in [(1000, true), (1002, false), (4001, false), (4003, true)] {
        let mut link = open_link(config.clone());
        link.handle_close(at(1), FIRST, Close { code, reason: String::new(), was_clean: true });
        assert_eq!(link.phase().is_final(), stops, "{code}");
    }
}

#[test]
fn what_never_opened_is_cancelled_and_has_no_close() {
    let mut link = Link::new(Config::default(), 1, at(0));
    link.open(at(0));
    link.close(at(1), CloseRequest { code: Some(1000), reason: String::new() }).expect("valid");
    assert_eq!(link.phase(), Phase::Closed(Final::Cancelled));
    assert_eq!((link.last_close(), link.last_why()), (None, None), "there was nothing to close");

    let mut link = open_link(Config::default());
    link.handle_close(at(1), FIRST, Close::abnormal());
    assert_eq!(link.phase().name(), "waiting");
    link.close(at(2), CloseRequest::default()).expect("valid");
    assert_eq!(link.phase(), Phase::Closed(Final::Cancelled), "only the wait was given up");
    assert_eq!(link.last_why(), Some(Why::PeerClosed), "how the connection before it ended is still known");
    link.close(at(3), CloseRequest::default()).expect("valid");
    assert_eq!(link.phase(), Phase::Closed(Final::Cancelled), "closing what is closed changes nothing");
}

#[test]
fn what_cannot_begin_is_withheld_with_its_queue_kept() {
    let mut link = Link::new(Config::default(), 1, at(0));
    link.send(at(0), "kept".into()).expect("room");
    link.open(at(0));
    assert_eq!(actions(&mut link), [Action::Connect { socket: FIRST }]);
    link.handle_withheld(at(1), FIRST);
    assert_eq!(link.phase(), Phase::Closed(Final::Withheld));
    assert_eq!((link.poll_timeout(), link.queued_messages(), link.failures()), (None, 1, 0));
    assert_eq!(link.last_close(), None);
}

#[test]
fn a_code_of_ones_own_stops_nothing() {
    let mut config = with_heartbeat(Heartbeat::default());
    config.reconnect.stop_codes = vec![3000..=3999];
    let mut link = open_link(config);
    link.handle_timeout(at(20_000));
    link.handle_timeout(at(30_000));
    let close = link.last_close().map(|close| (close.code, close.reason.as_str()));
    assert_eq!(close, Some((3008, "heartbeat missed")), "it says what the link closed with");
    assert_eq!(link.last_why(), Some(Why::HeartbeatMissed));
    assert!(link.last_why().is_some_and(Why::is_own));
    assert_eq!(link.phase().name(), "waiting");
}
