//! When to send what, over and over: the timetable of repeated sending.
//!
//! It owns no timer and sends nothing. The caller starts it, sleeps until [`Schedule::next_due`], calls
//! [`Schedule::take_due`] until it returns nothing, and sends an item for each [`Shot`]. Waking too early or too
//! late is harmless.
//!
//! A timer that is a little late is caught up with, so that the rate is kept. A tab that slept is not: what fell
//! into the sleep is skipped and counted, and no burst follows.

use thiserror::Error;

/// Lateness that is made up for, in milliseconds: that of a busy page, far below that of a sleeping one.
pub const CATCH_UP_MILLIS: u64 = 100;

/// Shortest interval, in milliseconds.
pub const MIN_INTERVAL_MILLIS: u64 = 1;

/// Longest interval and delay, in milliseconds: a day.
pub const MAX_INTERVAL_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The same message at a fixed rate, the first at once.
    Every {
        /// Milliseconds between two sends, [`MIN_INTERVAL_MILLIS`] to [`MAX_INTERVAL_MILLIS`].
        interval_millis: u64,
        /// How many to send, at least 1; `None` until stopped.
        times: Option<u64>,
    },
    /// Several messages in order, again from the first after the last.
    List {
        /// Milliseconds to wait before each message, 0 to [`MAX_INTERVAL_MILLIS`]. The first one's delay holds
        /// before each round but the first, which begins at once.
        delays_millis: Vec<u64>,
        /// How many rounds, at least 1; `None` until stopped.
        rounds: Option<u64>,
    },
}

/// Why a plan cannot be carried out. Show it beside the field that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// Outside of its limits.
    #[error("the interval is not within {MIN_INTERVAL_MILLIS} and {MAX_INTERVAL_MILLIS} ms")]
    Interval,
    /// Zero times or rounds.
    #[error("nothing would be sent")]
    Nothing,
    /// No messages in the list.
    #[error("the list is empty")]
    EmptyList,
    /// Endless rounds without any delay would never let go.
    #[error("a list that is repeated needs a delay")]
    NoDelay,
}

/// One send that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shot {
    /// Which send of the run, from 1.
    pub number: u64,
    /// Which message of the list, from 0; always 0 for [`Plan::Every`].
    pub item: usize,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Sends so far.
    pub sent: u64,
    /// Sends in all; `None` for an endless run.
    pub total: Option<u64>,
    /// Sends left out because the page was asleep or held. They don't count as sent.
    pub skipped: u64,
}

/// A run of a plan. Times are milliseconds of any clock that does not step back; should it do so, the run waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    plan: Plan,
    /// When the next one is due; `None` once the run has ended.
    due: Option<u64>,
    progress: Progress,
}

impl Plan {
    /// Whether it can be carried out.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), PlanError> {
        match self {
            Plan::Every { interval_millis, times } => {
                if !(MIN_INTERVAL_MILLIS..=MAX_INTERVAL_MILLIS).contains(interval_millis) {
                    return Err(PlanError::Interval);
                }
                if *times == Some(0) { Err(PlanError::Nothing) } else { Ok(()) }
            }
            Plan::List { delays_millis, rounds } => {
                if delays_millis.is_empty() {
                    return Err(PlanError::EmptyList);
                }
                if delays_millis.iter().any(|delay| *delay > MAX_INTERVAL_MILLIS) {
                    return Err(PlanError::Interval);
                }
                if *rounds == Some(0) {
                    return Err(PlanError::Nothing);
                }
                if *rounds != Some(1) && delays_millis.iter().all(|delay| *delay == 0) {
                    return Err(PlanError::NoDelay);
                }
                Ok(())
            }
        }
    }

    /// Sends in all; `None` for an endless run.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        match self {
            Plan::Every { times, .. } => *times,
            Plan::List { delays_millis, rounds } => {
                rounds.map(|rounds| rounds.saturating_mul(delays_millis.len() as u64))
            }
        }
    }

    /// The message that the given send, counted from 0, is about.
    fn item(&self, send: u64) -> usize {
        match self {
            Plan::Every { .. } => 0,
            // Less than the length of the list.
            Plan::List { delays_millis, .. } => (send % delays_millis.len().max(1) as u64) as usize,
        }
    }

    /// Milliseconds to wait before the given send, counted from 0.
    fn delay(&self, send: u64) -> u64 {
        match self {
            Plan::Every { interval_millis, .. } => *interval_millis,
            Plan::List { delays_millis, .. } => delays_millis.get(self.item(send)).copied().unwrap_or(0),
        }
    }
}

impl Schedule {
    /// Begins a run, its first send due at once.
    ///
    /// # Errors
    /// The plan cannot be carried out.
    pub fn start(plan: Plan, now_millis: u64) -> Result<Schedule, PlanError> {
        plan.check()?;
        let progress = Progress { total: plan.total(), ..Progress::default() };
        Ok(Schedule { plan, due: Some(now_millis), progress })
    }

    /// When to call [`Schedule::take_due`]; `None` once the run has ended.
    #[must_use]
    pub fn next_due(&self) -> Option<u64> {
        self.due
    }

    /// The next send if its time has come. Call it until it returns nothing.
    pub fn take_due(&mut self, now_millis: u64) -> Option<Shot> {
        let mut due = self.due.filter(|due| *due <= now_millis)?;
        let late = now_millis - due;
        if late > CATCH_UP_MILLIS {
            due = match &self.plan {
                Plan::Every { interval_millis, .. } => {
                    // The latest tick that has passed stands for all that were missed.
                    let missed = late / interval_millis;
                    self.progress.skipped = self.progress.skipped.saturating_add(missed);
                    due + missed * interval_millis
                }
                // A list misses nothing: everything in it is put off.
                Plan::List { .. } => now_millis,
            };
        }
        let shot = Shot { number: self.progress.sent + 1, item: self.plan.item(self.progress.sent) };
        self.progress.sent += 1;
        let finished = self.progress.total.is_some_and(|total| self.progress.sent >= total);
        let next = due.saturating_add(self.plan.delay(self.progress.sent));
        self.due = (!finished).then_some(next);
        Some(shot)
    }

    /// Ends the run.
    pub fn stop(&mut self) {
        self.due = None;
    }

    /// Whether nothing more will be sent.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.due.is_none()
    }

    /// How far the run has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn every(interval_millis: u64, times: Option<u64>) -> Plan {
        Plan::Every { interval_millis, times }
    }

    fn list(delays: &[u64], rounds: Option<u64>) -> Plan {
        Plan::List { delays_millis: delays.to_vec(), rounds }
    }

    /// Wakes up exactly when due until the run ends or `until` has passed; gives the time and item of each send.
    fn run(plan: Plan, start: u64, until: u64) -> Vec<(u64, usize)> {
        let mut schedule = Schedule::start(plan, start).unwrap();
        let mut sent = Vec::new();
        while let Some(now) = schedule.next_due().filter(|due| *due <= until) {
            let shot = schedule.take_due(now).unwrap();
            sent.push((now, shot.item));
            assert_eq!(shot.number, sent.len() as u64);
        }
        sent
    }

    fn drain(schedule: &mut Schedule, now: u64) -> usize {
        std::iter::from_fn(|| schedule.take_due(now)).count()
    }

    #[test]
    fn a_number_of_times_at_a_rate() {
        assert_eq!(run(every(100, Some(3)), 50, 10_000), [(50, 0), (150, 0), (250, 0)]);
        assert_eq!(run(every(100, None), 0, 99_999).len(), 1000);
    }

    #[test]
    fn a_list_in_order_with_its_delays() {
        let sent = run(list(&[5, 10, 0], Some(2)), 100, 10_000);
        assert_eq!(sent, [(100, 0), (110, 1), (110, 2), (115, 0), (125, 1), (125, 2)]);
    }

    #[test]
    fn a_late_timer_is_caught_up_with() {
        let mut schedule = Schedule::start(every(1, None), 0).unwrap();
        assert_eq!(drain(&mut schedule, 0), 1);
        assert_eq!(drain(&mut schedule, 4), 4);
        assert_eq!(drain(&mut schedule, 4), 0);
        assert_eq!(schedule.progress().skipped, 0);
    }

    #[test]
    fn a_tab_that_slept_sends_once_and_keeps_its_beat() {
        let mut schedule = Schedule::start(every(1000, Some(5)), 0).unwrap();
        assert_eq!(drain(&mut schedule, 0), 1);
        assert_eq!(drain(&mut schedule, 60_500), 1);
        assert_eq!(schedule.next_due(), Some(61_000));
        assert_eq!(schedule.progress(), Progress { sent: 2, total: Some(5), skipped: 59 });
        assert_eq!(drain(&mut schedule, 61_000), 1);
    }

    #[test]
    fn a_list_that_slept_goes_on_where_it_was() {
        let mut schedule = Schedule::start(list(&[0, 500, 500], Some(1)), 0).unwrap();
        assert_eq!(drain(&mut schedule, 0), 1);
        assert_eq!(schedule.take_due(60_000), Some(Shot { number: 2, item: 1 }));
        assert_eq!(schedule.next_due(), Some(60_500));
    }

    #[test]
    fn stopping_is_final() {
        let mut schedule = Schedule::start(every(10, None), 0).unwrap();
        drain(&mut schedule, 0);
        schedule.stop();
        assert!(schedule.is_over());
        assert_eq!(drain(&mut schedule, 1_000_000), 0);
    }

    #[test]
    fn a_clock_that_steps_back_only_delays() {
        let mut schedule = Schedule::start(every(10, None), 1000).unwrap();
        assert_eq!(drain(&mut schedule, 0), 0);
        assert_eq!(drain(&mut schedule, 1000), 1);
    }

    #[test]
    fn plans_that_make_no_sense() {
        assert_eq!(every(0, None).check(), Err(PlanError::Interval));
        assert_eq!(every(MAX_INTERVAL_MILLIS + 1, None).check(), Err(PlanError::Interval));
        assert_eq!(every(1, Some(0)).check(), Err(PlanError::Nothing));
        assert_eq!(list(&[], None).check(), Err(PlanError::EmptyList));
        assert_eq!(list(&[1], Some(0)).check(), Err(PlanError::Nothing));
        assert_eq!(list(&[0, 0], None).check(), Err(PlanError::NoDelay));
        assert_eq!(list(&[0, 0], Some(2)).check(), Err(PlanError::NoDelay));
        assert_eq!(list(&[0, 0], Some(1)).check(), Ok(()));
        assert_eq!(list(&[MAX_INTERVAL_MILLIS + 1], Some(1)).check(), Err(PlanError::Interval));
    }

    fn plan() -> impl Strategy<Value = Plan> {
        prop_oneof![
            (1..2000_u64, prop::option::of(1..50_u64)).prop_map(|(interval, times)| every(interval, times)),
            (prop::collection::vec(0..2000_u64, 1..6), prop::option::of(1..10_u64))
                .prop_map(|(delays, rounds)| Plan::List { delays_millis: delays, rounds }),
        ]
        .prop_filter("possible", |plan| plan.check().is_ok())
    }

    proptest! {
        /// The caller's promise: waking at any times, early and late, sends in order, never more than planned,
        /// and after any wait no more than fit into the lateness that is made up for.
        #[test]
        fn any_wake_ups_are_sane(plan in plan(), naps in prop::collection::vec(0..5000_u64, 1..60)) {
            let mut schedule = Schedule::start(plan.clone(), 0).unwrap();
            let (mut now, mut sent) = (0_u64, 0_u64);
            for nap in naps {
                now += nap;
                let mut burst = 0_u64;
                while let Some(shot) = schedule.take_due(now) {
                    prop_assert_eq!(shot.number, sent + 1);
                    prop_assert_eq!(shot.item, plan.item(sent));
                    sent += 1;
                    burst += 1;
                }
                if let Some(due) = schedule.next_due() {
                    prop_assert!(due > now);
                } else {
                    prop_assert_eq!(Some(sent), plan.total());
                }
                if let Plan::Every { interval_millis, .. } = &plan {
                    prop_assert!(burst <= 1 + CATCH_UP_MILLIS / interval_millis);
                    let ticks = 1 + now / interval_millis;
                    prop_assert!(sent + schedule.progress().skipped <= ticks);
                    if !schedule.is_over() {
                        prop_assert_eq!(sent + schedule.progress().skipped, ticks);
                    }
                }
                prop_assert_eq!(schedule.progress().sent, sent);
                prop_assert_eq!(schedule.take_due(now), None);
            }
        }

        #[test]
        fn a_punctual_list_takes_as_long_as_its_delays(delays in prop::collection::vec(0..2000_u64, 1..6), rounds in 1..5_u64) {
            let plan = Plan::List { delays_millis: delays.clone(), rounds: Some(rounds) };
            prop_assume!(plan.check().is_ok());
            let sent = run(plan, 7, u64::MAX);
            let (last, item) = *sent.last().unwrap();
            prop_assert_eq!(last, 7 + delays.iter().sum::<u64>() * rounds - delays[0]);
            prop_assert_eq!(item, delays.len() - 1);
            prop_assert_eq!(sent.len() as u64, delays.len() as u64 * rounds);
        }
    }
}
