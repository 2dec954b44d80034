//! How what is to be sent leaves: whole, in fragments, or a few bytes at a time.

use super::{DONE_AT_ONCE, Faulty};
use crate::kinds::to_wire;
use protocol::fault::{Direction, Manner, Message, Trickle};
use protocol::journal::Event;
use socket::wire::raw::{self, RawFrame};
use socket::wire::{CloseCode, End, NotSent, OpCode, Outgoing, Sent};
use std::num::NonZeroUsize;

impl Faulty {
    /// Sends what waits for nothing but a message that is half out.
    pub(super) fn urgent(&mut self, sent: Sent, out: &mut Outgoing<'_>) {
        if self.is_silent() {
            return;
        }
        if self.trickle.is_some() {
            // A peer can have this grow only by Pings, of which the latest is enough.
            if matches!(sent, Sent::Pong(_)) {
                self.behind_trickle.retain(|waiting| !matches!(waiting, Sent::Pong(_)));
            }
            return self.behind_trickle.push_back(sent);
        }
        // Refused only where the connection closes.
        let _ = match &sent {
            Sent::Ping(payload) => {
                self.write(|| Event::Ping { direction: Direction::Out, size: payload.len() });
                out.ping(payload)
            }
            Sent::Pong(payload) => {
                self.write(|| Event::Pong { direction: Direction::Out, size: payload.len() });
                out.pong(payload)
            }
            Sent::Raw(bytes) => out.raw(bytes),
            Sent::Close(status, end) => {
                self.ended = true;
                self.note_close(status.as_ref().map(|(code, reason)| (code.0, reason.as_str())));
                out.close(status.as_ref().map(|(code, reason)| (*code, reason.as_str())), *end)
            }
            _ => Ok(()),
        };
    }

    pub(super) fn note_close(&self, status: Option<(u16, &str)>) {
        self.write(|| Event::Close {
            direction: Direction::Out,
            code: status.map(|(code, _)| code),
            reason: status.map_or(String::new(), |(_, reason)| reason.to_owned()),
        });
    }

    pub(super) fn send(&mut self, message: &Message, manner: Manner, out: &mut Outgoing<'_>) {
        self.finish_trickle(out);
        let (kind, payload) = (to_wire(message.kind), &message.payload[..]);
        let fragment_len = manner.fragment_len(payload.len());
        let sent = match (manner.trickle, fragment_len) {
            (Some(pace), len) => {
                let len = len.map_or(usize::MAX, NonZeroUsize::get);
                let cuts = std::iter::repeat_n(len, payload.len().saturating_sub(1) / len);
                let mut bytes = Vec::new();
                let frames = raw::fragments(kind, payload, cuts);
                for (place, frame) in frames.iter().enumerate() {
                    if place > 0 && manner.fragment.is_some_and(|fragments| fragments.pings) {
                        RawFrame::new(OpCode::Ping, []).encode(&mut bytes);
                    }
                    frame.encode(&mut bytes);
                }
                self.trickle = Some(Trickle::new(bytes, pace, self.elapsed(out)));
                self.trickle_on(out);
                Ok(())
            }
            (None, Some(len)) if manner.fragment.is_some_and(|fragments| fragments.pings) => {
                out.send_with_pings(kind, payload, len)
            }
            (None, Some(len)) => out.send_fragmented(kind, payload, len),
            (None, None) => out.send(kind, payload),
        };
        if let Err(NotSent::QueueFull) = sent {
            let slow = Some((CloseCode::TRY_AGAIN_LATER, "you read too slowly".to_owned()));
            self.urgent(Sent::Close(slow, End::LimitExceeded), out);
        }
    }

    /// Sends what is due of the message that is half out, and behind it what had to wait.
    pub(super) fn trickle_on(&mut self, out: &mut Outgoing<'_>) {
        let now = self.elapsed(out);
        let Some(trickle) = &mut self.trickle else { return };
        for _ in 0..DONE_AT_ONCE {
            let Some(bytes) = trickle.poll(now) else { break };
            // Its room was looked at when it began.
            let _ = out.raw(bytes);
        }
        if trickle.is_done() {
            self.finish_trickle(out);
        }
    }

    /// Sends what is left of it at once.
    pub(super) fn finish_trickle(&mut self, out: &mut Outgoing<'_>) {
        let Some(trickle) = self.trickle.take() else { return };
        if !trickle.is_done() {
            let _ = out.raw(trickle.rest());
        }
        for sent in std::mem::take(&mut self.behind_trickle) {
            self.urgent(sent, out);
        }
    }
}
