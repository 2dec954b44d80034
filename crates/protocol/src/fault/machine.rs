use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::Message;
use super::action::Action;
use super::lane::{Fate, Held, Lane};
use super::plan::{Answers, Direction, Ending, FaultPlan, Flood, Stall};
use crate::units::Progress;

/// The hint of a restart without `retry-after`, in seconds.
const RESTART_HINT: u32 = 5;
/// A flood adds nothing while as much waits in both directions, in bytes.
const FLOODED: usize = 1 << 20;
/// A connection that is not read for good is reset then: whoever is at its other end may be gone, and nobody would know.
const STALLED_FOR: Duration = Duration::from_secs(600);

/// What becomes of a connection's messages under a plan, without IO or clock: it is told what comes and what is answered,
/// and says what is to be done when.
///
/// Times count from the moment that the connection opened. After each call of a `handle_` method, and when
/// [`next_timeout`](Self::next_timeout) has come, take what there is from [`poll`](Self::poll) until there is none; give it
/// the answers to a [`Action::Deliver`] before the next call. The same plan, seed and inputs give the same actions.
#[derive(Clone, Debug)]
pub struct Machine {
    plan: Arc<FaultPlan>,
    /// When the plan came into force.
    since: Duration,
    lanes: [Lane; 2],
    actions: VecDeque<Action>,
    /// Messages and bytes that came since.
    received: (u64, u64),
    triggers: Vec<(Progress, Ending)>,
    /// Due once all that came is answered.
    ending: Option<Ending>,
    ended: bool,
    flood: Option<Flooding>,
    stall: Stalling,
    /// The violations wait for their time.
    violations_due: Option<Duration>,
    /// Nothing is sent for now.
    blocked: bool,
}

#[derive(Clone, Copy, Debug)]
struct Flooding {
    flood: Flood,
    sent: u64,
    due: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stalling {
    /// It is not to come, or over.
    No,
    /// It begins with this message, or at this time.
    From(Progress),
    /// Until then, or for good.
    Until(Option<Duration>),
}

impl Machine {
    /// The machine of a connection that just opened.
    #[must_use]
    pub fn new(plan: Arc<FaultPlan>, seed: u64) -> Machine {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut machine = Machine {
            lanes: [Lane::new(Direction::In, rng.fork()), Lane::new(Direction::Out, rng.fork())],
            plan,
            since: Duration::ZERO,
            actions: VecDeque::new(),
            received: (0, 0),
            triggers: Vec::new(),
            ending: None,
            ended: false,
            flood: None,
            stall: Stalling::No,
            violations_due: None,
            blocked: false,
        };
        machine.begin();
        machine
    }

    /// Puts another plan into force, also behind the end of the one before. What waits stays under way; times and numbers count
    /// anew.
    pub fn handle_plan(&mut self, plan: Arc<FaultPlan>, seed: u64, now: Duration) {
        let mut rng = fastrand::Rng::with_seed(seed);
        for lane in &mut self.lanes {
            lane.restart(rng.fork());
        }
        if matches!(self.stall, Stalling::Until(_)) {
            self.actions.push_back(Action::StallRead(false));
        }
        (self.plan, self.since, self.received) = (plan, now, (0, 0));
        (self.ending, self.ended) = (None, false);
        self.begin();
    }

    fn begin(&mut self) {
        let plan = Arc::clone(&self.plan);
        let (now, when) = (self.since, plan.when);
        self.triggers = plan.ends.triggers(plan.handshake.retry_after.unwrap_or(RESTART_HINT));
        self.flood = plan.traffic.flood.map(|flood| Flooding { flood, sent: 0, due: now });
        self.stall = match (plan.traffic.stall_read, when.from) {
            (None, _) => Stalling::No,
            (Some(_), from) => Stalling::From(from.unwrap_or(Progress::Time(Duration::ZERO))),
        };
        self.violations_due = match (when.from, when.until, when.every) {
            _ if plan.violations.is_empty() => None,
            (None, None, None) => Some(now),
            (Some(Progress::Time(time)), None, None) => Some(now + time),
            _ => None,
        };
        if let Some(size) = plan.traffic.big {
            self.handle_message(Direction::Out, Message::filled("big ", size as usize), now);
        }
        self.look_for_end();
    }

    /// A message came from the client, or what is behind the connection has one for it.
    pub fn handle_message(&mut self, direction: Direction, message: Message, now: Duration) {
        if self.ended || (direction == Direction::In && !self.accepts()) {
            return;
        }
        let plan = Arc::clone(&self.plan);
        let lane = &mut self.lanes[direction as usize];
        let hit = lane.count(&plan.when, now.saturating_sub(self.since));
        let number = lane.count;
        if direction == Direction::In {
            self.received.0 += 1;
            self.received.1 += message.payload.len() as u64;
            if let Stalling::From(Progress::Messages(first)) = self.stall
                && number >= first
            {
                self.stall(now);
            }
            if hit && self.violates_by_message() {
                self.actions.extend(plan.violations.iter().copied().map(Action::Violate));
            }
        }
        if !self.lanes[direction as usize].admit(message, &plan.traffic, hit, now) {
            self.actions.push_back(Action::Dropped { direction, number });
        }
        self.look_for_end();
    }

    /// A message of so many bytes came, and what is behind the connection answers it with one message. True: no fault is for
    /// either and nothing else is to be done before, so both pass at once as they are; they are counted, and nobody has to
    /// [`poll`](Self::poll) for them. False: nothing has happened, and the message goes to
    /// [`handle_message`](Self::handle_message).
    pub fn handle_exchange(&mut self, bytes: usize, now: Duration) -> bool {
        let idle = self.actions.is_empty() && !self.ended && self.ending.is_none() && !self.blocked;
        let elapsed = now.saturating_sub(self.since);
        let through = |direction: Direction| {
            let lane = &self.lanes[direction as usize];
            lane.is_empty()
                && lane.free_at() <= now
                && !(lane.hits_next(&self.plan.when, elapsed) && self.faults_messages(direction))
        };
        let passes = idle
            && through(Direction::In)
            && through(Direction::Out)
            && self.next_timeout().is_none_or(|next| next > now)
            && !matches!(self.stall, Stalling::From(Progress::Messages(first)) if first <= self.received() + 1)
            && self.end_after(self.received.0 + 1, self.received.1 + bytes as u64).is_none();
        if passes {
            for lane in &mut self.lanes {
                lane.count(&self.plan.when, elapsed);
            }
            self.received.0 += 1;
            self.received.1 += bytes as u64;
        }
        passes
    }

    /// The client's way is full, or has room again. While it is full nothing is sent, and no end comes that waits for it.
    pub fn handle_blocked(&mut self, blocked: bool) {
        self.blocked = blocked;
    }

    /// What is to be done now, until there is nothing.
    pub fn poll(&mut self, now: Duration) -> Option<Action> {
        loop {
            if let Some(action) = self.actions.pop_front() {
                return Some(action);
            }
            if self.ended {
                return None;
            }
            let elapsed = now.saturating_sub(self.since);
            if let Some(ending) = self.due_by_time(elapsed) {
                return Some(self.end(ending));
            }
            if let Some(action) = self.look_at_stall(now) {
                return Some(action);
            }
            if self.violations_due.is_some_and(|due| due <= now) {
                self.violations_due = None;
                self.actions.extend(self.plan.violations.iter().copied().map(Action::Violate));
                continue;
            }
            let last = self.ending.is_some();
            if let Some(held) = self.lanes[Direction::In as usize].poll(now, last) {
                let Held { message, number, effects, fate, .. } = held;
                match (fate, &self.plan.traffic.answers) {
                    (Fate::Answer, Answers::Template(template)) => {
                        let answer = template.render(&message, number);
                        self.handle_message(Direction::Out, answer, now);
                    }
                    (Fate::Swallow | Fate::Answer, _) => {}
                    (Fate::Pass, _) => return Some(Action::Deliver { message, number, effects }),
                }
                continue;
            }
            if self.blocked {
                return None;
            }
            if let Some(Held { message, number, effects, manner, .. }) = self.lanes[Direction::Out as usize]
                .poll(now, last && self.lanes[Direction::In as usize].is_empty())
            {
                return Some(Action::Send { message, number, effects, manner });
            }
            if self.pour(now) {
                continue;
            }
            let idle = self.lanes.iter().all(|lane| lane.is_empty() && lane.free_at() <= now);
            let ending = if idle { self.ending.take() } else { None };
            return ending.map(|ending| self.end(ending));
        }
    }

    /// When [`poll`](Self::poll) has something, if nothing happens before.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Duration> {
        if !self.actions.is_empty() {
            return Some(Duration::ZERO);
        }
        if self.ended {
            return None;
        }
        let time = |progress: &Progress| match progress {
            Progress::Time(time) => Some(self.since + *time),
            _ => None,
        };
        let ends = self.triggers.iter().filter_map(|(after, _)| time(after));
        let stall = match &self.stall {
            Stalling::No => None,
            Stalling::From(from) => time(from),
            Stalling::Until(until) => *until,
        };
        let [incoming, outgoing] = &self.lanes;
        let always = ends.chain(stall).chain(self.violations_due).chain(incoming.next_timeout());
        if self.blocked {
            return always.min();
        }
        let flood = self.flood.filter(|_| self.has_room_for_flood()).map(|flooding| flooding.due);
        let ending = self.ending.as_ref().map(|_| incoming.free_at().max(outgoing.free_at()));
        always.chain(outgoing.next_timeout()).chain(flood).chain(ending).min()
    }

    /// Whether another message from the client is taken. While not, leave it unread.
    #[must_use]
    pub fn accepts(&self) -> bool {
        self.ending.is_none() && !self.ended
    }

    /// What waits in both directions, in bytes. Bound it by not reading, and by refusing what is behind the connection.
    #[must_use]
    pub fn held(&self) -> usize {
        self.lanes.iter().map(Lane::held).sum()
    }

    /// Messages that came from the client under the plan in force.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.lanes[Direction::In as usize].count
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> &Arc<FaultPlan> {
        &self.plan
    }

    /// Whether violations come with messages and not at a time.
    fn violates_by_message(&self) -> bool {
        let when = &self.plan.when;
        when.every.is_some() || when.until.is_some() || matches!(when.from, Some(Progress::Messages(_)))
    }

    /// Whether the plan has something for messages in this direction.
    fn faults_messages(&self, direction: Direction) -> bool {
        let violates = direction == Direction::In && !self.plan.violations.is_empty();
        violates || self.plan.traffic.is_for_messages(direction)
    }

    /// Whether enough came that the connection is to end once all is answered.
    fn look_for_end(&mut self) {
        if self.ending.is_none() {
            self.ending = self.end_after(self.received.0, self.received.1).cloned();
        }
    }

    /// How it is to end once so much came.
    fn end_after(&self, messages: u64, bytes: u64) -> Option<&Ending> {
        let due = |after: &Progress| match after {
            Progress::Messages(count) => *count <= messages,
            Progress::Bytes(count) => *count <= bytes,
            Progress::Time(_) => false,
        };
        self.triggers.iter().find(|(after, _)| due(after)).map(|(_, ending)| ending)
    }

    fn due_by_time(&self, elapsed: Duration) -> Option<Ending> {
        let due = |after: &Progress| matches!(after, Progress::Time(time) if *time <= elapsed);
        self.triggers.iter().find(|(after, _)| due(after)).map(|(_, ending)| ending.clone())
    }

    fn end(&mut self, ending: Ending) -> Action {
        self.ended = true;
        self.ending = None;
        for lane in &mut self.lanes {
            lane.clear();
        }
        Action::End(ending)
    }

    fn stall(&mut self, now: Duration) {
        let until = match self.plan.traffic.stall_read {
            Some(Stall::For(time)) => Some(now + time),
            _ => {
                let end = now.saturating_sub(self.since) + STALLED_FOR;
                self.triggers.push((Progress::Time(end), Ending::Reset));
                None
            }
        };
        self.stall = Stalling::Until(until);
        self.actions.push_back(Action::StallRead(true));
    }

    fn look_at_stall(&mut self, now: Duration) -> Option<Action> {
        match self.stall {
            Stalling::From(Progress::Time(time)) if self.since + time <= now => self.stall(now),
            Stalling::Until(Some(until)) if until <= now => {
                self.stall = Stalling::No;
                self.actions.push_back(Action::StallRead(false));
            }
            _ => {}
        }
        self.actions.pop_front()
    }

    fn has_room_for_flood(&self) -> bool {
        self.ending.is_none() && self.held() < FLOODED
    }

    /// Adds the message of the flood that is due.
    fn pour(&mut self, now: Duration) -> bool {
        let has_room = self.has_room_for_flood();
        let Some(flooding) = self.flood.as_mut().filter(|flooding| has_room && flooding.due <= now) else {
            return false;
        };
        flooding.sent += 1;
        let Flooding { flood: Flood { size, rate, count }, sent, due } = *flooding;
        // A machine that is asked late makes up for it, a second's worth at most.
        flooding.due = (due + rate.time_for(size as usize)).max(now.saturating_sub(Duration::from_secs(1)));
        if count.is_some_and(|count| sent >= count) {
            self.flood = None;
        }
        self.handle_message(Direction::Out, Message::filled(&format!("flood {sent} "), size as usize), now);
        true
    }
}
