//! What other implementations got wrong, each a test.

use std::time::Duration;

use protocol::session::{
    Client, ClientConfig, ClientId, ClientMessage, Epoch, Event, GAP, Limits, Lost, Message, Output,
    Position, Public, SUPERSEDED, ServerMessage, SessionId, WINDOW, Welcome,
};

use crate::world::{Outcome, Step, World};

const EPOCH: Epoch = Epoch(1);
const NOW: Duration = Duration::ZERO;

fn world(entries: usize) -> World {
    World::new(Limits { entries, ..Limits::default() }, true)
}

/// A world with a client that is connected, and one that was and is away.
fn with_one_away(entries: usize) -> (World, usize, usize) {
    let mut world = world(entries);
    let (writer, reader) = (world.join(None), world.join(None));
    world.settle();
    world.drop_link(reader, None);
    (world, writer, reader)
}

fn publish(world: &mut World, peer: usize, times: usize) {
    let link = world.peers[peer].link.expect("it is connected");
    for _ in 0..times {
        world.publish(peer);
        world.deliver_up(link, false);
    }
}

fn numbers(world: &World, peer: usize) -> Vec<u64> {
    world.got(peer).into_iter().map(|(_, seq)| seq).collect()
}

fn lost(from: u64, to: impl Into<Option<u64>>) -> Lost {
    Lost { epoch: EPOCH, from, to: to.into() }
}

#[test]
fn an_offset_that_aged_out_of_history_is_told_once_and_recovery_goes_on() {
    let (mut world, writer, reader) = with_one_away(3);
    publish(&mut world, writer, 10);
    world.settle();
    assert_eq!(world.lost(reader), [lost(1, 7)]);
    assert_eq!(numbers(&world, reader), [8, 9, 10]);
    // Its new place is as good as any.
    world.drop_link(reader, None);
    publish(&mut world, writer, 2);
    world.settle();
    assert_eq!(world.lost(reader), [lost(1, 7)]);
    assert_eq!(numbers(&world, reader), [8, 9, 10, 11, 12]);
}

#[test]
fn recovery_works_any_number_of_times() {
    let (mut world, writer, reader) = with_one_away(100);
    for round in 1..=20 {
        publish(&mut world, writer, 2);
        world.settle();
        assert_eq!(numbers(&world, reader), (1..=2 * round).collect::<Vec<_>>());
        world.drop_link(reader, None);
    }
    assert_eq!(world.lost(reader), []);
}

#[test]
fn replayed_messages_carry_their_offsets_so_that_the_next_resume_repeats_none() {
    let (mut world, writer, reader) = with_one_away(100);
    publish(&mut world, writer, 6);
    for taken in [2, 4, 6] {
        let link = world.connect(reader);
        world.deliver_up(link, false);
        world.pump(link, usize::MAX);
        // The welcome and two messages of the replay, then it breaks.
        (0..3).for_each(|_| world.deliver_down(link));
        assert_eq!(numbers(&world, reader), (1..=taken).collect::<Vec<_>>());
        world.drop_link(reader, None);
    }
}

#[test]
fn messages_that_no_session_published_are_counted_like_all_others() {
    let (mut world, writer, reader) = with_one_away(100);
    publish(&mut world, writer, 1);
    world.announce();
    publish(&mut world, writer, 1);
    world.settle();
    world.drop_link(reader, None);
    world.announce();
    world.settle();
    assert_eq!(numbers(&world, reader), [1, 0, 2, 0]);
    assert_eq!(world.lost(reader), []);
}

#[test]
fn two_tabs_of_one_client_each_get_all_and_number_for_themselves() {
    let mut world = world(100);
    let first = world.join(None);
    world.settle();
    publish(&mut world, first, 2);
    world.settle();
    // The other tab found the client's id and position where this one stored them.
    let second = world.join(world.peers[first].client.position());
    world.settle();
    publish(&mut world, first, 1);
    publish(&mut world, second, 1);
    world.settle();
    assert_eq!(world.got(first), [(1, 1), (1, 2), (1, 3), (2, 1)]);
    assert_eq!(world.got(second), [(1, 3), (2, 1)]);
    assert!(world.peers.iter().all(|peer| !peer.ended));
}

#[test]
fn two_tabs_with_one_copied_session_do_not_fight_and_none_takes_the_others_message_for_its_own() {
    let mut world = world(100);
    let first = world.join_as(1, None);
    let copy = world.join_as(1, None);
    let link = world.connect(first);
    world.deliver_up(link, false);
    world.pump(link, 9);
    world.deliver_down(link);
    world.publish(first);
    // The copy takes the session over before that arrives.
    let taken_over = world.connect(copy);
    world.deliver_up(taken_over, false);
    world.deliver_up(link, false);
    world.settle();
    assert!(world.peers[first].ended && !world.peers[copy].ended);
    assert_eq!(world.peers[first].outcomes, [(1, Outcome::Unknown)]);
    world.publish(copy);
    world.settle();
    assert_eq!(world.got(copy), [(1, 1)]);
    assert_eq!(world.log.len(), 1);
    // One that finds more published than it has sent knows that its numbers are another's, too.
    let late = world.join_as(1, None);
    world.connect(late);
    world.connect(late);
    world.settle();
    assert!(world.peers[late].ended);
}

#[test]
fn a_resume_does_not_overtake_its_own_live_traffic() {
    let (mut world, writer, reader) = with_one_away(100);
    publish(&mut world, writer, 3);
    let link = world.connect(reader);
    world.deliver_up(link, false);
    // Between the hello and the first replayed message others go on.
    publish(&mut world, writer, 1);
    world.pump(link, 2);
    publish(&mut world, writer, 2);
    world.settle();
    assert_eq!(numbers(&world, reader), [1, 2, 3, 4, 5, 6]);
    assert_eq!(world.lost(reader), []);
}

#[test]
fn a_hello_that_comes_late_over_an_older_connection_takes_nothing_over() {
    let mut world = world(100);
    let peer = world.join(None);
    let old = world.connect(peer);
    let new = world.connect(peer);
    world.deliver_up(new, false);
    world.deliver_up(old, false);
    world.settle();
    publish(&mut world, peer, 1);
    world.settle();
    assert_eq!((world.got(peer), world.peers[peer].ended), (vec![(1, 1)], false));
}

#[test]
fn what_comes_late_over_an_older_connection_is_not_published_twice() {
    let mut world = world(100);
    let peer = world.join(None);
    world.settle();
    world.publish(peer);
    world.publish(peer);
    // It is on its way when the client gives the connection up and sends it again over another.
    let old = world.peers[peer].link.expect("it is connected");
    world.connect(peer);
    world.settle();
    assert_eq!(world.links[old].up.len(), 0);
    assert_eq!(world.got(peer), [(1, 1), (1, 2)]);
    assert_eq!(world.peers[peer].outcomes, [(1, Outcome::Published), (2, Outcome::Published)]);
}

#[test]
fn a_session_that_was_forgotten_is_not_taken_for_one_that_is_known() {
    let mut world = World::new(Limits { sessions: 0, ..Limits::default() }, true);
    let peer = world.join(None);
    // Its hello over the first connection is late.
    let late = world.connect(peer);
    let link = world.connect(peer);
    world.deliver_up(link, false);
    world.pump(link, 9);
    world.deliver_down(link);
    publish(&mut world, peer, 1);
    // The acknowledgement does not arrive, the server forgets, and learns of the session anew from the late hello.
    world.hang_up(link);
    world.deliver_up(late, false);
    world.drop_link(peer, None);
    world.settle();
    assert_eq!(world.peers[peer].outcomes, [(1, Outcome::Unknown)]);
    assert_eq!(world.got(peer), [(1, 1)], "it was published once, and the session sees that");
}

#[test]
fn what_was_on_its_way_at_a_restart_is_unknown_and_what_was_not_sent_is_sent() {
    let mut world = world(100);
    let peer = world.join(None);
    world.settle();
    world.publish(peer);
    world.drop_link(peer, None);
    world.publish(peer);
    world.restart();
    world.settle();
    assert_eq!(world.peers[peer].outcomes, [(1, Outcome::Unknown), (2, Outcome::Published)]);
    assert_eq!(world.peers[peer].story[1], Step::Lost(lost(1, None)));
    assert_eq!(world.got(peer), [(1, 2)]);
}

#[test]
fn who_reads_too_slowly_is_told_what_it_missed_while_it_stays_connected() {
    let mut world = world(2);
    let (writer, reader) = (world.join(None), world.join(None));
    world.settle();
    publish(&mut world, writer, 5);
    world.settle();
    assert_eq!(world.lost(reader), [lost(1, 3)]);
    assert_eq!(numbers(&world, reader), [4, 5]);
    world.renew();
    publish(&mut world, writer, 1);
    world.settle();
    assert_eq!(world.lost(reader), [lost(1, 3), lost(6, None)]);
    assert_eq!(numbers(&world, reader), [4, 5, 6]);
}

#[test]
fn what_is_on_its_way_to_where_it_is_kept_is_not_taken_twice_and_is_answered_over_the_new_connection() {
    let mut world = World::deferring(Limits::default(), true);
    let peer = world.join(None);
    world.settle();
    (0..3).for_each(|_| world.publish(peer));
    let link = world.peers[peer].link.expect("it is connected");
    (0..3).for_each(|_| world.deliver_up(link, false));
    world.drop_link(peer, None);
    let link = world.connect(peer);
    world.deliver_up(link, false);
    world.deliver_down(link);
    (0..3).for_each(|_| world.deliver_up(link, false));
    assert_eq!(world.peers[peer].outcomes, []);
    world.keep(1);
    world.fail();
    world.settle();
    let fates = [(1, Outcome::Published), (2, Outcome::Refused), (3, Outcome::Published)];
    assert_eq!(world.peers[peer].outcomes, fates);
    assert_eq!(world.got(peer), [(1, 1), (1, 3)]);
}

#[test]
fn a_server_that_comes_back_with_its_history_knows_what_was_published_and_drops_it() {
    let mut world = World::deferring(Limits { entries: 3, ..Limits::default() }, true);
    let (kept, lost, other) = (world.join(None), world.join(None), world.join(None));
    world.settle();
    // Neither hears of it; one message is not kept.
    for peer in [lost, kept, kept] {
        publish(&mut world, peer, 1);
    }
    world.keep(2);
    (0..2).for_each(|_| publish(&mut world, other, 1));
    world.resume(0);
    world.settle();
    assert_eq!(world.peers[kept].outcomes, [(1, Outcome::Published), (2, Outcome::Published)]);
    assert_eq!(world.peers[lost].outcomes, [(1, Outcome::Published)]);
    assert_eq!(world.lost(other), []);
    // So many come that history does not reach back to what it published.
    publish(&mut world, lost, 1);
    (0..3).for_each(|_| publish(&mut world, other, 1));
    world.keep(4);
    world.resume(0);
    world.settle();
    assert_eq!(world.peers[lost].outcomes[1], (2, Outcome::Unknown));
}

fn client() -> Client {
    let config = ClientConfig { queued_messages: 100, ..ClientConfig::new(ClientId(1), SessionId(2)) };
    let mut client = Client::new(config);
    client.handle_open();
    assert!(matches!(client.poll_output(NOW), Some(Output::Send(ClientMessage::Hello(_)))));
    client
}

fn welcome(offset: u64, seq: Option<u64>) -> ServerMessage {
    let position = Position { epoch: EPOCH, offset };
    let (lost, refused) = (Vec::new(), Vec::new());
    let (client, session) = (Public(1), Public(2));
    ServerMessage::Welcome(Welcome { position, head: 9, memory: 1, lost, seq, refused, client, session })
}

fn message(offset: u64) -> ServerMessage {
    ServerMessage::Message(Message { offset, author: None, at: 0, data: b"1".to_vec() })
}

fn events(client: &mut Client) -> Vec<Event> {
    std::iter::from_fn(|| client.poll_event()).collect()
}

#[test]
fn a_message_that_is_missing_is_asked_for_once_and_then_told_as_lost() {
    let mut client = client();
    client.handle_message(welcome(3, Some(0)), NOW);
    client.handle_message(message(4), NOW);
    client.handle_message(message(6), NOW);
    assert_eq!(client.poll_output(NOW), Some(Output::Close(GAP, "a message is missing")));
    client.handle_message(message(7), NOW);
    client.handle_closed(None);
    assert_eq!(events(&mut client).len(), 2, "the welcome and message 4");
    client.handle_open();
    let hello = client.poll_output(NOW);
    assert!(
        matches!(hello, Some(Output::Send(ClientMessage::Hello(hello))) if hello.position == Some(Position { epoch: EPOCH, offset: 4 }))
    );
    client.handle_message(welcome(4, Some(0)), NOW);
    client.handle_message(message(6), NOW);
    let events = events(&mut client);
    assert_eq!(events[1], Event::Lost(lost(5, 5)));
    assert!(matches!(&events[2], Event::Message { message, .. } if message.offset == 6));
}

#[test]
fn an_answer_that_is_missing_is_asked_for_by_coming_back() {
    let mut client = client();
    client.handle_message(welcome(0, Some(0)), NOW);
    (0..3).for_each(|_| _ = client.publish(b"1".to_vec()));
    while client.poll_output(NOW).is_some() {}
    // What became of 1 and 2 is not to be guessed.
    client.handle_message(ServerMessage::Ack { from: 3, to: 3 }, NOW);
    assert_eq!(client.poll_output(NOW), Some(Output::Close(GAP, "an answer is missing")));
    client.handle_closed(None);
    client.handle_open();
    client.poll_output(NOW);
    let ServerMessage::Welcome(welcome) = welcome(0, Some(3)) else { unreachable!() };
    client.handle_message(ServerMessage::Welcome(Welcome { refused: vec![2], ..welcome }), NOW);
    let events = events(&mut client);
    assert_eq!(events[1], Event::Published(1));
    assert!(matches!(&events[2], Event::Refused(refused) if refused.seq == 2));
    assert_eq!(events[3], Event::Published(3));
}

#[test]
fn a_server_that_does_not_answer_is_given_up_and_traffic_of_others_is_no_answer() {
    let mut client = client();
    let patience = ClientConfig::new(ClientId(1), SessionId(2)).patience;
    assert_eq!(client.next_timeout(), Some(patience));
    client.handle_message(welcome(0, Some(0)), NOW);
    assert_eq!(client.next_timeout(), Some(Duration::from_secs(20)));
    client.publish(b"1".to_vec()).unwrap();
    client.poll_output(NOW);
    client.handle_message(message(1), NOW + patience / 2);
    assert_eq!(client.next_timeout(), Some(patience));
    client.handle_timeout(patience / 2);
    assert_eq!(client.poll_output(NOW), None);
    client.handle_timeout(patience);
    assert_eq!(client.poll_output(NOW), Some(Output::Close(GAP, "no answer")));
}

#[test]
fn silence_is_noticed_also_by_who_only_listens() {
    let mut client = client();
    client.handle_message(welcome(0, Some(0)), NOW);
    let quiet = client.next_timeout().unwrap();
    client.handle_timeout(quiet);
    assert_eq!(client.poll_output(quiet), Some(Output::Send(ClientMessage::Ping)));
    assert_eq!(client.poll_output(quiet), None);
    client.handle_message(ServerMessage::Pong, quiet);
    let quiet = client.next_timeout().unwrap();
    client.handle_timeout(quiet);
    client.poll_output(quiet);
    let late = client.next_timeout().unwrap();
    assert_eq!(late, quiet + Duration::from_secs(10));
    client.handle_timeout(late);
    assert_eq!(client.poll_output(late), Some(Output::Close(GAP, "no answer")));
}

#[test]
fn what_waits_and_what_is_on_its_way_is_bounded() {
    let mut client = client();
    client.handle_message(welcome(0, Some(0)), NOW);
    let queued = (0..200).filter(|_| client.publish(b"1".to_vec()).is_ok()).count();
    assert_eq!(queued, 100);
    let sent = std::iter::from_fn(|| client.poll_output(NOW)).count();
    assert_eq!(sent as u64, WINDOW);
    client.handle_message(ServerMessage::Ack { from: 1, to: 10 }, NOW);
    assert_eq!(std::iter::from_fn(|| client.poll_output(NOW)).count(), 10);
    // Where it ends, everything that waited has an end too.
    client.handle_closed(Some(SUPERSEDED));
    let events = events(&mut client);
    let count = |event: fn(&&Event) -> bool| events.iter().filter(event).count();
    assert_eq!(count(|event| matches!(event, Event::Unknown(_))), 64);
    assert_eq!(count(|event| matches!(event, Event::NotSent(_))), 26);
    assert_eq!(events.last(), Some(&Event::Ended));
    assert!(client.publish(b"1".to_vec()).is_err());
}
