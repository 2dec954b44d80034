//! Answers that are given by rule: when a message matches a filter, a template is sent.
//!
//! Some servers expect an answer and drop whoever gives none: Socket.IO's `2` wants a `3`, a `{"type":"ping"}` its
//! `{"type":"pong"}`. A [`Rule`] says which messages are answered and with what; [`Answers`] is what becomes of the rules
//! on one connection. It owns no timer and sends nothing:
//!
//! 1. [`Answers::observe`] looks at a message that came in and says which rules answer it.
//! 2. The caller makes the message with [`Match::parts`] among the variables, and hands it to [`Answers::give`].
//! 3. It sleeps until [`Answers::next_due`] and sends what [`Answers::take_due`] returns.
//!
//! A rule must not keep two machines talking to each other for ever, so there are bounds that no setting lifts: see
//! [`PER_SECOND`], [`BURST`], [`ENDLESS`], [`ECHO_MILLIS`] and [`MAX_WAITING`].

mod parts;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use thiserror::Error;

pub use self::parts::is_part;
use crate::draft::Draft;
use crate::entry::{Body, Entry};
use crate::filter::{Filter, FilterError, Options};
use crate::schedule::MAX_INTERVAL_MILLIS;
use crate::template::{Template, TemplateError, Variables};
use crate::view::Payload;

/// Most rules of a connection.
pub const MAX_RULES: usize = 50;

/// Longest delay of an answer, in milliseconds: a day.
pub const MAX_DELAY_MILLIS: u64 = MAX_INTERVAL_MILLIS;

/// How many answers a second a connection gives over time. What comes in faster than that goes unanswered.
pub const PER_SECOND: u64 = 10;

/// How many answers may be given at once after a pause.
pub const BURST: u64 = 50;

/// After this many answers without a pause in which [`BURST`] would have filled up again, no more are given until the
/// next connection: the other side is answering our answers.
pub const ENDLESS: u64 = 1000;

/// A message that is the same as an answer of ours of the last so many milliseconds is taken for its echo and not
/// answered, once for each answer.
pub const ECHO_MILLIS: u64 = 5000;

/// Answers that may wait for their delay to pass. More are not given.
pub const MAX_WAITING: usize = 1000;

/// Longest part of a message that an answer can repeat, in bytes.
pub const MAX_PART_BYTES: usize = 64 << 10;

/// Larger messages, in bytes, are no questions: each is looked at in one go, by every rule.
pub const MAX_QUESTION_BYTES: usize = 256 << 10;

/// Which messages are answered, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Whether it is in force. Default on.
    pub enabled: bool,
    /// Which messages it answers, as in the filter bar. Upper and lower case differ.
    pub filter: String,
    /// What is sent. Beside the person's placeholders there are those of the message, see [`is_part`].
    pub reply: Draft,
    /// Milliseconds between the message and the answer, at most [`MAX_DELAY_MILLIS`]. Default 0.
    pub delay_millis: u64,
    /// How many answers it gives on one connection, at least 1. Default no limit.
    pub limit: Option<u64>,
}

/// Why a rule cannot be followed. Show it beside the field; the rule answers nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RuleError {
    /// There is no filter: it would answer everything.
    #[error("a rule says which messages it answers")]
    NoFilter,
    /// The filter cannot be read.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The reply is no template.
    #[error(transparent)]
    Reply(#[from] TemplateError),
}

/// A message that a rule answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Which rule, by its place.
    pub rule: usize,
    /// What the placeholders of the message stand for, those that the reply names.
    pub parts: Variables,
}

/// What became of the messages that a rule has matched on this connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answers sent.
    pub given: u64,
    /// Not answered, since answers came too fast or too many were waiting.
    pub held: u64,
    /// Not answered, since the answer could not be made or the connection did not take it.
    pub failed: u64,
}

/// An answer that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The rule that gives it.
    pub rule: usize,
    /// What to send.
    pub payload: Payload,
}

/// The rules at work on one connection. Times are milliseconds of a clock that does not step back.
#[derive(Debug, Default)]
pub struct Answers {
    rules: Vec<Working>,
    /// What waits for its delay to pass, by when that is.
    waiting: VecDeque<(u64, Due)>,
    /// Answers that may yet come back, as digests with the time they were sent.
    sent: VecDeque<(u64, u64)>,
    /// Answers that may be given, in thousandths, and when they were counted.
    allowance: Option<(u64, u64)>,
    /// Answers since the allowance was full.
    in_a_row: u64,
}

#[derive(Debug)]
struct Working {
    rule: Rule,
    /// Nothing where the rule is off or cannot be followed.
    reads: Option<(Filter, Vec<String>)>,
    /// Answers given or on their way on this connection.
    begun: u64,
    counts: Counts,
}

impl Default for Rule {
    fn default() -> Rule {
        Rule { enabled: true, filter: String::new(), reply: Draft::default(), delay_millis: 0, limit: None }
    }
}

impl Rule {
    /// Whether it can be followed. That its placeholders have values is not looked at.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), RuleError> {
        self.read().map(drop)
    }

    /// The person's variables that the reply names.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        self.named(|name| !is_part(name))
    }

    fn read(&self) -> Result<(Filter, Vec<String>), RuleError> {
        if self.filter.trim().is_empty() {
            return Err(RuleError::NoFilter);
        }
        let filter = Filter::parse(&self.filter, &Options { case_sensitive: true, ..Options::default() })?;
        Template::parse(&self.reply.text)?;
        Ok((filter, self.named(is_part)))
    }

    fn named(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let Ok(template) = Template::parse(&self.reply.text) else { return Vec::new() };
        template.variables().filter(|name| wanted(name)).map(str::to_owned).collect()
    }
}

impl Answers {
    /// Puts rules in force. A rule that stays keeps its counts. Where anything differs, the answers that wait are those
    /// of the old rules and are not given.
    pub fn set_rules(&mut self, rules: &[Rule]) {
        let rules = &rules[..rules.len().min(MAX_RULES)];
        if self.rules.iter().map(|working| &working.rule).eq(rules) {
            return;
        }
        let mut before = std::mem::take(&mut self.rules);
        self.waiting.clear();
        for rule in rules {
            let reads = rule.enabled.then(|| rule.read().ok()).flatten();
            let same =
                |working: &Working| working.rule.filter == rule.filter && working.rule.reply == rule.reply;
            let kept = before.iter().position(same).map(|at| before.remove(at));
            let (begun, counts) =
                kept.map_or((0, Counts::default()), |kept| (kept.counts.given, kept.counts));
            self.rules.push(Working { rule: rule.clone(), reads, begun, counts });
        }
    }

    /// A connection opened: limits and bounds begin anew, and nothing of the last one is answered on it.
    pub fn connected(&mut self) {
        self.waiting.clear();
        self.sent.clear();
        (self.allowance, self.in_a_row) = (None, 0);
        for working in &mut self.rules {
            (working.begun, working.counts) = (0, Counts::default());
        }
    }

    /// Whether there is a rule that could answer something.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.rules.iter().all(|working| working.reads.is_none())
    }

    /// Whether something on this connection went unanswered because of its bounds.
    #[must_use]
    pub fn holds_back(&self) -> bool {
        self.rules.iter().any(|working| working.counts.held > 0)
    }

    /// Whether answers were stopped for this connection; see [`ENDLESS`].
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.in_a_row >= ENDLESS
    }

    /// What became of what a rule has matched on this connection.
    #[must_use]
    pub fn counts(&self, rule: usize) -> Counts {
        self.rules.get(rule).map(|working| working.counts).unwrap_or_default()
    }

    /// The rules that answer a message which came in, in their order; mostly none. Each is to be followed by
    /// [`Answers::give`] or [`Answers::fail`].
    pub fn observe(&mut self, now: u64, entry: &Entry<'_>) -> Vec<Match> {
        let mut matches = Vec::new();
        if self.is_idle() || entry.size() > MAX_QUESTION_BYTES || self.is_echo(now, entry.body) {
            return matches;
        }
        for rule in 0..self.rules.len() {
            let working = &self.rules[rule];
            let Some((filter, names)) = &working.reads else { continue };
            if working.rule.limit.is_some_and(|limit| working.begun >= limit) || !filter.matches(entry) {
                continue;
            }
            let parts = parts::of(entry.body, filter, working.rule.reply.format, names);
            let held = self.waiting.len() + matches.len() >= MAX_WAITING || !self.allow(now);
            let working = &mut self.rules[rule];
            if held {
                working.counts.held += 1;
            } else {
                working.begun += 1;
                matches.push(Match { rule, parts });
            }
        }
        matches
    }

    /// The answer that a [`Match`] makes; it is due after the rule's delay.
    pub fn give(&mut self, now: u64, rule: usize, payload: Payload) {
        let Some(working) = self.rules.get(rule) else { return };
        let at = now.saturating_add(working.rule.delay_millis);
        let place = self.waiting.partition_point(|(due, _)| *due <= at);
        self.waiting.insert(place, (at, Due { rule, payload }));
    }

    /// The answer to a [`Match`] could not be made, or was due and not sent.
    pub fn fail(&mut self, rule: usize) {
        if let Some(working) = self.rules.get_mut(rule) {
            working.counts.failed += 1;
        }
    }

    /// When the next answer is due.
    #[must_use]
    pub fn next_due(&self) -> Option<u64> {
        self.waiting.front().map(|(due, _)| *due)
    }

    /// The next answer that is due. Send it, and say so with [`Answers::sent`] or [`Answers::fail`].
    pub fn take_due(&mut self, now: u64) -> Option<Due> {
        self.waiting.pop_front_if(|(due, _)| *due <= now).map(|(_, due)| due)
    }

    /// An answer was sent.
    pub fn sent(&mut self, now: u64, rule: usize, body: Body<'_>) {
        if let Some(working) = self.rules.get_mut(rule) {
            working.counts.given += 1;
        }
        // No more are sent within the time for which they are remembered.
        self.forget_echoes(now);
        self.sent.push_back((now, digest(body)));
    }

    fn is_echo(&mut self, now: u64, body: Body<'_>) -> bool {
        self.forget_echoes(now);
        if self.sent.is_empty() {
            return false;
        }
        let digest = digest(body);
        let echo = self.sent.iter().position(|(_, sent)| *sent == digest);
        echo.is_some_and(|at| self.sent.remove(at).is_some())
    }

    fn forget_echoes(&mut self, now: u64) {
        while self.sent.pop_front_if(|(at, _)| at.saturating_add(ECHO_MILLIS) < now).is_some() {}
    }

    /// Takes one answer out of the allowance, if there is one.
    fn allow(&mut self, now: u64) -> bool {
        let full = BURST * 1000;
        let (left, at) = self.allowance.unwrap_or((full, now));
        let left = left.saturating_add(now.saturating_sub(at).saturating_mul(PER_SECOND)).min(full);
        if left == full && !self.is_stopped() {
            self.in_a_row = 0;
        }
        let allowed = left >= 1000 && !self.is_stopped();
        self.allowance = Some((if allowed { left - 1000 } else { left }, now.max(at)));
        self.in_a_row += u64::from(allowed);
        allowed
    }
}

/// FNV-1a, 64 bits: enough to tell an echo from other messages.
fn digest(body: Body<'_>) -> u64 {
    let seed = 0xcbf2_9ce4_8422_2325_u64 ^ u64::from(body.text().is_some());
    body.bytes().iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
