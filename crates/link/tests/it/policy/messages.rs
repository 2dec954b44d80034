//! What becomes of a message.

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
    assert!(matches!(&actions(&mut link)[..], [Action::Send { message, .. }] if *message == "queued".into()));
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

#[test]
fn what_is_handed_over_is_counted_by_whose_it_is() {
    let config = Config { opening: vec!["login".into(), "subscribe".into()], ..Config::default() };
    let mut link = open_link(config);
    link.send(at(1), "mine".into()).expect("room");
    assert_eq!(actions(&mut link).len(), 1);
    link.handle_timeout(at(20_000));
    let heartbeat: usize = actions(&mut link)
        .iter()
        .map(|action| match action {
            Action::Send { message, .. } => message.len(),
            _ => 0,
        })
        .sum();
    let stats = link.stats();
    assert_eq!((stats.openings_sent, stats.messages_sent, stats.heartbeats_sent), (2, 1, 1));
    assert_eq!(stats.bytes_sent, ("login".len() + "subscribe".len() + "mine".len() + heartbeat) as u64);
}

#[test]
fn what_only_makes_sense_now_is_sent_now_or_never() {
    let mut config = Config::default();
    config.queue.max_buffered_bytes = 10;
    let mut link = Link::new(config, 1, at(0));
    assert!(!link.send_now(at(0), "early".into()), "there is no connection");
    link.open(at(0));
    actions(&mut link);
    link.handle_open(at(0), FIRST);
    assert!(link.send_now(at(1), "twelve bytes".into()));
    let sent = actions(&mut link);
    assert!(matches!(sent[..], [Action::Send { origin: Origin::Now, .. }]), "{sent:?}");
    link.handle_buffered(at(1), FIRST, 12);
    assert!(!link.send_now(at(2), "x".into()), "the peer reads too slowly");
    link.handle_buffered(at(3), FIRST, 0);
    assert!(link.send_now(at(3), "x".into()));
    link.handle_close(at(4), FIRST, Close::abnormal());
    assert_eq!(actions(&mut link), [], "what was not handed over goes with its connection");
    assert_eq!((link.queued_messages(), link.stats().sent_now), (0, 1));
}
