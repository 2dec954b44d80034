//! What the driver reports: into the log, to the rules that answer, and to the page.

use link::{Event, Message, OnMissed, Phase, Why};
use workbench::answers::Match;
use workbench::entry::{Direction, Kind};
use workbench::preset::{Looks, Preset};
use workbench::time::Micros;

use super::Inner;
use crate::model::address;
use crate::model::diagnosis::{self, Facts};
use crate::model::log::Surroundings;
use crate::model::notice::{Matter, Notice, Purpose};
use crate::running::driver::{Output, blocked_by, is_offline, local, user_agent};
use crate::running::transport::Control;

/// So many messages at the beginning of a connection are looked at for the protocol that they are of.
const SUGGESTING_MESSAGES: u8 = 3;

/// Longer messages, in bytes, are not.
const MAX_SUGGESTING_BYTES: usize = 4096;

/// How long the page then waits, in milliseconds, before it is drawn for new messages again. Nobody can read what
/// changes faster, and drawing takes time from receiving.
const PACE_MILLIS: u32 = 100;

impl Inner {
    pub(super) fn take(&self, at: Micros, outputs: &[Output]) {
        let mut log = self.log.borrow_mut();
        let (mut matches, mut opened, mut wire) = (Vec::new(), false, None);
        for output in outputs {
            match output {
                Output::Accepted(id, message) => log.accepted(at, *id, message.as_ref()),
                Output::OpeningSent(message) => log.opening_sent(at, message.as_ref()),
                Output::AnswerSent(message) => log.answer_sent(at, message.as_ref()),
                Output::HeartbeatSent(message) => log.heartbeat_sent(at, message.as_ref()),
                Output::HeartbeatAnswered(message) => {
                    log.heartbeat_answered(at, message.as_ref(), wire.take());
                }
                Output::Received(Message::Text(lines)) if log.watches() => log.passed(lines),
                Output::Received(message) => {
                    let id = log.received(at, message.as_ref(), wire.take());
                    if !self.answering.is_idle()
                        && let Some(entry) = log.store().get(id)
                    {
                        matches.extend(self.answering.observe(self.driver.now(), &entry));
                    }
                }
                Output::Framed(seen) => wire = Some(seen),
                Output::SentAs(id, wire) => log.sent_as(*id, wire),
                Output::Control(way, control, payload) => {
                    let [pings, pongs] = self.controls.get();
                    self.controls.set(match (way, control) {
                        (Direction::In, Control::Ping) => [pings + 1, pongs],
                        (Direction::In, Control::Pong) => [pings, pongs + 1],
                        _ => [pings, pongs],
                    });
                    let kind = match control {
                        Control::Ping => Kind::Ping,
                        Control::Pong => Kind::Pong,
                    };
                    log.control(at, *way, kind, payload);
                }
                Output::Told(words) => log.told(at, words),
                Output::Failed(failure) => drop(self.failure.replace(Some(failure.clone()))),
                Output::Event(event) => {
                    if matches!(event, Event::PhaseChanged(Phase::Connecting { .. })) {
                        self.failure.take();
                    }
                    self.health.borrow_mut().event(|| self.driver.now(), event);
                    log.event(at, event, self.surroundings(event));
                    if matches!(event, Event::Connected { .. }) {
                        self.answering.connected();
                        self.controls.set([0, 0]);
                        self.looked_at.set(0);
                        opened = true;
                    }
                }
            }
        }
        drop(log);
        self.give(matches);
        match outputs {
            [.., Output::Received(Message::Text(message))] if self.looked_at.get() < SUGGESTING_MESSAGES => {
                self.looked_at.set(self.looked_at.get() + 1);
                self.suggest(Some(message));
            }
            _ if opened => self.suggest(None),
            _ => {}
        }
        if outputs.iter().any(|output| matches!(output, Output::Event(Event::Connected { .. }))) {
            // What everybody waits for is not held back until the next frame.
            self.publish();
            return;
        }
        let is_message = |output: &Output| matches!(output, Output::Received(_) | Output::Framed(_));
        let only_messages = outputs.iter().all(is_message);
        // A burst that is over is shown at once.
        if only_messages && !outputs.is_empty() && self.is_flooded.get() {
            self.frame.request_later(PACE_MILLIS);
        } else {
            self.frame.request();
        }
    }

    /// Makes the answers to what came in.
    pub(super) fn give(&self, matches: Vec<Match>) {
        if matches.is_empty() {
            return;
        }
        let mut notice = None;
        for Match { rule, parts } in matches {
            let reply = self.terms.borrow().options().answers.get(rule).map(|rule| rule.reply.clone());
            let Some(reply) = reply else { continue };
            match self.outgoing.prepare_with(&reply, &parts) {
                Ok(payload) => self.answering.give(self.driver.now(), rule, payload),
                Err(fault) => {
                    self.answering.fail(rule);
                    notice = Some(Notice::of_fault(Purpose::Answer, fault, &reply.text));
                }
            }
        }
        if let Some(stopped) = self.answering.warn() {
            notice = Some(Matter::AnswersHeld(stopped).into());
        }
        if let Some(notice) = notice {
            self.log.borrow_mut().notify(notice);
        }
        self.answer();
    }

    /// Sends the answers that are due.
    pub(super) fn answer(&self) {
        self.answering.send_due(|| self.driver.now(), |message| self.driver.answer(message));
    }

    /// Suggests a preset where the connection looks like one whose protocol is known.
    pub(super) fn suggest(&self, message: Option<&str>) {
        if message.is_some_and(|message| message.len() > MAX_SUGGESTING_BYTES)
            || self.suggested.get().is_some()
        {
            return;
        }
        let (address, draft) = (self.address.borrow().clone(), self.draft.borrow().clone());
        let looks = Looks { address: &address, protocols: &draft.protocols, message };
        let Some(preset) = Preset::suggest(&looks) else { return };
        if !preset.is_applied(self.terms.borrow().options()) {
            self.suggested.set(Some(preset));
            self.log.borrow_mut().offer(Matter::Preset(preset).into());
        }
    }

    /// What an event alone does not say. Most need none of it, and it is dear to ask with every message.
    pub(super) fn surroundings(&self, event: &Event) -> Surroundings {
        match event {
            Event::Connected { .. } => {
                let (protocol, details) = (self.driver.snapshot().protocol, self.driver.details());
                let (extensions, opened) = (details.extensions, details.opened);
                Surroundings { protocol, extensions, opened, ..Surroundings::default() }
            }
            Event::Disconnected { why: Why::ConnectFailed, .. } => {
                let facts = Facts {
                    offline: is_offline(),
                    offered: self.offered.borrow().clone(),
                    blocked_by: blocked_by(&address::server(&self.address.borrow())),
                    chromium: diagnosis::chromium(&user_agent()),
                    local_denied: local::is_denied(),
                };
                Surroundings { facts, failure: self.failure.take(), ..Surroundings::default() }
            }
            Event::HeartbeatMissed { .. } => {
                let heartbeat = self.driver.config().heartbeat;
                let reports = heartbeat.is_some_and(|heartbeat| heartbeat.on_missed == OnMissed::Report);
                Surroundings { reports_missed: reports, ..Surroundings::default() }
            }
            _ => Surroundings::default(),
        }
    }
}
