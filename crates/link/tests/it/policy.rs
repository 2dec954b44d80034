//! One rule each.

use std::time::Duration;

use link::{
    Action, Answer, Close, CloseError, CloseRequest, Config, Confirmation, Event, Final, Heartbeat, Hint,
    Inbound, Link, Message, MessageRef, OnMissed, Origin, Phase, Pulse, SendError, SocketId, Time, Why,
};

use crate::sim::{ServerMode, Sim};

const FIRST: SocketId = SocketId(1);

fn at(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn with_heartbeat(heartbeat: Heartbeat) -> Config {
    Config { heartbeat: Some(heartbeat), ..Config::default() }
}

fn actions(link: &mut Link) -> Vec<Action> {
    std::iter::from_fn(|| link.poll_action()).collect()
}

/// The actions of a socket that puts everything on the network at once.
fn flushed_actions(link: &mut Link, now: Time) -> Vec<Action> {
    let actions = actions(link);
    link.handle_buffered(now, FIRST, 0);
    actions
}

fn events(link: &mut Link) -> Vec<Event> {
    std::iter::from_fn(|| link.poll_event()).collect()
}

/// A link that is open at time zero, with nothing left to drain.
fn open_link(config: Config) -> Link {
    let mut link = Link::new(config, 1, at(0));
    link.open(at(0));
    assert_eq!(actions(&mut link), [Action::Connect { socket: FIRST }]);
    link.handle_open(at(0), FIRST);
    actions(&mut link);
    events(&mut link);
    link
}

fn heartbeats(actions: &[Action]) -> Vec<&Message> {
    let heartbeats = actions.iter().filter_map(|action| match action {
        Action::Send { origin: Origin::Heartbeat, message, .. } => Some(message),
        _ => None,
    });
    heartbeats.collect()
}

mod closing {
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
}

mod heartbeat {
    use super::*;

    #[test]
    fn each_one_is_unlike_any_other() {
        let mut link = open_link(Config::default());
        link.handle_timeout(at(20_000));
        let first = actions(&mut link);
        let [Message::Text(payload)] = heartbeats(&first)[..] else { panic!("{first:?}") };
        assert!(payload.starts_with("heartwire-ping ") && !payload.contains('{'), "{payload}");
        let other = Message::Text(format!("{payload}0"));
        assert_eq!(link.handle_message(at(20_010), FIRST, other.as_ref()), Inbound::User);
        let rtt = Some(Duration::from_millis(30));
        assert_eq!(
            link.handle_message(at(20_030), FIRST, MessageRef::Text(payload)),
            Inbound::Heartbeat { rtt }
        );
        assert_eq!(link.handle_message(at(20_031), FIRST, MessageRef::Text(payload)), Inbound::User);
        assert_eq!(link.rtt().last(), rtt);
        link.handle_timeout(at(40_031));
        assert_ne!(heartbeats(&actions(&mut link)), heartbeats(&first));
    }

    #[test]
    fn traffic_postpones_it() {
        let mut link = open_link(Config::default());
        assert_eq!(link.poll_timeout(), Some(at(20_000)));
        link.handle_message(at(15_000), FIRST, MessageRef::Binary(&[]));
        assert_eq!(link.poll_timeout(), Some(at(35_000)));
    }

    #[test]
    fn any_message_proves_life_and_a_late_answer_is_still_kept_out() {
        let mut link = open_link(Config::default());
        link.handle_timeout(at(20_000));
        let sent = flushed_actions(&mut link, at(20_000));
        assert_eq!(link.poll_timeout(), Some(at(25_000)), "half of the deadline");
        link.handle_message(at(24_000), FIRST, MessageRef::Text("tick"));
        assert_eq!(link.poll_timeout(), Some(at(44_000)));
        let answer = heartbeats(&sent)[0].as_ref();
        assert!(matches!(link.handle_message(at(31_000), FIRST, answer), Inbound::Heartbeat { .. }));
    }

    #[test]
    fn only_reporting_keeps_the_connection() {
        let mut sim = Sim::connected(
            with_heartbeat(Heartbeat { on_missed: OnMissed::Report, ..Heartbeat::default() }),
            1,
        );
        sim.set_server(ServerMode::Mute);
        sim.run_secs(100);
        assert_eq!((sim.link.phase(), sim.link.pulse()), (Phase::Open, Pulse::Missed));
        assert!(sim.link.stats().heartbeats_missed >= 2);
        sim.push_from_server("after all");
        sim.run_secs(1);
        assert_eq!(sim.link.pulse(), Pulse::Alive);
    }

    #[test]
    fn without_an_expected_answer_there_is_no_deadline() {
        let mut sim =
            Sim::connected(with_heartbeat(Heartbeat { answer: Answer::None, ..Heartbeat::default() }), 1);
        sim.set_server(ServerMode::Mute);
        sim.run_secs(100);
        assert_eq!(sim.link.stats().heartbeats_sent, 5, "one every 20 s");
        assert_eq!((sim.link.phase(), sim.link.stats().heartbeats_missed), (Phase::Open, 0));
    }

    #[test]
    fn any_message_as_the_answer_is_the_users_all_the_same() {
        let heartbeat = Heartbeat { answer: Answer::AnyMessage, ..Heartbeat::default() };
        let mut link = open_link(with_heartbeat(heartbeat));
        link.handle_timeout(at(20_000));
        flushed_actions(&mut link, at(20_000));
        assert_eq!(link.handle_message(at(20_010), FIRST, MessageRef::Text("tick")), Inbound::User);
        assert_eq!(link.rtt().count(), 0);
        assert_eq!(link.poll_timeout(), Some(at(40_010)));
    }

    #[test]
    fn a_server_with_its_own_pong_is_understood() {
        let heartbeat = Heartbeat {
            payload: r#"{"type":"ping"}"#.into(),
            answer: Answer::JsonField { name: "type".into(), value: "pong".into() },
            ..Heartbeat::default()
        };
        let mut link = open_link(with_heartbeat(heartbeat));
        let pong = MessageRef::Text(r#"{"time": 5, "type": "pong"}"#);
        assert_eq!(link.handle_message(at(1), FIRST, pong), Inbound::User, "nobody asked");
        link.handle_timeout(at(20_001));
        actions(&mut link);
        assert!(matches!(link.handle_message(at(20_020), FIRST, pong), Inbound::Heartbeat { .. }));
    }

    #[test]
    fn the_pulse_tells_how_it_is_doing() {
        let mut sim = Sim::new(Config::default(), 1);
        assert_eq!(sim.link.pulse(), Pulse::Off);
        sim.open();
        sim.run_secs(1);
        assert_eq!(sim.link.pulse(), Pulse::Waiting);
        sim.run_secs(20);
        assert_eq!(sim.link.pulse(), Pulse::Alive);
        sim.set_silent(true);
        sim.run_millis(25_000);
        assert_eq!(sim.link.pulse(), Pulse::Late);
        sim.run_until("waiting", 10);
        assert_eq!(sim.link.pulse(), Pulse::Missed);
        sim.set_silent(false);
        sim.run_until("open", 30);
        assert_eq!(sim.link.pulse(), Pulse::Waiting);
        sim.configure(|config| config.heartbeat = None);
        assert_eq!(sim.link.pulse(), Pulse::Off);
    }

    #[test]
    fn settings_apply_to_the_open_connection() {
        let mut link = open_link(Config { heartbeat: None, ..Config::default() });
        assert_eq!(link.poll_timeout(), None);
        let heartbeat = Heartbeat { interval: secs(1), ..Heartbeat::default() };
        link.set_config(at(300), with_heartbeat(heartbeat));
        assert_eq!(link.poll_timeout(), Some(at(1_000)));
        link.set_config(at(400), Config { heartbeat: None, ..Config::default() });
        assert_eq!(link.poll_timeout(), None);
    }
}

mod timers {
    use super::*;

    #[test]
    fn a_deadline_noticed_late_asks_once_more_and_only_once() {
        let mut link = open_link(Config::default());
        link.handle_timeout(at(20_000));
        link.handle_timeout(at(33_000));
        assert_eq!(
            heartbeats(&actions(&mut link)).len(),
            2,
            "the deadline was at 30 s, three seconds are late"
        );
        assert_eq!(link.phase(), Phase::Open);
        link.handle_timeout(at(100_000));
        assert_eq!(link.phase().name(), "waiting", "late again, but asked already");
    }

    #[test]
    fn a_deadline_noticed_in_time_is_final() {
        let mut link = open_link(Config::default());
        link.handle_timeout(at(20_000));
        link.handle_timeout(at(32_000));
        assert_eq!(link.phase().name(), "waiting");
    }

    #[test]
    fn a_connect_timeout_noticed_late_gets_a_second_chance() {
        let mut link = Link::new(Config::default(), 1, at(0));
        link.open(at(0));
        actions(&mut link);
        link.handle_timeout(at(3_600_000));
        assert_eq!(link.phase(), Phase::Connecting { attempt: 1 });
        link.handle_timeout(at(3_608_000));
        let detach = Action::Detach { socket: FIRST, code: 3008, reason: "connect timed out" };
        assert_eq!((actions(&mut link), link.phase().name()), (vec![detach], "waiting"));
    }

    #[test]
    fn a_clock_that_steps_back_does_not_put_off_the_retry() {
        let mut link = Link::new(Config::default(), 1, at(10_000_000));
        link.open(at(10_000_000));
        actions(&mut link);
        link.handle_close(at(10_000_000), FIRST, Close::abnormal());
        let Phase::Waiting { until, .. } = link.phase() else { panic!("{:?}", link.phase()) };
        let delay = until.saturating_since(at(10_000_000));
        link.handle_timeout(at(4_000_000));
        assert_eq!(link.poll_timeout(), Some(at(4_000_000) + delay));
        assert_eq!(link.phase(), Phase::Waiting { attempt: 2, until: at(4_000_000) + delay });
        link.handle_timeout(at(4_000_000) + delay);
        assert_eq!(link.phase(), Phase::Connecting { attempt: 2 });
    }

    #[test]
    fn settings_of_zero_do_not_spin() {
        let mut config = with_heartbeat(Heartbeat {
            interval: Duration::ZERO,
            deadline: Duration::ZERO,
            even_when_busy: true,
            on_missed: OnMissed::Report,
            ..Heartbeat::default()
        });
        config.connect_timeout = Duration::ZERO;
        config.reconnect.min_delay = Duration::ZERO;
        config.reconnect.max_delay = Duration::ZERO;
        config.reconnect.growth = f64::NAN;
        config.queue.max_messages = 0;
        config.queue.max_buffered_bytes = 0;
        let mut link = open_link(config);
        link.send(at(0), "one".into()).expect("room for one");
        let mut calls = 0;
        while let Some(timeout) = link.poll_timeout().filter(|timeout| *timeout < at(1_000)) {
            link.handle_timeout(timeout);
            actions(&mut link);
            calls += 1;
        }
        assert!((50..500).contains(&calls), "{calls} wake-ups in a second");
    }

    #[test]
    fn an_error_without_a_close_is_not_waited_for_forever() {
        let mut link = open_link(Config { heartbeat: None, ..Config::default() });
        link.handle_error(at(100), FIRST);
        assert_eq!((link.phase(), link.poll_timeout()), (Phase::Open, Some(at(3_100))));
        link.handle_timeout(at(3_100));
        let why = events(&mut link).into_iter().find_map(|event| match event {
            Event::Disconnected { why, .. } => Some(why),
            _ => None,
        });
        assert_eq!((why, link.phase().name()), (Some(Why::TransportFailed), "waiting"));
    }
}

mod hints {
    use super::*;

    #[test]
    fn they_retry_no_sooner_than_the_shortest_delay() {
        let mut config = Config::default();
        config.reconnect.min_delay = secs(5);
        let mut link = open_link(config);
        link.handle_close(at(1_000), FIRST, Close::abnormal());
        for hint in [Hint::Visible, Hint::Online, Hint::Resume, Hint::PageShow] {
            link.handle_hint(at(1_100), hint);
        }
        assert_eq!(link.phase(), Phase::Waiting { attempt: 2, until: at(5_000) });
        link.handle_hint(at(5_000), Hint::Visible);
        assert_eq!(link.phase(), Phase::Connecting { attempt: 2 });
    }

    #[test]
    fn they_do_not_outbid_a_servers_plea_for_patience() {
        let mut link = open_link(Config::default());
        link.handle_close(at(9_000), FIRST, Close { code: 1013, reason: String::new(), was_clean: true });
        let Phase::Waiting { until, .. } = link.phase() else { panic!("{:?}", link.phase()) };
        link.handle_hint(at(9_001), Hint::Visible);
        assert_eq!(link.phase(), Phase::Waiting { attempt: 1, until });
        link.handle_hint(at(9_002), Hint::Offline);
        link.handle_hint(at(9_003), Hint::Online);
        assert_eq!(link.phase(), Phase::Waiting { attempt: 1, until });
        link.reconnect_now(at(9_004));
        assert_eq!(link.phase(), Phase::Connecting { attempt: 1 }, "the user may");
    }

    #[test]
    fn they_probe_only_a_connection_in_doubt() {
        let mut link = open_link(Config::default());
        link.handle_message(at(5_000), FIRST, MessageRef::Text("tick"));
        link.handle_hint(at(5_900), Hint::Visible);
        assert_eq!(actions(&mut link), [], "it spoke less than a second ago");
        link.handle_hint(at(6_000), Hint::Visible);
        link.handle_hint(at(6_001), Hint::Online);
        assert_eq!(heartbeats(&actions(&mut link)).len(), 1, "one is enough");
    }

    #[test]
    fn an_overdue_deadline_is_renewed_by_the_hint_that_comes_first() {
        let mut link = open_link(Config::default());
        link.handle_timeout(at(20_000));
        flushed_actions(&mut link, at(20_000));
        link.handle_hint(at(3_600_000), Hint::Resume);
        assert_eq!(heartbeats(&flushed_actions(&mut link, at(3_600_000))).len(), 1);
        link.handle_timeout(at(3_600_000));
        assert_eq!((link.phase(), actions(&mut link)), (Phase::Open, vec![]));
        link.handle_timeout(at(3_610_000));
        assert_eq!(link.phase().name(), "waiting");
    }

    #[test]
    fn offline_does_not_cut_a_connection_that_works() {
        let mut sim = Sim::connected(Config::default(), 1);
        sim.run_secs(5);
        sim.hint(Hint::Offline);
        sim.run_secs(60);
        assert_eq!((sim.link.phase(), sim.link.stats().connections), (Phase::Open, 1));
    }
}

mod messages {
    use super::*;

    #[test]
    fn they_wait_while_the_socket_is_full() {
        let mut config = Config { heartbeat: None, ..Config::default() };
        config.queue.max_buffered_bytes = 10;
        let mut link = open_link(config);
        for _ in 0..3 {
            link.send(at(0), "12345678".into()).expect("room");
        }
        assert_eq!(actions(&mut link).len(), 2, "8 bytes are less than 10, 16 are not");
        assert_eq!((link.queued_messages(), link.buffered_bytes()), (1, 16));
        let asked: Vec<u64> = std::iter::from_fn(|| {
            let timeout = link.poll_timeout()?;
            link.handle_timeout(timeout);
            assert_eq!(actions(&mut link), [Action::ReadBuffered { socket: FIRST }]);
            link.handle_buffered(timeout, FIRST, 16);
            Some(timeout.as_millis())
        })
        .take(8)
        .collect();
        assert_eq!(asked, [20, 60, 140, 300, 620, 1260, 2260, 3260], "ever less often while nothing moves");
        link.handle_buffered(at(3_300), FIRST, 9);
        assert_eq!(actions(&mut link).len(), 1);
        link.handle_buffered(at(3_301), FIRST, 0);
        assert_eq!((link.buffered_bytes(), link.poll_timeout()), (0, None));
    }

    #[test]
    fn traffic_confirms_only_what_was_on_the_network_before() {
        let mut link = open_link(Config::default());
        let first = link.send(at(0), "first".into()).expect("room");
        let second = link.send(at(0), "second".into()).expect("room");
        actions(&mut link);
        link.handle_buffered(at(1), FIRST, 6);
        link.handle_message(at(2), FIRST, MessageRef::Text("tick"));
        link.handle_close(at(3), FIRST, Close::abnormal());
        let fates: Vec<String> = events(&mut link)
            .into_iter()
            .filter_map(|event| match event {
                Event::MessagesConfirmed(ids) => Some(format!("{} arrived", ids.first)),
                Event::MessagesUnknown(ids) => Some(format!("{} unknown", ids.first)),
                _ => None,
            })
            .collect();
        assert_eq!(fates, [format!("{first} arrived"), format!("{second} unknown")]);
    }

    #[test]
    fn proof_takes_the_answer_to_a_later_heartbeat() {
        let mut sim =
            Sim::connected(Config { confirmation: Confirmation::HeartbeatAnswer, ..Config::default() }, 1);
        sim.send("early");
        sim.run_secs(10);
        assert_eq!((sim.shown.len(), sim.link.unconfirmed_messages()), (1, 1), "its echo is no proof");
        // Silent since 0.14 s, so a heartbeat leaves at 20.14 s and its answer comes 40 ms later.
        sim.run_until_time(Time::from_millis(20_150));
        sim.send("while the heartbeat is away");
        sim.run_millis(100);
        assert_eq!(sim.link.stats().messages_confirmed, 1);
        assert_eq!(sim.link.unconfirmed_messages(), 1);
    }

    #[test]
    fn a_replaced_connection_leaves_unknowns_and_keeps_the_queue() {
        let mut config = Config::default();
        config.queue.max_buffered_bytes = 1;
        let mut link = open_link(config);
        link.send(at(0), "sent".into()).expect("room");
        link.send(at(0), "queued".into()).expect("room");
        actions(&mut link);
        link.reconnect_now(at(100));
        let detach = Action::Detach { socket: FIRST, code: 1000, reason: "reconnecting" };
        assert_eq!(actions(&mut link), [detach, Action::Connect { socket: SocketId(2) }]);
        assert_eq!((link.stats().messages_unknown, link.queued_messages()), (1, 1));
        link.handle_open(at(200), SocketId(2));
        assert!(
            matches!(&actions(&mut link)[..], [Action::Send { message, .. }] if *message == "queued".into())
        );
    }

    #[test]
    fn an_empty_message_is_a_message() {
        let mut sim = Sim::connected(Config::default(), 1);
        sim.send("");
        sim.run_secs(1);
        assert_eq!((sim.shown.as_slice(), sim.link.stats().messages_confirmed), (&[String::new()][..], 1));
    }

    #[test]
    fn undrained_actions_of_a_socket_die_with_it() {
        let mut link = open_link(Config::default());
        link.send(at(0), "kept".into()).expect("room");
        link.handle_timeout(at(20_000));
        link.handle_close(at(20_001), FIRST, Close::abnormal());
        assert_eq!(actions(&mut link), [], "neither the heartbeat nor the message goes to a closed socket");
        assert_eq!(link.queued_messages(), 1);
        link.reconnect_now(at(20_002));
        link.close(at(20_003), CloseRequest::default()).expect("valid");
        assert_eq!(actions(&mut link), [], "a socket that was never created need not be detached");
    }
}
