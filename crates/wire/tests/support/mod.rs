//! The vocabulary of the tests by section: frames as each end may or may not send them, and what becomes of them.

#![allow(dead_code, reason = "every test file uses its part")]

pub(crate) mod trace;

use std::sync::Arc;

use trace::{Trace, Whole, trace};
use wire::raw::RawFrame;
use wire::{Connection, Event, Failure, FailureKind, Limits, OpCode, Receiver, Role, Sender, Step};

pub(crate) const ROLES: [Role; 2] = [Role::Server, Role::Client];
pub(crate) const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A client's keys, all the same, for tests that look at something else.
pub(crate) fn masks() -> [u8; 4] {
    KEY
}

/// Frames as `sender` sends them: masked by a client, plain from a server.
pub(crate) fn encode(sender: Role, frames: impl IntoIterator<Item = RawFrame>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        let frame = if sender == Role::Client { frame.masked(KEY) } else { frame };
        frame.encode(&mut bytes);
    }
    bytes
}

/// A frame of any payload, with FIN and no reserved bits, to be changed by the methods of [`RawFrame`].
pub(crate) fn frame(opcode: OpCode, payload: impl AsRef<[u8]>) -> RawFrame {
    RawFrame::new(opcode, payload.as_ref())
}

pub(crate) fn receiver(role: Role) -> Receiver {
    Receiver::new(role, Arc::new(Limits::default()))
}

pub(crate) fn connection(role: Role) -> Connection {
    Connection::new(role, Arc::new(Limits::default()))
}

/// What the end in `role` makes of raw bytes that arrive at once.
pub(crate) fn receive_bytes(role: Role, bytes: &[u8]) -> Trace {
    trace(&mut receiver(role), [bytes])
}

/// What the end in `role` makes of frames that its peer sends, whether they come at once or byte by byte.
pub(crate) fn receive(role: Role, frames: impl IntoIterator<Item = RawFrame>) -> Trace {
    let bytes = encode(role.peer(), frames);
    let at_once = receive_bytes(role, &bytes).settled();
    let single = trace(&mut receiver(role), bytes.chunks(1)).settled();
    assert_eq!(at_once, single);
    at_once
}

/// Frames that must be taken by both roles, as these messages and control frames.
#[track_caller]
pub(crate) fn both_take(frames: &[RawFrame], expected: &[Whole]) {
    for role in ROLES {
        let trace = receive(role, frames.iter().cloned());
        assert_eq!(trace.failure, None, "{role:?}");
        assert_eq!(trace.wholes(), expected, "{role:?}");
    }
}

/// Frames that must fail both roles. Those before the last one must pass.
#[track_caller]
pub(crate) fn both_fail(frames: &[RawFrame], kind: FailureKind) {
    for role in ROLES {
        let (_, before) = frames.split_last().expect("a frame that fails");
        assert_eq!(receive(role, before.iter().cloned()).failure, None, "{role:?}");
        assert_eq!(receive(role, frames.iter().cloned()).failure, Some(kind), "{role:?}");
    }
}

/// What a connection came to with some input: all it reported, and what it wrote by itself.
pub(crate) struct Outcome {
    pub(crate) events: Vec<Event>,
    pub(crate) failure: Option<Failure>,
    pub(crate) ended: bool,
    pub(crate) replies: Vec<u8>,
}

/// Feeds a connection bytes until it wants more.
pub(crate) fn feed(connection: &mut Connection, bytes: &[u8]) -> Outcome {
    let mut buf = bytes.to_vec();
    let mut outcome = Outcome { events: Vec::new(), failure: None, ended: false, replies: Vec::new() };
    let mut at = 0;
    loop {
        match connection.step(&mut buf[at..], masks, &mut outcome.replies) {
            Ok(Step::Event { consumed, event }) => {
                at += consumed;
                outcome.events.push(event);
            }
            Ok(Step::NeedMore { .. }) => return outcome,
            Ok(Step::Ended) => {
                outcome.ended = true;
                return outcome;
            }
            Err(failure) => {
                outcome.failure = Some(failure);
                return outcome;
            }
        }
    }
}

/// What the peer of the end in `role` reads in its output; it must be flawless.
#[track_caller]
pub(crate) fn sent_by(role: Role, bytes: &[u8]) -> Vec<Whole> {
    let trace = receive_bytes(role.peer(), bytes);
    assert_eq!(trace.failure, None);
    trace.wholes()
}

/// The output of one use of a fresh sender.
pub(crate) fn send(role: Role, write: impl FnOnce(&mut Sender, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut Sender::new(role), &mut out);
    out
}
