//! The same bytes through a connection of ours and through tungstenite.
//!
//! tungstenite lets some things pass that RFC 6455 forbids, and notices bad text only with the message's last
//! byte. So where ours fails, tungstenite's messages must begin with ours, and may go on only for a
//! reason listed here. Where it doesn't fail, they must be the same.

use std::io::{self, Read, Write};

use tungstenite::protocol::{Role as TheirRole, WebSocket, WebSocketConfig};
use wire::{FailureKind, MessageKind};

use super::{LIMITS, driver};
use crate::support::driver::{Whole, trace};

pub(crate) fn run(data: &[u8]) {
    let Some((&choice, bytes)) = data.split_first() else { return };
    let choice = choice & 1;
    let trace = trace(driver(choice), [bytes]);
    let mut ours = trace.wholes;
    if let Some(close @ Whole::Close(Some(1014), _)) = ours.last_mut() {
        // It doesn't know 1014 (bad gateway), which was registered after the RFC, and shows its own answer instead.
        *close = Whole::Close(Some(1002), b"Protocol violation".into());
    }
    let theirs = tungstenite(choice, bytes);

    assert!(theirs.len() >= ours.len(), "ours {ours:?}, theirs {theirs:?}, {:?}", trace.failure);
    let (same, beyond) = theirs.split_at(ours.len());
    assert_eq!(same, ours);
    let allowed = match trace.failure {
        // It reads on: a length in any form, a Close with any code, any number of fragments.
        Some(
            FailureKind::NonMinimalLength
            | FailureKind::ControlTooLong
            | FailureKind::LengthTopBit
            | FailureKind::InvalidCloseCode
            | FailureKind::TooManyFragments,
        ) => true,
        // The rest of the message may still come, with control frames in between.
        Some(FailureKind::InvalidUtf8) => !beyond.iter().any(|whole| matches!(whole, Whole::Message(..))),
        Some(_) | None => beyond.is_empty(),
    };
    assert!(allowed, "ours {:?} after {ours:?}, theirs goes on with {beyond:?}", trace.failure);
}

struct Stream<'a>(&'a [u8]);

impl Read for Stream<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Stream<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn tungstenite(choice: u8, bytes: &[u8]) -> Vec<Whole> {
    let role = if choice == 0 { TheirRole::Server } else { TheirRole::Client };
    let config = WebSocketConfig::default()
        .max_frame_size(Some(LIMITS.frame_len as usize))
        .max_message_size(Some(LIMITS.message_len as usize))
        .read_buffer_size(4096);
    let mut socket = WebSocket::from_raw_socket(Stream(bytes), role, Some(config));
    let mut wholes = Vec::new();
    while let Ok(message) = socket.read() {
        wholes.push(match message {
            tungstenite::Message::Text(text) => Whole::Message(MessageKind::Text, text.as_bytes().to_vec()),
            tungstenite::Message::Binary(payload) => Whole::Message(MessageKind::Binary, payload.to_vec()),
            tungstenite::Message::Ping(payload) => Whole::Ping(payload.to_vec()),
            tungstenite::Message::Pong(payload) => Whole::Pong(payload.to_vec()),
            tungstenite::Message::Close(frame) => {
                let close = match frame {
                    Some(frame) => Whole::Close(Some(frame.code.into()), frame.reason.as_bytes().to_vec()),
                    None => Whole::Close(None, Vec::new()),
                };
                wholes.push(close);
                break;
            }
            tungstenite::Message::Frame(_) => unreachable!("reading never gives a bare frame"),
        });
    }
    wholes
}
