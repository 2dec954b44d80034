//! Random faults between a client and an echo server, checked at both ends: what the link says about a message must
//! be true at the server.

use std::collections::BTreeSet;
use std::time::Duration;

use link::{Config, Confirmation, Event, Hint, Message, MessageId, MessageIds, Overflow, Phase};

use crate::sim::{ServerMode, Sim};

/// How many faulty sessions every run of the tests goes through.
const SESSIONS: u64 = 3_000;

fn random_config(rng: &mut fastrand::Rng) -> Config {
    let mut config = Config::default();
    // The first code would end the session, which is another test's subject.
    config.reconnect.stop_codes.clear();
    if rng.bool() {
        config.confirmation = Confirmation::HeartbeatAnswer;
    }
    if rng.u8(..4) == 0 {
        config.queue.max_messages = 5;
        config.queue.overflow = if rng.bool() { Overflow::DropOldest } else { Overflow::Refuse };
    }
    if let Some(heartbeat) = &mut config.heartbeat {
        heartbeat.even_when_busy = rng.bool();
        heartbeat.interval = Duration::from_secs(rng.u64(1..20));
    }
    config
}

fn random_step(sim: &mut Sim, rng: &mut fastrand::Rng, written: &mut u32) {
    match rng.u8(..40) {
        0..20 => {
            *written += 1;
            sim.send(&format!("message {written}"));
        }
        20 => sim.set_silent(true),
        21..24 => sim.set_silent(false),
        24 => sim.kill_server(),
        25 => sim.set_server(ServerMode::Hung),
        26..30 => sim.set_server(ServerMode::Up),
        30 => sim.close_from_server([1000, 1001, 1011, 1012, 1013, 4001][rng.usize(..6)], "bye"),
        31 => sim.sleep_secs(rng.u64(1..300)),
        32 => sim.reconnect_now(),
        33 => sim.network.latency = Duration::from_millis(rng.u64(1..2_000)),
        34 => sim.hint([Hint::Online, Hint::Offline, Hint::Visible, Hint::Hidden][rng.usize(..4)]),
        35 => {
            sim.hint(Hint::PageHide);
            sim.sleep_secs(rng.u64(1..100));
            sim.hint(Hint::PageShow);
        }
        _ => {}
    }
    sim.run_millis(rng.u64(0..8_000));
}

fn faulty_session(seed: u64) -> (Sim, u32) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut sim = Sim::new(random_config(&mut rng), seed);
    let mut written = 0;
    sim.open();
    for _ in 0..60 {
        random_step(&mut sim, &mut rng, &mut written);
    }
    (sim, written)
}

fn collect(sim: &Sim, which: impl Fn(&Event) -> Option<MessageIds>) -> BTreeSet<MessageId> {
    let ranges = sim.events.iter().filter_map(which);
    let dropped: BTreeSet<MessageId> = dropped(sim).collect();
    ranges.flat_map(|ids| ids.iter()).filter(|id| !dropped.contains(id)).collect()
}

fn dropped(sim: &Sim) -> impl Iterator<Item = MessageId> + '_ {
    sim.events.iter().filter_map(|event| match event {
        Event::MessageDropped { id, .. } => Some(*id),
        _ => None,
    })
}

#[test]
fn what_the_link_says_is_true_at_the_server() {
    let (mut unknown_in_all, mut confirmed_in_all) = (0, 0);
    for seed in 0..SESSIONS {
        let (mut sim, _) = faulty_session(seed);
        // Everything heals; the link must recover by itself and deliver what it still has.
        sim.network.latency = Duration::from_millis(20);
        sim.set_silent(false);
        sim.set_server(ServerMode::Up);
        sim.run_secs(180);
        assert_eq!(sim.link.phase(), Phase::Open, "session {seed} has not recovered\n{}", sim.trace.text());
        assert_eq!(sim.link.queued_messages(), 0, "session {seed} still holds messages");

        let received: Vec<&Message> =
            sim.server.received.iter().filter(|message| is_users(message)).collect();
        let in_order: Vec<&Message> = sim
            .sent
            .iter()
            .map(|(_, message)| message)
            .filter(|message| received.contains(message))
            .collect();
        assert_eq!(received, in_order, "session {seed}: twice, or out of order");

        let confirmed = collect(&sim, |event| match event {
            Event::MessagesConfirmed(ids) => Some(*ids),
            _ => None,
        });
        let unknown = collect(&sim, |event| match event {
            Event::MessagesUnknown(ids) => Some(*ids),
            _ => None,
        });
        assert!(confirmed.is_disjoint(&unknown), "session {seed}: confirmed and unknown");
        for (id, message) in &sim.sent {
            let arrived = received.contains(&message);
            let settled = confirmed.contains(id) || unknown.contains(id);
            assert!(
                arrived || unknown.contains(id) || !proves(&sim),
                "session {seed}: {id} is lost in silence"
            );
            assert!(
                !confirmed.contains(id) || arrived || !proves(&sim),
                "session {seed}: {id} never arrived"
            );
            assert!(settled || sim.link.unconfirmed_messages() > 0, "session {seed}: {id} forgotten");
        }
        let sent: BTreeSet<MessageId> = sim.sent.iter().map(|(id, _)| *id).collect();
        assert!(dropped(&sim).all(|id| !sent.contains(&id)), "session {seed}: sent what was dropped");
        assert!(sim.shown.iter().all(|text| text.starts_with("message ")), "session {seed} shows heartbeats");
        unknown_in_all += unknown.len();
        confirmed_in_all += confirmed.len();
    }
    assert!(unknown_in_all > 1_000 && confirmed_in_all > 10_000, "{unknown_in_all} {confirmed_in_all}");
}

/// Whether confirmations are proof.
fn proves(sim: &Sim) -> bool {
    sim.link.config().confirmation == Confirmation::HeartbeatAnswer
}

fn is_users(message: &Message) -> bool {
    matches!(message, Message::Text(text) if text.starts_with("message "))
}

#[test]
fn without_faults_nothing_is_unknown_and_every_echo_is_shown_once() {
    for seed in 0..200 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut sim = Sim::connected(Config::default(), seed);
        let texts: Vec<String> = (0..50).map(|index| format!("message {index}")).collect();
        for text in &texts {
            sim.send(text);
            sim.run_millis(rng.u64(0..30_000));
        }
        sim.run_secs(60);
        assert_eq!(sim.shown, texts);
        let stats = sim.link.stats();
        assert_eq!((stats.messages_confirmed, stats.messages_unknown, stats.connections), (50, 0, 1));
        assert_eq!(stats.heartbeats_sent, stats.heartbeats_answered);
    }
}

#[test]
fn the_same_seed_gives_the_same_session() {
    for seed in 0..20 {
        assert_eq!(faulty_session(seed).0.trace.text(), faulty_session(seed).0.trace.text());
    }
    assert_ne!(faulty_session(1).0.trace.text(), faulty_session(2).0.trace.text());
}

#[test]
fn a_half_open_connection_is_noticed_within_interval_and_deadline() {
    for seed in 0..500 {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut sim = Sim::connected(Config::default(), seed);
        sim.run_millis(rng.u64(0..100_000));
        sim.set_silent(true);
        let since = sim.now();
        sim.run_until("waiting", 60);
        let noticed = sim.now().saturating_since(since);
        // What was under way when the silence began still arrives.
        let bound = Duration::from_secs(30) + sim.network.latency;
        assert!(noticed <= bound, "seed {seed}: noticed after {noticed:?}");
    }
}

#[test]
fn a_restarted_server_gets_its_clients_back_spread_out() {
    let mut arrivals = [0; 6];
    for seed in 0..1_200 {
        let mut sim = Sim::connected(Config::default(), seed);
        sim.run_secs(10);
        sim.close_from_server(1012, "");
        sim.run_until("waiting", 1);
        let Phase::Waiting { until, .. } = sim.link.phase() else { panic!("not waiting") };
        let delay = until.saturating_since(sim.now());
        arrivals[(delay.as_secs() / 5) as usize] += 1;
    }
    assert!(arrivals.iter().all(|count| (140..270).contains(count)), "per 5 s: {arrivals:?}");
}
