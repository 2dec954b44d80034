use std::future::Future;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until};
use wire::CloseCode;

use crate::endpoint::mask_key;
use crate::socket::{Fatal, Phase};
use crate::work::Work;
use crate::{Cause, End, Endpoint, Socket};

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    /// Acts on what is due and arms the timer for what is next. Ready: something was done, look at the transport again.
    pub(crate) fn poll_timers(
        &mut self,
        cx: &mut Context<'_>,
        work: &mut Work,
        endpoint: &mut impl Endpoint,
        now: &mut Instant,
    ) -> Result<Poll<()>, Fatal> {
        if self.phase == Phase::Done {
            return Ok(Poll::Ready(()));
        }
        loop {
            let Some(due) = self.deadline() else {
                self.timer = None;
                return Ok(Poll::Pending);
            };
            if due <= *now {
                self.expire(work, *now)?;
                self.flush_batch(cx, work, *now)?;
                return Ok(Poll::Ready(()));
            }
            if endpoint.wake_at(due, *now) {
                return Ok(Poll::Pending);
            }
            // Deadlines mostly move away, with every byte that arrives. The timer stays where it is then, and is
            // set anew when it fires too early: that is once per interval and not once per message.
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.deadline() > due {
                timer.as_mut().reset(due);
            }
            if timer.as_mut().poll(cx).is_pending() {
                return Ok(Poll::Pending);
            }
            *now = Instant::now();
            timer.as_mut().reset(due.max(*now));
        }
    }

    /// When something is due if nothing happens before.
    fn deadline(&self) -> Option<Instant> {
        let settings = &*self.settings;
        if self.phase != Phase::Open {
            return self.since.map(|since| since + settings.close_timeout);
        }
        let silence = match self.since {
            _ if self.paused => None,
            Some(ping) => Some(ping + settings.ping_timeout),
            None => settings.ping_interval.map(|interval| self.last_in + interval),
        };
        let stall = self.queue.as_ref().map(|queue| queue.progress + settings.send_timeout);
        let message = self.assembly.as_ref().zip(settings.message_timeout);
        let message = message.map(|(assembly, timeout)| assembly.began + timeout);
        let idle = settings.idle_timeout.map(|timeout| self.last_message + timeout);
        [silence, stall, message, idle].into_iter().flatten().min()
    }

    fn expire(&mut self, work: &mut Work, now: Instant) -> Result<(), Fatal> {
        let settings = std::sync::Arc::clone(&self.settings);
        let over = |since: Instant, timeout| since + timeout <= now;
        if self.phase != Phase::Open {
            let note = "the peer did not finish the closing handshake in time";
            return Err((self.end, Cause::Note(note)));
        }
        if self.queue.as_ref().is_some_and(|queue| over(queue.progress, settings.send_timeout)) {
            return Err((End::SendFailed, Cause::Note("the peer has stopped reading")));
        }
        if let (Some(assembly), Some(timeout)) = (&self.assembly, settings.message_timeout)
            && over(assembly.began, timeout)
        {
            self.fail(work, CloseCode::POLICY, Cause::Note("a message took too long to arrive"), now);
            return Ok(());
        }
        if settings.idle_timeout.is_some_and(|timeout| over(self.last_message, timeout)) {
            let note = "no message for too long";
            self.cause = Some(Box::new(Cause::Note(note)));
            // Refused only where a Close was sent before, and then the phase is another one.
            let _ = self.speak(&mut work.batch, &mut work.codec, now, |out| {
                out.close(Some((CloseCode::NORMAL, note)), End::LimitExceeded)
            });
            return Ok(());
        }
        if self.paused {
            return Ok(());
        }
        match self.since {
            Some(ping) if over(ping, settings.ping_timeout) => {
                Err((End::HeartbeatFailed, Cause::Note("nothing arrived after a Ping")))
            }
            None if settings.ping_interval.is_some_and(|interval| over(self.last_in, interval)) => {
                self.ping(work, now);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn ping(&mut self, work: &mut Work, now: Instant) {
        self.ping_number = self.ping_number.wrapping_add(1);
        self.since = Some(now);
        self.ping_sent = Some(now);
        let payload = self.ping_number.to_be_bytes();
        let mut frame = Vec::new();
        // Refused only after a Close, and then the phase is another one.
        let _ = self.tx.sender.ping(&payload, mask_key, &mut frame);
        self.send_control(work, &frame);
    }

    /// Sends a control frame ahead of the data that waits.
    pub(crate) fn send_control(&mut self, work: &mut Work, frame: &[u8]) {
        match &mut self.queue {
            Some(queue) => queue.push_urgent(frame.to_vec()),
            None => work.batch.push_copied(|out| out.extend_from_slice(frame)),
        }
    }
}
