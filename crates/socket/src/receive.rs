use std::ops::Range;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use wire::deflate::Inflater;
use wire::frame::{OpCode, write_in_front};
use wire::utf8::Utf8;
use wire::{CloseCode, Data, Event, Failure, MessageKind, Role, Step};

use crate::endpoint::{Message, Place, Taken, mask_key};
use crate::socket::Phase;
use crate::work::{Batch, Codec, Work};
use crate::{Cause, End, Endpoint, Socket};

/// Memory set aside for a frame whose length was only declared: beyond this it grows as data arrives.
const TRUSTED_LEN: u64 = 128 << 10;

/// A message that came in more than one piece, as far as it has come.
#[derive(Debug)]
pub(crate) struct Assembly {
    data: Vec<u8>,
    /// For text that came compressed: how far it is checked.
    utf8: Utf8,
    pub(crate) began: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Decodes the first `filled` bytes of the input and gives the endpoint what is in them. Frames that go back as
    /// they are move towards the front, shoulder to shoulder, while they are unmasked; `to` is where the next
    /// one goes.
    pub(crate) fn receive(
        &mut self,
        work: &mut Work,
        filled: usize,
        endpoint: &mut impl Endpoint,
        now: Instant,
    ) {
        let mut from = 0;
        let mut to = 0;
        while matches!(self.phase, Phase::Open | Phase::Closing) {
            // Bounds what one read can turn into: a few bytes may inflate to many.
            let waiting = self.queued_bytes() + work.batch.copied.len();
            if waiting > self.settings.queue_bytes || !endpoint.ready() {
                self.undecoded = true;
                break;
            }
            match self.receiver.step_whole(&mut work.input[..filled], from, to) {
                Ok(Some(whole)) => {
                    from += whole.consumed;
                    if self.phase == Phase::Open {
                        self.deliver_in_place(work, whole.kind, whole.payload, &mut to, endpoint, now);
                    }
                    continue;
                }
                Ok(None) => {}
                Err(failure) => {
                    self.fail_protocol(work, failure, now);
                    break;
                }
            }
            match self.receiver.step_compact(&mut work.input[..filled], from, to) {
                Ok(Step::NeedMore { .. }) => break,
                Ok(Step::Event { consumed, event }) => {
                    from += consumed;
                    let result = match event {
                        Event::Data(data) => self.data(work, &data, &mut to, endpoint, now),
                        Event::Ping(payload) => {
                            self.answer_ping(work, payload, &mut to);
                            Ok(())
                        }
                        Event::Pong(payload) => {
                            self.pong(&work.input[payload], endpoint, now);
                            Ok(())
                        }
                        Event::Close { code, reason } => {
                            self.closed(work, code, reason, now);
                            Ok(())
                        }
                    };
                    if let Err(failure) = result {
                        self.fail_protocol(work, failure, now);
                    }
                }
                Ok(Step::Ended) => break,
                Err(failure) => self.fail_protocol(work, failure, now),
            }
        }
        if from < filled && matches!(self.phase, Phase::Open | Phase::Closing) {
            let kept = &work.input[from..filled];
            // What had to wait before is still behind it.
            self.carry = Some(match self.carry.take() {
                Some(behind) => [kept, &behind].concat().into(),
                None => kept.into(),
            });
        } else if self.carry.is_none() {
            self.undecoded = false;
        }
    }

    fn data(
        &mut self,
        work: &mut Work,
        data: &Data,
        to: &mut usize,
        endpoint: &mut impl Endpoint,
        now: Instant,
    ) -> Result<(), Failure> {
        if self.phase == Phase::Closing {
            return Ok(());
        }
        if data.first && data.last && !data.compressed {
            self.deliver_in_place(work, data.kind, data.payload.clone(), to, endpoint, now);
            return Ok(());
        }
        if data.compressed {
            return self.inflate(work, data, endpoint, now);
        }
        let piece = &work.input[data.payload.clone()];
        let assembly = self.assembly.get_or_insert_with(|| Box::new(Assembly::new(now)));
        if data.frame_first {
            let declared = (piece.len() as u64).saturating_add(data.frame_remaining).min(TRUSTED_LEN);
            assembly.data.reserve(declared as usize);
        }
        assembly.data.extend_from_slice(piece);
        if data.last {
            self.deliver_assembled(work, data.kind, false, endpoint, now);
        }
        Ok(())
    }

    fn inflate(
        &mut self,
        work: &mut Work,
        data: &Data,
        endpoint: &mut impl Endpoint,
        now: Instant,
    ) -> Result<(), Failure> {
        let Some(params) = &self.tx.compression else { return Ok(()) };
        let role = self.tx.sender.role();
        let takeover = params.context_takeover(role.peer());
        let limit = usize::try_from(self.settings.limits.message_len).unwrap_or(usize::MAX);
        let codec = &mut work.codec;
        let piece = &work.input[data.payload.clone()];
        if data.first && data.last {
            let mut passing = None;
            let inflater = if takeover {
                self.inflater.get_or_insert_with(|| Box::new(Inflater::new(params, role)))
            } else {
                passing.insert(Inflater::new(params, role))
            };
            codec.inflated.clear();
            inflater.inflate(&mut codec.pool, piece, true, &mut codec.inflated, limit)?;
            if data.kind == MessageKind::Text {
                let mut utf8 = Utf8::new();
                utf8.push(&codec.inflated)?;
                utf8.finish()?;
            }
            // The message lies in the codec's buffer while the endpoint uses the codec to answer.
            let inflated = std::mem::take(&mut work.codec.inflated);
            let message =
                Message { kind: data.kind, payload: &inflated, compressed: true, place: Place::Scratch };
            self.deliver(&mut work.batch, &mut work.codec, message, endpoint, now);
            work.codec.inflated = inflated;
            return Ok(());
        }
        let assembly = self.assembly.get_or_insert_with(|| Box::new(Assembly::new(now)));
        let done = assembly.data.len();
        let inflater = self.inflater.get_or_insert_with(|| Box::new(Inflater::new(params, role)));
        inflater.inflate(&mut codec.pool, piece, data.last, &mut assembly.data, limit)?;
        if data.kind == MessageKind::Text {
            assembly.utf8.push(&assembly.data[done..])?;
        }
        if data.last {
            if !takeover {
                self.inflater = None;
            }
            assembly.utf8.finish()?;
            self.deliver_assembled(work, data.kind, true, endpoint, now);
        }
        Ok(())
    }

    /// Gives the endpoint a message that lies in the input, with room for a header in front of it.
    #[inline(always)]
    fn deliver_in_place(
        &mut self,
        work: &mut Work,
        kind: MessageKind,
        payload: Range<usize>,
        to: &mut usize,
        endpoint: &mut impl Endpoint,
        now: Instant,
    ) {
        let end = payload.end;
        let Work { input, batch, codec } = work;
        // Written whether it goes back or not: what lay there, the client's header, is done with.
        let start = write_in_front(input, kind.into(), &payload);
        let place = Place::Input(start..payload.end);
        let message = Message { kind, payload: &input[payload], compressed: false, place };
        if let Taken::InPlace = self.deliver(batch, codec, message, endpoint, now) {
            *to = end;
        }
    }

    fn deliver_assembled(
        &mut self,
        work: &mut Work,
        kind: MessageKind,
        compressed: bool,
        endpoint: &mut impl Endpoint,
        now: Instant,
    ) {
        let Some(assembly) = self.assembly.take() else { return };
        let message = Message { kind, payload: &assembly.data, compressed, place: Place::Assembled };
        if let Taken::Assembled = self.deliver(&mut work.batch, &mut work.codec, message, endpoint, now) {
            work.batch.fill_owned(assembly.data);
        }
    }

    #[inline(always)]
    fn deliver(
        &mut self,
        batch: &mut Batch,
        codec: &mut Codec,
        message: Message<'_>,
        endpoint: &mut impl Endpoint,
        now: Instant,
    ) -> Taken {
        self.counts.messages_in += 1;
        self.counts.payload_in += message.payload.len() as u64;
        self.last_message = now;
        if self.rate.is_some() && self.exceeds_rate(now) {
            let note = Cause::Note("too many messages per second");
            self.fail_into(batch, CloseCode::POLICY, note, now);
            return Taken::Nothing;
        }
        self.speak(batch, codec, now, |out| {
            endpoint.message(message, out);
            std::mem::take(&mut out.taken)
        })
    }

    fn exceeds_rate(&mut self, now: Instant) -> bool {
        let (Some(rate), Some(limit)) = (&mut self.rate, self.settings.messages_per_second) else {
            return false;
        };
        if now.duration_since(rate.began).as_millis() >= 1000 {
            rate.began = now;
            rate.messages = 0;
        }
        rate.messages += 1;
        rate.messages > limit.get()
    }

    fn answer_ping(&mut self, work: &mut Work, payload: Range<usize>, to: &mut usize) {
        if self.queue.is_none() && self.tx.sender.role() == Role::Server {
            let start = write_in_front(&mut work.input, OpCode::Pong, &payload);
            work.batch.push_in_place(start..payload.end);
            *to = payload.end;
            return;
        }
        let mut frame = Vec::new();
        // A Ping's payload fits a Pong.
        let _ = self.tx.sender.pong(&work.input[payload], mask_key, &mut frame);
        self.send_control(work, &frame);
    }

    fn pong(&mut self, payload: &[u8], endpoint: &mut impl Endpoint, now: Instant) {
        let answers = payload == self.ping_number.to_be_bytes() && self.ping_number != 0;
        let rtt = self.ping_sent.take_if(|_| answers).map(|sent| now.duration_since(sent));
        endpoint.pong(payload, rtt);
    }

    fn closed(&mut self, work: &mut Work, code: Option<CloseCode>, reason: Range<usize>, now: Instant) {
        self.close_received = Some(code);
        let end = if self.phase == Phase::Closing { self.end } else { End::PeerClosed };
        if self.tx.close_sent.is_none() {
            // The reason has been checked. A browser shows its page the Close that it gets back.
            let reason = std::str::from_utf8(&work.input[reason]).unwrap_or_default();
            self.send_close(&mut work.batch, code.map(|code| (code, reason)));
        }
        self.enter(Phase::Flushing, end, now);
    }

    fn fail_protocol(&mut self, work: &mut Work, failure: Failure, now: Instant) {
        self.fail(work, failure.close_code(), Cause::Protocol(failure), now);
    }

    /// Says why in a Close and reads no further (RFC 6455 §7.1.7).
    pub(crate) fn fail(&mut self, work: &mut Work, code: CloseCode, cause: Cause, now: Instant) {
        self.fail_into(&mut work.batch, code, cause, now);
    }

    fn fail_into(&mut self, batch: &mut Batch, code: CloseCode, cause: Cause, now: Instant) {
        let limit = matches!(code, CloseCode::TOO_BIG | CloseCode::POLICY | CloseCode::TRY_AGAIN_LATER);
        let end = match self.phase {
            Phase::Closing => self.end,
            _ if limit => End::LimitExceeded,
            _ => End::ReceiveFailed,
        };
        if self.tx.close_sent.is_none() {
            self.send_close(batch, Some((code, &cause.to_string())));
        }
        self.cause = Some(Box::new(cause));
        self.enter(Phase::Flushing, end, now);
    }

    fn send_close(&mut self, batch: &mut Batch, status: Option<(CloseCode, &str)>) {
        let mut frame = Vec::new();
        let sender = &mut self.tx.sender;
        if sender.close(status, mask_key, &mut frame).is_ok() {
            self.tx.close_sent = Some(status.map(|(code, _)| code));
            batch.push_copied(|out| out.extend_from_slice(&frame));
        }
    }
}

impl Assembly {
    fn new(now: Instant) -> Assembly {
        Assembly { data: Vec::new(), utf8: Utf8::new(), began: now }
    }
}
