//! What a sender encodes, the other end's receiver decodes to the same; and what the sender refuses leaves no trace.

use std::num::NonZeroUsize;
use std::sync::Arc;

use wire::{CloseCode, Limits, MessageKind, MessageOptions, Receiver, Role, Sender};

use super::pieces;
use crate::trace::{Whole, trace};

/// Reads the input as a program: one byte of choice, one of length, then a payload.
pub(crate) fn run(data: &[u8]) {
    let &[choice, seed, ref program @ ..] = data else { return };
    let role = if choice & 1 == 0 { Role::Server } else { Role::Client };
    let mut sender = Sender::new(role);
    let mut key = u32::from(seed);
    let mut masks = move || {
        key = key.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        key.to_be_bytes()
    };
    let mut out = Vec::new();
    let mut expected = Vec::new();
    let mut open: Option<(MessageKind, Vec<u8>)> = None;
    let mut rest = program;
    while let &[operation, len, ref behind @ ..] = rest {
        let (payload, behind) = behind.split_at(usize::from(len).min(behind.len()));
        rest = behind;
        // Repetition reaches the longer length forms with little input.
        let payload = payload.repeat([1, 1, 9, 300][usize::from(operation >> 6)]);
        let kind = if operation & 8 == 0 { MessageKind::Text } else { MessageKind::Binary };
        let before = out.len();
        let sent = match operation & 7 {
            0 | 1 => {
                let fragment_len = NonZeroUsize::new(usize::from(operation >> 4 & 3) * 7);
                let options = MessageOptions { compressed: false, fragment_len };
                let sent = sender.message(kind, &payload, options, &mut masks, &mut out);
                if sent.is_ok() {
                    expected.push(Whole::Message(kind, payload));
                }
                sent
            }
            2 => {
                let sent = sender.begin(kind, false, &payload, &mut masks, &mut out);
                if sent.is_ok() {
                    open = Some((kind, payload));
                }
                sent
            }
            3 | 4 => {
                let last = operation & 7 == 4;
                let sent = sender.fragment(&payload, last, &mut masks, &mut out);
                if sent.is_ok() {
                    let (kind, mut message) = open.take().expect("a fragment goes on with a message");
                    message.extend_from_slice(&payload);
                    if last {
                        expected.push(Whole::Message(kind, message));
                    } else {
                        open = Some((kind, message));
                    }
                }
                sent
            }
            5 => {
                let sent = sender.ping(&payload, &mut masks, &mut out);
                if sent.is_ok() {
                    expected.push(Whole::Ping(payload));
                }
                sent
            }
            6 => {
                let sent = sender.pong(&payload, &mut masks, &mut out);
                if sent.is_ok() && !sender.close_sent() {
                    expected.push(Whole::Pong(payload));
                }
                sent
            }
            _ => {
                let code = CloseCode(u16::from(operation) << 5 | u16::from(len));
                let reason = String::from_utf8_lossy(&payload);
                let sent = sender.close(Some((code, &reason)), &mut masks, &mut out);
                if sent.is_ok() {
                    expected.push(Whole::Close(Some(code.0), reason.as_bytes().to_vec()));
                }
                sent
            }
        };
        assert!(sent.is_ok() == (out.len() > before), "a refusal writes nothing");
    }
    let mut peer = Receiver::new(role.peer(), Arc::new(Limits::NONE));
    let trace = trace(&mut peer, pieces(&out, seed));
    assert_eq!(trace.failure, None);
    assert_eq!(trace.wholes(), expected);
}
