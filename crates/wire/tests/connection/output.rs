//! The way out: what waits, what passes what, what is refused, and what is made once for many.

use std::num::NonZeroUsize;

use bytes::Bytes;
use wire::deflate::{Params, Pool, Retain, Settings, WindowBits};
use wire::frame::RSV1;
use wire::{
    Abort, CloseCode, ConnectionSettings, Direction, End, Incoming, Message, MessageKind, NotSent, OpCode,
    Outgoing, Overheard, Role, SendError, Sent, SharedMessage, Time,
};

use crate::support::driver::{Driver, Whole};
use crate::support::{ROLES, encode, feed, frame, model, refused};
use crate::{feed_blocked, queue, take};

fn text(payload: &str) -> Whole {
    Whole::Message(MessageKind::Text, payload.into())
}

fn pong(payload: &str) -> Whole {
    Whole::Pong(payload.into())
}

fn ping(payload: &str) -> wire::raw::RawFrame {
    frame(OpCode::Ping, payload)
}

#[test]
fn pongs_pass_data_that_waits_and_keep_their_order() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        queue(&mut driver, |out| out.send(MessageKind::Text, b"data")).unwrap();
        feed_blocked(&mut driver, [ping("1"), ping("2")]);
        feed_blocked(&mut driver, [ping("3")]);
        driver.end_turn();
        assert_eq!(driver.sent(), [pong("1"), pong("2"), pong("3"), text("data")]);
    }
}

#[test]
fn a_pong_that_waits_behind_data_is_not_passed_by_a_later_one() {
    for role in ROLES {
        let mut driver = Driver::new(role);
        // Nothing waited when the first one was answered, so it stands where it came.
        feed_blocked(&mut driver, [frame(OpCode::Text, "data"), ping("1")]);
        feed_blocked(&mut driver, [ping("2"), frame(OpCode::Text, "more")]);
        feed_blocked(&mut driver, [ping("3")]);
        driver.end_turn();
        assert_eq!(driver.sent(), [text("data"), pong("1"), pong("2"), pong("3"), text("more")]);
    }
}

#[test]
fn a_ping_of_the_endpoint_s_own_passes_data_too() {
    let mut driver = Driver::new(Role::Client);
    queue(&mut driver, |out| out.send(MessageKind::Text, b"data")).unwrap();
    queue(&mut driver, |out| out.ping(b"urgent")).unwrap();
    driver.end_turn();
    assert_eq!(driver.sent(), [Whole::Ping(b"urgent".into()), text("data")]);
}

#[test]
fn a_client_that_is_behind_answers_the_latest_ping() {
    let settings = ConnectionSettings { queue_bytes: 1000, ..ConnectionSettings::default() };
    let mut driver = Driver::with(Role::Client, None, settings);
    queue(&mut driver, |out| out.send(MessageKind::Binary, &[0; 2000])).unwrap();
    let queued = driver.connection.queued_bytes();
    // It reads on, and what it owes does not grow with what the peer sends.
    assert!(driver.connection.wants_input(&driver.turn));
    for at in 0..100 {
        feed_blocked(&mut driver, [ping(&at.to_string()), frame(OpCode::Pong, "unasked")]);
    }
    assert_eq!(driver.connection.queued_bytes(), queued);
    take(&mut driver, 500);
    assert_eq!(driver.connection.queued_bytes(), queued - 500, "still too much");
    take(&mut driver, 800);
    driver.end_turn();
    assert_eq!(driver.sent(), [Whole::Message(MessageKind::Binary, vec![0; 2000]), pong("99")]);
    assert_eq!(driver.connection.held_bytes(), 0);
    // Also when it had not even to wait.
    let bytes = encode(Role::Server, [ping("first"), ping("last")]);
    let mut out = driver.connection.outgoing(&mut driver.turn, driver.now);
    out.send(MessageKind::Binary, &[0; 2000]).unwrap();
    driver.feed(&bytes);
    assert_eq!(driver.sent().pop(), Some(pong("last")));
}

#[test]
fn many_pongs_that_wait_cost_no_more_than_their_bytes() {
    let mut driver = Driver::new(Role::Server);
    queue(&mut driver, |out| out.send(MessageKind::Text, b"data")).unwrap();
    let pings = (0..20_000).map(|_| ping(""));
    feed_blocked(&mut driver, pings);
    assert_eq!(driver.connection.queued_bytes(), 2 * 20_000 + 6);
    driver.end_turn();
    assert_eq!(driver.sent().len(), 20_001);
}

/// A way to send a text.
type Way = fn(&mut Outgoing<'_>, &str) -> Result<(), NotSent>;

#[test]
fn nothing_comes_in_between_the_bytes_of_a_frame_that_was_begun() {
    // However much of it the transport has taken, and whichever way the message goes.
    let payload = "x".repeat(9000);
    let ways: [Way; 5] = [
        |out, payload| out.send(MessageKind::Text, payload.as_bytes()),
        |out, payload| out.send_vec(MessageKind::Text, &mut payload.into()),
        |out, payload| out.send_bytes(MessageKind::Text, Bytes::copy_from_slice(payload.as_bytes())),
        |out, payload| {
            let bytes = Bytes::copy_from_slice(payload.as_bytes());
            out.send_shared(&SharedMessage::new(MessageKind::Text, bytes, None).unwrap())
        },
        |out, payload| out.raw(&encode(out.role(), [frame(OpCode::Text, payload)])),
    ];
    for role in ROLES {
        for way in ways {
            for taken in [0, 1, 3, 4, 5, 100, 9003] {
                let mut driver = Driver::new(role);
                way(&mut driver.connection.outgoing(&mut driver.turn, driver.now), &payload).unwrap();
                take(&mut driver, taken);
                driver.connection.queue_output(&mut driver.turn, driver.now);
                driver.connection.end_turn(&mut driver.turn, true, driver.now);
                feed_blocked(&mut driver, [ping("!")]);
                driver.end_turn();
                let mut expected = vec![text(&payload), pong("!")];
                if taken == 0 {
                    expected.reverse();
                }
                assert_eq!(driver.sent(), expected, "{role:?} {taken}");
            }
        }
    }
}

#[test]
fn raw_bytes_stay_together_though_they_are_no_frame() {
    let mut driver = Driver::new(Role::Server);
    queue(&mut driver, |out| out.send(MessageKind::Text, b"before")).unwrap();
    // The beginning of a frame, and the rest of it a turn later.
    queue(&mut driver, |out| out.raw(b"\x82\x0ahalf a frame, or what looks like one")).unwrap();
    feed_blocked(&mut driver, [ping("!")]);
    driver.end_turn();
    let bytes = String::from_utf8_lossy(&driver.output);
    assert!(bytes.contains("half a frame, or what looks like one"), "{bytes}");
    assert_eq!(driver.output.len(), 3 + 8 + 38);
}

#[test]
fn a_message_that_was_put_together_goes_back_whole_however_little_is_decoded_after_it() {
    // Its bytes are lent out while the output is put together, and given away afterwards.
    let payload = "give me back ".repeat(1000);
    let frames = wire::raw::fragments(MessageKind::Text, payload.as_bytes(), [5000]);
    let bytes = encode(Role::Client, frames);
    let mut driver = Driver::new(Role::Server);
    driver.connection.read_buffer(&mut driver.turn)[..bytes.len()].copy_from_slice(&bytes);
    driver.connection.handle_input(&mut driver.turn, bytes.len(), driver.now);
    let (incoming, mut out) = driver.connection.poll(&mut driver.turn, driver.now).unwrap();
    let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
    out.echo(&message).unwrap();
    // Written without another message being asked for, as at the end of a turn's budget.
    driver.end_turn();
    assert_eq!(driver.sent(), [text(&payload)]);
}

#[test]
fn an_endpoint_may_send_a_message_twice_and_more_behind_it() {
    for role in ROLES {
        for len in [1, 100, 3000, 5000, 70_000] {
            for fragments in [vec![], vec![len / 2]] {
                let payload = vec![b'm'; len];
                let bytes =
                    encode(role.peer(), wire::raw::fragments(MessageKind::Binary, &payload, fragments));
                let mut driver = Driver::new(role);
                driver.feed_to(&bytes.repeat(2), |incoming, out| {
                    if let Incoming::Message(message) = incoming {
                        out.send(MessageKind::Text, b"before").unwrap();
                        out.echo(message).unwrap();
                        out.echo(message).unwrap();
                        out.send(MessageKind::Text, b"behind").unwrap();
                    }
                });
                let message = Whole::Message(MessageKind::Binary, payload);
                let once = [text("before"), message.clone(), message, text("behind")];
                assert_eq!(driver.sent(), [once.clone(), once].concat());
            }
        }
    }
}

#[test]
fn beyond_the_queue_s_bound_sending_is_refused_until_it_has_drained() {
    for role in ROLES {
        let settings = ConnectionSettings { queue_bytes: 1000, ..ConnectionSettings::default() };
        let mut driver = Driver::with(role, None, settings);
        assert!(!driver.connection.take_drained(&driver.turn), "nothing had to wait");
        // One message more than fits, whatever its size: so no message is too large for the queue.
        queue(&mut driver, |out| out.send(MessageKind::Binary, &[1; 1001])).unwrap();
        let len = driver.connection.queued_bytes();
        let full = Err(NotSent::QueueFull);
        let shared = SharedMessage::new(MessageKind::Text, "x".into(), None).unwrap();
        assert_eq!(queue(&mut driver, |out| out.send(MessageKind::Text, b"x")), full);
        assert_eq!(queue(&mut driver, |out| out.send_bytes(MessageKind::Text, "x".into())), full);
        let mut kept = vec![b'x'];
        assert_eq!(queue(&mut driver, |out| out.send_vec(MessageKind::Text, &mut kept)), full);
        assert_eq!(kept, [b'x'], "what is refused is not taken");
        assert_eq!(queue(&mut driver, |out| out.send_shared(&shared)), full);
        assert_eq!(queue(&mut driver, |out| out.begin(MessageKind::Text, b"x")), full);
        assert_eq!(queue(&mut driver, |out| out.raw(b"x")), full);
        let one = NonZeroUsize::MIN;
        assert_eq!(queue(&mut driver, |out| out.send_fragmented(MessageKind::Text, b"x", one)), full);
        assert_eq!(driver.connection.queued_bytes(), len);
        assert_eq!(driver.connection.counts().messages_dropped, 7);
        assert!(!driver.connection.take_drained(&driver.turn), "not yet");
        driver.end_turn();
        assert!(driver.connection.take_drained(&driver.turn));
        assert!(!driver.connection.take_drained(&driver.turn), "once");
        queue(&mut driver, |out| out.send(MessageKind::Text, b"x")).unwrap();
        driver.end_turn();
        assert!(driver.connection.take_drained(&driver.turn), "it had to wait");
        // A Close is no message and finds its place always.
        queue(&mut driver, |out| out.send(MessageKind::Binary, &[1; 1001])).unwrap();
        queue(&mut driver, |out| out.close(None, End::Finished)).unwrap();
    }
}

#[test]
fn what_one_turn_puts_together_counts_before_it_is_written() {
    let settings = ConnectionSettings { queue_bytes: 1000, ..ConnectionSettings::default() };
    let mut driver = Driver::with(Role::Server, None, settings);
    let mut out = driver.connection.outgoing(&mut driver.turn, driver.now);
    out.send(MessageKind::Binary, &[1; 500]).unwrap();
    assert_eq!(out.queued_bytes(), 504);
    out.send_bytes(MessageKind::Binary, vec![1; 500].into()).unwrap();
    assert_eq!(out.queued_bytes(), 1008);
    assert_eq!(out.send(MessageKind::Binary, b""), Err(NotSent::QueueFull));
    driver.end_turn();
    driver.send(|out| out.send(MessageKind::Binary, b"")).unwrap();
}

/// The payload with which a message goes, and whether it went compressed.
fn shared_as(role: Role, params: Option<Params>, message: &SharedMessage) -> (Vec<u8>, bool, Vec<Whole>) {
    let mut driver = Driver::with(role, params, ConnectionSettings::default());
    driver.send(|out| out.send_shared(message)).unwrap();
    assert_eq!(driver.connection.counts().payload_out, message.payload().len() as u64);
    let [frame] = &model::frames(&driver.output)[..] else { panic!("one frame") };
    assert!(frame.fin && frame.key.is_some() == (role == Role::Client));
    (frame.payload.clone(), frame.reserved == RSV1, driver.sent())
}

#[test]
fn a_shared_message_goes_as_each_connection_agreed() {
    let payload = "made once for many ".repeat(50);
    let none =
        Params { server_no_context_takeover: true, client_no_context_takeover: true, ..Params::default() };
    let small = WindowBits::new(9).unwrap();
    let small = Params { server_max_window_bits: small, client_max_window_bits: small, ..none };
    let mut pool = Pool::default();
    let plain = SharedMessage::new(MessageKind::Text, payload.clone().into(), None).unwrap();
    let both =
        SharedMessage::new(MessageKind::Text, payload.clone().into(), Some((&mut pool, Settings::default())))
            .unwrap();
    let mut deflated = Vec::new();
    for role in ROLES {
        for message in [&plain, &both] {
            assert_eq!(message.payload(), payload.as_bytes());
            for params in [None, Some(none), Some(Params::default()), Some(small)] {
                let (frame, compressed, received) = shared_as(role, params, message);
                assert_eq!(received, [text(&payload)], "{role:?} {params:?}");
                if params.is_none() {
                    assert!(!compressed && frame == payload.as_bytes());
                }
                if compressed && role == Role::Server && params == Some(none) {
                    deflated.push(frame);
                }
            }
        }
    }
    // Where a compressed form was made, it is what goes out, also to the next one.
    assert_eq!(shared_as(Role::Server, Some(none), &both).0, deflated[0]);
    assert!(deflated.iter().all(|frame| frame.len() < 100), "compressed it is small");
}

#[test]
fn with_context_takeover_a_shared_message_becomes_part_of_the_window() {
    let payload = (0..60).map(|at| format!("{} ", at * 7919)).collect::<String>();
    let message = SharedMessage::new(MessageKind::Text, payload.clone().into(), None).unwrap();
    let mut driver = Driver::with(Role::Server, Some(Params::default()), ConnectionSettings::default());
    driver.send(|out| out.send(MessageKind::Text, payload.as_bytes())).unwrap();
    driver.send(|out| out.send_shared(&message)).unwrap();
    driver.send(|out| out.send(MessageKind::Text, payload.as_bytes())).unwrap();
    let frames = model::frames(&driver.output);
    assert!(frames[1].payload.len() < frames[0].payload.len(), "it refers to what went before");
    assert_eq!(driver.sent(), [text(&payload), text(&payload), text(&payload)]);
}

#[test]
fn what_is_kept_for_compression_counts_as_held() {
    let payload = "so many words, ".repeat(1000);
    for (retain, range) in [(Retain::Window, 15_000..40_000), (Retain::State, 300_000..500_000)] {
        let deflate = Settings { retain, ..Settings::default() };
        let settings = ConnectionSettings { deflate, ..ConnectionSettings::default() };
        let mut driver = Driver::with(Role::Server, Some(Params::default()), settings);
        assert_eq!(driver.connection.held_bytes(), 0);
        driver.send(|out| out.send(MessageKind::Text, payload.as_bytes())).unwrap();
        driver.end_turn();
        let held = driver.connection.held_bytes();
        assert!(range.contains(&held), "{retain:?}: {held}");
        assert_eq!(driver.sent(), [text(&payload)]);
    }
}

#[test]
fn a_shared_message_that_is_no_text_is_given_back() {
    let bad = Bytes::from_static(b"a\xff");
    assert_eq!(SharedMessage::new(MessageKind::Text, bad.clone(), None).unwrap_err(), bad);
    assert!(SharedMessage::new(MessageKind::Binary, bad, None).is_ok());
}

#[test]
fn text_is_checked_before_it_is_compressed() {
    for role in ROLES {
        let mut driver = Driver::with(role, Some(Params::default()), ConnectionSettings::default());
        let bad = [&[b'x'; 200][..], b"\xff"].concat();
        let invalid = refused(SendError::InvalidUtf8);
        assert_eq!(driver.send(|out| out.send(MessageKind::Text, &bad)), invalid);
        assert_eq!(driver.send(|out| out.send_bytes(MessageKind::Text, bad.clone().into())), invalid);
        assert_eq!(driver.send(|out| out.send_vec(MessageKind::Text, &mut bad.clone())), invalid);
        let ten = NonZeroUsize::new(10).unwrap();
        assert_eq!(driver.send(|out| out.send_fragmented(MessageKind::Text, &bad, ten)), invalid);
        assert!(driver.output.is_empty());
        // The window has not moved: what follows can be inflated.
        driver.send(|out| out.send(MessageKind::Text, &bad[..200])).unwrap();
        driver.send(|out| out.send(MessageKind::Binary, &bad)).unwrap();
        assert_eq!(driver.sent().len(), 2);
    }
}

#[test]
fn a_large_payload_is_sent_from_where_it_is() {
    let payload = Bytes::from(vec![7; 100_000]);
    let mut driver = Driver::new(Role::Server);
    let mut out = driver.connection.outgoing(&mut driver.turn, driver.now);
    out.send_bytes(MessageKind::Binary, payload.clone()).unwrap();
    let mut slices = [std::io::IoSlice::new(&[]); 4];
    let count = driver.connection.slices(&mut driver.turn, &mut slices);
    assert_eq!((count, slices[1].as_ptr()), (2, payload.as_ptr()));
    // Also when it has to wait.
    driver.connection.handle_written(&mut driver.turn, 20, driver.now);
    driver.connection.queue_output(&mut driver.turn, driver.now);
    let mut slices = [std::io::IoSlice::new(&[]); 4];
    let count = driver.connection.slices(&mut driver.turn, &mut slices);
    assert_eq!((count, slices[0].as_ptr()), (1, payload[10..].as_ptr()));
    driver.end_turn();
}

#[test]
fn short_pieces_are_offered_as_one() {
    let mut driver = Driver::new(Role::Server);
    let message = SharedMessage::new(MessageKind::Text, "x".repeat(300).into(), None).unwrap();
    let mut out = driver.connection.outgoing(&mut driver.turn, driver.now);
    for _ in 0..4 {
        out.send_shared(&message).unwrap();
    }
    let all = encode(Role::Server, (0..4).map(|_| frame(OpCode::Text, [b'x'; 300])));
    let Driver { connection, turn, now, .. } = &mut driver;
    assert_eq!(connection.only_slice(turn), Some(&all[..]));
    connection.handle_written(turn, 500, *now);
    assert_eq!(connection.only_slice(turn), Some(&all[500..]));
    connection.handle_written(turn, all.len() - 500, *now);
    assert_eq!(connection.only_slice(turn), None);
    // Long ones stay where they are.
    let long = Bytes::from(vec![7; 5000]);
    let mut out = connection.outgoing(turn, *now);
    out.send_bytes(MessageKind::Binary, long.clone()).unwrap();
    out.send_bytes(MessageKind::Binary, long).unwrap();
    assert_eq!(connection.only_slice(turn), None);
    assert_eq!(connection.slices(turn, &mut [std::io::IoSlice::new(&[]); 4]), 4);
    driver.end_turn();
}

#[test]
fn nothing_is_offered_twice_and_nothing_left_out_however_few_slices_there_are() {
    let mut driver = Driver::new(Role::Server);
    let (mut expected, mut payload) = (Vec::new(), Vec::new());
    for at in 0..20u8 {
        payload.resize(usize::from(at) * 3, at);
        expected.extend(RawCopy::of(&payload));
        let bytes = Bytes::copy_from_slice(&payload);
        // Half of them wait already.
        match at {
            0..10 => queue(&mut driver, |out| out.send_bytes(MessageKind::Binary, bytes)).unwrap(),
            _ => driver
                .connection
                .outgoing(&mut driver.turn, Time::from_micros(0))
                .send_bytes(MessageKind::Binary, bytes)
                .unwrap(),
        }
    }
    for slots in (1..4).cycle() {
        let mut slices = [std::io::IoSlice::new(&[]); 4];
        let count = driver.connection.slices(&mut driver.turn, &mut slices[..slots]);
        let offered = slices[..count].iter().flat_map(|slice| slice.iter().copied()).collect::<Vec<_>>();
        if offered.is_empty() {
            break;
        }
        let taken = offered.len().min(5);
        driver.output.extend_from_slice(&offered[..taken]);
        driver.connection.handle_written(&mut driver.turn, taken, driver.now);
    }
    assert!(!driver.connection.has_output(&driver.turn));
    assert_eq!(driver.output, expected);
}

/// A binary message as a server sends it.
struct RawCopy;

impl RawCopy {
    fn of(payload: &[u8]) -> Vec<u8> {
        encode(Role::Server, [frame(OpCode::Binary, payload)])
    }
}

#[test]
fn what_the_peer_never_took_is_counted() {
    for role in ROLES {
        for end in [End::Shutdown, End::ReceiveFailed, End::SendFailed] {
            let mut driver = Driver::new(role);
            queue(&mut driver, |out| out.send(MessageKind::Binary, &[0; 100])).unwrap();
            take(&mut driver, 30);
            let waits = driver.connection.queued_bytes();
            // And some that was not even moved to the queue.
            let mut out = driver.connection.outgoing(&mut driver.turn, driver.now);
            out.send(MessageKind::Binary, &[0; 50]).unwrap();
            let header = if role == Role::Client { 6 } else { 2 };
            let broken = std::io::ErrorKind::BrokenPipe.into();
            match end {
                End::Shutdown => out.abort(Abort::Reset, end, "enough"),
                End::ReceiveFailed => driver.connection.handle_eof(driver.now),
                _ => driver.connection.handle_lost(Direction::Out, broken, driver.now),
            }
            driver.connection.end_turn(&mut driver.turn, true, driver.now);
            let summary = driver.connection.summary();
            assert_eq!((summary.end, summary.unsent), (end, waits + 50 + header), "{role:?}");
            assert!(!summary.is_clean());
            let aborted = driver.connection.abort();
            assert_eq!(aborted, (end == End::Shutdown).then_some(Abort::Reset));
        }
    }
}

#[test]
fn an_abort_ends_it_at_once_and_without_a_close() {
    for how in [Abort::Fin, Abort::Reset] {
        let mut driver = Driver::new(Role::Server);
        driver.send(|out| out.abort(how, End::Shutdown, "enough"));
        assert!(driver.connection.is_done() && driver.output.is_empty());
        assert_eq!(driver.connection.abort(), Some(how));
        feed(&mut driver, [ping(""), frame(OpCode::Text, "x")]);
        assert!(driver.wholes.is_empty() && driver.output.is_empty());
        let summary = driver.connection.summary();
        assert_eq!((summary.end, summary.close_sent, summary.unsent), (End::Shutdown, None, 0));
        assert_eq!(summary.cause.unwrap().to_string(), "enough");
    }
}

#[test]
fn what_is_diverted_is_given_back_and_not_sent() {
    let mut driver = Driver::new(Role::Server);
    let shared = SharedMessage::new(MessageKind::Text, Bytes::from_static(b"shared"), None).unwrap();
    let mut diverted = Vec::new();
    queue(&mut driver, |out| {
        diverted = out.divert(1 << 20, |out| {
            out.send(MessageKind::Text, b"whole").unwrap();
            out.send_fragmented(MessageKind::Text, b"pieces", NonZeroUsize::MIN).unwrap();
            out.send_bytes(MessageKind::Binary, Bytes::from_static(b"bytes")).unwrap();
            out.send_shared(&shared).unwrap();
            out.echo(&Message::new(MessageKind::Text, b"echo")).unwrap();
            out.begin(MessageKind::Text, b"be").unwrap();
            out.fragment(b"gun", true).unwrap();
            out.ping(b"i").unwrap();
            out.pong(b"o").unwrap();
            out.raw(b"raw").unwrap();
            out.close(Some((CloseCode::NORMAL, "bye")), End::Finished).unwrap();
            out.abort(Abort::Fin, End::Finished, "over");
        });
        out.send(MessageKind::Text, b"sent").unwrap();
    });
    driver.end_turn();
    assert_eq!(driver.sent(), [text("sent")]);
    assert!(!driver.connection.is_closing());
    let whole =
        |kind, payload: &[u8], fragment_len| Sent::Message { kind, payload: payload.to_vec(), fragment_len };
    assert_eq!(
        diverted,
        [
            whole(MessageKind::Text, b"whole", None),
            whole(MessageKind::Text, b"pieces", Some(NonZeroUsize::MIN)),
            whole(MessageKind::Binary, b"bytes", None),
            whole(MessageKind::Text, b"shared", None),
            whole(MessageKind::Text, b"echo", None),
            Sent::Begin(MessageKind::Text, b"be".into()),
            Sent::Fragment(b"gun".into(), true),
            Sent::Ping(b"i".into()),
            Sent::Pong(b"o".into()),
            Sent::Raw(b"raw".into()),
            Sent::Close(Some((CloseCode::NORMAL, "bye".into())), End::Finished),
            Sent::Abort(Abort::Fin, End::Finished, "over"),
        ]
    );
}

#[test]
fn a_message_that_just_came_can_be_echoed_into_a_diversion() {
    let mut driver = Driver::new(Role::Server);
    let bytes = encode(Role::Client, [frame(OpCode::Text, "one"), frame(OpCode::Text, "two")]);
    driver.connection.read_buffer(&mut driver.turn)[..bytes.len()].copy_from_slice(&bytes);
    driver.connection.handle_input(&mut driver.turn, bytes.len(), driver.now);
    let mut diverted = Vec::new();
    while let Some((incoming, mut out)) = driver.connection.poll(&mut driver.turn, driver.now) {
        let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
        diverted.extend(out.divert(1 << 20, |out| out.echo(&message).unwrap()));
        out.echo(&message).unwrap();
    }
    driver.connection.queue_output(&mut driver.turn, driver.now);
    driver.end_turn();
    assert_eq!(driver.sent(), [text("one"), text("two")]);
    assert_eq!(diverted.len(), 2);
}

#[test]
fn a_diversion_has_so_much_room() {
    let mut driver = Driver::new(Role::Server);
    queue(&mut driver, |out| {
        let diverted = out.divert(100, |out| {
            assert_eq!(out.send(MessageKind::Binary, &[0; 50]), Ok(()));
            assert_eq!(out.send(MessageKind::Binary, &[0; 50]), Err(NotSent::QueueFull));
        });
        assert_eq!(diverted.len(), 1);
    });
}

fn told(said: Overheard<'_>) -> String {
    match said {
        Overheard::Message(kind, payload) => format!("Message({kind:?}, {})", payload.escape_ascii()),
        Overheard::Begin(kind, payload) => format!("Begin({kind:?}, {})", payload.escape_ascii()),
        Overheard::Fragment(payload, last) => format!("Fragment({}, {last})", payload.escape_ascii()),
        Overheard::Ping(payload) => format!("Ping({})", payload.escape_ascii()),
        Overheard::Pong(payload) => format!("Pong({})", payload.escape_ascii()),
        Overheard::Close(status) => {
            let (code, reason) = status.unwrap();
            format!("Close({}, {reason})", code.0)
        }
        Overheard::Raw(bytes) => format!("Raw({})", bytes.escape_ascii()),
    }
}

#[test]
fn what_is_overheard_is_sent_all_the_same() {
    let shared = SharedMessage::new(MessageKind::Text, Bytes::from_static(b"shared"), None).unwrap();
    let say = |out: &mut Outgoing<'_>| {
        out.send(MessageKind::Text, b"whole").unwrap();
        out.send_fragmented(MessageKind::Text, b"pieces", NonZeroUsize::MIN).unwrap();
        out.send_bytes(MessageKind::Binary, Bytes::from_static(b"bytes")).unwrap();
        out.send_vec(MessageKind::Text, &mut b"given away".to_vec()).unwrap();
        out.send_shared(&shared).unwrap();
        out.echo(&Message::new(MessageKind::Text, b"echo")).unwrap();
        out.begin(MessageKind::Text, b"be").unwrap();
        out.fragment(b"gun", true).unwrap();
        assert!(out.fragment(b"refused", true).is_err());
        out.ping(b"i").unwrap();
        out.pong(b"o").unwrap();
        out.raw(&[0x8a, 0]).unwrap();
        // What is diverted is not sent, and so not overheard.
        assert_eq!(out.divert(1 << 20, |out| out.ping(b"no").unwrap()).len(), 1);
        out.close(Some((CloseCode::NORMAL, "bye")), End::Finished).unwrap();
    };
    let mut plain = Driver::new(Role::Server);
    queue(&mut plain, say);
    plain.end_turn();
    let mut driver = Driver::new(Role::Server);
    let (mut overheard, mut diverted) = (Vec::new(), Vec::new());
    queue(&mut driver, |out| diverted = out.divert(1 << 20, |out| out.ping(b"before").unwrap()));
    queue(&mut driver, |out| out.overhear(&mut |said| overheard.push(told(said)), say));
    driver.end_turn();
    assert_eq!(driver.output, plain.output);
    assert_eq!(
        overheard,
        [
            "Message(Text, whole)",
            "Message(Text, pieces)",
            "Message(Binary, bytes)",
            "Message(Text, given away)",
            "Message(Text, shared)",
            "Message(Text, echo)",
            "Begin(Text, be)",
            "Fragment(gun, true)",
            "Ping(i)",
            "Pong(o)",
            "Raw(\\x8a\\x00)",
            "Close(1000, bye)",
        ]
    );
}

#[test]
fn an_echo_in_place_can_be_overheard() {
    let mut driver = Driver::new(Role::Server);
    let long = "x".repeat(8 << 10);
    let pieces = frame(OpCode::Text, &long[..5 << 10]).fin(false);
    let bytes = encode(
        Role::Client,
        [frame(OpCode::Text, "one"), pieces, frame(OpCode::Continuation, &long[5 << 10..])],
    );
    driver.connection.read_buffer(&mut driver.turn)[..bytes.len()].copy_from_slice(&bytes);
    driver.connection.handle_input(&mut driver.turn, bytes.len(), driver.now);
    let mut overheard = Vec::new();
    while let Some((incoming, mut out)) = driver.connection.poll(&mut driver.turn, driver.now) {
        let Incoming::Message(message) = incoming else { panic!("{incoming:?}") };
        out.overhear(&mut |said| overheard.push(told(said)), |out| out.echo(&message).unwrap());
    }
    driver.connection.queue_output(&mut driver.turn, driver.now);
    driver.end_turn();
    assert_eq!(driver.sent(), [text("one"), text(&long)]);
    assert_eq!(overheard, ["Message(Text, one)".to_owned(), format!("Message(Text, {long})")]);
}
