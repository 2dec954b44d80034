//! Long messages that are deflated piece by piece: what a turn costs, and what becomes of what was sent behind.

use std::num::NonZeroUsize;

use wire::deflate::{Params, Settings};
use wire::{
    CloseCode, ConnectionSettings, End, Message, MessageKind, NotSent, OpCode, SendError, SharedMessage,
};

use crate::support::driver::{Driver, Whole};
use crate::support::{ROLES, frame};
use crate::{feed_blocked, queue};

/// What a turn deflates of a long message.
const PIECE: usize = 256 << 10;
/// What it deflates of others.
const MOST: usize = 1 << 20;
const LEN: usize = 5 * PIECE + 7;

fn params(takeover: bool) -> Params {
    Params {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        ..Params::default()
    }
}

fn settings(level: u8) -> ConnectionSettings {
    let deflate = Settings { level, ..Settings::default() };
    ConnectionSettings { queue_bytes: 8 * PIECE + 14, deflate, ..ConnectionSettings::default() }
}

/// A text that compresses, but not to nothing.
fn long(len: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (state >> 28) as u8
    };
    (0..len).map(|_| next()).collect()
}

fn text(payload: impl Into<Vec<u8>>) -> Whole {
    Whole::Message(MessageKind::Text, payload.into())
}

/// Every combination of role, context takeover and a level on either side of what is quick.
fn with_each(test: impl Fn(Driver, bool, u8)) {
    for (role, takeover) in ROLES.into_iter().flat_map(|role| [(role, false), (role, true)]) {
        for level in [2, 6] {
            test(Driver::with(role, Some(params(takeover)), settings(level)), takeover, level);
        }
    }
}

/// A turn, in which all is written.
fn have_turn(driver: &mut Driver) {
    driver.write();
    driver.connection.deflate_on(&mut driver.turn, driver.now);
    assert!(driver.turn.worked() <= PIECE + MOST, "{}", driver.turn.worked());
    driver.write();
    driver.connection.end_turn(&mut driver.turn, true, driver.now);
}

/// Has turns until the message is out, and tells how many it took.
fn deflate(driver: &mut Driver) -> usize {
    let mut turns = 0;
    while driver.connection.wants_deflating() {
        have_turn(driver);
        turns += 1;
    }
    turns
}

#[test]
fn a_long_message_takes_as_many_turns_as_it_has_pieces() {
    with_each(|mut driver, _, _| {
        let payload = long(LEN);
        queue(&mut driver, |out| out.send(MessageKind::Text, &payload)).unwrap();
        assert!(driver.connection.queued_bytes() == LEN && driver.connection.held_bytes() >= LEN);
        assert_eq!(deflate(&mut driver), 6);
        assert!(driver.output.len() < LEN);
        assert!(driver.sent() == [text(payload)]);
        assert_eq!(driver.connection.queued_bytes(), 0);
    });
}

#[test]
fn what_is_sent_behind_it_comes_behind_it() {
    with_each(|mut driver, _, _| {
        let (first, second) = (long(LEN), long(LEN / 2));
        let four = NonZeroUsize::new(4).unwrap();
        let close = Some((CloseCode::NORMAL, "done"));
        queue(&mut driver, |out| {
            out.send(MessageKind::Text, b"before")?;
            out.send(MessageKind::Text, &first)
        })
        .unwrap();
        // As much as there is room for while it waits.
        have_turn(&mut driver);
        queue(&mut driver, |out| {
            out.send(MessageKind::Text, b"short")?;
            out.send(MessageKind::Text, &[b'x'; 200])?;
            out.echo(&Message::new(MessageKind::Text, b"echoed"))?;
            out.send_bytes(MessageKind::Text, b"bytes".to_vec().into())?;
            out.send_shared(
                &SharedMessage::new(MessageKind::Text, b"shared".to_vec().into(), None).unwrap(),
            )?;
            out.send_fragmented(MessageKind::Text, b"fragments", four)?;
            out.send_cut(MessageKind::Text, b"cut", &[1, 3])?;
            out.begin(MessageKind::Text, b"one ")?;
            out.fragment(b"more", true)?;
            out.send(MessageKind::Text, &second)?;
            out.close(close, End::Finished)
        })
        .unwrap();
        let refused = queue(&mut driver, |out| out.send(MessageKind::Text, b"late"));
        assert_eq!(refused, Err(NotSent::Refused(SendError::Closed)));
        deflate(&mut driver);
        let mut expected = vec![text("before"), text(first), text("short"), text([b'x'; 200])];
        expected.extend(["echoed", "bytes", "shared", "fragments", "cut", "one more"].map(text));
        expected.extend([text(second), Whole::Close(Some(1000), "done".into())]);
        assert!(driver.sent() == expected);
    });
}

#[test]
fn control_frames_pass_between_its_pieces() {
    with_each(|mut driver, _, _| {
        let payload = long(LEN);
        queue(&mut driver, |out| out.send(MessageKind::Text, &payload)).unwrap();
        have_turn(&mut driver);
        feed_blocked(&mut driver, [frame(OpCode::Ping, "now")]);
        queue(&mut driver, |out| out.ping(b"own")).unwrap();
        driver.write();
        deflate(&mut driver);
        assert!(driver.sent() == [Whole::Pong(b"now".into()), Whole::Ping(b"own".into()), text(payload)]);
    });
}

/// A peer that does not read holds up the deflating too: what waits is bounded, compressed or not.
#[test]
fn nothing_is_deflated_while_output_waits() {
    with_each(|mut driver, _, _| {
        let payload = long(LEN);
        queue(&mut driver, |out| out.send(MessageKind::Text, &payload)).unwrap();
        driver.connection.deflate_on(&mut driver.turn, driver.now);
        driver.connection.end_turn(&mut driver.turn, true, driver.now);
        assert!(!driver.connection.wants_deflating() && driver.connection.has_output(&driver.turn));
        assert!(driver.connection.queued_bytes() > LEN - PIECE);
        driver.write();
        assert!(!driver.connection.take_drained(&driver.turn) && driver.connection.wants_deflating());
        // What waits to be deflated takes room in the queue.
        let more = vec![b'x'; LEN];
        queue(&mut driver, |out| out.send(MessageKind::Text, &more)).unwrap();
        let refused = queue(&mut driver, |out| out.send(MessageKind::Text, b"too much"));
        assert_eq!(refused, Err(NotSent::QueueFull));
        driver.connection.end_turn(&mut driver.turn, true, driver.now);
        assert_eq!(deflate(&mut driver), 11);
        assert!(driver.connection.take_drained(&driver.turn));
        assert!(driver.sent() == [text(payload), text(more)]);
    });
}

#[test]
fn what_was_not_deflated_when_it_ends_was_not_sent() {
    with_each(|mut driver, _, _| {
        queue(&mut driver, |out| out.send(MessageKind::Text, &long(LEN))).unwrap();
        have_turn(&mut driver);
        driver.connection.handle_eof(driver.now);
        assert!(driver.connection.is_done() && !driver.connection.wants_deflating());
        assert_eq!(driver.connection.summary().unsent, LEN - PIECE);
    });
}

/// An endpoint that says much at once has its turn go on later.
#[test]
fn many_messages_at_once_take_several_turns_too() {
    with_each(|mut driver, _, _| {
        let messages: Vec<_> = (0..20).map(|at| long(100_000 + at)).collect();
        queue(&mut driver, |out| {
            messages.iter().try_for_each(|message| out.send(MessageKind::Text, message))
        })
        .unwrap();
        driver.write();
        assert!(deflate(&mut driver) >= 1);
        assert!(driver.sent() == messages.into_iter().map(text).collect::<Vec<_>>());
    });
}

/// Level 2 deflates a megabyte of text in some 4 ms, but noise, through the library, in five times as much.
#[test]
fn a_message_that_is_quick_is_deflated_at_once() {
    with_each(|mut driver, takeover, level| {
        queue(&mut driver, |out| out.send(MessageKind::Text, &long(4 * PIECE))).unwrap();
        assert_eq!(driver.connection.wants_deflating(), takeover || level > 3);
        driver.write();
        let mut driver = Driver::with(driver.role(), Some(params(takeover)), settings(level));
        queue(&mut driver, |out| out.send(MessageKind::Text, &long(PIECE))).unwrap();
        assert!(!driver.connection.wants_deflating());
    });
}
