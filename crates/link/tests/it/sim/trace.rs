//! What happened, one line each, for people to read.

use std::fmt::Write as _;
use std::time::Duration;

use link::{Action, Close, Event, Message, MessageIds, Origin, Phase, SocketId, Time};

use super::Frame;

#[derive(Default)]
pub(crate) struct Trace {
    text: String,
}

impl Trace {
    /// Everything so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Forgets everything so far, to show only what matters.
    pub(crate) fn restart(&mut self) {
        self.text.clear();
    }

    pub(super) fn user(&mut self, now: Time, what: &str) {
        self.line(now, "user", what);
    }

    pub(super) fn world(&mut self, now: Time, what: &str) {
        self.line(now, "world", what);
    }

    pub(super) fn socket(&mut self, now: Time, socket: SocketId, what: &str, ignored: bool) {
        let note = if ignored { ", ignored" } else { "" };
        self.line(now, "socket", &format!("{socket} {what}{note}"));
    }

    pub(super) fn frame(&self, frame: &Frame) -> String {
        match frame {
            Frame::Hello => "opens".into(),
            Frame::Message(message) => format!("receives {}", quote(message)),
            Frame::Close(close) => format!("closes: {}", quote_close(close)),
            Frame::Reset => "fails".into(),
        }
    }

    pub(super) fn action(&mut self, now: Time, action: &Action) {
        let what = match action {
            Action::Connect { socket } => format!("connects {socket}"),
            Action::Send { origin: Origin::User(id), message, socket } => {
                format!("sends {id} {} on {socket}", quote(message))
            }
            Action::Send { origin: Origin::Opening(index), message, socket } => {
                format!("sends opening {index} {} on {socket}", quote(message))
            }
            Action::Send { origin: Origin::Now, message, socket } => {
                format!("sends {} on {socket} at once", quote(message))
            }
            // An event tells of it, and the token is noise.
            Action::Send { origin: Origin::Heartbeat, .. } | Action::ReadBuffered { .. } => return,
            Action::Close { socket, code, reason } => format!("closes {socket}: {code:?} {reason:?}"),
            Action::Detach { socket, code, reason } => format!("detaches {socket}: {code} {reason:?}"),
        };
        self.line(now, "link", &what);
    }

    pub(super) fn event(&mut self, now: Time, event: &Event) {
        let what = match event {
            Event::PhaseChanged(phase) => return self.line(now, "phase", &quote_phase(now, *phase)),
            Event::Connected { socket, attempt, took } => {
                format!("{socket} connected at attempt {attempt} after {}", secs(*took))
            }
            Event::Disconnected { socket, why, close, open_for } => {
                let how_long =
                    open_for.map_or("never open".into(), |time| format!("open for {}", secs(time)));
                format!("{socket} disconnected, {why:?}, {}, {how_long}", quote_close(close))
            }
            Event::TransportError { .. } | Event::MessageSent { .. } | Event::OpeningSent { .. } => return,
            Event::MessagesConfirmed(ids) => format!("confirmed: {}", quote_ids(ids)),
            Event::MessagesUnknown(ids) => format!("UNKNOWN: {}", quote_ids(ids)),
            Event::MessageDropped { id, why } => format!("DROPPED: {id}, {why:?}"),
            Event::HeartbeatSent { socket, probe } => {
                format!("{} on {socket}", if *probe { "probe" } else { "heartbeat" })
            }
            Event::HeartbeatAnswered { rtt } => {
                format!("heartbeat answered{}", rtt.map_or(String::new(), |rtt| format!(" in {}", secs(rtt))))
            }
            Event::HeartbeatLate => "heartbeat late".into(),
            Event::HeartbeatMissed { silent_for } => {
                format!("HEARTBEAT MISSED, silent for {}", secs(*silent_for))
            }
            Event::TimerLate { by } => format!("timer late by {}", secs(*by)),
        };
        self.line(now, "event", &what);
    }

    fn line(&mut self, now: Time, who: &str, what: &str) {
        writeln!(self.text, "{:>9.3}  {who:<6}  {what}", now.as_millis_f64() / 1000.0)
            .expect("a string grows");
    }
}

fn secs(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

fn quote(message: &Message) -> String {
    match message {
        Message::Text(text) => format!("{text:?}"),
        Message::Binary(bytes) => format!("{} bytes", bytes.len()),
    }
}

fn quote_close(close: &Close) -> String {
    let clean = if close.was_clean { "clean" } else { "not clean" };
    let reason = if close.reason.is_empty() { String::new() } else { format!(" {:?}", close.reason) };
    format!("{}{reason} {clean}", close.code)
}

fn quote_ids(ids: &MessageIds) -> String {
    if ids.first == ids.last { ids.first.to_string() } else { format!("{} to {}", ids.first, ids.last) }
}

fn quote_phase(now: Time, phase: Phase) -> String {
    match phase {
        Phase::Connecting { attempt } => format!("connecting, attempt {attempt}"),
        Phase::Waiting { attempt, until } => {
            format!("waiting {} for attempt {attempt}", secs(until.saturating_since(now)))
        }
        Phase::Offline { until, .. } => format!("offline, {} at most", secs(until.saturating_since(now))),
        Phase::Suspended { until } => format!("suspended, {} at most", secs(until.saturating_since(now))),
        Phase::Closed(cause) => format!("closed, {cause:?}"),
        Phase::Idle | Phase::Open | Phase::Closing => phase.name().into(),
    }
}
