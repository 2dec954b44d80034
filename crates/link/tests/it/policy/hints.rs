//! What the browser says about the page and the network.

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
