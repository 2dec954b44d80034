//! The situations that users of WebSocket clients report most, as traces to read.

use std::time::Duration;

use insta::assert_snapshot;
use link::{Answer, Config, Heartbeat, Hint, Message, Overflow, Phase};

use crate::sim::{ServerMode, Sim};

fn connected() -> Sim {
    Sim::connected(Config::default(), 1)
}

/// The interesting part starts here.
fn quietly(mut sim: Sim) -> Sim {
    sim.trace.restart();
    sim
}

#[test]
fn connect_echo_close() {
    let mut sim = connected();
    sim.send("hello");
    sim.run_millis(100);
    sim.close(1000, "done");
    sim.run_secs(3600);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn half_open_connection_is_detected_by_the_heartbeat() {
    let mut sim = connected();
    sim.set_silent(true);
    sim.run_secs(31);
    sim.set_silent(false);
    sim.run_secs(5);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn late_close_after_the_next_open_is_ignored() {
    let mut sim = quietly(connected());
    sim.set_silent(true);
    sim.run_until("waiting", 60);
    sim.set_silent(false);
    sim.run_until("open", 60);
    sim.late_close(1);
    sim.send("still here");
    sim.run_secs(1);
    assert_eq!(sim.link.phase(), Phase::Open);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn explicit_close_while_waiting_stays_closed_whatever_the_browser_says() {
    let mut sim = quietly(connected());
    sim.kill_server();
    sim.run_until("waiting", 1);
    sim.close(1000, "");
    sim.set_server(ServerMode::Up);
    for hint in [
        Hint::Offline,
        Hint::Online,
        Hint::Hidden,
        Hint::Visible,
        Hint::PageHide,
        Hint::PageShow,
        Hint::Resume,
    ] {
        sim.hint(hint);
    }
    sim.reconnect_now();
    sim.run_secs(3600);
    sim.open();
    sim.run_secs(1);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn server_restart_1012_spreads_the_retries() {
    let mut sim = quietly(connected());
    sim.run_secs(10);
    sim.close_from_server(1012, "service restart");
    sim.run_millis(100);
    sim.hint(Hint::Visible);
    sim.run_until("open", 60);
    assert_snapshot!(sim.trace.text());

    let mut waits: Vec<u64> = (0..200)
        .map(|seed| {
            let mut sim = Sim::connected(Config::default(), seed);
            sim.run_secs(10);
            sim.close_from_server(1012, "service restart");
            let closed_at = sim.now();
            sim.run_until("waiting", 1);
            sim.run_until("open", 60);
            sim.now().saturating_since(closed_at).as_secs()
        })
        .collect();
    waits.sort();
    assert!(waits[20] < 6 && waits[100] > 11 && waits[180] > 23, "deciles of {waits:?}");
}

#[test]
fn tab_hidden_for_an_hour_then_visible_probes_once() {
    let mut sim = quietly(connected());
    sim.hint(Hint::Hidden);
    sim.sleep_secs(3600);
    sim.hint(Hint::Visible);
    sim.hint(Hint::Resume);
    sim.run_secs(1);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn back_forward_cache_closes_and_reopens() {
    let mut sim = quietly(connected());
    sim.run_secs(6);
    sim.hint(Hint::PageHide);
    sim.sleep_secs(600);
    sim.hint(Hint::PageShow);
    sim.run_secs(1);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn page_comes_back_and_only_pageshow_tells() {
    let mut config = Config::default();
    config.reconnect.hint_patience = Duration::from_secs(3600);
    let mut sim = quietly(Sim::connected(config, 1));
    sim.hint(Hint::PageHide);
    sim.send("written on the way out");
    sim.run_secs(600);
    sim.hint(Hint::PageShow);
    sim.run_secs(1);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn full_queue_refuses() {
    let mut config = Config::default();
    config.queue.max_messages = 2;
    let mut sim = Sim::new(config, 1);
    sim.send("one");
    sim.send("two");
    sim.send("three");
    sim.open();
    sim.run_millis(100);
    sim.send("four");
    sim.run_millis(100);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn full_queue_drops_the_oldest_and_says_so() {
    let mut config = Config::default();
    config.queue.max_bytes = 8;
    config.queue.overflow = Overflow::DropOldest;
    let mut sim = Sim::new(config, 1);
    sim.send("one");
    sim.send("two");
    sim.send("three");
    sim.send("far too long");
    sim.open();
    sim.run_millis(100);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn hanging_connect_is_given_up() {
    let mut sim = Sim::new(Config::default(), 1);
    sim.set_silent(true);
    sim.open();
    sim.run_secs(9);
    sim.set_silent(false);
    sim.run_until("open", 30);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn flapping_server_does_not_reset_the_backoff() {
    let mut sim = Sim::new(Config::default(), 1);
    sim.open();
    for _ in 0..6 {
        sim.run_until("open", 60);
        sim.run_secs(1);
        sim.close_from_server(1000, "");
        sim.run_until("waiting", 1);
    }
    assert_eq!(sim.link.failures(), 6);
    sim.run_until("open", 60);
    sim.run_secs(6);
    sim.close_from_server(1000, "");
    sim.run_until("waiting", 1);
    assert_eq!(sim.link.failures(), 0, "six seconds are stable");
    assert_snapshot!(sim.trace.text());
}

#[test]
fn missed_heartbeat_is_not_the_users_close() {
    let mut sim = quietly(connected());
    sim.set_server(ServerMode::Hung);
    sim.run_until("waiting", 60);
    sim.run_until("connecting", 60);
    sim.set_server(ServerMode::Up);
    sim.run_until("open", 60);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn code_4001_stops() {
    let mut sim = quietly(connected());
    sim.close_from_server(4001, "why");
    sim.run_secs(3600);
    sim.send("too late");
    assert_snapshot!(sim.trace.text());
}

#[test]
fn messages_written_while_away_arrive_once_in_order() {
    let mut sim = quietly(connected());
    sim.kill_server();
    sim.run_secs(1);
    sim.send("one");
    sim.send("two");
    sim.run_secs(5);
    sim.set_server(ServerMode::Up);
    sim.run_until("open", 60);
    sim.send("three");
    sim.run_secs(1);
    assert_eq!(sim.shown, ["one", "two", "three"]);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn messages_sent_into_the_void_are_unknown() {
    let mut sim = quietly(connected());
    sim.send("arrives");
    sim.run_secs(1);
    sim.set_silent(true);
    sim.send("lost");
    sim.send("lost too");
    sim.run_until("waiting", 60);
    sim.set_silent(false);
    sim.run_until("open", 60);
    sim.run_secs(1);
    assert_eq!(sim.shown, ["arrives"], "what is unknown is not sent again");
    assert_snapshot!(sim.trace.text());
}

#[test]
fn laptop_sleeps_and_the_connection_survives() {
    let mut sim = quietly(connected());
    sim.run_millis(19_950);
    sim.sleep_secs(60);
    sim.run_secs(1);
    assert_eq!(sim.link.phase(), Phase::Open);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn laptop_sleeps_and_the_connection_is_gone() {
    let mut sim = quietly(connected());
    sim.run_millis(19_950);
    sim.set_silent(true);
    sim.sleep_secs(7200);
    sim.set_silent(false);
    sim.server.mode = ServerMode::Hung;
    sim.run_secs(11);
    sim.server.mode = ServerMode::Up;
    sim.run_until("open", 60);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn offline_waits_and_online_connects_at_once() {
    let mut sim = quietly(connected());
    sim.run_secs(6);
    sim.hint(Hint::Offline);
    sim.kill_server();
    sim.run_secs(5);
    sim.set_server(ServerMode::Up);
    sim.hint(Hint::Online);
    sim.run_secs(1);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn the_browser_is_wrong_about_being_offline() {
    let mut sim = Sim::new(Config::default(), 1);
    sim.hint(Hint::Offline);
    sim.set_server(ServerMode::Stopped);
    sim.open();
    sim.run_secs(1);
    sim.set_server(ServerMode::Up);
    sim.run_until("open", 60);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn peer_never_completes_the_close() {
    let mut sim = quietly(connected());
    sim.set_server(ServerMode::Hung);
    sim.send("anyone?");
    sim.close(4000, "leaving");
    sim.run_secs(10);
    sim.set_server(ServerMode::Up);
    sim.run_secs(10);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn explicit_close_while_connecting() {
    let mut sim = Sim::new(Config::default(), 1);
    sim.send("never mind");
    sim.open();
    sim.run_millis(10);
    sim.close(1000, "");
    sim.run_secs(60);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn reopened_while_closing() {
    let mut sim = quietly(connected());
    sim.close(1000, "");
    sim.open();
    sim.run_secs(1);
    assert_eq!(sim.link.phase(), Phase::Open);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn retry_now_ends_the_wait() {
    let mut config = Config::default();
    config.reconnect.min_delay = Duration::from_secs(20);
    let mut sim = Sim::connected(config, 1);
    sim.kill_server();
    sim.run_secs(1);
    sim.set_server(ServerMode::Up);
    sim.reconnect_now();
    sim.reconnect_now();
    sim.run_secs(1);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn reconnect_off_reports_and_rests() {
    let mut config = Config::default();
    config.reconnect.enabled = false;
    let mut sim = quietly(Sim::connected(config, 1));
    sim.kill_server();
    sim.run_secs(3600);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn attempts_run_out() {
    let mut config = Config::default();
    config.reconnect.max_attempts = Some(3);
    let mut sim = Sim::new(config, 1);
    sim.set_server(ServerMode::Stopped);
    sim.open();
    sim.run_secs(3600);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn opening_messages_are_sent_first_after_each_connect() {
    let config = Config { opening: vec!["login".into(), "subscribe".into()], ..Config::default() };
    let mut sim = Sim::new(config, 1);
    sim.send("question");
    sim.open();
    sim.run_secs(6);
    sim.kill_server();
    sim.run_millis(100);
    sim.send("next question");
    sim.set_server(ServerMode::Up);
    sim.run_until("open", 60);
    sim.run_secs(1);
    let texts = ["login", "subscribe", "question", "login", "subscribe", "next question"];
    assert_eq!(sim.server.received, texts.map(Message::from));
    assert_snapshot!(sim.trace.text());
}

#[test]
fn a_server_that_streams_but_never_answers_is_alive() {
    let heartbeat = Heartbeat { even_when_busy: true, ..Heartbeat::default() };
    let mut sim = Sim::connected(Config { heartbeat: Some(heartbeat), ..Config::default() }, 1);
    sim.set_server(ServerMode::Mute);
    for tick in 0..8 {
        sim.push_from_server(&format!("tick {tick}"));
        sim.run_millis(9_900);
    }
    assert_eq!(sim.link.stats().heartbeats_missed, 0);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn the_users_text_equals_the_heartbeat() {
    let heartbeat = Heartbeat { payload: "ping".into(), answer: Answer::Echo, ..Heartbeat::default() };
    let mut sim = Sim::connected(Config { heartbeat: Some(heartbeat), ..Config::default() }, 1);
    sim.run_millis(19_950);
    sim.send("ping");
    sim.run_secs(1);
    assert_eq!(sim.shown, ["ping"], "two echoes, one of them the heartbeat's");
    assert_snapshot!(sim.trace.text());
}

#[test]
fn a_slow_server_is_late_but_not_missed() {
    let mut sim = quietly(connected());
    sim.set_server(ServerMode::Hung);
    sim.run_secs(27);
    sim.set_server(ServerMode::Up);
    sim.run_secs(1);
    assert_eq!(sim.link.stats().heartbeats_missed, 0);
    assert_snapshot!(sim.trace.text());
}

#[test]
fn settings_change_during_a_wait() {
    let mut config = Config::default();
    config.reconnect.min_delay = Duration::from_secs(50);
    config.reconnect.max_delay = Duration::from_secs(60);
    let mut sim = quietly(Sim::connected(config, 1));
    sim.kill_server();
    sim.run_secs(1);
    sim.configure(|config| {
        config.reconnect.min_delay = Duration::from_secs(1);
        config.reconnect.max_delay = Duration::from_secs(5);
    });
    sim.configure(|config| config.reconnect.enabled = false);
    sim.run_secs(600);
    assert_snapshot!(sim.trace.text());
}
