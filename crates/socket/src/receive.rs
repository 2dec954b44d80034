use std::ops::Range;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use wire::frame::{Header, OpCode};
use wire::utf8::Utf8;
use wire::{CloseCode, Data, Event, Failure, MessageKind, Role, Step};

use crate::endpoint::{Message, Place, Taken, mask_key};
use crate::socket::Phase;
use crate::work::Work;
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
            if work.batch.copied.len() > self.settings.queue_bytes || !endpoint.ready() {
                self.undecoded = true;
                break;
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
                        Event::Close { code, .. } => {
                            self.closed(work, code, now);
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
            let place = Place::Input(*to..data.payload.end);
            self.deliver(work, data.kind, data.compressed, place, data.payload.clone(), to, endpoint, now);
            return Ok(());
        }
        if data.compressed {
            return self.inflate(work, data, to, endpoint, now);
        }
        let piece = &work.input[data.payload.clone()];
        let assembly = self.assembly.get_or_insert_with(|| Box::new(Assembly::new(now)));
        if data.frame_first {
            let declared = (piece.len() as u64).saturating_add(data.frame_remaining).min(TRUSTED_LEN);
            assembly.data.reserve(declared as usize);
        }
        assembly.data.extend_from_slice(piece);
        if data.last {
            let whole = 0..assembly.data.len();
            self.deliver(work, data.kind, false, Place::Assembled, whole, to, endpoint, now);
            self.assembly = None;
        }
        Ok(())
    }

    fn inflate(
        &mut self,
        work: &mut Work,
        data: &Data,
        to: &mut usize,
        endpoint: &mut impl Endpoint,
        now: Instant,
    ) -> Result<(), Failure> {
        let Some(inflater) = &mut self.inflater else { return Ok(()) };
        let limit = usize::try_from(self.settings.limits.message_len).unwrap_or(usize::MAX);
        let codec = &mut work.codec;
        let piece = &work.input[data.payload.clone()];
        if data.first && data.last {
            codec.inflated.clear();
            inflater.inflate(&mut codec.pool, piece, true, &mut codec.inflated, limit)?;
            if data.kind == MessageKind::Text {
                let mut utf8 = Utf8::new();
                utf8.push(&codec.inflated)?;
                utf8.finish()?;
            }
            let whole = 0..codec.inflated.len();
            self.deliver(work, data.kind, true, Place::Scratch, whole, to, endpoint, now);
            return Ok(());
        }
        let assembly = self.assembly.get_or_insert_with(|| Box::new(Assembly::new(now)));
        let done = assembly.data.len();
        inflater.inflate(&mut codec.pool, piece, data.last, &mut assembly.data, limit)?;
        if data.kind == MessageKind::Text {
            assembly.utf8.push(&assembly.data[done..])?;
        }
        if data.last {
            assembly.utf8.finish()?;
            let whole = 0..assembly.data.len();
            self.deliver(work, data.kind, true, Place::Assembled, whole, to, endpoint, now);
            self.assembly = None;
        }
        Ok(())
    }

    /// Gives the endpoint a whole message. `range` is where it lies in what `place` says.
    #[expect(clippy::too_many_arguments, reason = "one call from each of three places, and nothing to group")]
    fn deliver(
        &mut self,
        work: &mut Work,
        kind: MessageKind,
        compressed: bool,
        place: Place,
        range: Range<usize>,
        to: &mut usize,
        endpoint: &mut impl Endpoint,
        now: Instant,
    ) {
        self.counts.messages_in += 1;
        self.counts.payload_in += range.len() as u64;
        self.last_message = now;
        if self.exceeds_rate(now) {
            self.fail(work, CloseCode::POLICY, Cause::Note("too many messages per second"), now);
            return;
        }
        let mut assembled = self.assembly.take();
        // The message lies in one of the work area's buffers while the endpoint uses the others.
        let inflated = std::mem::take(&mut work.codec.inflated);
        let input = std::mem::take(&mut work.input);
        let bytes = match (&place, &assembled) {
            (Place::Input(_), _) => &input[range],
            (Place::Assembled, Some(assembly)) => &assembly.data,
            _ => &inflated,
        };
        let end = if let Place::Input(range) = &place { range.end } else { 0 };
        let message = Message { kind, payload: bytes, compressed, place };
        let taken = self.speak(work, now, |out| {
            endpoint.message(message, out);
            std::mem::take(&mut out.taken)
        });
        work.input = input;
        work.codec.inflated = inflated;
        match taken {
            Taken::Nothing => {}
            Taken::InPlace(header) => {
                work.input[*to..*to + header.len()].copy_from_slice(&header);
                *to = end;
            }
            Taken::Assembled => {
                work.batch.fill_owned(assembled.take().map(|assembly| assembly.data).unwrap_or_default());
            }
        }
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
            let header = Header::new(true, OpCode::Pong, None, payload.len() as u64).write();
            work.input[*to..*to + header.len()].copy_from_slice(&header);
            work.batch.push_in_place(*to..payload.end);
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

    fn closed(&mut self, work: &mut Work, code: Option<CloseCode>, now: Instant) {
        self.close_received = Some(code);
        let end = if self.phase == Phase::Closing { self.end } else { End::PeerClosed };
        if self.tx.close_sent.is_none() {
            self.send_close(work, code.map(|code| (code, "")));
        }
        self.enter(Phase::Flushing, end, now);
    }

    fn fail_protocol(&mut self, work: &mut Work, failure: Failure, now: Instant) {
        self.fail(work, failure.close_code(), Cause::Protocol(failure), now);
    }

    /// Says why in a Close and reads no further (RFC 6455 §7.1.7).
    pub(crate) fn fail(&mut self, work: &mut Work, code: CloseCode, cause: Cause, now: Instant) {
        let limit = matches!(code, CloseCode::TOO_BIG | CloseCode::POLICY | CloseCode::TRY_AGAIN_LATER);
        let end = match self.phase {
            Phase::Closing => self.end,
            _ if limit => End::LimitExceeded,
            _ => End::ReceiveFailed,
        };
        if self.tx.close_sent.is_none() {
            self.send_close(work, Some((code, &cause.to_string())));
        }
        self.cause = Some(Box::new(cause));
        self.enter(Phase::Flushing, end, now);
    }

    fn send_close(&mut self, work: &mut Work, status: Option<(CloseCode, &str)>) {
        let mut frame = Vec::new();
        let sender = &mut self.tx.sender;
        if sender.close(status, mask_key, &mut frame).is_ok() {
            self.tx.close_sent = Some(status.map(|(code, _)| code));
            work.batch.push_copied(|out| out.extend_from_slice(&frame));
        }
    }
}

impl Assembly {
    fn new(now: Instant) -> Assembly {
        Assembly { data: Vec::new(), utf8: Utf8::new(), began: now }
    }
}
