//! What a receiver makes of bytes, in a form that doesn't depend on how the bytes were cut.

use wire::{Data, Event, FailureKind, MessageKind, Receiver, Step};

/// An event with its payload; the pieces of a data frame put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Frame { kind: MessageKind, first: bool, last: bool, compressed: bool, payload: Vec<u8>, whole: bool },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, Vec<u8>),
}

/// Everything a receiver saw, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct Trace {
    pub(crate) seen: Vec<Seen>,
    pub(crate) failure: Option<FailureKind>,
}

/// A message or control frame as an application sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    Message(MessageKind, Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, Vec<u8>),
}

impl Trace {
    fn add(&mut self, event: &Event, buf: &[u8]) {
        match event {
            Event::Data(data) => {
                let piece = &buf[data.payload.clone()];
                let ends_frame = data.frame_remaining == 0;
                if data.frame_first {
                    self.seen.push(Seen::Frame {
                        kind: data.kind,
                        first: data.first,
                        last: data.last,
                        compressed: data.compressed,
                        payload: piece.to_vec(),
                        whole: ends_frame,
                    });
                } else {
                    assert!(!data.first, "the rest of a frame starts no message");
                    let Some(Seen::Frame { kind, last, payload, whole, .. }) = self.seen.last_mut() else {
                        panic!("the rest of a frame without its start");
                    };
                    assert!(!*whole && *kind == data.kind && !*last);
                    payload.extend_from_slice(piece);
                    *whole = ends_frame;
                    *last = data.last;
                }
                assert!(!data.last || ends_frame, "a message ends with a frame");
            }
            Event::Ping(payload) => self.seen.push(Seen::Ping(buf[payload.clone()].to_vec())),
            Event::Pong(payload) => self.seen.push(Seen::Pong(buf[payload.clone()].to_vec())),
            Event::Close { code, reason } => {
                assert!(code.is_none_or(wire::CloseCode::may_appear_on_the_wire));
                assert!(std::str::from_utf8(&buf[reason.clone()]).is_ok());
                self.seen.push(Seen::Close(code.map(|code| code.0), buf[reason.clone()].to_vec()));
            }
        }
    }

    /// Without the start of a frame that a failure cut off: how much of it was handed out depends on the cuts.
    pub(crate) fn settled(mut self) -> Trace {
        if self.failure.is_some() {
            self.seen.pop_if(|seen| matches!(seen, Seen::Frame { whole: false, .. }));
        }
        self
    }

    /// The messages, put together from frames.
    pub(crate) fn wholes(&self) -> Vec<Whole> {
        let mut message = Vec::new();
        let mut wholes = Vec::new();
        for seen in &self.seen {
            match seen {
                Seen::Frame { kind, first, last, payload, whole, .. } => {
                    assert!(!first || message.is_empty());
                    message.extend_from_slice(payload);
                    if *last && *whole {
                        wholes.push(Whole::Message(*kind, std::mem::take(&mut message)));
                    }
                }
                Seen::Ping(payload) => wholes.push(Whole::Ping(payload.clone())),
                Seen::Pong(payload) => wholes.push(Whole::Pong(payload.clone())),
                Seen::Close(code, reason) => wholes.push(Whole::Close(*code, reason.clone())),
            }
        }
        wholes
    }
}

/// Feeds pieces one by one, stepping as far as it goes after each, and keeping what is left as a shell does.
pub(crate) fn trace<'a>(receiver: &mut Receiver, pieces: impl IntoIterator<Item = &'a [u8]>) -> Trace {
    let mut trace = Trace::default();
    let mut buf = Vec::new();
    for piece in pieces {
        buf.extend_from_slice(piece);
        let mut at = 0;
        loop {
            let buf = &mut buf[at..];
            match receiver.step(buf) {
                Ok(Step::Event { consumed, event }) => {
                    assert!(consumed > 0 && consumed <= buf.len());
                    trace.add(&event, buf);
                    at += consumed;
                }
                Ok(Step::NeedMore { at_least }) => {
                    assert!(at_least > buf.len(), "asks for {at_least} with {} there", buf.len());
                    assert!(buf.len() <= 130, "keeps {}", buf.len());
                    break;
                }
                Ok(Step::Ended) => return trace,
                Err(failure) => {
                    assert!(receiver.has_ended());
                    assert_eq!(receiver.step(buf), Ok(Step::Ended));
                    trace.failure = Some(failure.kind);
                    return trace;
                }
            }
        }
        buf.drain(..at);
    }
    trace
}

/// As [`trace`], all bytes at once, with every payload moved towards the front; `short`: asking
/// [`Receiver::step_whole`] before every step.
pub(crate) fn trace_compact(receiver: &mut Receiver, bytes: &[u8], headroom: usize, short: bool) -> Trace {
    let mut trace = Trace::default();
    let mut buf = vec![0; headroom];
    buf.extend_from_slice(bytes);
    let (mut from, mut to) = (headroom, 0);
    loop {
        let whole = if short { receiver.step_whole(&mut buf, from, to) } else { Ok(None) };
        let step = match whole {
            Ok(Some(whole)) => Ok(Step::Event {
                consumed: whole.consumed,
                event: Event::Data(Data {
                    kind: whole.kind,
                    first: true,
                    last: true,
                    compressed: false,
                    frame_first: true,
                    frame_remaining: 0,
                    payload: whole.payload,
                }),
            }),
            Ok(None) => receiver.step_compact(&mut buf, from, to),
            Err(failure) => Err(failure),
        };
        match step {
            Ok(Step::Event { consumed, event }) => {
                let payload = match &event {
                    Event::Data(data) => data.payload.clone(),
                    Event::Ping(payload) | Event::Pong(payload) => payload.clone(),
                    Event::Close { code, reason } => {
                        reason.start - if code.is_some() { 2 } else { 0 }..reason.end
                    }
                };
                let header = wire::frame::LengthForm::minimal(payload.len() as u64).header_len();
                from += consumed;
                assert!(payload.start >= to + header, "no room for a header");
                assert!(payload.end <= from);
                trace.add(&event, &buf);
                to = payload.end;
            }
            Ok(Step::NeedMore { .. } | Step::Ended) => return trace,
            Err(failure) => {
                trace.failure = Some(failure.kind);
                return trace;
            }
        }
    }
}
