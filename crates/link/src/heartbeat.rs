//! The application heartbeat: is anybody still there?

use std::collections::VecDeque;
use std::time::Duration;

use crate::answer::Expectation;
use crate::flight::Mark;
use crate::{Answer, Message, MessageRef, Time};

/// How many unanswered heartbeats are remembered.
const MAX_UNANSWERED: usize = 64;

/// The placeholder that is replaced by a token unique to each heartbeat.
pub const TOKEN: &str = "{token}";

/// The heartbeat's settings.
///
/// No browser lets a page send or see pings (RFC 6455 section 5.5.2), so the heartbeat is a message like any other,
/// and the far end may be anybody's server: what is sent and what counts as its answer are settings.
/// Every message that comes in proves that the peer is alive, whatever it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// How long nothing must have come in before a heartbeat is sent. Default 20 s.
    ///
    /// Shorter notices a dead connection sooner; longer spares traffic and batteries. Stay below the idle limits on
    /// the way (60 s in common proxies) and off their exact values.
    pub interval: Duration,
    /// How long after a heartbeat the peer may stay silent before the connection counts as dead. Default 10 s.
    ///
    /// A half-open connection is noticed within `interval + deadline`. Too short drops healthy slow connections.
    pub deadline: Duration,
    /// Whether to send one every `interval` even while messages come in. Default off.
    ///
    /// On keeps the round-trip time measured on a busy connection, for some more traffic.
    pub even_when_busy: bool,
    /// Whether the first one is sent as soon as the connection is open, behind the opening messages. Default off.
    ///
    /// On gives a round-trip time at once. Off leaves the first word to the user, which servers may insist on.
    pub at_open: bool,
    /// What is sent. [`TOKEN`] in a text is replaced by a token unique to each heartbeat, so that no text of the
    /// user's can be mistaken for it. Default `heartwire-ping {token}`.
    pub payload: Message,
    /// What counts as the answer. Default [`Answer::Echo`].
    pub answer: Answer,
    /// What to do when the deadline goes by in silence. Default [`OnMissed::Reconnect`].
    pub on_missed: OnMissed,
    /// A hint (the tab is visible again, the network is back) makes the link probe an open connection, unless
    /// something has come in within this time. Default 1 s.
    ///
    /// Longer saves probes while somebody switches tabs back and forth.
    pub fresh_for: Duration,
}

impl Default for Heartbeat {
    fn default() -> Heartbeat {
        Heartbeat {
            interval: Duration::from_secs(20),
            deadline: Duration::from_secs(10),
            even_when_busy: false,
            at_open: false,
            payload: Message::Text(format!("heartwire-ping {TOKEN}")),
            answer: Answer::Echo,
            on_missed: OnMissed::Reconnect,
            fresh_for: Duration::from_secs(1),
        }
    }
}

/// What to do when the heartbeat's deadline goes by in silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnMissed {
    /// Let go of the socket at once, without waiting for its `close`, and reconnect by the rules.
    #[default]
    Reconnect,
    /// Only say so. For servers that may be silent for good reasons.
    Report,
}

/// How the heartbeat of the present connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// There is no heartbeat: switched off, or no connection.
    Off,
    /// Connected, and nothing has come in yet.
    Waiting,
    /// Something has come in, and no heartbeat is overdue.
    Alive,
    /// More than half of the deadline has gone by in silence.
    Late,
    /// The deadline has gone by in silence; shown until something comes in or the next connection opens.
    Missed,
}

/// A heartbeat whose answer has not come.
#[derive(Clone, Debug)]
struct Beat {
    sent_at: Time,
    expectation: Expectation,
    /// The page slept while the answer was on its way, so the time it took says nothing about the network.
    overslept: bool,
    /// What the socket had been handed before it: all of that has reached a peer that answers.
    mark: Option<Mark>,
}

/// An answer that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) rtt: Option<Duration>,
    pub(crate) mark: Option<Mark>,
}

/// The unanswered heartbeats of one connection, oldest first.
///
/// A heartbeat stays here even when other traffic has proven the peer alive: its answer, should it come, must still
/// be kept out of the user's messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beats {
    unanswered: VecDeque<Beat>,
}

impl Beats {
    /// Notes a heartbeat that is about to be sent.
    pub(crate) fn sent(&mut self, now: Time, settings: &Heartbeat, token: &str, mark: Option<Mark>) {
        if let Some(expectation) = settings.answer.expectation(&settings.payload, token) {
            if self.unanswered.len() == MAX_UNANSWERED {
                self.unanswered.pop_front();
            }
            self.unanswered.push_back(Beat { sent_at: now, expectation, overslept: false, mark });
        }
    }

    /// Forgets heartbeats without a token whose answer can't be expected any more, so that one that was never answered
    /// doesn't make every later round-trip time uncertain. What counts is how long messages have kept coming in
    /// since: after a sleep the answer may be the next to come.
    pub(crate) fn forget_unanswered(&mut self, settings: &Heartbeat, last_inbound_at: Time) {
        let patience = (settings.interval + settings.deadline) * 3;
        self.unanswered.retain(|beat| {
            beat.expectation.unique || last_inbound_at.saturating_since(beat.sent_at) < patience
        });
    }

    /// Notes that the page didn't run for a while.
    pub(crate) fn oversleep(&mut self) {
        for beat in &mut self.unanswered {
            beat.overslept = true;
        }
    }

    /// Takes the heartbeat that this message answers, the oldest if several could be meant.
    pub(crate) fn take_answered(&mut self, now: Time, message: MessageRef<'_>) -> Option<Answered> {
        let index = self.unanswered.iter().position(|beat| beat.expectation.matches(message))?;
        let certain = self.unanswered.len() == 1 || self.unanswered[index].expectation.unique;
        let beat = self.unanswered.remove(index)?;
        let rtt = (certain && !beat.overslept).then(|| now.saturating_since(beat.sent_at));
        Some(Answered { rtt, mark: beat.mark })
    }
}

/// The payload with its token filled in.
pub(crate) fn fill_token(payload: &Message, token: &str) -> Message {
    match payload {
        Message::Text(text) => Message::Text(text.replace(TOKEN, token)),
        Message::Binary(bytes) => Message::Binary(bytes.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PONG: MessageRef<'_> = MessageRef::Text("pong");

    fn at(millis: u64) -> Time {
        Time::from_millis(millis)
    }

    fn pong() -> Heartbeat {
        Heartbeat { payload: "ping".into(), answer: Answer::Exact("pong".into()), ..Heartbeat::default() }
    }

    #[test]
    fn an_answer_is_taken_once() {
        let mut beats = Beats::default();
        beats.sent(at(0), &pong(), "", None);
        let answered = beats.take_answered(at(30), PONG).expect("an answer");
        assert_eq!(answered.rtt, Some(Duration::from_millis(30)));
        assert_eq!(beats.take_answered(at(31), PONG), None, "the second is the user's");
    }

    #[test]
    fn an_uncertain_answer_gives_no_round_trip_time() {
        let mut beats = Beats::default();
        beats.sent(at(0), &pong(), "", None);
        beats.sent(at(1000), &pong(), "", None);
        assert_eq!(beats.take_answered(at(1010), PONG).expect("an answer").rtt, None);
        assert_eq!(
            beats.take_answered(at(1011), PONG).expect("one is left").rtt,
            Some(Duration::from_millis(11))
        );
    }

    #[test]
    fn a_token_makes_the_answer_certain() {
        let mut beats = Beats::default();
        beats.sent(at(0), &Heartbeat::default(), "a", None);
        beats.sent(at(1000), &Heartbeat::default(), "b", None);
        let answered = beats.take_answered(at(1010), MessageRef::Text("heartwire-ping b"));
        assert_eq!(answered.expect("an answer").rtt, Some(Duration::from_millis(10)));
    }

    #[test]
    fn unanswered_heartbeats_are_forgotten_by_age_and_by_number() {
        let mut beats = Beats::default();
        beats.sent(at(0), &pong(), "", None);
        beats.forget_unanswered(&pong(), at(89_999));
        assert_eq!(beats.unanswered.len(), 1);
        beats.forget_unanswered(&pong(), at(90_000));
        assert_eq!(beats.unanswered.len(), 0);
        for _ in 0..100 {
            beats.sent(at(90_000), &pong(), "", None);
        }
        assert_eq!(beats.unanswered.len(), MAX_UNANSWERED);
    }
}
