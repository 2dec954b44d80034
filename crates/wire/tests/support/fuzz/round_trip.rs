//! What one end sends, the other receives; and what is refused leaves no trace.

use std::num::NonZeroUsize;

use wire::{CloseCode, ConnectionSettings, End, Limits, MessageKind, SharedMessage, deflate};

use super::{choice, pieces};
use crate::support::driver::{Driver, Whole, trace};

const SEVEN: NonZeroUsize = NonZeroUsize::new(7).expect("seven");

/// Reads the input as a program: one byte of choice, one of length, then a payload.
pub(crate) fn run(data: &[u8]) {
    let &[first, seed, ref program @ ..] = data else { return };
    let (role, compression) = choice(first);
    let settings = ConnectionSettings {
        limits: Limits::NONE,
        deflate: deflate::Settings { threshold: 1, ..deflate::Settings::default() },
        ..ConnectionSettings::default()
    };
    let mut sender = Driver::with(role, compression, settings.clone());
    let mut expected = Vec::new();
    let mut open: Option<(MessageKind, Vec<u8>)> = None;
    let mut rest = program;
    while let &[operation, len, ref behind @ ..] = rest {
        let (payload, behind) = behind.split_at(usize::from(len).min(behind.len()));
        rest = behind;
        // Repetition reaches the longer length forms with little input.
        let payload = payload.repeat([1, 1, 9, 300][usize::from(operation >> 6)]);
        let kind = if operation & 8 == 0 { MessageKind::Text } else { MessageKind::Binary };
        let before = sender.output.len();
        let sent = match operation & 7 {
            0 | 1 => {
                let sent = sender.send(|out| match operation >> 4 & 3 {
                    0 => out.send(kind, &payload),
                    1 => out.send_fragmented(kind, &payload, SEVEN),
                    2 => out.send_bytes(kind, payload.clone().into()),
                    _ => match SharedMessage::new(kind, payload.clone().into(), None) {
                        Ok(message) => out.send_shared(&message),
                        // It would be refused all the same.
                        Err(payload) => out.send(kind, &payload),
                    },
                });
                if sent.is_ok() {
                    expected.push(Whole::Message(kind, payload));
                }
                sent
            }
            2 => {
                let sent = sender.send(|out| out.begin(kind, &payload));
                if sent.is_ok() {
                    open = Some((kind, payload));
                }
                sent
            }
            3 | 4 => {
                let last = operation & 7 == 4;
                let sent = sender.send(|out| out.fragment(&payload, last));
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
                let sent = sender.send(|out| out.ping(&payload));
                if sent.is_ok() {
                    expected.push(Whole::Ping(payload));
                }
                sent
            }
            6 => {
                let closed = sender.connection.is_closing();
                let sent = sender.send(|out| out.pong(&payload));
                if sent.is_ok() && !closed {
                    expected.push(Whole::Pong(payload));
                }
                sent
            }
            _ => {
                let code = CloseCode(u16::from(operation) << 5 | u16::from(len));
                let reason = String::from_utf8_lossy(&payload);
                let sent = sender.send(|out| out.close(Some((code, &reason)), End::Finished));
                if sent.is_ok() {
                    expected.push(Whole::Close(Some(code.0), reason.as_bytes().to_vec()));
                }
                sent
            }
        };
        assert!(sent.is_ok() == (sender.output.len() > before), "a refusal writes nothing");
    }
    let peer = Driver::with(role.peer(), compression, settings);
    let trace = trace(peer, pieces(&sender.output, seed));
    assert_eq!(trace.failure, None);
    assert_eq!(trace.wholes, expected);
}
