//! The heartbeat: what is sent, what answers it, what silence means.

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
    assert_eq!(link.handle_message(at(20_030), FIRST, MessageRef::Text(payload)), Inbound::Heartbeat { rtt });
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
    let mut sim =
        Sim::connected(with_heartbeat(Heartbeat { on_missed: OnMissed::Report, ..Heartbeat::default() }), 1);
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

#[test]
fn one_is_sent_at_once_where_that_is_asked_for() {
    let config = Config {
        opening: vec!["login".into()],
        ..with_heartbeat(Heartbeat { at_open: true, ..Heartbeat::default() })
    };
    let mut link = Link::new(config, 1, at(0));
    link.open(at(0));
    actions(&mut link);
    link.handle_open(at(5), FIRST);
    let sent = flushed_actions(&mut link, at(5));
    let texts: Vec<&Message> = sent
        .iter()
        .filter_map(|action| match action {
            Action::Send { message, .. } => Some(message),
            _ => None,
        })
        .collect();
    let [first, Message::Text(beat)] = texts[..] else { panic!("{texts:?}") };
    assert_eq!(*first, Message::from("login"), "what opens the conversation comes first");
    link.handle_message(at(8), FIRST, MessageRef::Text(beat));
    assert_eq!(link.present_rtt(), Some(Duration::from_millis(3)));
    assert_eq!(link.poll_timeout(), Some(at(20_008)), "from here on as ever");
    link.reconnect_now(at(100));
    assert_eq!(link.present_rtt(), None, "it says nothing about another connection");
    assert_eq!(link.rtt().last(), Some(Duration::from_millis(3)));
}
