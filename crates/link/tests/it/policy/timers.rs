//! Timers that fire late, clocks that step back, settings of zero.

use super::*;

#[test]
fn a_deadline_noticed_late_asks_once_more_and_only_once() {
    let mut link = open_link(Config::default());
    link.handle_timeout(at(20_000));
    link.handle_timeout(at(33_000));
    assert_eq!(heartbeats(&actions(&mut link)).len(), 2, "the deadline was at 30 s, three seconds are late");
    assert_eq!(link.phase(), Phase::Open);
    link.handle_timeout(at(100_000));
    assert_eq!(link.phase().name(), "waiting", "late again, but asked already");
}

#[test]
fn whatever_comes_in_gives_the_second_chance_back() {
    let mut link = open_link(Config::default());
    for nap in 1..5 {
        link.handle_timeout(at(nap * 1_000_000));
        link.handle_timeout(at(nap * 1_000_000 + 500_000));
        assert_eq!(link.phase(), Phase::Open, "asked once more after nap {nap}");
        link.handle_message(at(nap * 1_000_000 + 500_100), FIRST, MessageRef::Text("tick"));
    }
}

#[test]
fn a_nap_is_not_a_round_trip() {
    for timer_first in [true, false] {
        let mut link = open_link(Config::default());
        link.handle_timeout(at(20_000));
        let sent = actions(&mut link);
        if timer_first {
            link.handle_timeout(at(90_000));
        }
        let answer = heartbeats(&sent)[0].as_ref();
        assert_eq!(link.handle_message(at(90_000), FIRST, answer), Inbound::Heartbeat { rtt: None });
        assert_eq!(link.rtt().count(), 0);
    }
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
