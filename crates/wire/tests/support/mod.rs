//! The vocabulary of the tests: frames as each end may or may not send them, and what becomes of them.

#![allow(dead_code, reason = "every test file uses its part")]

pub(crate) mod driver;
pub(crate) mod model;
pub(crate) mod puff;

use driver::{Driver, Trace, Whole, trace};
use wire::raw::RawFrame;
use wire::{Cause, FailureKind, NotSent, OpCode, Outgoing, Role, SendError};

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

/// What the end in `role` makes of raw bytes that arrive at once.
#[track_caller]
pub(crate) fn receive_bytes(role: Role, bytes: &[u8]) -> Trace {
    trace(Driver::new(role), [bytes])
}

/// What the end in `role` makes of frames that its peer sends, whether they come at once or byte by byte.
#[track_caller]
pub(crate) fn receive(role: Role, frames: impl IntoIterator<Item = RawFrame>) -> Trace {
    let bytes = encode(role.peer(), frames);
    let at_once = receive_bytes(role, &bytes);
    let single = trace(Driver::new(role), bytes.chunks(1));
    assert_eq!(at_once, single);
    at_once
}

/// Frames that must be taken by both roles, as these messages and control frames.
#[track_caller]
pub(crate) fn both_take(frames: &[RawFrame], expected: &[Whole]) {
    for role in ROLES {
        let trace = receive(role, frames.iter().cloned());
        assert_eq!(trace.failure, None, "{role:?}");
        assert_eq!(trace.wholes, expected, "{role:?}");
    }
}

/// Frames that must fail both roles. Those before the last one must pass.
#[track_caller]
pub(crate) fn both_fail(frames: &[RawFrame], kind: FailureKind) {
    for role in ROLES {
        let (_, before) = frames.split_last().expect("a frame that fails");
        let before = receive(role, before.iter().cloned());
        assert_eq!(before.failure, None, "{role:?}");
        let trace = receive(role, frames.iter().cloned());
        assert_eq!(trace.failure, Some(kind), "{role:?}");
        assert_eq!(trace.wholes, before.wholes, "{role:?}: what fails is not handed out");
    }
}

/// A connection that its peer has sent these frames, at once.
pub(crate) fn fed(role: Role, frames: impl IntoIterator<Item = RawFrame>) -> Driver {
    let mut driver = Driver::new(role);
    feed(&mut driver, frames);
    driver
}

/// The peer sends these frames, at once.
pub(crate) fn feed(driver: &mut Driver, frames: impl IntoIterator<Item = RawFrame>) {
    driver.feed(&encode(driver.role().peer(), frames));
}

/// What the peer of the end in `role` reads in its output; it must be flawless.
#[track_caller]
pub(crate) fn sent_by(role: Role, bytes: &[u8]) -> Vec<Whole> {
    model::flawless(role, None, bytes)
}

/// What the peer did wrong, if that ended the connection.
pub(crate) fn failure(driver: &mut Driver) -> Option<FailureKind> {
    match driver.summary().cause {
        Some(Cause::Protocol(failure)) => Some(failure.kind),
        _ => None,
    }
}

/// The output of one use of a fresh connection.
pub(crate) fn send(role: Role, write: impl FnOnce(&mut Outgoing<'_>)) -> Vec<u8> {
    let mut driver = Driver::new(role);
    driver.send(write);
    driver.output
}

/// What a refusal for the protocol's sake looks like.
pub(crate) fn refused(error: SendError) -> Result<(), NotSent> {
    Err(NotSent::Refused(error))
}
